//! Policies over HTTP.

use shepherd_app::Cx;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::policies::PoliciesApi;
use shepherd_contract::types::{
    CreatePolicy, ExplainPolicy, Explanation, ListPoliciesQuery, PolicyHistory, PolicyList, SavedPolicy,
    UpdatePolicy,
};
use shepherd_domain::ids::PolicyId;

use crate::Server;
use crate::problems::Fault;

impl PoliciesApi for Server {
    async fn list_policies(&self, cx: Cx, query: ListPoliciesQuery) -> Result<PolicyList, Fault> {
        Ok(self.app.list_policies(&cx, query.retired.unwrap_or(false)).await?)
    }

    async fn create_policy(&self, cx: Cx, body: CreatePolicy) -> Result<SavedPolicy, Fault> {
        Ok(self.app.create_policy(&cx, body).await?)
    }

    async fn explain_policy(&self, cx: Cx, body: ExplainPolicy) -> Result<Explanation, Fault> {
        Ok(self.app.explain_policy(&cx, body).await?)
    }

    async fn get_policy(&self, cx: Cx, id: PolicyId) -> Result<PolicyHistory, Fault> {
        Ok(self.app.get_policy(&cx, id).await?)
    }

    async fn update_policy(
        &self,
        cx: Cx,
        id: PolicyId,
        version: IfMatch,
        body: UpdatePolicy,
    ) -> Result<SavedPolicy, Fault> {
        Ok(self.app.update_policy(&cx, id, version.0, body).await?)
    }

    async fn retire_policy(&self, cx: Cx, id: PolicyId, version: IfMatch) -> Result<(), Fault> {
        Ok(self.app.retire_policy(&cx, id, version.0).await?)
    }
}
