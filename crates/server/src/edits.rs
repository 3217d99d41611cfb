//! Changing what was asked for, over HTTP.

use shepherd_app::Cx;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::edits::EditsApi;
use shepherd_contract::types::{EditRequest, Request, RequestChanges};
use shepherd_domain::ids::RequestId;

use crate::Server;
use crate::problems::Fault;

impl EditsApi for Server {
    async fn edit_request(
        &self,
        cx: Cx,
        id: RequestId,
        version: IfMatch,
        body: EditRequest,
    ) -> Result<Request, Fault> {
        Ok(self.app.edit_request(&cx, id, version.0, body).await?)
    }

    async fn request_changes(&self, cx: Cx, id: RequestId, body: RequestChanges) -> Result<Request, Fault> {
        Ok(self.app.request_changes(&cx, id, body).await?)
    }
}
