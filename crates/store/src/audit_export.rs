//! Reading the sealed log: leaves by position, checkpoints, and the nodes that proofs are made of.

use sqlx::PgConnection;

use crate::Result;
use crate::audit_seal::CheckpointRow;

/// A leaf with what it is the hash of.
#[derive(Clone, Debug)]
pub struct LeafRow {
    pub position: i64,
    pub leaf_hash: Vec<u8>,
    /// Gone where the content is no longer kept.
    pub canonical: Option<Vec<u8>>,
}

/// Leaves from a position on, in order; `to` is not among them.
pub async fn leaves(conn: &mut PgConnection, from: i64, to: i64, limit: i64) -> Result<Vec<LeafRow>> {
    let rows = sqlx::query_as!(
        LeafRow,
        r#"select l.position, a.leaf_hash, a.canonical as "canonical?"
             from audit_leaf l join audit_event a on a.id = l.event_id
            where l.position >= $1 and l.position < $2 order by l.position limit $3"#,
        from,
        to,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Where an event stands; `None` while it is not sealed.
pub async fn position(conn: &mut PgConnection, event: i64) -> Result<Option<i64>> {
    let position = sqlx::query_scalar!("select position from audit_leaf where event_id = $1", event);
    Ok(position.fetch_optional(conn).await?)
}

/// Checkpoints of more than `after` leaves and at most `to`, from small to large.
pub async fn checkpoints_after(
    conn: &mut PgConnection,
    after: i64,
    to: i64,
    limit: i64,
) -> Result<Vec<CheckpointRow>> {
    let rows = sqlx::query_as!(
        CheckpointRow,
        "select size, previous, root, frontier, leaves, note, key_id, created_at from audit_checkpoint
          where size > $1 and size <= $2 order by size limit $3",
        after,
        to,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Checkpoints of fewer than `before` leaves, from large to small, without their leaves.
pub async fn checkpoints_before(
    conn: &mut PgConnection,
    before: i64,
    limit: i64,
) -> Result<Vec<CheckpointRow>> {
    let rows = sqlx::query_as!(
        CheckpointRow,
        r#"select size, previous, root, frontier, ''::bytea as "leaves!", note, key_id, created_at
             from audit_checkpoint where size < $1 order by size desc limit $2"#,
        before,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Which of a subtree's nodes are wanted.
#[derive(Clone, Copy, Debug)]
pub struct NodeRange {
    pub level: i16,
    pub from: i64,
    /// Not among them.
    pub to: i64,
}

/// Kept nodes of these ranges: for each in turn, in order.
pub async fn nodes(conn: &mut PgConnection, ranges: &[NodeRange]) -> Result<Vec<Vec<u8>>> {
    let (levels, froms, tos) = columns(ranges);
    let rows = sqlx::query_scalar!(
        r#"select n.hash from unnest($1::smallint[], $2::bigint[], $3::bigint[]) with ordinality as r (level, from_index, to_index, number)
             join audit_node n on n.level = r.level and n.index >= r.from_index and n.index < r.to_index
            order by r.number, n.index"#,
        &levels,
        &froms,
        &tos,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The leaf hashes of these ranges (their level is 0): for each in turn, in order.
pub async fn leaf_hashes(conn: &mut PgConnection, ranges: &[NodeRange]) -> Result<Vec<Vec<u8>>> {
    let (_, froms, tos) = columns(ranges);
    let rows = sqlx::query_scalar!(
        r#"select a.leaf_hash from unnest($1::bigint[], $2::bigint[]) with ordinality as r (from_index, to_index, number)
             join audit_leaf l on l.position >= r.from_index and l.position < r.to_index
             join audit_event a on a.id = l.event_id
            order by r.number, l.position"#,
        &froms,
        &tos,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

fn columns(ranges: &[NodeRange]) -> (Vec<i16>, Vec<i64>, Vec<i64>) {
    (
        ranges.iter().map(|range| range.level).collect(),
        ranges.iter().map(|range| range.from).collect(),
        ranges.iter().map(|range| range.to).collect(),
    )
}
