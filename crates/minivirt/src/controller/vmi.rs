//! Instances up to the point where a guest is made: Pending becomes Scheduling once everything it needs exists.
//!
//! From there on, and when it is deleted, an instance belongs to the handler.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::queue::Next;
use super::{Context, remove_condition, set_condition};
use crate::api::resources::{CLAIMS, DATA_VOLUMES, VMIS};
use crate::api::status::ApiError;
use crate::clock;
use crate::handler::address;
use crate::object::{self, items, text};
use crate::objects::{self, Preconditions, Write};
use crate::store::{Key, Tx};

const MANAGER: &str = "virt-controller";
/// A missing claim has no event that leads back here.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The controller.
pub struct Controller {
    context: Context,
}

impl Controller {
    /// Makes one.
    pub fn new(context: Context) -> Arc<Self> {
        Arc::new(Self { context })
    }

    /// Moves one instance a step.
    pub async fn sync(self: Arc<Self>, key: Key) -> Result<Next, ApiError> {
        if self.context.store.get(&key)?.is_none_or(|vmi| !concerns(&vmi)) {
            return Ok(Next::Wait);
        }
        self.context
            .store
            .transact(move |tx| {
                let Some(vmi) = tx.get(&key)? else { return Ok(Next::Wait) };
                let (changed, next) = step(tx, &vmi)?;
                if changed != vmi {
                    let write = Write::engine(&VMIS, MANAGER);
                    objects::update(tx, &write, &key, vmi, changed, &Preconditions::default())?;
                }
                Ok(next)
            })
            .await
    }
}

/// Whether an instance is in a state that this controller moves. A look that spares the writer.
fn concerns(vmi: &Value) -> bool {
    !object::deleting(vmi) && matches!(text(vmi, "/status/phase"), "" | "Pending")
}

fn step(tx: &mut Tx<'_>, vmi: &Value) -> Result<(Value, Next), ApiError> {
    let mut changed = vmi.clone();
    if !concerns(vmi) {
        return Ok((changed, Next::Wait));
    }
    if let Some(missing) = missing_claim(tx, vmi)? {
        let message =
            format!("PVC {}/{missing} does not exist, waiting for it to appear", object::namespace(vmi));
        set_condition(&mut changed, "Synchronized", "False", "FailedPvcNotFound", &message);
        set_condition(&mut changed, "PodScheduled", "False", "Unschedulable", &message);
        return Ok((changed, Next::After(LOOK_AGAIN)));
    }
    remove_condition(&mut changed, "Synchronized");
    remove_condition(&mut changed, "PodScheduled");
    if !address::take(tx, &mut changed)? {
        set_condition(
            &mut changed,
            "PodScheduled",
            "False",
            "Unschedulable",
            "every guest address is in use",
        );
        return Ok((changed, Next::After(LOOK_AGAIN)));
    }
    set_phase(&mut changed, "Scheduling");
    set_condition(&mut changed, "Ready", "False", "GuestNotRunning", "Guest VM is not reported as running");
    Ok((changed, Next::Wait))
}

/// The first claim an instance names that does not exist.
fn missing_claim(tx: &Tx<'_>, vmi: &Value) -> Result<Option<String>, ApiError> {
    let namespace = object::namespace(vmi);
    for volume in items(vmi, "/spec/volumes") {
        let by_volume = text(volume, "/dataVolume/name");
        let by_claim = text(volume, "/persistentVolumeClaim/claimName");
        let name = if by_volume.is_empty() { by_claim } else { by_volume };
        if name.is_empty() || tx.get(&Key::new(DATA_VOLUMES.id(), namespace, name))?.is_some() {
            continue;
        }
        if by_claim.is_empty() || tx.get(&Key::new(CLAIMS.id(), namespace, name))?.is_none() {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

/// Moves an instance to a phase and records when.
pub fn set_phase(vmi: &mut Value, phase: &str) {
    let status = object::child(vmi, "status", || json!({}));
    if status["phase"] == phase {
        return;
    }
    status["phase"] = json!(phase);
    let times = object::child(status, "phaseTransitionTimestamps", || json!([]));
    if let Some(times) = times.as_array_mut() {
        times.push(json!({"phase": phase, "phaseTransitionTimestamp": clock::timestamp()}));
    }
}
