//! Changing an object.

use serde_json::{Map, Value, json};

use super::Write;
use crate::admission;
use crate::api::resources::{Generation, Resource};
use crate::api::status::{ApiError, Cause};
use crate::store::{Key, Tx};
use crate::{fields, object};

/// What the caller believes about the object.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preconditions {
    /// The uid it must have.
    pub uid: Option<String>,
    /// The revision it must be at.
    pub resource_version: Option<String>,
}

impl Preconditions {
    /// Refuses with 409 when the object is another one.
    pub fn check(&self, resource: &Resource, current: &Value) -> Result<(), ApiError> {
        let name = object::name(current);
        let clash = |what: &str, want: &str, have: &str| {
            let why =
                format!("Precondition failed: {what} in precondition: {want}, {what} in object meta: {have}");
            ApiError::conflict(resource, name, why)
        };
        if let Some(uid) = self.uid.as_deref().filter(|uid| *uid != object::uid(current)) {
            return Err(clash("UID", uid, object::uid(current)));
        }
        let version = object::meta(current, "resourceVersion");
        match self.resource_version.as_deref().filter(|want| *want != version) {
            Some(want) => Err(clash("ResourceVersion", want, version)),
            None => Ok(()),
        }
    }
}

/// Stores `proposed` in place of `current` and returns what is stored (or was removed, with its last finalizer).
pub fn update(
    tx: &mut Tx<'_>,
    write: &Write,
    key: &Key,
    current: Value,
    mut proposed: Value,
    preconditions: &Preconditions,
) -> Result<Value, ApiError> {
    let resource = write.resource;
    preconditions.check(resource, &current)?;
    check_identity(resource, &current, &proposed)?;
    restrict(write, &current, &mut proposed);
    keep_system_metadata(&current, &mut proposed);
    check_finalizers(resource, &current, &proposed)?;
    if !write.engine {
        super::check_size(&proposed)?;
        admission::update(resource, &current, &mut proposed, write.subresource.as_deref())?;
    }
    if same_but_managed(&current, &proposed) && !fields::claims_changed(&current, &proposed) {
        return Ok(current);
    }
    if bumps_generation(resource, &current, &proposed) {
        let generation = current["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
        proposed["metadata"]["generation"] = json!(generation);
    }
    fields::on_update(&current, &mut proposed, write);
    if write.dry_run {
        return Ok(proposed);
    }
    let finalizers_gone = object::items(&proposed, "/metadata/finalizers").is_empty();
    if object::deleting(&current) && finalizers_gone {
        return Ok(tx.remove(key, proposed)?);
    }
    Ok(tx.put(key, proposed)?)
}

fn check_identity(resource: &Resource, current: &Value, proposed: &Value) -> Result<(), ApiError> {
    let name = object::name(current);
    let version = object::meta(proposed, "resourceVersion");
    if !version.is_empty() && version != object::meta(current, "resourceVersion") {
        return Err(ApiError::stale(resource, name));
    }
    let uid = object::uid(proposed);
    if !uid.is_empty() && uid != object::uid(current) {
        let expected = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
        return expected.check(resource, current);
    }
    Ok(())
}

/// Undoes changes outside what this path may write.
fn restrict(write: &Write, current: &Value, proposed: &mut Value) {
    let restore = |proposed: &mut Value, field: &str| match current.get(field) {
        Some(value) => proposed[field] = value.clone(),
        None => {
            object::remove(proposed, field);
        }
    };
    if write.status_only() {
        let status = proposed.get("status").cloned();
        let managed = proposed["metadata"].get("managedFields").cloned();
        *proposed = current.clone();
        object::set_or_remove(proposed, "status", status.unwrap_or_default());
        object::set_or_remove(&mut proposed["metadata"], "managedFields", managed.unwrap_or_default());
    } else if write.resource.status || (write.resource.plural == "virtualmachineinstances" && !write.engine) {
        restore(proposed, "status");
    }
}

fn keep_system_metadata(current: &Value, proposed: &mut Value) {
    const KEPT: [&str; 9] = [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "generateName",
        "resourceVersion",
    ];
    proposed["apiVersion"] = current["apiVersion"].clone();
    proposed["kind"] = current["kind"].clone();
    let meta = object::child(proposed, "metadata", || json!({}));
    for field in KEPT {
        object::set_or_remove(meta, field, current["metadata"][field].clone());
    }
    for list in ["finalizers", "ownerReferences", "labels", "annotations"] {
        let value = meta[list].clone();
        object::set_or_remove(meta, list, value);
    }
}

fn check_finalizers(resource: &Resource, current: &Value, proposed: &Value) -> Result<(), ApiError> {
    if !object::deleting(current) {
        return Ok(());
    }
    let added: Vec<String> = object::items(proposed, "/metadata/finalizers")
        .iter()
        .filter_map(Value::as_str)
        .filter(|f| !object::has_finalizer(current, f))
        .map(|f| format!("\"{f}\""))
        .collect();
    if added.is_empty() {
        return Ok(());
    }
    let message = format!(
        "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
        added.join(", ")
    );
    let cause = Cause { reason: "FieldValueForbidden", message, field: "metadata.finalizers".to_owned() };
    Err(ApiError::invalid(resource, object::name(current), &[cause]))
}

/// Compares two objects without the named fields of `metadata`, and without copying either.
fn same_but_managed(current: &Value, proposed: &Value) -> bool {
    let (Some(a), Some(b)) = (current.as_object(), proposed.as_object()) else { return current == proposed };
    let outside = |map: &Map<String, Value>, other: &Map<String, Value>| {
        map.iter().filter(|(key, _)| *key != "metadata").all(|(key, value)| other.get(key) == Some(value))
    };
    let inside = |from: &Value, other: &Value| {
        let entries = from["metadata"].as_object();
        entries
            .into_iter()
            .flatten()
            .all(|(key, value)| key == "managedFields" || other["metadata"][key] == *value)
    };
    outside(a, b) && outside(b, a) && inside(current, proposed) && inside(proposed, current)
}

fn bumps_generation(resource: &Resource, current: &Value, proposed: &Value) -> bool {
    match resource.generation {
        Generation::None => false,
        Generation::Spec => current.get("spec") != proposed.get("spec"),
        Generation::Any => {
            let (Some(old), Some(new)) = (current.as_object(), proposed.as_object()) else { return true };
            let keys = old.keys().chain(new.keys()).filter(|key| *key != "metadata");
            keys.into_iter().any(|key| old.get(key) != new.get(key))
        }
    }
}
