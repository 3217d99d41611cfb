//! The sealed log as lines, page by page, for whoever keeps it elsewhere or checks it without us.
//!
//! Exporting is a sensitive read and one event, however many pages: the cursor names that event, and a cursor that names
//! another's is refused. What the database has is exported as it is; judging it is the verifier's.

use serde_json::json;
use shepherd_contract::types::ExportAuditQuery;
use shepherd_domain::audit::export::{self, CheckpointLine};
use shepherd_domain::authz::{self, Permission, Platform};
use shepherd_domain::cursor;
use shepherd_domain::hash::LeafHash;
use shepherd_store::audit_export::{self as store, LeafRow};
use shepherd_store::audit_seal::{self, CheckpointRow};
use shepherd_store::{audit, audit_keys};

use crate::audit_proofs::note_key;
use crate::audit_seal::{broken, origin};
use crate::change::{Audit, Begun};
use crate::{App, Cx, Error, Result};

/// Leaves on a page when the caller does not say.
const DEFAULT: i32 = 1000;
/// Leaves read at a time; a page ends when it has become large.
const CHUNK: i64 = 200;
/// A page that has grown to this many bytes ends.
const LARGE: usize = 4 << 20;

/// Lines, and where to go on.
pub struct ExportPage {
    pub lines: Vec<u8>,
    /// `None` at the end.
    pub next: Option<String>,
}

/// Where an export is.
struct Position {
    /// The event that records it.
    event: i64,
    /// The next leaf.
    at: i64,
    /// One more than the last leaf.
    to: i64,
}

impl App {
    /// The next page of an export.
    pub async fn export_audit(&self, cx: &Cx, ask: ExportAuditQuery) -> Result<ExportPage> {
        self.authorize::<authz::ReadAudit, _>(cx, Platform).await?;
        if !cx.grants.visible(Permission::AuditRead).everything {
            let text =
                "An export is the whole log; you may read that of some environments only. Search instead.";
            return Err(Error::forbidden("AUDIT_EXPORT_IS_WHOLE", text));
        }
        let mut lines = Vec::new();
        let position = match &ask.cursor {
            Some(cursor) => self.go_on(cx, cursor).await?,
            None => self.begin_export(cx, &ask, &mut lines).await?,
        };
        let limit = i64::from(ask.limit.unwrap_or(DEFAULT));
        let end = position.to.min(position.at.saturating_add(limit));
        let at = self.write_lines(position.at, end, &mut lines).await?;
        let next =
            (at < position.to).then(|| cursor::encode("audit_export", &(position.event, at, position.to)));
        Ok(ExportPage { lines, next: next.transpose().map_err(|error| Error::Internal(Box::new(error)))? })
    }

    /// Records the export, and begins it.
    async fn begin_export(&self, cx: &Cx, ask: &ExportAuditQuery, lines: &mut Vec<u8>) -> Result<Position> {
        let newest = self.sealed_size().await?;
        let (at, to) = (ask.from.unwrap_or(0), ask.to.unwrap_or(newest));
        let mut conn = self.db.acquire().await?;
        // An export ends with a checkpoint, and one that begins in the middle begins with one.
        let is_checkpoint = |rows: &[CheckpointRow], size| rows.first().is_some_and(|row| row.size == size);
        let last = store::checkpoints_after(&mut conn, to - 1, to, 1).await?;
        if at > to || (to > 0 && !is_checkpoint(&last, to)) {
            let text = format!("An export ends at a checkpoint; the newest has {newest} leaves.");
            return Err(Error::field("?to", "NOT_A_CHECKPOINT", text));
        }
        if ask.start.unwrap_or(false) && at > 0 {
            let first = store::checkpoints_after(&mut conn, at - 1, at, 1).await?;
            if !is_checkpoint(&first, at) {
                let text =
                    "An export that stands by itself begins where a checkpoint ends; see the checkpoints.";
                return Err(Error::field("?from", "NOT_A_CHECKPOINT", text));
            }
            self.write_checkpoints(first, lines).await?;
        }
        drop(conn);
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let entry = Audit::about("audit").after(json!({ "from": at, "to": to }));
        let event = change.record_id(entry).await?;
        change.commit_progress().await?;
        Ok(Position { event, at, to })
    }

    /// Goes on with an export of the caller's own that was recorded.
    async fn go_on(&self, cx: &Cx, text: &str) -> Result<Position> {
        let unknown = || {
            Error::field(
                "?cursor",
                "CURSOR_INVALID",
                "This cursor is not from an export of yours; begin anew.",
            )
        };
        let (event, at, to): (i64, i64, i64) = cursor::decode("audit_export", text).map_err(|_| unknown())?;
        let said = audit::own(&mut *self.db.acquire().await?, event, cx.actor.id, "audit.export").await?;
        let said = said.ok_or_else(unknown)?;
        let from = said["from"].as_i64();
        match said["to"].as_i64() == Some(to) && from.is_some_and(|from| (from..=to).contains(&at)) {
            true => Ok(Position { event, at, to }),
            false => Err(unknown()),
        }
    }

    /// Writes leaves and the checkpoints that end among them; answers the next position.
    async fn write_lines(&self, from: i64, to: i64, lines: &mut Vec<u8>) -> Result<i64> {
        let mut at = from;
        let origin = origin(audit_seal::log_id(&mut *self.db.acquire().await?).await?);
        while at < to && lines.len() < LARGE {
            let mut conn = self.db.acquire().await?;
            let leaves = store::leaves(&mut conn, at, to, CHUNK).await?;
            let Some(end) = leaves.last().map(|leaf| leaf.position + 1) else {
                return Err(broken("sealed leaves are missing"));
            };
            let checkpoints = store::checkpoints_after(&mut conn, at, end, CHUNK).await?;
            drop(conn);
            let mut checkpoints = checkpoints.into_iter().peekable();
            for leaf in &leaves {
                write_leaf(&origin, leaf, lines)?;
                if let Some(row) = checkpoints.next_if(|row| row.size <= leaf.position + 1) {
                    self.write_checkpoints(vec![row], lines).await?;
                }
            }
            at = end;
        }
        Ok(at)
    }

    async fn write_checkpoints(&self, rows: Vec<CheckpointRow>, lines: &mut Vec<u8>) -> Result<()> {
        let mut conn = self.db.acquire().await?;
        let log = audit_seal::log_id(&mut conn).await?;
        let keys = audit_keys::list(&mut conn).await?;
        drop(conn);
        for row in rows {
            let signed =
                keys.iter().filter_map(|key| note_key(log, key)).filter(|key| key.named_in(&row.note));
            let signed = signed.map(|key| key.to_string());
            let line = CheckpointLine {
                origin: origin(log),
                size: row.size.unsigned_abs(),
                previous: row.previous.unsigned_abs(),
                keys: signed.collect(),
                note: row.note,
                frontier: row.frontier,
                leaves: row.leaves.as_chunks().0.iter().map(|bytes| LeafHash(*bytes)).collect(),
            };
            export::checkpoint_line(lines, &line).map_err(|error| Error::Internal(Box::new(error)))?;
        }
        Ok(())
    }
}

fn write_leaf(origin: &str, leaf: &LeafRow, lines: &mut Vec<u8>) -> Result<()> {
    let hash = LeafHash::try_from(leaf.leaf_hash.as_slice()).map_err(|_| broken("a leaf is no hash"))?;
    let position = leaf.position.unsigned_abs();
    let canonical = leaf.canonical.as_deref().map(String::from_utf8_lossy);
    if export::leaf_line(lines, origin, position, hash, canonical.as_deref()).is_err() {
        // Somebody has changed the stored bytes. The line says what is there, and no verifier takes it.
        let raw = canonical.unwrap_or_default();
        let line = json!({ "specversion": "1.0", "id": position.to_string(), "source": origin,
            "type": "shepherd.audit.event.v1", "leafhash": hash, "data": { "raw_data": raw } });
        lines.extend_from_slice(line.to_string().as_bytes());
        lines.push(b'\n');
    }
    Ok(())
}
