//! Direct grants over HTTP.

use shepherd_app::Cx;
use shepherd_app::grants::ListGrants;
use shepherd_contract::server::grants::GrantsApi;
use shepherd_contract::types::{
    CreateGrant, Grant, GrantPage, ListServiceGrantsQuery, ListSystemGrantsQuery, ListVmGrantsQuery,
};
use shepherd_domain::ids::{GrantId, ServiceId, SystemId, VmId};

use crate::Server;
use crate::problems::Fault;

impl GrantsApi for Server {
    async fn create_grant(&self, cx: Cx, body: CreateGrant) -> Result<Grant, Fault> {
        Ok(self.app.create_grant(&cx, body).await?)
    }

    async fn remove_grant(&self, cx: Cx, id: GrantId) -> Result<(), Fault> {
        Ok(self.app.remove_grant(&cx, id).await?)
    }

    async fn list_system_grants(
        &self,
        cx: Cx,
        id: SystemId,
        query: ListSystemGrantsQuery,
    ) -> Result<GrantPage, Fault> {
        let ask = ListGrants { cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_system_grants(&cx, id, ask).await?)
    }

    async fn list_service_grants(
        &self,
        cx: Cx,
        id: ServiceId,
        query: ListServiceGrantsQuery,
    ) -> Result<GrantPage, Fault> {
        let ask = ListGrants { cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_service_grants(&cx, id, ask).await?)
    }

    async fn list_vm_grants(&self, cx: Cx, id: VmId, query: ListVmGrantsQuery) -> Result<GrantPage, Fault> {
        let ask = ListGrants { cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_vm_grants(&cx, id, ask).await?)
    }
}
