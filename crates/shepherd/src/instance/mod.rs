//! A whole Shepherd on this machine: PostgreSQL, two embedded clusters and the server, in one directory.
//!
//! `up` runs one for people and `demo` runs one for its story. Server and clusters are child processes, so that each can
//! die without the others and is started again; PostgreSQL belongs to nobody and is found again. Everything an instance
//! keeps is below its directory, which one process at a time may use.
//!
//! Not here: what is in the organisation (`sample`), and what is said on the terminal (`up`, `demo`).

pub mod child;
mod clusters;
mod database;
mod directory;
pub mod lower;
pub mod people;
mod server;

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use child::Child;
pub use clusters::{Cluster, LOCAL};
pub use directory::{Directory, free_port, write_private};

use crate::failure::Failure;

/// What an instance is made from.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server's address.
    pub listen: SocketAddr,
    /// A PostgreSQL server instead of a private one.
    pub database_url: Option<SecretString>,
    /// Where set-up unpacked PostgreSQL, if it did.
    pub postgres_dir: PathBuf,
    /// The demo guest's image.
    pub guest_image: PathBuf,
    /// Emulate even where hardware virtualisation works.
    pub no_kvm: bool,
    /// Sample people sign in with a click.
    pub sample: bool,
    /// The data need not survive a power cut.
    pub throwaway: bool,
    /// Say when a part died and was started again.
    pub announce: bool,
}

/// Stops a private PostgreSQL server that an interrupted start may have left.
pub async fn stop_database(directory: &std::path::Path, plan: &Plan) -> Result<(), Failure> {
    database::stop_left_over(directory, plan).await
}

/// A running instance.
pub struct Instance {
    pub directory: Directory,
    pub server: Child,
    pub clusters: [Cluster; 2],
    database: database::Database,
    pub url: Url,
    plan: Plan,
}

impl Instance {
    /// Starts what is not running and waits until the server can serve. `say` gets what is being done.
    pub async fn start(directory: Directory, plan: Plan, say: &dyn Fn(&str)) -> Result<Self, Failure> {
        server::check_port(plan.listen)?;
        let keys = directory.root_key()?;
        // The clusters need nothing from the database, so all begin together.
        let clusters = clusters::start(&directory, &plan)?;
        say("starting PostgreSQL and the clusters");
        let database = database::start(&directory, &plan).await?;
        let server = server::start(&directory, &plan, &database, &keys)?;
        let url = server::url(plan.listen);
        let instance = Self { directory, server, clusters, database, url, plan };
        match instance.ready().await {
            Ok(()) => Ok(instance),
            Err(failure) => {
                instance.stop().await?;
                Err(failure)
            }
        }
    }

    async fn ready(&self) -> Result<(), Failure> {
        for cluster in &self.clusters {
            cluster.ready().await?;
        }
        self.server_ready().await
    }

    /// Makes accounts that only somebody at this machine may make.
    pub async fn install(&self, people: &[people::Account]) -> Result<Vec<people::Made>, Failure> {
        people::install(self.database.app_url(), self.directory.root_key()?, people, self.plan.sample).await
    }

    /// Waits until the server can serve, for example after it was killed.
    pub async fn server_ready(&self) -> Result<(), Failure> {
        server::ready(&self.server, &self.url).await
    }

    /// What remembers the checkpoints of the audit log; there when the first was signed.
    pub fn witness(&self) -> Option<PathBuf> {
        Some(server::witness(&self.directory)).filter(|path| path.exists())
    }

    /// Stops everything this instance started, guests too, in the order in which they use each other.
    pub async fn stop(self) -> Result<(), Failure> {
        self.server.stop().await;
        for cluster in self.clusters {
            cluster.child.stop().await;
        }
        self.database.stop().await
    }
}
