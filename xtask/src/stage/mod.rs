//! A whole Shepherd for a task to work against: a private PostgreSQL, a database of its own, and Shepherd's own
//! processes, started as an operator would and known only by what they answer.

pub mod child;
pub mod cluster;
pub mod http;
pub mod organisation;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use shepherd_local_postgres::{Durability, Role, Server, private_home};
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection};
use tempfile::TempDir;

use child::Child;
use http::{Connection, Credential};

const DATABASE: &str = "shepherd_stage";
/// Longer than any part of it takes to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Stage {
    pub postgres: Server,
    /// Where PostgreSQL keeps its data and its log.
    pub home: PathBuf,
    /// The binary that is measured.
    pub shepherd: PathBuf,
    /// Logs, keys, clusters.
    pub dir: TempDir,
    key: PathBuf,
}

/// A serving process and where it answers.
pub struct Serving {
    pub child: Child,
    pub address: SocketAddr,
    /// From its start to its first `/readyz` that says yes.
    pub started_in: Duration,
}

impl Stage {
    /// An empty database with the schema in it, on the private server called `name`. What an earlier run left there is
    /// thrown away.
    pub async fn prepare(root: &Path, shepherd: PathBuf, name: &str, durability: Durability) -> Result<Self> {
        let home = private_home(root, name)?;
        let postgres = Server::ensure_running(&home, &[root.join(".dev/postgres")], durability)?;
        // On the disk of the database and not in memory, which is where /tmp may be.
        let dir = TempDir::new_in("/var/tmp")?;
        let key = dir.path().join("root.key");
        let bytes: [u8; 32] = std::array::from_fn(|_| uuid::Uuid::new_v4().as_bytes()[0]);
        std::fs::write(&key, base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes))?;
        let stage = Self { postgres, home, shepherd, dir, key };
        stage.sql(&format!("drop database if exists {DATABASE} with (force)")).await?;
        stage.sql(&format!("create database {DATABASE} owner {}", Role::Owner.name())).await?;
        stage.run(stage.command(Role::Owner).arg("migrate"))?;
        Ok(stage)
    }

    /// Runs a statement as the superuser, outside the database that is measured.
    pub async fn sql(&self, statement: &str) -> Result<()> {
        let url = self.postgres.url(Role::Superuser, "postgres");
        let mut conn = PgConnection::connect(&url).await?;
        conn.execute(AssertSqlSafe(statement.to_owned())).await?;
        conn.close().await?;
        Ok(())
    }

    pub fn database_url(&self, role: Role) -> String {
        self.postgres.url(role, DATABASE)
    }

    pub fn database(&self) -> &'static str {
        DATABASE
    }

    /// The binary with its settings, without a command yet.
    pub fn command(&self, role: Role) -> Command {
        let mut command = Command::new(&self.shepherd);
        command.env("DATABASE_URL", self.database_url(role)).env("SHEPHERD_ROOT_KEY_FILE", &self.key);
        command
    }

    /// Runs something short to its end and returns what it printed.
    pub fn run(&self, command: &mut Command) -> Result<String> {
        let output = command.output()?;
        if !output.status.success() {
            bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Starts `serve` and waits until it is ready.
    pub async fn serve(&self) -> Result<Serving> {
        let address = free_address()?;
        let mut command = self.command(Role::App);
        command.args(["serve", "--listen", &address.to_string()]);
        let started = Instant::now();
        let mut child = Child::start("serve", &mut command, self.dir.path())?;
        until_ready(&mut child, address, "/readyz").await?;
        Ok(Serving { child, address, started_in: started.elapsed() })
    }
}

/// Asks until the answer is a success.
pub async fn until_ready(child: &mut Child, address: SocketAddr, path: &str) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        let ready = async { Connection::open(address, Credential::Nobody).await?.fetch(path).await };
        match ready.await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > end => return Err(error).context("it does not get ready"),
            Err(_) => child.check()?,
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A port that nothing uses now.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
