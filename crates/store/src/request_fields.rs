//! Fields that requests are asked for, by environment and operation. A field is retired and never changed: what was
//! answered keeps its question.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shepherd_domain::authz::{Authorized, ManageCatalogue, Platform};
use shepherd_domain::ids::{EnvironmentId, RequestFieldId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Result, Tx};

/// A field as it is asked for.
#[derive(Clone, Debug)]
pub struct FieldRow {
    pub id: RequestFieldId,
    pub name: String,
    pub kind: String,
    pub labels: Json<BTreeMap<String, String>>,
    pub help: Json<BTreeMap<String, String>>,
    pub required: bool,
    pub pattern: Option<String>,
    pub choices: Vec<String>,
    /// Empty: everywhere.
    pub environment_ids: Vec<EnvironmentId>,
    pub operations: Vec<String>,
    pub position: i32,
    pub created_at: DateTime<Utc>,
    pub retired_at: Option<DateTime<Utc>>,
}

/// Which fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct FieldFilter<'a> {
    pub id: Option<RequestFieldId>,
    /// Only those asked for in this environment.
    pub environment: Option<EnvironmentId>,
    /// Only those asked for everywhere.
    pub everywhere: bool,
    /// Only those asked for with this operation.
    pub operation: Option<&'a str>,
    /// Only those of these names.
    pub names: Option<&'a [String]>,
    /// Those that are asked for no more as well.
    pub retired: bool,
}

/// In the order a form shows them. There are never more than may be asked for, and those retired.
pub async fn list(conn: &mut PgConnection, filter: &FieldFilter<'_>) -> Result<Vec<FieldRow>> {
    let rows = sqlx::query_as!(
        FieldRow,
        r#"select id as "id: RequestFieldId", name, kind, labels as "labels: Json<BTreeMap<String, String>>",
                  help as "help: Json<BTreeMap<String, String>>", required, pattern, choices,
                  environment_ids as "environment_ids: Vec<EnvironmentId>", operations, position, created_at, retired_at
             from request_field
            where ($1::uuid is null or environment_ids = '{}' or $1 = any(environment_ids))
              and ($2::text is null or $2 = any(operations))
              and ($3 or retired_at is null)
              and ($4::text[] is null or name = any($4))
              and ($5::uuid is null or id = $5)
              and (not $6 or environment_ids = '{}')
            order by retired_at is not null, position, created_at, name
            limit 500"#,
        filter.environment.map(|id| id.0),
        filter.operation,
        filter.retired,
        filter.names,
        filter.id.map(|id| id.0),
        filter.everywhere,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A field to ask for.
pub struct NewField<'a> {
    pub name: &'a str,
    pub kind: &'a str,
    pub labels: &'a BTreeMap<String, String>,
    pub help: &'a BTreeMap<String, String>,
    pub required: bool,
    pub pattern: Option<&'a str>,
    pub choices: &'a [String],
    pub environments: &'a [EnvironmentId],
    pub operations: &'a [String],
    pub position: i32,
}

/// Asks for a field from now on, unless there are `most` already; `None` says so. A name that is asked for already
/// violates `request_field_name`.
pub async fn create(
    tx: &mut Tx,
    auth: &Authorized<ManageCatalogue, Platform>,
    new: &NewField<'_>,
    most: i64,
) -> Result<Option<RequestFieldId>> {
    let environments: Vec<_> = new.environments.iter().map(|id| id.0).collect();
    let id = sqlx::query_scalar!(
        r#"insert into request_field (id, name, kind, labels, help, required, pattern, choices, environment_ids, operations,
                                      position, created_by)
           select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
            where (select count(*) from request_field where retired_at is null) < $13
           returning id as "id: RequestFieldId""#,
        RequestFieldId::new().0,
        new.name,
        new.kind,
        Json(new.labels) as _,
        Json(new.help) as _,
        new.required,
        new.pattern,
        new.choices,
        &environments,
        new.operations,
        new.position,
        auth.by().0,
        most,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// Asks for it no more; `false` says that it is not asked for.
pub async fn retire(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    id: RequestFieldId,
) -> Result<bool> {
    let done = sqlx::query!(
        "update request_field set retired_at = app_now() where id = $1 and retired_at is null",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many of these environments exist.
pub async fn known_environments(conn: &mut PgConnection, ids: &[EnvironmentId]) -> Result<i64> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let known =
        sqlx::query_scalar!(r#"select count(*) as "known!" from environment where id = any($1)"#, &ids)
            .fetch_one(conn)
            .await?;
    Ok(known)
}
