//! One's own account over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::me::MeApi;
use shepherd_contract::types::{
    AddSshKey, ChangePassword, CreateToken, Me, NewToken, SessionList, SshKey, SshKeyList, TokenList,
    UpdateMe,
};
use shepherd_domain::ids::{SessionId, SshKeyId, TokenId};

use crate::Server;
use crate::problems::Fault;

impl MeApi for Server {
    async fn get_me(&self, cx: Cx) -> Result<Me, Fault> {
        Ok(self.app.get_me(&cx).await?)
    }

    async fn update_me(&self, cx: Cx, body: UpdateMe) -> Result<Me, Fault> {
        Ok(self.app.update_me(&cx, body).await?)
    }

    async fn change_password(&self, cx: Cx, body: ChangePassword) -> Result<(), Fault> {
        Ok(self.app.change_password(&cx, body).await?)
    }

    async fn list_tokens(&self, cx: Cx) -> Result<TokenList, Fault> {
        Ok(self.app.list_tokens(&cx).await?)
    }

    async fn create_token(&self, cx: Cx, body: CreateToken) -> Result<NewToken, Fault> {
        Ok(self.app.create_token(&cx, body).await?)
    }

    async fn revoke_token(&self, cx: Cx, id: TokenId) -> Result<(), Fault> {
        Ok(self.app.revoke_token(&cx, id).await?)
    }

    async fn list_ssh_keys(&self, cx: Cx) -> Result<SshKeyList, Fault> {
        Ok(self.app.list_ssh_keys(&cx).await?)
    }

    async fn add_ssh_key(&self, cx: Cx, body: AddSshKey) -> Result<SshKey, Fault> {
        Ok(self.app.add_ssh_key(&cx, body).await?)
    }

    async fn remove_ssh_key(&self, cx: Cx, id: SshKeyId) -> Result<(), Fault> {
        Ok(self.app.remove_ssh_key(&cx, id).await?)
    }

    async fn list_sessions(&self, cx: Cx) -> Result<SessionList, Fault> {
        Ok(self.app.list_sessions(&cx).await?)
    }

    async fn revoke_session(&self, cx: Cx, id: SessionId) -> Result<(), Fault> {
        Ok(self.app.revoke_session(&cx, id).await?)
    }
}
