//! The audit trail over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::audit::AuditApi;
use shepherd_contract::types::{AuditEvent, AuditPage, ListAuditQuery};

use crate::Server;
use crate::problems::Fault;

impl AuditApi for Server {
    async fn list_audit(&self, cx: Cx, query: ListAuditQuery) -> Result<AuditPage, Fault> {
        Ok(self.app.list_audit(&cx, query).await?)
    }

    async fn get_audit_event(&self, cx: Cx, id: i64) -> Result<AuditEvent, Fault> {
        Ok(self.app.get_audit_event(&cx, id).await?)
    }
}
