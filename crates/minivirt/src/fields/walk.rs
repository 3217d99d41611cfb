//! Walking objects by the structure that ownership knows: maps, keyed lists, sets, and atoms.

use serde_json::{Map, Value};

use super::set::FieldSet;

/// How a list is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// As one value.
    Atomic,
    /// By the value of this field of its items.
    Keyed(&'static str),
    /// By its items themselves.
    Set,
}

/// The lists that merge item by item. Everything else is one value.
pub fn list_kind(field: &str) -> ListKind {
    match field {
        "disks" | "volumes" | "interfaces" | "networks" => ListKind::Keyed("name"),
        "ownerReferences" => ListKind::Keyed("uid"),
        "finalizers" => ListKind::Set,
        _ => ListKind::Atomic,
    }
}

/// Steps and items of a keyed list; `None` when an item lacks its key or two share one, so that it is an atom.
pub fn keyed(list: &[Value], key: &str) -> Option<Vec<(String, Value)>> {
    let mut items: Vec<(String, Value)> = Vec::with_capacity(list.len());
    for item in list {
        let id = item.get(key).filter(|v| v.is_string())?;
        let step = format!("k:{{\"{key}\":{id}}}");
        if items.iter().any(|(s, _)| *s == step) {
            return None;
        }
        items.push((step, item.clone()));
    }
    Some(items)
}

/// Children of a value with their steps; `None` for atoms.
pub fn children(field: &str, value: &Value) -> Option<Vec<(String, Value)>> {
    match value {
        Value::Object(map) => Some(map.iter().map(|(k, v)| (format!("f:{k}"), v.clone())).collect()),
        Value::Array(list) => match list_kind(field) {
            ListKind::Keyed(key) => keyed(list, key),
            ListKind::Set => Some(list.iter().map(|v| (format!("v:{v}"), v.clone())).collect()),
            ListKind::Atomic => None,
        },
        _ => None,
    }
}

/// The name a step gives to the next level: lists are recognised by the field that holds them.
pub fn field_of(step: &str) -> &str {
    step.strip_prefix("f:").unwrap_or("")
}

fn is_item(step: &str) -> bool {
    step.starts_with("k:")
}

/// Paths of a configuration as its owner means them: leaves, empty containers, and items of keyed lists.
pub fn leaves(field: &str, value: &Value) -> FieldSet {
    let Some(children) = children(field, value).filter(|c| !c.is_empty()) else { return FieldSet::leaf() };
    let mut set = FieldSet::default();
    for (step, child) in children {
        let mut below = leaves(field_of(&step), &child);
        below.here |= is_item(&step);
        set.attach(step, below);
    }
    set
}

/// All paths of a value, containers included.
pub fn everything(field: &str, value: &Value) -> FieldSet {
    let mut set = FieldSet::leaf();
    for (step, child) in children(field, value).unwrap_or_default() {
        set.attach(step.clone(), everything(field_of(&step), &child));
    }
    set
}

/// What differs: paths added or changed, and paths removed.
pub fn compare(field: &str, old: &Value, new: &Value) -> (FieldSet, FieldSet) {
    if old == new {
        return (FieldSet::default(), FieldSet::default());
    }
    let (Some(old_children), Some(new_children)) = (children(field, old), children(field, new)) else {
        let removed =
            if children(field, old).is_some() { everything(field, old) } else { FieldSet::default() };
        let changed = if children(field, new).is_some() { everything(field, new) } else { FieldSet::leaf() };
        return (changed, removed);
    };
    let (mut changed, mut removed) = (FieldSet::default(), FieldSet::default());
    for (step, child) in &new_children {
        match old_children.iter().find(|(s, _)| s == step) {
            Some((_, before)) => {
                let (below_changed, below_removed) = compare(field_of(step), before, child);
                changed.attach(step.clone(), below_changed);
                removed.attach(step.clone(), below_removed);
            }
            None => changed.attach(step.clone(), everything(field_of(step), child)),
        }
    }
    for (step, child) in &old_children {
        if !new_children.iter().any(|(s, _)| s == step) {
            removed.attach(step.clone(), everything(field_of(step), child));
        }
    }
    (changed, removed)
}

/// Lays `patch` over `base`: maps and keyed lists by entry, everything else replaced.
pub fn merge(field: &str, base: &Value, patch: &Value) -> Value {
    match (base, patch) {
        (Value::Object(old), Value::Object(new)) => {
            let mut merged: Map<String, Value> = old.clone();
            for (key, value) in new {
                let value = old.get(key).map_or_else(|| value.clone(), |before| merge(key, before, value));
                merged.insert(key.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(_), Value::Array(_)) => {
            let (Some(old), Some(new)) = (children(field, base), children(field, patch)) else {
                return patch.clone();
            };
            let mut merged: Vec<Value> = Vec::with_capacity(old.len() + new.len());
            for (step, item) in &old {
                let over = new.iter().find(|(s, _)| s == step);
                merged.push(over.map_or_else(|| item.clone(), |(_, value)| merge("", item, value)));
            }
            let added = new.iter().filter(|(step, _)| !old.iter().any(|(s, _)| s == step));
            merged.extend(added.map(|(_, value)| value.clone()));
            Value::Array(merged)
        }
        _ => patch.clone(),
    }
}

/// Removes the members of `gone` from `value`; containers that were emptied by it go too when they are members.
pub fn prune(field: &str, value: &mut Value, gone: &FieldSet) {
    let lookup: Vec<(String, Value)> = children(field, value).unwrap_or_default();
    for (index, (step, child)) in lookup.iter().enumerate().rev() {
        let Some(set) = gone.children.get(step) else { continue };
        let mut child = child.clone();
        let had_content = child.as_object().is_some_and(|m| !m.is_empty())
            || child.as_array().is_some_and(|l| !l.is_empty());
        prune(field_of(step), &mut child, set);
        let emptied = had_content
            && (child.as_object().is_some_and(Map::is_empty) || child.as_array().is_some_and(Vec::is_empty));
        let drop = (set.here && set.children.is_empty()) || emptied;
        match value {
            Value::Object(map) if drop => {
                map.shift_remove(field_of(step));
            }
            Value::Object(map) => {
                map.insert(field_of(step).to_owned(), child);
            }
            Value::Array(list) if drop || set.here => {
                list.remove(index);
            }
            Value::Array(list) => list[index] = child,
            _ => {}
        }
    }
}
