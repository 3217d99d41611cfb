//! Preparing a PostgreSQL server of one's own for Shepherd: the two roles and a database that the owner role owns.
//!
//! For development and evaluation, where we are the server's superuser. A production server is prepared by its operator.
//! What the roles may do is the migrations' business.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::{Result, StoreError};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs `roles_sql` and makes the database `name` for `owner` if it is not there. It can be repeated.
pub async fn database(superuser_url: &SecretString, roles_sql: &str, name: &str, owner: &str) -> Result<()> {
    let connect = PgConnection::connect(superuser_url.expose_secret());
    let connected = tokio::time::timeout(PATIENCE, connect).await;
    let mut admin = connected.map_err(|_| StoreError::Unavailable(sqlx::Error::PoolTimedOut))??;
    admin.execute(AssertSqlSafe(roles_sql.to_owned())).await?;
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut admin)
        .await?;
    if !there {
        let create = format!("create database {} owner {}", quoted(name), quoted(owner));
        admin.execute(AssertSqlSafe(create)).await?;
    }
    Ok(admin.close().await?)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
