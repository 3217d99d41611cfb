//! `shepherd migrate`: our schema, then the job queue's.

use clap::Args;
use secrecy::SecretString;

use crate::failure::Failure;
use crate::settings::Database;

#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    database: Database,
}

pub async fn run(args: MigrateArgs) -> Result<(), Failure> {
    migrate(&args.database.url()?).await?;
    println!("The schema is up to date.");
    Ok(())
}

/// Brings everything in the database up to date. Repeating it changes nothing.
pub async fn migrate(owner_url: &SecretString) -> Result<(), Failure> {
    shepherd_store::db::migrate(owner_url).await?;
    Ok(shepherd_jobs::migrate(owner_url).await?)
}
