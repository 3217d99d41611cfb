//! Policies over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::policies::PoliciesApi;
use shepherd_contract::types::PolicyList;

use crate::Server;
use crate::problems::Fault;

impl PoliciesApi for Server {
    async fn list_policies(&self, cx: Cx) -> Result<PolicyList, Fault> {
        Ok(self.app.list_policies(&cx).await?)
    }
}
