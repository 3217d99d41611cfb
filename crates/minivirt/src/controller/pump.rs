//! Turns store events into queued keys.
//!
//! At start, and whenever events were missed, everything is queued: syncs of what is in order do nothing.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use super::garbage::GONE;
use super::{Context, Queues};
use crate::api::resources::{DATA_VOLUMES, RESOURCES, VMIS, VMS};
use crate::object;
use crate::store::{Event, EventKind, Key, StoreError};

/// Starts the pump.
pub fn spawn(context: Context, queues: Queues) {
    tokio::spawn(async move {
        let stopping = context.stopping.clone();
        tokio::select! {
            () = run(context, queues) => {}
            () = stopping.cancelled() => {}
        }
    });
}

async fn run(context: Context, queues: Queues) {
    let mut events = context.store.subscribe();
    everything(&context, &queues);
    loop {
        match events.recv().await {
            Ok(event) => one(&event, &queues),
            Err(RecvError::Lagged(missed)) => {
                tracing::info!(missed, "controllers fell behind and look at everything again");
                everything(&context, &queues);
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn everything(context: &Context, queues: &Queues) {
    let look = || -> Result<(), StoreError> {
        let snapshot = context.store.snapshot()?;
        for resource in RESOURCES.iter().filter(|r| r.plural != "events") {
            snapshot.list(&resource.id(), None, None, usize::MAX, |object| {
                route(resource.plural, object, queues);
                if waits_for_dependents(object) {
                    queues.garbage.add(key(&resource.id(), object));
                }
                // Nothing is collected: there may be many.
                false
            })?;
        }
        // Owners whose end was stored and whose dependents were not looked at before the engine ended.
        for uid in snapshot.lost_owners()? {
            gone(&uid, queues);
        }
        Ok(())
    };
    if let Err(error) = look() {
        tracing::error!(%error, "controllers cannot list");
    }
}

fn key(resource: &str, object: &Value) -> Key {
    Key::new(resource, object::namespace(object), object::name(object))
}

fn waits_for_dependents(object: &Value) -> bool {
    object::deleting(object)
        && ["orphan", "foregroundDeletion"].iter().any(|f| object::has_finalizer(object, f))
}

fn one(event: &Arc<Event>, queues: &Queues) {
    let plural = event.resource.split('.').next().unwrap_or_default();
    route(plural, &event.object, queues);
    let meta = &event.object["metadata"];
    let looks_at_owners = meta["ownerReferences"].is_array() && event.kind == EventKind::Added;
    let waits = waits_for_dependents(&event.object);
    if event.kind == EventKind::Deleted || looks_at_owners || waits {
        // Which object it was travels in the key: its uid decides what depends on it.
        queues.garbage.add(event.key());
        if event.kind == EventKind::Deleted {
            gone(object::uid(&event.object), queues);
        }
    }
}

/// An object is gone: what depended on it, and a guest if it was an instance.
fn gone(uid: &str, queues: &Queues) {
    let key = Key::new(GONE, "", uid);
    queues.garbage.add(key.clone());
    queues.guests.add(key);
}

fn route(plural: &str, object: &Value, queues: &Queues) {
    let (namespace, name) = (object::namespace(object), object::name(object));
    match plural {
        "virtualmachines" => queues.vms.add(Key::new(VMS.id(), namespace, name)),
        "virtualmachineinstances" => {
            let key = Key::new(VMIS.id(), namespace, name);
            queues.vmis.add(key.clone());
            queues.guests.add(key);
            // An instance has the name of its VM.
            queues.vms.add(Key::new(VMS.id(), namespace, name));
        }
        "datavolumes" if object::deleting(object) => {
            queues.volumes.add(Key::new(DATA_VOLUMES.id(), namespace, name));
        }
        "namespaces" if object::deleting(object) => queues.namespaces.add(Key::new("namespaces", "", name)),
        _ => {}
    }
}
