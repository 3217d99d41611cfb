//! Status truth: one pure function from what a cluster says to the state that people see.
//!
//! It reads, in this order: the VM's deletion, the instance's deletion and phase, requested changes, the
//! run strategy and conditions. `printableStatus` is only a hint: it explains a state (why a start takes
//! so long), and decides only where an old KubeVirt leaves nothing else to go by.
//!
//! News of a VM and of its instance comes in no common order, so a state may be an instant behind (a VM that
//! has just stopped may look like one about to start). Wait for a state; never act on a passing one.

use serde::Serialize;

use crate::views::{Condition, Phase, RunStrategy, StateChange, Vm, Vmi};

/// State of a VM as far as it can be known from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    Stopped,
    Starting,
    Running,
    Paused,
    Stopping,
    Migrating,
    Deleting,
    /// Starts fail before the guest runs; KubeVirt waits longer each time.
    CrashLoop,
    /// It should run, and will not without a change.
    Failed,
    /// The cluster has no such VM.
    Missing,
    /// The node is lost, or the cluster says something we do not know.
    Unknown,
}

impl Power {
    /// The stable word, as serialized.
    pub fn as_str(self) -> &'static str {
        match self {
            Power::Stopped => "stopped",
            Power::Starting => "starting",
            Power::Running => "running",
            Power::Paused => "paused",
            Power::Stopping => "stopping",
            Power::Migrating => "migrating",
            Power::Deleting => "deleting",
            Power::CrashLoop => "crash_loop",
            Power::Failed => "failed",
            Power::Missing => "missing",
            Power::Unknown => "unknown",
        }
    }
}

/// A state with what explains it. `reason` is KubeVirt's machine word, `message` its words: both untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observed {
    pub power: Power,
    pub reason: Option<String>,
    pub message: Option<String>,
}

impl Observed {
    fn new(power: Power) -> Self {
        Self { power, reason: None, message: None }
    }

    fn because(power: Power, reason: impl Into<String>) -> Self {
        Self { power, reason: Some(reason.into()), message: None }
    }

    fn explained(power: Power, condition: &Condition) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self { power, reason: some(&condition.reason), message: some(&condition.message) }
    }
}

/// The state of the VM with this object and this instance (either may be absent).
pub fn observed(vm: Option<&Vm>, vmi: Option<&Vmi>) -> Observed {
    match (vm, vmi) {
        (None, None) => Observed::new(Power::Missing),
        (Some(vm), _) if vm.metadata.is_deleting() => Observed::new(Power::Deleting),
        // The last trace of a deleted VM: news of the two kinds comes in no common order.
        (None, Some(vmi)) if vmi.metadata.is_deleting() => Observed::new(Power::Deleting),
        (_, Some(vmi)) if !vmi.is_final() => active(vm, vmi),
        (Some(vm), vmi) => idle(vm, vmi),
        (None, Some(vmi)) => ended(vmi),
    }
}

/// The instance exists and has not ended.
fn active(vm: Option<&Vm>, vmi: &Vmi) -> Observed {
    if vmi.metadata.is_deleting() {
        return Observed::new(Power::Stopping);
    }
    if let Some(vm) = vm {
        // Only the first request counts: the controller takes them one at a time.
        let first = vm.status.state_change_requests.first();
        let stop = first.filter(|request| request.action == StateChange::Stop);
        if stop.is_some_and(|stop| stop.uid.as_deref().is_none_or(|uid| uid == vmi.metadata.uid)) {
            return Observed::because(Power::Stopping, "StopRequested");
        }
        // A start with `paused` leaves Halted for a moment while its request is pending.
        if vm.run_strategy() == RunStrategy::Halted && !vm.start_pending() {
            return Observed::because(Power::Stopping, "Halted");
        }
    }
    let conditions = &vmi.status.conditions;
    match &vmi.status.phase {
        Phase::Unset | Phase::Pending | Phase::Scheduling | Phase::Scheduled | Phase::WaitingForSync => {
            starting(vm, Some(vmi))
        }
        Phase::Running if vmi.status.migration_state.as_ref().is_some_and(|m| m.is_running()) => {
            Observed::new(Power::Migrating)
        }
        Phase::Running => match conditions.get("Paused").filter(|_| conditions.is_true("Paused")) {
            Some(paused) => Observed::explained(Power::Paused, paused),
            None => Observed::new(Power::Running),
        },
        Phase::Unknown => Observed::because(Power::Unknown, "NodeLost"),
        Phase::Other(phase) => Observed::because(Power::Unknown, phase.clone()),
        Phase::Succeeded | Phase::Failed => ended(vmi),
    }
}

/// No instance, or one that has ended.
fn idle(vm: &Vm, vmi: Option<&Vmi>) -> Observed {
    let strategy = vm.run_strategy();
    let failures = vm.status.start_failure.as_ref().map_or(0, |failure| failure.consecutive_fail_count);
    // A guest that keeps dying has a start pending, too: the controller's own, held back ever longer.
    if vm.start_pending() && failures == 0 {
        return starting(Some(vm), None);
    }
    if strategy != RunStrategy::Always && ending(vm, vmi) {
        return Observed::because(Power::Stopping, "CleaningUp");
    }
    if strategy == RunStrategy::Halted {
        return Observed::new(Power::Stopped);
    }
    let wants_to_run = !matches!(strategy, RunStrategy::Manual);
    let broken = vm.status.conditions.get("Failure").filter(|_| vm.status.conditions.is_true("Failure"));
    match broken {
        Some(failure) if wants_to_run => return Observed::explained(Power::Failed, failure),
        _ if wants_to_run && failures > 0 => {
            return Observed { message: Some(format!("failed starts: {failures}")), ..crash_loop(vmi) };
        }
        _ => {}
    }
    match (strategy, vmi) {
        (RunStrategy::Always, _) => starting(Some(vm), None),
        (RunStrategy::RerunOnFailure, Some(vmi)) if vmi.status.phase == Phase::Failed => {
            starting(Some(vm), None)
        }
        (RunStrategy::WaitAsReceiver, None) => Observed::because(Power::Starting, "WaitingForReceiver"),
        (_, Some(vmi)) => ended(vmi),
        (RunStrategy::Manual, None) => Observed::new(Power::Stopped),
        (_, None) if first_start_due(vm) => starting(Some(vm), None),
        (RunStrategy::Other(strategy), None) => hinted(vm, Power::Unknown, strategy),
        (_, None) => Observed::new(Power::Stopped),
    }
}

/// The guest has ended and KubeVirt has not caught up: a start would still be refused as "already underway".
fn ending(vm: &Vm, vmi: Option<&Vmi>) -> bool {
    let first = vm.status.state_change_requests.first();
    let stop_pending = first.is_some_and(|request| request.action == StateChange::Stop);
    match vmi {
        Some(vmi) => stop_pending || vmi.metadata.is_deleting(),
        None => {
            let hint = vm.status.printable_status.as_deref();
            stop_pending || matches!(hint, Some("Running" | "Paused" | "Migrating" | "Stopping"))
        }
    }
}

/// `RerunOnFailure` and `Once` start once when the controller first sees them and stay stopped afterwards.
/// The controller records the strategy it acted on (since 1.2), possibly an instant before we hear of the
/// instance it made; the hint covers that instant, and older versions.
fn first_start_due(vm: &Vm) -> bool {
    let hint = vm.status.printable_status.as_deref();
    let hint_starts = matches!(hint, Some("Starting" | "Provisioning" | "WaitingForVolumeBinding"));
    match &vm.status.run_strategy {
        Some(acted_on) if *acted_on != vm.run_strategy() => true,
        Some(_) => hint_starts,
        None => hint_starts || vm.status.conditions.get("Ready").is_none(),
    }
}

fn crash_loop(vmi: Option<&Vmi>) -> Observed {
    let reason = vmi.and_then(|vmi| vmi.status.reason.clone()).unwrap_or_else(|| "CrashLoopBackOff".into());
    Observed::because(Power::CrashLoop, reason)
}

fn ended(vmi: &Vmi) -> Observed {
    match vmi.status.phase {
        Phase::Failed => Observed { reason: vmi.status.reason.clone(), ..Observed::new(Power::Failed) },
        _ => Observed::new(Power::Stopped),
    }
}

/// A start is under way; says what it waits for, as far as the cluster says so.
fn starting(vm: Option<&Vm>, vmi: Option<&Vmi>) -> Observed {
    if let Some(vmi) = vmi {
        let conditions = &vmi.status.conditions;
        // A missing claim also makes the pod unschedulable; the claim is the cause.
        if let Some(synchronized) = conditions.is_false("Synchronized") {
            return Observed::explained(Power::Starting, synchronized);
        }
        if let Some(scheduled) = conditions.is_false("PodScheduled") {
            return Observed::explained(Power::Starting, scheduled);
        }
    }
    match vm {
        Some(vm) => hinted(vm, Power::Starting, String::new()),
        None => Observed::new(Power::Starting),
    }
}

/// Uses `printableStatus` as the reason when it says more than the state does.
fn hinted(vm: &Vm, power: Power, fallback: String) -> Observed {
    const PLAIN: [&str; 6] = ["Starting", "Stopped", "Running", "Stopping", "Paused", "Unknown"];
    let hint = vm.status.printable_status.as_deref().filter(|hint| !PLAIN.contains(hint));
    let reason = hint.map(str::to_owned).or(Some(fallback)).filter(|text| !text.is_empty());
    Observed { reason, ..Observed::new(power) }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
