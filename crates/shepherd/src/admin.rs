//! `shepherd admin`: what only somebody at the server's machine may do.

use clap::{Args, Subcommand};
use shepherd_app::install::NewAccount;
use shepherd_auth::session::SessionLimits;

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
    }
}

async fn create(args: CreateArgs) -> Result<(), Failure> {
    let db = connect_once(args.keys.database.url()?).await?;
    let app = open_app(db, args.keys.keys.load()?, SessionLimits::default(), false)?;
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
    let app = open_app(db, args.keys.load()?, SessionLimits::default(), false)?;
    println!("{}", app.rotate_audit_key().await?);
    Ok(())
}
