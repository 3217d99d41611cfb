//! River's tables: made and moved on by its own migrations, as the owner, in a schema of their own.
//!
//! The application role gets what a River client does: work, elect a leader, clean up. Rebuilding indexes is the owner's
//! business and is switched off in [`crate::run`].

use riverqueue::database::SchemaName;
use riverqueue::migrate::PostgresMigrator;
use secrecy::SecretString;
use shepherd_store::{Db, DbConfig};
use sqlx::Executor;

use crate::{JobError, SCHEMA};

/// Any constant of our own: two migrators at once must not run the same step twice, which River does not prevent.
const LOCK: i64 = 0x0073_6865_7068_6a62;

/// Brings River's tables up to date. Run after [`shepherd_store::db::migrate`], which makes the application role.
pub async fn migrate(owner_url: &SecretString) -> Result<(), JobError> {
    let config = DbConfig { max_connections: 3, ..DbConfig::new(owner_url.clone()) };
    let db = Db::connect(&config).await?;
    let mut lock = db.pool().acquire().await?;
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut *lock).await?;
    let result = apply(&db).await;
    // Closing the connection gives the lock up, whatever happened.
    lock.close().await?;
    db.close().await;
    result
}

async fn apply(db: &Db) -> Result<(), JobError> {
    let mut tx = db.begin().await?;
    tx.execute("create schema if not exists river").await?;
    tx.commit().await?;
    migrator(db).migrate_up().await.map_err(JobError::Migration)?;
    let mut tx = db.begin().await?;
    tx.execute(
        "create index if not exists shepherd_wake on river.river_job (kind, (args ->> 'id'))
          where state in ('available', 'scheduled', 'retryable');
         grant usage on schema river to shepherd_app;
         grant select, insert, update, delete on all tables in schema river to shepherd_app;
         revoke insert, update, delete on river.river_migration from shepherd_app;
         grant usage on all sequences in schema river to shepherd_app;",
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Checks that River's tables are as new as this program needs; newer is fine.
pub async fn check_schema(db: &Db) -> Result<(), JobError> {
    let needed = schema_version();
    let applied = migrator(db).existing_versions().await.map_err(JobError::Migration)?;
    match applied.into_iter().max().unwrap_or(0) {
        found if found < needed => Err(JobError::SchemaTooOld { found, needed }),
        _ => Ok(()),
    }
}

/// The version of River's tables that this program was built with.
pub fn schema_version() -> i64 {
    PostgresMigrator::all_versions().iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The name of the schema as River takes it.
pub(crate) fn schema() -> SchemaName {
    SchemaName::new(SCHEMA).expect("the constant is a plain identifier")
}

fn migrator(db: &Db) -> PostgresMigrator {
    PostgresMigrator::new(db.pool().clone()).with_schema(schema())
}
