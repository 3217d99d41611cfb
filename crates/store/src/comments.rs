//! What people say about a request. Rows are added and read, never changed.

use chrono::{DateTime, Utc};
use shepherd_domain::ids::{CommentId, PrincipalId, RequestId};
use sqlx::PgConnection;

use crate::{Result, Tx};

/// A comment with who made it.
#[derive(Clone, Debug)]
pub struct CommentRow {
    pub id: CommentId,
    /// The order of the thread.
    pub number: i64,
    pub person_id: PrincipalId,
    pub person_name: String,
    pub person_display: String,
    pub text: String,
    pub at: DateTime<Utc>,
}

/// A page of a thread, oldest first. The caller has checked that the request may be read.
pub async fn list(
    conn: &mut PgConnection,
    request: RequestId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<CommentRow>> {
    let rows = sqlx::query_as!(
        CommentRow,
        r#"select c.id as "id: CommentId", c.number, p.id as "person_id: PrincipalId", p.name as person_name,
                  p.display_name as person_display, c.text, c.at
             from request_comment c join principal p on p.id = c.principal_id
            where c.request_id = $1 and ($2::bigint is null or c.number > $2)
            order by c.number limit $3"#,
        request.0,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Adds one and returns when.
pub async fn add(
    tx: &mut Tx,
    id: CommentId,
    request: RequestId,
    by: PrincipalId,
    text: &str,
) -> Result<DateTime<Utc>> {
    let at = sqlx::query_scalar!(
        "insert into request_comment (id, request_id, principal_id, text) values ($1, $2, $3, $4) returning at",
        id.0,
        request.0,
        by.0,
        text,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(at)
}
