//! VMs that clusters have and nobody governs: inventory rows without a VM of the books.

use chrono::{DateTime, Utc};
use shepherd_domain::authz::Visible;
use shepherd_domain::ids::{ClusterId, EnvironmentId};
use shepherd_domain::owner::Hint;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::Result;

/// One of them.
#[derive(Clone, Debug)]
pub struct UnmanagedRow {
    pub cluster_id: ClusterId,
    pub cluster_name: String,
    pub environment_id: EnvironmentId,
    pub environment_name: String,
    pub environment_title: String,
    pub protected: bool,
    pub colour: String,
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub power: String,
    pub reason: Option<String>,
    pub milli_vcpu: Option<i64>,
    pub memory_bytes: Option<i64>,
    pub disk_count: i32,
    pub disk_bytes: Option<i64>,
    pub node: Option<String>,
    pub address: Option<String>,
    /// Its own hints, then those of its namespace.
    pub hints: Json<Vec<Hint>>,
    pub writers: Json<Vec<String>>,
    pub born_at: Option<DateTime<Utc>>,
    pub observed_at: Option<DateTime<Utc>>,
    pub stale: bool,
}

/// Which of them.
pub struct UnmanagedFilter<'a> {
    pub visible: &'a Visible,
    pub cluster: Option<ClusterId>,
    pub environment: Option<EnvironmentId>,
    pub namespace: Option<&'a str>,
    pub power: Option<&'a str>,
    pub born_before: Option<DateTime<Utc>>,
    /// Part of a name, a namespace or a hint.
    pub search: Option<&'a str>,
    /// Cluster, namespace and name of the last row of the page before.
    pub after: Option<&'a (String, String, String)>,
    pub limit: i64,
}

/// By cluster, namespace and name.
pub async fn list(conn: &mut PgConnection, f: &UnmanagedFilter<'_>) -> Result<Vec<UnmanagedRow>> {
    let environments: Vec<_> = f.visible.environments.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        UnmanagedRow,
        r#"select c.id as "cluster_id: ClusterId", c.name as cluster_name,
                  c.environment_id as "environment_id: EnvironmentId", e.name as environment_name,
                  e.title as environment_title, e.protected, e.colour,
                  i.namespace, i.name, i.uid, i.power, i.reason, i.milli_vcpu, i.memory_bytes, i.disk_count, i.disk_bytes,
                  i.node, i.address, i.hints || coalesce(n.hints, '[]') as "hints!: Json<Vec<Hint>>",
                  i.writers as "writers: Json<Vec<String>>", i.born_at, s.observed_at as "observed_at?",
                  coalesce(s.health = 'unreachable' or s.observed_at < app_now() - interval '2 minutes', true) as "stale!"
             from cluster c
             join environment e on e.id = c.environment_id
             join inventory_vm i on i.cluster_id = c.id and i.vm_id is null
             left join cluster_namespace n on n.cluster_id = c.id and n.name = i.namespace
             left join cluster_status s on s.cluster_id = c.id
            where c.deleted_at is null
              and ($1 or c.environment_id = any($2))
              and ($3::uuid is null or c.id = $3)
              and ($4::uuid is null or c.environment_id = $4)
              and ($5::text is null or i.namespace = $5)
              and ($6::text is null or i.power = $6)
              and ($7::timestamptz is null or i.born_at < $7)
              and ($8::text is null or strpos(lower(i.name || ' ' || i.namespace), lower($8)) > 0
                   or exists (select from jsonb_array_elements(i.hints || coalesce(n.hints, '[]')) h
                               where strpos(lower(h->>'value'), lower($8)) > 0))
              and ($9::text is null or (c.name, i.namespace, i.name) > ($9, $10::text, $11::text))
            order by c.name, i.namespace, i.name
            limit $12"#,
        f.visible.everything,
        &environments,
        f.cluster.map(|id| id.0),
        f.environment.map(|id| id.0),
        f.namespace,
        f.power,
        f.born_before,
        f.search,
        f.after.map(|after| after.0.as_str()),
        f.after.map(|after| after.1.as_str()),
        f.after.map(|after| after.2.as_str()),
        f.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
