//! Instance sizes and their immutable versions. Only the state of a version ever changes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shepherd_domain::authz::{Authorized, ManageCatalogue, Platform};
use shepherd_domain::ids::{SizeId, SizeVersionId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::templates::StateChange;
use crate::{Result, Tx};

/// A size with its newest versions.
#[derive(Clone, Debug)]
pub struct SizeRow {
    pub id: SizeId,
    pub name: String,
    /// Newest first.
    pub versions: Json<Vec<SizeVersionRow>>,
    pub created_at: DateTime<Utc>,
}

/// One version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SizeVersionRow {
    pub id: SizeVersionId,
    pub version: i32,
    pub state: String,
    pub milli_vcpu: i64,
    pub memory_bytes: i64,
    pub disk_bytes: i64,
    pub created_at: DateTime<Utc>,
}

/// Which sizes.
#[derive(Default)]
pub struct SizeFilter<'a> {
    pub id: Option<SizeId>,
    pub search: Option<&'a str>,
    /// The last name of the page before.
    pub after: Option<&'a str>,
    pub limit: i64,
}

/// By name.
pub async fn list(conn: &mut PgConnection, f: &SizeFilter<'_>) -> Result<Vec<SizeRow>> {
    let rows = sqlx::query_as!(
        SizeRow,
        r#"select z.id as "id: SizeId", z.name, z.created_at,
                  (select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'version', v.version, 'state', v.state,
                          'milli_vcpu', v.milli_vcpu, 'memory_bytes', v.memory_bytes, 'disk_bytes', v.disk_bytes,
                          'created_at', v.created_at) order by v.version desc), '[]')
                     from (select * from size_version where size_id = z.id order by version desc limit 50) v)
                      as "versions!: Json<Vec<SizeVersionRow>>"
             from size z
            where ($1::uuid is null or z.id = $1)
              and ($2::text is null or strpos(z.name, lower($2)) > 0)
              and ($3::text is null or z.name > $3)
            order by z.name
            limit $4"#,
        f.id.map(|id| id.0),
        f.search,
        f.after,
        f.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The numbers of a version.
#[derive(Clone, Copy, Debug)]
pub struct SizeNumbers {
    pub milli_vcpu: i64,
    pub memory_bytes: i64,
    pub disk_bytes: i64,
}

/// Adds a size without versions. A taken name violates `size_name_key`.
pub async fn create(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    name: &str,
) -> Result<SizeId> {
    let id = SizeId::new();
    sqlx::query!("insert into size (id, name) values ($1, $2)", id.0, name).execute(&mut **tx).await?;
    Ok(id)
}

/// Adds the next version and returns the size's new version for the event.
pub async fn publish(
    tx: &mut Tx,
    auth: &Authorized<ManageCatalogue, Platform>,
    size: SizeId,
    numbers: SizeNumbers,
) -> Result<i64> {
    // The lock makes version numbers follow one another.
    let changed =
        sqlx::query_scalar!("update size set version = version + 1 where id = $1 returning version", size.0)
            .fetch_one(&mut **tx)
            .await?;
    sqlx::query!(
        "insert into size_version (id, size_id, version, milli_vcpu, memory_bytes, disk_bytes, created_by)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6 from size_version where size_id = $2",
        SizeVersionId::new().0,
        size.0,
        numbers.milli_vcpu,
        numbers.memory_bytes,
        numbers.disk_bytes,
        auth.by().0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(changed)
}

/// Sets the state of a version.
pub async fn set_state(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    id: SizeVersionId,
    state: &str,
) -> Result<StateChange<SizeId>> {
    let row = sqlx::query!(
        r#"with before as (select id, state from size_version where id = $1 for no key update)
           update size_version v set state = $2 from before
            where v.id = before.id
           returning v.size_id as "of: SizeId", v.version as number, before.state as "before!""#,
        id.0,
        state,
    )
    .fetch_one(&mut **tx)
    .await?;
    let version = sqlx::query_scalar!(
        "update size set version = version + 1 where id = $1 returning version",
        row.of.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(StateChange { of: row.of, number: row.number, before: row.before, version })
}
