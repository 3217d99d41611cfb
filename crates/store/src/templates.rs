//! Templates and their immutable versions. Only the state of a version ever changes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shepherd_domain::authz::{Authorized, ManageCatalogue, Platform};
use shepherd_domain::ids::{EnvironmentId, TemplateId, TemplateVersionId};
use shepherd_domain::source::DiskSource;
use shepherd_domain::template::Variable;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::catalogue::{ItemEdit, NewState, StateChange, VersionRefRow};
use crate::environments::EnvironmentNameRow;
use crate::{Result, Tx};

/// A template with its newest versions.
#[derive(Clone, Debug)]
pub struct TemplateRow {
    pub id: TemplateId,
    pub name: String,
    pub title: String,
    pub description: String,
    /// Empty means everywhere.
    pub environments: Json<Vec<EnvironmentNameRow>>,
    /// Newest first.
    pub versions: Json<Vec<TemplateVersionRow>>,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// One version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TemplateVersionRow {
    pub id: TemplateVersionId,
    pub version: i32,
    pub state: String,
    pub message: Option<String>,
    pub replacement: Option<VersionRefRow>,
    pub family: String,
    pub root: String,
    pub source: DiskSource,
    pub user_data: String,
    pub variables: Vec<Variable>,
    pub min_disk_bytes: i64,
    pub advanced: Map<String, Value>,
    /// In hexadecimal digits.
    pub content_hash: String,
    pub created_at: DateTime<Utc>,
}

/// Which templates.
#[derive(Default)]
pub struct TemplateFilter<'a> {
    pub id: Option<TemplateId>,
    pub search: Option<&'a str>,
    /// Only those that may be used there.
    pub environment: Option<EnvironmentId>,
    /// The last name of the page before.
    pub after: Option<&'a str>,
    pub limit: i64,
    /// Versions of each.
    pub versions: i64,
}

/// By name.
pub async fn list(conn: &mut PgConnection, f: &TemplateFilter<'_>) -> Result<Vec<TemplateRow>> {
    let rows = sqlx::query_as!(
        TemplateRow,
        r#"select t.id as "id: TemplateId", t.name, t.title, t.description, t.created_at, t.version,
                  (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'name', e.name, 'title', e.title,
                          'protected', e.protected, 'colour', e.colour) order by e.position, e.name), '[]')
                     from environment e where e.id = any(t.environment_ids))
                      as "environments!: Json<Vec<EnvironmentNameRow>>",
                  (select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'version', v.version, 'state', v.state,
                          'message', v.state_message, 'replacement',
                          (select jsonb_build_object('id', r.id, 'of', x.id, 'name', x.name, 'version', r.version)
                             from template_version r join template x on x.id = r.template_id
                            where r.id = v.replacement_id),
                          'family', v.family, 'root', v.root, 'user_data', v.user_data,
                          'source', coalesce(v.source, jsonb_build_object('image', v.image)),
                          'variables', v.variables, 'min_disk_bytes', v.min_disk_bytes, 'advanced', v.advanced,
                          'content_hash', encode(v.content_hash, 'hex'), 'created_at', v.created_at)
                          order by v.version desc), '[]')
                     from (select * from template_version where template_id = t.id
                            order by version desc limit $5) v) as "versions!: Json<Vec<TemplateVersionRow>>"
             from template t
            where ($1::uuid is null or t.id = $1)
              and ($2::text is null or strpos(t.name, lower($2)) > 0)
              and ($3::text is null or t.name > $3)
              and ($6::uuid is null or t.environment_ids = '{}' or $6 = any(t.environment_ids))
            order by t.name
            limit $4"#,
        f.id.map(|id| id.0),
        f.search,
        f.after,
        f.limit,
        f.versions,
        f.environment.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// What a version holds.
pub struct TemplateContentRow<'a> {
    pub family: &'a str,
    pub root: &'a str,
    pub source: &'a DiskSource,
    pub user_data: &'a str,
    pub variables: &'a [Variable],
    pub min_disk_bytes: i64,
    pub advanced: &'a Map<String, Value>,
    pub content_hash: &'a [u8],
}

/// Adds a template without versions. A taken name violates `template_name_key`.
pub async fn create(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    name: &str,
    item: &ItemEdit<'_>,
) -> Result<TemplateId> {
    let id = TemplateId::new();
    sqlx::query!(
        "insert into template (id, name, title, description, environment_ids) values ($1, $2, $3, $4, $5)",
        id.0,
        name,
        item.title.unwrap_or(name),
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
    id: TemplateId,
    version: i64,
    edit: &ItemEdit<'_>,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update template set title = coalesce($3, title), description = coalesce($4, description),
                environment_ids = coalesce($5, environment_ids), version = version + 1
          where id = $1 and version = $2 returning version",
        id.0,
        version,
        edit.title,
        edit.description,
        edit.environment_ids() as Option<Vec<uuid::Uuid>>,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

/// Adds the next version and returns the template's new version for the event.
pub async fn publish(
    tx: &mut Tx,
    auth: &Authorized<ManageCatalogue, Platform>,
    template: TemplateId,
    content: &TemplateContentRow<'_>,
) -> Result<i64> {
    let (image, source) = match content.source {
        DiskSource::Image(image) => (image.as_str(), None),
        other => ("", Some(Json(other))),
    };
    // The lock makes version numbers follow one another.
    let changed = sqlx::query_scalar!(
        "update template set version = version + 1 where id = $1 returning version",
        template.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into template_version (id, template_id, version, family, root, image, user_data, variables,
                min_disk_bytes, content_hash, created_by, source, advanced)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
           from template_version where template_id = $2",
        TemplateVersionId::new().0,
        template.0,
        content.family,
        content.root,
        image,
        content.user_data,
        Json(content.variables) as Json<&[Variable]>,
        content.min_disk_bytes,
        content.content_hash,
        auth.by().0,
        source as Option<Json<&DiskSource>>,
        Json(content.advanced) as Json<&Map<String, Value>>,
    )
    .execute(&mut **tx)
    .await?;
    Ok(changed)
}

/// Sets the state of a version.
pub async fn set_state(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    id: TemplateVersionId,
    new: &NewState<'_>,
) -> Result<StateChange<TemplateId>> {
    let row = sqlx::query!(
        r#"with before as (select id, state from template_version where id = $1 for no key update)
           update template_version v set state = $2, state_message = $3, replacement_id = $4 from before
            where v.id = before.id
           returning v.template_id as "of: TemplateId", v.version as number, before.state as "before!""#,
        id.0,
        new.state,
        new.message,
        new.replacement,
    )
    .fetch_one(&mut **tx)
    .await?;
    let version = sqlx::query_scalar!(
        "update template set version = version + 1 where id = $1 returning version",
        row.of.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(StateChange { of: row.of, number: row.number, before: row.before, version })
}

/// The state of a version that is to replace another; `None` where there is none.
pub async fn version_state(conn: &mut PgConnection, id: TemplateVersionId) -> Result<Option<String>> {
    let state = sqlx::query_scalar!("select state from template_version where id = $1", id.0);
    Ok(state.fetch_optional(conn).await?)
}
