//! A thing's own history as one story, newest first, each entry with who and why.

use serde_json::Value;
use shepherd_contract::types::{PersonRef, Reason, TimelineEntry, TimelineKind, TimelinePage};
use shepherd_domain::authz::{self, SystemScope};
use shepherd_domain::ids::{RequestId, SystemId, VmId};
use shepherd_store::timeline::{self as store, TimelineRow};
use shepherd_store::vms;

use crate::page::Ask;
use crate::{App, Cx, Result};

/// What of an entry's details a timeline shows.
const SHOWN: [&str; 8] =
    ["kind", "comment", "reason", "state", "failure", "operation", "milliseconds", "ended"];

impl App {
    /// Everything that happened to a VM.
    pub async fn get_timeline(
        &self,
        cx: &Cx,
        vm: VmId,
        cursor: Option<&str>,
        limit: Option<i32>,
    ) -> Result<TimelinePage> {
        let page: Ask<i64> = Ask::new("timeline", cursor, limit)?;
        let scope = vms::scope(&mut *self.db.acquire().await?, vm).await?;
        let auth = self.authorize::<authz::ReadVm, _>(cx, scope).await?;
        let rows = store::of_vm(&mut *self.db.acquire().await?, &auth, page.after, page.fetch()).await?;
        shown(&page, rows)
    }

    /// Everything that happened to a request.
    pub async fn get_request_timeline(
        &self,
        cx: &Cx,
        request: RequestId,
        cursor: Option<&str>,
        limit: Option<i32>,
    ) -> Result<TimelinePage> {
        let page: Ask<i64> = Ask::new("timeline", cursor, limit)?;
        self.readable(cx, request).await?;
        let mut conn = self.db.acquire().await?;
        shown(&page, store::of_request(&mut conn, request, page.after, page.fetch()).await?)
    }

    /// What happened to a System itself.
    pub async fn get_system_timeline(
        &self,
        cx: &Cx,
        system: SystemId,
        cursor: Option<&str>,
        limit: Option<i32>,
    ) -> Result<TimelinePage> {
        let page: Ask<i64> = Ask::new("timeline", cursor, limit)?;
        let auth = self.authorize::<authz::ReadSystem, _>(cx, SystemScope(system)).await?;
        let mut conn = self.db.acquire().await?;
        shown(&page, store::of_system(&mut conn, &auth, page.after, page.fetch()).await?)
    }
}

fn shown(page: &Ask<i64>, rows: Vec<TimelineRow>) -> Result<TimelinePage> {
    let (rows, next_cursor) = page.cut("timeline", rows, |row| row.id)?;
    Ok(TimelinePage { items: rows.into_iter().map(entry).collect(), next_cursor })
}

fn entry(row: TimelineRow) -> TimelineEntry {
    let mut params = serde_json::Map::new();
    let code = match row.outcome.as_str() {
        // It did not happen: the words for what happened would be wrong.
        "denied" => {
            params.insert("action".into(), row.action.clone().into());
            "TIMELINE_DENIED".to_owned()
        }
        _ => format!("TIMELINE_{}", row.action.replace('.', "_").to_uppercase()),
    };
    if let Some(Value::Object(after)) = &row.after {
        params.extend(SHOWN.iter().filter_map(|name| Some(((*name).to_owned(), after.get(*name)?.clone()))));
    }
    if let Some(number) = row.request_number {
        params.insert("request_number".into(), number.into());
    }
    if let Some(operation) = row.request_operation {
        params.insert("request_operation".into(), operation.into());
    }
    if let Some(code) = row.code {
        params.insert("code".into(), code.into());
    }
    let text = format!("{} ({})", row.action, row.outcome);
    TimelineEntry {
        at: row.at,
        kind: kind(&row.action),
        actor: row.actor_id.map(|id| PersonRef {
            id,
            display_name: row.actor_display.unwrap_or_else(|| row.actor_name.clone()),
            name: row.actor_name,
        }),
        text: Reason { code, params, text },
        outcome: Some(row.outcome),
        request_id: row.request_id,
        operation_id: row.operation_id,
    }
}

fn kind(action: &str) -> TimelineKind {
    match action {
        "request.approve" | "request.reject" | "request.request_changes" => TimelineKind::Decision,
        a if a.starts_with("request.") => TimelineKind::Request,
        a if a.starts_with("console.") => TimelineKind::Console,
        "vm.update" => TimelineKind::Audit,
        a if a.starts_with("vm.") => TimelineKind::Operation,
        _ => TimelineKind::Audit,
    }
}
