//! What a refused power call means.
//!
//! virt-api has no machine word for "already so": status and reason narrow it down, its sentence decides.
//! The sentences are KubeVirt's from 1.3 to 1.10 (`pkg/virt-api/rest/lifecycle.go`); one we do not know is
//! left as it stands, so a change of wording makes an honest error and never a false success.

use http::StatusCode;

use crate::transport::Refusal;

/// Meaning of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The wanted state holds or is on its way.
    Already,
    /// There is no running instance to act on.
    NotRunning,
    /// An ordinary refusal.
    AsItStands,
}

use self::Reading::{Already, AsItStands, NotRunning};

pub(super) fn start(refusal: &Refusal) -> Reading {
    conflict(
        refusal,
        &[
            ("VM is already running", Already),
            // `Always` starts by itself; so does a failed run under `RerunOnFailure`.
            ("Always does not support manual start requests", Already),
            ("RerunOnFailure does not support starting VM from failed state", Already),
        ],
    )
}

pub(super) fn stop(refusal: &Refusal) -> Reading {
    conflict(
        refusal,
        &[
            ("VM is not running", Already),
            // The strategy is `Halted` and the instance is on its way out.
            ("Halted only supports manual stop requests with a shorter graceperiod", Already),
        ],
    )
}

pub(super) fn restart(refusal: &Refusal) -> Reading {
    conflict(
        refusal,
        &[
            ("VM is not running", NotRunning),
            // The typing error is KubeVirt's.
            ("RunStategy Halted does not support manual restart requests", NotRunning),
            ("RunStrategy Halted does not support manual restart requests", NotRunning),
        ],
    )
}

pub(super) fn pause(refusal: &Refusal) -> Reading {
    conflict(
        refusal,
        &[
            ("VMI is already paused", Already),
            ("VM is not running", NotRunning),
            ("VMI is not running", NotRunning),
        ],
    )
    .or_missing_instance(refusal)
}

pub(super) fn unpause(refusal: &Refusal) -> Reading {
    conflict(refusal, &[("VMI is not paused", Already), ("VMI is not running", NotRunning)])
        .or_missing_instance(refusal)
}

impl Reading {
    /// Pause acts on the instance: 404 with the VM present means that nothing runs.
    fn or_missing_instance(self, refusal: &Refusal) -> Reading {
        if refusal.status == StatusCode::NOT_FOUND { NotRunning } else { self }
    }
}

fn conflict(refusal: &Refusal, table: &[(&str, Reading)]) -> Reading {
    if refusal.status != StatusCode::CONFLICT {
        return AsItStands;
    }
    table.iter().find(|(words, _)| refusal.says(words)).map_or(AsItStands, |(_, reading)| *reading)
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
