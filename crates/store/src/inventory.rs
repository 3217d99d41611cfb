//! What clusters say about VMs, written by the replica that holds the cluster's watch lease.
//!
//! Writes are batches under the lease's epoch: a watcher that lost its lease changes nothing. A relist marks what it
//! sees with a generation; what an ended relist has not seen is gone, which is also how deletions missed while away
//! are found.

use chrono::{DateTime, Utc};
use shepherd_domain::ids::{ClusterId, EnvironmentId, ServiceId, SystemId, VmId};
use shepherd_domain::owner::Hint;
use sqlx::types::Json;
use uuid::Uuid;

use crate::lease::{self, Lease};
use crate::{Result, Tx};

/// One VM as the watch saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// The id in our annotation. Hostile: it counts only when the books have such a VM there.
    pub vm_id: Option<VmId>,
    pub power: String,
    pub reason: Option<String>,
    pub message: Option<String>,
    pub node: Option<String>,
    pub address: Option<String>,
    pub milli_vcpu: Option<i64>,
    pub memory_bytes: Option<i64>,
    pub instance_uid: Option<String>,
    pub restart_required: bool,
    /// Its cluster calls the instance ready.
    pub ready: bool,
    /// Its guest agent is connected.
    pub agent: bool,
    pub resource_version: String,
    /// When the cluster says that it was made.
    pub born_at: Option<DateTime<Utc>>,
    pub disk_count: i32,
    /// Of the disks whose size it states.
    pub disk_bytes: Option<i64>,
    /// Who may own it, where nobody governs it.
    pub hints: Vec<Hint>,
    /// Programs that wrote its spec.
    pub writers: Vec<String>,
}

/// A governed VM whose row has changed.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    pub vm: VmId,
    pub system: SystemId,
    pub service: ServiceId,
    pub environment: EnvironmentId,
    /// It failed just now: it had not before.
    pub failed: bool,
}

/// Writes what was seen and returns the governed VMs whose visible state differs from before.
pub async fn upsert(
    tx: &mut Tx,
    lease: &Lease,
    cluster: ClusterId,
    generation: i64,
    seen: &[Seen],
) -> Result<Vec<Changed>> {
    lease::guard(tx, lease).await?;
    let text = |f: fn(&Seen) -> &str| seen.iter().map(|s| f(s).to_owned()).collect::<Vec<_>>();
    let maybe = |f: fn(&Seen) -> &Option<String>| seen.iter().map(|s| f(s).clone()).collect::<Vec<_>>();
    let ids: Vec<Option<Uuid>> = seen.iter().map(|s| s.vm_id.map(|id| id.0)).collect();
    let cpu: Vec<Option<i64>> = seen.iter().map(|s| s.milli_vcpu).collect();
    let memory: Vec<Option<i64>> = seen.iter().map(|s| s.memory_bytes).collect();
    let restart: Vec<bool> = seen.iter().map(|s| s.restart_required).collect();
    let (ready, agent): (Vec<bool>, Vec<bool>) = seen.iter().map(|s| (s.ready, s.agent)).unzip();
    let born: Vec<Option<DateTime<Utc>>> = seen.iter().map(|s| s.born_at).collect();
    let disks: Vec<i32> = seen.iter().map(|s| s.disk_count).collect();
    let disk_bytes: Vec<Option<i64>> = seen.iter().map(|s| s.disk_bytes).collect();
    let hints: Vec<Json<&[Hint]>> = seen.iter().map(|s| Json(s.hints.as_slice())).collect();
    let writers: Vec<Json<&[String]>> = seen.iter().map(|s| Json(s.writers.as_slice())).collect();
    let rows = sqlx::query_as!(
        Changed,
        r#"with input as (
             select * from unnest($4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[],
                    $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::text[], $16::text[],
                    $17::boolean[], $18::timestamptz[], $19::integer[], $20::bigint[], $21::jsonb[], $22::jsonb[],
                    $23::boolean[], $24::boolean[])
               as t (namespace, name, uid, claimed, power, reason, message, node, address, milli_vcpu, memory_bytes,
                     instance_uid, resource_version, restart_required, born_at, disk_count, disk_bytes, hints, writers,
                     ready, agent)
           ), known as (
             select i.*, m.id as vm_id from input i
               left join namespace n on n.name = i.namespace and n.deleted_at is null
               left join vm m on m.id = i.claimed and m.cluster_id = $1 and m.namespace_id = n.id and m.name = i.name
           ), before as (
             select b.namespace, b.name, b.power, (b.power, b.reason, b.message, b.node, b.address, b.uid, b.instance_uid, b.vm_id, b.restart_required, b.writers)::text as face
               from inventory_vm b join input i on b.cluster_id = $1 and b.namespace = i.namespace and b.name = i.name
           ), written as (
             insert into inventory_vm as t (cluster_id, namespace, name, uid, vm_id, power, reason, message, node, address,
                    milli_vcpu, memory_bytes, instance_uid, resource_version, restart_required, born_at, disk_count,
                    disk_bytes, hints, writers, ready, agent, generation, epoch)
             select $1, k.namespace, k.name, k.uid, k.vm_id, k.power, k.reason, k.message, k.node, k.address, k.milli_vcpu,
                    k.memory_bytes, k.instance_uid, k.resource_version, k.restart_required, k.born_at, k.disk_count, k.disk_bytes,
                    k.hints, k.writers, k.ready, k.agent, $2, $3
               from known k
             on conflict (cluster_id, namespace, name) do update set
                    uid = excluded.uid, vm_id = excluded.vm_id, power = excluded.power, reason = excluded.reason,
                    message = excluded.message, node = excluded.node, address = excluded.address,
                    milli_vcpu = excluded.milli_vcpu, memory_bytes = excluded.memory_bytes,
                    instance_uid = excluded.instance_uid, resource_version = excluded.resource_version,
                    restart_required = excluded.restart_required, born_at = excluded.born_at,
                    disk_count = excluded.disk_count, disk_bytes = excluded.disk_bytes, hints = excluded.hints,
                    writers = excluded.writers, ready = excluded.ready, agent = excluded.agent,
                    generation = excluded.generation, epoch = excluded.epoch, seen_at = app_now(),
                    power_since = case when t.power is distinct from excluded.power then app_now() else t.power_since end,
                    changed_at = case when (t.power, t.reason, t.message, t.node, t.address, t.uid, t.instance_uid)
                        is distinct from (excluded.power, excluded.reason, excluded.message, excluded.node, excluded.address,
                        excluded.uid, excluded.instance_uid) then app_now() else t.changed_at end
             returning t.namespace, t.name, t.vm_id, t.power,
                    (t.power, t.reason, t.message, t.node, t.address, t.uid, t.instance_uid, t.vm_id, t.restart_required, t.writers)::text as face
           )
           select m.id as "vm!: VmId", m.system_id as "system!: SystemId", m.service_id as "service!: ServiceId",
                  m.environment_id as "environment!: EnvironmentId",
                  (w.power in ('failed', 'crash_loop')
                      and coalesce(b.power not in ('failed', 'crash_loop'), true)) as "failed!"
             from written w join vm m on m.id = w.vm_id
             left join before b on b.namespace = w.namespace and b.name = w.name
            where b.face is distinct from w.face"#,
        cluster.0,
        generation,
        lease.epoch,
        &text(|s| &s.namespace),
        &text(|s| &s.name),
        &text(|s| &s.uid),
        &ids as &[Option<Uuid>],
        &text(|s| &s.power),
        &maybe(|s| &s.reason) as &[Option<String>],
        &maybe(|s| &s.message) as &[Option<String>],
        &maybe(|s| &s.node) as &[Option<String>],
        &maybe(|s| &s.address) as &[Option<String>],
        &cpu as &[Option<i64>],
        &memory as &[Option<i64>],
        &maybe(|s| &s.instance_uid) as &[Option<String>],
        &text(|s| &s.resource_version),
        &restart,
        &born as &[Option<DateTime<Utc>>],
        &disks,
        &disk_bytes as &[Option<i64>],
        &hints as &[Json<&[Hint]>],
        &writers as &[Json<&[String]>],
        &ready,
        &agent,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Removes VMs the watch saw deleted.
pub async fn remove(
    tx: &mut Tx,
    lease: &Lease,
    cluster: ClusterId,
    gone: &[(String, String)],
) -> Result<Vec<Changed>> {
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    lease::guard(tx, lease).await?;
    let (namespaces, names): (Vec<String>, Vec<String>) = gone.iter().cloned().unzip();
    let rows = sqlx::query_as!(
        Changed,
        r#"with gone as (
             delete from inventory_vm i using unnest($2::text[], $3::text[]) as t (namespace, name)
              where i.cluster_id = $1 and i.namespace = t.namespace and i.name = t.name returning i.vm_id)
           select m.id as "vm!: VmId", m.system_id as "system!: SystemId", m.service_id as "service!: ServiceId",
                  m.environment_id as "environment!: EnvironmentId",
                  false as "failed!" from gone join vm m on m.id = gone.vm_id"#,
        cluster.0,
        &namespaces,
        &names,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A relist has ended: what it did not see is gone.
pub async fn sweep(tx: &mut Tx, lease: &Lease, cluster: ClusterId, generation: i64) -> Result<Vec<Changed>> {
    lease::guard(tx, lease).await?;
    let rows = sqlx::query_as!(
        Changed,
        r#"with gone as (
             delete from inventory_vm where cluster_id = $1 and generation < $2 returning vm_id)
           select m.id as "vm!: VmId", m.system_id as "system!: SystemId", m.service_id as "service!: ServiceId",
                  m.environment_id as "environment!: EnvironmentId",
                  false as "failed!" from gone join vm m on m.id = gone.vm_id"#,
        cluster.0,
        generation,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Counts what nobody governs there and what it was given, and says whether that has changed.
pub async fn count_unmanaged(tx: &mut Tx, lease: &Lease, cluster: ClusterId) -> Result<bool> {
    lease::guard(tx, lease).await?;
    let done = sqlx::query!(
        "update cluster_status s set unmanaged_vms = c.vms, unmanaged_milli_vcpu = c.cpu, unmanaged_memory_bytes = c.memory
           from (select count(*) as vms,
                        coalesce(sum(milli_vcpu) filter (where power <> 'stopped'), 0)::bigint as cpu,
                        coalesce(sum(memory_bytes) filter (where power <> 'stopped'), 0)::bigint as memory
                   from inventory_vm where cluster_id = $1 and vm_id is null) c
          where s.cluster_id = $1 and (s.unmanaged_vms, s.unmanaged_milli_vcpu, s.unmanaged_memory_bytes)
                is distinct from (c.vms, c.cpu, c.memory)",
        cluster.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
