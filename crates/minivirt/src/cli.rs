//! `minivirt` on the command line; the shepherd binary mounts [`Command`].

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::bootstrap::ZONE;
use crate::config::{Config, FurtherNode, NodeExtras, QemuOptions, RuntimeKind};
use crate::engine::{self, EngineError};
use crate::images::{ImageCommand, ImageError, ImageStore};
use crate::launcher::simulated::Simulation;
use crate::store::{DEFAULT_CACHE_BYTES, DEFAULT_LOG_ENTRIES, Durability};

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an embedded cluster until it is told to stop. Guests outlive it.
    Serve(ServeArgs),
    /// Manage the images guests start from.
    Image(ImageArgs),
}

/// Which runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Runtime {
    /// Real guests.
    Qemu,
    /// Guests without a process.
    Simulated,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Directory for everything the cluster keeps.
    #[arg(long, env = "MINIVIRT_DATA")]
    pub data: PathBuf,
    /// Address to listen on.
    #[arg(long, env = "MINIVIRT_LISTEN", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// What runs guests.
    #[arg(long, value_enum, default_value_t = Runtime::Qemu)]
    pub runtime: Runtime,
    /// Name of the node.
    #[arg(long, default_value = "minivirt")]
    pub node_name: String,
    /// Zone of the node.
    #[arg(long)]
    pub zone: Option<String>,
    /// A further node and its zone; can be repeated. Each offers the whole machine, so it is for simulated guests.
    #[arg(long = "further-node", value_name = "NAME[=ZONE]", value_parser = further_node)]
    pub further_nodes: Vec<FurtherNode>,
    /// Further image directories, read only (qemu).
    #[arg(long)]
    pub images: Vec<PathBuf>,
    /// Let guests open connections to the outside, and so to what listens on loopback here (qemu).
    #[arg(long)]
    pub outbound: bool,
    /// Emulate even where hardware virtualization works (qemu).
    #[arg(long)]
    pub no_kvm: bool,
    /// Longest boot, in milliseconds; a guest takes half of it at least (simulated).
    #[arg(long, default_value_t = 0)]
    pub boot_ms: u64,
    /// Longest shutdown, in milliseconds; a guest takes half of it at least (simulated).
    #[arg(long, default_value_t = 0)]
    pub shutdown_ms: u64,
    /// Seed of the latencies (simulated).
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Do not force writes to the disk: they survive the death of the process, not of the machine.
    #[arg(long)]
    pub no_sync: bool,
}

/// Arguments of `image`.
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// Directory of the cluster.
    #[arg(long, env = "MINIVIRT_DATA")]
    pub data: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: ImageCommand,
}

/// What went wrong, in words for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The engine did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An image.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Signals or the terminal.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

fn further_node(text: &str) -> Result<FurtherNode, String> {
    let (name, zone) = text.split_once('=').map_or((text, None), |(name, zone)| (name, Some(zone)));
    match name.is_empty() || zone.is_some_and(str::is_empty) {
        true => Err("write NAME or NAME=ZONE".to_owned()),
        false => Ok(FurtherNode { name: name.to_owned(), zone: zone.map(str::to_owned) }),
    }
}

impl ServeArgs {
    /// The settings these arguments mean.
    pub fn config(&self) -> Config {
        let half = |ms: u64| (Duration::from_millis(ms / 2), Duration::from_millis(ms));
        let runtime = match self.runtime {
            Runtime::Simulated => RuntimeKind::Simulated(Simulation {
                boot: half(self.boot_ms),
                shutdown: half(self.shutdown_ms),
                seed: self.seed,
            }),
            Runtime::Qemu => RuntimeKind::Qemu(QemuOptions {
                images: self.images.clone(),
                outbound: self.outbound,
                allow_kvm: !self.no_kvm,
            }),
        };
        Config {
            data_dir: self.data.clone(),
            listen: self.listen,
            runtime,
            node_name: self.node_name.clone(),
            node_extras: NodeExtras {
                labels: self.zone.iter().map(|zone| (ZONE.to_owned(), zone.clone())).collect(),
                ..NodeExtras::default()
            },
            further_nodes: self.further_nodes.clone(),
            durability: if self.no_sync { Durability::Process } else { Durability::Disk },
            log_entries: DEFAULT_LOG_ENTRIES,
            cache_bytes: DEFAULT_CACHE_BYTES,
        }
    }
}

/// Does what was asked. `serve` prints where it serves, then runs until SIGINT or SIGTERM.
pub async fn run(command: Command, out: &mut impl Write) -> Result<(), CliError> {
    match command {
        Command::Image(args) => {
            let store = ImageStore::new(Config::images_dir(&args.data), Vec::new());
            Ok(args.command.run(&store, out).await?)
        }
        Command::Serve(args) => {
            let (mut interrupt, mut terminate) =
                (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            let (handle, task) = engine::start(args.config()).await?;
            writeln!(
                out,
                "minivirt serves {}\nexport KUBECONFIG={}",
                handle.url,
                handle.kubeconfig.display()
            )?;
            out.flush()?;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            handle.stop();
            task.await.map_err(std::io::Error::other)?;
            Ok(())
        }
    }
}
