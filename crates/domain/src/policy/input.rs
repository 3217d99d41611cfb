//! What policies read about a request. Fields that came later have a default, so that inputs stored before are read as
//! they were.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::evaluate::evaluate_all;
use super::{Judgement, PolicyVersion, RequestOperation, condition};
use crate::fields::Values;
use crate::ids::{PrincipalId, ServiceId, SystemId};

/// What a policy may read about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What is asked for.
    pub operation: RequestOperation,
    /// The environment's name; empty where it lies in none.
    pub environment: String,
    /// Whether that environment is protected.
    pub protected: bool,
    /// Whose business line; none where nothing has the name that was asked for.
    pub system_id: Option<SystemId>,
    /// Whose application; none where a whole System is concerned.
    pub service_id: Option<ServiceId>,
    /// Who asks.
    pub requester_id: PrincipalId,
    /// The names of the roles the requester holds in that environment.
    pub requester_roles: Vec<String>,
    /// Thousandths of a virtual CPU asked for; 0 where nothing is created.
    pub milli_vcpu: i64,
    /// Memory asked for.
    pub memory_bytes: i64,
    /// Disk asked for.
    pub disk_bytes: i64,
    /// The requester's name.
    #[serde(default)]
    pub requester_name: String,
    /// The names of the groups the requester belongs to.
    #[serde(default)]
    pub requester_groups: Vec<String>,
    /// The business line's name.
    #[serde(default)]
    pub system_name: String,
    /// The application's name.
    #[serde(default)]
    pub service_name: String,
    /// The template's name; empty where none is named.
    #[serde(default)]
    pub template: String,
    /// The size's name; empty where none is named.
    #[serde(default)]
    pub size: String,
    /// Thousandths of a virtual CPU of that size.
    #[serde(default)]
    pub size_milli_vcpu: i64,
    /// Memory of that size.
    #[serde(default)]
    pub size_memory_bytes: i64,
    /// How many of it are asked for together.
    #[serde(default = "one")]
    pub copies: i64,
    /// Whether a reason is given.
    #[serde(default)]
    pub has_reason: bool,
    /// Whether it does not wait for the guest.
    #[serde(default)]
    pub force: bool,
    /// As what somebody asks to belong to the System; empty where that is not asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// How many active people other than the requester own the System; counted where a place in it is asked for.
    #[serde(default)]
    pub owners: i64,
    /// What was answered to the fields that are asked for there.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub fields: Values,
    /// Whether it goes over a limit that only warns.
    #[serde(default)]
    pub quota_exceeded: bool,
    /// What it costs in an hour, in millionths; 0 while nothing has a price.
    #[serde(default)]
    pub cost_hourly: i64,
    /// When it was asked.
    #[serde(default = "condition::no_time")]
    pub now: DateTime<Utc>,
}

fn one() -> i64 {
    1
}

/// Everything a judgement read; stored beside the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The policies that were in force.
    pub policies: Vec<PolicyVersion>,
    /// What they saw.
    pub input: Input,
    /// The same of the other kinds of children of a batch, each with the sums of the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Input>,
}

impl Inputs {
    /// The judgement these inputs lead to; the same each time.
    pub fn judge(&self) -> Judgement {
        let inputs: Vec<&Input> = std::iter::once(&self.input).chain(&self.others).collect();
        evaluate_all(&self.policies, &inputs)
    }
}
