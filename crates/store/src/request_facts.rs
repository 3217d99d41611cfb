//! Everything a request for a VM is judged by, gathered in a handful of queries whose number does not depend on data.

use shepherd_domain::ids::{
    ClusterId, EnvironmentId, NamespaceId, NetworkId, PrincipalId, ServiceId, SizeId, SizeVersionId,
    SshKeyId, SystemId, TemplateId, TemplateVersionId,
};
use shepherd_domain::placement::{Ability, ClusterPolicy, Layout};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::systems::PersonRow;
use crate::{Result, Tx};

/// The things a create names, resolved.
#[derive(Clone, Debug)]
pub struct CreateFacts {
    pub system_id: SystemId,
    pub system_name: String,
    pub service_id: ServiceId,
    pub service_name: String,
    pub namespace_id: NamespaceId,
    pub namespace_name: String,
    /// Empty: every System may use the namespace.
    pub namespace_systems: Vec<uuid::Uuid>,
    pub environment_id: EnvironmentId,
    pub environment_name: String,
    pub protected: bool,
    pub template_id: TemplateId,
    pub template_name: String,
    pub template_version_id: TemplateVersionId,
    pub template_version: i32,
    pub template_state: String,
    pub template_message: Option<String>,
    /// `name@version` of what to take instead.
    pub template_replacement: Option<String>,
    /// Empty: everywhere.
    pub template_environments: Vec<uuid::Uuid>,
    pub family: String,
    pub root: String,
    pub source: serde_json::Value,
    pub advanced: serde_json::Value,
    pub user_data: String,
    pub variables: serde_json::Value,
    pub min_disk_bytes: i64,
    pub size_id: SizeId,
    pub size_name: String,
    pub size_version_id: SizeVersionId,
    pub size_version: i32,
    pub size_state: String,
    pub size_message: Option<String>,
    pub size_replacement: Option<String>,
    pub size_environments: Vec<uuid::Uuid>,
    pub milli_vcpu: i64,
    pub memory_bytes: i64,
    pub disk_bytes: i64,
    pub compute: serde_json::Value,
}

/// What a create names.
#[derive(Clone, Copy, Debug)]
pub struct CreateNames {
    pub service: ServiceId,
    pub namespace: NamespaceId,
    pub template_version: TemplateVersionId,
    pub size_version: SizeVersionId,
}

/// Which of the four does not exist; the rest is asked for only when all do.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    pub service: bool,
    pub namespace: bool,
    pub template_version: bool,
    pub size_version: bool,
}

/// Resolves what a create names. `Err(Missing)` inside says which name leads nowhere.
pub async fn create_facts(
    conn: &mut PgConnection,
    names: &CreateNames,
) -> Result<Result<CreateFacts, Missing>> {
    let row = sqlx::query_as!(
        CreateFacts,
        r#"select y.id as "system_id: SystemId", y.name as system_name, v.id as "service_id: ServiceId",
                  v.name as service_name, n.id as "namespace_id: NamespaceId", n.name as namespace_name,
                  n.system_ids as namespace_systems, e.id as "environment_id: EnvironmentId",
                  e.name as environment_name, e.protected,
                  t.id as "template_id: TemplateId", t.name as template_name,
                  tv.id as "template_version_id: TemplateVersionId", tv.version as template_version,
                  tv.state as template_state, tv.state_message as template_message,
                  (select x.name || '@' || r.version from template_version r join template x on x.id = r.template_id
                    where r.id = tv.replacement_id) as template_replacement,
                  t.environment_ids as template_environments, tv.family, tv.root, tv.user_data, tv.variables,
                  coalesce(tv.source, jsonb_build_object('image', tv.image)) as "source!", tv.advanced,
                  tv.min_disk_bytes, z.id as "size_id: SizeId", z.name as size_name,
                  zv.id as "size_version_id: SizeVersionId", zv.version as size_version, zv.state as size_state,
                  zv.state_message as size_message,
                  (select x.name || '@' || r.version from size_version r join size x on x.id = r.size_id
                    where r.id = zv.replacement_id) as size_replacement,
                  z.environment_ids as size_environments,
                  zv.milli_vcpu, zv.memory_bytes, zv.disk_bytes, zv.compute
             from service v
             join system y on y.id = v.system_id and y.deleted_at is null
             join namespace n on n.id = $2 and n.deleted_at is null
             join environment e on e.id = n.environment_id
             join template_version tv on tv.id = $3
             join template t on t.id = tv.template_id
             join size_version zv on zv.id = $4
             join size z on z.id = zv.size_id
            where v.id = $1 and v.deleted_at is null"#,
        names.service.0,
        names.namespace.0,
        names.template_version.0,
        names.size_version.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(facts) = row {
        return Ok(Ok(facts));
    }
    let missing = sqlx::query_as!(
        Missing,
        r#"select not exists (select from service where id = $1 and deleted_at is null) as "service!",
                  not exists (select from namespace where id = $2 and deleted_at is null) as "namespace!",
                  not exists (select from template_version where id = $3) as "template_version!",
                  not exists (select from size_version where id = $4) as "size_version!""#,
        names.service.0,
        names.namespace.0,
        names.template_version.0,
        names.size_version.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(Err(missing))
}

/// Keeps a Service and a namespace from being deleted before the commit, so that no VM is born into what is gone. Says
/// nothing of whether they are there: [`create_facts`] reads that next.
pub async fn hold(tx: &mut Tx, service: ServiceId, namespace: NamespaceId) -> Result<()> {
    sqlx::query!("select id from service where id = $1 for share", service.0)
        .fetch_optional(&mut **tx)
        .await?;
    sqlx::query!("select id from namespace where id = $1 for share", namespace.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(())
}

/// A public key to put into a guest.
#[derive(Clone, Debug)]
pub struct KeyRow {
    pub id: SshKeyId,
    pub principal_id: PrincipalId,
    pub public_key: String,
    pub fingerprint: String,
}

/// Those of `ids` that exist and belong to an active person.
pub async fn ssh_keys(conn: &mut PgConnection, ids: &[SshKeyId]) -> Result<Vec<KeyRow>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        KeyRow,
        r#"select k.id as "id: SshKeyId", k.principal_id as "principal_id: PrincipalId", k.public_key, k.fingerprint
             from ssh_key k join principal p on p.id = k.principal_id and p.disabled_at is null
            where k.id = any($1) and k.removed_at is null
            order by k.id"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A cluster as placement sees it.
#[derive(Clone, Debug)]
pub struct ClusterFactsRow {
    pub id: ClusterId,
    pub name: String,
    pub environment_id: EnvironmentId,
    pub mode: String,
    pub accepts_vms: bool,
    pub health: String,
    pub kubevirt_version: Option<String>,
    pub milli_vcpu: Option<i64>,
    pub memory_bytes: Option<i64>,
    /// What approved VMs take already, running or not.
    pub committed_milli_vcpu: i64,
    pub committed_memory_bytes: i64,
    /// What others were seen to run there.
    pub unmanaged_milli_vcpu: i64,
    pub unmanaged_memory_bytes: i64,
    /// What the probe found it able to do.
    pub capabilities: Vec<String>,
    /// What its nodes have, where the probe could look.
    pub ability: Option<Json<Ability>>,
    pub policy: Json<ClusterPolicy>,
    /// Its zones and its storage, where the probe could look.
    pub layout: Option<Json<Layout>>,
}

/// Every cluster, so that placement can say why one was not taken.
pub async fn clusters(conn: &mut PgConnection) -> Result<Vec<ClusterFactsRow>> {
    let rows = sqlx::query_as!(
        ClusterFactsRow,
        r#"select c.id as "id: ClusterId", c.name, c.environment_id as "environment_id: EnvironmentId", c.mode, c.accepts_vms,
                  case when s.health = 'healthy' and s.complaint is not null then 'degraded'
                       else coalesce(s.health, 'unknown') end as "health!", s.kubevirt_version as "kubevirt_version?",
                  s.milli_vcpu as "milli_vcpu?", s.memory_bytes as "memory_bytes?",
                  coalesce(used.milli_vcpu, 0)::bigint as "committed_milli_vcpu!",
                  coalesce(used.memory_bytes, 0)::bigint as "committed_memory_bytes!",
                  coalesce(s.unmanaged_milli_vcpu, 0) as "unmanaged_milli_vcpu!",
                  coalesce(s.unmanaged_memory_bytes, 0) as "unmanaged_memory_bytes!",
                  array_remove(array[case when s.capability->'cdi'->>'known' = 'true' then 'data_volumes' end,
                      case when s.capability->'networks'->>'known' = 'true' then 'multus' end], null)
                      as "capabilities!: Vec<String>",
                  s.ability as "ability?: Json<Ability>",
                  jsonb_build_object('cpu_overcommit_percent', c.cpu_overcommit_percent,
                      'memory_overcommit_percent', c.memory_overcommit_percent, 'dedicated_cpu', c.lets_dedicated_cpu,
                      'hugepages', c.lets_hugepages, 'gpus', c.lets_gpus, 'multus', c.lets_multus,
                      'advanced', c.lets_advanced, 'storage_classes', c.storage_classes, 'volume_modes', c.volume_modes)
                      as "policy!: Json<ClusterPolicy>",
                  s.layout as "layout?: Json<Layout>"
             from cluster c
             left join cluster_status s on s.cluster_id = c.id
             left join (select t.cluster_id, sum(t.vms * z.weight_milli_vcpu) as milli_vcpu,
                               sum(t.vms * z.weight_memory_bytes) as memory_bytes
                          from (select cluster_id, size_version_id, count(*) as vms from vm
                                 where deleted_at is null and state <> 'trashed' group by cluster_id, size_version_id) t
                          join size_version z on z.id = t.size_version_id
                         group by t.cluster_id) used on used.cluster_id = c.id
            where c.deleted_at is null
            order by c.name
            limit 500"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The number the next VM of this prefix would get. Only a forecast: the real one is taken at approval.
pub async fn next_number(conn: &mut PgConnection, prefix: &str) -> Result<i32> {
    let last = sqlx::query_scalar!("select last from name_counter where prefix = $1", prefix)
        .fetch_optional(conn)
        .await?;
    Ok(last.unwrap_or(0) + 1)
}

/// Whether a cluster has a VM of this name: somebody else's, if the books do not know it.
pub async fn name_is_seen(conn: &mut PgConnection, namespace: &str, name: &str) -> Result<bool> {
    let seen = sqlx::query_scalar!(
        r#"select exists (select from inventory_vm where namespace = $1 and name = $2) as "seen!""#,
        namespace,
        name,
    )
    .fetch_one(conn)
    .await?;
    Ok(seen)
}

/// Who could say this word of a stage (`request_stage.who`) now and is not one of `except`: at most ten, by name. Inboxes ask the
/// same function of the database.
pub async fn candidates(
    conn: &mut PgConnection,
    word: &str,
    system: Option<SystemId>,
    environment: Option<EnvironmentId>,
    except: &[PrincipalId],
) -> Result<Vec<PersonRow>> {
    let except: Vec<_> = except.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        PersonRow,
        r#"select p.id as "id: PrincipalId", p.name, p.display_name
             from principal p
            where p.id in (select speakers($1, $2, $3)) and p.id <> all($4)
            order by p.name
            limit 10"#,
        word,
        system.map(|id| id.0),
        environment.map(|id| id.0),
        &except,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Items of the catalogue that a request takes up.
#[derive(Clone, Debug, Default)]
pub struct Named {
    pub template: Option<TemplateVersionId>,
    pub size: Option<SizeVersionId>,
    pub networks: Vec<NetworkId>,
}

/// Whether one of these was withdrawn.
pub async fn withdrawn(conn: &mut PgConnection, named: &Named) -> Result<bool> {
    let networks: Vec<_> = named.networks.iter().map(|id| id.0).collect();
    let gone = sqlx::query_scalar!(
        r#"select exists (select from template_version where id = $1 and state = 'withdrawn')
               or exists (select from size_version where id = $2 and state = 'withdrawn')
               or exists (select from network where id = any($3) and state = 'withdrawn') as "gone!""#,
        named.template.map(|id| id.0),
        named.size.map(|id| id.0),
        &networks,
    )
    .fetch_one(conn)
    .await?;
    Ok(gone)
}
