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

use serde_json::{Value, json};

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
    let mut part = object.clone();
    object::remove(&mut part, "apiVersion");
    object::remove(&mut part, "kind");
    if let Some(meta) = part.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.retain(|key, _| !SYSTEM.contains(&key.as_str()));
        if meta.is_empty() {
            object::remove(&mut part, "metadata");
        }
    }
    match (subresource, part.as_object_mut()) {
        (Some("status"), Some(map)) => map.retain(|key, _| key == "status"),
        (Some("main"), Some(map)) => map.retain(|key, _| key != "status"),
        _ => {}
    }
    part
}
