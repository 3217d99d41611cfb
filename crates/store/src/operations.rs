//! Operations: the work on a VM, and the truth about it. Jobs only wake it up.
//!
//! Every write of a worker names the `attempt` it began with; one that was overtaken changes nothing and is told so.
//! At most one operation of a VM runs or waits (`operation_one_running`), the others keep their order by `seq`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::authz::{Authorized, ReadVm, VmScope};
use shepherd_domain::ids::{ClusterId, OperationId, RequestId, VmId};
use shepherd_domain::reason::Reason;
use sqlx::PgConnection;

use crate::{Result, StoreError, Tx};

/// An operation with what pages show beside it.
#[derive(Clone, Debug)]
pub struct OperationRow {
    pub id: OperationId,
    pub number: i64,
    pub vm_id: VmId,
    pub vm_name: String,
    pub operation: String,
    pub state: String,
    pub step: Option<String>,
    pub request_id: Option<RequestId>,
    pub request_number: Option<i64>,
    pub failure_code: Option<String>,
    pub failure_params: Option<Value>,
    pub failure_text: Option<String>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub version: i64,
}

/// One step.
#[derive(Clone, Debug)]
pub struct StepRow {
    pub operation_id: OperationId,
    pub position: i32,
    pub name: String,
    pub state: String,
    pub detail: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// The operations of a VM, newest first.
pub async fn of_vm(
    conn: &mut PgConnection,
    auth: &Authorized<ReadVm, VmScope>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<OperationRow>> {
    let rows = sqlx::query_as!(
        OperationRow,
        r#"select o.id as "id: OperationId", o.number, o.vm_id as "vm_id: VmId", vm.name as vm_name, o.operation, o.state,
                  o.step, r.id as "request_id?: RequestId", r.number as "request_number?", o.failure_code, o.failure_params,
                  o.failure_text, o.created_at, o.started_at, o.finished_at, o.version
             from operation o join vm on vm.id = o.vm_id
             left join request r on o.cause_kind = 'request' and r.id = o.cause_id
            where o.vm_id = $1 and ($2::bigint is null or o.number < $2)
            order by o.number desc limit $3"#,
        auth.resource().vm.0,
        before,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// One operation. The caller checks the right to read its VM with [`vm_of`] first.
pub async fn get(conn: &mut PgConnection, id: OperationId) -> Result<OperationRow> {
    let row = sqlx::query_as!(
        OperationRow,
        r#"select o.id as "id: OperationId", o.number, o.vm_id as "vm_id: VmId", vm.name as vm_name, o.operation, o.state,
                  o.step, r.id as "request_id?: RequestId", r.number as "request_number?", o.failure_code, o.failure_params,
                  o.failure_text, o.created_at, o.started_at, o.finished_at, o.version
             from operation o join vm on vm.id = o.vm_id
             left join request r on o.cause_kind = 'request' and r.id = o.cause_id
            where o.id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Which VM an operation is about.
pub async fn vm_of(conn: &mut PgConnection, id: OperationId) -> Result<VmId> {
    let vm = sqlx::query_scalar!(r#"select vm_id as "vm: VmId" from operation where id = $1"#, id.0)
        .fetch_one(conn)
        .await?;
    Ok(vm)
}

/// The steps of several operations, in order.
pub async fn steps(conn: &mut PgConnection, ids: &[OperationId]) -> Result<Vec<StepRow>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        StepRow,
        r#"select operation_id as "operation_id: OperationId", position, name, state, detail, started_at, finished_at
             from operation_step where operation_id = any($1) order by operation_id, position"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Work to write.
pub struct NewOperation<'a> {
    pub vm: VmId,
    pub operation: &'a str,
    pub cause_kind: &'a str,
    pub cause_id: uuid::Uuid,
    pub params: &'a Value,
    /// How long it may wait for its turn and its cluster, in seconds.
    pub valid_seconds: f64,
    pub steps: &'a [&'a str],
}

/// Writes an operation behind all others of its VM.
pub async fn insert(tx: &mut Tx, new: &NewOperation<'_>) -> Result<(OperationId, i64)> {
    let seq = sqlx::query_scalar!(
        "update vm set next_seq = next_seq + 1 where id = $1 returning next_seq - 1 as \"seq!\"",
        new.vm.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let id = OperationId::new();
    let number = sqlx::query_scalar!(
        "insert into operation (id, vm_id, seq, operation, cause_kind, cause_id, params, state, not_after)
         values ($1, $2, $3, $4, $5, $6, $7, 'queued', app_now() + make_interval(secs => $8)) returning number",
        id.0,
        new.vm.0,
        seq,
        new.operation,
        new.cause_kind,
        new.cause_id,
        new.params,
        new.valid_seconds,
    )
    .fetch_one(&mut **tx)
    .await?;
    let names: Vec<String> = new.steps.iter().map(|s| (*s).to_owned()).collect();
    sqlx::query!(
        "insert into operation_step (operation_id, position, name, state)
         select $1, (ord)::integer, name, 'waiting' from unnest($2::text[]) with ordinality as t (name, ord)",
        id.0,
        &names,
    )
    .execute(&mut **tx)
    .await?;
    Ok((id, number))
}

/// What a worker needs to go on.
#[derive(Clone, Debug)]
pub struct Work {
    pub id: OperationId,
    pub number: i64,
    pub vm_id: VmId,
    pub operation: String,
    pub cause_kind: String,
    pub cause_id: uuid::Uuid,
    pub params: Value,
    pub state: String,
    pub step: Option<String>,
    pub attempt: i64,
    /// The current step's action was done and its success written.
    pub acted: bool,
    pub step_started_at: Option<DateTime<Utc>>,
    pub not_after: DateTime<Utc>,
    /// This is the first time anyone takes it up.
    pub first: bool,
    pub now: DateTime<Utc>,
}

/// A worker that has written nothing for so many seconds is gone, or as good as.
const GONE_SECONDS: f64 = 8.0;

/// Takes an operation up: the only way to get an attempt. `None` says that it has ended, that another of its VM is
/// before it, or that a worker is at it; that one is told to look again before it puts the operation down ([`wait`]).
pub async fn take(tx: &mut Tx, id: OperationId) -> Result<Option<Work>> {
    let Some(vm) = sqlx::query_scalar!(
        "select vm_id from operation where id = $1 and state in ('queued', 'running', 'waiting')",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(None);
    };
    // One worker at a time decides whose turn it is on a VM.
    crate::vms::hold(tx, VmId(vm)).await?;
    let told = sqlx::query!(
        "update operation set woken = true
          where id = $1 and state = 'running' and touched_at > app_now() - make_interval(secs => $2)",
        id.0,
        GONE_SECONDS,
    )
    .execute(&mut **tx)
    .await?;
    if told.rows_affected() == 1 {
        return Ok(None);
    }
    let work = sqlx::query_as!(
        Work,
        r#"update operation o set state = 'running', attempt = attempt + 1, touched_at = app_now(), woken = false,
                  started_at = coalesce(started_at, app_now()), version = version + 1
            where id = $1 and state in ('queued', 'running', 'waiting')
              and not exists (select from operation b where b.vm_id = o.vm_id and b.seq < o.seq
                                 and b.state in ('queued', 'running', 'waiting'))
           returning o.id as "id: OperationId", o.number, o.vm_id as "vm_id: VmId", o.operation, o.cause_kind, o.cause_id,
                  o.params, o.state, o.step, o.attempt,
                  coalesce((select s.acted from operation_step s where s.operation_id = o.id and s.name = o.step), false) as "acted!",
                  (select s.started_at from operation_step s where s.operation_id = o.id and s.name = o.step) as step_started_at,
                  o.not_after, o.attempt = 1 as "first!", app_now() as "now!""#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(work)
}

/// Enters a step, ending the one before, and returns when it was first entered. Fails with `LeaseLost` when overtaken.
pub async fn enter_step(tx: &mut Tx, work: &Work, step: &str) -> Result<DateTime<Utc>> {
    guard(tx, work, "running", Some(step)).await?;
    sqlx::query!(
        "update operation_step set state = 'done', finished_at = app_now()
          where operation_id = $1 and state = 'running' and name <> $2",
        work.id.0,
        step,
    )
    .execute(&mut **tx)
    .await?;
    let started_at = sqlx::query_scalar!(
        r#"update operation_step set state = 'running', started_at = coalesce(started_at, app_now())
            where operation_id = $1 and name = $2 returning started_at as "started_at!""#,
        work.id.0,
        step,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(started_at)
}

/// Writes that the current step's action was done.
pub async fn acted(tx: &mut Tx, work: &Work, step: &str) -> Result<()> {
    guard(tx, work, "running", None).await?;
    sqlx::query!(
        "update operation_step set acted = true where operation_id = $1 and name = $2",
        work.id.0,
        step
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the action of a step was done, whatever came of the operation.
pub async fn step_acted(tx: &mut Tx, id: OperationId, step: &str) -> Result<bool> {
    let acted = sqlx::query_scalar!(
        "select acted from operation_step where operation_id = $1 and name = $2",
        id.0,
        step,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(acted.unwrap_or_default())
}

/// Keeps what the operation must remember over its attempts.
pub async fn remember(tx: &mut Tx, work: &Work, params: &Value) -> Result<()> {
    guard(tx, work, "running", None).await?;
    sqlx::query!("update operation set params = $2 where id = $1", work.id.0, params)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Puts the operation down until its VM changes or the reconciler looks again. `false` says that something happened
/// meanwhile: it stays up, and the worker looks again. With `regardless` it is put down in any case, to be taken up
/// later on purpose.
pub async fn wait(tx: &mut Tx, work: &Work, detail: Option<&str>, regardless: bool) -> Result<bool> {
    // The guard is part of the update: this is the most frequent write of all.
    let down = sqlx::query_scalar!(
        r#"with mine as (
             update operation set state = case when woken and not $4 then 'running' else 'waiting' end, woken = false,
                    touched_at = app_now(), version = version + 1
              where id = $1 and attempt = $2 and state = 'running' returning id, state
           ), told as (
             update operation_step s set detail = $3 from mine where s.operation_id = mine.id and s.state = 'running'
           )
           select state = 'waiting' as "down!" from mine"#,
        work.id.0,
        work.attempt,
        detail,
        regardless,
    )
    .fetch_optional(&mut **tx)
    .await?;
    down.ok_or_else(|| StoreError::LeaseLost { name: format!("operation {}", work.id) })
}

/// Fails with `LeaseLost` when overtaken; for writes to other rows in the same transaction.
pub async fn still_mine(tx: &mut Tx, work: &Work) -> Result<()> {
    guard(tx, work, "running", None).await
}

/// Ends the operation.
pub async fn finish(tx: &mut Tx, work: &Work, state: &str, failure: Option<&Reason>) -> Result<i64> {
    guard(tx, work, state, None).await?;
    let params = failure.map(|f| Value::Object(f.params.clone()));
    let version = sqlx::query_scalar!(
        "update operation set finished_at = app_now(), failure_code = $2, failure_params = $3, failure_text = $4
          where id = $1 returning version",
        work.id.0,
        failure.map(|f| f.code.as_ref()),
        params,
        failure.map(|f| f.text.as_str()),
    )
    .fetch_one(&mut **tx)
    .await?;
    let (done, other) = if state == "succeeded" { ("done", "done") } else { ("failed", "waiting") };
    sqlx::query!(
        "update operation_step set state = case when state = 'running' then $2 else $3 end,
                finished_at = coalesce(finished_at, app_now()), detail = coalesce($4, detail)
          where operation_id = $1 and state in ('running', 'waiting')",
        work.id.0,
        done,
        other,
        failure.map(|f| f.text.as_str()),
    )
    .execute(&mut **tx)
    .await?;
    Ok(version)
}

async fn guard(tx: &mut Tx, work: &Work, state: &str, step: Option<&str>) -> Result<()> {
    let done = sqlx::query!(
        "update operation set state = $3, step = coalesce($4, step), touched_at = app_now(), version = version + 1
          where id = $1 and attempt = $2 and state = 'running'",
        work.id.0,
        work.attempt,
        state,
        step,
    )
    .execute(&mut **tx)
    .await?;
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::LeaseLost { name: format!("operation {}", work.id) }),
    }
}

/// Ends what stands before a delete or a forced stop. Returns the requests that thereby end as well, with the numbers
/// of their operations.
pub async fn supersede(tx: &mut Tx, vm: VmId, except: OperationId) -> Result<Vec<(RequestId, i64)>> {
    let rows = sqlx::query!(
        r#"update operation set state = 'superseded', finished_at = app_now(), attempt = attempt + 1, version = version + 1
            where vm_id = $1 and id <> $2 and state in ('queued', 'running', 'waiting')
              and seq < (select seq from operation where id = $2)
           returning id, case when cause_kind = 'request' then cause_id end as "request?: RequestId", number"#,
        vm.0,
        except.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let ended: Vec<_> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "update operation_step set state = 'failed', finished_at = app_now()
          where operation_id = any($1) and state = 'running'",
        &ended,
    )
    .execute(&mut **tx)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.request?, row.number))).collect())
}

/// The first live operation of a VM: the one to wake when something about the VM has changed.
pub async fn next_of_vms(conn: &mut PgConnection, vms: &[VmId]) -> Result<Vec<OperationId>> {
    let vms: Vec<_> = vms.iter().map(|id| id.0).collect();
    let ids = sqlx::query_scalar!(
        r#"select distinct on (vm_id) id as "id: OperationId" from operation
            where vm_id = any($1) and state in ('queued', 'running', 'waiting') order by vm_id, seq"#,
        &vms,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// Live operations nobody has touched for a while: the reconciler wakes them. Only the first of each VM; the others
/// have their turn when it ends, and would keep those that can move out of the batch.
pub async fn idle(conn: &mut PgConnection, seconds: f64, limit: i64) -> Result<Vec<OperationId>> {
    let ids = sqlx::query_scalar!(
        r#"select o.id as "id: OperationId" from operation o
            where o.state in ('queued', 'running', 'waiting') and o.touched_at < app_now() - make_interval(secs => $1)
              and not exists (select from operation b where b.vm_id = o.vm_id and b.seq < o.seq
                                 and b.state in ('queued', 'running', 'waiting'))
            order by o.touched_at limit $2"#,
        seconds,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// Operations still to come on a cluster, for its page.
pub async fn live_on_cluster(conn: &mut PgConnection, cluster: ClusterId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from operation o join vm on vm.id = o.vm_id
            where vm.cluster_id = $1 and o.state in ('queued', 'running', 'waiting')"#,
        cluster.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}
