//! What it takes to talk to a cluster. Apart from the clusters as people see them, because of the sealed credentials.

use shepherd_domain::ids::{ClusterId, EnvironmentId};
use sqlx::PgConnection;

use crate::Result;

/// A cluster's address and sealed credentials. The version grows when they are rotated, and when the mode changes.
#[derive(Clone, Debug)]
pub struct LinkRow {
    pub id: ClusterId,
    pub name: String,
    pub environment_id: EnvironmentId,
    pub credentials: Vec<u8>,
    pub mode: String,
    pub version: i64,
}

/// One cluster.
pub async fn get(conn: &mut PgConnection, id: ClusterId) -> Result<LinkRow> {
    let row = sqlx::query_as!(
        LinkRow,
        r#"select id as "id: ClusterId", name, environment_id as "environment_id: EnvironmentId",
                  credentials as "credentials!", mode, link_version as version
             from cluster where id = $1 and deleted_at is null"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Every cluster: what the watchers share among themselves.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<(ClusterId, i64)>> {
    let rows = sqlx::query!(
        r#"select id as "id: ClusterId", link_version as version from cluster where deleted_at is null order by id limit 1000"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.version)).collect())
}
