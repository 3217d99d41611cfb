//! One step, one observation, one answer.

use chrono::TimeDelta;

use super::{Clock, ClusterAction, Memory, Observed, ObservedVm, Step, StepOutcome};
use crate::reason::Reason;
use crate::states::{PowerState, RequestOperation};

/// How long a new VM may take to run; importing a large image is part of it.
const CREATE_LIMIT: TimeDelta = TimeDelta::minutes(60);
/// How long an existing VM may take to run.
const BOOT_LIMIT: TimeDelta = TimeDelta::minutes(15);
/// How long a VM may fail to start before we give up. KubeVirt waits 10 s times the square of the failures
/// between attempts, so this is three of them.
const CRASH_LIMIT: TimeDelta = TimeDelta::minutes(3);
/// How long an image may be missing: a registry may be down for a while, and an image may be added late.
const IMAGE_LIMIT: TimeDelta = TimeDelta::minutes(10);
/// How long a VM that should run may be seen stopped: its guest may have shut down by itself.
const STOPPED_LIMIT: TimeDelta = TimeDelta::minutes(2);
/// How long a stop may take; the guest's grace period is a small part of it.
const STOP_LIMIT: TimeDelta = TimeDelta::minutes(10);
/// How long a guest may take to freeze or to go on: its processors do that at once.
const PAUSE_LIMIT: TimeDelta = TimeDelta::minutes(2);
/// How long a deletion may take.
const GONE_LIMIT: TimeDelta = TimeDelta::minutes(30);
/// How long the inventory may not have seen a VM that is there.
const LAG: TimeDelta = TimeDelta::seconds(60);
/// The longest time between two looks at something that should report by itself.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(30);

/// What to do next in this step of this operation.
pub fn advance(
    operation: RequestOperation,
    step: Step,
    observed: &Observed,
    memory: &Memory,
    clock: Clock,
) -> StepOutcome {
    let outcome = match replaced(observed, memory) {
        Some(stranger) => judge(operation, step, &stranger, memory, clock),
        None => judge(operation, step, observed, memory, clock),
    };
    let over = clock.left <= TimeDelta::zero();
    match outcome {
        StepOutcome::Wait { .. } | StepOutcome::Act(_) if over && *observed == Observed::Unknown => {
            StepOutcome::Expire(Reason::new("EXPIRED_WAITING", "Its cluster could not be reached in time."))
        }
        StepOutcome::Wait { .. } | StepOutcome::Act(_) if over => {
            fail("TIMED_OUT", "It could not be done in time.", observed)
        }
        outcome => outcome,
    }
}

/// A VM that carries our id and is another object than the one we made is a stranger.
fn replaced(observed: &Observed, memory: &Memory) -> Option<Observed> {
    match (observed, &memory.uid) {
        (Observed::Present(vm), Some(uid)) if vm.uid != *uid => Some(Observed::Foreign),
        _ => None,
    }
}

fn judge(
    operation: RequestOperation,
    step: Step,
    observed: &Observed,
    memory: &Memory,
    clock: Clock,
) -> StepOutcome {
    let deleting = matches!(operation, RequestOperation::Delete | RequestOperation::Purge);
    match (step, observed) {
        (Step::Unknown, _) => wait(),
        (Step::Namespace, _) if memory.acted => StepOutcome::Done,
        (Step::Namespace, _) => StepOutcome::Act(ClusterAction::EnsureNamespace),
        // Absence is what a deletion wants, and another's VM of the same name is not ours to touch.
        (_, Observed::Missing | Observed::Foreign) if deleting => StepOutcome::Done,
        (_, Observed::Foreign) => fail("FOREIGN_VM", "Another VM has this name in the cluster.", observed),
        (Step::Create, observed) => create(observed, memory),
        (step, _) if step.reads_cluster() && memory.acted => StepOutcome::Done,
        (_, Observed::Unknown) => wait(),
        (_, Observed::Missing) if clock.in_step < LAG => wait(),
        (_, Observed::Missing) => deleted_outside(observed),
        (Step::Delete, Observed::Present(vm)) => match vm.power {
            PowerState::Deleting => StepOutcome::Done,
            _ => StepOutcome::Act(ClusterAction::DeleteVm { uid: vm.uid.clone() }),
        },
        (Step::Gone, Observed::Present(_)) => {
            wait_until(GONE_LIMIT, clock, "DELETE_TIMEOUT", "The VM does not go away.", observed)
        }
        (Step::Stop, Observed::Present(vm)) if deleting => stop(vm, memory, true),
        (Step::Stopped, Observed::Present(vm)) if deleting => stopped_to_go(vm, clock),
        // Somebody else is deleting it; there is nothing left to keep.
        (Step::Trash, Observed::Present(vm)) if vm.power == PowerState::Deleting => StepOutcome::Done,
        (Step::Trash, Observed::Present(vm)) => StepOutcome::Act(ClusterAction::Halt { uid: vm.uid.clone() }),
        (_, Observed::Present(vm)) if vm.power == PowerState::Deleting => deleted_outside(observed),
        (Step::Start, Observed::Present(vm)) => start(vm, observed),
        (Step::Disk, Observed::Present(vm)) => {
            StepOutcome::Act(ClusterAction::GrowDisk { uid: vm.uid.clone() })
        }
        (Step::Apply, Observed::Present(vm)) => {
            StepOutcome::Act(ClusterAction::Apply { uid: vm.uid.clone() })
        }
        (Step::Restore, Observed::Present(vm)) => {
            StepOutcome::Act(ClusterAction::Unhalt { uid: vm.uid.clone() })
        }
        (Step::Stop, Observed::Present(vm)) => stop(vm, memory, false),
        (Step::Restart, Observed::Present(vm)) => restart(vm, memory, observed),
        (Step::Pause, Observed::Present(vm)) => pause(vm, observed),
        (Step::Paused, Observed::Present(vm)) => paused(vm, clock, observed),
        (Step::Unpause, Observed::Present(vm)) => unpause(vm, observed),
        (Step::Running, Observed::Present(vm)) => running(operation, vm, memory, clock, observed),
        (Step::Stopped, Observed::Present(vm)) => match vm.power {
            PowerState::Stopped => StepOutcome::Done,
            _ => wait_until(STOP_LIMIT, clock, "STOP_TIMEOUT", "The guest does not stop.", observed),
        },
    }
}

fn create(observed: &Observed, memory: &Memory) -> StepOutcome {
    match observed {
        Observed::Present(vm) if vm.power == PowerState::Deleting => deleted_outside(observed),
        _ if memory.acted => StepOutcome::Done,
        // Present too: the call that made it may have died before it made what belongs to it. Unknown too: the
        // call itself finds out whether the cluster answers, and compares before it creates.
        _ => StepOutcome::Act(ClusterAction::CreateVm),
    }
}

fn start(vm: &ObservedVm, observed: &Observed) -> StepOutcome {
    match vm.power {
        PowerState::Running | PowerState::Starting | PowerState::Migrating => StepOutcome::Done,
        PowerState::Stopped | PowerState::Failed | PowerState::CrashLoop => {
            StepOutcome::Act(ClusterAction::Start { uid: vm.uid.clone() })
        }
        PowerState::Paused => fail("VM_PAUSED", "The VM is paused; it has to be unpaused.", observed),
        PowerState::Stopping | PowerState::Deleting | PowerState::Missing | PowerState::Unknown => wait(),
    }
}

fn stop(vm: &ObservedVm, memory: &Memory, deleting: bool) -> StepOutcome {
    match vm.power {
        PowerState::Stopped | PowerState::Missing => StepOutcome::Done,
        PowerState::Stopping if !memory.force => StepOutcome::Done,
        // Whatever state it is in, deleting it takes the instance along.
        PowerState::Deleting | PowerState::Failed | PowerState::CrashLoop | PowerState::Unknown
            if deleting =>
        {
            StepOutcome::Done
        }
        PowerState::Unknown if !memory.force => wait(),
        _ => {
            let grace_seconds = if memory.force { Some(0) } else { memory.grace_seconds };
            StepOutcome::Act(ClusterAction::Stop { uid: vm.uid.clone(), grace_seconds })
        }
    }
}

fn restart(vm: &ObservedVm, memory: &Memory, observed: &Observed) -> StepOutcome {
    let renewed = vm.instance_uid != memory.instance_uid;
    match vm.power {
        PowerState::Stopped | PowerState::Failed | PowerState::CrashLoop if memory.instance_uid.is_some() => {
            // It ran when this began and ended meanwhile: what is left to do is to start it.
            StepOutcome::Act(ClusterAction::Start { uid: vm.uid.clone() })
        }
        PowerState::Stopped | PowerState::Failed | PowerState::CrashLoop => not_running(observed),
        PowerState::Running | PowerState::Starting | PowerState::Migrating if renewed => StepOutcome::Done,
        PowerState::Running | PowerState::Starting | PowerState::Migrating | PowerState::Paused => {
            StepOutcome::Act(ClusterAction::Restart { uid: vm.uid.clone() })
        }
        PowerState::Stopping | PowerState::Deleting | PowerState::Missing | PowerState::Unknown => wait(),
    }
}

/// What is to be halted next has stopped, or will be by being halted: a guest that is lost with its node must not
/// keep its VM from the trash.
fn stopped_to_go(vm: &ObservedVm, clock: Clock) -> StepOutcome {
    match vm.power {
        PowerState::Stopped
        | PowerState::Failed
        | PowerState::CrashLoop
        | PowerState::Deleting
        | PowerState::Missing => StepOutcome::Done,
        _ if clock.in_step >= STOP_LIMIT => StepOutcome::Done,
        _ => StepOutcome::Wait { look_again: LOOK_AGAIN.min(STOP_LIMIT - clock.in_step) },
    }
}

fn pause(vm: &ObservedVm, observed: &Observed) -> StepOutcome {
    match vm.power {
        PowerState::Paused => StepOutcome::Done,
        PowerState::Running => StepOutcome::Act(ClusterAction::Pause { uid: vm.uid.clone() }),
        PowerState::Stopped | PowerState::Stopping | PowerState::Failed | PowerState::CrashLoop => {
            not_running(observed)
        }
        // What moves or starts can be frozen once it runs.
        PowerState::Starting
        | PowerState::Migrating
        | PowerState::Deleting
        | PowerState::Missing
        | PowerState::Unknown => wait(),
    }
}

fn paused(vm: &ObservedVm, clock: Clock, observed: &Observed) -> StepOutcome {
    match vm.power {
        PowerState::Paused => StepOutcome::Done,
        PowerState::Stopped | PowerState::Stopping | PowerState::Failed | PowerState::CrashLoop => {
            not_running(observed)
        }
        _ => wait_until(PAUSE_LIMIT, clock, "PAUSE_TIMEOUT", "The guest does not pause.", observed),
    }
}

fn unpause(vm: &ObservedVm, observed: &Observed) -> StepOutcome {
    match vm.power {
        PowerState::Running | PowerState::Migrating => StepOutcome::Done,
        PowerState::Paused => StepOutcome::Act(ClusterAction::Unpause { uid: vm.uid.clone() }),
        PowerState::Stopped | PowerState::Stopping | PowerState::Failed | PowerState::CrashLoop => {
            not_running(observed)
        }
        PowerState::Starting | PowerState::Deleting | PowerState::Missing | PowerState::Unknown => wait(),
    }
}

fn not_running(observed: &Observed) -> StepOutcome {
    fail("VM_NOT_RUNNING", "The VM is not running.", observed)
}

fn running(
    operation: RequestOperation,
    vm: &ObservedVm,
    memory: &Memory,
    clock: Clock,
    observed: &Observed,
) -> StepOutcome {
    let same_instance = operation == RequestOperation::Restart
        && memory.instance_uid.is_some()
        && vm.instance_uid == memory.instance_uid;
    let limit = if operation == RequestOperation::Create { CREATE_LIMIT } else { BOOT_LIMIT };
    let (limit, code, text) = match vm.power {
        PowerState::Running | PowerState::Migrating if !same_instance => return StepOutcome::Done,
        // The cluster has been told to let it go on and has not said so yet.
        PowerState::Paused if operation == RequestOperation::Unpause => {
            (PAUSE_LIMIT, "UNPAUSE_TIMEOUT", "The guest does not go on.")
        }
        PowerState::Paused if !same_instance => {
            return fail("VM_PAUSED", "The VM is paused; it has to be unpaused.", observed);
        }
        PowerState::CrashLoop => (CRASH_LIMIT, "GUEST_CRASH_LOOP", "The guest ends before it runs."),
        PowerState::Failed => (CRASH_LIMIT, "GUEST_FAILED", "The guest cannot be started."),
        PowerState::Starting if vm.lacks_image() => {
            (IMAGE_LIMIT, "IMAGE_NOT_FETCHED", "The cluster cannot fetch the image that the template names.")
        }
        PowerState::Stopped => (STOPPED_LIMIT, "GUEST_STOPPED", "The guest has shut down by itself."),
        _ => (limit, "BOOT_TIMEOUT", "The guest does not come up."),
    };
    wait_until(limit, clock, code, text, observed)
}

fn wait() -> StepOutcome {
    StepOutcome::Wait { look_again: LOOK_AGAIN }
}

fn wait_until(
    limit: TimeDelta,
    clock: Clock,
    code: &'static str,
    text: &str,
    observed: &Observed,
) -> StepOutcome {
    if clock.in_step >= limit {
        return fail(code, text, observed);
    }
    StepOutcome::Wait { look_again: LOOK_AGAIN.min(limit - clock.in_step) }
}

fn deleted_outside(observed: &Observed) -> StepOutcome {
    fail("DELETED_OUTSIDE", "The VM was deleted in its cluster, not through Shepherd.", observed)
}

fn fail(code: &'static str, text: &str, observed: &Observed) -> StepOutcome {
    let mut reason = Reason::new(code, text);
    if let Observed::Present(vm) = observed {
        reason = reason.with("power", vm.power.as_str());
        if let Some(message) = &vm.message {
            reason = reason.with("message", message.as_str());
        }
    }
    StepOutcome::Fail(reason)
}
