//! Checkpoints and proofs over HTTP: what somebody outside needs to check the log without the events in it.

use std::ops::Range;

use shepherd_contract::types::{
    AuditCheckpoint, AuditCheckpointPage, AuditConsistency, AuditInclusion, AuditKey, AuditKeys,
    GetAuditConsistencyQuery, ListAuditCheckpointsQuery,
};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::hash::LeafHash;
use shepherd_domain::merkle::{Frontier, Place, TreeHash, proof};
use shepherd_domain::note::NoteKey;
use shepherd_store::audit_export::{self as store, NodeRange};
use shepherd_store::audit_keys::AuditKeyRow;
use shepherd_store::audit_seal::CheckpointRow;
use shepherd_store::{audit, audit_keys, audit_seal};
use uuid::Uuid;

use crate::audit::reach;
use crate::audit_seal::{KEPT_LEVELS, broken, origin};
use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

impl App {
    /// Signed checkpoints, the newest first.
    pub async fn list_audit_checkpoints(
        &self,
        cx: &Cx,
        ask: ListAuditCheckpointsQuery,
    ) -> Result<AuditCheckpointPage> {
        self.authorize::<authz::ReadAudit, _>(cx, Platform).await?;
        let page: Ask<i64> = Ask::new("audit_checkpoints", ask.cursor.as_deref(), ask.limit)?;
        let mut conn = self.db.acquire().await?;
        let rows = store::checkpoints_before(&mut conn, page.after.unwrap_or(i64::MAX), page.fetch()).await?;
        let (rows, next_cursor) = page.cut("audit_checkpoints", rows, |row| row.size)?;
        Ok(AuditCheckpointPage { items: rows.into_iter().map(shown).collect(), next_cursor })
    }

    /// Seals what can be sealed now; the answer is the newest checkpoint.
    pub async fn seal_audit(&self, cx: &Cx) -> Result<AuditCheckpoint> {
        self.authorize::<authz::ReadAudit, _>(cx, Platform).await?;
        let Begun::Fresh(change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        change.commit(Audit::about("audit"), ()).await?;
        self.seal().await?;
        let mut conn = self.db.acquire().await?;
        let newest = store::checkpoints_before(&mut conn, i64::MAX, 1).await?.pop();
        // A transaction that began before this call and goes on keeps even its own event from being sealed.
        newest.map(shown).ok_or_else(|| {
            Error::conflict("NOTHING_SEALED", "Nothing can be sealed yet; try again in a few seconds.")
        })
    }

    /// The keys that signed checkpoints.
    pub async fn list_audit_keys(&self, _cx: &Cx) -> Result<AuditKeys> {
        let mut conn = self.db.acquire().await?;
        let log = audit_seal::log_id(&mut conn).await?;
        let keys = audit_keys::list(&mut conn).await?;
        let items = keys.iter().filter_map(|row| shown_key(log, row)).collect();
        Ok(AuditKeys { origin: origin(log), items })
    }

    /// The proof that one checkpoint's tree begins another's.
    pub async fn get_audit_consistency(
        &self,
        cx: &Cx,
        ask: GetAuditConsistencyQuery,
    ) -> Result<AuditConsistency> {
        self.authorize::<authz::ReadAudit, _>(cx, Platform).await?;
        let newest = self.sealed_size().await?;
        for (size, name) in [(ask.old_size, "?old_size"), (ask.new_size, "?new_size")] {
            if size > newest || ask.old_size > ask.new_size {
                let text =
                    format!("The log has {newest} sealed leaves, and the old size is not above the new one.");
                return Err(Error::field(name, "SIZE_NOT_SEALED", text));
            }
        }
        let (old, new) = (ask.old_size.unsigned_abs(), ask.new_size.unsigned_abs());
        let hashes = self.subtrees(&proof::consistency(old, new)).await?;
        Ok(AuditConsistency { old_size: ask.old_size, new_size: ask.new_size, hashes: texts(&hashes) })
    }

    /// The proof that an event is in the log.
    pub async fn get_audit_proof(&self, cx: &Cx, id: i64) -> Result<AuditInclusion> {
        self.authorize::<authz::ReadAudit, _>(cx, Platform).await?;
        let mut conn = self.db.acquire().await?;
        let row = audit::get(&mut conn, id, reach(cx)).await?;
        let newest = store::checkpoints_before(&mut conn, i64::MAX, 1).await?.pop();
        let (Some(position), Some(newest)) = (store::position(&mut conn, id).await?, newest) else {
            let text = "This event is not sealed yet; that happens within a minute.";
            return Err(Error::conflict("NOT_SEALED", text));
        };
        drop(conn);
        let ranges = proof::inclusion(position.unsigned_abs(), newest.size.unsigned_abs());
        let hashes = self.subtrees(&ranges).await?;
        Ok(AuditInclusion {
            event_id: id,
            position,
            leaf_hash: hex::encode(row.leaf_hash),
            hashes: texts(&hashes),
            checkpoint: shown(newest),
        })
    }

    pub(crate) async fn sealed_size(&self) -> Result<i64> {
        let head = audit_seal::head(&mut *self.db.acquire().await?).await?;
        Ok(head.map_or(0, |head| head.size))
    }

    /// The roots over these ranges of leaves, each of which the log has whole.
    pub(crate) async fn subtrees(&self, ranges: &[Range<u64>]) -> Result<Vec<TreeHash>> {
        let places: Vec<Vec<Place>> = ranges.iter().map(proof::places).collect();
        let flat: Vec<Place> = places.iter().flatten().copied().collect();
        let (kept, leaves): (Vec<_>, Vec<_>) = flat.iter().map(below).partition(|range| range.level > 0);
        let mut conn = self.db.acquire().await?;
        let mut kept = store::nodes(&mut conn, &kept).await?.into_iter().map(|bytes| node(&bytes));
        let leaves = store::leaf_hashes(&mut conn, &leaves).await?;
        drop(conn);
        let mut leaves = leaves
            .iter()
            .map(|bytes| Some(TreeHash::leaf(LeafHash::try_from(bytes.as_slice()).ok()?.as_bytes())));
        let mut root_of = |place: &Place| -> Option<TreeHash> {
            let range = below(place);
            let count = usize::try_from(range.to - range.from).ok()?;
            let nodes: Option<Vec<TreeHash>> = match range.level {
                0 => leaves.by_ref().take(count).collect(),
                _ => kept.by_ref().take(count).collect(),
            };
            nodes.filter(|nodes| nodes.len() == count).map(|nodes| {
                let mut tree = Frontier::default();
                nodes.into_iter().for_each(|node| tree.append(node, |_, _| {}));
                tree.root()
            })
        };
        let roots = places.iter().map(|places| {
            let peaks: Option<Vec<_>> = places.iter().map(&mut root_of).collect();
            peaks.map(|peaks| proof::join(&peaks)).ok_or_else(|| broken("nodes of the audit log are missing"))
        });
        roots.collect()
    }
}

/// The kept nodes, or leaves, that a subtree consists of: at most 128.
fn below(place: &Place) -> NodeRange {
    let level = place.level - place.level % KEPT_LEVELS;
    let (from, count) = (place.index << (place.level - level), 1_u64 << (place.level - level));
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    NodeRange {
        level: i16::try_from(level).unwrap_or(i16::MAX),
        from: number(from),
        to: number(from + count),
    }
}

fn node(bytes: &[u8]) -> Option<TreeHash> {
    bytes.try_into().ok().map(TreeHash::from_bytes)
}

fn texts(hashes: &[TreeHash]) -> Vec<String> {
    hashes.iter().map(TreeHash::to_string).collect()
}

fn shown(row: CheckpointRow) -> AuditCheckpoint {
    AuditCheckpoint {
        size: row.size,
        previous: row.previous,
        root: hex::encode(row.root),
        note: row.note,
        created_at: row.created_at,
    }
}

pub(crate) fn note_key(log: Uuid, row: &AuditKeyRow) -> Option<NoteKey> {
    NoteKey::new(&origin(log), row.public_key.as_slice().try_into().ok()?)
}

fn shown_key(log: Uuid, row: &AuditKeyRow) -> Option<AuditKey> {
    let key = note_key(log, row)?;
    Some(AuditKey {
        id: key.id(),
        key: key.to_string(),
        created_at: row.created_at,
        retired_at: row.retired_at,
    })
}
