//! When a policy applies: everywhere, by the environment's protection, or by a written condition in CEL, the
//! expression language Kubernetes uses for admission policies.
//!
//! Invariants: a condition is pure and its cost is bounded before it runs (see [`limits`]); whatever text someone
//! saves, nothing here panics, overflows a stack or runs long; what a condition reads is stored with the request, so
//! that it gives the same answer when it is asked again. A condition that cannot be evaluated says so and never means
//! yes or no.
//! Not here: what follows from the answer (`evaluate`).

mod check;
mod error;
mod limits;
mod program;
mod reads;
mod scope;

use serde::{Deserialize, Serialize};

pub use check::check;
#[cfg(test)]
pub(super) use check::samples;
pub use error::{ConditionError, RunError};
pub use limits::MAX_BYTES;
pub use program::Program;
pub(super) use program::roomy;
pub use reads::read_by;
pub use scope::Scope;
pub(super) use scope::no_time;

/// When a policy applies, beside its operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
#[non_exhaustive]
pub enum Condition {
    /// Everywhere.
    Always,
    /// Only in protected environments, or only outside them.
    Protected(bool),
    /// Where the expression holds, and the protection fits if one is named.
    When {
        /// As in [`Condition::Protected`].
        protected: Option<bool>,
        /// A CEL expression with a boolean value.
        expression: String,
    },
}

impl Condition {
    /// The condition of these two columns.
    pub fn of(protected: Option<bool>, expression: Option<String>) -> Self {
        match (protected, expression) {
            (protected, Some(expression)) => Self::When { protected, expression },
            (Some(protected), None) => Self::Protected(protected),
            (None, None) => Self::Always,
        }
    }

    /// Which environments it is about; none means both kinds.
    pub fn protected(&self) -> Option<bool> {
        match self {
            Self::Always => None,
            Self::Protected(protected) => Some(*protected),
            Self::When { protected, .. } => *protected,
        }
    }

    /// What was written.
    pub fn expression(&self) -> Option<&str> {
        match self {
            Self::When { expression, .. } => Some(expression),
            Self::Always | Self::Protected(_) => None,
        }
    }
}

impl From<Option<bool>> for Condition {
    fn from(protected: Option<bool>) -> Self {
        Self::of(protected, None)
    }
}

#[cfg(test)]
mod tests;
