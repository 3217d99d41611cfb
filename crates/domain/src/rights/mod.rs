//! What Shepherd's account needs in a cluster: one table, from which the least RBAC is printed and by which a probe
//! asks what the account may do.
//!
//! Invariants: a right that no call needs is not in the table; each row says which call needs it, so that a test can
//! take one away and see that call refused. Reading is over all namespaces, because the inventory is; writing can be
//! given namespace by namespace.
//! Not here: what every authenticated account may do anyway (discovery, OpenAPI, the reviews of one's own rights, and
//! KubeVirt's version), which no role of ours has to give.

mod manifest;
mod policy;

pub use manifest::{Account, Ask, BadName, manifest};

use crate::states::ClusterMode;

/// Where a right has to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All namespaces, or things that are in none.
    Everywhere,
    /// The governed namespaces.
    Governed,
    /// The governed namespaces, where Shepherd is to make them itself. An administrator who makes and labels them
    /// beforehand need not give it.
    MakingNamespaces,
}

/// One thing our account needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    pub verb: &'static str,
    /// API group; empty is the core group.
    pub group: &'static str,
    /// With the subresource: `virtualmachines/start`.
    pub resource: &'static str,
    pub reach: Reach,
    /// Needed from this mode on: what observing needs, governing needs too.
    pub from: ClusterMode,
    /// KubeVirt gives it to every account (`kubevirt.io:default`): asked about, not printed.
    pub given: bool,
    /// What goes without it.
    pub why: &'static str,
}

const VM: &str = "kubevirt.io";
const SUB: &str = "subresources.kubevirt.io";

const fn see(verb: &'static str, group: &'static str, resource: &'static str, why: &'static str) -> Right {
    let from = ClusterMode::Observe;
    Right { verb, group, resource, reach: Reach::Everywhere, from, given: false, why }
}

const fn act(verb: &'static str, group: &'static str, resource: &'static str, why: &'static str) -> Right {
    let from = ClusterMode::Govern;
    Right { verb, group, resource, reach: Reach::Governed, from, given: false, why }
}

const fn making(verb: &'static str, why: &'static str) -> Right {
    Right { reach: Reach::MakingNamespaces, ..act(verb, "", "namespaces", why) }
}

/// Every right there is a use for.
pub const RIGHTS: &[Right] = &[
    see("list", VM, "virtualmachines", "the inventory: which VMs there are"),
    see("watch", VM, "virtualmachines", "the inventory: what changes"),
    see("list", VM, "virtualmachineinstances", "the inventory: which of them run, where, with which address"),
    see("watch", VM, "virtualmachineinstances", "the inventory: starts, stops, failures as they happen"),
    see("list", "", "namespaces", "who may own what is in them"),
    see("list", "", "nodes", "capacity, zones, GPUs and huge pages, for placement"),
    see("list", "storage.k8s.io", "storageclasses", "which storage there is"),
    see("list", "snapshot.storage.k8s.io", "volumesnapshotclasses", "whether disks can be snapshot"),
    see("list", "cdi.kubevirt.io", "storageprofiles", "which volume modes each storage has"),
    see("list", "k8s.cni.cncf.io", "network-attachment-definitions", "which networks there are"),
    Right { given: true, ..see("list", VM, "kubevirts", "KubeVirt's version and feature gates") },
    act("get", VM, "virtualmachines", "to compare before each write: ours, or somebody else's"),
    act("create", VM, "virtualmachines", "making a VM, and the dry-run before it is approved"),
    act("patch", VM, "virtualmachines", "changing a VM; halting one in the trash"),
    act("delete", VM, "virtualmachines", "deleting a VM for good"),
    act("get", VM, "virtualmachineinstances", "to see whether a restart has happened already"),
    act("update", SUB, "virtualmachines/start", "starting"),
    act("update", SUB, "virtualmachines/stop", "stopping"),
    act("update", SUB, "virtualmachines/restart", "restarting"),
    act("update", SUB, "virtualmachineinstances/pause", "pausing"),
    act("update", SUB, "virtualmachineinstances/unpause", "letting a paused VM go on"),
    act("get", SUB, "virtualmachineinstances/console", "the serial console"),
    // The API server asks for the first part of a subresource's path only: a screenshot is of the screen.
    act("get", SUB, "virtualmachineinstances/vnc", "the screen, and a picture of it"),
    act("create", "", "secrets", "user data too long to stand in the VM"),
    act("get", SUB, "virtualmachineinstances/portforward", "asking members of pools whether they serve"),
    act("get", "", "secrets", "to compare before that is written again"),
    act("patch", "", "secrets", "changed user data"),
    act("get", "", "persistentvolumeclaims", "to compare before a disk is grown"),
    act("patch", "", "persistentvolumeclaims", "growing a disk"),
    act("get", "", "namespaces", "whether the namespace is there and governed"),
    making("create", "making a namespace that is not there"),
    making("patch", "labelling one that is there as governed"),
];

/// What is needed in this mode.
pub fn needed(mode: ClusterMode) -> impl Iterator<Item = &'static Right> {
    RIGHTS.iter().filter(move |right| right.from == ClusterMode::Observe || mode == ClusterMode::Govern)
}

#[cfg(test)]
mod tests;
