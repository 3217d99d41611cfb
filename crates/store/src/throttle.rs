//! Counting attempts per key, in the database so that every replica counts together.
//!
//! Two uses: courtesy limits ([`allow`]), and the count of failed sign-ins ([`lock`], [`save`]), of which the row is
//! kept here while the delay it earns is arithmetic of `shepherd_auth`. The rows of a sign-in are locked while it is
//! judged, so that a thousand attempts at once are a thousand attempts in a row.

use chrono::{DateTime, Utc};

use crate::{Result, Tx};

/// Counts one use of `key` and says whether it is within `limit` per `window` seconds.
pub async fn allow(tx: &mut Tx, key: &str, limit: i32, window: i32) -> Result<bool> {
    let attempts = sqlx::query_scalar!(
        r#"insert into throttle (key, attempts) values ($1, 1)
           on conflict (key) do update set
              attempts = case when throttle.window_start < app_now() - make_interval(secs => $2)
                              then 1 else throttle.attempts + 1 end,
              window_start = case when throttle.window_start < app_now() - make_interval(secs => $2)
                              then app_now() else throttle.window_start end
           returning attempts"#,
        key,
        f64::from(window),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(attempts <= limit)
}

/// A count of failures.
#[derive(Clone, Debug)]
pub struct CountRow {
    pub key: String,
    pub failures: i32,
    /// When the last one was; meaningless while there is none.
    pub last_failure: DateTime<Utc>,
    pub blocked_until: Option<DateTime<Utc>>,
}

/// Locks the counts of `keys` until the transaction ends. A key without a row gets one, with no failure. They are
/// taken in the order of their names, so that two sign-ins never wait for each other.
pub async fn lock(tx: &mut Tx, keys: &[String]) -> Result<Vec<CountRow>> {
    let rows = sqlx::query_as!(
        CountRow,
        "insert into throttle (key) select key from unnest($1::text[]) as key order by key
         on conflict (key) do update set attempts = throttle.attempts
         returning key, attempts as failures, window_start as last_failure, blocked_until",
        keys,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Keeps a count that was locked.
pub async fn save(tx: &mut Tx, count: &CountRow) -> Result<()> {
    sqlx::query!(
        "update throttle set attempts = $2, window_start = $3, blocked_until = $4 where key = $1",
        count.key,
        count.failures,
        count.last_failure,
        count.blocked_until,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets the failures of `key` after a success.
pub async fn clear(tx: &mut Tx, key: &str) -> Result<()> {
    sqlx::query!("delete from throttle where key = $1", key).execute(&mut **tx).await?;
    Ok(())
}

/// Takes one failure of `key` back: the attempt counted in advance has succeeded. What blocks others stays.
pub async fn take_back(tx: &mut Tx, key: &str) -> Result<()> {
    sqlx::query!("update throttle set attempts = greatest(attempts - 1, 0) where key = $1", key)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets counts that nothing was added to for a day, at most `limit` at a time, and none that is being used.
pub async fn sweep(tx: &mut Tx, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "delete from throttle where ctid in (
            select ctid from throttle where window_start < app_now() - interval '1 day' limit $1 for update skip locked)",
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
