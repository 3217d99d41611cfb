//! What an engine can be told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::launcher::simulated::Simulation;
use crate::store::{DEFAULT_CACHE_BYTES, DEFAULT_LOG_ENTRIES, Durability};

/// Settings of one engine. Several may run in one process, each with its own directory.
#[derive(Debug, Clone)]
pub struct Config {
    /// Everything the engine keeps: store, certificates, tokens, kubeconfig, guests.
    pub data_dir: PathBuf,
    /// Where to listen; port 0 picks one.
    pub listen: SocketAddr,
    /// What runs guests.
    pub runtime: RuntimeKind,
    /// Name of the first node.
    pub node_name: String,
    /// What the node has besides CPU and memory: its labels and allocatable resources. Nothing makes them real; they are
    /// for those who test who would place what here.
    pub node_extras: NodeExtras,
    /// Nodes besides the first. They are names: every guest runs on this machine, and each node offers all of it.
    pub further_nodes: Vec<FurtherNode>,
    /// How hard an acknowledged write must be to lose.
    pub durability: Durability,
    /// Bound of the event log.
    pub log_entries: u64,
    /// Bound of what the store keeps in memory.
    pub cache_bytes: usize,
}

/// Further labels and allocatable resources of the node, by name.
#[derive(Debug, Clone, Default)]
pub struct NodeExtras {
    pub labels: BTreeMap<String, String>,
    pub allocatable: BTreeMap<String, String>,
}

/// A node besides the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherNode {
    pub name: String,
    /// The zone it is in, if in any.
    pub zone: Option<String>,
}

/// What runs guests.
#[derive(Debug, Clone)]
pub enum RuntimeKind {
    /// Nothing: see [`crate::launcher::simulated`].
    Simulated(Simulation),
    /// QEMU processes: see [`crate::launcher::qemu`].
    Qemu(QemuOptions),
}

/// Settings of real guests.
#[derive(Debug, Clone)]
pub struct QemuOptions {
    /// Image directories that are only read, besides the engine's own.
    pub images: Vec<PathBuf>,
    /// Whether guests may open connections to the outside; they then reach what listens on loopback here, too.
    pub outbound: bool,
    /// Whether hardware virtualization is used where it works.
    pub allow_kvm: bool,
}

impl Default for QemuOptions {
    fn default() -> Self {
        Self { images: Vec::new(), outbound: false, allow_kvm: true }
    }
}

impl Config {
    /// An engine on a free loopback port whose guests are simulated and act at once: for tests.
    pub fn simulated(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            runtime: RuntimeKind::Simulated(Simulation::default()),
            node_name: "minivirt".to_owned(),
            node_extras: NodeExtras::default(),
            further_nodes: Vec::new(),
            durability: Durability::Process,
            log_entries: DEFAULT_LOG_ENTRIES,
            cache_bytes: DEFAULT_CACHE_BYTES,
        }
    }

    /// One more node, in this zone.
    pub fn add_node(&mut self, name: &str, zone: Option<&str>) {
        self.further_nodes.push(FurtherNode { name: name.to_owned(), zone: zone.map(str::to_owned) });
    }

    /// The engine's own image directory, which `image add` fills.
    pub fn images_dir(data_dir: &Path) -> PathBuf {
        data_dir.join("images")
    }
}
