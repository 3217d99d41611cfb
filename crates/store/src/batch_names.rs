//! The names that rows of a table use.

use shepherd_domain::ids::{EnvironmentId, NamespaceId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

/// Far more versions than rows can name.
const MOST: i64 = 10_000;

/// One version of a named item.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub name: String,
    pub version: i32,
    pub id: Uuid,
    pub state: String,
}

/// The versions of these sizes, newest first.
pub async fn sizes(conn: &mut PgConnection, names: &[String]) -> Result<Vec<VersionRow>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        VersionRow,
        "select z.name, v.version, v.id, v.state from size z join size_version v on v.size_id = z.id
          where z.name = any($1) order by v.version desc limit $2",
        names,
        MOST,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The versions of these templates, newest first.
pub async fn templates(conn: &mut PgConnection, names: &[String]) -> Result<Vec<VersionRow>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        VersionRow,
        "select t.name, v.version, v.id, v.state from template t join template_version v on v.template_id = t.id
          where t.name = any($1) order by v.version desc limit $2",
        names,
        MOST,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The namespaces of these names in an environment.
pub async fn namespaces(
    conn: &mut PgConnection,
    names: &[String],
    environment: EnvironmentId,
) -> Result<Vec<(String, NamespaceId)>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"select name, id as "id: NamespaceId" from namespace
            where name = any($1) and environment_id = $2 and deleted_at is null"#,
        names,
        environment.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}
