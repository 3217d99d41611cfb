//! Pools as people see them: what was agreed to, what is wanted now, and what was last planned.
//!
//! What a manager reads and writes while it works is in `pool_work`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::authz::{ServiceInEnvironment, Visible};
use shepherd_domain::ids::{
    EnvironmentId, NamespaceId, PoolId, PrincipalId, RequestId, ServiceId, SystemId, VmId,
};
use sqlx::PgConnection;

use crate::inbox::sight;
use crate::{Result, StoreError, Tx};

/// A pool with the names of all it mentions.
#[derive(Clone, Debug)]
pub struct PoolRow {
    pub id: PoolId,
    pub name: String,
    pub system_id: SystemId,
    pub system_name: String,
    pub service_id: ServiceId,
    pub service_name: String,
    pub environment_id: EnvironmentId,
    pub environment_name: String,
    pub environment_title: String,
    pub protected: bool,
    pub colour: String,
    pub namespace_id: NamespaceId,
    pub namespace_name: String,
    pub request_id: RequestId,
    pub agreed_by: RequestId,
    pub created_by: PrincipalId,
    pub spec: Value,
    pub revision: i64,
    /// What members are brought to.
    pub member_revision: i64,
    /// What members were before, while there is something to go back to.
    pub before_member: Option<Value>,
    pub rollout_since: Option<DateTime<Utc>>,
    pub rollout_done_at: Option<DateTime<Utc>>,
    pub rollout_paused: bool,
    pub rollout_behind_since: Option<DateTime<Utc>>,
    pub rolled_back_at: Option<DateTime<Utc>>,
    pub desired: i64,
    pub state: String,
    pub paused: bool,
    pub plan: Value,
    pub available: i64,
    pub attention: bool,
    /// VMs of it that are not gone.
    pub members: i64,
    pub planned_at: Option<DateTime<Utc>>,
    pub sample: bool,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// Where a pool belongs, for a check before anything of it is read.
pub async fn scope(conn: &mut PgConnection, id: PoolId) -> Result<ServiceInEnvironment> {
    let row = sqlx::query!(
        r#"select service_id as "service: ServiceId", system_id as "system: SystemId",
                  environment_id as "environment: EnvironmentId" from pool where id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(ServiceInEnvironment { service: row.service, system: row.system, environment: row.environment })
}

/// Which pools.
#[derive(Clone, Debug)]
pub struct PoolFilter<'a> {
    pub visible: &'a Visible,
    pub id: Option<PoolId>,
    pub service: Option<ServiceId>,
    pub environment: Option<EnvironmentId>,
    pub search: Option<&'a str>,
    /// Only those that call for people.
    pub attention: bool,
    /// The last (name, id) of the page before.
    pub after: Option<(&'a str, PoolId)>,
    pub limit: i64,
}

/// By name. One that is named by its id is found also when it is gone.
pub async fn list(conn: &mut PgConnection, f: &PoolFilter<'_>) -> Result<Vec<PoolRow>> {
    let rows = sqlx::query_as!(
        PoolRow,
        r#"select p.id as "id: PoolId", p.name, p.system_id as "system_id: SystemId", y.name as system_name,
                  p.service_id as "service_id: ServiceId", v.name as service_name,
                  p.environment_id as "environment_id: EnvironmentId", e.name as environment_name,
                  e.title as environment_title, e.protected, e.colour,
                  p.namespace_id as "namespace_id: NamespaceId", n.name as namespace_name,
                  p.request_id as "request_id: RequestId", p.agreed_by as "agreed_by: RequestId",
                  p.created_by as "created_by: PrincipalId", p.spec, p.revision, p.member_revision,
                  p.before_member, p.rollout_since, p.rollout_done_at, p.rollout_paused,
                  p.rollout_behind_since, p.rolled_back_at, p.desired, p.state, p.paused, p.plan,
                  p.available, p.attention,
                  (select count(*) from vm where vm.pool_id = p.id and vm.deleted_at is null) as "members!",
                  p.planned_at, p.sample, p.created_at, p.version
             from pool p
             join system y on y.id = p.system_id
             join service v on v.id = p.service_id
             join environment e on e.id = p.environment_id
             join namespace n on n.id = p.namespace_id
            where in_sight($1, p.system_id, p.service_id, null, p.environment_id)
              and ($2::uuid is null or p.id = $2)
              and ($2::uuid is not null or p.deleted_at is null)
              and ($3::uuid is null or p.service_id = $3)
              and ($4::uuid is null or p.environment_id = $4)
              and ($5::text is null or strpos(p.name, lower($5)) > 0)
              and (not $6 or p.attention)
              and ($7::text is null or (p.name, p.id) > ($7, $8))
            order by p.name, p.id
            limit $9"#,
        sight(f.visible),
        f.id.map(|id| id.0),
        f.service.map(|id| id.0),
        f.environment.map(|id| id.0),
        f.search,
        f.attention,
        f.after.map(|a| a.0),
        f.after.map(|a| a.1.0),
        f.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// One pool, for a use case whose own check was made, or a job.
pub async fn load(conn: &mut PgConnection, id: PoolId) -> Result<PoolRow> {
    let everything = Visible::all();
    let filter = PoolFilter {
        visible: &everything,
        id: Some(id),
        service: None,
        environment: None,
        search: None,
        attention: false,
        after: None,
        limit: 1,
    };
    list(conn, &filter).await?.pop().ok_or(StoreError::NotFound)
}

/// A pool to write, when its request is approved.
pub struct NewPool<'a> {
    pub id: PoolId,
    pub name: &'a str,
    pub system: SystemId,
    pub service: ServiceId,
    pub environment: EnvironmentId,
    pub namespace: NamespaceId,
    pub request: RequestId,
    pub created_by: PrincipalId,
    pub spec: &'a Value,
    pub desired: i64,
    pub sample: bool,
}

/// Writes one. A taken name violates `pool_name`.
pub async fn insert(tx: &mut Tx, new: &NewPool<'_>) -> Result<()> {
    sqlx::query!(
        "insert into pool (id, name, system_id, service_id, environment_id, namespace_id, request_id, agreed_by, created_by,
            spec, desired, sample)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11)",
        new.id.0,
        new.name,
        new.system.0,
        new.service.0,
        new.environment.0,
        new.namespace.0,
        new.request.0,
        new.created_by.0,
        new.spec,
        new.desired,
        new.sample,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What decides whether something may be done to a pool.
#[derive(Clone, Debug)]
pub struct Held {
    pub name: String,
    pub state: String,
    pub spec: Value,
    pub revision: i64,
    pub desired: i64,
    pub paused: bool,
    pub request_id: RequestId,
    pub version: i64,
    /// VMs of it that are not gone.
    pub members: i64,
}

/// Locks a pool until the commit.
pub async fn hold(tx: &mut Tx, id: PoolId) -> Result<Held> {
    // A statement of its own: the next one counts what was committed while this one waited.
    sqlx::query!("select id from pool where id = $1 for no key update", id.0).fetch_one(&mut **tx).await?;
    let held = sqlx::query_as!(
        Held,
        r#"select name, state, spec, revision, desired, paused, request_id as "request_id: RequestId", version,
                  (select count(*) from vm where vm.pool_id = pool.id and vm.deleted_at is null) as "members!"
             from pool where id = $1"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(held)
}

/// Sets how many members there are to be, and returns the pool's new version. It is due at once.
pub async fn set_desired(tx: &mut Tx, id: PoolId, desired: i64) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update pool set desired = $2, due_at = app_now(), version = version + 1 where id = $1 returning version",
        id.0,
        desired,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Has it rest, or go on.
pub async fn set_paused(tx: &mut Tx, id: PoolId, paused: bool) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update pool set paused = $2, due_at = app_now(), version = version + 1 where id = $1 returning version",
        id.0,
        paused,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// From now on its members go, and it with the last of them.
pub async fn let_go(tx: &mut Tx, id: PoolId) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update pool set state = 'deleting', paused = false, due_at = app_now(), version = version + 1
          where id = $1 returning version",
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Of which pool a VM is, if of any.
pub async fn of_vm(conn: &mut PgConnection, vm: VmId) -> Result<Option<PoolId>> {
    let pool = sqlx::query_scalar!(r#"select pool_id as "pool: PoolId" from vm where id = $1"#, vm.0)
        .fetch_optional(conn)
        .await?;
    Ok(pool.flatten())
}

/// The pools that any of these VMs are of.
pub async fn of_vms(conn: &mut PgConnection, vms: &[VmId]) -> Result<Vec<PoolId>> {
    let ids: Vec<_> = vms.iter().map(|id| id.0).collect();
    let pools = sqlx::query_scalar!(
        r#"select distinct pool_id as "pool!: PoolId" from vm where id = any($1) and pool_id is not null"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(pools)
}

/// What a pool did.
#[derive(Clone, Debug)]
pub struct ActRow {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub act: String,
    /// None where it was about the whole pool.
    pub ordinal: Option<i64>,
    pub vm_id: Option<VmId>,
    pub vm_name: Option<String>,
    pub code: String,
    pub params: Value,
    pub text: String,
}

/// Newest first.
pub async fn acts(
    conn: &mut PgConnection,
    pool: PoolId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<ActRow>> {
    let rows = sqlx::query_as!(
        ActRow,
        r#"select a.id, a.at, a.act, a.ordinal, a.vm_id as "vm_id: VmId", vm.name as "vm_name?", a.code, a.params, a.text
             from pool_act a left join vm on vm.id = a.vm_id
            where a.pool_id = $1 and ($2::bigint is null or a.id < $2)
            order by a.id desc limit $3"#,
        pool.0,
        before,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
