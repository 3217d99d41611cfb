//! Why a cluster did not do what was asked, as the use cases need to tell it apart.

use std::time::Duration;

use shepherd_domain::reason::Reason;
use shepherd_jobs::Refused;
use shepherd_kubevirt::Error as ClusterError;

use crate::Error;

/// A cluster said no, or nothing.
#[derive(Clone, Debug)]
pub struct ClusterFault {
    /// For people, with the cluster's own words in `params.detail`.
    pub reason: Reason,
    /// The same call may succeed later; when, if the cluster or the breaker says.
    pub retry: Option<Duration>,
    /// The cluster understood and refused: its word is final for this input.
    pub refused: bool,
    /// A VM of our name that is not ours.
    pub foreign: bool,
    /// The namespace is not there (yet).
    pub missing_namespace: bool,
}

/// When nobody says when to come back.
const LATER: Duration = Duration::from_secs(2);

impl ClusterFault {
    pub(super) fn new(cluster: &str, refused: Refused<ClusterError>) -> Self {
        let retry_after = refused.retry_after();
        match refused {
            Refused::Failed(error) => Self::answered(cluster, &error),
            Refused::Full | Refused::Open { .. } | Refused::Deadline(_) => Self {
                reason: unreachable(cluster).with("detail", refused.to_string()),
                retry: Some(retry_after.unwrap_or(LATER)),
                refused: false,
                foreign: false,
                missing_namespace: false,
            },
        }
    }

    fn answered(cluster: &str, error: &ClusterError) -> Self {
        let detail = error.detail().map(|d| d.as_str().to_owned()).unwrap_or_default();
        let retry = error.retryable().then(|| error.retry_after().unwrap_or(LATER));
        let reason = match retry {
            Some(_) => unreachable(cluster),
            None => Reason::new(error.code(), format!("{cluster}: {error}.")).with("cluster", cluster),
        };
        Self {
            reason: reason.with("detail", detail),
            retry,
            refused: matches!(error, ClusterError::Invalid { .. } | ClusterError::Forbidden { .. }),
            foreign: matches!(error, ClusterError::ForeignVm { .. }),
            missing_namespace: matches!(error, ClusterError::NotFound { .. }),
        }
    }
}

fn unreachable(cluster: &str) -> Reason {
    let text = format!("The cluster {cluster} does not answer now; try again when it is back.");
    Reason::new("CLUSTER_UNREACHABLE", text).with("cluster", cluster)
}

impl From<ClusterFault> for Error {
    fn from(fault: ClusterFault) -> Self {
        match fault.retry {
            Some(_) => Self::Unavailable { reason: fault.reason, cause: None },
            None => Self::Conflict(fault.reason),
        }
    }
}
