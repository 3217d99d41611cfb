//! Wishes that are not handed in yet. Every statement names the author: nobody else's drafts exist.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::ids::{
    DraftId, PrincipalId, RequestId, ServiceId, SizeVersionId, SystemId, TemplateVersionId,
};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// A draft with the names of where it belongs.
#[derive(Clone, Debug)]
pub struct DraftRow {
    pub id: DraftId,
    pub number: i64,
    pub system_id: SystemId,
    pub system_name: String,
    pub service_id: ServiceId,
    pub service_name: String,
    pub body: Value,
    pub from_request_id: Option<RequestId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

/// A page of someone's drafts, newest first; only one of them, if it is named.
pub async fn list(
    conn: &mut PgConnection,
    author: PrincipalId,
    only: Option<DraftId>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<DraftRow>> {
    let rows = sqlx::query_as!(
        DraftRow,
        r#"select d.id as "id: DraftId", d.number, y.id as "system_id: SystemId", y.name as system_name,
                  v.id as "service_id: ServiceId", v.name as service_name, d.body,
                  d.from_request_id as "from_request_id: RequestId", d.created_at, d.updated_at, d.version
             from request_draft d join service v on v.id = d.service_id join system y on y.id = v.system_id
            where d.author_id = $1 and ($2::uuid is null or d.id = $2) and ($3::bigint is null or d.number < $3)
            order by d.number desc limit $4"#,
        author.0,
        only.map(|id| id.0),
        before,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Keeps a draft, unless its author has `most` already; `false` says so.
pub async fn insert(
    tx: &mut Tx,
    id: DraftId,
    author: PrincipalId,
    service: ServiceId,
    body: &Value,
    from: Option<RequestId>,
    most: i64,
) -> Result<bool> {
    let done = sqlx::query!(
        "insert into request_draft (id, author_id, service_id, body, from_request_id)
         select $1, $2, $3, $4, $5 where (select count(*) from request_draft where author_id = $2) < $6",
        id.0,
        author.0,
        service.0,
        body,
        from.map(|id| id.0),
        most,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Changes a draft if it is still of that version; `false` says that it is not.
pub async fn update(
    tx: &mut Tx,
    id: DraftId,
    author: PrincipalId,
    version: i64,
    service: ServiceId,
    body: &Value,
) -> Result<bool> {
    let done = sqlx::query!(
        "update request_draft set service_id = $4, body = $5, updated_at = app_now(), version = version + 1
          where id = $1 and author_id = $2 and version = $3",
        id.0,
        author.0,
        version,
        service.0,
        body,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a draft away for good: discarded, or handed in. With `version`, only if it is still that. `false` says that
/// there is none.
pub async fn remove(tx: &mut Tx, id: DraftId, author: PrincipalId, version: Option<i64>) -> Result<bool> {
    let done = sqlx::query!(
        "delete from request_draft where id = $1 and author_id = $2 and ($3::bigint is null or version = $3)",
        id.0,
        author.0,
        version,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The versions to take for another VM of the same template and size: the same ones while they can be used, else the
/// newest that can, else the same ones again, which submitting then refuses by name.
pub async fn usable_versions(
    conn: &mut PgConnection,
    template: TemplateVersionId,
    size: SizeVersionId,
) -> Result<(TemplateVersionId, SizeVersionId)> {
    let row = sqlx::query!(
        r#"select coalesce((select n.id from template_version o join template_version n on n.template_id = o.template_id
                   where o.id = $1 and n.state = 'active' order by n.id = o.id desc, n.version desc limit 1), $1)
                      as "template!: TemplateVersionId",
                  coalesce((select n.id from size_version o join size_version n on n.size_id = o.size_id
                   where o.id = $2 and n.state = 'active' order by n.id = o.id desc, n.version desc limit 1), $2)
                      as "size!: SizeVersionId""#,
        template.0,
        size.0,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.template, row.size))
}
