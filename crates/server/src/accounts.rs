//! Service accounts over HTTP.

use shepherd_app::Cx;
use shepherd_app::groups::ListNames;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::accounts::AccountsApi;
use shepherd_contract::types::{
    CreateServiceAccount, CreateToken, ListServiceAccountsQuery, NewToken, ServiceAccount,
    ServiceAccountList, ServiceAccountPage, TokenList, UpdateServiceAccount,
};
use shepherd_domain::ids::{PrincipalId, TokenId};

use crate::Server;
use crate::problems::Fault;

impl AccountsApi for Server {
    async fn list_service_accounts(
        &self,
        cx: Cx,
        query: ListServiceAccountsQuery,
    ) -> Result<ServiceAccountPage, Fault> {
        let ask =
            ListNames { search: query.q.as_deref(), cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_service_accounts(&cx, ask).await?)
    }

    async fn create_service_account(
        &self,
        cx: Cx,
        body: CreateServiceAccount,
    ) -> Result<ServiceAccount, Fault> {
        Ok(self.app.create_service_account(&cx, body).await?)
    }

    async fn get_service_account(&self, cx: Cx, id: PrincipalId) -> Result<ServiceAccount, Fault> {
        Ok(self.app.get_service_account(&cx, id).await?)
    }

    async fn update_service_account(
        &self,
        cx: Cx,
        id: PrincipalId,
        version: IfMatch,
        body: UpdateServiceAccount,
    ) -> Result<ServiceAccount, Fault> {
        Ok(self.app.update_service_account(&cx, id, version.0, body).await?)
    }

    async fn list_service_account_tokens(&self, cx: Cx, id: PrincipalId) -> Result<TokenList, Fault> {
        Ok(self.app.list_service_account_tokens(&cx, id).await?)
    }

    async fn create_service_account_token(
        &self,
        cx: Cx,
        id: PrincipalId,
        body: CreateToken,
    ) -> Result<NewToken, Fault> {
        Ok(self.app.create_service_account_token(&cx, id, body).await?)
    }

    async fn revoke_service_account_token(
        &self,
        cx: Cx,
        id: PrincipalId,
        token: TokenId,
    ) -> Result<(), Fault> {
        Ok(self.app.revoke_service_account_token(&cx, id, token).await?)
    }

    async fn list_my_service_accounts(&self, cx: Cx) -> Result<ServiceAccountList, Fault> {
        Ok(self.app.list_my_service_accounts(&cx).await?)
    }
}
