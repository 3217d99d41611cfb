//! Rounds of checks: which pool is due, whom to ask, and what they said.
//!
//! A round is taken by pushing its time into the future and its epoch up, one statement for many pools; that is the lease
//! of whoever asks. The answers are written in one statement that holds only while the epoch is still theirs, so that one
//! who was paused, or was slower than the lease, changes nothing. Nothing is locked while members are asked.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::ids::{ClusterId, PoolId, VmId};
use shepherd_domain::pool::{Health, Memory};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, Tx};

/// Has a pool's members asked from now on, or no longer.
pub async fn follow(tx: &mut Tx, pool: PoolId, asked: bool) -> Result<()> {
    match asked {
        true => sqlx::query!(
            "insert into pool_round (pool_id) values ($1) on conflict (pool_id) do update set due_at = app_now()",
            pool.0,
        ),
        false => sqlx::query!("delete from pool_round where pool_id = $1", pool.0),
    }
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A round that is ours until the time it was taken for is over.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    pub pool: PoolId,
    pub epoch: i64,
}

/// Takes rounds that are due, each for so many seconds.
pub async fn take(conn: &mut PgConnection, limit: i64, seconds: f64) -> Result<Vec<Round>> {
    let rounds = sqlx::query_as!(
        Round,
        r#"with due as (
             select r.pool_id from pool_round r join pool p on p.id = r.pool_id and p.state = 'active'
              where r.due_at <= app_now() order by r.due_at limit $1 for update of r skip locked)
           update pool_round r set epoch = r.epoch + 1, due_at = app_now() + make_interval(secs => $2)
             from due where r.pool_id = due.pool_id
           returning r.pool_id as "pool: PoolId", r.epoch"#,
        limit,
        seconds,
    )
    .fetch_all(conn)
    .await?;
    Ok(rounds)
}

/// A member to ask, and what is remembered of it.
#[derive(Clone, Debug)]
pub struct Target {
    pub vm: VmId,
    pub name: String,
    pub namespace: String,
    pub cluster: ClusterId,
    /// Of the VM's object.
    pub uid: String,
    /// Of the run it is in.
    pub instance_uid: String,
    /// As its cluster reports it. Hostile.
    pub address: Option<String>,
    pub ready: bool,
    pub agent: bool,
    pub memory: Memory,
    /// The code of its last answer.
    pub code: Option<String>,
}

/// The members of a pool whose guests run, as far as anybody can tell. Who waited longest comes first.
pub async fn targets(conn: &mut PgConnection, pool: PoolId) -> Result<Vec<Target>> {
    let rows = sqlx::query!(
        r#"select m.id as "vm: VmId", m.name, n.name as namespace, m.cluster_id as "cluster!: ClusterId", i.uid,
                  coalesce(i.instance_uid, '') as "instance_uid!", i.address, i.ready, i.agent,
                  h.verdict as "verdict?", h.passed as "passed?", h.failed as "failed?", h.failing_since as "failing_since?",
                  h.serving_since as "serving_since?", h.said->>'code' as "code?"
             from vm m join namespace n on n.id = m.namespace_id
             join inventory_vm i on i.cluster_id = m.cluster_id and i.namespace = n.name and i.name = m.name
                   and i.vm_id = m.id
             left join pool_health h on h.vm_id = m.id and h.instance_uid = coalesce(i.instance_uid, '')
            where m.pool_id = $1 and m.deleted_at is null and m.state in ('creating', 'active', 'restoring')
              and i.power in ('running', 'migrating')
              and exists (select from cluster_status cs where cs.cluster_id = m.cluster_id
                      and cs.observed_at > app_now() - interval '30 seconds')
            order by h.checked_at nulls first, m.id"#,
        pool.0,
    )
    .fetch_all(conn)
    .await?;
    let targets = rows.into_iter().map(|row| Target {
        vm: row.vm,
        name: row.name,
        namespace: row.namespace,
        cluster: row.cluster,
        uid: row.uid,
        instance_uid: row.instance_uid,
        address: row.address,
        ready: row.ready,
        agent: row.agent,
        memory: Memory {
            verdict: verdict(row.verdict.as_deref()),
            passed: row.passed.unwrap_or(0),
            failed: row.failed.unwrap_or(0),
            failing_since: row.failing_since,
            serving_since: row.serving_since,
        },
        code: row.code,
    });
    Ok(targets.collect())
}

/// A stored verdict. A word of a later version says nothing to this one.
pub fn verdict(stored: Option<&str>) -> Health {
    stored.and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// What a member said, and what is remembered of it now.
#[derive(Clone, Debug)]
pub struct Heard {
    pub vm: VmId,
    pub instance_uid: String,
    pub memory: Memory,
    pub said: Value,
}

/// Writes what was heard and has the next round come after so many seconds. `false`: the round is no longer ours, and
/// nothing was written.
pub async fn heard(tx: &mut Tx, round: &Round, next_seconds: f64, heard: &[Heard]) -> Result<bool> {
    let ids: Vec<Uuid> = heard.iter().map(|h| h.vm.0).collect();
    let uids: Vec<String> = heard.iter().map(|h| h.instance_uid.clone()).collect();
    let verdicts: Vec<String> = heard.iter().map(|h| h.memory.verdict.as_str().to_owned()).collect();
    let passed: Vec<i64> = heard.iter().map(|h| h.memory.passed).collect();
    let failed: Vec<i64> = heard.iter().map(|h| h.memory.failed).collect();
    let failing: Vec<Option<DateTime<Utc>>> = heard.iter().map(|h| h.memory.failing_since).collect();
    let serving: Vec<Option<DateTime<Utc>>> = heard.iter().map(|h| h.memory.serving_since).collect();
    let said: Vec<Value> = heard.iter().map(|h| h.said.clone()).collect();
    let ours = sqlx::query_scalar!(
        r#"with ours as (
             update pool_round set due_at = app_now() + make_interval(secs => $3) where pool_id = $1 and epoch = $2
             returning pool_id
           ), written as (
             insert into pool_health (vm_id, pool_id, instance_uid, verdict, passed, failed, failing_since, serving_since,
                    checked_at, said)
             select t.vm, ours.pool_id, t.uid, t.verdict, t.passed, t.failed, t.failing, t.serving, app_now(), t.said
               from ours cross join unnest($4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
                    $9::timestamptz[], $10::timestamptz[], $11::jsonb[])
                    as t (vm, uid, verdict, passed, failed, failing, serving, said)
             on conflict (vm_id) do update set pool_id = excluded.pool_id, instance_uid = excluded.instance_uid,
                    verdict = excluded.verdict, passed = excluded.passed, failed = excluded.failed,
                    failing_since = excluded.failing_since, serving_since = excluded.serving_since,
                    checked_at = excluded.checked_at, said = excluded.said
           ), forgotten as (
             delete from pool_health h using ours, vm where h.pool_id = ours.pool_id and vm.id = h.vm_id
                and vm.deleted_at is not null
           )
           select exists (select from ours) as "ours!""#,
        round.pool.0,
        round.epoch,
        next_seconds,
        &ids,
        &uids,
        &verdicts,
        &passed,
        &failed,
        &failing as &[Option<DateTime<Utc>>],
        &serving as &[Option<DateTime<Utc>>],
        &said,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(ours)
}
