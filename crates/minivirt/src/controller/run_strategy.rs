//! What a VM wants: its run strategy, and the next step that follows from it.
//!
//! Pure: `decide` sees the VM and its instance and says what to do. The table it implements is KubeVirt's
//! (`syncRunStrategy`).

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::clock;
use crate::object::{self, items, text};

/// A run strategy. `running: true` and `false` are `Always` and `Halted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Always a running instance.
    Always,
    /// Never one.
    Halted,
    /// Only by request.
    Manual,
    /// One until it succeeds; again when it fails or by request.
    RerunOnFailure,
    /// One, once.
    Once,
}

impl Strategy {
    /// As written in specs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::Halted => "Halted",
            Self::Manual => "Manual",
            Self::RerunOnFailure => "RerunOnFailure",
            Self::Once => "Once",
        }
    }
}

/// The strategy of a VM; what admission lets through besides these does not exist.
pub fn of(vm: &Value) -> Strategy {
    match text(vm, "/spec/runStrategy") {
        "Always" => Strategy::Always,
        "Manual" => Strategy::Manual,
        "RerunOnFailure" => Strategy::RerunOnFailure,
        "Once" => Strategy::Once,
        "" if vm["spec"]["running"] == json!(true) => Strategy::Always,
        _ => Strategy::Halted,
    }
}

/// Changes the strategy in the field the VM uses.
pub fn set(vm: &mut Value, to: Strategy) {
    if vm["spec"]["running"].is_boolean() && matches!(to, Strategy::Always | Strategy::Halted) {
        vm["spec"]["running"] = json!(to == Strategy::Always);
    } else {
        object::remove(&mut vm["spec"], "running");
        vm["spec"]["runStrategy"] = json!(to.name());
    }
}

/// The next step for a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// In order.
    Nothing,
    /// Make an instance.
    Start,
    /// Make an instance, and from now on run always (a paused start of a halted VM).
    StartAndRunAlways,
    /// Delete the instance.
    Stop,
    /// Delete the failed instance and ask for another.
    StopAndRestart,
    /// Look again later: it failed to start too often.
    BackOff(Duration),
}

/// Decides from the VM and its instance.
pub fn decide(vm: &Value, vmi: Option<&Value>, now: DateTime<Utc>) -> Step {
    let strategy = of(vm);
    let start = || back_off(vm, now).map_or(Step::Start, Step::BackOff);
    match (strategy, vmi) {
        (Strategy::Always, Some(vmi)) if stop_requested(vm, vmi) || is_final(vmi) => Step::Stop,
        (Strategy::Always, None) => start(),
        (Strategy::RerunOnFailure, Some(vmi)) if stop_requested(vm, vmi) => Step::Stop,
        (Strategy::RerunOnFailure, Some(vmi)) => match text(vmi, "/status/phase") {
            "Succeeded" => Step::Stop,
            "Failed" if object::deleting(vmi) => Step::Nothing,
            "Failed" => Step::StopAndRestart,
            _ => Step::Nothing,
        },
        (Strategy::RerunOnFailure, None) => {
            let seen_before = text(vm, "/status/runStrategy") == strategy.name();
            if seen_before && !start_requested(vm) { Step::Nothing } else { start() }
        }
        (Strategy::Manual, Some(vmi)) if stop_requested(vm, vmi) => Step::Stop,
        (Strategy::Manual, None) if start_requested(vm) => Step::Start,
        (Strategy::Halted, Some(_)) => Step::Stop,
        (Strategy::Halted, None) if start_requested(vm) => Step::StartAndRunAlways,
        (Strategy::Once, None) => start(),
        _ => Step::Nothing,
    }
}

/// Whether the first request is a start.
pub fn start_requested(vm: &Value) -> bool {
    items(vm, "/status/stateChangeRequests").first().is_some_and(|r| r["action"] == "Start")
}

/// Whether the start asked for is to be paused.
pub fn start_paused(vm: &Value) -> bool {
    start_requested(vm) && items(vm, "/status/stateChangeRequests")[0]["data"]["paused"] == "true"
}

fn stop_requested(vm: &Value, vmi: &Value) -> bool {
    let first = items(vm, "/status/stateChangeRequests").first();
    first.is_some_and(|r| r["action"] == "Stop" && r["uid"] == object::uid(vmi))
}

/// Whether the guest is over.
pub fn is_final(vmi: &Value) -> bool {
    matches!(text(vmi, "/status/phase"), "Succeeded" | "Failed")
}

fn back_off(vm: &Value, now: DateTime<Utc>) -> Option<Duration> {
    let until = clock::parse(text(vm, "/status/startFailure/retryAfterTimestamp"))?;
    (until - now).to_std().ok().filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vm(strategy: &str, status: Value) -> Value {
        json!({"spec": {"runStrategy": strategy}, "status": status})
    }

    fn vmi(phase: &str) -> Value {
        json!({"metadata": {"uid": "u1"}, "status": {"phase": phase}})
    }

    fn step(vm: &Value, vmi: Option<&Value>) -> Step {
        decide(vm, vmi, clock::now())
    }

    #[test]
    fn a_new_vm_starts_by_its_strategy() {
        for (strategy, wanted) in [
            ("Always", Step::Start),
            ("RerunOnFailure", Step::Start),
            ("Once", Step::Start),
            ("Manual", Step::Nothing),
            ("Halted", Step::Nothing),
        ] {
            assert_eq!(step(&vm(strategy, json!({})), None), wanted, "{strategy}");
        }
    }

    #[test]
    fn an_ended_guest_by_strategy() {
        for (strategy, succeeded, failed) in [
            ("Always", Step::Stop, Step::Stop),
            ("RerunOnFailure", Step::Stop, Step::StopAndRestart),
            ("Once", Step::Nothing, Step::Nothing),
            ("Manual", Step::Nothing, Step::Nothing),
            ("Halted", Step::Stop, Step::Stop),
        ] {
            let vm = vm(strategy, json!({"runStrategy": strategy}));
            assert_eq!(step(&vm, Some(&vmi("Succeeded"))), succeeded, "{strategy}");
            assert_eq!(step(&vm, Some(&vmi("Failed"))), failed, "{strategy}");
        }
    }

    #[test]
    fn rerun_on_failure_does_not_come_back_by_itself() {
        let stopped = vm("RerunOnFailure", json!({"runStrategy": "RerunOnFailure"}));
        assert_eq!(step(&stopped, None), Step::Nothing);
        let asked = vm(
            "RerunOnFailure",
            json!({"runStrategy": "RerunOnFailure", "stateChangeRequests": [{"action": "Start"}]}),
        );
        assert_eq!(step(&asked, None), Step::Start);
    }

    #[test]
    fn a_stop_is_for_one_instance() {
        let stop = |uid: &str| vm("Manual", json!({"stateChangeRequests": [{"action": "Stop", "uid": uid}]}));
        assert_eq!(step(&stop("u1"), Some(&vmi("Running"))), Step::Stop);
        assert_eq!(step(&stop("other"), Some(&vmi("Running"))), Step::Nothing);
    }

    #[test]
    fn failures_to_start_back_off() {
        let later = clock::format(clock::now() + chrono::Duration::seconds(30));
        let vm = vm("Always", json!({"startFailure": {"retryAfterTimestamp": later}}));
        assert!(matches!(step(&vm, None), Step::BackOff(_)));
    }
}
