//! Clusters as people see them: register, read, close, remove; and what a probe learnt of them.
//!
//! Credentials go in sealed and never come out here; connecting to a cluster is [`crate::cluster_links`]'s.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::authz::{Authorized, InEnvironment, ManageCluster, Visible};
use shepherd_domain::ids::{ClusterId, EnvironmentId};
use shepherd_domain::placement::{Ability, ClusterPolicy, Layout};
use shepherd_domain::states::ClusterMode;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Result, Tx};

/// A cluster as pages show it.
#[derive(Clone, Debug)]
pub struct ClusterRow {
    pub id: ClusterId,
    pub name: String,
    pub environment_id: EnvironmentId,
    pub environment_name: String,
    pub environment_title: String,
    pub protected: bool,
    pub colour: String,
    pub api_url: String,
    /// `observe` or `govern`.
    pub mode: String,
    pub sign_in: String,
    pub rotated_at: DateTime<Utc>,
    pub accepts_vms: bool,
    /// `unknown` when nobody has heard from it for two minutes and nobody has said why.
    pub health: String,
    pub message: Option<String>,
    pub kubevirt_version: Option<String>,
    pub observed_at: Option<DateTime<Utc>>,
    pub vm_count: i64,
    /// As last counted.
    pub unmanaged_vms: i64,
    pub milli_vcpu: Option<i64>,
    pub memory_bytes: Option<i64>,
    /// What governed VMs take, running or not.
    pub committed_milli_vcpu: i64,
    pub committed_memory_bytes: i64,
    pub unmanaged_milli_vcpu: i64,
    pub unmanaged_memory_bytes: i64,
    /// What sizes may ask of it.
    pub policy: Json<ClusterPolicy>,
    pub sample: bool,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// Which clusters.
pub struct ClusterFilter<'a> {
    pub visible: &'a Visible,
    pub id: Option<ClusterId>,
    pub environment: Option<EnvironmentId>,
    pub search: Option<&'a str>,
    /// Only those that are not well.
    pub unwell: bool,
    /// The last name of the page before.
    pub after: Option<&'a str>,
    pub limit: i64,
}

/// By name.
pub async fn list(conn: &mut PgConnection, f: &ClusterFilter<'_>) -> Result<Vec<ClusterRow>> {
    let environments: Vec<_> = f.visible.environments.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        ClusterRow,
        r#"select c.id as "id: ClusterId", c.name, c.environment_id as "environment_id: EnvironmentId",
                  e.name as environment_name, e.title as environment_title, e.protected, e.colour,
                  c.api_url, c.mode, c.sign_in, c.rotated_at, c.accepts_vms, h.health as "health!",
                  coalesce(s.message, s.complaint) as "message?",
                  s.kubevirt_version as "kubevirt_version?", s.observed_at as "observed_at?",
                  used.vm_count as "vm_count!", coalesce(s.unmanaged_vms, 0) as "unmanaged_vms!", s.milli_vcpu as "milli_vcpu?", s.memory_bytes as "memory_bytes?",
                  used.milli_vcpu as "committed_milli_vcpu!", used.memory_bytes as "committed_memory_bytes!",
                  coalesce(s.unmanaged_milli_vcpu, 0) as "unmanaged_milli_vcpu!",
                  coalesce(s.unmanaged_memory_bytes, 0) as "unmanaged_memory_bytes!",
                  jsonb_build_object('cpu_overcommit_percent', c.cpu_overcommit_percent,
                      'memory_overcommit_percent', c.memory_overcommit_percent, 'dedicated_cpu', c.lets_dedicated_cpu,
                      'hugepages', c.lets_hugepages, 'gpus', c.lets_gpus, 'multus', c.lets_multus,
                      'advanced', c.lets_advanced, 'storage_classes', c.storage_classes, 'volume_modes', c.volume_modes)
                      as "policy!: Json<ClusterPolicy>",
                  c.sample, c.created_at, c.version
             from cluster c
             join environment e on e.id = c.environment_id
             left join cluster_status s on s.cluster_id = c.id
             cross join lateral (select case
                   when s.health is null then 'unknown'
                   when s.health in ('healthy', 'degraded')
                        and (s.observed_at is null or s.observed_at < app_now() - interval '2 minutes') then 'unknown'
                   when s.health = 'healthy' and s.complaint is not null then 'degraded'
                   else s.health end as health) h
             cross join lateral (select coalesce(sum(t.vms), 0)::bigint as vm_count,
                        coalesce(sum(t.vms * z.weight_milli_vcpu), 0)::bigint as milli_vcpu,
                        coalesce(sum(t.vms * z.weight_memory_bytes), 0)::bigint as memory_bytes
                   from (select size_version_id, count(*) as vms from vm
                          where vm.cluster_id = c.id and vm.deleted_at is null and vm.state <> 'trashed'
                          group by size_version_id) t
                   join size_version z on z.id = t.size_version_id) used
            where c.deleted_at is null
              and ($1 or c.environment_id = any($2))
              and ($3::uuid is null or c.id = $3)
              and ($4::uuid is null or c.environment_id = $4)
              and ($5::text is null or strpos(c.name, lower($5)) > 0)
              and (not $6 or h.health <> 'healthy')
              and ($7::text is null or c.name > $7)
            order by c.name
            limit $8"#,
        f.visible.everything,
        &environments,
        f.id.map(|id| id.0),
        f.environment.map(|id| id.0),
        f.search,
        f.unwell,
        f.after,
        f.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Which environment it is in, for the check before anything of it is read.
pub async fn environment(conn: &mut PgConnection, id: ClusterId) -> Result<EnvironmentId> {
    let id = sqlx::query_scalar!(
        r#"select environment_id as "id: EnvironmentId" from cluster where id = $1 and deleted_at is null"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

/// A namespace to ask for our permissions in: one that is governed there, or `default`.
pub async fn probe_namespace(conn: &mut PgConnection, environment: EnvironmentId) -> Result<String> {
    let name = sqlx::query_scalar!(
        "select name from namespace where environment_id = $1 and deleted_at is null order by name limit 1",
        environment.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(name.unwrap_or_else(|| "default".to_owned()))
}

/// A cluster to write.
pub struct NewCluster<'a> {
    pub id: ClusterId,
    pub name: &'a str,
    pub mode: ClusterMode,
    pub connection: Connection<'a>,
    pub sample: bool,
}

/// How a cluster is reached.
#[derive(Clone, Copy)]
pub struct Connection<'a> {
    pub api_url: &'a str,
    /// `kubeconfig`, `token` or `in_cluster`.
    pub sign_in: &'a str,
    /// Sealed.
    pub credentials: &'a [u8],
}

/// Adds one, with a status row that says that nothing is known yet. A taken name violates `cluster_name`.
pub async fn create(
    tx: &mut Tx,
    auth: &Authorized<ManageCluster, InEnvironment>,
    new: &NewCluster<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into cluster (id, name, environment_id, api_url, credentials, sample, mode, sign_in)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id.0,
        new.name,
        auth.resource().0.0,
        new.connection.api_url,
        new.connection.credentials,
        new.sample,
        new.mode.as_str(),
        new.connection.sign_in,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("insert into cluster_status (cluster_id) values ($1)", new.id.0).execute(&mut **tx).await?;
    Ok(())
}

/// What is to change of a cluster; `None` leaves it.
pub struct ClusterEdit<'a> {
    pub accepts_vms: Option<bool>,
    pub policy: Option<&'a ClusterPolicy>,
    pub mode: Option<ClusterMode>,
}

/// Changes it if the version is still `version`; `None` says it is not.
pub async fn update(
    tx: &mut Tx,
    auth: &Authorized<ManageCluster, InEnvironment>,
    id: ClusterId,
    version: i64,
    edit: &ClusterEdit<'_>,
) -> Result<Option<i64>> {
    let modes =
        edit.policy.map(|p| p.volume_modes.iter().map(|mode| mode.as_str().to_owned()).collect::<Vec<_>>());
    let new = sqlx::query_scalar!(
        "update cluster set accepts_vms = coalesce($4, accepts_vms), mode = coalesce($5, mode),
                link_version = link_version + case when $5 <> mode then 1 else 0 end,
                cpu_overcommit_percent = coalesce($6, cpu_overcommit_percent),
                memory_overcommit_percent = coalesce($7, memory_overcommit_percent),
                lets_dedicated_cpu = coalesce($8, lets_dedicated_cpu),
                lets_hugepages = coalesce($9, lets_hugepages), lets_gpus = coalesce($10, lets_gpus),
                lets_multus = coalesce($11, lets_multus), lets_advanced = coalesce($12, lets_advanced),
                storage_classes = coalesce($13, storage_classes), volume_modes = coalesce($14, volume_modes),
                version = version + 1
          where id = $1 and environment_id = $2 and version = $3 and deleted_at is null returning version",
        id.0,
        auth.resource().0.0,
        version,
        edit.accepts_vms,
        edit.mode.map(ClusterMode::as_str),
        edit.policy.map(|p| p.cpu_overcommit_percent),
        edit.policy.map(|p| p.memory_overcommit_percent),
        edit.policy.map(|p| p.dedicated_cpu),
        edit.policy.map(|p| p.hugepages),
        edit.policy.map(|p| p.gpus),
        edit.policy.map(|p| p.multus),
        edit.policy.map(|p| p.advanced),
        edit.policy.map(|p| p.storage_classes.as_slice()),
        modes.as_deref(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

/// Puts another connection in the place of the one in use.
pub async fn rotate(
    tx: &mut Tx,
    auth: &Authorized<ManageCluster, InEnvironment>,
    id: ClusterId,
    connection: &Connection<'_>,
) -> Result<i64> {
    let new = sqlx::query_scalar!(
        "update cluster set api_url = $3, sign_in = $4, credentials = $5, rotated_at = app_now(),
                link_version = link_version + 1, version = version + 1
          where id = $1 and environment_id = $2 and deleted_at is null returning version",
        id.0,
        auth.resource().0.0,
        connection.api_url,
        connection.sign_in,
        connection.credentials,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(new)
}

/// Whether it has VMs. Keeps others from being made there before the commit.
pub async fn has_vms(tx: &mut Tx, id: ClusterId) -> Result<bool> {
    // Inserting a VM takes a key lock on this row, so it waits for us or we for it.
    sqlx::query!("select id from cluster where id = $1 and deleted_at is null for update", id.0)
        .fetch_one(&mut **tx)
        .await?;
    let has = sqlx::query_scalar!(
        r#"select exists (select from vm where cluster_id = $1 and deleted_at is null) as "has!""#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(has)
}

/// Marks a cluster without VMs removed, and forgets its credentials and what it said; `None` says that it still has
/// VMs.
pub async fn remove(
    tx: &mut Tx,
    auth: &Authorized<ManageCluster, InEnvironment>,
    id: ClusterId,
) -> Result<Option<i64>> {
    if has_vms(tx, id).await? {
        return Ok(None);
    }
    let version = sqlx::query_scalar!(
        "update cluster set deleted_at = app_now(), credentials = null, version = version + 1
          where id = $1 and environment_id = $2 returning version",
        id.0,
        auth.resource().0.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if version.is_some() {
        sqlx::query!("delete from inventory_vm where cluster_id = $1", id.0).execute(&mut **tx).await?;
        sqlx::query!("delete from cluster_namespace where cluster_id = $1", id.0).execute(&mut **tx).await?;
        sqlx::query!("delete from cluster_node where cluster_id = $1", id.0).execute(&mut **tx).await?;
    }
    Ok(version)
}

/// What a probe of a cluster that answered found. A part that is `None` was not learnt and stays as it was.
#[derive(Clone, Debug)]
pub struct ProbeRow<'a> {
    /// Its health when the probe began, if one was known. A cluster that was lost since is not healthy for what it
    /// answered before.
    pub began: Option<&'a str>,
    /// What keeps it from running VMs as it should.
    pub complaint: Option<&'a str>,
    pub kubevirt_version: Option<&'a str>,
    pub capability: &'a Value,
    pub milli_vcpu: Option<i64>,
    pub memory_bytes: Option<i64>,
    /// The most any one node has of each thing.
    pub ability: Option<&'a Ability>,
    /// Its zones and its storage.
    pub layout: Option<&'a Layout>,
}

/// Keeps what a probe found, and says whether something that people see has changed.
pub async fn learn(tx: &mut Tx, id: ClusterId, probe: &ProbeRow<'_>) -> Result<bool> {
    let changed = sqlx::query_scalar!(
        r#"with before as (
             select (health, complaint, kubevirt_version, milli_vcpu, memory_bytes)::text as face
               from cluster_status where cluster_id = $1 for no key update)
           update cluster_status s set
                  health = case when s.health = 'unreachable' and $8 is distinct from 'unreachable' then s.health else 'healthy' end,
                  message = case when s.health = 'unreachable' and $8 is distinct from 'unreachable' then s.message end,
                  observed_at = case when s.health = 'unreachable' and $8 is distinct from 'unreachable' then s.observed_at else app_now() end,
                  probed_at = app_now(), complaint = $2,
                  kubevirt_version = coalesce($3, s.kubevirt_version), capability = $4,
                  milli_vcpu = coalesce($5, s.milli_vcpu), memory_bytes = coalesce($6, s.memory_bytes),
                  ability = coalesce($7, s.ability), layout = coalesce($9, s.layout)
             from before where s.cluster_id = $1
           returning before.face is distinct from
                  (s.health, s.complaint, s.kubevirt_version, s.milli_vcpu, s.memory_bytes)::text as "changed!""#,
        id.0,
        probe.complaint,
        probe.kubevirt_version,
        probe.capability,
        probe.milli_vcpu,
        probe.memory_bytes,
        probe.ability.map(Json) as Option<Json<&Ability>>,
        probe.began,
        probe.layout.map(Json) as Option<Json<&Layout>>,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(changed.unwrap_or_default())
}

/// What a cluster's health was last seen to be.
pub async fn health(conn: &mut PgConnection, id: ClusterId) -> Result<Option<String>> {
    let health = sqlx::query_scalar!("select health from cluster_status where cluster_id = $1", id.0);
    Ok(health.fetch_optional(conn).await?)
}

/// A probe got no answer, or a refusal. A watch that hears the cluster knows better and is not contradicted. Says
/// whether something that people see has changed.
pub async fn unanswered(tx: &mut Tx, id: ClusterId, message: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update cluster_status set health = 'unreachable', message = $2
          where cluster_id = $1 and (health, message) is distinct from ('unreachable', $2)
            and (observed_at is null or observed_at < app_now() - interval '30 seconds')",
        id.0,
        message,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
