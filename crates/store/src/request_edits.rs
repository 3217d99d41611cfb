//! Changing what an open request asks for: the new wording takes the place of the old one, which is kept.
//!
//! The caller holds the request's row lock, has checked its state and version, and writes new stages afterwards. Not
//! here: what may be changed and by whom.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shepherd_domain::ids::{ClusterId, NamespaceId, PrincipalId, RequestId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// How a request reads from now on.
pub struct Rewrite<'a> {
    pub id: RequestId,
    pub editor: PrincipalId,
    /// Who answers for the editor.
    pub person: PrincipalId,
    pub namespace: Option<NamespaceId>,
    pub spec: &'a [u8],
    pub spec_version: i32,
    pub spec_json: &'a Value,
    pub spec_hash: &'a [u8],
    pub copy_number: i32,
    pub reason: &'a str,
    pub verdict: &'a Value,
    pub inputs: &'a Value,
    pub placement: &'a Value,
    pub cluster: Option<ClusterId>,
    pub automatic_rule: Option<&'a str>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Writes the new wording, keeps the old one, voids every word said on it, and ends its stages. A twin violates one of
/// the `request_duplicate_*` indexes. Returns the request's new version.
pub async fn rewrite(tx: &mut Tx, new: &Rewrite<'_>) -> Result<i64> {
    sqlx::query!(
        "insert into request_edit (request_id, revision, principal_id, person_id, spec, spec_json, spec_hash, reason,
                                   verdict, inputs, placement)
         select id, revision + 1, $2, $3, spec, spec_json, spec_hash, reason, verdict, inputs, placement
           from request where id = $1",
        new.id.0,
        new.editor.0,
        new.person.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update decision set void = true where request_id = $1 and not void", new.id.0)
        .execute(&mut **tx)
        .await?;
    crate::decisions::void_open_stages(tx, new.id).await?;
    let version = sqlx::query_scalar!(
        "update request set state = 'pending', revision = revision + 1, namespace_id = $2, spec = $3, spec_version = $4,
                spec_json = $5, spec_hash = $6, copy_number = $7, reason = $8, verdict = $9, inputs = $10,
                placement = $11, cluster_id = $12, automatic_rule = $13, expires_at = $14, decided_at = null,
                closed_at = null, failure_code = null, failure_params = null, failure_text = null,
                version = version + 1
          where id = $1 returning version",
        new.id.0,
        new.namespace.map(|id| id.0),
        new.spec,
        new.spec_version,
        new.spec_json,
        new.spec_hash,
        new.copy_number,
        new.reason,
        new.verdict,
        new.inputs,
        new.placement,
        new.cluster.map(|id| id.0),
        new.automatic_rule,
        new.expires_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

/// One edit, with what it replaced.
#[derive(Clone, Debug)]
pub struct EditRow {
    pub revision: i32,
    pub editor_id: PrincipalId,
    pub editor_name: String,
    pub editor_display: String,
    pub person_id: PrincipalId,
    pub spec_json: Value,
    pub spec_hash: Vec<u8>,
    pub reason: String,
    pub at: DateTime<Utc>,
}

/// The edits of a request, newest first. There are never more than the limit on edits allows.
pub async fn edits(conn: &mut PgConnection, id: RequestId) -> Result<Vec<EditRow>> {
    let rows = sqlx::query_as!(
        EditRow,
        r#"select x.revision, x.principal_id as "editor_id: PrincipalId", p.name as editor_name,
                  p.display_name as editor_display, x.person_id as "person_id: PrincipalId", x.spec_json, x.spec_hash,
                  x.reason, x.at
             from request_edit x join principal p on p.id = x.principal_id
            where x.request_id = $1 order by x.revision desc"#,
        id.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
