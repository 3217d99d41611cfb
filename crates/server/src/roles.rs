//! Roles over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::roles::RolesApi;
use shepherd_contract::types::RoleList;

use crate::Server;
use crate::problems::Fault;

impl RolesApi for Server {
    async fn list_roles(&self, cx: Cx) -> Result<RoleList, Fault> {
        Ok(self.app.list_roles(&cx).await?)
    }
}
