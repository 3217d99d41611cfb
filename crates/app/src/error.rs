//! What a use case answers when it does not succeed.
//!
//! Two messages, never one: a public [`Reason`] (stable code, parameters, English text) that any client may see, and
//! a private cause for the log. There is no `From` that could turn a cause into public text.

use std::time::Duration;

use serde_json::Value;
use shepherd_domain::authz::Denied;
use shepherd_domain::reason::Reason;
use shepherd_store::StoreError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fault in one place of the input.
#[derive(Clone, Debug)]
pub struct FieldFault {
    /// JSON pointer into the body.
    pub pointer: String,
    pub code: &'static str,
    pub text: String,
}

/// Why it did not succeed. The HTTP status is the server's to choose, by variant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or the caller may not know that it does.
    #[error("not found")]
    NotFound,
    /// The caller is not signed in, or not any more.
    #[error("{}", .0.text)]
    Unauthenticated(Reason),
    /// The caller is known and may not.
    #[error("{}", .0.text)]
    Forbidden(Reason),
    /// The state of things does not allow it now.
    #[error("{}", .0.text)]
    Conflict(Reason),
    /// The input is well-formed and wrong.
    #[error("{}", .reason.text)]
    Invalid { reason: Reason, fields: Vec<FieldFault> },
    /// Edited by someone else since it was read.
    #[error("changed since it was read")]
    Stale,
    /// Too often.
    #[error("{}", .reason.text)]
    Throttled { reason: Reason, retry_after: Duration },
    /// Something outside does not answer; the same call may succeed later.
    #[error("{}", .reason.text)]
    Unavailable { reason: Reason, cause: Option<Box<dyn std::error::Error + Send + Sync>> },
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A refusal by the state of things.
    pub fn conflict(code: &'static str, text: impl Into<String>) -> Self {
        Self::Conflict(Reason::new(code, text))
    }

    /// A fault in one field.
    pub fn field(pointer: impl Into<String>, code: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Invalid {
            reason: Reason::new(code, text.clone()),
            fields: vec![FieldFault { pointer: pointer.into(), code, text }],
        }
    }

    /// A refusal of this person, whatever they hold.
    pub fn forbidden(code: &'static str, text: impl Into<String>) -> Self {
        Self::Forbidden(Reason::new(code, text))
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Unauthenticated(reason) | Self::Forbidden(reason) | Self::Conflict(reason) => &reason.code,
            Self::Invalid { reason, .. }
            | Self::Throttled { reason, .. }
            | Self::Unavailable { reason, .. } => &reason.code,
            Self::Stale => "STALE",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// The same, of a body that is part of another: the pointers of its fields begin there.
    pub fn under(self, place: &str) -> Self {
        match self {
            Self::Invalid { reason, mut fields } => {
                for fault in fields.iter_mut().filter(|fault| fault.pointer.starts_with('/')) {
                    fault.pointer.insert_str(0, place);
                }
                Self::Invalid { reason, fields }
            }
            other => other,
        }
    }

    /// Turns a violated unique index into the refusal it means; everything else stays as it is.
    pub fn taken(self, index: &str, refusal: impl FnOnce() -> Self) -> Self {
        match &self {
            Self::Internal(cause) => match cause.downcast_ref::<StoreError>() {
                Some(error) if error.unique_violation() == Some(index) => refusal(),
                _ => self,
            },
            _ => self,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Unavailable(_) | StoreError::Busy(_) | StoreError::Full(_) => Self::Unavailable {
                reason: Reason::new(error.code(), error.to_string()),
                cause: Some(Box::new(error)),
            },
            _ => Self::Internal(Box::new(error)),
        }
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            Denied::Missing(permission) => Self::Forbidden(
                Reason::new(
                    "PERMISSION_MISSING",
                    format!("This needs the permission {permission}, which you do not hold here."),
                )
                .with("permission", Value::from(permission.as_str())),
            ),
        }
    }
}

impl From<shepherd_jobs::JobError> for Error {
    fn from(error: shepherd_jobs::JobError) -> Self {
        match error {
            shepherd_jobs::JobError::Store(error) => error.into(),
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}
