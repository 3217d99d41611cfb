//! VMs, their operations and consoles over HTTP.

use axum::extract::ws::WebSocketUpgrade;
use axum::response::{IntoResponse, Response};
use http::header;
use shepherd_app::Cx;
use shepherd_app::vms::ListVms;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::vms::VmsApi;
use shepherd_contract::types::{
    ConsoleAccess, DeleteVm, GetTimelineQuery, ListVmOperationsQuery, ListVmsQuery, OpenConsole, Operation,
    OperationPage, PowerVm, Request, StopVm, StreamConsoleQuery, TimelinePage, UpdateVm, Vm, VmPage,
};
use shepherd_domain::ids::{OperationId, VmId};

use crate::problems::Fault;
use crate::{Server, console};

impl VmsApi for Server {
    async fn list_vms(&self, cx: Cx, query: ListVmsQuery) -> Result<VmPage, Fault> {
        let ask = ListVms {
            search: query.q.as_deref(),
            environment: query.environment_id,
            system: query.system_id,
            service: query.service_id,
            cluster: query.cluster_id,
            namespace: query.namespace_id,
            power: query.power,
            deleted: query.deleted.unwrap_or(false),
            trashed: query.trashed.unwrap_or(false),
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_vms(&cx, ask).await?)
    }

    async fn get_vm(&self, cx: Cx, id: VmId) -> Result<Vm, Fault> {
        Ok(self.app.get_vm(&cx, id).await?)
    }

    async fn update_vm(&self, cx: Cx, id: VmId, version: IfMatch, body: UpdateVm) -> Result<Vm, Fault> {
        Ok(self.app.update_vm(&cx, id, version.0, body).await?)
    }

    async fn start_vm(&self, cx: Cx, id: VmId, body: PowerVm) -> Result<Request, Fault> {
        Ok(self.app.start_vm(&cx, id, body).await?)
    }

    async fn stop_vm(&self, cx: Cx, id: VmId, body: StopVm) -> Result<Request, Fault> {
        Ok(self.app.stop_vm(&cx, id, body).await?)
    }

    async fn restart_vm(&self, cx: Cx, id: VmId, body: PowerVm) -> Result<Request, Fault> {
        Ok(self.app.restart_vm(&cx, id, body).await?)
    }

    async fn delete_vm(&self, cx: Cx, id: VmId, body: DeleteVm) -> Result<Request, Fault> {
        Ok(self.app.delete_vm(&cx, id, body).await?)
    }

    async fn open_console(&self, cx: Cx, id: VmId, body: OpenConsole) -> Result<ConsoleAccess, Fault> {
        Ok(self.app.open_console(&cx, id, body).await?)
    }

    async fn stream_console(
        &self,
        _: Cx,
        id: VmId,
        query: StreamConsoleQuery,
        upgrade: WebSocketUpgrade,
    ) -> Result<Response, Fault> {
        let (open, stream) = self.app.connect_console(id, &query.ticket).await?;
        Ok(console::serve(self.app.clone(), &self.consoles, open, stream, upgrade))
    }

    async fn get_screenshot(&self, cx: Cx, id: VmId) -> Result<Response, Fault> {
        let picture = self.app.screenshot(&cx, id).await?;
        Ok(([(header::CONTENT_TYPE, "image/png")], picture).into_response())
    }

    async fn get_timeline(&self, cx: Cx, id: VmId, query: GetTimelineQuery) -> Result<TimelinePage, Fault> {
        Ok(self.app.get_timeline(&cx, id, query.cursor.as_deref(), query.limit).await?)
    }

    async fn list_vm_operations(
        &self,
        cx: Cx,
        id: VmId,
        query: ListVmOperationsQuery,
    ) -> Result<OperationPage, Fault> {
        Ok(self.app.list_vm_operations(&cx, id, query.cursor.as_deref(), query.limit).await?)
    }

    async fn get_operation(&self, cx: Cx, id: OperationId) -> Result<Operation, Fault> {
        Ok(self.app.get_operation(&cx, id).await?)
    }
}
