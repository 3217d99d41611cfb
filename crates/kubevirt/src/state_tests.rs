//! Each case is what a cluster says at one instant, written as its JSON.

use serde_json::{Value, json};

use super::*;

fn vm(strategy: &str, status: Value) -> Vm {
    let json = json!({
        "metadata": { "name": "a", "namespace": "n", "uid": "vm-1" },
        "spec": { "runStrategy": strategy },
        "status": status,
    });
    serde_json::from_value(json).unwrap()
}

fn vmi(phase: &str, status: Value) -> Vmi {
    let mut status = status;
    status["phase"] = json!(phase);
    let json = json!({ "metadata": { "name": "a", "namespace": "n", "uid": "vmi-1" }, "status": status });
    serde_json::from_value(json).unwrap()
}

fn deleting<T: serde::de::DeserializeOwned + serde::Serialize>(kind: &str) -> T {
    let json = json!({
        "metadata": { "name": "a", "uid": "vmi-1", "deletionTimestamp": "2026-01-01T00:00:00Z" },
        "status": if kind == "vmi" { json!({ "phase": "Running" }) } else { json!({}) },
    });
    serde_json::from_value(json).unwrap()
}

fn power(vm: Option<&Vm>, vmi: Option<&Vmi>) -> Power {
    observed(vm, vmi).power
}

fn running() -> Vmi {
    vmi("Running", json!({}))
}

#[test]
fn nothing_is_missing() {
    assert_eq!(power(None, None), Power::Missing);
}

#[test]
fn deletion_comes_first() {
    assert_eq!(power(Some(&deleting("vm")), Some(&running())), Power::Deleting);
    assert_eq!(power(Some(&deleting("vm")), None), Power::Deleting);
    assert_eq!(power(None, Some(&deleting("vmi"))), Power::Deleting, "the last trace");
}

#[test]
fn a_fresh_vm_is_starting_before_its_controller_has_seen_it() {
    for strategy in ["RerunOnFailure", "Always", "Once"] {
        assert_eq!(power(Some(&vm(strategy, json!(null))), None), Power::Starting, "{strategy}");
    }
    assert_eq!(power(Some(&vm("Manual", json!(null))), None), Power::Stopped);
    assert_eq!(power(Some(&vm("Halted", json!(null))), None), Power::Stopped);
}

#[test]
fn a_vm_whose_instance_is_not_heard_of_yet_is_still_starting() {
    let status = json!({ "runStrategy": "RerunOnFailure", "printableStatus": "Starting" });
    assert_eq!(power(Some(&vm("RerunOnFailure", status)), None), Power::Starting);
}

#[test]
fn phases_before_running_are_starting_whatever_the_hint_says() {
    for phase in ["", "Pending", "Scheduling", "Scheduled", "WaitingForSync"] {
        let vm = vm("RerunOnFailure", json!({ "printableStatus": "Stopped" }));
        assert_eq!(power(Some(&vm), Some(&vmi(phase, json!({})))), Power::Starting, "{phase}");
    }
}

#[test]
fn a_start_that_waits_says_for_what() {
    let unschedulable = json!({ "conditions": [
        { "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes" }] });
    let seen = observed(Some(&vm("RerunOnFailure", json!({}))), Some(&vmi("Scheduling", unschedulable)));
    assert_eq!((seen.power, seen.reason.as_deref()), (Power::Starting, Some("Unschedulable")));
    assert_eq!(seen.message.as_deref(), Some("0/3 nodes"));

    let missing_claim = json!({ "conditions": [
        { "type": "PodScheduled", "status": "False", "reason": "Unschedulable" },
        { "type": "Synchronized", "status": "False", "reason": "FailedPvcNotFound" }] });
    let seen = observed(Some(&vm("RerunOnFailure", json!({}))), Some(&vmi("Pending", missing_claim)));
    assert_eq!(seen.reason.as_deref(), Some("FailedPvcNotFound"));

    let importing = vm("RerunOnFailure", json!({ "printableStatus": "Provisioning" }));
    assert_eq!(observed(Some(&importing), None).reason.as_deref(), Some("Provisioning"));
}

#[test]
fn running_paused_and_migrating() {
    let vm = vm("RerunOnFailure", json!({ "runStrategy": "RerunOnFailure", "printableStatus": "Stopped" }));
    assert_eq!(power(Some(&vm), Some(&running())), Power::Running);
    let paused = json!({ "conditions": [{ "type": "Paused", "status": "True", "reason": "PausedByUser" }] });
    let seen = observed(Some(&vm), Some(&vmi("Running", paused)));
    assert_eq!((seen.power, seen.reason.as_deref()), (Power::Paused, Some("PausedByUser")));
    let moving = json!({ "migrationState": { "startTimestamp": "2026-01-01T00:00:00Z" } });
    assert_eq!(power(Some(&vm), Some(&vmi("Running", moving))), Power::Migrating);
    let moved = json!({ "migrationState": { "startTimestamp": "2026-01-01T00:00:00Z", "completed": true,
        "endTimestamp": "2026-01-01T00:00:09Z" } });
    assert_eq!(power(Some(&vm), Some(&vmi("Running", moved))), Power::Running);
}

#[test]
fn a_stop_shows_from_the_request_on() {
    let asked =
        vm("RerunOnFailure", json!({ "stateChangeRequests": [{ "action": "Stop", "uid": "vmi-1" }] }));
    assert_eq!(power(Some(&asked), Some(&running())), Power::Stopping);
    let older_run =
        vm("RerunOnFailure", json!({ "stateChangeRequests": [{ "action": "Stop", "uid": "vmi-0" }] }));
    assert_eq!(power(Some(&older_run), Some(&running())), Power::Running, "the stop was for another run");
    assert_eq!(power(Some(&vm("RerunOnFailure", json!({}))), Some(&deleting("vmi"))), Power::Stopping);
    assert_eq!(power(Some(&vm("Halted", json!({}))), Some(&running())), Power::Stopping);
}

#[test]
fn stopped_means_that_it_can_be_started_again() {
    let asked = json!({ "runStrategy": "RerunOnFailure", "stateChangeRequests": [{ "action": "Stop", "uid": "vmi-1" }] });
    let asked = vm("RerunOnFailure", asked);
    assert_eq!(power(Some(&asked), Some(&vmi("Succeeded", json!({})))), Power::Stopping);
    assert_eq!(
        power(Some(&asked), Some(&vmi("Failed", json!({})))),
        Power::Stopping,
        "the grace period ran out"
    );
    assert_eq!(power(Some(&asked), None), Power::Stopping, "the request is not taken off yet");
    let done = vm("RerunOnFailure", json!({ "runStrategy": "RerunOnFailure" }));
    let mut going = vmi("Succeeded", json!({}));
    going.metadata.deletion_timestamp = Some(chrono::DateTime::UNIX_EPOCH);
    assert_eq!(power(Some(&done), Some(&going)), Power::Stopping);
    assert_eq!(power(Some(&done), None), Power::Stopped);
    let behind =
        vm("RerunOnFailure", json!({ "runStrategy": "RerunOnFailure", "printableStatus": "Running" }));
    assert_eq!(power(Some(&behind), None), Power::Stopping, "the controller has not noticed yet");
}

#[test]
fn a_restart_is_stopping_then_starting() {
    let restart = json!({ "runStrategy": "RerunOnFailure",
        "stateChangeRequests": [{ "action": "Stop", "uid": "vmi-1" }, { "action": "Start" }] });
    let vm = vm("RerunOnFailure", restart);
    assert_eq!(power(Some(&vm), Some(&running())), Power::Stopping);
    assert_eq!(power(Some(&vm), None), Power::Starting);
}

#[test]
fn after_the_run() {
    let acted =
        |strategy: &str| vm(strategy, json!({ "runStrategy": strategy, "printableStatus": "Stopped" }));
    let (succeeded, failed) = (vmi("Succeeded", json!({})), vmi("Failed", json!({})));
    assert_eq!(power(Some(&acted("RerunOnFailure")), None), Power::Stopped);
    assert_eq!(power(Some(&acted("RerunOnFailure")), Some(&succeeded)), Power::Stopped);
    assert_eq!(
        power(Some(&acted("RerunOnFailure")), Some(&failed)),
        Power::Starting,
        "KubeVirt starts it again"
    );
    assert_eq!(power(Some(&acted("Always")), Some(&succeeded)), Power::Starting);
    assert_eq!(power(Some(&acted("Manual")), Some(&failed)), Power::Failed);
    assert_eq!(power(Some(&acted("Once")), Some(&succeeded)), Power::Stopped);
    assert_eq!(power(Some(&acted("Halted")), Some(&failed)), Power::Stopped);
    assert_eq!(power(None, Some(&failed)), Power::Failed);
}

#[test]
fn old_versions_without_a_recorded_strategy_go_by_the_hint() {
    let conditions = json!([{ "type": "Ready", "status": "False", "reason": "VMINotExists" }]);
    let stopped = vm("RerunOnFailure", json!({ "conditions": conditions, "printableStatus": "Stopped" }));
    assert_eq!(power(Some(&stopped), None), Power::Stopped);
}

#[test]
fn failures_to_start() {
    let refused = json!({ "conditions": [{ "type": "Failure", "status": "True", "reason": "FailedCreate",
        "message": "no memory requested" }] });
    let seen = observed(Some(&vm("RerunOnFailure", refused.clone())), None);
    assert_eq!((seen.power, seen.reason.as_deref()), (Power::Failed, Some("FailedCreate")));
    assert_eq!(power(Some(&vm("Halted", refused)), None), Power::Stopped, "it was halted since");
    let looping = json!({ "runStrategy": "RerunOnFailure", "startFailure": { "consecutiveFailCount": 3 } });
    assert_eq!(power(Some(&vm("RerunOnFailure", looping.clone())), None), Power::CrashLoop);
    // The controller's own next attempt is on its list while it holds it back.
    let mut held_back = looping;
    held_back["stateChangeRequests"] = json!([{ "action": "Start" }]);
    assert_eq!(power(Some(&vm("RerunOnFailure", held_back)), None), Power::CrashLoop);
}

#[test]
fn what_we_do_not_know_is_unknown() {
    let vm_known = vm("RerunOnFailure", json!({}));
    assert_eq!(power(Some(&vm_known), Some(&vmi("Unknown", json!({})))), Power::Unknown);
    let seen = observed(Some(&vm_known), Some(&vmi("Hibernating", json!({}))));
    assert_eq!((seen.power, seen.reason.as_deref()), (Power::Unknown, Some("Hibernating")));
    let odd = vm("Sometimes", json!({ "runStrategy": "Sometimes" }));
    assert_eq!(power(Some(&odd), None), Power::Unknown);
}

#[test]
fn old_objects_with_running_are_understood() {
    let mut old = vm("x", json!({}));
    old.spec.run_strategy = None;
    old.spec.running = Some(false);
    assert_eq!(power(Some(&old), None), Power::Stopped);
    old.spec.running = Some(true);
    assert_eq!(power(Some(&old), None), Power::Starting);
}

#[test]
fn a_standalone_instance_has_a_state() {
    assert_eq!(power(None, Some(&running())), Power::Running);
}
