//! Counting attempts per key, in the database so that every replica counts together.
//!
//! Two uses: courtesy limits ([`allow`]) and the growing delay after failed sign-ins ([`failed`], [`blocked_for`]);
//! how long a delay is, is arithmetic of `shepherd_auth`.

use std::time::Duration;

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

/// How long the longest-blocked of `keys` is blocked yet.
pub async fn blocked_for(tx: &mut Tx, keys: &[String]) -> Result<Option<Duration>> {
    let seconds = sqlx::query_scalar!(
        r#"select extract(epoch from max(blocked_until) - app_now())::float8 from throttle
            where key = any($1) and blocked_until > app_now()"#,
        keys,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(seconds.map(|s| Duration::from_secs_f64(s.max(0.0))))
}

/// Counts a failure of `key` and returns how many there were since the last success or quiet day.
pub async fn failed(tx: &mut Tx, key: &str) -> Result<i32> {
    let attempts = sqlx::query_scalar!(
        r#"insert into throttle (key, attempts) values ($1, 1)
           on conflict (key) do update set
              attempts = case when throttle.window_start < app_now() - interval '1 day'
                              then 1 else throttle.attempts + 1 end,
              window_start = app_now()
           returning attempts"#,
        key,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(attempts)
}

/// Blocks `key` for a while.
pub async fn block(tx: &mut Tx, key: &str, time: Duration) -> Result<()> {
    sqlx::query!(
        "update throttle set blocked_until = app_now() + make_interval(secs => $2) where key = $1",
        key,
        time.as_secs_f64(),
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
