//! Approval policy: which rules match a request, and what follows from all of them together.
//!
//! Invariants: a hard deny beats everything, a require beats an allow, and where nothing matches one approver is
//! needed: there is no input for which the door is open by accident. A condition that gives no answer asks people. An
//! advisory rule is shown and changes nothing. Everything read is in [`Inputs`], which is stored with the request, so
//! that any judgement can be made again and compared.
//! Not here: who holds a permission (`authz`), and whether enough people said yes (`approval`).

mod condition;
mod evaluate;
mod input;
mod outcome;
mod stages;

use serde::{Deserialize, Serialize};

use crate::reason::Reason;
use crate::states::{Enforcement, PolicyEffect, RequestOperation};

pub use condition::{Condition, ConditionError, MAX_BYTES, Program, RunError, Scope, check, read_by};
pub use evaluate::evaluate;
pub use input::{Input, Inputs};
pub use outcome::{Judgement, Outcome, RuleResult};
pub use stages::{Asked, DEFAULT_PERMISSION, Requirement, Stage, StageRule, Who};

/// What becomes of a request that nobody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// It counts as refused.
    Reject,
    /// It ends without a decision.
    Expire,
}

impl OnTimeout {
    /// The word the database and the contract use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Expire => "expire",
        }
    }

    /// The word read back; one that a newer version wrote ends the request without a verdict on it.
    pub fn read(text: &str) -> Self {
        if text == Self::Reject.as_str() { Self::Reject } else { Self::Expire }
    }
}

/// How long a request waits for its people. Silence never approves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pending {
    /// Hours from submission.
    pub hours: u32,
    /// What follows.
    pub then: OnTimeout,
}

impl Default for Pending {
    /// Where no policy says otherwise.
    fn default() -> Self {
        Self { hours: 14 * 24, then: OnTimeout::Expire }
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
    /// Whose holders may set a soft policy aside.
    #[serde(default)]
    pub override_role: Option<String>,
    /// How long a request it matches waits.
    #[serde(default)]
    pub pending: Option<Pending>,
}

impl PolicyVersion {
    /// The role that may set it aside. A soft policy without one is as good as hard.
    pub fn set_aside_by(&self) -> Option<&str> {
        self.override_role.as_deref().filter(|_| self.enforcement == Enforcement::Soft)
    }
}

#[cfg(test)]
mod tests;
