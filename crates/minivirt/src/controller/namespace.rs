//! Namespaces that are being deleted: first their content, then themselves.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::Context;
use super::queue::Next;
use crate::admission::NAMESPACE_FINALIZER;
use crate::api::resources::{NAMESPACES, RESOURCES};
use crate::api::status::ApiError;
use crate::object;
use crate::objects::{self, DeleteOptions, Write};
use crate::store::Key;

const MANAGER: &str = "namespace-controller";
/// Objects of one kind that are deleted before looking again.
const CHUNK: usize = 200;

/// The controller.
pub struct Controller {
    context: Context,
}

impl Controller {
    /// Makes one.
    pub fn new(context: Context) -> Arc<Self> {
        Arc::new(Self { context })
    }

    /// Deletes what is left in a namespace.
    pub async fn sync(self: Arc<Self>, key: Key) -> Result<Next, ApiError> {
        let store = &self.context.store;
        let Some(namespace) = store.get(&key)?.filter(object::deleting) else { return Ok(Next::Wait) };
        if namespace["status"]["phase"] != "Terminating" {
            objects::modify(store, Write::engine_status(&NAMESPACES, MANAGER), key.clone(), |ns| {
                ns["status"] = json!({"phase": "Terminating"});
                true
            })
            .await?;
        }
        if self.empty(&key.name).await? {
            objects::modify(store, Write::engine(&NAMESPACES, MANAGER), key, |ns| {
                object::remove_finalizer(ns, NAMESPACE_FINALIZER);
                true
            })
            .await?;
            return Ok(Next::Wait);
        }
        Ok(Next::After(Duration::from_millis(200)))
    }

    /// Deletes a chunk of each kind; true when nothing was there.
    async fn empty(&self, namespace: &str) -> Result<bool, ApiError> {
        let mut empty = true;
        for resource in RESOURCES.iter().copied().filter(|r| r.namespaced) {
            let id = resource.id();
            let page = self.context.store.snapshot()?.list(&id, Some(namespace), None, CHUNK, |_| true)?;
            for object in page.items {
                empty = false;
                if object::deleting(&object) {
                    continue;
                }
                let key = Key::new(id.clone(), namespace, object::name(&object));
                self.context
                    .store
                    .transact(move |tx| match tx.get(&key)? {
                        Some(current) => {
                            let write = Write::engine(resource, MANAGER);
                            objects::delete(tx, &write, &key, current, &DeleteOptions::default()).map(|_| ())
                        }
                        None => Ok::<_, ApiError>(()),
                    })
                    .await?;
            }
        }
        Ok(empty)
    }
}
