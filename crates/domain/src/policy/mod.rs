//! Approval policy: which rules match a request, and what follows from all of them together.
//!
//! Invariants: a deny beats everything, a require beats an allow, and where nothing matches one approver is
//! needed: there is no input for which the door is open by accident. An advisory rule is shown and changes
//! nothing. Everything read is in [`Inputs`], which is stored with the request, so that any judgement can be
//! made again and compared.
//! Not here: who holds a permission (`authz`), and whether enough people said yes (`approval`).

mod evaluate;
mod stages;

use serde::{Deserialize, Serialize};

use crate::fields::Values;
use crate::ids::{PrincipalId, ServiceId, SystemId};
use crate::reason::Reason;
use crate::states::{Enforcement, PolicyEffect, RequestOperation};

pub use evaluate::evaluate;
pub use stages::{DEFAULT_PERMISSION, Stage};

/// One approval stage as a policy asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageRule {
    /// Where it stands among the stages; equal positions are merged by AND.
    pub position: i32,
    /// What a person must hold in the request's environment to count.
    pub permission: String,
    /// How many distinct people.
    pub needed: u32,
}

/// When a policy applies, beside its operations. A written condition (CEL) will be one more variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
#[non_exhaustive]
pub enum Condition {
    /// Everywhere.
    Always,
    /// Only in protected environments, or only outside them.
    Protected(bool),
}

impl From<Option<bool>> for Condition {
    fn from(protected: Option<bool>) -> Self {
        protected.map_or(Self::Always, Self::Protected)
    }
}

/// One immutable version of a policy, as it was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The policy's name.
    pub policy: String,
    /// Which version of it.
    pub version: i32,
    /// What it says, in English.
    pub title: String,
    /// What it does when it matches.
    pub effect: PolicyEffect,
    /// How much it weighs.
    pub enforcement: Enforcement,
    /// What it is about.
    pub operations: Vec<RequestOperation>,
    /// When it applies.
    pub condition: Condition,
    /// What `require` asks for.
    pub stages: Vec<StageRule>,
    /// What a match says.
    pub reason_code: String,
}

/// What a policy may read about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What is asked for.
    pub operation: RequestOperation,
    /// The environment's name.
    pub environment: String,
    /// Whether that environment is protected.
    pub protected: bool,
    /// Whose business line.
    pub system_id: SystemId,
    /// Whose application.
    pub service_id: ServiceId,
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
    /// What was answered to the fields that are asked for there.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub fields: Values,
}

/// What one policy said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleResult {
    /// The policy's name.
    pub policy: String,
    /// Which version of it.
    pub version: i32,
    /// What it does when it matches.
    pub effect: PolicyEffect,
    /// Whether it is about this request.
    pub matched: bool,
    /// Whether it had a part in the outcome: it matched and is more than advice.
    pub enforced: bool,
    /// Why it matched, or why not.
    pub reason: Reason,
}

/// What follows from all policies together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// Approved by a recorded rule.
    Automatic {
        /// `name@version` of the rule that waves it through.
        rule: String,
    },
    /// People must agree.
    Approval {
        /// In this order; never empty.
        stages: Vec<Stage>,
    },
    /// Refused.
    Denied {
        /// One for each rule that refuses.
        reasons: Vec<Reason>,
    },
}

impl Outcome {
    /// The outcome in the contract's words.
    pub const fn effect(&self) -> PolicyEffect {
        match self {
            Self::Automatic { .. } => PolicyEffect::Allow,
            Self::Approval { .. } => PolicyEffect::Require,
            Self::Denied { .. } => PolicyEffect::Deny,
        }
    }
}

/// What policy says about a request, rule by rule and in sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Every policy in force, by name and version, matched or not.
    pub results: Vec<RuleResult>,
    /// What follows.
    pub outcome: Outcome,
}

/// Everything a judgement read; stored beside the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The policies that were in force.
    pub policies: Vec<PolicyVersion>,
    /// What they saw.
    pub input: Input,
}

impl Inputs {
    /// The judgement these inputs lead to; the same each time.
    pub fn judge(&self) -> Judgement {
        evaluate(&self.policies, &self.input)
    }
}

#[cfg(test)]
mod tests;
