//! Zones, and VMs that stay apart from others: what speaks against a cluster, and how far apart it would be.
//!
//! A neighbour that does not run may come up on any node, and so does not count as on one, except where there is only
//! one. The scheduler has the last word when the guest starts (`manifest::affinity`).

use std::collections::BTreeSet;

use super::layout::{Neighbour, Zone};
use super::{ClusterFacts, Demand};
use crate::reason::Reason;

/// How far a VM would be from those it is kept apart from; the first is best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Distance {
    Cluster,
    Zone,
    Node,
}

/// The zone that was asked for, where the cluster has it.
pub(super) fn zone<'a>(demand: &Demand, cluster: &'a ClusterFacts) -> Option<&'a Zone> {
    cluster.layout.zones.get(demand.zone.as_ref()?)
}

/// That the cluster does not have the zone.
pub(super) fn missing(demand: &Demand, cluster: &ClusterFacts) -> Option<Reason> {
    let wanted = demand.zone.as_ref()?;
    if cluster.layout.zones.contains_key(wanted) {
        return None;
    }
    let name = cluster.name.as_str();
    let (code, text) = match cluster.layout.nodes {
        Some(_) => ("ZONE_MISSING", format!("{name} has no node for VMs in the zone {wanted}.")),
        None => ("ZONES_UNKNOWN", format!("{name} does not let us see in which zones its nodes are.")),
    };
    let zones: Vec<&str> = cluster.layout.zones.keys().map(String::as_str).take(20).collect();
    Some(Reason::new(code, text).with("cluster", name).with("zone", wanted.as_str()).with("zones", zones))
}

/// What speaks against the cluster now: no room in the zone, or no node apart.
pub(super) fn against(demand: &Demand, cluster: &ClusterFacts) -> Vec<Reason> {
    let name = cluster.name.as_str();
    let mut reasons = Vec::new();
    if let (Some(zone), Some(wanted)) = (zone(demand, cluster), &demand.zone) {
        let taken = cluster.taken_in_zone;
        let cpu = demand.compute.weight_milli_vcpu(demand.milli_vcpu);
        let memory = demand.compute.requested_memory(demand.memory_bytes);
        for (code, what, needed, free) in [
            ("ZONE_SHORT_OF_MEMORY", "memory", memory, zone.memory_bytes - taken.memory_bytes),
            ("ZONE_SHORT_OF_CPU", "CPU", cpu, zone.milli_vcpu - taken.milli_vcpu),
        ] {
            if free < needed {
                let text = format!("The zone {wanted} of {name} has too little {what} left.");
                let reason = Reason::new(code, text).with("cluster", name).with("zone", wanted.as_str());
                reasons.push(reason.with("needed", needed).with("free", free.max(0)));
            }
        }
    }
    if distance(demand, cluster).is_none() {
        let text = format!("Every node of {name} that could take this VM has one it must stay apart from.");
        let here = demand.neighbours.iter().filter(|other| other.cluster == cluster.id);
        let vms: Vec<&str> = here.map(|other| other.name.as_str()).collect();
        reasons.push(Reason::new("NO_NODE_APART", text).with("cluster", name).with("vms", vms));
    }
    reasons
}

/// How far apart this cluster could keep it; `None` if it cannot.
pub(super) fn distance(demand: &Demand, cluster: &ClusterFacts) -> Option<Distance> {
    let wanted = demand.zone.as_deref();
    // One in another zone than the wanted one cannot be met.
    let here: Vec<&Neighbour> =
        demand.neighbours.iter().filter(|other| other.cluster == cluster.id).collect();
    if here.is_empty() {
        return Some(Distance::Cluster);
    }
    let layout = &cluster.layout;
    let in_the_way: Vec<&Neighbour> = here
        .iter()
        .copied()
        .filter(|other| wanted.is_none() || other.zone.is_none() || other.zone.as_deref() == wanted)
        .collect();
    let nodes = match wanted {
        Some(wanted) => layout.zones.get(wanted).map(|zone| zone.nodes),
        None => layout.nodes,
    };
    let on: BTreeSet<&str> = in_the_way.iter().filter_map(|other| other.node.as_deref()).collect();
    let on = i64::try_from(on.len()).unwrap_or(i64::MAX);
    let alone = nodes == Some(1) && !in_the_way.is_empty();
    // Nodes that nobody could count are not held against it.
    if alone || nodes.is_some_and(|nodes| nodes <= on) {
        return None;
    }
    let all_known = here.iter().all(|other| other.zone.is_some());
    let empty_zone = |zone: &str| here.iter().all(|other| other.zone.as_deref() != Some(zone));
    let other_zone = match wanted {
        Some(wanted) => empty_zone(wanted),
        None => layout.zones.keys().any(|zone| empty_zone(zone)),
    };
    Some(if all_known && other_zone { Distance::Zone } else { Distance::Node })
}

/// How far apart it would be, said where it was asked for.
pub(super) fn in_favour(demand: &Demand, cluster: &ClusterFacts) -> Option<Reason> {
    if demand.neighbours.is_empty() {
        return None;
    }
    let name = cluster.name.as_str();
    let (code, text) = match distance(demand, cluster)? {
        Distance::Cluster => {
            ("APART_BY_CLUSTER", format!("None of the VMs to stay apart from is in {name}."))
        }
        Distance::Zone => ("APART_BY_ZONE", format!("{name} can keep it in another zone than those VMs.")),
        Distance::Node => ("APART_BY_NODE", format!("{name} can keep it on another node than those VMs.")),
    };
    Some(Reason::new(code, text).with("cluster", name))
}
