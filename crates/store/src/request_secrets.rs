//! Values of secret variables, sealed. A spec names the row; nobody reads the value but to render what a guest gets.

use shepherd_domain::ids::{PrincipalId, RequestId, SecretId};
use sqlx::PgConnection;

use crate::secrets::Slot;
use crate::{Result, Tx};

/// Where the value of a row is sealed for.
pub fn slot(id: SecretId) -> Slot {
    Slot { table: "request_secret", column: "value", row: id.0 }
}

/// A sealed value.
#[derive(Clone)]
pub struct SecretRow {
    pub id: SecretId,
    pub value: Vec<u8>,
}

/// Keeps one.
pub async fn insert(tx: &mut Tx, id: SecretId, owner: PrincipalId, sealed: &[u8]) -> Result<()> {
    sqlx::query!(
        "insert into request_secret (id, principal_id, value) values ($1, $2, $3)",
        id.0,
        owner.0,
        sealed,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many somebody keeps.
pub async fn count(conn: &mut PgConnection, owner: PrincipalId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from request_secret where principal_id = $1"#,
        owner.0,
    );
    Ok(count.fetch_one(conn).await?)
}

/// Those of `ids` that `who` may put into a wish: their own, and those that the request it takes the place of names
/// already.
pub async fn usable(
    conn: &mut PgConnection,
    ids: &[SecretId],
    who: PrincipalId,
    instead_of: Option<RequestId>,
) -> Result<Vec<SecretRow>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        SecretRow,
        r#"select s.id as "id: SecretId", s.value from request_secret s
            where s.id = any($1)
              and (s.principal_id = $2 or exists (
                  select from request r, jsonb_each_text(coalesce(r.spec_json->'secrets', '{}')) named
                   where r.id = $3 and named.value = s.id::text))"#,
        &ids,
        who.0,
        instead_of.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Those of `ids` that there are: for what was approved with them.
pub async fn named(conn: &mut PgConnection, ids: &[SecretId]) -> Result<Vec<SecretRow>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        SecretRow,
        r#"select id as "id: SecretId", value from request_secret where id = any($1)"#,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
