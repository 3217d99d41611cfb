//! Answers kept for repeated calls (`Idempotency-Key`).
//!
//! The row is claimed first in the effect's own transaction, so two equal calls at once wait for each other on the
//! primary key: the second either replays the first's answer or, if that rolled back, does the work itself.
//! Secrets never come here: operations that answer with one are not idempotent in the contract.

use serde_json::Value;
use shepherd_domain::ids::PrincipalId;
use sqlx::PgConnection;

use crate::{Result, Tx};

/// Which call this is.
#[derive(Clone, Debug)]
pub struct Key<'a> {
    pub principal: PrincipalId,
    pub operation: &'a str,
    pub key: &'a str,
    /// SHA-256 of the request body.
    pub body_hash: &'a [u8],
}

/// What claiming found.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// First time: do the work, then [`complete`].
    Fresh,
    /// Seen before: this was the answer.
    Replay(Value),
    /// Seen before with another body: a fault of the client.
    Reused,
}

/// Claims the key. A key older than 24 hours is forgotten.
pub async fn claim(tx: &mut Tx, key: &Key<'_>) -> Result<Claim> {
    let fresh = sqlx::query_scalar!(
        r#"insert into idempotency (principal_id, operation, key, body_hash) values ($1, $2, $3, $4)
           on conflict (principal_id, operation, key) do update
              set body_hash = excluded.body_hash, response = null, created_at = app_now()
            where idempotency.created_at < app_now() - interval '24 hours'
           returning true as "fresh!""#,
        key.principal.0,
        key.operation,
        key.key,
        key.body_hash,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match fresh {
        Some(_) => Ok(Claim::Fresh),
        None => look(tx, key).await,
    }
}

/// What claiming would find, without claiming: for a call that must be answered again although the state of things
/// would refuse it now, because it is itself what brought that state about.
pub async fn look(conn: &mut PgConnection, key: &Key<'_>) -> Result<Claim> {
    let row = sqlx::query!(
        "select body_hash, response from idempotency
          where principal_id = $1 and operation = $2 and key = $3 and created_at >= app_now() - interval '24 hours'",
        key.principal.0,
        key.operation,
        key.key,
    )
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        None => Claim::Fresh,
        Some(row) if row.body_hash == key.body_hash => row.response.map_or(Claim::Reused, Claim::Replay),
        Some(_) => Claim::Reused,
    })
}

/// Keeps the answer, in the same transaction.
pub async fn complete(tx: &mut Tx, key: &Key<'_>, response: &Value) -> Result<()> {
    sqlx::query!(
        "update idempotency set response = $4 where principal_id = $1 and operation = $2 and key = $3",
        key.principal.0,
        key.operation,
        key.key,
        response,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets what is older than 24 hours, at most `limit` rows at a time.
pub async fn sweep(tx: &mut Tx, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "delete from idempotency where ctid in (
            select ctid from idempotency where created_at < app_now() - interval '24 hours' limit $1)",
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
