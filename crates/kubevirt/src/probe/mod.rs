//! What a cluster can do, as far as our account may look.
//!
//! Every part stands alone: one that is missing or forbidden says why and leaves the rest as it is, so that
//! a cluster with the least RBAC still gets a useful page. The result is a plain record for the database.

mod access;
mod beside;
mod kubevirt;
mod namespaces;
mod nodes;
mod schema;
mod storage;

use futures::join;
use serde::{Deserialize, Serialize};

use crate::transport::Call;
use crate::{Cluster, Error};

pub use access::Access;
pub use beside::{Network, SnapshotClass, StorageProfile};
pub use kubevirt::{FeatureGates, KubeVirt, Version};
pub use namespaces::NamespaceSeen;
pub use nodes::{Accelerator, Node};
pub use storage::StorageClass;

/// A part of the probe: known, or missing with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part<T> {
    Known(T),
    /// `code` is of [`Error::code`]; `detail` is the cluster's words.
    Missing {
        code: String,
        detail: String,
    },
}

impl<T> Default for Part<T> {
    /// Kept by a version that did not ask.
    fn default() -> Self {
        Self::Missing { code: "CLUSTER_NOT_ASKED".to_owned(), detail: String::new() }
    }
}

impl<T> Part<T> {
    /// The value, when known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Part::Known(value) => Some(value),
            Part::Missing { .. } => None,
        }
    }
}

impl<T> From<Result<T, Error>> for Part<T> {
    fn from(result: Result<T, Error>) -> Self {
        match result {
            Ok(value) => Part::Known(value),
            Err(error) => Part::Missing {
                code: error.code().to_owned(),
                detail: error.detail().map(ToString::to_string).unwrap_or_default(),
            },
        }
    }
}

/// Result of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// Version of Kubernetes.
    pub kubernetes: Part<Version>,
    /// Version of virt-api, which may run ahead of the rest during an upgrade.
    pub virt_api: Part<Version>,
    /// The KubeVirt installation: phase, gates, settings.
    pub kubevirt: Part<KubeVirt>,
    /// API groups with the versions they are served in.
    pub groups: Part<Vec<Group>>,
    /// Whether the Containerized Data Importer serves data volumes.
    pub cdi: Part<bool>,
    /// Whether virtual machines can be snapshot.
    pub snapshots: Part<bool>,
    /// Whether Multus networks are served.
    pub networks: Part<bool>,
    pub nodes: Part<Vec<Node>>,
    pub storage_classes: Part<Vec<StorageClass>>,
    /// What CDI knows of storage classes.
    #[serde(default)]
    pub storage_profiles: Part<Vec<StorageProfile>>,
    #[serde(default)]
    pub snapshot_classes: Part<Vec<SnapshotClass>>,
    /// NetworkAttachmentDefinitions.
    #[serde(default)]
    pub attachments: Part<Vec<Network>>,
    /// What our account may do, one answer per right.
    pub access: Part<Vec<Access>>,
}

/// One API group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub versions: Vec<String>,
}

#[derive(Deserialize)]
struct GroupList {
    #[serde(default)]
    groups: Vec<RawGroup>,
}

#[derive(Deserialize)]
struct RawGroup {
    name: String,
    #[serde(default)]
    versions: Vec<RawVersion>,
}

#[derive(Deserialize)]
struct RawVersion {
    version: String,
}

impl Cluster {
    /// Looks at everything a cluster page shows. `namespace` is where our permissions are asked for.
    ///
    /// # Errors
    /// Only when the cluster cannot be reached or refuses our credentials; everything else is a missing part.
    pub async fn probe(&self, namespace: &str) -> Result<Capability, Error> {
        let kubernetes = answered(self.version("/version").await)?;
        // Boxed: together they would not fit a worker's stack.
        let (virt_api, kubevirt, groups, nodes, storage_classes, profiles, snapshots, attachments, access) = join!(
            Box::pin(self.version("/apis/subresources.kubevirt.io/v1/version")),
            Box::pin(self.kubevirt()),
            Box::pin(self.groups()),
            Box::pin(self.nodes()),
            Box::pin(self.storage_classes()),
            Box::pin(self.storage_profiles()),
            Box::pin(self.snapshot_classes()),
            Box::pin(self.attachments()),
            Box::pin(self.access(namespace)),
        );
        // Versions and discovery may be open to everybody; these are not.
        let (kubevirt, nodes, access) = (answered(kubevirt)?, answered(nodes)?, answered(access)?);
        let groups: Part<Vec<Group>> = groups.into();
        Ok(Capability {
            kubernetes: kubernetes.into(),
            virt_api: virt_api.into(),
            kubevirt: kubevirt.into(),
            cdi: served(&groups, "cdi.kubevirt.io"),
            snapshots: served(&groups, "snapshot.kubevirt.io"),
            networks: served(&groups, "k8s.cni.cncf.io"),
            groups,
            nodes: nodes.into(),
            storage_classes: storage_classes.into(),
            storage_profiles: profiles.into(),
            snapshot_classes: snapshots.into(),
            attachments: attachments.into(),
            access: access.into(),
        })
    }

    async fn groups(&self) -> Result<Vec<Group>, Error> {
        let list: GroupList = self.send(Call::get("/apis")).await?.json()?;
        let groups = list.groups.into_iter().take(500).map(|group| Group {
            name: crate::detail::clean(&group.name, 253),
            versions: group.versions.iter().take(10).map(|v| crate::detail::clean(&v.version, 40)).collect(),
        });
        Ok(groups.collect())
    }
}

/// Failures that say nothing about a part and everything about the cluster.
fn answered<T>(result: Result<T, Error>) -> Result<Result<T, Error>, Error> {
    match result {
        Err(error @ (Error::Unreachable { .. } | Error::Unauthorized { .. } | Error::Timeout { .. })) => {
            Err(error)
        }
        other => Ok(other),
    }
}

fn served(groups: &Part<Vec<Group>>, name: &str) -> Part<bool> {
    match groups {
        Part::Known(groups) => Part::Known(groups.iter().any(|group| group.name == name)),
        Part::Missing { code, detail } => Part::Missing { code: code.clone(), detail: detail.clone() },
    }
}
