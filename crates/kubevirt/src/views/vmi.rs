//! Partial view of `VirtualMachineInstance`: one run of a VM.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Conditions, Disks, Meta, bytes, de, disks, millis, text};

/// Interfaces and addresses kept per instance.
const MAX_INTERFACES: usize = 32;

/// A `VirtualMachineInstance`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vmi {
    pub metadata: Meta,
    spec: InstanceSpec,
    #[serde(deserialize_with = "de::nullable")]
    pub status: VmiStatus,
}

/// What we read of `status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VmiStatus {
    pub phase: Phase,
    #[serde(deserialize_with = "de::option::<100, _>")]
    pub reason: Option<String>,
    #[serde(deserialize_with = "de::option::<253, _>")]
    pub node_name: Option<String>,
    pub conditions: Conditions,
    #[serde(deserialize_with = "interfaces")]
    pub interfaces: Vec<Interface>,
    /// Empty until the guest agent answers.
    #[serde(rename = "guestOSInfo", deserialize_with = "de::nullable")]
    pub guest_os: GuestOs,
    pub migration_state: Option<Migration>,
}

/// Phase of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub enum Phase {
    /// Empty: just created.
    #[default]
    Unset,
    Pending,
    Scheduling,
    Scheduled,
    Running,
    Succeeded,
    Failed,
    /// Target of a migration between clusters.
    WaitingForSync,
    /// The node is lost.
    Unknown,
    /// A phase of a later version.
    Other(String),
}

impl<'de> Deserialize<'de> for Phase {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match text::<64, D>(from)?.as_str() {
            "" => Phase::Unset,
            "Pending" => Phase::Pending,
            "Scheduling" => Phase::Scheduling,
            "Scheduled" => Phase::Scheduled,
            "Running" => Phase::Running,
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            "WaitingForSync" => Phase::WaitingForSync,
            "Unknown" => Phase::Unknown,
            other => Phase::Other(other.to_owned()),
        })
    }
}

/// One network interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Interface {
    #[serde(deserialize_with = "text::<100, _>")]
    pub name: String,
    #[serde(deserialize_with = "de::option::<64, _>")]
    pub ip_address: Option<String>,
    #[serde(deserialize_with = "de::option::<32, _>")]
    pub mac: Option<String>,
}

impl Interface {
    fn address(&self) -> Option<&str> {
        let text = self.ip_address.as_deref()?;
        text.split('/').next().filter(|address| !address.is_empty())
    }
}

/// Guest system as its agent reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GuestOs {
    #[serde(deserialize_with = "de::option::<100, _>")]
    pub name: Option<String>,
    #[serde(deserialize_with = "de::option::<100, _>")]
    pub version: Option<String>,
    #[serde(deserialize_with = "de::option::<200, _>")]
    pub pretty_name: Option<String>,
    #[serde(deserialize_with = "de::option::<200, _>")]
    pub kernel_release: Option<String>,
}

/// Latest live migration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Migration {
    #[serde(deserialize_with = "de::time")]
    pub start_timestamp: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "de::time")]
    pub end_timestamp: Option<DateTime<Utc>>,
    pub completed: bool,
    pub failed: bool,
    #[serde(deserialize_with = "de::option::<253, _>")]
    pub source_node: Option<String>,
    #[serde(deserialize_with = "de::option::<253, _>")]
    pub target_node: Option<String>,
}

impl Migration {
    /// Started and not ended.
    pub fn is_running(&self) -> bool {
        self.start_timestamp.is_some() && self.end_timestamp.is_none() && !self.completed && !self.failed
    }
}

/// What a template asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Virtual CPUs the guest sees.
    pub vcpus: Option<u32>,
    pub memory_bytes: Option<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct InstanceSpec {
    #[serde(deserialize_with = "de::nullable")]
    domain: Domain,
    #[serde(rename = "volumes", deserialize_with = "disks::volumes", skip_serializing)]
    pub(super) disks: Disks,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Domain {
    cpu: Option<Cpu>,
    #[serde(deserialize_with = "de::nullable")]
    memory: Memory,
    #[serde(deserialize_with = "de::nullable")]
    resources: Resources,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Cpu {
    cores: u32,
    sockets: u32,
    threads: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    guest: Quantity,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Resources {
    #[serde(deserialize_with = "de::nullable")]
    requests: Amounts,
    #[serde(deserialize_with = "de::nullable")]
    limits: Amounts,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Amounts {
    cpu: Quantity,
    memory: Quantity,
}

/// A quantity is written as text, and by some tools as a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Quantity(Option<String>);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Number(serde_json::Number),
        }
        Ok(Self(Option::<Either>::deserialize(from)?.map(|value| match value {
            Either::Text(text) => text.chars().take(40).collect(),
            Either::Number(number) => number.to_string(),
        })))
    }
}

impl InstanceSpec {
    /// KubeVirt's own defaulting: topology, else CPU limits or requests rounded up, else one.
    pub(super) fn requested(&self) -> Requested {
        let domain = &self.domain;
        let (requests, limits) = (&domain.resources.requests, &domain.resources.limits);
        let topology = domain.cpu.filter(|cpu| cpu.cores > 0 || cpu.sockets > 0 || cpu.threads > 0);
        let vcpus = match topology {
            Some(cpu) => cpu
                .cores
                .max(1)
                .checked_mul(cpu.sockets.max(1))
                .and_then(|n| n.checked_mul(cpu.threads.max(1))),
            None => {
                let cpu = limits.cpu.0.as_deref().or(requests.cpu.0.as_deref()).and_then(millis);
                cpu.and_then(|millis| u32::try_from(millis.div_ceil(1000)).ok())
            }
        };
        let memory = [&domain.memory.guest, &requests.memory, &limits.memory];
        Requested {
            vcpus,
            memory_bytes: memory.iter().find_map(|amount| amount.0.as_deref().and_then(bytes)),
        }
    }
}

fn interfaces<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Interface>, D::Error> {
    let mut all: Vec<Interface> = de::nullable(from)?;
    all.truncate(MAX_INTERFACES);
    Ok(all)
}

impl Vmi {
    /// Whether the run is over.
    pub fn is_final(&self) -> bool {
        matches!(self.status.phase, Phase::Succeeded | Phase::Failed)
    }

    /// What the instance was given.
    pub fn requested(&self) -> Requested {
        self.spec.requested()
    }

    /// First reported address, without a prefix length.
    pub fn address(&self) -> Option<&str> {
        self.status.interfaces.iter().find_map(Interface::address)
    }

    /// As [`Vm::slim`](super::Vm::slim); of its addresses, the one it is shown with stays.
    pub fn slim(&mut self) {
        self.metadata.slim();
        self.metadata.owners = Vec::new();
        self.metadata.writers = Vec::new();
        let status = &mut self.status;
        status.conditions.keep(&["AgentConnected", "Paused", "PodScheduled", "Ready", "Synchronized"]);
        status.guest_os = GuestOs::default();
        status.interfaces.retain(|nic| nic.address().is_some());
        status.interfaces.truncate(1);
        status.interfaces.shrink_to_fit();
    }

    /// Whether the guest agent is connected.
    pub fn agent_connected(&self) -> bool {
        self.status.conditions.is_true("AgentConnected")
    }
}
