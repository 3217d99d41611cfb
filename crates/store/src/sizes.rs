//! Instance sizes and their immutable versions. Only the state of a version ever changes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shepherd_domain::authz::{Authorized, ManageCatalogue, Platform};
use shepherd_domain::compute::Compute;
use shepherd_domain::ids::{EnvironmentId, SizeId, SizeVersionId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::catalogue::{ItemEdit, NewState, StateChange, VersionRefRow};
use crate::environments::EnvironmentNameRow;
use crate::{Result, Tx};

/// A size with its newest versions.
#[derive(Clone, Debug)]
pub struct SizeRow {
    pub id: SizeId,
    pub name: String,
    pub description: String,
    /// Empty means everywhere.
    pub environments: Json<Vec<EnvironmentNameRow>>,
    /// Newest first.
    pub versions: Json<Vec<SizeVersionRow>>,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// One version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SizeVersionRow {
    pub id: SizeVersionId,
    pub version: i32,
    pub state: String,
    pub message: Option<String>,
    pub replacement: Option<VersionRefRow>,
    pub milli_vcpu: i64,
    pub memory_bytes: i64,
    pub disk_bytes: i64,
    pub compute: Compute,
    pub created_at: DateTime<Utc>,
}

/// Which sizes.
#[derive(Default)]
pub struct SizeFilter<'a> {
    pub id: Option<SizeId>,
    pub search: Option<&'a str>,
    /// Only those that may be used there.
    pub environment: Option<EnvironmentId>,
    /// The last name of the page before.
    pub after: Option<&'a str>,
    pub limit: i64,
}

/// By name.
pub async fn list(conn: &mut PgConnection, f: &SizeFilter<'_>) -> Result<Vec<SizeRow>> {
    let rows = sqlx::query_as!(
        SizeRow,
        r#"select z.id as "id: SizeId", z.name, z.description, z.created_at, z.version,
                  (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'name', e.name, 'title', e.title,
                          'protected', e.protected, 'colour', e.colour) order by e.position, e.name), '[]')
                     from environment e where e.id = any(z.environment_ids))
                      as "environments!: Json<Vec<EnvironmentNameRow>>",
                  (select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'version', v.version, 'state', v.state,
                          'message', v.state_message, 'replacement',
                          (select jsonb_build_object('id', r.id, 'of', x.id, 'name', x.name, 'version', r.version)
                             from size_version r join size x on x.id = r.size_id where r.id = v.replacement_id),
                          'compute', v.compute,
                          'milli_vcpu', v.milli_vcpu, 'memory_bytes', v.memory_bytes, 'disk_bytes', v.disk_bytes,
                          'created_at', v.created_at) order by v.version desc), '[]')
                     from (select * from size_version where size_id = z.id order by version desc limit 50) v)
                      as "versions!: Json<Vec<SizeVersionRow>>"
             from size z
            where ($1::uuid is null or z.id = $1)
              and ($2::text is null or strpos(z.name, lower($2)) > 0)
              and ($3::text is null or z.name > $3)
              and ($5::uuid is null or z.environment_ids = '{}' or $5 = any(z.environment_ids))
            order by z.name
            limit $4"#,
        f.id.map(|id| id.0),
        f.search,
        f.after,
        f.limit,
        f.environment.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The numbers of a version.
#[derive(Clone, Debug)]
pub struct SizeNumbers {
    pub milli_vcpu: i64,
    pub memory_bytes: i64,
    pub disk_bytes: i64,
    pub compute: Compute,
}

/// Adds a size without versions. A taken name violates `size_name_key`.
pub async fn create(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    name: &str,
    item: &ItemEdit<'_>,
) -> Result<SizeId> {
    let id = SizeId::new();
    sqlx::query!(
        "insert into size (id, name, description, environment_ids) values ($1, $2, $3, $4)",
        id.0,
        name,
        item.description.unwrap_or_default(),
        &item.environment_ids().unwrap_or_default(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Changes what is said of it if the version is still `version`; `None` says it is not.
pub async fn update(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    id: SizeId,
    version: i64,
    edit: &ItemEdit<'_>,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update size set description = coalesce($3, description),
                environment_ids = coalesce($4, environment_ids), version = version + 1
          where id = $1 and version = $2 returning version",
        id.0,
        version,
        edit.description,
        edit.environment_ids() as Option<Vec<uuid::Uuid>>,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

/// Adds the next version and returns the size's new version for the event.
pub async fn publish(
    tx: &mut Tx,
    auth: &Authorized<ManageCatalogue, Platform>,
    size: SizeId,
    numbers: &SizeNumbers,
) -> Result<i64> {
    // The lock makes version numbers follow one another.
    let changed =
        sqlx::query_scalar!("update size set version = version + 1 where id = $1 returning version", size.0)
            .fetch_one(&mut **tx)
            .await?;
    sqlx::query!(
        "insert into size_version (id, size_id, version, milli_vcpu, memory_bytes, disk_bytes, created_by, compute)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7 from size_version where size_id = $2",
        SizeVersionId::new().0,
        size.0,
        numbers.milli_vcpu,
        numbers.memory_bytes,
        numbers.disk_bytes,
        auth.by().0,
        Json(&numbers.compute) as Json<&Compute>,
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
    new: &NewState<'_>,
) -> Result<StateChange<SizeId>> {
    let row = sqlx::query!(
        r#"with before as (select id, state from size_version where id = $1 for no key update)
           update size_version v set state = $2, state_message = $3, replacement_id = $4 from before
            where v.id = before.id
           returning v.size_id as "of: SizeId", v.version as number, before.state as "before!""#,
        id.0,
        new.state,
        new.message,
        new.replacement,
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

/// The state of a version that is to replace another; `None` where there is none.
pub async fn version_state(conn: &mut PgConnection, id: SizeVersionId) -> Result<Option<String>> {
    let state = sqlx::query_scalar!("select state from size_version where id = $1", id.0);
    Ok(state.fetch_optional(conn).await?)
}
