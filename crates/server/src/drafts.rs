//! Drafts over HTTP.

use shepherd_app::Cx;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::drafts::DraftsApi;
use shepherd_contract::types::{Draft, DraftPage, DraftVm, ListDraftsQuery, Request};
use shepherd_domain::ids::{DraftId, RequestId};

use crate::Server;
use crate::problems::Fault;

impl DraftsApi for Server {
    async fn list_drafts(&self, cx: Cx, query: ListDraftsQuery) -> Result<DraftPage, Fault> {
        Ok(self.app.list_drafts(&cx, query.cursor.as_deref(), query.limit).await?)
    }

    async fn create_draft(&self, cx: Cx, body: DraftVm) -> Result<Draft, Fault> {
        Ok(self.app.create_draft(&cx, body).await?)
    }

    async fn get_draft(&self, cx: Cx, id: DraftId) -> Result<Draft, Fault> {
        Ok(self.app.get_draft(&cx, id).await?)
    }

    async fn update_draft(
        &self,
        cx: Cx,
        id: DraftId,
        version: IfMatch,
        body: DraftVm,
    ) -> Result<Draft, Fault> {
        Ok(self.app.update_draft(&cx, id, version.0, body).await?)
    }

    async fn discard_draft(&self, cx: Cx, id: DraftId) -> Result<(), Fault> {
        Ok(self.app.discard_draft(&cx, id).await?)
    }

    async fn submit_draft(&self, cx: Cx, id: DraftId) -> Result<Request, Fault> {
        Ok(self.app.submit_draft(&cx, id).await?)
    }

    async fn draft_from_request(&self, cx: Cx, id: RequestId) -> Result<Draft, Fault> {
        Ok(self.app.draft_from_request(&cx, id).await?)
    }
}
