//! Conditions in `status.conditions`.

use serde_json::{Value, json};

use crate::clock;
use crate::object::{child, items};

/// The condition of this type.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    items(object, "/status/conditions").iter().find(|c| c["type"] == kind)
}

/// Sets a condition. Its transition time moves only when its status does.
pub fn set_condition(object: &mut Value, kind: &str, status: &str, reason: &str, message: &str) {
    let mut new = json!({"type": kind, "status": status, "lastProbeTime": null,
        "lastTransitionTime": clock::timestamp()});
    crate::object::set_or_remove(&mut new, "reason", json!(reason));
    crate::object::set_or_remove(&mut new, "message", json!(message));
    if let Some(old) = condition(object, kind).filter(|c| c["status"] == status) {
        new["lastTransitionTime"] = old["lastTransitionTime"].clone();
    }
    let list = child(child(object, "status", || json!({})), "conditions", || json!([]));
    let Some(list) = list.as_array_mut() else { return };
    match list.iter_mut().find(|c| c["type"] == kind) {
        Some(slot) => *slot = new,
        None => list.push(new),
    }
}

/// Removes a condition.
pub fn remove_condition(object: &mut Value, kind: &str) {
    if let Some(list) = object.pointer_mut("/status/conditions").and_then(Value::as_array_mut) {
        list.retain(|c| c["type"] != kind);
    }
}
