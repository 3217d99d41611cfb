//! Business time: the database's `app_now()`, the host's clock plus an offset.
//!
//! The offset is zero but in tests and in the simulator, which move it to see an expiry without waiting. One clock for
//! every replica means that a deadline is the same moment for all of them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use crate::Result;

/// The current business time.
pub async fn now(conn: &mut PgConnection) -> Result<DateTime<Utc>> {
    Ok(sqlx::query_scalar!(r#"select app_now() as "now!""#).fetch_one(conn).await?)
}

/// Moves business time forward. For tests and the simulator: the role `serve` runs as may not do it.
pub async fn advance(conn: &mut PgConnection, by: Duration) -> Result<()> {
    let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    sqlx::query!("update app_clock set offset_micros = offset_micros + $1", micros).execute(conn).await?;
    Ok(())
}

/// A duration as PostgreSQL takes it. Saturates after some 290,000 years.
pub(crate) fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) }
}
