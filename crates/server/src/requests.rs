//! Requests over HTTP.

use shepherd_app::Cx;
use shepherd_app::requests::ListRequests;
use shepherd_contract::server::requests::RequestsApi;
use shepherd_contract::types::{
    Approve, CancelRequest, ConsoleTicket, ListRequestsQuery, Preflight, Reject, Request, RequestPage,
    RequestVm,
};
use shepherd_domain::ids::RequestId;

use crate::Server;
use crate::problems::Fault;

impl RequestsApi for Server {
    async fn preflight_vm(&self, cx: Cx, body: RequestVm) -> Result<Preflight, Fault> {
        Ok(self.app.preflight_vm(&cx, body).await?)
    }

    async fn request_vm(&self, cx: Cx, body: RequestVm) -> Result<Request, Fault> {
        Ok(self.app.request_vm(&cx, body).await?)
    }

    async fn list_requests(&self, cx: Cx, query: ListRequestsQuery) -> Result<RequestPage, Fault> {
        let ask = ListRequests {
            search: query.q.as_deref(),
            mine: query.mine.unwrap_or(false),
            requester: query.requester_id,
            waiting_for_me: query.waiting_for_me.unwrap_or(false),
            open: query.open,
            state: query.state,
            operation: query.operation,
            system: query.system_id,
            service: query.service_id,
            vm: query.vm_id,
            environment: query.environment_id,
            batches: false,
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_requests(&cx, ask).await?)
    }

    async fn get_request(&self, cx: Cx, id: RequestId) -> Result<Request, Fault> {
        Ok(self.app.get_request(&cx, id).await?)
    }

    async fn approve_request(&self, cx: Cx, id: RequestId, body: Approve) -> Result<Request, Fault> {
        Ok(self.app.approve_request(&cx, id, body).await?)
    }

    async fn reject_request(&self, cx: Cx, id: RequestId, body: Reject) -> Result<Request, Fault> {
        Ok(self.app.reject_request(&cx, id, body).await?)
    }

    async fn cancel_request(&self, cx: Cx, id: RequestId, body: CancelRequest) -> Result<Request, Fault> {
        Ok(self.app.cancel_request(&cx, id, body).await?)
    }

    async fn create_console_ticket(&self, cx: Cx, id: RequestId) -> Result<ConsoleTicket, Fault> {
        Ok(self.app.create_console_ticket(&cx, id).await?)
    }
}
