//! Server-side apply.

use serde_json::{Value, json};

use super::entries::{self, Entry, Operation};
use super::set::FieldSet;
use super::{owned_part, store, walk};
use crate::api::status::{ApiError, Cause};
use crate::objects::Write;

/// Lays `config` over `live` (an empty object when there is none) and returns the result with its managed fields.
/// Fields that others own and that would change are a 409 unless `force`.
pub fn apply(live: &Value, config: &Value, write: &Write, force: bool) -> Result<Value, ApiError> {
    let path = if write.subresource.is_some() { "status" } else { "main" };
    let path = if write.resource.status { Some(path) } else { None };
    let config_part = owned_part(config, path);
    let mut set = walk::leaves("", &config_part);
    set.here = false;
    let mut entries = entries::read(live);
    let own = entries.iter().position(|e| e.is(write, Operation::Apply));
    let mut merged = walk::merge("", live, &with_identity(config, &config_part));
    drop_abandoned(&mut merged, &entries, own, &set);
    let (changed, _) = walk::compare("", &owned_part(live, None), &owned_part(&merged, None));
    let conflicts: Vec<(String, FieldSet)> = entries
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != own)
        .map(|(_, e)| (e.describe(), e.set.intersect(&changed)))
        .filter(|(_, fields)| !fields.is_empty())
        .collect();
    if !conflicts.is_empty() && !force {
        return Err(conflict(&conflicts));
    }
    for (index, entry) in entries.iter_mut().enumerate() {
        if Some(index) != own {
            entry.set.subtract(&changed);
        }
    }
    match own {
        Some(index) if entries[index].set == set => {}
        Some(index) => entries[index] = Entry::new(write, Operation::Apply, set),
        None => entries.push(Entry::new(write, Operation::Apply, set)),
    }
    store(&mut merged, entries);
    Ok(merged)
}

/// The configuration's ownable part with the identity it needs to create an object.
fn with_identity(config: &Value, part: &Value) -> Value {
    let mut whole = part.clone();
    for field in ["apiVersion", "kind"] {
        whole[field] = config[field].clone();
    }
    let meta = crate::object::child(&mut whole, "metadata", || json!({}));
    for field in ["name", "namespace", "resourceVersion", "uid"] {
        if let Some(value) = config["metadata"].get(field) {
            meta[field] = value.clone();
        }
    }
    whole
}

/// Removes what this manager applied before, no longer names, and nobody else owns.
fn drop_abandoned(merged: &mut Value, entries: &[Entry], own: Option<usize>, set: &FieldSet) {
    let Some(own) = own else { return };
    let mut gone = entries[own].set.clone();
    gone.subtract(set);
    for (index, entry) in entries.iter().enumerate() {
        if index != own {
            gone.subtract(&entry.set);
        }
    }
    if !gone.is_empty() {
        walk::prune("", merged, &gone);
    }
}

fn conflict(conflicts: &[(String, FieldSet)]) -> ApiError {
    let mut causes = Vec::new();
    let mut lines = Vec::new();
    for (owner, fields) in conflicts {
        let paths = fields.paths();
        causes.extend(paths.iter().map(|path| Cause {
            reason: "FieldManagerConflict",
            message: format!("conflict with {owner}"),
            field: path.clone(),
        }));
        lines.push((owner.clone(), paths));
    }
    let message = match (causes.len(), lines.as_slice()) {
        (1, [(owner, paths)]) => {
            format!("Apply failed with 1 conflict: conflict with {owner}: {}", paths.concat())
        }
        (n, _) => {
            let list: Vec<String> = lines
                .iter()
                .map(|(owner, paths)| format!("conflicts with {owner}:\n- {}", paths.join("\n- ")))
                .collect();
            format!("Apply failed with {n} conflicts: {}", list.join("\n"))
        }
    };
    ApiError::apply_conflict(message, &causes)
}
