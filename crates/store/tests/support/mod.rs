//! A database of its own for each test, on the real server that `DATABASE_URL` names.

use secrecy::SecretString;
use shepherd_store::{Db, DbConfig};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

pub struct TestDb {
    pub db: Db,
    pub url: String,
    server: String,
    name: String,
}

impl TestDb {
    /// A migrated database.
    #[allow(dead_code, reason = "not every test file needs a schema")]
    pub async fn new() -> Self {
        let test = Self::empty().await;
        shepherd_store::db::migrate(&SecretString::from(test.url.clone())).await.unwrap();
        test
    }

    /// A database without a schema.
    pub async fn empty() -> Self {
        let url = server_url();
        let (base, _) = url.rsplit_once('/').unwrap();
        let server = format!("{base}/postgres");
        let name = format!("store_test_{}", Uuid::now_v7().simple());
        let mut admin = PgConnection::connect(&server).await.unwrap();
        admin.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
        let url = format!("{base}/{name}");
        let db = Db::connect(&DbConfig::new(url.clone())).await.unwrap();
        Self { db, url, server, name }
    }

    /// Another pool on the same database, as another replica would have.
    #[allow(dead_code, reason = "not every test file needs a second replica")]
    pub async fn connect(&self, max_connections: u32) -> Db {
        Db::connect(&DbConfig { max_connections, ..DbConfig::new(self.url.clone()) }).await.unwrap()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut admin = PgConnection::connect(&server).await.unwrap();
                admin.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await.unwrap();
            });
        });
        assert!(dropped.join().is_ok(), "the test database could not be dropped");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has no command line to take the setting from")]
fn server_url() -> String {
    std::env::var("DATABASE_URL")
        .expect("set DATABASE_URL to a PostgreSQL server the tests may create databases on")
}
