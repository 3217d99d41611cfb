//! Where a VM can go: every cluster judged, with the reasons, the best first.
//!
//! Invariants: every cluster given is in the answer, eligible or not, so that an approver sees why; all reasons
//! against a cluster are named, not only the first; the same facts always give the same order.
//! Not here: choosing among the candidates, which is the approver's, and reserving capacity.

mod ability;
mod apart;
mod layout;
mod storage;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::advanced;
use crate::compute::Compute;
use crate::ids::{ClusterId, EnvironmentId};
use crate::network::NetworkKind;
use crate::reason::Reason;
use crate::spec::CreateSpec;
use crate::states::{ClusterHealth, ClusterMode, RootDisk};

pub use ability::{Ability, ClusterPolicy};
pub use layout::{Layout, Neighbour, StorageOffer, Taken, Zone};
pub use storage::StorageWish;

/// What a cluster must be able to do for a persistent root disk: import images (CDI).
pub const DATA_VOLUMES: &str = "data_volumes";
/// What a cluster must be able to do for networks other than its own: attach them (Multus).
pub const MULTUS: &str = "multus";

/// What is to be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Where it is governed; a cluster of another environment is never eligible.
    pub environment_id: EnvironmentId,
    /// Thousandths of a virtual CPU, as the guest sees it.
    pub milli_vcpu: i64,
    /// Guest memory.
    pub memory_bytes: i64,
    /// What the size asks of a node beyond that.
    pub compute: Compute,
    /// Fields of KubeVirt that are set, by path.
    pub advanced: BTreeMap<String, Value>,
    /// Capabilities the cluster must have.
    pub needs: BTreeSet<String>,
    /// The zone it has to run in.
    pub zone: Option<String>,
    /// The VMs it stays apart from, as far as they are there.
    pub neighbours: Vec<Neighbour>,
    /// What its disk wants; `None` without a disk that outlives the guest.
    pub storage: Option<StorageWish>,
}

impl Demand {
    /// What this spec needs of a cluster. Where the VMs are that it stays apart from is the caller's to add.
    pub fn of(spec: &CreateSpec) -> Self {
        let mut needs = BTreeSet::new();
        if spec.root == RootDisk::Persistent {
            needs.insert(DATA_VOLUMES.to_owned());
        }
        if spec.networks.iter().any(|network| network.kind == NetworkKind::Multus) {
            needs.insert(MULTUS.to_owned());
        }
        Self {
            environment_id: spec.environment_id,
            milli_vcpu: spec.milli_vcpu,
            memory_bytes: spec.memory_bytes,
            compute: spec.compute.clone(),
            advanced: spec.advanced.clone(),
            needs,
            zone: spec.zone.clone(),
            neighbours: Vec::new(),
            storage: (spec.root == RootDisk::Persistent)
                .then(|| StorageWish { class: spec.storage_class.clone(), mode: spec.volume_mode }),
        }
    }
}

/// What is known of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterFacts {
    /// The cluster.
    pub id: ClusterId,
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment_id: EnvironmentId,
    /// Whether VMs are made there at all.
    pub mode: ClusterMode,
    /// Whether an admin lets new VMs in.
    pub accepts_vms: bool,
    /// How it answers.
    pub health: ClusterHealth,
    /// KubeVirt's version, where the probe found it.
    pub kubevirt_version: Option<String>,
    /// What is left to order, where known: capacity less what governed VMs have (running, or only approved) and less what
    /// others were seen to run.
    pub free_milli_vcpu: Option<i64>,
    /// As above, for memory.
    pub free_memory_bytes: Option<i64>,
    /// What the probe found it able to do.
    pub capabilities: BTreeSet<String>,
    /// What its nodes have.
    pub ability: Ability,
    /// Its zones and its storage.
    pub layout: Layout,
    /// What is taken of the zone that is asked for; nothing where none is.
    pub taken_in_zone: Taken,
    /// What sizes may ask of it.
    pub policy: ClusterPolicy,
    /// Its schema of an instance's spec, where it was asked for.
    pub schema: Option<Value>,
}

/// One cluster, judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The cluster.
    pub cluster_id: ClusterId,
    /// Its name when it was judged.
    pub cluster: String,
    /// Whether the VM can go there.
    pub eligible: bool,
    /// Why, or why not; never empty.
    pub reasons: Vec<Reason>,
}

/// Every cluster as a candidate: eligible ones first, healthy before degraded, then the one that keeps it furthest apart
/// from what it is to be apart from, then the most free memory and CPU (unknown capacity last), then by name.
pub fn place(demand: &Demand, clusters: &[ClusterFacts]) -> Vec<Candidate> {
    let mut judged: Vec<(&ClusterFacts, Vec<Reason>)> =
        clusters.iter().map(|cluster| (cluster, against(demand, cluster))).collect();
    judged.sort_by(|(a, against_a), (b, against_b)| {
        let rank = |cluster: &ClusterFacts, against: &[Reason]| {
            let free = (cluster.free_memory_bytes, cluster.free_milli_vcpu);
            // None orders before every number, so reversed it comes last.
            let apart = apart::distance(demand, cluster);
            (!against.is_empty(), cluster.health != ClusterHealth::Healthy, apart, Reverse(free))
        };
        rank(a, against_a)
            .cmp(&rank(b, against_b))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.id.cmp(&b.id))
    });
    judged
        .into_iter()
        .map(|(cluster, against)| Candidate {
            cluster_id: cluster.id,
            cluster: cluster.name.clone(),
            eligible: against.is_empty(),
            reasons: if against.is_empty() { in_favour(demand, cluster) } else { against },
        })
        .collect()
}

/// Everything that speaks against a cluster.
fn against(demand: &Demand, cluster: &ClusterFacts) -> Vec<Reason> {
    let name = &cluster.name;
    let say = |code: &'static str, text: String| Reason::new(code, text).with("cluster", name.as_str());
    let short = |code, what, needed: i64, free: Option<i64>| {
        let free = free.filter(|free| *free < needed)?;
        let reason = say(code, format!("{name} has too little {what} left."));
        Some(reason.with("needed", needed).with("free", free.max(0)))
    };
    let mut reasons = Vec::new();
    if cluster.environment_id != demand.environment_id {
        reasons.push(say("WRONG_ENVIRONMENT", format!("{name} is in another environment.")));
    }
    if !cluster.accepts_vms {
        reasons.push(say("CLUSTER_CLOSED", format!("{name} takes no new VMs.")));
    }
    // A cluster never heard from is no better than one that stopped answering.
    if matches!(cluster.health, ClusterHealth::Unreachable | ClusterHealth::Unknown) {
        reasons.push(say("CLUSTER_UNREACHABLE", format!("{name} does not answer.")));
    }
    let memory = demand.compute.requested_memory(demand.memory_bytes);
    reasons.extend(short("NOT_ENOUGH_MEMORY", "memory", memory, cluster.free_memory_bytes));
    let cpu = demand.compute.weight_milli_vcpu(demand.milli_vcpu);
    reasons.extend(short("NOT_ENOUGH_CPU", "CPU", cpu, cluster.free_milli_vcpu));
    reasons.extend(apart::against(demand, cluster));
    reasons.extend(never(demand, cluster));
    reasons
}

/// What speaks against a cluster whatever else runs there, and whether it answers or not.
fn never(demand: &Demand, cluster: &ClusterFacts) -> Vec<Reason> {
    let name = &cluster.name;
    let observed = (cluster.mode == ClusterMode::Observe).then(|| {
        let text = format!("{name} is only observed; nothing is made there.");
        Reason::new("CLUSTER_OBSERVED", text).with("cluster", name.as_str())
    });
    let missing = demand.needs.difference(&cluster.capabilities).map(|capability| {
        Reason::new("CAPABILITY_MISSING", format!("{name} cannot do {capability}."))
            .with("cluster", name.as_str())
            .with("capability", capability.as_str())
    });
    let nodes = apart::zone(demand, cluster).map_or(&cluster.ability, |zone| &zone.ability);
    let able = ability::against(demand, name, nodes, &cluster.policy);
    let zone = apart::missing(demand, cluster);
    let stored = storage::against(demand, cluster);
    let fields = refused_fields(&demand.advanced, cluster);
    observed.into_iter().chain(missing).chain(zone).chain(able).chain(stored).chain(fields).collect()
}

/// Fields that a cluster does not have, or not with these values.
pub fn refused_fields(fields: &BTreeMap<String, Value>, cluster: &ClusterFacts) -> Vec<Reason> {
    let name = cluster.name.as_str();
    let judge = |(path, value): (&String, &Value)| {
        let (code, what) = match &cluster.schema {
            None => ("ADVANCED_SCHEMA_UNKNOWN", "has not said which fields it has".to_owned()),
            Some(schema) => advanced::against(schema, path, value)?,
        };
        let reason = Reason::new(code, format!("{name} {what}: {path}.")).with("cluster", name);
        Some(reason.with("path", path.as_str()).with("detail", what))
    };
    fields.iter().filter_map(judge).collect()
}

/// Why none of these clusters could hold this even if it were empty; nothing if one could, or if there is none to ask.
/// The environment is not looked at: the caller gives the clusters of those that matter.
pub fn fits_nowhere(demand: &Demand, clusters: &[ClusterFacts]) -> Vec<Reason> {
    let against: Vec<Vec<Reason>> = clusters.iter().map(|cluster| never(demand, cluster)).collect();
    if against.iter().any(Vec::is_empty) { Vec::new() } else { against.into_iter().flatten().collect() }
}

/// What to say of a cluster that nothing speaks against.
fn in_favour(demand: &Demand, cluster: &ClusterFacts) -> Vec<Reason> {
    let mut fits = Reason::new("FITS", format!("{} has room.", cluster.name))
        .with("cluster", cluster.name.as_str())
        .with("free_milli_vcpu", cluster.free_milli_vcpu)
        .with("free_memory_bytes", cluster.free_memory_bytes);
    if cluster.free_memory_bytes.is_none() {
        fits.text = format!("{} has not said how much room it has.", cluster.name);
    }
    let degraded = (cluster.health == ClusterHealth::Degraded).then(|| {
        let text = format!("{} answers late or with errors.", cluster.name);
        Reason::new("CLUSTER_DEGRADED", text).with("cluster", cluster.name.as_str())
    });
    [Some(fits), apart::in_favour(demand, cluster), degraded].into_iter().flatten().collect()
}

#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod tests;
