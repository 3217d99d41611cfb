//! Governed namespaces: where VMs may be asked for, and by which Systems.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shepherd_domain::authz::{Authorized, InEnvironment, ManageCatalogue, Visible};
use shepherd_domain::ids::{EnvironmentId, NamespaceId, SystemId};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, Tx};

/// Which namespaces a reader may know of: those open to every System or to one of theirs, and all where they manage
/// the catalogue or read every System.
#[derive(Clone, Debug)]
pub struct Sight {
    pub everything: bool,
    pub environments: Vec<Uuid>,
    pub systems: Vec<Uuid>,
}

impl Sight {
    /// From what may be managed and which Systems may be read.
    pub fn new(manage: &Visible, systems: &Visible) -> Self {
        let environments = manage.environments.iter().chain(&systems.environments);
        Self {
            everything: manage.everything || systems.everything,
            environments: environments.map(|id| id.0).collect(),
            systems: systems.systems.iter().map(|id| id.0).collect(),
        }
    }
}

/// A namespace as pages show it. `systems` are those of its Systems that the reader may know of.
#[derive(Clone, Debug)]
pub struct NamespaceRow {
    pub id: NamespaceId,
    pub name: String,
    pub environment_id: EnvironmentId,
    pub environment_name: String,
    pub environment_title: String,
    pub protected: bool,
    pub colour: String,
    pub systems: Json<Vec<SystemNameRow>>,
    pub vm_count: i64,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// How a System is named wherever it is mentioned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SystemNameRow {
    pub id: SystemId,
    pub name: String,
}

/// Which namespaces.
pub struct NamespaceFilter<'a> {
    pub sight: &'a Sight,
    pub id: Option<NamespaceId>,
    pub environment: Option<EnvironmentId>,
    /// Only those this System may use.
    pub system: Option<SystemId>,
    pub search: Option<&'a str>,
    /// The last name of the page before.
    pub after: Option<&'a str>,
    pub limit: i64,
}

/// By name.
pub async fn list(conn: &mut PgConnection, f: &NamespaceFilter<'_>) -> Result<Vec<NamespaceRow>> {
    let rows = sqlx::query_as!(
        NamespaceRow,
        r#"select n.id as "id: NamespaceId", n.name, n.environment_id as "environment_id: EnvironmentId",
                  e.name as environment_name, e.title as environment_title, e.protected, e.colour,
                  (select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name) order by s.name), '[]')
                     from system s where s.id = any(n.system_ids)
                      and ($1 or n.environment_id = any($2) or s.id = any($3)))
                      as "systems!: Json<Vec<SystemNameRow>>",
                  (select count(*) from vm m where m.namespace_id = n.id and m.deleted_at is null) as "vm_count!",
                  n.created_at, n.version
             from namespace n join environment e on e.id = n.environment_id
            where n.deleted_at is null
              and ($1 or n.environment_id = any($2) or n.system_ids = '{}' or n.system_ids && $3)
              and ($4::uuid is null or n.id = $4)
              and ($5::uuid is null or n.environment_id = $5)
              and ($6::uuid is null or n.system_ids = '{}' or $6 = any(n.system_ids))
              and ($7::text is null or strpos(n.name, lower($7)) > 0)
              and ($8::text is null or n.name > $8)
            order by n.name
            limit $9"#,
        f.sight.everything,
        &f.sight.environments,
        &f.sight.systems,
        f.id.map(|id| id.0),
        f.environment.map(|id| id.0),
        f.system.map(|id| id.0),
        f.search,
        f.after,
        f.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Which environment it is in, for the check before it is touched, and who may use it.
pub async fn scope(conn: &mut PgConnection, id: NamespaceId) -> Result<(EnvironmentId, Vec<SystemId>)> {
    let row = sqlx::query!(
        r#"select environment_id as "environment_id: EnvironmentId", system_ids as "system_ids: Vec<SystemId>"
             from namespace where id = $1 and deleted_at is null"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.environment_id, row.system_ids))
}

/// Those of `ids` that exist, by name.
pub async fn systems(conn: &mut PgConnection, ids: &[SystemId]) -> Result<Vec<SystemNameRow>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        SystemNameRow,
        r#"select id as "id: SystemId", name from system where id = any($1) and deleted_at is null order by name"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Adds one. A taken name violates `namespace_name`.
pub async fn create(
    tx: &mut Tx,
    auth: &Authorized<ManageCatalogue, InEnvironment>,
    name: &str,
    systems: &[SystemId],
) -> Result<NamespaceId> {
    let id = NamespaceId::new();
    let systems: Vec<_> = systems.iter().map(|id| id.0).collect();
    sqlx::query!(
        "insert into namespace (id, name, environment_id, system_ids) values ($1, $2, $3, $4)",
        id.0,
        name,
        auth.resource().0.0,
        &systems,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Marks a namespace deleted and returns its new version; `None` says that VMs or open requests are still in it.
pub async fn delete(
    tx: &mut Tx,
    auth: &Authorized<ManageCatalogue, InEnvironment>,
    id: NamespaceId,
) -> Result<Option<i64>> {
    // Inserting a VM or a request takes a key lock on this row, so it waits for us or we for it.
    sqlx::query!("select id from namespace where id = $1 and deleted_at is null for update", id.0)
        .fetch_one(&mut **tx)
        .await?;
    let version = sqlx::query_scalar!(
        "update namespace set deleted_at = app_now(), version = version + 1
          where id = $1 and environment_id = $2
            and not exists (select from vm where namespace_id = $1 and deleted_at is null)
            and not exists (select from pool where namespace_id = $1 and deleted_at is null)
            and not exists (select from request where namespace_id = $1
                and state in ('pending', 'changes_requested', 'approved', 'executing'))
         returning version",
        id.0,
        auth.resource().0.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(version)
}
