//! What a pool's manager reads and writes: members as they are seen, what befell their places, and what was done.
//!
//! Every write is in a transaction that first calls [`crate::lease::guard`] with the pool's lease, so that a manager that
//! was overtaken changes nothing. That no place is filled twice is the unique index `vm_pool_place`'s to say.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::ids::{PoolId, VmId};
use shepherd_domain::pool::Place;
use shepherd_domain::reason::Reason;
use sqlx::PgConnection;

use crate::{Result, Tx};

/// A VM of a pool with what its cluster says.
#[derive(Clone, Debug)]
pub struct MemberRow {
    pub vm: VmId,
    pub name: String,
    pub ordinal: i64,
    pub revision: i64,
    pub state: String,
    pub reachable: bool,
    pub power: Option<String>,
    pub since: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub held: bool,
    pub delete_protected: bool,
    pub root: String,
    pub leaving: bool,
    pub address: Option<String>,
    pub message: Option<String>,
    /// Whose operation is under way on it.
    pub hand: Option<String>,
    /// What its checks came to in this run of its guest.
    pub verdict: Option<String>,
    pub failing_since: Option<DateTime<Utc>>,
    pub serving_since: Option<DateTime<Utc>>,
    pub checked_at: Option<DateTime<Utc>>,
    pub said: Option<Value>,
}

/// Every VM of a pool that is not gone, by its place.
pub async fn members(conn: &mut PgConnection, pool: PoolId) -> Result<Vec<MemberRow>> {
    let rows = sqlx::query_as!(
        MemberRow,
        r#"select m.id as "vm: VmId", m.name, m.pool_ordinal as "ordinal!", m.pool_revision as "revision!", m.state,
                  exists (select from cluster_status cs where cs.cluster_id = m.cluster_id
                      and cs.observed_at > app_now() - interval '30 seconds') as "reachable!",
                  i.power as "power?",
                  case when m.state in ('creating', 'deleting') then coalesce(o.created_at, m.created_at)
                       else coalesce(i.power_since, m.created_at) end as "since!",
                  m.created_at, (m.wanted_power = 'stopped' and m.state = 'active') as "held!", m.delete_protected,
                  m.spec->>'root' as "root!", m.pool_leaving as leaving, i.address as "address?", i.message as "message?",
                  o.cause_kind as "hand?", h.verdict as "verdict?", h.failing_since as "failing_since?",
                  h.serving_since as "serving_since?", h.checked_at as "checked_at?", h.said as "said?"
             from vm m join namespace n on n.id = m.namespace_id
             left join inventory_vm i on i.cluster_id = m.cluster_id and i.namespace = n.name and i.name = m.name
                   and i.vm_id = m.id
             left join pool_health h on h.vm_id = m.id and h.instance_uid = coalesce(i.instance_uid, '')
             left join lateral (select o.cause_kind, o.created_at from operation o
                   where o.vm_id = m.id and o.state in ('queued', 'running', 'waiting')
                   order by o.cause_kind = 'pool', o.seq limit 1) o on true
            where m.pool_id = $1 and m.deleted_at is null
            order by m.pool_ordinal, m.created_at, m.id"#,
        pool.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The places something befell.
pub async fn places(conn: &mut PgConnection, pool: PoolId) -> Result<Vec<(i64, Place)>> {
    let rows = sqlx::query!(
        "select ordinal, remedies, restarts, refused, last_at from pool_place where pool_id = $1",
        pool.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let place = Place {
                remedies: row.remedies,
                restarts: row.restarts,
                refused: row.refused,
                last_at: row.last_at,
            };
            (row.ordinal, place)
        })
        .collect())
}

/// Remembers what befell a place.
pub async fn set_place(tx: &mut Tx, pool: PoolId, ordinal: i64, place: &Place) -> Result<()> {
    sqlx::query!(
        "insert into pool_place (pool_id, ordinal, remedies, restarts, refused, last_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (pool_id, ordinal) do update set remedies = excluded.remedies, restarts = excluded.restarts,
                refused = excluded.refused, last_at = excluded.last_at",
        pool.0,
        ordinal,
        place.remedies,
        place.restarts,
        place.refused,
        place.last_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets what befell these places.
pub async fn forget(tx: &mut Tx, pool: PoolId, ordinals: &[i64]) -> Result<()> {
    sqlx::query!("delete from pool_place where pool_id = $1 and ordinal = any($2)", pool.0, ordinals)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Makes a VM that was just written a member. A place that is taken violates `vm_pool_place`.
pub async fn join(tx: &mut Tx, vm: VmId, pool: PoolId, ordinal: i64, revision: i64) -> Result<()> {
    sqlx::query!(
        "update vm set pool_id = $2, pool_ordinal = $3, pool_revision = $4 where id = $1",
        vm.0,
        pool.0,
        ordinal,
        revision,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Has a member stay only until another serves in its place.
pub async fn relieve(tx: &mut Tx, vm: VmId) -> Result<()> {
    sqlx::query!("update vm set pool_leaving = true, version = version + 1 where id = $1", vm.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes down what was done and why.
pub async fn acted(
    tx: &mut Tx,
    pool: PoolId,
    act: &str,
    ordinal: Option<i64>,
    vm: Option<VmId>,
    why: &Reason,
) -> Result<()> {
    sqlx::query!(
        "insert into pool_act (pool_id, act, ordinal, vm_id, code, params, text) values ($1, $2, $3, $4, $5, $6, $7)",
        pool.0,
        act,
        ordinal,
        vm.map(|id| id.0),
        why.code.as_ref(),
        Value::Object(why.params.clone()),
        why.text,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a look at a pool came to.
pub struct Looked<'a> {
    pub plan: &'a Value,
    pub available: i64,
    pub attention: bool,
    /// When to look again, if nothing happens before.
    pub due: DateTime<Utc>,
}

/// Keeps the plan for pages. Returns the new version if what they show has changed.
pub async fn looked(tx: &mut Tx, pool: PoolId, to: &Looked<'_>) -> Result<Option<i64>> {
    let row = sqlx::query!(
        r#"with before as (select plan, available, attention from pool where id = $1)
           update pool p set plan = $2, available = $3, attention = $4, planned_at = app_now(), due_at = $5,
                  version = p.version + case when (b.plan, b.available, b.attention) is distinct from ($2, $3, $4)
                      then 1 else 0 end
             from before b where p.id = $1
           returning p.version, (b.plan, b.available, b.attention) is distinct from ($2, $3, $4) as "moved!""#,
        pool.0,
        to.plan,
        to.available,
        to.attention,
        to.due,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.moved.then_some(row.version))
}

/// The last member is gone, and so is the pool.
pub async fn gone(tx: &mut Tx, pool: PoolId) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update pool set state = 'deleted', deleted_at = app_now(), version = version + 1 where id = $1 returning version",
        pool.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Pools nobody has looked at since they were due.
pub async fn due(conn: &mut PgConnection, limit: i64) -> Result<Vec<PoolId>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: PoolId" from pool where deleted_at is null and due_at <= app_now() order by due_at limit $1"#,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}
