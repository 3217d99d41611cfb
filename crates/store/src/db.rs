//! The connection pool, transactions and migrations.
//!
//! A transaction begins on a task of its own: dropping the caller (as axum does when a client hangs up) must never
//! hand a connection back to the pool inside a transaction, which sqlx 0.9's own `Pool::begin` does when it is
//! cancelled half-way (transact-rs/sqlx #4385). Serving never migrates: it only checks a minimum.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres, Transaction};
use tracing::Instrument;

use crate::announce::{Announcer, Notice};
use crate::{Result, StoreError, failpoint};

static MIGRATOR: Migrator = sqlx::migrate!("../../db/migrations");

/// The versions of PostgreSQL that are tested, as `server_version_num` / 10000.
const SUPPORTED: std::ops::RangeInclusive<i32> = 15..=18;

/// A connection that was used less long ago is not asked whether it still lives before it is used again; it was asked
/// when it came back to the pool. Under load that is one round trip less for each use.
const RESTED: Duration = Duration::from_secs(1);

/// How to reach the database. The URL may hold a password, so it is a secret.
#[derive(Clone, Debug)]
pub struct DbConfig {
    pub url: SecretString,
    pub max_connections: u32,
    /// How long a caller waits for a free connection.
    pub acquire_timeout: Duration,
    /// The longest a single statement may run; no statement of ours needs nearly as long.
    pub statement_timeout: Duration,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
    /// The role to act as when the URL signs in as a member of it (`SET ROLE`); see [`APPLICATION_ROLE`].
    pub role: Option<String>,
}

/// What `serve` acts as: it can add audit rows but never change them.
pub const APPLICATION_ROLE: &str = "shepherd_app";

impl DbConfig {
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            application_name: "shepherd".to_owned(),
            role: None,
        }
    }

    fn options(&self) -> Result<PgConnectOptions> {
        let millis = self.statement_timeout.as_millis().to_string();
        let options = connect_options(&self.url)?.application_name(&self.application_name).options([
            ("timezone", "UTC"),
            ("statement_timeout", &millis),
            // A transaction that waits on anything but the database is a fault of ours; it must not hold locks.
            ("idle_in_transaction_session_timeout", &millis),
        ]);
        Ok(match &self.role {
            Some(role) => options.options([("role", role)]),
            None => options,
        })
    }
}

/// The database. Cheap to clone; all clones share one pool.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    announcer: Announcer,
}

impl Db {
    /// Opens the pool and refuses a server that is not supported.
    pub async fn connect(config: &DbConfig) -> Result<Self> {
        let options = config.options()?;
        // A first connection by itself: its error is the cause, where the pool would retry and report a timeout.
        let first = async {
            let mut conn = PgConnection::connect_with(&options).await?;
            check_server(&mut conn).await?;
            Ok::<_, StoreError>(conn.close().await?)
        };
        tokio::time::timeout(config.acquire_timeout, first)
            .await
            .map_err(|_| StoreError::Unavailable(sqlx::Error::PoolTimedOut))??;
        let pool = PgPoolOptions::new()
            .max_connections(config.max_connections)
            .acquire_timeout(config.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|conn, meta| {
                Box::pin(async move {
                    if meta.idle_for >= RESTED {
                        conn.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self { announcer: Announcer::start(pool.clone()), pool })
    }

    /// For statements that need no transaction. Begin one with [`Db::begin`], never on the pool.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection for reads that belong together but need no transaction.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    /// Begins a transaction; it rolls back unless [`Tx::commit`] is called. Safe to cancel at any point.
    pub async fn begin(&self) -> Result<Tx> {
        let pool = self.pool.clone();
        #[expect(clippy::disallowed_methods, reason = "this is the one cancel-safe place")]
        let begin = async move { pool.begin().await }.in_current_span();
        match tokio::spawn(begin).await {
            Ok(inner) => Ok(Tx { inner: inner?, announcer: self.announcer.clone(), notices: Vec::new() }),
            Err(stopped) if stopped.is_panic() => std::panic::resume_unwind(stopped.into_panic()),
            Err(_) => Err(StoreError::Unavailable(sqlx::Error::PoolClosed)),
        }
    }

    /// Checks that every migration this program was built with has been applied. A newer schema is fine: migrations
    /// only expand before they contract, so that two versions can run side by side.
    pub async fn check_schema(&self) -> Result<()> {
        let needed = MIGRATOR.iter().map(|m| m.version).max().unwrap_or(0);
        let known: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
            .fetch_one(&self.pool)
            .await?;
        let found: Option<i64> = match known {
            // Not a checked query: the table is the migrator's own and not part of our migrations.
            true => {
                sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
                    .fetch_one(&self.pool)
                    .await?
            }
            false => None,
        };
        match found.unwrap_or(0) {
            found if found < needed => Err(StoreError::SchemaTooOld { found, needed }),
            _ => Ok(()),
        }
    }

    /// Waits until every connection is returned and closed.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction. Dereferences to the connection: pass `&mut *tx` to a query.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    announcer: Announcer,
    notices: Vec<Notice>,
}

impl Tx {
    /// Makes everything done in the transaction visible and lasting.
    pub async fn commit(self) -> Result<()> {
        failpoint::pass(failpoint::COMMIT_BEFORE);
        self.inner.commit().await?;
        failpoint::pass(failpoint::COMMIT_AFTER);
        for notice in self.notices {
            self.announcer.announce(notice);
        }
        Ok(())
    }

    /// Has something said on a channel once this is committed; the same thing once, however often it is asked for.
    pub fn announce(&mut self, channel: &str, payload: &str) {
        if !self.notices.iter().any(|(to, what)| to == channel && what == payload) {
            self.notices.push((channel.to_owned(), payload.to_owned()));
        }
    }

    /// Undoes everything now. Dropping does the same, later.
    pub async fn rollback(self) -> Result<()> {
        Ok(self.inner.rollback().await?)
    }

    /// For libraries that enqueue in a caller's transaction.
    pub fn as_sqlx(&mut self) -> &mut Transaction<'static, Postgres> {
        &mut self.inner
    }
}

impl Deref for Tx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

/// Brings the schema up to date, as the owner of the database. Two migrators at once wait for each other.
pub async fn migrate(owner_url: &SecretString) -> Result<()> {
    let mut conn = PgConnection::connect_with(&connect_options(owner_url)?).await?;
    check_server(&mut conn).await?;
    let mut migrator = Migrator::with_migrations(MIGRATOR.iter().cloned().collect());
    // An older program must be able to run its `migrate` against a database that a newer one has moved on.
    migrator.set_ignore_missing(true);
    let result = migrator.run_direct(None, &mut conn, false).await.map_err(StoreError::Migration);
    conn.close().await?;
    result
}

fn connect_options(url: &SecretString) -> Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url.expose_secret())?)
}

async fn check_server(conn: &mut PgConnection) -> Result<()> {
    let (number, found): (i32, String) = sqlx::query_as(
        "select current_setting('server_version_num')::int, current_setting('server_version')",
    )
    .fetch_one(conn)
    .await?;
    check_version(number, found)
}

fn check_version(number: i32, found: String) -> Result<()> {
    match SUPPORTED.contains(&(number / 10_000)) {
        true => Ok(()),
        false => Err(StoreError::Unsupported { found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tested_servers_are_accepted() {
        for number in [150_000, 150_017, 160_014, 180_004] {
            assert!(check_version(number, number.to_string()).is_ok(), "{number}");
        }
        for number in [90_624, 140_020, 190_000] {
            let error = check_version(number, number.to_string()).unwrap_err();
            assert_eq!(error.code(), "DATABASE_UNSUPPORTED");
        }
    }

    #[test]
    fn the_url_is_not_printed() {
        let shown = format!("{:?}", DbConfig::new("postgres://u:hunter2@host/db"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
