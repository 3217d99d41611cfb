//! Deleting an object: now, or once its finalizers are gone.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Preconditions, Write};
use crate::api::status::ApiError;
use crate::store::{Key, Tx};
use crate::{clock, object};

/// What happens to dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Propagation {
    /// They are deleted after their owner.
    #[default]
    Background,
    /// The owner waits for them.
    Foreground,
    /// They stay and forget their owner.
    Orphan,
}

/// The body of a DELETE.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteOptions {
    /// See [`Propagation`].
    pub propagation_policy: Option<Propagation>,
    /// See [`Preconditions`].
    pub preconditions: Option<Preconditions>,
    /// `["All"]`
    pub dry_run: Vec<String>,
    /// Recorded on the object; guests have a grace period of their own.
    pub grace_period_seconds: Option<i64>,
    /// The deprecated form of `Orphan`.
    pub orphan_dependents: Option<bool>,
}

/// The outcome of a deletion.
#[derive(Debug)]
pub enum Deleted {
    /// It is gone; this was its last state.
    Gone(Value),
    /// It waits for its finalizers.
    Waiting(Value),
}

/// Deletes `current`, or marks it.
pub fn delete(
    tx: &mut Tx<'_>,
    write: &Write,
    key: &Key,
    current: Value,
    options: &DeleteOptions,
) -> Result<Deleted, ApiError> {
    if let Some(preconditions) = &options.preconditions {
        preconditions.check(write.resource, &current)?;
    }
    let mut object = current;
    let was_deleting = object::deleting(&object);
    let policy = match options.orphan_dependents {
        Some(true) => Some(Propagation::Orphan),
        _ => options.propagation_policy,
    };
    let before = object["metadata"]["finalizers"].clone();
    match policy {
        Some(Propagation::Foreground) => {
            object::remove_finalizer(&mut object, "orphan");
            object::add_finalizer(&mut object, "foregroundDeletion");
        }
        Some(Propagation::Orphan) => {
            object::remove_finalizer(&mut object, "foregroundDeletion");
            object::add_finalizer(&mut object, "orphan");
        }
        Some(Propagation::Background) | None => {}
    }
    if object::items(&object, "/metadata/finalizers").is_empty() {
        if !write.dry_run {
            tx.delete(key)?;
        }
        return Ok(Deleted::Gone(object));
    }
    if was_deleting && before == object["metadata"]["finalizers"] {
        return Ok(Deleted::Waiting(object));
    }
    if !was_deleting {
        let meta = &mut object["metadata"];
        meta["deletionTimestamp"] = json!(clock::timestamp());
        meta["deletionGracePeriodSeconds"] = json!(0);
        if let Some(generation) = meta["generation"].as_i64() {
            meta["generation"] = json!(generation + 1);
        }
    }
    if write.dry_run {
        return Ok(Deleted::Waiting(object));
    }
    Ok(Deleted::Waiting(tx.put(key, object)?))
}
