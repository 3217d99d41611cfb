//! What policies said, one by one and in sum. Stored with the request.

use serde::{Deserialize, Serialize};

use super::{Pending, PolicyEffect, Reason, Stage};

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
    /// Whether it had a part in the outcome: it is more than advice, and matched or gave no answer.
    pub enforced: bool,
    /// Its condition gave no answer, so people must decide.
    #[serde(default)]
    pub failed: bool,
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
    /// How long it waits for its people.
    #[serde(default)]
    pub pending: Pending,
}
