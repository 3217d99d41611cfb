//! What a plan reads and answers.

use chrono::TimeDelta;

use crate::reason::Reason;
use crate::states::PowerState;

/// What is known of the VM in its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The cluster does not answer, or has not been heard from lately.
    Unknown,
    /// There is no VM of this name.
    Missing,
    /// A VM of this name is there and does not carry our id.
    Foreign,
    /// Our VM.
    Present(ObservedVm),
}

/// Our VM as its cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedVm {
    /// The object's UID.
    pub uid: String,
    /// What it does.
    pub power: PowerState,
    /// The UID of its instance, while it has one.
    pub instance_uid: Option<String>,
    /// The cluster's one word for why, such as `ErrImagePull`.
    pub reason: Option<String>,
    /// The cluster's words for why, shown when a step fails.
    pub message: Option<String>,
}

impl ObservedVm {
    /// It waits for an image that its node cannot fetch. KubeVirt tries again for ever; a wrong name never comes true.
    pub(super) fn lacks_image(&self) -> bool {
        matches!(self.reason.as_deref(), Some("ErrImagePull" | "ImagePullBackOff"))
    }
}

/// What the operation remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The UID of the VM object, once it is known.
    pub uid: Option<String>,
    /// The UID of the instance when the operation began; a restart has happened once it differs.
    pub instance_uid: Option<String>,
    /// Whether this step's action was done and its success written.
    pub acted: bool,
    /// Stop without waiting for the guest.
    pub force: bool,
    /// Seconds the guest has to stop, where that is less than it usually has.
    pub grace_seconds: Option<u32>,
}

/// How long it has been and how long there is.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Since this step began.
    pub in_step: TimeDelta,
    /// Until the operation's `not_after`; negative once that has passed.
    pub left: TimeDelta,
}

/// The one thing to do in the cluster. Each may be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterAction {
    /// Make sure that the namespace exists.
    EnsureNamespace,
    /// Create the VM, or find the one made before.
    CreateVm,
    /// Start the VM with this UID.
    Start {
        /// The VM object's.
        uid: String,
    },
    /// Stop the VM with this UID.
    Stop {
        /// The VM object's.
        uid: String,
        /// Seconds the guest has, none at all for 0; its own setting when `None`.
        grace_seconds: Option<u32>,
    },
    /// Give the VM with this UID a new instance.
    Restart {
        /// The VM object's.
        uid: String,
    },
    /// Freeze the guest of the VM with this UID.
    Pause {
        /// The VM object's.
        uid: String,
    },
    /// Let the guest of the VM with this UID go on.
    Unpause {
        /// The VM object's.
        uid: String,
    },
    /// Make the root disk of the VM with this UID as large as it is to be.
    GrowDisk {
        /// The VM object's.
        uid: String,
    },
    /// Make the VM with this UID as it is to be.
    Apply {
        /// The VM object's.
        uid: String,
    },
    /// Halt the VM with this UID, whatever its guest does.
    Halt {
        /// The VM object's.
        uid: String,
    },
    /// Let the VM with this UID run again.
    Unhalt {
        /// The VM object's.
        uid: String,
    },
    /// Delete the VM with this UID and what was made for it.
    DeleteVm {
        /// The VM object's.
        uid: String,
    },
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// The step is done.
    Done,
    /// Nothing to do until the cluster reports a change; look again after this time in case it never does.
    Wait {
        /// At most this long.
        look_again: TimeDelta,
    },
    /// Do this, then write that it was done, then ask again.
    Act(ClusterAction),
    /// The operation ends as failed.
    Fail(Reason),
    /// The operation ends as expired: its cluster did not answer in time.
    Expire(Reason),
}
