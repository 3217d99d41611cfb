//! Environments: test, staging, production and the like. There are a handful, and none is ever removed.

use serde::{Deserialize, Serialize};
use shepherd_domain::authz::{Authorized, ManageCatalogue, Platform, Visible};
use shepherd_domain::ids::EnvironmentId;
use sqlx::PgConnection;

use crate::namespaces::Sight;
use crate::{Result, Tx};

/// An environment with the number of what the reader may see in it.
#[derive(Clone, Debug, Serialize)]
pub struct EnvironmentRow {
    pub id: EnvironmentId,
    pub name: String,
    pub title: String,
    pub protected: bool,
    pub colour: String,
    pub position: i32,
    pub trash_days: i32,
    pub cluster_count: i64,
    pub namespace_count: i64,
    pub vm_count: i64,
}

/// How an environment is named wherever it is mentioned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnvironmentNameRow {
    pub id: EnvironmentId,
    pub name: String,
    pub title: String,
    pub protected: bool,
    pub colour: String,
}

/// All of them, in the order people gave them. Namespaces and VMs are counted as far as the reader sees them.
pub async fn list(conn: &mut PgConnection, namespaces: &Sight, vms: &Visible) -> Result<Vec<EnvironmentRow>> {
    let ids = |ids: &[EnvironmentId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let systems: Vec<_> = vms.systems.iter().map(|id| id.0).collect();
    let services: Vec<_> = vms.services.iter().map(|id| id.0).collect();
    let places: Vec<_> = vms.vms.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        EnvironmentRow,
        r#"select e.id as "id: EnvironmentId", e.name, e.title, e.protected, e.colour, e.position,
                  coalesce(e.trash_days, case when e.protected then 30 else 7 end) as "trash_days!",
                  (select count(*) from cluster c where c.environment_id = e.id and c.deleted_at is null)
                      as "cluster_count!",
                  (select count(*) from namespace n where n.environment_id = e.id and n.deleted_at is null
                      and ($1 or e.id = any($2) or n.system_ids = '{}' or n.system_ids && $3)) as "namespace_count!",
                  (select count(*) from vm m where m.environment_id = e.id and m.deleted_at is null
                      and ($4 or e.id = any($5) or ((m.system_id = any($6) or m.service_id = any($9) or m.id = any($10)) and ($7 or e.id = any($8))))) as "vm_count!"
             from environment e
            order by e.position, e.name
            limit 200"#,
        namespaces.everything,
        &namespaces.environments,
        &namespaces.systems,
        vms.everything,
        &ids(&vms.environments),
        &systems,
        vms.member_everywhere,
        &ids(&vms.member_environments),
        &services,
        &places,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The name of one.
pub async fn reference(conn: &mut PgConnection, id: EnvironmentId) -> Result<EnvironmentNameRow> {
    let row = sqlx::query_as!(
        EnvironmentNameRow,
        r#"select id as "id: EnvironmentId", name, title, protected, colour from environment where id = $1"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Those of `ids` that exist.
pub async fn known(conn: &mut PgConnection, ids: &[EnvironmentId]) -> Result<Vec<EnvironmentId>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows =
        sqlx::query_scalar!(r#"select id as "id: EnvironmentId" from environment where id = any($1)"#, &ids,)
            .fetch_all(conn)
            .await?;
    Ok(rows)
}

/// An environment to write.
pub struct NewEnvironment<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub protected: bool,
    pub colour: &'a str,
    pub position: i32,
    /// How long what is deleted is kept; the default of its kind if `None`.
    pub trash_days: Option<i32>,
}

/// Adds one. A taken name violates `environment_name_key`.
pub async fn create(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    new: &NewEnvironment<'_>,
) -> Result<EnvironmentId> {
    let id = EnvironmentId::new();
    sqlx::query!(
        "insert into environment (id, name, title, protected, colour, position, trash_days)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id.0,
        new.name,
        new.title,
        new.protected,
        new.colour,
        new.position,
        new.trash_days,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}
