//! Nodes: what they offer to virtual machines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::views::{Conditions, Meta, bytes, millis};
use crate::{Cluster, Error};

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub name: String,
    pub architecture: Option<String>,
    /// Where it stands, as `topology.kubernetes.io/zone` says.
    #[serde(default)]
    pub zone: Option<String>,
    /// KubeVirt runs there, and the node is ready and not cordoned.
    pub schedulable: bool,
    /// Hardware virtualization is offered.
    pub kvm: bool,
    /// Thousandths of a CPU that pods may use.
    pub cpu_millis: u64,
    pub memory_bytes: u64,
    /// Whole cores are given out there: the static CPU manager, as virt-handler found it.
    #[serde(default)]
    pub dedicated_cpu: bool,
    /// Bytes in huge pages by page size, for example `2Mi`.
    pub hugepages: BTreeMap<String, u64>,
    pub accelerators: Vec<Accelerator>,
}

/// A device resource such as `nvidia.com/A10`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accelerator {
    pub resource: String,
    pub count: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawNode {
    metadata: Meta,
    spec: Spec,
    status: Status,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Spec {
    unschedulable: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    allocatable: BTreeMap<String, String>,
    conditions: Conditions,
}

impl Cluster {
    pub(super) async fn nodes(&self) -> Result<Vec<Node>, Error> {
        let all: Vec<RawNode> = self.all("/api/v1/nodes").await?;
        Ok(all.into_iter().map(Node::from).collect())
    }
}

impl From<RawNode> for Node {
    fn from(raw: RawNode) -> Self {
        let allocatable = raw.status.allocatable;
        let amount = |name: &str| allocatable.get(name).map(String::as_str);
        let label = |name: &str| raw.metadata.labels.get(name).map(String::as_str);
        let hugepages = allocatable.iter().filter_map(|(name, size)| {
            let pages = name.strip_prefix("hugepages-")?;
            bytes(size).filter(|size| *size > 0).map(|size| (crate::detail::clean(pages, 10), size))
        });
        let accelerators =
            allocatable.iter().filter(|(name, _)| is_device(name)).filter_map(|(name, count)| {
                let count = bytes(count).filter(|count| *count > 0)?;
                Some(Accelerator { resource: crate::detail::clean(name, 253), count })
            });
        Node {
            architecture: label("kubernetes.io/arch").map(str::to_owned),
            zone: label("topology.kubernetes.io/zone").map(str::to_owned),
            schedulable: label("kubevirt.io/schedulable") == Some("true")
                && !raw.spec.unschedulable
                && raw.status.conditions.is_true("Ready"),
            // The first is the label of KubeVirt up to now, the second one the name newer labels have.
            dedicated_cpu: ["cpumanager", "kubevirt.io/cpumanager"]
                .iter()
                .any(|name| label(name) == Some("true")),
            kvm: amount("devices.kubevirt.io/kvm").and_then(bytes).is_some_and(|count| count > 0),
            cpu_millis: amount("cpu").and_then(millis).unwrap_or(0),
            memory_bytes: amount("memory").and_then(bytes).unwrap_or(0),
            hugepages: hugepages.take(10).collect(),
            accelerators: accelerators.take(50).collect(),
            name: raw.metadata.name,
        }
    }
}

/// Extended resources are named `vendor/device`; Kubernetes' and KubeVirt's own are not for guests.
fn is_device(name: &str) -> bool {
    let Some((vendor, _)) = name.split_once('/') else { return false };
    !vendor.ends_with("kubernetes.io") && vendor != "devices.kubevirt.io"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_read() {
        let raw: RawNode = serde_json::from_str(
            r#"{"metadata":{"name":"n1","labels":{"kubevirt.io/schedulable":"true","kubernetes.io/arch":"amd64",
                "cpumanager":"true"}},
                "status":{"conditions":[{"type":"Ready","status":"True"}],"allocatable":{"cpu":"3900m","memory":"8Gi",
                "hugepages-2Mi":"64Mi","hugepages-1Gi":"0","devices.kubevirt.io/kvm":"1k","nvidia.com/A10":"2",
                "pods":"110","attachable-volumes-csi.kubernetes.io/x":"5"}}}"#,
        )
        .unwrap();
        let node = Node::from(raw);
        assert!(node.schedulable && node.kvm && node.dedicated_cpu);
        assert_eq!((node.cpu_millis, node.memory_bytes), (3900, 8 << 30));
        assert_eq!(node.hugepages, BTreeMap::from([("2Mi".to_owned(), 64 << 20)]));
        assert_eq!(node.accelerators, [Accelerator { resource: "nvidia.com/A10".into(), count: 2 }]);
    }
}
