//! Zones and storage of a cluster, from what a probe found to what placement reads.

use std::collections::BTreeMap;

use shepherd_domain::placement::{Layout, StorageOffer, Zone};
use shepherd_domain::states::VolumeMode;
use shepherd_kubevirt::Capability;
use shepherd_kubevirt::probe::{Node, StorageClass, StorageProfile};

/// How the cluster is laid out.
pub(super) fn of(capability: &Capability) -> Layout {
    let nodes = capability.nodes.known();
    let takes = nodes.into_iter().flatten().filter(|node| node.schedulable);
    let mut zones: BTreeMap<String, Vec<&Node>> = BTreeMap::new();
    for node in takes.clone() {
        if let Some(zone) = &node.zone {
            zones.entry(zone.clone()).or_default().push(node);
        }
    }
    let profiles = capability.storage_profiles.known().map(Vec::as_slice).unwrap_or_default();
    Layout {
        nodes: nodes.map(|_| count(takes.count())),
        zones: zones.into_iter().map(|(name, nodes)| (name, zone(&nodes))).collect(),
        storage: capability
            .storage_classes
            .known()
            .map(|classes| classes.iter().map(|class| offer(class, profiles)).collect()),
    }
}

fn zone(nodes: &[&Node]) -> Zone {
    let (milli_vcpu, memory_bytes) = super::offered(nodes.iter().copied());
    let ability = super::ability(nodes.iter().copied());
    Zone { nodes: count(nodes.len()), milli_vcpu, memory_bytes, ability }
}

fn offer(class: &StorageClass, profiles: &[StorageProfile]) -> StorageOffer {
    let profile = profiles.iter().find(|profile| profile.name == class.name);
    let mut modes: Vec<VolumeMode> = Vec::new();
    // As `Block/ReadWriteMany`, the one that CDI takes first before the others.
    for word in profile.into_iter().flat_map(|profile| &profile.modes) {
        let mode = match word.split('/').next() {
            Some("Block") => VolumeMode::Block,
            _ => VolumeMode::Filesystem,
        };
        if !modes.contains(&mode) {
            modes.push(mode);
        }
    }
    StorageOffer { name: class.name.clone(), default: class.default, modes }
}

/// Every node with its zone, also those that take no VMs now: what runs there runs there.
pub(super) fn zones(nodes: &[Node]) -> Vec<(String, Option<String>)> {
    nodes.iter().map(|node| (node.name.clone(), node.zone.clone())).collect()
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}
