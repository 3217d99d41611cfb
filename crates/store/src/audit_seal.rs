//! The sealed log: which events stand where, the tree over them, and what was signed.
//!
//! Rows are only added. Order is (writer's transaction, id) below `pg_snapshot_xmin`, as for events ([`crate::events`]):
//! what commits late is sealed late, and nothing is skipped. A database that was restored elsewhere counts transactions
//! anew; then what is not sealed is looked for among all rows, once. Not here: hashing and signing.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, Tx};

/// Up to where everything is sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealHorizon {
    pub xid: u64,
    pub id: i64,
}

/// A checkpoint as it is stored.
#[derive(Clone, Debug)]
pub struct CheckpointRow {
    pub size: i64,
    pub previous: i64,
    pub root: Vec<u8>,
    pub frontier: Vec<u8>,
    pub leaves: Vec<u8>,
    pub note: String,
    pub key_id: Uuid,
    pub created_at: DateTime<Utc>,
}

/// The end of the log.
#[derive(Clone, Debug)]
pub struct HeadRow {
    pub size: i64,
    pub frontier: Vec<u8>,
    pub horizon: SealHorizon,
    /// How long ago it was signed.
    pub age_seconds: f64,
}

/// An event that is not sealed.
#[derive(Clone, Debug)]
pub struct UnsealedRow {
    pub id: i64,
    pub leaf_hash: Vec<u8>,
}

/// What can be sealed now.
#[derive(Clone, Debug, Default)]
pub struct Unsealed {
    pub events: Vec<UnsealedRow>,
    /// Up to where everything is sealed when these are.
    pub horizon: SealHorizon,
}

/// Which log this is.
pub async fn log_id(conn: &mut PgConnection) -> Result<Uuid> {
    Ok(sqlx::query_scalar!("select id from audit_log").fetch_one(conn).await?)
}

/// The end of the log; `None` while nothing is sealed.
pub async fn head(conn: &mut PgConnection) -> Result<Option<HeadRow>> {
    let row = sqlx::query!(
        r#"select size, frontier, xid::text::bigint as "xid!", event_id,
                  extract(epoch from app_now() - created_at)::float8 as "age!"
             from audit_checkpoint order by size desc limit 1"#,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| HeadRow {
        size: row.size,
        frontier: row.frontier,
        horizon: SealHorizon { xid: row.xid.unsigned_abs(), id: row.event_id },
        age_seconds: row.age,
    }))
}

/// The next events in their order, at most `limit`.
pub async fn unsealed(conn: &mut PgConnection, after: SealHorizon, limit: i64) -> Result<Unsealed> {
    // One statement, hence one snapshot: the border and the rows below it agree.
    let rows = sqlx::query!(
        r#"select border.xmin::text::bigint as "xmin!", e.id as "id?", e.xid::text::bigint as "xid?",
                  e.leaf_hash as "leaf_hash?"
             from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) border
             left join lateral (
                  select a.id, a.xid, a.leaf_hash from audit_event a
                   where (a.xid, a.id) > ($1::text::xid8, $2) and a.xid < border.xmin
                     and not exists (select from audit_leaf l where l.event_id = a.id)
                   order by a.xid, a.id limit $3) e on true"#,
        after.xid.to_string(),
        after.id,
        limit,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut found = Unsealed::default();
    let Some(xmin) = rows.first().map(|row| row.xmin.unsigned_abs()) else { return Ok(found) };
    if after.xid > xmin {
        return stranded(conn, after, limit).await;
    }
    found.horizon = SealHorizon { xid: xmin, id: 0 };
    for row in rows {
        let (Some(id), Some(xid), Some(leaf_hash)) = (row.id, row.xid, row.leaf_hash) else { continue };
        found.events.push(UnsealedRow { id, leaf_hash });
        if i64::try_from(found.events.len()) == Ok(limit) {
            found.horizon = SealHorizon { xid: xid.unsigned_abs(), id };
        }
    }
    Ok(found)
}

/// What is not sealed in a database whose transactions are counted anew, in the order of ids.
async fn stranded(conn: &mut PgConnection, after: SealHorizon, limit: i64) -> Result<Unsealed> {
    let events = sqlx::query_as!(
        UnsealedRow,
        "select a.id, a.leaf_hash from audit_event a
          where not exists (select from audit_leaf l where l.event_id = a.id) order by a.id limit $1",
        limit,
    )
    .fetch_all(conn)
    .await?;
    let more = i64::try_from(events.len()) == Ok(limit);
    // From the first transaction of the new count on; what is sealed already is passed over.
    Ok(Unsealed { events, horizon: if more { after } else { SealHorizon::default() } })
}

/// Gives events the positions from `first` on.
pub async fn append(tx: &mut Tx, first: i64, events: &[i64]) -> Result<()> {
    sqlx::query!(
        "insert into audit_leaf (position, event_id)
         select $1 + number - 1, id from unnest($2::bigint[]) with ordinality as e (id, number)",
        first,
        events,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A subtree that has become whole.
#[derive(Clone, Debug)]
pub struct NewNode {
    pub level: i16,
    pub index: i64,
    pub hash: Vec<u8>,
}

/// Keeps roots of subtrees.
pub async fn keep_nodes(tx: &mut Tx, nodes: &[NewNode]) -> Result<()> {
    let levels: Vec<i16> = nodes.iter().map(|node| node.level).collect();
    let indexes: Vec<i64> = nodes.iter().map(|node| node.index).collect();
    let hashes: Vec<Vec<u8>> = nodes.iter().map(|node| node.hash.clone()).collect();
    sqlx::query!(
        "insert into audit_node (level, index, hash)
         select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])",
        &levels,
        &indexes,
        &hashes,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A checkpoint to be kept.
#[derive(Clone, Debug)]
pub struct NewCheckpoint<'a> {
    pub size: i64,
    pub previous: i64,
    pub root: &'a [u8],
    pub frontier: &'a [u8],
    pub leaves: &'a [u8],
    pub note: &'a str,
    pub key_id: Uuid,
    pub horizon: SealHorizon,
    pub epoch: i64,
}

/// Keeps a checkpoint.
pub async fn keep_checkpoint(tx: &mut Tx, new: &NewCheckpoint<'_>) -> Result<()> {
    sqlx::query!(
        "insert into audit_checkpoint (size, previous, root, frontier, leaves, note, key_id, xid, event_id, epoch)
         values ($1, $2, $3, $4, $5, $6, $7, $8::text::xid8, $9, $10)",
        new.size,
        new.previous,
        new.root,
        new.frontier,
        new.leaves,
        new.note,
        new.key_id,
        new.horizon.xid.to_string(),
        new.horizon.id,
        new.epoch,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
