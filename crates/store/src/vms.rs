//! Governed VMs: Shepherd's books, joined with what their cluster last said.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::authz::{Authorized, ReadVm, VmScope};
use shepherd_domain::ids::{
    ClusterId, EnvironmentId, NamespaceId, OperationId, PoolId, PrincipalId, RequestId, ServiceId, SizeId,
    SizeVersionId, SystemId, TemplateId, TemplateVersionId, VmId,
};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// A VM with the names of all it mentions and its cluster's view.
#[derive(Clone, Debug)]
pub struct VmRow {
    pub id: VmId,
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
    pub cluster_id: ClusterId,
    pub cluster_name: String,
    pub cluster_health: Option<String>,
    pub cluster_observed_at: Option<DateTime<Utc>>,
    /// The cluster was not heard from for a while.
    pub stale: bool,
    pub template_version_id: TemplateVersionId,
    pub template_id: TemplateId,
    pub template_name: String,
    pub template_version: i32,
    pub root: String,
    pub size_version_id: SizeVersionId,
    pub size_id: SizeId,
    pub size_name: String,
    pub size_version: i32,
    pub milli_vcpu: i64,
    pub memory_bytes: i64,
    pub disk_bytes: i64,
    pub state: String,
    /// As the watch last saw it; `None` when the cluster has no such VM.
    pub power: Option<String>,
    pub status_reason: Option<String>,
    pub status_message: Option<String>,
    pub address: Option<String>,
    pub node: Option<String>,
    pub delete_protected: bool,
    /// Something in its spec reaches the guest only with its next start.
    pub restart_required: bool,
    pub description: String,
    pub spec_revision: i64,
    pub trashed_at: Option<DateTime<Utc>>,
    pub purge_at: Option<DateTime<Utc>>,
    pub created_by: PrincipalId,
    pub created_by_name: String,
    pub created_by_display: String,
    pub created_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub request_id: RequestId,
    pub spec: Value,
    pub sample: bool,
    /// The pool it is a member of.
    pub pool_id: Option<PoolId>,
    pub pool_name: Option<String>,
    pub version: i64,
    pub op_id: Option<OperationId>,
    pub op_number: Option<i64>,
    pub op_operation: Option<String>,
    pub op_state: Option<String>,
    pub op_step: Option<String>,
    pub op_started_at: Option<DateTime<Utc>>,
}

/// Where a VM belongs, for a check before anything of it is read.
pub async fn scope(conn: &mut PgConnection, id: VmId) -> Result<VmScope> {
    let row = sqlx::query!(
        r#"select service_id as "service: ServiceId", system_id as "system: SystemId",
                  environment_id as "environment: EnvironmentId" from vm where id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(VmScope { vm: id, service: row.service, system: row.system, environment: row.environment })
}

/// One VM, also a deleted one.
pub async fn get(conn: &mut PgConnection, auth: &Authorized<ReadVm, VmScope>) -> Result<VmRow> {
    load(conn, auth.resource().vm).await
}

/// One VM, for a job or a use case whose own check follows.
pub async fn load(conn: &mut PgConnection, id: VmId) -> Result<VmRow> {
    rows(conn, &[id]).await?.pop().ok_or(crate::StoreError::NotFound)
}

/// Several that are in use, by name, for a use case whose own check of each follows.
pub async fn load_many(conn: &mut PgConnection, ids: &[VmId]) -> Result<Vec<VmRow>> {
    let mut rows = rows(conn, ids).await?;
    rows.retain(|row| row.deleted_at.is_none() && row.trashed_at.is_none());
    Ok(rows)
}

/// These VMs, by name. Whoever calls has made sure that they may be seen.
pub(crate) async fn rows(conn: &mut PgConnection, ids: &[VmId]) -> Result<Vec<VmRow>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        VmRow,
        r#"select m.id as "id: VmId", m.name, m.system_id as "system_id: SystemId", y.name as system_name,
                  m.service_id as "service_id: ServiceId", v.name as service_name,
                  m.environment_id as "environment_id: EnvironmentId", e.name as environment_name,
                  e.title as environment_title, e.protected, e.colour,
                  m.namespace_id as "namespace_id: NamespaceId", n.name as namespace_name,
                  m.cluster_id as "cluster_id: ClusterId", c.name as cluster_name, cs.health as "cluster_health?",
                  cs.observed_at as "cluster_observed_at?",
                  (cs.observed_at is null or cs.observed_at < app_now() - interval '30 seconds') as "stale!",
                  m.template_version_id as "template_version_id: TemplateVersionId",
                  t.id as "template_id: TemplateId", t.name as template_name, tv.version as template_version, tv.root,
                  m.size_version_id as "size_version_id: SizeVersionId", z.id as "size_id: SizeId", z.name as size_name,
                  zv.version as size_version, zv.milli_vcpu, zv.memory_bytes,
                  coalesce((m.spec->>'disk_bytes')::bigint, zv.disk_bytes) as "disk_bytes!",
                  m.state, i.power as "power?", i.reason as "status_reason?", i.message as "status_message?",
                  i.address as "address?", i.node as "node?", m.delete_protected,
                  coalesce(i.restart_required, false) as "restart_required!", m.description, m.spec_revision,
                  m.trashed_at, m.purge_at,
                  m.created_by as "created_by: PrincipalId", p.name as created_by_name,
                  p.display_name as created_by_display, m.created_at, m.deleted_at,
                  m.request_id as "request_id: RequestId", m.spec, m.sample,
                  m.pool_id as "pool_id: PoolId", (select l.name from pool l where l.id = m.pool_id) as pool_name, m.version,
                  o.id as "op_id?: OperationId", o.number as "op_number?", o.operation as "op_operation?",
                  o.state as "op_state?", o.step as "op_step?", o.started_at as "op_started_at?"
             from vm m
             join system y on y.id = m.system_id
             join service v on v.id = m.service_id
             join environment e on e.id = m.environment_id
             join namespace n on n.id = m.namespace_id
             join cluster c on c.id = m.cluster_id
             join template_version tv on tv.id = m.template_version_id
             join template t on t.id = tv.template_id
             join size_version zv on zv.id = m.size_version_id
             join size z on z.id = zv.size_id
             join principal p on p.id = m.created_by
             left join cluster_status cs on cs.cluster_id = m.cluster_id
             left join inventory_vm i on i.vm_id = m.id
             left join lateral (select o.id, o.number, o.operation, o.state, o.step, o.started_at from operation o
                   where o.vm_id = m.id and o.state in ('queued', 'running', 'waiting') order by o.seq limit 1) o on true
            where m.id = any($1)
            order by m.name, m.id"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A VM to write, when its create is approved.
pub struct NewVm<'a> {
    pub id: VmId,
    pub name: &'a str,
    pub number: i32,
    pub namespace: NamespaceId,
    pub service: ServiceId,
    pub system: SystemId,
    pub environment: EnvironmentId,
    pub cluster: ClusterId,
    pub template_version: TemplateVersionId,
    pub size_version: SizeVersionId,
    pub spec: &'a Value,
    pub manifest: &'a Value,
    /// What the guest is set up by, sealed for the row, where it holds secret values.
    pub sealed_setup: Option<&'a [u8]>,
    pub created_by: PrincipalId,
    pub request: RequestId,
    pub sample: bool,
}

/// Where what a VM is set up by is sealed for.
pub fn setup_slot(id: VmId) -> crate::secrets::Slot {
    crate::secrets::Slot { table: "vm", column: "sealed_setup", row: id.0 }
}

/// Takes the next number of a prefix. The row stays locked until the commit, so numbers have no holes but those of
/// failed creates, and are never given twice.
pub async fn take_number(tx: &mut Tx, prefix: &str) -> Result<i32> {
    let number = sqlx::query_scalar!(
        "insert into name_counter (prefix, last) values ($1, 1)
         on conflict (prefix) do update set last = name_counter.last + 1 returning last",
        prefix,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// Writes an approved VM.
pub async fn insert(tx: &mut Tx, new: &NewVm<'_>) -> Result<()> {
    sqlx::query!(
        "insert into vm (id, name, number, namespace_id, service_id, system_id, environment_id, cluster_id,
            template_version_id, size_version_id, spec, manifest, state, created_by, request_id, sample, sealed_setup)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'creating', $13, $14, $15, $16)",
        new.id.0,
        new.name,
        new.number,
        new.namespace.0,
        new.service.0,
        new.system.0,
        new.environment.0,
        new.cluster.0,
        new.template_version.0,
        new.size_version.0,
        new.spec,
        new.manifest,
        new.created_by.0,
        new.request.0,
        new.sample,
        new.sealed_setup,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a worker needs to know of a VM to act on its cluster.
#[derive(Clone, Debug)]
pub struct Target {
    pub id: VmId,
    pub name: String,
    pub namespace: String,
    pub cluster: ClusterId,
    pub state: String,
    pub manifest: Value,
    pub sealed_setup: Option<Vec<u8>>,
    pub cluster_uid: Option<String>,
    pub system: SystemId,
    pub service: ServiceId,
    pub environment: EnvironmentId,
    pub version: i64,
    /// The watch's view of it.
    pub power: Option<String>,
    pub reason: Option<String>,
    pub message: Option<String>,
    pub seen_uid: Option<String>,
    pub instance_uid: Option<String>,
    /// The watch has heard from the cluster lately, so that what it does not list is not there.
    pub watched: bool,
    /// When this was read.
    pub now: DateTime<Utc>,
}

/// The target of an operation.
pub async fn target(conn: &mut PgConnection, id: VmId) -> Result<Target> {
    let row = sqlx::query_as!(
        Target,
        r#"select m.id as "id: VmId", m.name, n.name as namespace, m.cluster_id as "cluster: ClusterId", m.state, m.manifest,
                  m.sealed_setup, m.cluster_uid, m.system_id as "system: SystemId", m.service_id as "service: ServiceId",
                  m.environment_id as "environment: EnvironmentId", m.version, i.power as "power?", i.reason as "reason?",
                  i.message as "message?", i.uid as "seen_uid?", i.instance_uid as "instance_uid?",
                  exists (select from cluster_status cs where cs.cluster_id = m.cluster_id
                      and cs.observed_at > app_now() - interval '30 seconds') as "watched!",
                  app_now() as "now!"
             from vm m join namespace n on n.id = m.namespace_id
             left join inventory_vm i on i.cluster_id = m.cluster_id and i.namespace = n.name and i.name = m.name
                   and i.vm_id = m.id
            where m.id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// What of a VM decides whether something may be done to it.
#[derive(Clone, Debug)]
pub struct Held {
    pub state: String,
    pub delete_protected: bool,
    pub spec_revision: i64,
}

/// Locks a VM until the commit. Whoever writes to a VM and to its operations takes this lock first, so that no two of
/// them wait for each other in a circle.
pub async fn hold(tx: &mut Tx, id: VmId) -> Result<Held> {
    let held = sqlx::query_as!(
        Held,
        "select state, delete_protected, spec_revision from vm where id = $1 for no key update",
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(held)
}

/// Keeps the UID the cluster gave; later writes carry it.
pub async fn set_uid(tx: &mut Tx, id: VmId, uid: &str) -> Result<()> {
    sqlx::query!("update vm set cluster_uid = $2, version = version + 1 where id = $1", id.0, uid)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Moves a VM to another state of the books and returns its new version.
pub async fn set_state(tx: &mut Tx, id: VmId, state: &str, wanted_power: Option<&str>) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update vm set state = $2, wanted_power = coalesce($3, wanted_power), version = version + 1,
                deleted_at = case when $2 = 'deleted' then app_now() else deleted_at end
          where id = $1 returning version",
        id.0,
        state,
        wanted_power,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// Keeps what people asked for last: pages and the reconciler compare it with what is.
pub async fn set_wanted(tx: &mut Tx, id: VmId, power: &str) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update vm set wanted_power = $2, version = version + 1 where id = $1 returning version",
        id.0,
        power,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}
