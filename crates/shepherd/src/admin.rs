//! `shepherd admin`: what only somebody at the server's machine may do.

use clap::{Args, Subcommand};
use shepherd_app::Settings;
use shepherd_app::audit_retention;
use shepherd_app::install::NewAccount;
use shepherd_domain::audit::retention::Keep;
use shepherd_store::audit_retention::RETENTION_ROLE;
use shepherd_store::{Db, DbConfig};

use crate::failure::Failure;
use crate::serve::{connect_once, open_app};
use crate::settings::{Database, RootKeys};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a platform administrator, the first one above all; the initial password is printed once
    Create(CreateArgs),
    /// Wrap every stored secret anew with the first root key; the others may be taken away afterwards
    RotateKeys(KeyArgs),
    /// Sign the audit log's checkpoints with a new key from now on; prints it, for those who verify
    RotateAuditKey(KeyArgs),
    /// Let what old audit events say expire; that they were, and their hashes, stay. Needs the role shepherd_retention
    ExpireAudit(ExpireArgs),
}

#[derive(Debug, Args)]
pub struct ExpireArgs {
    /// Months that a class of events is kept whole, such as sign-in=24; classes that are not named are kept for ever
    #[arg(long, value_name = "CLASS=MONTHS", env = "SHEPHERD_AUDIT_KEEP", value_delimiter = ',')]
    keep: Vec<Keep>,
    /// Only say what would expire
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Name to sign in with
    #[arg(default_value = "admin")]
    name: String,
    /// Name that people see; the same if left out
    #[arg(long)]
    display_name: Option<String>,
    #[command(flatten)]
    keys: KeyArgs,
}

#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(flatten)]
    keys: RootKeys,
    #[command(flatten)]
    database: Database,
}

pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(args) => create(args).await,
        Command::RotateKeys(args) => rotate(args).await,
        Command::RotateAuditKey(args) => rotate_audit(args).await,
        Command::ExpireAudit(args) => expire_audit(args).await,
    }
}

async fn create(args: CreateArgs) -> Result<(), Failure> {
    let db = connect_once(args.keys.database.url()?).await?;
    let app = open_app(db, args.keys.keys.load()?, Settings::default())?;
    let account = NewAccount {
        name: &args.name,
        display_name: args.display_name.as_deref().unwrap_or(&args.name),
        role: "platform-admin",
        sample: false,
        password: None,
    };
    let made = app.install_account(account).await?;
    // On standard output, alone: a script may want it, and no log will have it.
    if let Some(password) = made.password {
        eprintln!("{} may sign in once with this password and must change it then:", args.name);
        println!("{}", password.expose());
    }
    Ok(())
}

async fn rotate(args: KeyArgs) -> Result<(), Failure> {
    let keyring = args.keys.load()?;
    let db = connect_once(args.database.url()?).await?;
    let done = shepherd_store::secrets::rotate(&db, &keyring).await?;
    println!("{} secrets wrapped anew, {} had the right key already.", done.rewrapped, done.current);
    Ok(())
}

async fn rotate_audit(args: KeyArgs) -> Result<(), Failure> {
    let db = connect_once(args.database.url()?).await?;
    let app = open_app(db, args.keys.load()?, Settings::default())?;
    println!("{}", app.rotate_audit_key().await?);
    Ok(())
}

async fn expire_audit(args: ExpireArgs) -> Result<(), Failure> {
    let role = Some(RETENTION_ROLE.to_owned());
    let db =
        Db::connect(&DbConfig { max_connections: 2, role, ..DbConfig::new(args.database.url()?) }).await?;
    let expired = audit_retention::expire(&db, &args.keep, args.dry_run).await?;
    for month in &expired {
        println!("{} {:<8} {} events", month.month, month.class, month.events);
    }
    let word = if args.dry_run { "would expire" } else { "expired" };
    println!("{} events {word}.", expired.iter().map(|month| month.events).sum::<u64>());
    Ok(())
}
