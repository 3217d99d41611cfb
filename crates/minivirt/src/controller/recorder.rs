//! Events about objects, as `kubectl describe` shows them. They are for people: losing one loses nothing else.

use std::time::Duration;

use serde_json::{Value, json};

use super::Context;
use crate::api::resources::EVENTS;
use crate::api::status::ApiError;
use crate::clock;
use crate::object::{self, text};
use crate::objects::{self, DeleteOptions, Write};
use crate::store::{Key, Store};

/// How long events are kept, as in kube-apiserver.
const KEEP: chrono::Duration = chrono::Duration::hours(1);
const EXPIRE_EVERY: Duration = Duration::from_secs(300);
const CHUNK: usize = 1000;

/// Writes Events.
#[derive(Clone)]
pub struct Recorder {
    store: Store,
    component: &'static str,
}

impl Recorder {
    /// A recorder for one part of the engine.
    pub fn new(store: Store, component: &'static str) -> Self {
        Self { store, component }
    }

    /// Something expected happened.
    pub async fn normal(&self, about: &Value, reason: &str, message: &str) {
        self.record(about, "Normal", reason, message).await;
    }

    /// Something went wrong.
    pub async fn warning(&self, about: &Value, reason: &str, message: &str) {
        self.record(about, "Warning", reason, message).await;
    }

    async fn record(&self, about: &Value, kind: &str, reason: &str, message: &str) {
        let (namespace, now) = (object::namespace(about).to_owned(), clock::timestamp());
        let event = json!({
            "metadata": {"generateName": format!("{}.", object::name(about))},
            "involvedObject": {"apiVersion": about["apiVersion"], "kind": about["kind"], "name": object::name(about),
                "namespace": namespace, "uid": object::uid(about),
                "resourceVersion": object::meta(about, "resourceVersion")},
            "reason": reason, "message": message, "type": kind, "source": {"component": self.component},
            "firstTimestamp": now, "lastTimestamp": now, "count": 1, "eventTime": null,
            "reportingComponent": self.component, "reportingInstance": "",
        });
        let write = Write::engine(&EVENTS, self.component);
        let stored = self.store.transact(move |tx| objects::create(tx, &write, &namespace, event)).await;
        if let Err(error) = stored {
            tracing::debug!(%error, reason, "event not recorded");
        }
    }
}

/// Starts the removal of old events.
pub fn spawn_expiry(context: Context) {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EXPIRE_EVERY) => {}
                () = context.stopping.cancelled() => return,
            }
            if let Err(error) = expire(&context.store).await {
                tracing::warn!(%error, "old events stay");
            }
        }
    });
}

async fn expire(store: &Store) -> Result<(), ApiError> {
    let limit = clock::now() - KEEP;
    let old = |event: &Value| clock::parse(text(event, "/lastTimestamp")).is_none_or(|t| t < limit);
    let page = store.snapshot()?.list("events", None, None, CHUNK, old)?;
    for event in page.items {
        let key = Key::new("events", object::namespace(&event), object::name(&event));
        store
            .transact(move |tx| match tx.get(&key)? {
                Some(event) => {
                    let write = Write::engine(&EVENTS, "expiry");
                    objects::delete(tx, &write, &key, event, &DeleteOptions::default()).map(|_| ())
                }
                None => Ok::<_, ApiError>(()),
            })
            .await?;
    }
    Ok(())
}
