//! Leases: which process does a thing that only one may do, such as watching a cluster.
//!
//! A lease is a row with an epoch that grows each time it changes hands. Time alone cannot make a lease safe (a process
//! may be paused past its expiry), so every write done under a lease calls [`guard`] in its transaction: it
//! holds the row until commit and fails once the epoch has moved on. Times are `app_now()` of the database.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::clock::interval;
use crate::{Result, StoreError, Tx};

/// A lease that was held when it was last asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    /// The process that holds it.
    pub holder: Uuid,
    /// Grows by one with every acquisition.
    pub epoch: i64,
    pub expires_at: DateTime<Utc>,
}

/// Takes the lease when it is free, expired or our own (then with a new epoch, which fences our former self off).
/// `None` when another process holds it.
pub async fn acquire(
    conn: &mut PgConnection,
    name: &str,
    holder: Uuid,
    ttl: Duration,
) -> Result<Option<Lease>> {
    let row = sqlx::query!(
        r#"insert into lease as l (name, holder, epoch, expires_at) values ($1, $2, 1, app_now() + $3)
           on conflict (name) do update
              set holder = excluded.holder, epoch = l.epoch + 1, expires_at = excluded.expires_at
            where l.holder is null or l.holder = excluded.holder or l.expires_at <= app_now()
           returning epoch, expires_at as "expires_at!""#,
        name,
        holder,
        interval(ttl) as _,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Lease { name: name.to_owned(), holder, epoch: row.epoch, expires_at: row.expires_at }))
}

/// Extends the lease by `ttl` from now. Works after the expiry too, as long as nobody has taken it since: the epoch
/// proves that nothing was done in between.
pub async fn renew(conn: &mut PgConnection, lease: &mut Lease, ttl: Duration) -> Result<()> {
    let expires_at = sqlx::query_scalar!(
        r#"update lease set expires_at = app_now() + $4
            where name = $1 and holder = $2 and epoch = $3
           returning expires_at as "expires_at!""#,
        lease.name,
        lease.holder,
        lease.epoch,
        interval(ttl) as _,
    )
    .fetch_optional(conn)
    .await?;
    lease.expires_at = expires_at.ok_or_else(|| lost(lease))?;
    Ok(())
}

/// Gives the lease up, so that another process need not wait for the expiry. Nothing happens when it is lost already.
pub async fn release(conn: &mut PgConnection, lease: &Lease) -> Result<()> {
    sqlx::query!(
        "update lease set holder = null, expires_at = null where name = $1 and holder = $2 and epoch = $3",
        lease.name,
        lease.holder,
        lease.epoch,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Allows the writes of `tx` only if the lease has not changed hands, and keeps it from doing so before the commit.
/// Call it first in the transaction and keep that short: a takeover waits for it.
pub async fn guard(tx: &mut Tx, lease: &Lease) -> Result<()> {
    let held = sqlx::query_scalar!(
        r#"select true as "held!" from lease where name = $1 and holder = $2 and epoch = $3 for share"#,
        lease.name,
        lease.holder,
        lease.epoch,
    )
    .fetch_optional(&mut **tx)
    .await?;
    held.map(|_| ()).ok_or_else(|| lost(lease))
}

fn lost(lease: &Lease) -> StoreError {
    StoreError::LeaseLost { name: lease.name.clone() }
}
