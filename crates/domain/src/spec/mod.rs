//! What a request asks for, in one canonical form: RFC 8785 JSON with a version, and the SHA-256 of its bytes.
//!
//! Invariants: a spec holds integers only (milli-vCPU, bytes, seconds), version ids and resolved numbers, never
//! names that could change or texts that do not change what is built (reason, comments, price). The bytes are
//! made once, stored, and never made again from the JSON copy. Two requests for the same thing have the same
//! hash: therefore a VM's name and number are not part of it.

mod canonical;
pub mod labels;
mod modify;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compute::Compute;
use crate::hash::ContentHash;
use crate::ids::{
    EnvironmentId, NamespaceId, PrincipalId, SecretId, ServiceId, SizeVersionId, SshKeyId, SystemId,
    TemplateVersionId, VmId,
};
use crate::network::Attachment;
use crate::pool::{PoolChangeSpec, PoolCreateSpec, PoolDeleteSpec};
use crate::source::DiskSource;
use crate::states::{ConsoleKind, GuestFamily, MemberRole, RequestOperation, RootDisk, VolumeMode};

pub use crate::hash::SpecHash;
pub use canonical::{CanonicalSpec, SpecError, canonical, fields_of, from_bytes, from_json, with_fields};
pub use modify::{Effect, FieldChange, ModifyError, ModifySpec, changes};

/// The version of the layout below. A change of layout is a new version, and old bytes stay readable.
pub const SPEC_VERSION: i32 = 1;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation")]
pub enum Spec {
    /// A new VM.
    #[serde(rename = "vm.create")]
    Create(Box<CreateSpec>),
    /// Power on.
    #[serde(rename = "vm.start")]
    Start(VmSpec),
    /// Power off.
    #[serde(rename = "vm.stop")]
    Stop(StopSpec),
    /// A new instance.
    #[serde(rename = "vm.restart")]
    Restart(VmSpec),
    /// Freeze the guest in memory.
    #[serde(rename = "vm.pause")]
    Pause(VmSpec),
    /// Let it go on.
    #[serde(rename = "vm.unpause")]
    Unpause(VmSpec),
    /// An existing VM, changed.
    #[serde(rename = "vm.modify")]
    Modify(Box<ModifySpec>),
    /// Stop and put into the trash.
    #[serde(rename = "vm.delete")]
    Delete(VmSpec),
    /// Out of the trash again.
    #[serde(rename = "vm.restore")]
    Restore(VmSpec),
    /// Out of the trash for good.
    #[serde(rename = "vm.purge")]
    Purge(VmSpec),
    /// Console access.
    #[serde(rename = "vm.console")]
    Console(ConsoleSpec),
    /// A place in a System.
    #[serde(rename = "system.join")]
    Join(JoinSpec),
    /// A new pool.
    #[serde(rename = "pool.create")]
    PoolCreate(Box<PoolCreateSpec>),
    /// An existing pool, changed.
    #[serde(rename = "pool.change")]
    PoolChange(Box<PoolChangeSpec>),
    /// A pool that goes.
    #[serde(rename = "pool.delete")]
    PoolDelete(PoolDeleteSpec),
    /// The same operation many times, decided on together.
    #[serde(rename = "batch")]
    Batch(BatchSpec),
}

/// A new VM, with everything that decides what will run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateSpec {
    /// Whose business line.
    pub system_id: SystemId,
    /// Whose application.
    pub service_id: ServiceId,
    /// Where it is governed.
    pub environment_id: EnvironmentId,
    /// Where it lives in its cluster.
    pub namespace_id: NamespaceId,
    /// What it is made from.
    pub template_version_id: TemplateVersionId,
    /// What size was chosen.
    pub size_version_id: SizeVersionId,
    /// Thousandths of a virtual CPU.
    pub milli_vcpu: i64,
    /// Guest memory.
    pub memory_bytes: i64,
    /// Root disk. An ephemeral root is as large as its image, whatever is ordered here.
    pub disk_bytes: i64,
    /// How the guest takes its first settings.
    pub family: GuestFamily,
    /// What becomes of the root disk when the VM stops.
    pub root: RootDisk,
    /// What the root disk is filled from; the key `image`, `http` or `pvc`.
    #[serde(flatten)]
    pub source: DiskSource,
    /// What the size asks of a node beyond amounts; left out where that is nothing.
    #[serde(default, skip_serializing_if = "Compute::is_plain")]
    pub compute: Compute,
    /// What the VM is connected to, in this order; left out for the pod network alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<Attachment>,
    /// Fields of KubeVirt the template sets itself, by path; left out where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub advanced: BTreeMap<String, serde_json::Value>,
    /// The zone it runs in, as its nodes are labelled; left out where any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// VMs it never shares a node with, and a zone or a cluster only where there is no other. The order is not
    /// significant; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart_from: Vec<VmId>,
    /// The storage class of its disk; left out where the cluster's own choice will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// How its disk is given to the guest; left out where that is the storage's to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_mode: Option<VolumeMode>,
    /// The template's variables, defaults filled in.
    pub variables: BTreeMap<String, String>,
    /// The secret ones, by where they are kept; left out where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretId>,
    /// The user data rendered from them, host name left out and secrets by their ids.
    pub user_data_hash: ContentHash,
    /// Who can sign in over SSH. The order is not significant.
    pub ssh_keys: Vec<SshKey>,
    /// What people label it with, on the VM object.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// One person's public key, put into the guest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SshKey {
    /// The key.
    pub id: SshKeyId,
    /// Whose it is.
    pub principal_id: PrincipalId,
    /// `SHA256:` and base64, as OpenSSH prints it.
    pub fingerprint: String,
}

/// An operation that needs to know only its VM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmSpec {
    /// Which VM.
    pub vm_id: VmId,
}

/// Power off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopSpec {
    /// Which VM.
    pub vm_id: VmId,
    /// Without waiting for the guest.
    pub force: bool,
    /// Seconds the guest has to shut down, where that is less than it usually has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<u32>,
}

/// Console access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleSpec {
    /// Which VM.
    pub vm_id: VmId,
    /// Which console.
    pub kind: ConsoleKind,
}

/// A place in a System, for whoever asks. By name, because that is all they know of it: the bytes are the same whether
/// there is a System of this name or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinSpec {
    /// Which System.
    pub system: String,
    /// As what.
    pub role: MemberRole,
}

/// What is decided on when many are asked for together; each child has a spec and a hash of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchSpec {
    /// What each child does.
    pub of: RequestOperation,
    /// Whose business line.
    pub system_id: SystemId,
    /// Whose application.
    pub service_id: ServiceId,
    /// Where it is governed.
    pub environment_id: EnvironmentId,
    /// How many children.
    pub count: i64,
    /// Thousandths of a virtual CPU that all of them create together; 0 where nothing is created.
    pub milli_vcpu: i64,
    /// The same of memory.
    pub memory_bytes: i64,
    /// The same of disk.
    pub disk_bytes: i64,
    /// Covers every child: [`crate::batch::root`].
    pub children: ContentHash,
}

impl Spec {
    /// The operation asked for.
    pub const fn operation(&self) -> RequestOperation {
        match self {
            Self::Batch(spec) => spec.of,
            Self::Create(_) => RequestOperation::Create,
            Self::Start(_) => RequestOperation::Start,
            Self::Stop(_) => RequestOperation::Stop,
            Self::Restart(_) => RequestOperation::Restart,
            Self::Pause(_) => RequestOperation::Pause,
            Self::Unpause(_) => RequestOperation::Unpause,
            Self::Modify(_) => RequestOperation::Modify,
            Self::Delete(_) => RequestOperation::Delete,
            Self::Restore(_) => RequestOperation::Restore,
            Self::Purge(_) => RequestOperation::Purge,
            Self::Console(_) => RequestOperation::Console,
            Self::Join(_) => RequestOperation::Join,
            Self::PoolCreate(_) => RequestOperation::PoolCreate,
            Self::PoolChange(_) => RequestOperation::PoolChange,
            Self::PoolDelete(_) => RequestOperation::PoolDelete,
        }
    }

    /// The existing VM it is about; none for a create, or for several.
    pub const fn vm_id(&self) -> Option<VmId> {
        match self {
            Self::Create(_)
            | Self::PoolCreate(_)
            | Self::PoolChange(_)
            | Self::PoolDelete(_)
            | Self::Batch(_)
            | Self::Join(_) => None,
            Self::Start(spec)
            | Self::Restart(spec)
            | Self::Pause(spec)
            | Self::Unpause(spec)
            | Self::Delete(spec)
            | Self::Restore(spec)
            | Self::Purge(spec) => Some(spec.vm_id),
            Self::Modify(spec) => Some(spec.vm_id),
            Self::Stop(spec) => Some(spec.vm_id),
            Self::Console(spec) => Some(spec.vm_id),
        }
    }

    /// What the VM is once it is done, or each member, where that is what is asked for.
    pub const fn outcome(&self) -> Option<&CreateSpec> {
        match self {
            Self::Create(spec) => Some(spec),
            Self::Modify(spec) => Some(&spec.to),
            Self::PoolCreate(spec) => Some(&spec.pool.member),
            Self::PoolChange(spec) => Some(&spec.to.member),
            _ => None,
        }
    }

    /// What it creates, if it does.
    pub const fn as_create(&self) -> Option<&CreateSpec> {
        match self {
            Self::Create(spec) => Some(spec),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
