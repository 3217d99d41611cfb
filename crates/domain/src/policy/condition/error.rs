//! Why a condition is not taken, and why one that was taken gave no answer.

use cel::ExecutionError;
use serde_json::{Map, Value};

use super::limits::{MAX_BYTES, MAX_DEPTH, MAX_ITEMS, MAX_MACROS, MAX_NODES};
use crate::reason::{Coded, Reason, params};

/// Why a written condition cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// Longer than anything a person would read.
    #[error(
        "a condition has at most {MAX_BYTES} bytes and {MAX_NODES} nodes; split it into several policies"
    )]
    TooLarge,
    /// Macros in macros in macros, or brackets without end.
    #[error(
        "a condition nests at most {MAX_MACROS} macros and {MAX_DEPTH} levels, and macros that nest stay small; split it into several policies"
    )]
    TooNested,
    /// It does not parse.
    #[error("the condition cannot be read at line {line}, column {column}: {detail}")]
    Syntax {
        /// From 1.
        line: u32,
        /// From 1.
        column: u32,
        /// What the parser expected.
        detail: String,
    },
    /// It names what a condition cannot see.
    #[error("a condition cannot see {name}; docs/policies.md lists what it can")]
    UnknownName {
        /// The name as written.
        name: String,
    },
    /// It uses what is left out on purpose.
    #[error("{what} cannot be used in a condition")]
    Unsupported {
        /// The construct or function.
        what: String,
    },
    /// It does not fit together: another type than is needed, or no boolean at the end.
    #[error("the condition does not fit its inputs: {detail}")]
    Type {
        /// What does not fit.
        detail: String,
    },
}

impl Coded for ConditionError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "POLICY_CONDITION_TOO_LARGE",
            Self::TooNested => "POLICY_CONDITION_TOO_NESTED",
            Self::Syntax { .. } => "POLICY_CONDITION_SYNTAX",
            Self::UnknownName { .. } => "POLICY_CONDITION_UNKNOWN_NAME",
            Self::Unsupported { .. } => "POLICY_CONDITION_UNSUPPORTED",
            Self::Type { .. } => "POLICY_CONDITION_TYPE",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::TooLarge => params([("bytes", MAX_BYTES.into()), ("nodes", MAX_NODES.into())]),
            Self::TooNested => params([("macros", MAX_MACROS.into()), ("levels", MAX_DEPTH.into())]),
            Self::Syntax { line, column, detail } => params([
                ("line", (*line).into()),
                ("column", (*column).into()),
                ("detail", detail.as_str().into()),
            ]),
            Self::UnknownName { name } => params([("name", name.as_str().into())]),
            Self::Unsupported { what } => params([("what", what.as_str().into())]),
            Self::Type { detail } => params([("detail", detail.as_str().into())]),
        }
    }
}

/// Why a condition gave no answer. Says which kind of fault it is and never repeats an input's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError {
    /// What went wrong.
    pub detail: String,
    /// Whether other inputs could give an answer: a missing field can, a comparison of a text with a number cannot.
    pub data: bool,
}

impl RunError {
    pub(super) fn new(detail: impl Into<String>, data: bool) -> Self {
        Self { detail: detail.into(), data }
    }

    /// A stored condition that cannot be read.
    pub(in crate::policy) fn unreadable(code: &str) -> Self {
        Self::new(code, false)
    }

    /// The statement a verdict carries.
    pub fn reason(&self, policy: &str) -> Reason {
        let text =
            format!("The condition of {policy} gave no answer ({}), so people must decide.", self.detail);
        Reason::new("POLICY_CONDITION_ERROR", text)
            .with("policy", policy)
            .with("detail", self.detail.as_str())
    }
}

impl From<ExecutionError> for RunError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::NoSuchKey(name) => Self::new(format!("there is no {}", short(&name)), true),
            ExecutionError::NoSuchOverload(error) => Self::new(short(&error.to_string()), false),
            ExecutionError::UndeclaredReference(name) => {
                Self::new(format!("{} is unknown", short(&name)), false)
            }
            ExecutionError::FunctionError { message, .. } if message == TOO_MANY => Self::new(message, true),
            ExecutionError::FunctionError { function, .. } => {
                Self::new(format!("{} failed", short(&function)), true)
            }
            ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                Self::new("a division by zero", true)
            }
            ExecutionError::Overflow(..) => Self::new("a number out of range", true),
            ExecutionError::IndexOutOfBounds(_) => Self::new("an index out of range", true),
            ExecutionError::DuplicateKey(_) => Self::new("a map with one key twice", false),
            ExecutionError::UnexpectedType { want, .. } => {
                Self::new(format!("a value that is no {want}"), false)
            }
            _ => Self::new("values of types that do not go together", false),
        }
    }
}

/// What the guard of a macro's range says.
pub(super) const TOO_MANY: &str = "a macro runs over a list of at most 100 items";
const _: () = assert!(MAX_ITEMS == 100, "the text above names it");

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
