//! Reading the audit trail, which is itself audited: once for a search, whatever number of its pages is read.
//!
//! An auditor of some environments sees what happened in those, and what belongs to none.

use serde_json::{Map, Value, json};
use shepherd_contract::types::{AuditEvent, AuditOutcome, AuditPage, ListAuditQuery, PersonRef, SystemRef};
use shepherd_domain::authz::{self, Permission, Platform};
use shepherd_domain::cursor;
use shepherd_domain::ids::EnvironmentId;
use shepherd_store::audit::{self as store, AuditFilter, AuditRow, Named};
use shepherd_store::audit_words;

use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::requests::environment_ref;
use crate::{App, Cx, Error, Result};

/// A search that fits more names looks through the newest rows instead.
const FEW: i64 = 200;
/// How many rows such a look takes at a time.
const LOOK: i64 = 20_000;

impl App {
    /// What happened, newest first.
    pub async fn list_audit(&self, cx: &Cx, ask: ListAuditQuery) -> Result<AuditPage> {
        self.authorize::<authz::ReadAudit, _>(cx, Platform).await?;
        let page: Ask<(i64, i64)> = Ask::new("audit", ask.cursor.as_deref(), ask.limit)?;
        let search = match page.after {
            None => None,
            Some((event, _)) => Some(self.own_search(cx, event, &ask).await?),
        };
        let before = page.after.map(|(_, row)| row);
        let outcome = ask.outcome.map(|outcome| outcome.as_str().parse()).transpose();
        let filter = AuditFilter {
            id: None,
            actor: ask.actor_id,
            action: ask.action.clone(),
            vm: ask.vm_id,
            system: ask.system_id,
            environment: ask.environment_id,
            request: ask.request_id,
            kind: ask.resource_kind.clone(),
            resource: ask.resource_id.clone(),
            named: self.named(&ask, before).await?,
            outcome: outcome.map_err(|_| Error::Internal("an outcome only the contract knows".into()))?,
            since: ask.since,
            until: ask.until,
            reach: reach(cx),
            before,
            limit: page.fetch(),
        };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        let search = match search {
            Some(event) => event,
            None => self.record_search(cx, &ask).await?,
        };
        let (rows, mut next_cursor) = page.cut("audit", rows, |row| (search, row.id))?;
        if let (None, Some(Named::Many { down_to, .. })) = (&next_cursor, &filter.named)
            && *down_to > 1
        {
            // The page is short because the look was; the next one goes on from there.
            next_cursor = cursor::encode("audit", &(search, *down_to)).ok();
        }
        Ok(AuditPage { items: rows.into_iter().map(event).collect::<Result<_>>()?, next_cursor })
    }

    /// One event, with what was before and after.
    pub async fn get_audit_event(&self, cx: &Cx, id: i64) -> Result<AuditEvent> {
        self.authorize::<authz::ReadAudit, _>(cx, Platform).await?;
        let row = store::get(&mut *self.db.acquire().await?, id, reach(cx)).await?;
        let Begun::Fresh(change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let entry = Audit::of("audit", id, &row.action).system(row.system_id).environment(row.environment_id);
        change.commit(entry, ()).await?;
        event(row)
    }

    /// What is meant by the text that was searched for.
    async fn named(&self, ask: &ListAuditQuery, before: Option<i64>) -> Result<Option<Named>> {
        let Some(text) = &ask.search else { return Ok(None) };
        let mut conn = self.db.acquire().await?;
        let actors = audit_words::actors(&mut conn, text).await?;
        let names = audit_words::names(&mut conn, text, FEW + 1).await?;
        let pattern = audit_words::pattern(text);
        if i64::try_from(names.len()).is_ok_and(|count| count <= FEW) {
            return Ok(Some(Named::Few { names, actors, pattern }));
        }
        let from = match before {
            Some(before) => before,
            None => store::newest(&mut conn).await?.saturating_add(1),
        };
        Ok(Some(Named::Many { pattern, actors, down_to: from.saturating_sub(LOOK).max(0) }))
    }

    /// The search that a cursor goes on with, which was recorded. A cursor is not signed: one that was made up, or that
    /// belongs to another search, would read without a trace.
    async fn own_search(&self, cx: &Cx, event: i64, ask: &ListAuditQuery) -> Result<i64> {
        let said = store::own(&mut *self.db.acquire().await?, event, cx.actor.id, "audit.search").await?;
        match said {
            Some(said) if said == Value::Object(asked(ask)) => Ok(event),
            _ => Err(Error::field(
                "?cursor",
                "CURSOR_INVALID",
                "This cursor is not from this search of yours; start from the first page.",
            )),
        }
    }

    /// The search as an event: who looked, and for what.
    async fn record_search(&self, cx: &Cx, ask: &ListAuditQuery) -> Result<i64> {
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let entry = Audit::of("audit", "search", "").environment(ask.environment_id).after(asked(ask));
        let event = change.record_id(entry).await?;
        change.commit_progress().await?;
        Ok(event)
    }
}

/// What somebody looks for, without how many of it.
fn asked(ask: &ListAuditQuery) -> Map<String, Value> {
    let asked = json!({
        "actor_id": ask.actor_id,
        "action": ask.action,
        "search": ask.search,
        "resource_kind": ask.resource_kind,
        "resource_id": ask.resource_id,
        "vm_id": ask.vm_id,
        "system_id": ask.system_id,
        "environment_id": ask.environment_id,
        "request_id": ask.request_id,
        "outcome": ask.outcome,
        "since": ask.since,
        "until": ask.until,
    });
    match asked {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}

/// The environments whose events the caller may see; `None` is all.
pub(crate) fn reach(cx: &Cx) -> Option<Vec<EnvironmentId>> {
    let visible = cx.grants.visible(Permission::AuditRead);
    (!visible.everything).then_some(visible.environments)
}

fn event(row: AuditRow) -> Result<AuditEvent> {
    let actor = row.actor_id.zip(row.actor_display).map(|(id, display_name)| PersonRef {
        id,
        name: row.actor_name.clone(),
        display_name,
    });
    let environment = match (row.environment_id, &row.environment_name, &row.environment_title, &row.colour) {
        (Some(id), Some(name), Some(title), Some(colour)) => {
            Some(environment_ref(id, name, title, row.protected.unwrap_or_default(), colour))
        }
        _ => None,
    };
    let outcome: AuditOutcome =
        row.outcome.parse().map_err(|_| Error::Internal("a stored outcome is unknown".into()))?;
    Ok(AuditEvent {
        id: row.id,
        at: row.at,
        actor,
        actor_name: row.actor_name,
        action: row.action,
        outcome,
        resource_kind: row.resource_kind,
        resource_id: row.resource_id,
        resource_name: row.resource_name,
        system: row.system_id.zip(row.system_name).map(|(id, name)| SystemRef { id, name }),
        environment,
        vm_id: row.vm_id,
        request_id: row.request_id,
        request_number: row.request_number,
        source_address: row.source_address,
        code: row.code,
        before: row.before.and_then(object),
        after: row.after.and_then(object),
        leaf_hash: hex::encode(row.leaf_hash),
        expired_at: row.expired_at,
    })
}

/// A snapshot as an object. Some are one value, such as a member's role.
fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Null => None,
        Value::Object(fields) => Some(fields),
        other => Some(Map::from_iter([("value".to_owned(), other)])),
    }
}
