//! `shepherd sim`: many simulated clusters in one process, with a world that a seed makes and faults that a file plans.
//!
//! With it anyone rehearses policies, upgrades and scale against a Shepherd, without a cluster. The same seed makes the
//! same world and chooses the same victims. Time starts when the clusters stand: how quick a machine is must not decide
//! what is there when the first fault begins.
//!
//! Not here: what a fault does to a cluster (`shepherd_minivirt::faults`), and what is made of the VMs by a server.

mod clusters;
mod faults;
mod schedule;
mod world;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use shepherd_cli::Globals;
use shepherd_contract::types::ClusterMode;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::instance::Directory;
use crate::logs::{self, LogArgs, LogFormat};
use crate::parent;
use crate::up::Progress;
use clusters::Fleet;
use schedule::Moment;
use world::World;

#[derive(Debug, Args)]
pub struct SimArgs {
    /// How many clusters
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    clusters: u32,
    /// How many VMs, over all clusters
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(0..=500_000))]
    vms: u32,
    /// Makes the world and chooses who is struck; the same seed, the same rehearsal
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// What goes wrong and when: docs/simulator.md
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Keep the clusters here, to go on with them later; else they are gone afterwards
    #[arg(long = "data", value_name = "DIR", env = "SHEPHERD_SIM_DATA")]
    data: Option<PathBuf>,
    /// Register the clusters in this environment of the server you are signed in to
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Register them read-only
    #[arg(long, requires = "environment")]
    observe: bool,
    /// Longest boot of a guest, in milliseconds; it takes half of it at least
    #[arg(long, default_value_t = 4000)]
    boot_ms: u64,
    /// Longest shutdown of a guest, in milliseconds; it takes half of it at least
    #[arg(long, default_value_t = 2000)]
    shutdown_ms: u64,
    /// Only read the fault file and say what would happen
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    logs: LogArgs,
    /// End when standard input does
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

pub async fn run(args: SimArgs, globals: &Globals) -> Result<(), Failure> {
    let world = World { seed: args.seed, clusters: args.clusters, vms: args.vms };
    let faults = match &args.faults {
        Some(path) => faults::read(path, &world)?,
        None => Vec::new(),
    };
    let moments = schedule::of(&faults, &world);
    if args.dry_run {
        print!("{}", schedule::table(&moments));
        return Ok(());
    }
    // Lines for people and lines of a log share standard error; a log is for those who ask for it.
    if args.logs.log_format == LogFormat::Text {
        logs::begin(&args.logs)?;
    }
    let stop = parent::stop_signal(args.until_stdin_closes)?.token;
    let say = Progress::new(Instant::now());
    let home = Home::open(args.data.as_deref(), &world)?;
    let told = tokio::select! {
        told = rehearse(&args, globals, &world, &moments, &home.directory, &say, &stop) => told,
        () = stop.cancelled() => Ok(()),
    };
    say.line("stopped");
    told
}

async fn rehearse(
    args: &SimArgs,
    globals: &Globals,
    world: &World,
    moments: &[Moment],
    directory: &Directory,
    say: &Progress,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    say.line(&format!("{} clusters, {} VMs, seed {}", world.clusters, world.vms, world.seed));
    let pace = (Duration::from_millis(args.boot_ms), Duration::from_millis(args.shutdown_ms));
    let fleet = Fleet::start(world, directory, pace, say).await?;
    match &args.environment {
        Some(environment) => {
            let mode = if args.observe { ClusterMode::Observe } else { ClusterMode::Govern };
            shepherd_cli::enrol(globals, environment, mode, &fleet.kubeconfigs()?).await?;
            say.line(&format!("registered in the environment {environment}"));
        }
        None => fleet.say_how_to_register(),
    }
    say.line("the clusters stand; time starts now, Ctrl-C ends it");
    let played = tokio::select! {
        played = schedule::play(moments, &fleet, say) => played,
        () = stop.cancelled() => Ok(()),
    };
    if played.is_ok() {
        stop.cancelled().await;
    }
    fleet.stop().await;
    played
}

/// Where the clusters keep what they keep.
struct Home {
    directory: Directory,
    /// Removed when this goes, after the directory's lock.
    _passing: Option<tempfile::TempDir>,
}

impl Home {
    /// A directory holds one world; that of another seed or size is not gone on with.
    fn open(data: Option<&std::path::Path>, world: &World) -> Result<Self, Failure> {
        let (path, passing) = match data {
            Some(path) => (path.to_owned(), None),
            None => {
                // On a disk, and not in memory, which is where /tmp may be.
                let made = tempfile::Builder::new().prefix("shepherd-sim-").tempdir_in("/var/tmp");
                let made = made.map_err(|error| Failure::io("/var/tmp", error))?;
                (made.path().to_owned(), Some(made))
            }
        };
        let directory = Directory::open(&path)?;
        let (mark, wanted) = (directory.join("world"), world.to_string());
        match std::fs::read_to_string(&mark) {
            Ok(there) if there.trim() != wanted => {
                let text = format!(
                    "{} holds the world of {}; ask for that one, or choose another directory with --data",
                    directory.path().display(),
                    there.trim()
                );
                return Err(Failure::new("SIM_OTHER_WORLD", text));
            }
            Ok(_) => {}
            Err(_) => crate::instance::write_private(&mark, &wanted)?,
        }
        Ok(Self { directory, _passing: passing })
    }
}
