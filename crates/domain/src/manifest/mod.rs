//! The KubeVirt objects of a VM, rendered from what was approved.
//!
//! Invariants: the same input gives the same bytes; the request's id is an annotation of the VM and never of
//! `spec.template`, because a change there would mark a running guest for restart; the run strategy is
//! `RerunOnFailure`, so that power goes through subresources and never changes what was applied.
//! Sources: the schema of kubevirt.io/v1, and its webhook's limit of 2048 bytes for inline user data.
//! Not here: sending it, and the namespace.

mod affinity;
mod devices;
mod network;
mod setup;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::advanced;
use crate::ids::{RequestId, VmId};
use crate::names::{EnvironmentName, MAX_VM_NAME, NamespaceName, ServiceName, SystemName};
use crate::reason::{Coded, params};
use crate::source::SourceError;
use crate::spec::CreateSpec;
use crate::states::RootDisk;

/// Carries the id by which we know a VM again.
pub const VM_ID: &str = "shepherd.dev/vm-id";
/// Carries the id of the request that made or last changed it.
pub const REQUEST: &str = "shepherd.dev/request";
/// Carries the System's name.
pub const SYSTEM: &str = "shepherd.dev/system";
/// Carries the Service's name.
pub const SERVICE: &str = "shepherd.dev/service";
/// Carries the environment's name.
pub const ENVIRONMENT: &str = "shepherd.dev/environment";

/// The longest user data KubeVirt takes inside the VM; longer goes into a Secret.
pub const MAX_INLINE_USER_DATA: usize = 2048;

/// How long the guest has to shut down when it is asked to.
const GRACE_SECONDS: i64 = 30;

/// What the VM is called and belongs to.
#[derive(Clone, Debug)]
pub struct Names {
    /// Also the host name.
    pub vm: String,
    /// The Kubernetes namespace.
    pub namespace: NamespaceName,
    /// A label.
    pub system: SystemName,
    /// A label.
    pub service: ServiceName,
    /// A label.
    pub environment: EnvironmentName,
    /// By which we know it again.
    pub vm_id: VmId,
    /// Which request makes it.
    pub request_id: RequestId,
}

/// The objects to send. Stored as they are with the VM; may hold secrets, so never logged.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The `VirtualMachine`.
    pub vm: Value,
    /// The `Secret` with its user data, where that is too long to stand in the VM.
    pub secret: Option<Value>,
}

impl std::fmt::Debug for Manifest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manifest").field("vm", &self.vm["metadata"]["name"]).finish_non_exhaustive()
    }
}

impl Manifest {
    /// The claim on the root disk, where that outlives the instance: CDI gives it the name of its data volume.
    pub fn root_claim(&self) -> Option<&str> {
        self.vm.pointer("/spec/dataVolumeTemplates/0/metadata/name")?.as_str()
    }

    /// The Secret with the VM as its owner, so that the cluster removes it with the VM. Sent after the VM,
    /// whose UID it names; the launcher waits for it.
    pub fn owned_secret(&self, vm_uid: &str) -> Option<Value> {
        let mut secret = self.secret.clone()?;
        secret["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "name": self.vm["metadata"]["name"],
            "uid": vm_uid,
        }]);
        Some(secret)
    }
}

impl Manifest {
    /// Takes the content out of the Secret, for keeping it sealed; [`Manifest::fill`] puts it back. What is left
    /// holds no secret value.
    pub fn take_content(&mut self) -> Option<String> {
        let data = self.secret.as_mut()?.get_mut("data")?.as_object_mut()?;
        let content = data.values_mut().next()?.take();
        String::from_utf8(STANDARD.decode(content.as_str()?).ok()?).ok()
    }

    /// Puts into the Secret what was taken out.
    pub fn fill(&mut self, content: &str) {
        let data = self.secret.as_mut().and_then(|secret| secret.get_mut("data"));
        for value in data.and_then(Value::as_object_mut).into_iter().flat_map(|data| data.values_mut()) {
            *value = STANDARD.encode(content).into();
        }
    }
}

/// Why there is no manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The root disk can come from no such place.
    #[error("{0}")]
    Source(SourceError),
    /// A size KubeVirt cannot run.
    #[error("a VM needs CPU and memory that a node can give, and a persistent one a disk")]
    Size,
    /// The VM's name is not a host name.
    #[error("{name:?} is not a name for a VM")]
    Name {
        /// The text, cut to 80 characters.
        name: String,
    },
}

impl Coded for ManifestError {
    fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::Size => "SIZE_INVALID",
            Self::Name { .. } => "NAME_INVALID",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::Source(error) => error.params(),
            Self::Size => Map::new(),
            Self::Name { name } => params([("name", name.as_str().into())]),
        }
    }
}

/// The objects of one VM. `user_data` is the whole cloud-config or answer file of this host; what holds a secret value
/// never stands in the VM itself.
///
/// # Errors
/// [`ManifestError`]; nothing that passes is refused by KubeVirt's own validation of these fields.
pub fn render(spec: &CreateSpec, names: &Names, user_data: &str) -> Result<Manifest, ManifestError> {
    let disk_missing = spec.root == RootDisk::Persistent && spec.disk_bytes <= 0;
    let amounts = spec.milli_vcpu <= 0 || spec.memory_bytes <= 0 || disk_missing;
    if amounts || !spec.compute.check(spec.milli_vcpu, spec.memory_bytes).is_empty() {
        return Err(ManifestError::Size);
    }
    spec.source.check(spec.root).map_err(ManifestError::Source)?;
    if names.vm.is_empty() || names.vm.len() > MAX_VM_NAME {
        return Err(ManifestError::Name { name: names.vm.chars().take(80).collect() });
    }

    let labels = labels(names);
    let (volume, secret) = setup::volume(spec, names, user_data, &labels);
    let mut volumes = vec![devices::root_volume(spec, &names.vm)];
    volumes.extend(volume);
    let mut vm_spec = json!({
        "runStrategy": "RerunOnFailure",
        "template": {
            "metadata": { "labels": labels },
            "spec": {
                "domain": devices::domain(spec, volumes.len() > 1),
                "hostname": names.vm,
                "networks": network::networks(spec),
                "terminationGracePeriodSeconds": GRACE_SECONDS,
                "volumes": volumes,
            },
        },
    });
    advanced::set(&mut vm_spec["template"]["spec"], &spec.advanced);
    affinity::set(&mut vm_spec["template"]["spec"], spec);
    if spec.root == RootDisk::Persistent {
        vm_spec["dataVolumeTemplates"] = json!([devices::data_volume(spec, &names.vm, &labels)]);
    }
    // People's labels stand on the VM object only: in the template they would mark a running guest for restart.
    let mut vm_labels = json!(spec.labels);
    merge(&mut vm_labels, &labels);
    let vm = json!({
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {
            "name": names.vm,
            "namespace": names.namespace.as_str(),
            "labels": vm_labels,
            "annotations": { VM_ID: names.vm_id.to_string(), REQUEST: names.request_id.to_string() },
        },
        "spec": vm_spec,
    });
    Ok(Manifest { vm, secret })
}

/// Adds what is in `ours`; of two of a name ours counts.
fn merge(labels: &mut Value, ours: &Value) {
    if let (Some(labels), Some(ours)) = (labels.as_object_mut(), ours.as_object()) {
        labels.extend(ours.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

fn labels(names: &Names) -> Value {
    json!({
        SYSTEM: names.system.as_str(),
        SERVICE: names.service.as_str(),
        ENVIRONMENT: names.environment.as_str(),
        VM_ID: names.vm_id.to_string(),
    })
}

#[cfg(test)]
mod tests;
