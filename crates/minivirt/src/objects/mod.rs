//! The rules of object life: create, update, delete. One place for clients and for the engine's own controllers.
//!
//! Invariants:
//! * `uid`, `creationTimestamp`, `deletionTimestamp`, `generation` and `resourceVersion` are only set here.
//! * A write that changes nothing makes no revision.
//! * An object with finalizers outlives its deletion; removing the last one removes it.
//! * All functions run inside a store transaction, so what they read cannot change before they write.
//!
//! Not here: HTTP, and what fields of a kind mean (`crate::admission`).

mod create;
mod delete;
mod update;

use http::StatusCode;
use serde_json::Value;

pub use create::create;
pub use delete::{DeleteOptions, Deleted, Propagation, delete};
pub use update::{Preconditions, update};

use crate::api::resources::{NAMESPACES, Resource};
use crate::api::status::ApiError;
use crate::object;
use crate::store::{Key, Store, Tx};

/// Who writes, and how.
#[derive(Debug, Clone)]
pub struct Write {
    /// The kind.
    pub resource: &'static Resource,
    /// Field manager.
    pub manager: String,
    /// `status`, or none for the object itself.
    pub subresource: Option<String>,
    /// Judge, but do not store.
    pub dry_run: bool,
    /// The engine's own controllers skip admission and may write a VMI's status.
    pub engine: bool,
    /// Server-side apply: managed fields were settled before.
    pub apply: bool,
}

impl Write {
    /// A write by one of the engine's parts.
    pub fn engine(resource: &'static Resource, manager: &str) -> Self {
        Self {
            resource,
            manager: manager.to_owned(),
            subresource: None,
            dry_run: false,
            engine: true,
            apply: false,
        }
    }

    /// The same for `status`.
    pub fn engine_status(resource: &'static Resource, manager: &str) -> Self {
        Self { subresource: Some("status".to_owned()), ..Self::engine(resource, manager) }
    }

    /// The key of an object of this kind.
    pub fn key(&self, namespace: &str, name: &str) -> Key {
        Key::new(self.resource.id(), namespace, name)
    }

    fn status_only(&self) -> bool {
        self.subresource.as_deref() == Some("status")
    }
}

/// What etcd takes.
const MAX_OBJECT: usize = 1_572_864;

/// Refuses objects that a real cluster could not store.
pub fn check_size(object: &Value) -> Result<(), ApiError> {
    if object.to_string().len() > MAX_OBJECT {
        let message = format!("Request entity too large: an object may have {MAX_OBJECT} bytes");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message));
    }
    Ok(())
}

/// Refuses writes into a namespace that does not exist or is going away.
fn check_namespace(tx: &Tx<'_>, resource: &Resource, namespace: &str, name: &str) -> Result<(), ApiError> {
    if !resource.namespaced {
        return Ok(());
    }
    let found = tx.get(&Key::new("namespaces", "", namespace))?;
    let Some(found) = found else { return Err(ApiError::not_found(&NAMESPACES, namespace)) };
    if object::deleting(&found) {
        let message = format!(
            "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
            resource.id()
        );
        return Err(ApiError::new(StatusCode::FORBIDDEN, "Forbidden", message));
    }
    Ok(())
}

/// Changes one object through `change` in one transaction; `None` when it does not exist. For controllers.
pub async fn modify(
    store: &Store,
    write: Write,
    key: Key,
    change: impl FnOnce(&mut Value) -> bool + Send + 'static,
) -> Result<Option<Value>, ApiError> {
    store
        .transact(move |tx| {
            let Some(current) = tx.get(&key)? else { return Ok(None) };
            let mut proposed = current.clone();
            if !change(&mut proposed) {
                return Ok(Some(current));
            }
            update(tx, &write, &key, current, proposed, &Preconditions::default()).map(Some)
        })
        .await
}
