//! Garbage collection: what happens to objects whose owner goes, and to owners that wait for their dependents.

use std::sync::Arc;

use serde_json::Value;

use super::Context;
use super::queue::Next;
use crate::api::resources::{RESOURCES, Resource};
use crate::api::status::ApiError;
use crate::object::{self, items};
use crate::objects::{self, DeleteOptions, Preconditions, Write};
use crate::store::{Key, Tx};

/// Pseudo resource of keys whose name is the uid of an object that is gone.
pub const GONE: &str = "gone.minivirt";
const MANAGER: &str = "garbage-collector";

/// The collector.
pub struct Collector {
    context: Context,
}

impl Collector {
    /// Makes one.
    pub fn new(context: Context) -> Arc<Self> {
        Arc::new(Self { context })
    }

    /// Looks at one object, or at the dependents of one that is gone.
    pub async fn sync(self: Arc<Self>, key: Key) -> Result<Next, ApiError> {
        if key.resource == GONE {
            for dependent in self.context.store.snapshot()?.dependents(&key.name)? {
                self.look(dependent).await?;
            }
            return Ok(Next::Wait);
        }
        self.look(key.clone()).await?;
        self.finish(key).await
    }

    /// Deletes an object none of whose owners exists any more.
    async fn look(&self, key: Key) -> Result<(), ApiError> {
        let Some(resource) = resource_of(&key) else { return Ok(()) };
        self.context
            .store
            .transact(move |tx| {
                let Some(object) = tx.get(&key)? else { return Ok(()) };
                let owners = items(&object, "/metadata/ownerReferences");
                if owners.is_empty() || object::deleting(&object) {
                    return Ok(());
                }
                for owner in owners {
                    if tx.uid_exists(owner["uid"].as_str().unwrap_or_default())? {
                        return Ok(());
                    }
                }
                let write = Write::engine(resource, MANAGER);
                objects::delete(tx, &write, &key, object, &DeleteOptions::default()).map(|_| ())
            })
            .await
    }

    /// Serves `orphan` and `foregroundDeletion` of an object that is being deleted.
    async fn finish(&self, key: Key) -> Result<Next, ApiError> {
        let Some(resource) = resource_of(&key) else { return Ok(Next::Wait) };
        let Some(object) = self.context.store.get(&key)?.filter(object::deleting) else {
            return Ok(Next::Wait);
        };
        let orphan = object::has_finalizer(&object, "orphan");
        let foreground = object::has_finalizer(&object, "foregroundDeletion");
        if !orphan && !foreground {
            return Ok(Next::Wait);
        }
        let uid = object::uid(&object).to_owned();
        let dependents = self.context.store.snapshot()?.dependents(&uid)?;
        let mut waits = false;
        for dependent in dependents {
            if orphan {
                self.disown(dependent, uid.clone()).await?;
            } else {
                waits = true;
                self.delete(dependent).await?;
            }
        }
        if waits {
            return Ok(Next::After(std::time::Duration::from_millis(200)));
        }
        let finalizer = if orphan { "orphan" } else { "foregroundDeletion" };
        objects::modify(&self.context.store, Write::engine(resource, MANAGER), key, move |object| {
            object::remove_finalizer(object, finalizer);
            true
        })
        .await?;
        Ok(Next::Wait)
    }

    async fn disown(&self, key: Key, uid: String) -> Result<(), ApiError> {
        let Some(resource) = resource_of(&key) else { return Ok(()) };
        objects::modify(&self.context.store, Write::engine(resource, MANAGER), key, move |object| {
            let left: Vec<Value> = items(object, "/metadata/ownerReferences")
                .iter()
                .filter(|o| o["uid"] != uid)
                .cloned()
                .collect();
            object::set_or_remove(&mut object["metadata"], "ownerReferences", Value::Array(left));
            // A VM's instance lives on without the controller that would release it.
            object::remove_finalizer(object, crate::admission::VM_FINALIZER);
            true
        })
        .await?;
        Ok(())
    }

    async fn delete(&self, key: Key) -> Result<(), ApiError> {
        let Some(resource) = resource_of(&key) else { return Ok(()) };
        self.context.store.transact(move |tx| delete_now(tx, resource, &key)).await
    }
}

fn delete_now(tx: &mut Tx<'_>, resource: &'static Resource, key: &Key) -> Result<(), ApiError> {
    match tx.get(key)? {
        Some(object) if !object::deleting(&object) => {
            let options =
                DeleteOptions { preconditions: Some(Preconditions::default()), ..DeleteOptions::default() };
            objects::delete(tx, &Write::engine(resource, MANAGER), key, object, &options).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// The kind of a key; internal records have none and are nobody's garbage.
pub fn resource_of(key: &Key) -> Option<&'static Resource> {
    RESOURCES.iter().copied().find(|r| r.id() == key.resource)
}
