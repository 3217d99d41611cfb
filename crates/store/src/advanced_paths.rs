//! Which fields of KubeVirt templates may set, and which of them each cluster knows.

use serde_json::Value;
use shepherd_domain::authz::{Authorized, ManageCatalogue, Platform};
use shepherd_domain::ids::{ClusterId, EnvironmentId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// The list.
#[derive(Clone, Debug)]
pub struct PathsRow {
    pub paths: Vec<String>,
    pub version: i64,
}

/// What it is now.
pub async fn get(conn: &mut PgConnection) -> Result<PathsRow> {
    let row = sqlx::query_as!(PathsRow, "select paths, version from advanced_paths").fetch_one(conn).await?;
    Ok(row)
}

/// Changes it if the version is still `version`; `None` says it is not.
pub async fn set(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    version: i64,
    paths: &[String],
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update advanced_paths set paths = $2, version = version + 1 where version = $1 returning version",
        version,
        paths,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

/// What a cluster knows.
#[derive(Clone, Debug)]
pub struct SchemaRow {
    pub cluster_id: ClusterId,
    pub schema: Value,
}

/// The schemas of the clusters of these environments, or of all; for whom one has fields to set.
pub async fn schemas(conn: &mut PgConnection, environments: &[EnvironmentId]) -> Result<Vec<SchemaRow>> {
    let ids: Vec<_> = environments.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        SchemaRow,
        r#"select s.cluster_id as "cluster_id: ClusterId", s.instance_schema as "schema!"
             from cluster c join cluster_status s on s.cluster_id = c.id
            where c.deleted_at is null and s.instance_schema is not null
              and ($1::uuid[] = '{}' or c.environment_id = any($1))
            limit 500"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Of which version of KubeVirt a cluster's schema is; `None` where there is none yet.
pub async fn schema_version(conn: &mut PgConnection, id: ClusterId) -> Result<Option<String>> {
    let version =
        sqlx::query_scalar!("select schema_version from cluster_status where cluster_id = $1", id.0);
    Ok(version.fetch_optional(conn).await?.flatten())
}

/// Keeps what a cluster knows.
pub async fn learn(tx: &mut Tx, id: ClusterId, version: &str, schema: &Value) -> Result<()> {
    sqlx::query!(
        "update cluster_status set instance_schema = $2, schema_version = $3 where cluster_id = $1",
        id.0,
        schema,
        version,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
