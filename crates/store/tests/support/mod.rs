//! A test's own database, with a pool for each of the two roles.

use shepherd_store::{Db, DbConfig};

pub struct TestDb {
    /// As `serve` connects.
    pub db: Db,
    /// As `migrate` connects.
    #[allow(dead_code, reason = "not every test file needs it")]
    pub owner: Db,
    #[allow(dead_code, reason = "not every test file needs it")]
    pub urls: shepherd_test_support::TestDb,
}

#[allow(dead_code, reason = "each test file needs one of the two")]
impl TestDb {
    /// A migrated database.
    pub async fn new() -> Self {
        Self::open(shepherd_test_support::TestDb::new().await).await
    }

    /// A database without a schema.
    pub async fn empty() -> Self {
        Self::open(shepherd_test_support::TestDb::empty().await).await
    }

    async fn open(urls: shepherd_test_support::TestDb) -> Self {
        let db = Db::connect(&DbConfig::new(urls.app_url.clone())).await.unwrap();
        let owner = Db::connect(&DbConfig::new(urls.owner_url.clone())).await.unwrap();
        Self { db, owner, urls }
    }
}
