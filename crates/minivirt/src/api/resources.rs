//! The kinds this engine serves.

use super::table::{self, Column};

/// What bumps `metadata.generation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Changes of `spec` only (kinds with a status subresource).
    Spec,
    /// Any change outside metadata (custom resources without one).
    Any,
    /// Never (core kinds without a spec).
    None,
}

/// A served kind.
#[derive(Debug)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// The one served version.
    pub version: &'static str,
    /// Kind of one object.
    pub kind: &'static str,
    /// Plural, as in paths.
    pub plural: &'static str,
    /// Singular, for `kubectl`.
    pub singular: &'static str,
    /// Short names, for `kubectl`.
    pub short: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Whether `status` is written through its own path.
    pub status: bool,
    /// See [`Generation`].
    pub generation: Generation,
    /// What clients may do.
    pub verbs: &'static [&'static str],
    /// Columns of the Table form after Name.
    pub columns: &'static [Column],
}

impl Resource {
    /// `plural.group`, or `plural` in the core group.
    pub fn id(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `group/version`, or `version` in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Whether it is a custom resource in a real cluster, which has its own rules.
    pub fn custom(&self) -> bool {
        self.group.ends_with("kubevirt.io")
    }
}

const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const READ: &[&str] = &["get", "list", "watch"];
const CREATE: &[&str] = &["create"];

const BASE: Resource = Resource {
    group: "",
    version: "v1",
    kind: "",
    plural: "",
    singular: "",
    short: &[],
    namespaced: true,
    status: false,
    generation: Generation::None,
    verbs: ALL,
    columns: table::AGE,
};

const KUBEVIRT: Resource = Resource { group: "kubevirt.io", generation: Generation::Any, ..BASE };

/// Namespaces.
pub static NAMESPACES: Resource = Resource {
    kind: "Namespace",
    plural: "namespaces",
    singular: "namespace",
    short: &["ns"],
    namespaced: false,
    status: true,
    columns: table::NAMESPACE,
    ..BASE
};
/// Secrets; read for cloud-init data.
pub static SECRETS: Resource =
    Resource { kind: "Secret", plural: "secrets", singular: "secret", columns: table::SECRET, ..BASE };
/// ConfigMaps; stored only.
pub static CONFIGMAPS: Resource =
    Resource { kind: "ConfigMap", plural: "configmaps", singular: "configmap", short: &["cm"], ..BASE };
/// Events about VMs and instances; they expire.
pub static EVENTS: Resource = Resource {
    kind: "Event",
    plural: "events",
    singular: "event",
    short: &["ev"],
    columns: table::EVENT,
    ..BASE
};
/// The nodes.
pub static NODES: Resource = Resource {
    kind: "Node",
    plural: "nodes",
    singular: "node",
    short: &["no"],
    namespaced: false,
    status: true,
    columns: table::NODE,
    verbs: READ,
    ..BASE
};
/// VirtualMachines.
pub static VMS: Resource = Resource {
    kind: "VirtualMachine",
    plural: "virtualmachines",
    singular: "virtualmachine",
    short: &["vm", "vms"],
    status: true,
    generation: Generation::Spec,
    columns: table::VM,
    ..KUBEVIRT
};
/// VirtualMachineInstances.
pub static VMIS: Resource = Resource {
    kind: "VirtualMachineInstance",
    plural: "virtualmachineinstances",
    singular: "virtualmachineinstance",
    short: &["vmi", "vmis"],
    columns: table::VMI,
    ..KUBEVIRT
};
/// The one KubeVirt object: version and configuration, read-only.
pub static KUBEVIRTS: Resource = Resource {
    kind: "KubeVirt",
    plural: "kubevirts",
    singular: "kubevirt",
    short: &["kv", "kvs"],
    status: true,
    generation: Generation::Spec,
    columns: table::KUBEVIRT,
    verbs: READ,
    ..KUBEVIRT
};
/// Claims on disks that outlive a guest; stored only.
pub static CLAIMS: Resource = Resource {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short: &["pvc"],
    status: true,
    ..BASE
};
/// CDI's DataVolumes: disks that outlive a guest, filled from an image or empty.
pub static DATA_VOLUMES: Resource = Resource {
    group: "cdi.kubevirt.io",
    version: "v1beta1",
    kind: "DataVolume",
    plural: "datavolumes",
    singular: "datavolume",
    short: &["dv", "dvs"],
    generation: Generation::Any,
    columns: table::DATA_VOLUME,
    ..BASE
};
/// Storage classes; disks are the same of whichever is named.
pub static STORAGE_CLASSES: Resource = Resource {
    group: "storage.k8s.io",
    kind: "StorageClass",
    plural: "storageclasses",
    singular: "storageclass",
    short: &["sc"],
    namespaced: false,
    columns: table::STORAGE_CLASS,
    verbs: READ,
    ..BASE
};
/// What CDI knows of storage classes.
pub static STORAGE_PROFILES: Resource = Resource {
    group: "cdi.kubevirt.io",
    version: "v1beta1",
    kind: "StorageProfile",
    plural: "storageprofiles",
    singular: "storageprofile",
    namespaced: false,
    status: true,
    verbs: READ,
    ..BASE
};
/// Answers "may I?"; nothing is stored.
pub static ACCESS_REVIEWS: Resource = Resource {
    group: "authorization.k8s.io",
    kind: "SelfSubjectAccessReview",
    plural: "selfsubjectaccessreviews",
    singular: "selfsubjectaccessreview",
    namespaced: false,
    verbs: CREATE,
    ..BASE
};

/// Every kind, in discovery order.
pub static RESOURCES: &[&Resource] = &[
    &NAMESPACES,
    &NODES,
    &EVENTS,
    &SECRETS,
    &CONFIGMAPS,
    &CLAIMS,
    &ACCESS_REVIEWS,
    &STORAGE_CLASSES,
    &DATA_VOLUMES,
    &STORAGE_PROFILES,
    &VMS,
    &VMIS,
    &KUBEVIRTS,
];

/// Finds a kind by path segments.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES.iter().copied().find(|r| r.group == group && r.version == version && r.plural == plural)
}
