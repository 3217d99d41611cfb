//! Who owns which field: `metadata.managedFields`, kept on every write, and server-side apply.
//!
//! The model is that of structured-merge-diff: an update takes ownership of what it changes; an apply owns what its
//! configuration names, conflicts with other owners of fields it would change, and removes what it no longer names
//! if nobody else owns it. Maps merge by key; `disks`, `volumes`, `interfaces` and `networks` merge by name; other
//! lists are one value.

mod apply;
mod entries;
mod set;
mod walk;

use serde_json::{Map, Value, json};

pub use apply::apply;
use entries::{Entry, Operation};

use crate::object;
use crate::objects::Write;

/// Records the creator of an object as owner of all of it.
pub fn on_create(new: &mut Value, write: &Write) {
    if write.resource.plural == "events" {
        // There are many, and nobody applies them.
        return;
    }
    let mut set = walk::leaves("", &owned_part(new, None));
    set.here = false;
    let entry = Entry::new(write, Operation::Update, set);
    store(new, vec![entry]);
}

/// Moves ownership of what an update changed to its manager. An apply has already recorded itself.
pub fn on_update(current: &Value, proposed: &mut Value, write: &Write) {
    if write.apply {
        return;
    }
    let mut entries = submitted(current, proposed);
    let (changed, removed) = walk::compare("", &owned_part(current, None), &owned_part(proposed, None));
    let own = entries.iter().position(|e| e.is(write, Operation::Update));
    for (index, entry) in entries.iter_mut().enumerate() {
        entry.set.subtract(&removed);
        if Some(index) != own {
            entry.set.subtract(&changed);
        }
    }
    if !changed.is_empty() {
        match own {
            Some(index) => entries[index].claim(&changed),
            None => entries.push(Entry::new(write, Operation::Update, changed)),
        }
    }
    store(proposed, entries);
}

/// Whether the entries differ in more than their times.
pub fn claims_changed(current: &Value, proposed: &Value) -> bool {
    let claims = |object: &Value| {
        let mut list = object::items(object, "/metadata/managedFields").to_vec();
        list.iter_mut().for_each(|entry| {
            object::remove(entry, "time");
        });
        list
    };
    let sent = proposed["metadata"].get("managedFields");
    sent.is_some() && claims(current) != claims(proposed)
}

/// Entries to start from: those sent along (a client may edit or, with `[]`, reset them), else those stored.
fn submitted(current: &Value, proposed: &Value) -> Vec<Entry> {
    let source = if proposed["metadata"]["managedFields"].is_array() { proposed } else { current };
    entries::read(source)
}

fn store(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|e| !e.set.is_empty());
    let list: Vec<Value> = entries.iter().map(Entry::to_json).collect();
    object::set_or_remove(&mut object["metadata"], "managedFields", json!(list));
}

/// The object without what nobody can own. `subresource` narrows to what that path may write.
fn owned_part(object: &Value, subresource: Option<&str>) -> Value {
    const SYSTEM: [&str; 11] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "managedFields",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "clusterName",
    ];
    let mut part = Map::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        match (key.as_str(), subresource) {
            ("apiVersion" | "kind", _) | ("status", Some("main")) => {}
            (key, Some("status")) if key != "status" => {}
            ("metadata", _) => {
                let own =
                    value.as_object().into_iter().flatten().filter(|(k, _)| !SYSTEM.contains(&k.as_str()));
                let own: Map<String, Value> = own.map(|(k, v)| (k.clone(), v.clone())).collect();
                if !own.is_empty() {
                    part.insert(key.clone(), Value::Object(own));
                }
            }
            _ => {
                part.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(part)
}
