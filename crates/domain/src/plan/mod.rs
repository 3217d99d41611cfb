//! How an operation on a VM proceeds: its steps, and for each step what to do next given what is observed.
//!
//! The executor is a thin loop: read, ask [`advance`], do at most one cluster action, write. Invariants: every
//! action may be done twice, because a process can die between doing and writing; a foreign VM is never touched;
//! a deletion never takes what the inventory has not seen yet for gone (see [`Step::reads_cluster`]); waiting
//! has an end. Not here: calling a cluster, retrying a call that failed, and who runs when.

mod advance;
mod observed;

use chrono::{DateTime, TimeDelta, Utc};

use crate::states::{PowerState, RequestOperation};

pub use advance::advance;
pub use observed::{Clock, ClusterAction, Memory, Observed, ObservedVm, StepOutcome};

text_enum! {
    /// One step of an operation.
    loose Step {
        /// The governed namespace is there.
        Namespace = "namespace",
        /// The VM object is there.
        Create = "create",
        /// The guest runs.
        Running = "running",
        /// The start was asked for.
        Start = "start",
        /// The stop was asked for.
        Stop = "stop",
        /// The guest has stopped.
        Stopped = "stopped",
        /// The restart was asked for.
        Restart = "restart",
        /// The pause was asked for.
        Pause = "pause",
        /// The guest is frozen.
        Paused = "paused",
        /// The end of the pause was asked for.
        Unpause = "unpause",
        /// The root disk is as large as it is to be.
        Disk = "disk",
        /// The VM object is as it is to be.
        Apply = "apply",
        /// The VM object is halted and kept.
        Trash = "trash",
        /// The VM object is no longer halted.
        Restore = "restore",
        /// The deletion was asked for.
        Delete = "delete",
        /// The VM object is gone.
        Gone = "gone",
    }
}

impl Step {
    /// Whether what is observed must be read from the cluster itself: the step acts on it. For the others the
    /// inventory is enough, and its write wakes the operation.
    pub const fn reads_cluster(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Start
                | Self::Stop
                | Self::Restart
                | Self::Pause
                | Self::Unpause
                | Self::Disk
                | Self::Apply
                | Self::Trash
                | Self::Restore
                | Self::Delete
        )
    }
}

/// The steps of this very operation: without the disk, where that stays as it is.
pub fn steps_of(operation: RequestOperation, grows: bool) -> Vec<Step> {
    steps(operation).iter().copied().filter(|step| grows || *step != Step::Disk).collect()
}

/// All steps an operation may have, in order. None for what touches no cluster or is not known here; an operation of
/// an unknown kind is left to a newer version.
pub const fn steps(operation: RequestOperation) -> &'static [Step] {
    match operation {
        RequestOperation::Create => &[Step::Namespace, Step::Create, Step::Running],
        RequestOperation::Start => &[Step::Start, Step::Running],
        RequestOperation::Stop => &[Step::Stop, Step::Stopped],
        RequestOperation::Restart => &[Step::Restart, Step::Running],
        RequestOperation::Pause => &[Step::Pause, Step::Paused],
        RequestOperation::Unpause => &[Step::Unpause, Step::Running],
        // The disk first: a storage that cannot grow it is found out before anything else is changed.
        RequestOperation::Modify => &[Step::Disk, Step::Apply],
        RequestOperation::Delete => &[Step::Stop, Step::Stopped, Step::Trash],
        RequestOperation::Restore => &[Step::Restore, Step::Running],
        RequestOperation::Purge => &[Step::Stop, Step::Delete, Step::Gone],
        RequestOperation::Console
        | RequestOperation::Join
        | RequestOperation::PoolCreate
        | RequestOperation::PoolChange
        | RequestOperation::PoolDelete
        | RequestOperation::Unknown => &[],
    }
}

/// The step after this one; none after the last, and none for a step of another operation.
pub fn next_step(operation: RequestOperation, step: Step, grows: bool) -> Option<Step> {
    let steps = steps_of(operation, grows);
    let at = steps.iter().position(|candidate| *candidate == step)?;
    steps.get(at + 1).copied()
}

/// When an operation approved now has to have ended: a day; an hour for power, because nobody wants a machine
/// to stop hours after they asked.
pub fn not_after(operation: RequestOperation, now: DateTime<Utc>) -> DateTime<Utc> {
    let power = matches!(
        operation,
        RequestOperation::Start
            | RequestOperation::Stop
            | RequestOperation::Restart
            | RequestOperation::Pause
            | RequestOperation::Unpause
    );
    now + if power { TimeDelta::hours(1) } else { TimeDelta::hours(24) }
}

/// What the VM is meant to be once this operation is approved.
pub const fn wanted_power(operation: RequestOperation) -> Option<PowerState> {
    match operation {
        RequestOperation::Create
        | RequestOperation::Start
        | RequestOperation::Restart
        | RequestOperation::Restore => Some(PowerState::Running),
        // A paused VM is still one that is meant to be there.
        RequestOperation::Pause | RequestOperation::Unpause | RequestOperation::Modify => None,
        RequestOperation::Stop | RequestOperation::Delete | RequestOperation::Purge => {
            Some(PowerState::Stopped)
        }
        RequestOperation::Console
        | RequestOperation::Join
        | RequestOperation::PoolCreate
        | RequestOperation::PoolChange
        | RequestOperation::PoolDelete
        | RequestOperation::Unknown => None,
    }
}

/// Whether this operation may take the place of one that is stuck on the same VM.
pub const fn supersedes(operation: RequestOperation, force: bool) -> bool {
    matches!(operation, RequestOperation::Delete | RequestOperation::Purge)
        || (matches!(operation, RequestOperation::Stop) && force)
}

#[cfg(test)]
mod tests;
