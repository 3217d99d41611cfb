//! The clusters of a rehearsal: engines in this process, one directory and one port each.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use shepherd_contract::runtime::Secret;
use shepherd_minivirt::faults::Effects;
use shepherd_minivirt::launcher::simulated::Simulation;
use shepherd_minivirt::{Config, EngineError, Handle, NodeExtras, RuntimeKind};
use tokio::task::JoinHandle;

use super::world::World;
use crate::failure::Failure;
use crate::instance::Directory;
use crate::up::Progress;

/// Memory for pages of all stores together.
const CACHE: usize = 512 << 20;
/// Clusters that are filled at the same time.
const AT_ONCE: usize = 4;
/// History that a watcher can go back to, in events for each VM.
const HISTORY: u64 = 2;

/// Engines that serve.
pub struct Fleet(Vec<Engine>);

struct Engine {
    name: String,
    handle: Handle,
    task: JoinHandle<()>,
}

impl Fleet {
    /// Starts them and makes what is missing of their world.
    pub async fn start(
        world: &World,
        directory: &Directory,
        (boot, shutdown): (Duration, Duration),
        say: &Progress,
    ) -> Result<Self, Failure> {
        let mut engines = Vec::new();
        for (index, name) in (0..).zip(world.names()) {
            let vms = world.vms_of(index);
            let mut config = Config::simulated(directory.join(&name));
            config.listen.set_port(directory.port(&name)?);
            config.runtime = RuntimeKind::Simulated(Simulation {
                boot: (boot / 2, boot),
                shutdown: (shutdown / 2, shutdown),
                seed: world.seed,
            });
            config.node_name.clone_from(&name);
            config.node_extras = roomy(vms);
            config.log_entries = (u64::from(vms) * HISTORY).max(10_000);
            config.cache_bytes = (CACHE / world.clusters as usize).min(config.cache_bytes);
            let (handle, task) =
                shepherd_minivirt::start(config).await.map_err(|error| failed(&name, error))?;
            engines.push(Engine { name, handle, task });
        }
        say.line(&format!("{} clusters answer; making what is in them", engines.len()));
        let full = AtomicUsize::new(0);
        let made: Vec<usize> = stream::iter((0..).zip(&engines))
            .map(async |(index, engine)| {
                let made = engine.handle.populate(world.newcomers(index)).await;
                let made = made.map_err(|error| failed(&engine.name, error))?;
                let full = full.fetch_add(1, Ordering::Relaxed) + 1;
                if full.is_multiple_of(5) && full < engines.len() {
                    say.line(&format!("{full} of {} clusters have their VMs", engines.len()));
                }
                Ok::<_, Failure>(made)
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        say.line(&format!("{} objects made", made.into_iter().sum::<usize>()));
        Ok(Self(engines))
    }

    /// Names and kubeconfigs.
    pub fn kubeconfigs(&self) -> Result<Vec<(String, Secret)>, Failure> {
        let read = |engine: &Engine| {
            let text = std::fs::read_to_string(&engine.handle.kubeconfig);
            let text = text.map_err(|error| Failure::io(engine.handle.kubeconfig.display(), error))?;
            Ok((engine.name.clone(), Secret::from(text)))
        };
        self.0.iter().map(read).collect()
    }

    /// The commands that tell a server of them.
    pub fn say_how_to_register(&self) {
        println!("To register them in the server you are signed in to, as an administrator of clusters:");
        for Engine { name, handle, .. } in &self.0 {
            let path: &PathBuf = &handle.kubeconfig;
            println!(
                "  shepherd cluster add {name} --environment ENVIRONMENT --kubeconfig {}",
                path.display()
            );
        }
        println!("or all at once with `shepherd sim ... --environment ENVIRONMENT`.");
    }

    /// What is wrong with one of them from now on.
    pub fn set(&self, cluster: usize, effects: Effects) -> Result<(), Failure> {
        let Some(engine) = self.0.get(cluster) else { return Ok(()) };
        engine.handle.faults.set(effects).map_err(|error| Failure::io(&engine.name, error))
    }

    /// Ends them in an orderly way.
    pub async fn stop(self) {
        for engine in &self.0 {
            engine.handle.stop();
        }
        for engine in self.0 {
            // One that died has nothing left to end.
            let _ = engine.task.await;
        }
    }
}

/// A node with room for twice what is there, whatever sizes the seed chose.
fn roomy(vms: u32) -> NodeExtras {
    let (cores, gib) = (u64::from(vms) * 16 + 256, u64::from(vms) * 64 + 1024);
    let allocatable = [("cpu", cores.to_string()), ("memory", format!("{gib}Gi"))];
    NodeExtras {
        allocatable: allocatable.map(|(name, amount)| (name.to_owned(), amount)).into(),
        ..NodeExtras::default()
    }
}

fn failed(name: &str, error: EngineError) -> Failure {
    match error {
        EngineError::Listen { address, source } => Failure::port(address, &source, "--data"),
        error => Failure::new("MINIVIRT_START", format!("{name}: {error}")),
    }
}
