//! The audit trail over HTTP.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, header};
use shepherd_app::Cx;
use shepherd_contract::server::audit::AuditApi;
use shepherd_contract::types::{
    AuditCheckpoint, AuditCheckpointPage, AuditConsistency, AuditEvent, AuditInclusion, AuditKeys, AuditPage,
    ExportAuditQuery, GetAuditConsistencyQuery, GetRequestTimelineQuery, GetSystemTimelineQuery,
    ListAuditCheckpointsQuery, ListAuditQuery, TimelinePage,
};
use shepherd_domain::ids::{RequestId, SystemId};

use crate::Server;
use crate::problems::Fault;

/// Where an export goes on.
const NEXT: HeaderName = HeaderName::from_static("shepherd-next-cursor");

impl AuditApi for Server {
    async fn list_audit(&self, cx: Cx, query: ListAuditQuery) -> Result<AuditPage, Fault> {
        Ok(self.app.list_audit(&cx, query).await?)
    }

    async fn get_audit_event(&self, cx: Cx, id: i64) -> Result<AuditEvent, Fault> {
        Ok(self.app.get_audit_event(&cx, id).await?)
    }

    async fn get_audit_proof(&self, cx: Cx, id: i64) -> Result<AuditInclusion, Fault> {
        Ok(self.app.get_audit_proof(&cx, id).await?)
    }

    async fn list_audit_checkpoints(
        &self,
        cx: Cx,
        query: ListAuditCheckpointsQuery,
    ) -> Result<AuditCheckpointPage, Fault> {
        Ok(self.app.list_audit_checkpoints(&cx, query).await?)
    }

    async fn seal_audit(&self, cx: Cx) -> Result<AuditCheckpoint, Fault> {
        Ok(self.app.seal_audit(&cx).await?)
    }

    async fn get_audit_consistency(
        &self,
        cx: Cx,
        query: GetAuditConsistencyQuery,
    ) -> Result<AuditConsistency, Fault> {
        Ok(self.app.get_audit_consistency(&cx, query).await?)
    }

    async fn export_audit(&self, cx: Cx, query: ExportAuditQuery) -> Result<Response, Fault> {
        let page = self.app.export_audit(&cx, query).await?;
        let mut response = ([(header::CONTENT_TYPE, "application/jsonl")], page.lines).into_response();
        // A cursor is base64url, which every header can carry.
        if let Some(next) = page.next.and_then(|next| next.parse().ok()) {
            response.headers_mut().insert(NEXT, next);
        }
        Ok(response)
    }

    async fn get_request_timeline(
        &self,
        cx: Cx,
        id: RequestId,
        query: GetRequestTimelineQuery,
    ) -> Result<TimelinePage, Fault> {
        Ok(self.app.get_request_timeline(&cx, id, query.cursor.as_deref(), query.limit).await?)
    }

    async fn get_system_timeline(
        &self,
        cx: Cx,
        id: SystemId,
        query: GetSystemTimelineQuery,
    ) -> Result<TimelinePage, Fault> {
        Ok(self.app.get_system_timeline(&cx, id, query.cursor.as_deref(), query.limit).await?)
    }

    async fn list_audit_keys(&self, cx: Cx) -> Result<AuditKeys, Fault> {
        Ok(self.app.list_audit_keys(&cx).await?)
    }
}
