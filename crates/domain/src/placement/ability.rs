//! What a cluster's nodes have and what its admins let a size ask for.
//!
//! A VM runs on one node, so it is the largest node that counts, not the sum. What the probe could not see (`None`) is not
//! held against a cluster where it is an amount, and is where it is a device: an amount is nearly always there, a GPU is not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Demand, MULTUS};
use crate::reason::Reason;
use crate::states::VolumeMode;

/// The most that any one node has of each thing, over the nodes that take VMs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ability {
    /// Thousandths of a CPU that pods may use.
    pub milli_cpu: Option<i64>,
    /// Memory that pods may use.
    pub memory_bytes: Option<i64>,
    /// Whether a node gives out whole cores (Kubernetes' static CPU manager).
    pub dedicated_cpu: bool,
    /// Bytes of huge pages by page size, as `2Mi`.
    pub hugepages: BTreeMap<String, i64>,
    /// Devices by name, as `nvidia.com/A10`.
    pub devices: BTreeMap<String, i64>,
}

/// What admins let VMs ask of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterPolicy {
    /// Guest CPU for each hundred parts a pod asks for; 1000 is KubeVirt's own ratio.
    pub cpu_overcommit_percent: i64,
    /// As above, for memory; 100 is none.
    pub memory_overcommit_percent: i64,
    /// Whether whole cores may be asked for.
    pub dedicated_cpu: bool,
    /// Whether huge pages may be asked for.
    pub hugepages: bool,
    /// Whether devices may be asked for.
    pub gpus: bool,
    /// Whether networks of Multus may be.
    pub multus: bool,
    /// Whether templates may set fields of KubeVirt themselves.
    pub advanced: bool,
    /// The storage classes disks may be of; any where none is named.
    pub storage_classes: Vec<String>,
    /// The modes volumes may have; any where none is named.
    pub volume_modes: Vec<VolumeMode>,
}

impl Default for ClusterPolicy {
    fn default() -> Self {
        Self {
            cpu_overcommit_percent: 1000,
            memory_overcommit_percent: 100,
            dedicated_cpu: true,
            hugepages: true,
            gpus: true,
            multus: true,
            advanced: true,
            storage_classes: Vec::new(),
            volume_modes: Vec::new(),
        }
    }
}

/// Everything for which this cluster could not hold a VM even if it were empty.
pub(super) fn against(demand: &Demand, cluster: &str, able: &Ability, policy: &ClusterPolicy) -> Vec<Reason> {
    let mut reasons = not_let(demand, cluster, policy);
    let say = |code: &'static str, text: String| Reason::new(code, text).with("cluster", cluster);
    let compute = &demand.compute;
    let mut too_large = |what: &str, needed: i64, largest: Option<i64>| {
        if let Some(largest) = largest.filter(|largest| *largest < needed) {
            let reason = say("NO_NODE_LARGE_ENOUGH", format!("No node of {cluster} has that much {what}."));
            reasons.push(reason.with("what", what).with("needed", needed).with("largest", largest));
        }
    };
    too_large("CPU", compute.requested_milli_cpu(demand.milli_vcpu), able.milli_cpu);
    // Huge pages are not part of the memory that pods share.
    if compute.hugepages.is_none() {
        too_large("memory", compute.requested_memory(demand.memory_bytes), able.memory_bytes);
    }
    if compute.dedicated_cpu && !able.dedicated_cpu {
        reasons.push(say("DEDICATED_CPU_MISSING", format!("No node of {cluster} gives out whole cores.")));
    }
    if let Some(pages) = compute.hugepages {
        let largest = able.hugepages.get(pages.as_str()).copied().unwrap_or_default();
        if largest < demand.memory_bytes {
            let text = format!("No node of {cluster} has that much memory in pages of {pages}.");
            let reason = say("HUGEPAGES_MISSING", text).with("page", pages.as_str());
            reasons.push(reason.with("needed", demand.memory_bytes).with("largest", largest));
        }
    }
    for gpu in &compute.gpus {
        let largest = able.devices.get(&gpu.device).copied().unwrap_or_default();
        if largest < gpu.count {
            let text = format!("No node of {cluster} has {} of {}.", gpu.count, gpu.device);
            let reason = say("GPU_MISSING", text).with("device", gpu.device.as_str());
            reasons.push(reason.with("needed", gpu.count).with("largest", largest));
        }
    }
    reasons
}

fn not_let(demand: &Demand, cluster: &str, policy: &ClusterPolicy) -> Vec<Reason> {
    let compute = &demand.compute;
    let mut reasons = Vec::new();
    for (what, percent, allowed) in [
        ("CPU", compute.cpu_overcommit_percent(demand.milli_vcpu), policy.cpu_overcommit_percent),
        ("memory", compute.memory_overcommit_percent(demand.memory_bytes), policy.memory_overcommit_percent),
    ] {
        if percent > allowed {
            let text = format!(
                "{cluster} lets guests see {allowed} % of the {what} they are given, not {percent} %."
            );
            let reason = Reason::new("OVERCOMMIT_TOO_HIGH", text).with("cluster", cluster).with("what", what);
            reasons.push(reason.with("percent", percent).with("allowed", allowed));
        }
    }
    for (what, asked, let_in) in [
        ("dedicated CPUs", compute.dedicated_cpu, policy.dedicated_cpu),
        ("huge pages", compute.hugepages.is_some(), policy.hugepages),
        ("GPUs", !compute.gpus.is_empty(), policy.gpus),
        ("networks of Multus", demand.needs.contains(MULTUS), policy.multus),
        ("fields of KubeVirt set by templates", !demand.advanced.is_empty(), policy.advanced),
    ] {
        if asked && !let_in {
            let text = format!("{cluster} takes no VMs with {what}.");
            reasons.push(Reason::new("NOT_LET_IN", text).with("cluster", cluster).with("what", what));
        }
    }
    reasons
}
