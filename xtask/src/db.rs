//! `cargo xtask db`: the database that a developer works against.

use std::path::Path;

use anyhow::Result;
use clap::Subcommand;
use shepherd_local_postgres::Role;

use crate::pg::PgArgs;
use crate::prepare;

/// The development database; tests have databases of their own.
const DATABASE: &str = "shepherd_dev";

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    pg: PgArgs,
}

#[derive(Subcommand)]
enum Action {
    /// Start the server and bring the development database up to date
    Up,
    /// Stop the private server
    Down,
    /// Print the development database's URL
    Url {
        /// superuser, owner or app
        #[arg(long, default_value = "superuser")]
        role: String,
    },
    /// Apply the migrations that are missing
    Migrate,
    /// Make the development database anew
    Reset,
    /// Write .sqlx, from which the queries are checked where there is no database
    Prepare(prepare::Args),
}

pub fn run(root: &Path, args: &Args) -> Result<()> {
    if matches!(args.action, Action::Down) {
        if let Some(server) = args.pg.private(root)? {
            server.stop()?;
            println!("stopped");
        }
        return Ok(());
    }
    let pg = args.pg.connect(root)?;
    match &args.action {
        Action::Up | Action::Migrate => migrate(root, &pg, false),
        Action::Reset => migrate(root, &pg, true),
        Action::Url { role } => {
            let role = match role.as_str() {
                "superuser" => Role::Superuser,
                "owner" => Role::Owner,
                "app" => Role::App,
                other => anyhow::bail!("no role '{other}': superuser, owner or app"),
            };
            println!("{}", pg.url(role, DATABASE)?);
            Ok(())
        }
        Action::Prepare(prepare) => prepare::run(root, &pg, prepare),
        Action::Down => Ok(()),
    }
}

fn migrate(root: &Path, pg: &crate::pg::Pg, fresh: bool) -> Result<()> {
    crate::block_on(async {
        pg.create(DATABASE, fresh).await?;
        pg.migrate(root, DATABASE).await?;
        println!("{DATABASE} is up to date");
        Ok(())
    })
}
