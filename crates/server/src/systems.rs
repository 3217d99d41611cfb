//! Systems, Services and members over HTTP.

use shepherd_app::Cx;
use shepherd_app::services::ListServices;
use shepherd_app::systems::ListSystems;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::systems::SystemsApi;
use shepherd_contract::types::{
    CreateService, CreateSystem, ListServicesQuery, ListSystemsQuery, Member, MemberList, Service,
    ServicePage, SetMember, System, SystemPage, UpdateService, UpdateSystem,
};
use shepherd_domain::ids::{PrincipalId, ServiceId, SystemId};

use crate::Server;
use crate::problems::Fault;

impl SystemsApi for Server {
    async fn list_systems(&self, cx: Cx, query: ListSystemsQuery) -> Result<SystemPage, Fault> {
        let ask =
            ListSystems { search: query.q.as_deref(), cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_systems(&cx, ask).await?)
    }

    async fn create_system(&self, cx: Cx, body: CreateSystem) -> Result<System, Fault> {
        Ok(self.app.create_system(&cx, body).await?)
    }

    async fn get_system(&self, cx: Cx, id: SystemId) -> Result<System, Fault> {
        Ok(self.app.get_system(&cx, id).await?)
    }

    async fn update_system(
        &self,
        cx: Cx,
        id: SystemId,
        version: IfMatch,
        body: UpdateSystem,
    ) -> Result<System, Fault> {
        Ok(self.app.update_system(&cx, id, version.0, body).await?)
    }

    async fn delete_system(&self, cx: Cx, id: SystemId) -> Result<(), Fault> {
        Ok(self.app.delete_system(&cx, id).await?)
    }

    async fn list_members(&self, cx: Cx, id: SystemId) -> Result<MemberList, Fault> {
        Ok(self.app.list_members(&cx, id).await?)
    }

    async fn set_member(
        &self,
        cx: Cx,
        id: SystemId,
        who: PrincipalId,
        body: SetMember,
    ) -> Result<Member, Fault> {
        Ok(self.app.set_member(&cx, id, who, body).await?)
    }

    async fn remove_member(&self, cx: Cx, id: SystemId, who: PrincipalId) -> Result<(), Fault> {
        Ok(self.app.remove_member(&cx, id, who).await?)
    }

    async fn list_services(&self, cx: Cx, query: ListServicesQuery) -> Result<ServicePage, Fault> {
        let ask = ListServices {
            system: query.system_id,
            search: query.q.as_deref(),
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_services(&cx, ask).await?)
    }

    async fn create_service(&self, cx: Cx, body: CreateService) -> Result<Service, Fault> {
        Ok(self.app.create_service(&cx, body).await?)
    }

    async fn get_service(&self, cx: Cx, id: ServiceId) -> Result<Service, Fault> {
        Ok(self.app.get_service(&cx, id).await?)
    }

    async fn update_service(
        &self,
        cx: Cx,
        id: ServiceId,
        version: IfMatch,
        body: UpdateService,
    ) -> Result<Service, Fault> {
        Ok(self.app.update_service(&cx, id, version.0, body).await?)
    }

    async fn delete_service(&self, cx: Cx, id: ServiceId) -> Result<(), Fault> {
        Ok(self.app.delete_service(&cx, id).await?)
    }
}
