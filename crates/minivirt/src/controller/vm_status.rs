//! `status` of a VM, computed from its spec, its old status and its instance.

use chrono::Duration;
use rand::Rng;
use serde_json::{Value, json};

use super::run_strategy::{self, Step, Strategy, decide, is_final};
use super::{condition, remove_condition, set_condition};
use crate::clock;
use crate::object::{self, child, items, text};

/// `status.reason` of an instance that was deleted before its guest ran.
pub const DELETED_EARLY: &str = "DeletedBeforeStart";
/// Longest wait between failing starts, in seconds.
const MAX_BACK_OFF: i64 = 300;

/// The VM with a fresh status. `failure` is why its instance could not be made.
pub fn refresh(vm: &Value, vmi: Option<&Value>, failure: Option<String>) -> Value {
    let mut new = vm.clone();
    child(&mut new, "status", || json!({}));
    trim_requests(&mut new, vmi);
    start_failure(&mut new, vmi);
    conditions(&mut new, vmi);
    match failure {
        Some(why) => set_condition(
            &mut new,
            "Failure",
            "True",
            "FailedCreate",
            &format!("Failure while starting VMI: {why}"),
        ),
        None => remove_condition(&mut new, "Failure"),
    }
    let generation = vm["metadata"]["generation"].clone();
    let observed = vmi.map(|v| text(v, "/metadata/annotations/kubevirt.io~1vm-generation"));
    let strategy = run_strategy::of(vm).name();
    let ready = condition(&new, "Ready").is_some_and(|c| c["status"] == "True");
    let failed = condition(&new, "Failure").is_some();
    let starting = !failed && vmi.is_none() && wants_instance(&new);
    let printable = printable(&new, vmi, starting);
    let status = &mut new["status"];
    set_true(status, "created", vmi.is_some());
    set_true(status, "ready", ready);
    status["printableStatus"] = json!(printable);
    if !failed {
        // Not before it was acted on: a VM whose instance could not be made is still to be started.
        status["runStrategy"] = json!(strategy);
    }
    status["desiredGeneration"] = generation;
    if let Some(observed) = observed.and_then(|o| o.parse::<i64>().ok()) {
        status["observedGeneration"] = json!(observed);
    }
    restart_required(&mut new, vmi);
    new
}

/// KubeVirt leaves false booleans out.
fn set_true(status: &mut Value, field: &str, value: bool) {
    object::set_or_remove(status, field, if value { json!(true) } else { Value::Null });
}

/// Requests that have been fulfilled go; one per look.
fn trim_requests(vm: &mut Value, vmi: Option<&Value>) {
    let mut requests = items(vm, "/status/stateChangeRequests").to_vec();
    let fulfilled = requests.first().is_some_and(|first| match first["action"].as_str() {
        Some("Stop") => vmi.is_none_or(|vmi| first["uid"] != object::uid(vmi)),
        Some("Start") => vmi.is_some_and(|vmi| !is_final(vmi) && !object::deleting(vmi)),
        _ => true,
    });
    if fulfilled {
        requests.remove(0);
    }
    object::set_or_remove(&mut vm["status"], "stateChangeRequests", json!(requests));
}

fn ran(vmi: &Value) -> bool {
    items(vmi, "/status/phaseTransitionTimestamps").iter().any(|t| t["phase"] == "Running")
}

/// Counts instances that ended without ever running, and when the next may start.
fn start_failure(vm: &mut Value, vmi: Option<&Value>) {
    let strategy = run_strategy::of(vm);
    if matches!(strategy, Strategy::Manual | Strategy::Halted) || vmi.is_some_and(ran) {
        object::remove(&mut vm["status"], "startFailure");
        return;
    }
    // An instance that was deleted before it ran did not fail to start.
    let failed = |vmi: &&Value| is_final(vmi) && text(vmi, "/status/reason") != DELETED_EARLY;
    let Some(vmi) = vmi.filter(failed) else { return };
    let uid = object::uid(vmi);
    if text(vm, "/status/startFailure/lastFailedVMIUID") == uid {
        return;
    }
    let count = vm["status"]["startFailure"]["consecutiveFailCount"].as_i64().unwrap_or(0) + 1;
    let base = (10 * count * count).min(MAX_BACK_OFF);
    let delay = (base + rand::rng().random_range(0..=base / 2)).min(MAX_BACK_OFF);
    vm["status"]["startFailure"] = json!({"consecutiveFailCount": count, "lastFailedVMIUID": uid,
        "retryAfterTimestamp": clock::format(clock::now() + Duration::seconds(delay))});
}

/// Ready is always there; everything else mirrors the instance.
fn conditions(vm: &mut Value, vmi: Option<&Value>) {
    const OWN: [&str; 4] = ["Ready", "Failure", "RestartRequired", "ManualRecoveryRequired"];
    let mirrored: Vec<Value> = vmi.map(|v| items(v, "/status/conditions").to_vec()).unwrap_or_default();
    if let Some(list) = vm["status"]["conditions"].as_array_mut() {
        list.retain(|c| {
            c["type"].as_str().is_some_and(|t| OWN.contains(&t))
                || mirrored.iter().any(|m| m["type"] == c["type"])
        });
    }
    for m in &mirrored {
        let field = |name: &str| m[name].as_str().unwrap_or_default();
        set_condition(vm, field("type"), field("status"), field("reason"), field("message"));
    }
    match vmi {
        None => set_condition(vm, "Ready", "False", "VMINotExists", "VMI does not exist"),
        Some(vmi) if condition(vmi, "Ready").is_none() => {
            set_condition(vm, "Ready", "False", "VMIConditionMissing", "VMI is missing the Ready condition");
        }
        Some(_) => {}
    }
}

/// Whether a VM without an instance is about to get one.
fn wants_instance(vm: &Value) -> bool {
    matches!(decide(vm, None, clock::now()), Step::Start | Step::StartAndRunAlways)
}

/// `printableStatus`: the first that fits, in KubeVirt's order.
fn printable(vm: &Value, vmi: Option<&Value>, starting: bool) -> &'static str {
    if object::deleting(vm) {
        return "Terminating";
    }
    let phase = vmi.map_or("", |v| text(v, "/status/phase"));
    let synchronized = vmi.and_then(|v| condition(v, "Synchronized")).map_or("", |c| text(c, "/reason"));
    let unschedulable = vmi
        .and_then(|v| condition(v, "PodScheduled"))
        .is_some_and(|c| c["status"] == "False" && c["reason"] == "Unschedulable");
    match vmi {
        Some(vmi) if !is_final(vmi) && object::deleting(vmi) => "Stopping",
        Some(vmi)
            if phase == "Running" && condition(vmi, "Paused").is_some_and(|c| c["status"] == "True") =>
        {
            "Paused"
        }
        Some(_) if phase == "Running" => "Running",
        Some(_) if synchronized == "FailedPvcNotFound" => "ErrorPvcNotFound",
        Some(_) if unschedulable => "ErrorUnschedulable",
        Some(_) if synchronized == "ErrImagePull" => "ErrImagePull",
        Some(_) if synchronized == "ImagePullBackOff" => "ImagePullBackOff",
        Some(_) if matches!(phase, "" | "Pending" | "Scheduling" | "Scheduled") => "Starting",
        None if starting => "Starting",
        _ if crash_looping(vm) => "CrashLoopBackOff",
        None => "Stopped",
        Some(vmi) if is_final(vmi) => "Stopped",
        Some(_) => "Unknown",
    }
}

fn crash_looping(vm: &Value) -> bool {
    let strategy = run_strategy::of(vm);
    let failures = vm["status"]["startFailure"]["consecutiveFailCount"].as_i64().unwrap_or(0);
    failures > 0 && matches!(strategy, Strategy::Always | Strategy::RerunOnFailure | Strategy::Once)
}

/// A template that changed under a running instance needs a restart to count.
fn restart_required(vm: &mut Value, vmi: Option<&Value>) {
    let started_from =
        vmi.filter(|v| !is_final(v)).map(|v| v["metadata"]["annotations"][TEMPLATE_HASH].clone());
    match started_from {
        Some(hash) if hash.is_string() && hash != template_hash(vm) => {
            let message = "a non-live-updatable field was changed in the template spec";
            set_condition(vm, "RestartRequired", "True", "", message);
        }
        _ => remove_condition(vm, "RestartRequired"),
    }
}

/// Annotation of an instance: what its VM's template was when it was made.
pub const TEMPLATE_HASH: &str = "minivirt.shepherd/template-hash";

/// Stable over restarts of the engine; not a secret, not a proof.
pub fn template_hash(vm: &Value) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in vm["spec"]["template"]["spec"].to_string().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}
