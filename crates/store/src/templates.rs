//! Templates and their immutable versions. Only the state of a version ever changes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shepherd_domain::authz::{Authorized, ManageCatalogue, Platform};
use shepherd_domain::ids::{TemplateId, TemplateVersionId};
use shepherd_domain::template::Variable;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Result, Tx};

/// A template with its newest versions.
#[derive(Clone, Debug)]
pub struct TemplateRow {
    pub id: TemplateId,
    pub name: String,
    pub title: String,
    /// Newest first.
    pub versions: Json<Vec<TemplateVersionRow>>,
    pub created_at: DateTime<Utc>,
}

/// One version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TemplateVersionRow {
    pub id: TemplateVersionId,
    pub version: i32,
    pub state: String,
    pub family: String,
    pub root: String,
    pub image: String,
    pub user_data: String,
    pub variables: Vec<Variable>,
    pub min_disk_bytes: i64,
    /// In hexadecimal digits.
    pub content_hash: String,
    pub created_at: DateTime<Utc>,
}

/// Which templates.
#[derive(Default)]
pub struct TemplateFilter<'a> {
    pub id: Option<TemplateId>,
    pub search: Option<&'a str>,
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
        r#"select t.id as "id: TemplateId", t.name, t.title, t.created_at,
                  (select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'version', v.version, 'state', v.state,
                          'family', v.family, 'root', v.root, 'image', v.image, 'user_data', v.user_data,
                          'variables', v.variables, 'min_disk_bytes', v.min_disk_bytes,
                          'content_hash', encode(v.content_hash, 'hex'), 'created_at', v.created_at)
                          order by v.version desc), '[]')
                     from (select * from template_version where template_id = t.id
                            order by version desc limit $5) v) as "versions!: Json<Vec<TemplateVersionRow>>"
             from template t
            where ($1::uuid is null or t.id = $1)
              and ($2::text is null or strpos(t.name, lower($2)) > 0)
              and ($3::text is null or t.name > $3)
            order by t.name
            limit $4"#,
        f.id.map(|id| id.0),
        f.search,
        f.after,
        f.limit,
        f.versions,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// What a version holds.
pub struct TemplateContentRow<'a> {
    pub family: &'a str,
    pub root: &'a str,
    pub image: &'a str,
    pub user_data: &'a str,
    pub variables: &'a [Variable],
    pub min_disk_bytes: i64,
    pub content_hash: &'a [u8],
}

/// Adds a template without versions. A taken name violates `template_name_key`.
pub async fn create(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    name: &str,
    title: &str,
) -> Result<TemplateId> {
    let id = TemplateId::new();
    sqlx::query!("insert into template (id, name, title) values ($1, $2, $3)", id.0, name, title)
        .execute(&mut **tx)
        .await?;
    Ok(id)
}

/// Adds the next version and returns the template's new version for the event.
pub async fn publish(
    tx: &mut Tx,
    auth: &Authorized<ManageCatalogue, Platform>,
    template: TemplateId,
    content: &TemplateContentRow<'_>,
) -> Result<i64> {
    // The lock makes version numbers follow one another.
    let changed = sqlx::query_scalar!(
        "update template set version = version + 1 where id = $1 returning version",
        template.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into template_version (id, template_id, version, family, root, image, user_data, variables,
                min_disk_bytes, content_hash, created_by)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10
           from template_version where template_id = $2",
        TemplateVersionId::new().0,
        template.0,
        content.family,
        content.root,
        content.image,
        content.user_data,
        Json(content.variables) as Json<&[Variable]>,
        content.min_disk_bytes,
        content.content_hash,
        auth.by().0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(changed)
}

/// What setting a state has changed.
#[derive(Clone, Debug)]
pub struct StateChange<Id> {
    /// The template or size it is a version of.
    pub of: Id,
    pub number: i32,
    pub before: String,
    /// The new version of `of`, for the event.
    pub version: i64,
}

/// Sets the state of a version.
pub async fn set_state(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    id: TemplateVersionId,
    state: &str,
) -> Result<StateChange<TemplateId>> {
    let row = sqlx::query!(
        r#"with before as (select id, state from template_version where id = $1 for no key update)
           update template_version v set state = $2 from before
            where v.id = before.id
           returning v.template_id as "of: TemplateId", v.version as number, before.state as "before!""#,
        id.0,
        state,
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
