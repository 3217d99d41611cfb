//! Roles over HTTP.

use shepherd_app::Cx;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::roles::RolesApi;
use shepherd_contract::types::{CreateRole, PermissionList, Role, RoleList, UpdateRole};
use shepherd_domain::ids::RoleId;

use crate::Server;
use crate::problems::Fault;

impl RolesApi for Server {
    async fn list_permissions(&self, cx: Cx) -> Result<PermissionList, Fault> {
        Ok(self.app.list_permissions(&cx).await?)
    }

    async fn list_roles(&self, cx: Cx) -> Result<RoleList, Fault> {
        Ok(self.app.list_roles(&cx).await?)
    }

    async fn create_role(&self, cx: Cx, body: CreateRole) -> Result<Role, Fault> {
        Ok(self.app.create_role(&cx, body).await?)
    }

    async fn get_role(&self, cx: Cx, id: RoleId) -> Result<Role, Fault> {
        Ok(self.app.get_role(&cx, id).await?)
    }

    async fn update_role(
        &self,
        cx: Cx,
        id: RoleId,
        version: IfMatch,
        body: UpdateRole,
    ) -> Result<Role, Fault> {
        Ok(self.app.update_role(&cx, id, version.0, body).await?)
    }

    async fn delete_role(&self, cx: Cx, id: RoleId) -> Result<(), Fault> {
        Ok(self.app.delete_role(&cx, id).await?)
    }
}
