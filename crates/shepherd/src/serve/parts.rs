//! The parts of a serving process, checked while they are put together.

use std::sync::Arc;

use secrecy::SecretString;
use shepherd_app::{App, Links, Settings};
use shepherd_auth::password::Hasher;
use shepherd_store::secrets::Keyring;
use shepherd_store::{Db, DbConfig};

use super::ServeArgs;
use crate::failure::Failure;

/// The database, reachable and new enough.
pub async fn connect(args: &ServeArgs) -> Result<Db, Failure> {
    let config = DbConfig {
        max_connections: args.database_connections,
        role: args.database_role.clone(),
        ..DbConfig::new(args.database.url()?)
    };
    open(&config).await
}

/// The database for a command that does one thing.
pub async fn connect_once(url: SecretString) -> Result<Db, Failure> {
    open(&DbConfig { max_connections: 4, ..DbConfig::new(url) }).await
}

async fn open(config: &DbConfig) -> Result<Db, Failure> {
    let db = Db::connect(config).await?;
    db.check_schema().await?;
    shepherd_jobs::check_schema(&db).await?;
    Ok(db)
}

/// The application over it.
pub fn open_app(db: Db, keyring: Keyring, settings: Settings) -> Result<App, Failure> {
    let hasher = Hasher::new().map_err(|error| Failure::new(error.code(), error.to_string()))?;
    Ok(App {
        db,
        links: Arc::new(Links::new(keyring)),
        hasher: Arc::new(hasher),
        settings: Arc::new(settings),
    })
}
