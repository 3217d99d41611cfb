//! What can go wrong between us and a cluster: one closed list, so that callers match without a wildcard.
//!
//! `Display` is our own sentence and safe to show; the cluster's words are in [`Error::detail`].
//! [`Error::code`] is stable and public: clients translate by it.

use std::time::Duration;

use serde::Serialize;

use crate::Detail;

/// Failure of one call to a cluster.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No answer could be had: name, route, port or TLS.
    #[error("the cluster cannot be reached ({why})")]
    Unreachable { why: Reach, detail: Detail },
    /// 401: the credentials are refused.
    #[error("the cluster does not accept our credentials")]
    Unauthorized { detail: Detail },
    /// 403: our account lacks a permission, or the namespace is full or going away.
    #[error("the cluster does not allow our account to do this")]
    Forbidden { detail: Detail },
    /// 404: no such object, or no such API in this version.
    #[error("the cluster does not have this object")]
    NotFound { detail: Detail },
    /// 409: the object is not in a state for this, or another writer owns what we wanted to set.
    #[error("the object's present state does not allow this")]
    Conflict { detail: Detail },
    /// 400 or 422: the cluster's validation or admission refuses what we sent.
    #[error("the cluster refuses the object as invalid")]
    Invalid { causes: Vec<Cause>, detail: Detail },
    /// A VM of this name exists that is not the one we mean: another id annotation or another UID.
    #[error("a virtual machine of this name exists that is not managed by this record")]
    ForeignVm { uid: Option<String>, detail: Detail },
    /// The instance is not running, so it has no console and cannot be paused or restarted.
    #[error("the virtual machine is not running")]
    NotRunning { detail: Detail },
    /// 410: the resource version or continue token is too old; list again.
    #[error("the cluster no longer has this part of its history")]
    Gone { detail: Detail },
    /// 429: the cluster asks us to slow down.
    #[error("the cluster asks us to slow down")]
    TooManyRequests { retry_after: Option<Duration>, detail: Detail },
    /// 5xx.
    #[error("the cluster failed to answer (status {status})")]
    Server { status: u16, retry_after: Option<Duration>, detail: Detail },
    /// Our deadline passed. The outcome of a write is unknown: repeat it.
    #[error("the cluster did not answer within {after:?}")]
    Timeout { after: Duration },
    /// The cluster is only observed, and this would have written to it: nothing was sent.
    #[error("the cluster is only observed; nothing is written to it")]
    ReadOnly,
    /// The answer is not what the Kubernetes API promises, or is larger than we read.
    #[error("the cluster's answer is not what its API promises")]
    Protocol { detail: Detail },
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The name does not resolve.
    Name,
    /// Refused, reset or no route.
    Connection,
    /// The certificate does not chain to the stored CA or does not carry the name.
    Certificate,
    /// Anything else below HTTP.
    Other,
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reach::Name => "its name does not resolve",
            Reach::Connection => "no connection",
            Reach::Certificate => "its certificate is not trusted",
            Reach::Other => "the connection broke",
        })
    }
}

/// One reason of a refusal by validation; `field` is a path such as `spec.template.spec.volumes[0]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Machine word, for example `FieldValueInvalid`; empty when the cluster gives none.
    pub reason: String,
    /// The cluster's words.
    pub message: Detail,
    /// Path in the object; empty when the cause is about the whole.
    pub field: String,
}

impl Error {
    /// Stable public code.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Unreachable { why: Reach::Certificate, .. } => "CLUSTER_CERTIFICATE_UNTRUSTED",
            Error::Unreachable { .. } => "CLUSTER_UNREACHABLE",
            Error::Unauthorized { .. } => "CLUSTER_UNAUTHORIZED",
            Error::Forbidden { .. } => "CLUSTER_FORBIDDEN",
            Error::NotFound { .. } => "CLUSTER_NOT_FOUND",
            Error::Conflict { .. } => "CLUSTER_CONFLICT",
            Error::Invalid { .. } => "CLUSTER_INVALID",
            Error::ForeignVm { .. } => "FOREIGN_VM",
            Error::NotRunning { .. } => "VM_NOT_RUNNING",
            Error::Gone { .. } => "CLUSTER_GONE",
            Error::TooManyRequests { .. } => "CLUSTER_TOO_MANY_REQUESTS",
            Error::Server { .. } => "CLUSTER_SERVER_ERROR",
            Error::Timeout { .. } => "CLUSTER_TIMEOUT",
            Error::ReadOnly => "CLUSTER_READ_ONLY",
            Error::Protocol { .. } => "CLUSTER_PROTOCOL_ERROR",
        }
    }

    /// Whether the same call may succeed later with no change on our side. Every write of this crate may be
    /// repeated, so this also holds when the outcome is unknown.
    pub fn retryable(&self) -> bool {
        match self {
            Error::Unreachable { .. }
            | Error::Gone { .. }
            | Error::TooManyRequests { .. }
            | Error::Server { .. }
            | Error::Timeout { .. } => true,
            Error::Unauthorized { .. }
            | Error::Forbidden { .. }
            | Error::NotFound { .. }
            | Error::Conflict { .. }
            | Error::Invalid { .. }
            | Error::ForeignVm { .. }
            | Error::NotRunning { .. }
            | Error::ReadOnly
            | Error::Protocol { .. } => false,
        }
    }

    /// How long the cluster asks us to wait before the next attempt.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::TooManyRequests { retry_after, .. } | Error::Server { retry_after, .. } => *retry_after,
            Error::Unreachable { .. }
            | Error::Unauthorized { .. }
            | Error::Forbidden { .. }
            | Error::NotFound { .. }
            | Error::Conflict { .. }
            | Error::Invalid { .. }
            | Error::ForeignVm { .. }
            | Error::NotRunning { .. }
            | Error::Gone { .. }
            | Error::Timeout { .. }
            | Error::ReadOnly
            | Error::Protocol { .. } => None,
        }
    }

    /// The cluster's own words, cleaned; untrusted. `None` when it said nothing.
    pub fn detail(&self) -> Option<&Detail> {
        let detail = match self {
            Error::Unreachable { detail, .. }
            | Error::Unauthorized { detail }
            | Error::Forbidden { detail }
            | Error::NotFound { detail }
            | Error::Conflict { detail }
            | Error::Invalid { detail, .. }
            | Error::ForeignVm { detail, .. }
            | Error::NotRunning { detail }
            | Error::Gone { detail }
            | Error::TooManyRequests { detail, .. }
            | Error::Server { detail, .. }
            | Error::Protocol { detail } => detail,
            Error::Timeout { .. } | Error::ReadOnly => return None,
        };
        (!detail.is_empty()).then_some(detail)
    }

    /// A protocol error in our own words.
    pub(crate) fn protocol(text: impl AsRef<str>) -> Self {
        Error::Protocol { detail: Detail::new(text) }
    }

    /// A refusal of our own input before anything was sent.
    pub(crate) fn invalid(field: &str, message: &str) -> Self {
        let message = Detail::new(message);
        let cause =
            Cause { reason: "FieldValueInvalid".into(), message: message.clone(), field: field.into() };
        Error::Invalid { causes: vec![cause], detail: message }
    }
}
