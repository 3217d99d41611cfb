//! Partial view of `VirtualMachine`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Conditions, Disks, Meta, Requested, de, disks, text, vmi::InstanceSpec};

/// A `VirtualMachine`: the wish, and what its controller reports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vm {
    pub metadata: Meta,
    pub spec: VmSpec,
    #[serde(deserialize_with = "de::nullable")]
    pub status: VmStatus,
}

/// What we read of `spec`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VmSpec {
    pub run_strategy: Option<RunStrategy>,
    /// Deprecated forerunner of `run_strategy`; old objects still carry it.
    pub running: Option<bool>,
    #[serde(deserialize_with = "de::nullable")]
    instancetype: Matcher,
    #[serde(deserialize_with = "de::nullable")]
    template: Template,
    #[serde(rename = "dataVolumeTemplates", deserialize_with = "disks::templates", skip_serializing)]
    template_bytes: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Matcher {
    #[serde(deserialize_with = "de::option::<253, _>")]
    name: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Template {
    #[serde(deserialize_with = "de::nullable")]
    spec: InstanceSpec,
}

/// How KubeVirt reacts when the guest ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum RunStrategy {
    Always,
    RerunOnFailure,
    Manual,
    Halted,
    Once,
    WaitAsReceiver,
    /// A strategy of a later version.
    Other(String),
}

impl<'de> Deserialize<'de> for RunStrategy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match text::<64, D>(from)?.as_str() {
            "Always" => RunStrategy::Always,
            "RerunOnFailure" => RunStrategy::RerunOnFailure,
            "Manual" => RunStrategy::Manual,
            "Halted" => RunStrategy::Halted,
            "Once" => RunStrategy::Once,
            "WaitAsReceiver" => RunStrategy::WaitAsReceiver,
            other => RunStrategy::Other(other.to_owned()),
        })
    }
}

impl RunStrategy {
    /// The word used in a manifest.
    pub fn as_str(&self) -> &str {
        match self {
            RunStrategy::Always => "Always",
            RunStrategy::RerunOnFailure => "RerunOnFailure",
            RunStrategy::Manual => "Manual",
            RunStrategy::Halted => "Halted",
            RunStrategy::Once => "Once",
            RunStrategy::WaitAsReceiver => "WaitAsReceiver",
            RunStrategy::Other(other) => other,
        }
    }
}

/// What we read of `status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VmStatus {
    pub created: bool,
    pub ready: bool,
    /// One word for people; a hint, never a basis for a decision.
    #[serde(deserialize_with = "de::option::<64, _>")]
    pub printable_status: Option<String>,
    pub conditions: Conditions,
    #[serde(deserialize_with = "de::nullable")]
    pub state_change_requests: Vec<StateChangeRequest>,
    pub start_failure: Option<StartFailure>,
    /// The strategy the controller last acted on (KubeVirt 1.2 and later).
    pub run_strategy: Option<RunStrategy>,
    /// Generation the running instance was started from.
    pub observed_generation: Option<i64>,
    pub desired_generation: Option<i64>,
}

/// A start or stop that the controller has not carried out yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StateChangeRequest {
    pub action: StateChange,
    /// The instance a stop is meant for.
    #[serde(deserialize_with = "de::option::<128, _>")]
    pub uid: Option<String>,
}

/// Direction of a [`StateChangeRequest`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum StateChange {
    Start,
    Stop,
    #[default]
    Other,
}

impl<'de> Deserialize<'de> for StateChange {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match text::<16, D>(from)?.as_str() {
            "Start" => StateChange::Start,
            "Stop" => StateChange::Stop,
            _ => StateChange::Other,
        })
    }
}

/// Starts that ended before the guest ever ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartFailure {
    pub consecutive_fail_count: i64,
    #[serde(deserialize_with = "de::time")]
    pub retry_after_timestamp: Option<DateTime<Utc>>,
}

impl Vm {
    /// The strategy in force, also for objects that still carry `running`.
    pub fn run_strategy(&self) -> RunStrategy {
        match (&self.spec.run_strategy, self.spec.running) {
            (Some(strategy), _) => strategy.clone(),
            (None, Some(true)) => RunStrategy::Always,
            (None, _) => RunStrategy::Halted,
        }
    }

    /// What the template asks for; an instance type's numbers are not in it.
    pub fn requested(&self) -> Requested {
        self.spec.template.spec.requested()
    }

    /// Its disks, as far as it states them itself.
    pub fn disks(&self) -> Disks {
        let Disks { count, bytes } = self.spec.template.spec.disks;
        Disks { count, bytes: bytes.saturating_add(self.spec.template_bytes) }
    }

    /// Name of the instance type the VM refers to.
    pub fn instancetype(&self) -> Option<&str> {
        self.spec.instancetype.name.as_deref()
    }

    /// Forgets what no state and no row is made of, for whoever keeps very many: labels, annotations, and conditions that
    /// nothing here reads.
    pub fn slim(&mut self) {
        self.metadata.slim();
        self.status.conditions.keep(&["Failure", "Ready", "RestartRequired"]);
    }

    /// Whether the spec was changed in a way that only a restart brings into the guest.
    pub fn restart_required(&self) -> bool {
        self.status.conditions.is_true("RestartRequired")
    }

    /// Whether a start is asked for and not yet carried out.
    pub fn start_pending(&self) -> bool {
        self.status.state_change_requests.iter().any(|request| request.action == StateChange::Start)
    }
}
