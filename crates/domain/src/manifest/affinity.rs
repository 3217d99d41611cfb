//! Where the scheduler may put a guest: the zone that was asked for, and apart from other VMs.
//!
//! Apart means never on the same node, and in the same zone only where there is no other: the first is required, the
//! second preferred, because placement cannot know what runs where when the guest starts. What the template sets itself
//! stays; ours is added to it. A pod carries the labels of its instance, so a VM's id is known by its label.
//! Source: KubeVirt hands `nodeSelector` and `affinity` of an instance on to its pod.

use serde_json::{Value, json};

use super::VM_ID;
use crate::spec::CreateSpec;

/// Nodes of a zone.
const ZONE: &str = "topology.kubernetes.io/zone";
/// One node.
const NODE: &str = "kubernetes.io/hostname";

/// Adds it to `spec.template.spec`.
pub(super) fn set(instance: &mut Value, spec: &CreateSpec) {
    if let Some(zone) = &spec.zone {
        child(instance, "nodeSelector")[ZONE] = zone.as_str().into();
    }
    if spec.apart_from.is_empty() {
        return;
    }
    let away = child(child(instance, "affinity"), "podAntiAffinity");
    push(&mut away["requiredDuringSchedulingIgnoredDuringExecution"], term(spec, NODE));
    let wish = json!({ "weight": 100, "podAffinityTerm": term(spec, ZONE) });
    push(&mut away["preferredDuringSchedulingIgnoredDuringExecution"], wish);
}

/// What is there already under this name, if that is an object.
fn child<'a>(object: &'a mut Value, name: &str) -> &'a mut Value {
    let child = &mut object[name];
    if !child.is_object() {
        *child = json!({});
    }
    child
}

fn term(spec: &CreateSpec, topology: &str) -> Value {
    let ids: Vec<String> = spec.apart_from.iter().map(ToString::to_string).collect();
    json!({
        "labelSelector": { "matchExpressions": [{ "key": VM_ID, "operator": "In", "values": ids }] },
        // The other VM may be in another namespace.
        "namespaceSelector": {},
        "topologyKey": topology,
    })
}

fn push(list: &mut Value, term: Value) {
    match list.as_array_mut() {
        Some(list) => list.push(term),
        None => *list = json!([term]),
    }
}
