//! A database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use shepherd_local_postgres::{Role, role_url};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::server;

/// A database of one's own, copied from the migrated template in some 50 ms and dropped at the end.
///
/// Code under test connects with [`app_url`](Self::app_url): it must not be able to do more than it can in
/// production.
#[derive(Debug)]
pub struct TestDb {
    name: String,
    base: &'static str,
    /// As the schema's owner, who may migrate and see everything.
    pub owner_url: String,
    /// As the application role, which `serve` uses.
    pub app_url: String,
}

impl TestDb {
    /// A migrated database.
    pub async fn new() -> Self {
        let template = server::template().await;
        Self::create(&format!("TEMPLATE {template}")).await
    }

    /// A database with nothing in it, for tests of the migrations themselves.
    pub async fn empty() -> Self {
        server::template().await;
        Self::create("").await
    }

    async fn create(source: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}_{}_{}_{number}", server::PREFIX, server::boot(), std::process::id());
        let mut admin = server::admin().await;
        server::run(&mut admin, &format!("CREATE DATABASE {name} OWNER {} {source}", Role::Owner.name()))
            .await;
        let _ = admin.close().await;
        let base = server::base_url().await;
        let url = |role| role_url(base, role, &name).expect("DATABASE_URL is valid");
        Self { base, owner_url: url(Role::Owner), app_url: url(Role::App), name }
    }

    /// The database's name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A superuser's URL, to look where even the owner may not or to end other connections.
    pub fn superuser_url(&self) -> String {
        role_url(self.base, Role::Superuser, &self.name).expect("DATABASE_URL is valid")
    }

    /// A connection as the owner, to arrange and inspect.
    pub async fn owner(&self) -> PgConnection {
        server::connect(Role::Owner, &self.name).await
    }

    /// A connection as the application role.
    pub async fn app(&self) -> PgConnection {
        server::connect(Role::App, &self.name).await
    }

    /// A URL as the role that lets audit events expire.
    pub fn retention_url(&self) -> String {
        role_url(self.base, Role::Retention, &self.name).expect("DATABASE_URL is valid")
    }

    /// Moves the business clock of this database (`app_now()`) forward by so many seconds.
    pub async fn advance_clock(&self, seconds: i64) {
        let mut owner = self.owner().await;
        let moved = sqlx::query("UPDATE app_clock SET offset_micros = offset_micros + $1 * 1000000")
            .bind(seconds)
            .execute(&mut owner)
            .await
            .expect("the clock's row can be written");
        assert_eq!(moved.rows_affected(), 1, "app_clock has one row");
    }
}

impl Drop for TestDb {
    /// On a thread of its own, because a test's runtime may be gone by now. What is left open is cut off.
    fn drop(&mut self) {
        let url = role_url(self.base, Role::Superuser, "postgres").expect("DATABASE_URL is valid");
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let work = async {
                let mut admin = PgConnection::connect(&url).await?;
                admin.execute(AssertSqlSafe(sql)).await?;
                admin.close().await
            };
            runtime.map(|runtime| runtime.block_on(work))
        });
        // A database that stays is dropped by a later test program; a test's own failure must stay visible.
        if !matches!(dropping.join(), Ok(Ok(Ok(())))) {
            eprintln!("the test database {} could not be dropped", self.name);
        }
    }
}
