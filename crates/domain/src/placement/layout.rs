//! How a cluster is laid out: its zones, and the storage it offers, as a probe found them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Ability;
use crate::ids::{ClusterId, VmId};
use crate::states::VolumeMode;

/// Nodes that take VMs by zone, and storage classes. What could not be seen is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// How many nodes take VMs, in zones or in none.
    pub nodes: Option<i64>,
    /// The zones those nodes are in, by name.
    pub zones: BTreeMap<String, Zone>,
    /// Storage classes.
    pub storage: Option<Vec<StorageOffer>>,
}

/// One zone of a cluster, over its nodes that take VMs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// How many nodes.
    pub nodes: i64,
    /// What they offer together, in thousandths of a virtual CPU.
    pub milli_vcpu: i64,
    /// As above, of memory.
    pub memory_bytes: i64,
    /// The most that any one of them has.
    pub ability: Ability,
}

/// A storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageOffer {
    /// Its name.
    pub name: String,
    /// Whether it is taken where none is named.
    pub default: bool,
    /// The volumes it makes, the one taken where none is named first; empty where nobody knows.
    pub modes: Vec<VolumeMode>,
}

impl StorageOffer {
    /// The mode of a volume that names none.
    pub fn usual_mode(&self) -> VolumeMode {
        self.modes.first().copied().unwrap_or(VolumeMode::Filesystem)
    }
}

/// What is taken of something already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Thousandths of a virtual CPU.
    pub milli_vcpu: i64,
    /// Memory.
    pub memory_bytes: i64,
}

/// A VM that something is to be kept apart from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The VM.
    pub vm: VmId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub cluster: ClusterId,
    /// The node it runs on, if it runs.
    pub node: Option<String>,
    /// The zone of that node, or the one it asked for.
    pub zone: Option<String>,
}
