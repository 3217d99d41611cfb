//! What placement asks beside the facts of clusters: nodes and their zones, what is taken of a zone, and where VMs are.

use shepherd_domain::ids::{ClusterId, EnvironmentId, VmId};
use shepherd_domain::placement::{Layout, Neighbour};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Result, Tx};

/// Nodes of a cluster by name, with their zones. Keeps these and forgets the others; unchanged rows are not written.
pub async fn replace_nodes(
    tx: &mut Tx,
    cluster: ClusterId,
    nodes: &[(String, Option<String>)],
) -> Result<()> {
    let (names, zones): (Vec<String>, Vec<Option<String>>) = nodes.iter().cloned().unzip();
    sqlx::query!("delete from cluster_node where cluster_id = $1 and name <> all($2)", cluster.0, &names)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "insert into cluster_node as n (cluster_id, name, zone)
         select $1, t.name, t.zone from unnest($2::text[], $3::text[]) as t (name, zone)
         on conflict (cluster_id, name) do update set zone = excluded.zone where n.zone is distinct from excluded.zone",
        cluster.0,
        &names,
        &zones as &[Option<String>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Of which zones.
#[derive(Clone, Copy, Debug, Default)]
pub struct ZoneFilter<'a> {
    pub environment: Option<EnvironmentId>,
    pub cluster: Option<ClusterId>,
    pub zone: Option<&'a str>,
}

/// What is taken of a zone.
#[derive(Clone, Debug)]
pub struct ZoneUse {
    pub cluster_id: ClusterId,
    pub zone: String,
    pub milli_vcpu: i64,
    pub memory_bytes: i64,
}

/// What VMs take of zones: governed ones where they run, or where they asked to run; others where they run.
pub async fn zone_use(conn: &mut PgConnection, f: ZoneFilter<'_>) -> Result<Vec<ZoneUse>> {
    let rows = sqlx::query_as!(
        ZoneUse,
        r#"with placed as (
             select m.cluster_id, coalesce(n.zone, m.spec->>'zone') as zone, z.weight_milli_vcpu as milli_vcpu,
                    z.weight_memory_bytes as memory_bytes
               from vm m
               join size_version z on z.id = m.size_version_id
               left join inventory_vm i on i.vm_id = m.id
               left join cluster_node n on n.cluster_id = m.cluster_id and n.name = i.node
              where m.deleted_at is null and m.state <> 'trashed'
                and ($1::uuid is null or m.environment_id = $1) and ($2::uuid is null or m.cluster_id = $2)
             union all
             select i.cluster_id, n.zone, i.milli_vcpu, i.memory_bytes
               from inventory_vm i
               join cluster_node n on n.cluster_id = i.cluster_id and n.name = i.node
               join cluster c on c.id = i.cluster_id
              where i.vm_id is null and ($1::uuid is null or c.environment_id = $1)
                and ($2::uuid is null or i.cluster_id = $2))
           select cluster_id as "cluster_id!: ClusterId", zone as "zone!",
                  coalesce(sum(milli_vcpu), 0)::bigint as "milli_vcpu!",
                  coalesce(sum(memory_bytes), 0)::bigint as "memory_bytes!"
             from placed
            where zone is not null and ($3::text is null or zone = $3)
            group by 1, 2
            order by 1, 2
            limit 5000"#,
        f.environment.map(|id| id.0),
        f.cluster.map(|id| id.0),
        f.zone,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Where these VMs are, as far as they are there; those in the trash run nowhere. By name.
pub async fn neighbours(conn: &mut PgConnection, ids: &[VmId]) -> Result<Vec<Neighbour>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Neighbour,
        r#"select m.id as "vm: VmId", m.name, m.cluster_id as "cluster: ClusterId", i.node as "node?",
                  coalesce(n.zone, case when i.node is null then m.spec->>'zone' end) as "zone?"
             from vm m
             left join inventory_vm i on i.vm_id = m.id
             left join cluster_node n on n.cluster_id = m.cluster_id and n.name = i.node
            where m.id = any($1) and m.deleted_at is null and m.state <> 'trashed'
            order by m.name"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A cluster that takes VMs, as far as requests may choose of it.
#[derive(Clone, Debug)]
pub struct OfferRow {
    pub layout: Option<Json<Layout>>,
    /// The storage classes it lets VMs use; any, if empty.
    pub storage_classes: Vec<String>,
    pub volume_modes: Vec<String>,
}

/// What clusters of an environment that take VMs have.
pub async fn offers(conn: &mut PgConnection, environment: EnvironmentId) -> Result<Vec<OfferRow>> {
    let rows = sqlx::query_as!(
        OfferRow,
        r#"select s.layout as "layout?: Json<Layout>", c.storage_classes, c.volume_modes
             from cluster c
             join cluster_status s on s.cluster_id = c.id
            where c.environment_id = $1 and c.deleted_at is null and c.mode = 'govern' and c.accepts_vms
            order by c.name
            limit 500"#,
        environment.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
