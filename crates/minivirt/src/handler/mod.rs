//! virt-handler: from instances to guests, and from guests back into instances.
//!
//! A sync reads the instance and asks the runtime about the guest with its uid, then moves the one towards the
//! other. `start` is asked for before the instance says Scheduled, so a kill in between repeats a start that the
//! runtime knows to be the same.
//!
//! Phases owned here: Scheduling (the guest is being prepared), Scheduled, Running, Succeeded, Failed.

pub mod address;
mod nodes;
mod placing;
mod report;
mod spec;
mod stop;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use crate::admission::VMI_FINALIZER;
use crate::api::resources::VMIS;
use crate::api::status::ApiError;
use crate::controller::queue::{Next, Queue};
use crate::controller::{Context, GONE};
use crate::launcher::{Exit, GuestStatus, RuntimeError};
use crate::object::{self, text};
use crate::objects::{self, Write};
use crate::store::Key;

/// `terminationGracePeriodSeconds` where an instance gives none.
pub const DEFAULT_GRACE_SECONDS: i64 = 30;
const MANAGER: &str = "virt-handler";
/// Between tries to start a guest whose image or memory is missing.
const RETRY_START: Duration = Duration::from_secs(5);

/// The handler.
pub struct Handler {
    context: Context,
    queue: Queue,
    software_emulation: bool,
    /// When a start last failed, by guest: its own status change must not be what tries it again.
    failed_starts: Mutex<HashMap<String, Instant>>,
    /// Nodes that were chosen and are not written yet, by instance.
    chosen: Mutex<HashMap<String, String>>,
}

impl Handler {
    /// Makes one.
    pub fn new(context: Context, queue: Queue) -> Arc<Self> {
        let info = context.runtime.info();
        let software_emulation = !info.accelerated && info.name != "simulated";
        let (failed_starts, chosen) = (Mutex::default(), Mutex::default());
        Arc::new(Self { context, queue, software_emulation, failed_starts, chosen })
    }

    /// Queues the instance of every guest that changes, and removes guests whose instance is gone.
    pub fn spawn_listener(self: Arc<Self>, queue: Queue) {
        tokio::spawn(async move {
            let mut events = self.context.runtime.events();
            self.clone().reap().await;
            loop {
                let event = tokio::select! {
                    event = events.recv() => event,
                    () = self.context.stopping.cancelled() => return,
                };
                match event {
                    Ok(event) => self.wake(&event.uid, &queue),
                    Err(RecvError::Lagged(_)) => self.clone().reap().await,
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }

    fn wake(&self, uid: &str, queue: &Queue) {
        match self.context.store.snapshot().and_then(|s| s.find_uid(uid)) {
            Ok(Some(key)) => queue.add(key),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, uid, "guest event not delivered"),
        }
    }

    /// Looks at every guest there is: those without an instance are ended.
    async fn reap(self: Arc<Self>) {
        let uids = match self.context.runtime.list().await {
            Ok(uids) => uids,
            Err(error) => return tracing::error!(%error, "guests cannot be listed"),
        };
        for uid in uids {
            let known = self.context.store.snapshot().and_then(|s| s.find_uid(&uid));
            match known {
                Ok(Some(key)) => self.queue.add(key),
                Ok(None) => {
                    tracing::warn!(uid, "a guest has no instance any more and is removed");
                    if let Err(error) = self.context.runtime.remove(&uid).await {
                        tracing::error!(%error, uid, "guest not removed");
                    }
                }
                Err(error) => tracing::error!(%error, uid, "guest not judged"),
            }
        }
    }

    /// Moves one instance and its guest a step.
    pub async fn sync(self: Arc<Self>, key: Key) -> Result<Next, ApiError> {
        if key.resource == GONE {
            return self.gone(&key.name).await;
        }
        let Some(vmi) = self.context.store.get(&key)? else { return Ok(Next::Wait) };
        let uid = object::uid(&vmi).to_owned();
        let phase = text(&vmi, "/status/phase").to_owned();
        if matches!(phase.as_str(), "Succeeded" | "Failed") {
            return self.over(&key, &vmi).await;
        }
        let status = self.context.runtime.status(&uid).await.map_err(failed)?;
        if let GuestStatus::Exited(exit) = &status {
            return self.ended(&key, &vmi, exit).await;
        }
        if object::deleting(&vmi) {
            return self.stopping(&key, &vmi, &status).await;
        }
        match (phase.as_str(), status) {
            ("Scheduling" | "Scheduled", GuestStatus::Absent) => self.start(&key, &vmi).await,
            ("Scheduling", _) => self.scheduled(&key, &vmi).await,
            ("Running", GuestStatus::Absent) => {
                let lost = Exit {
                    reason: crate::launcher::ExitReason::Crashed,
                    message: "the guest is not there any more".to_owned(),
                };
                self.ended(&key, &vmi, &lost).await
            }
            (_, GuestStatus::Starting) => self.scheduled(&key, &vmi).await,
            (_, GuestStatus::Running(guest)) => self.running(&key, &vmi, &guest, false).await,
            (_, GuestStatus::Paused(guest)) => self.running(&key, &vmi, &guest, true).await,
            _ => Ok(Next::Wait),
        }
    }

    /// Its guest has ended: nothing of it is needed any more, and a deleted instance may go.
    async fn over(&self, key: &Key, vmi: &Value) -> Result<Next, ApiError> {
        self.context.runtime.remove(object::uid(vmi)).await.map_err(failed)?;
        if object::deleting(vmi) {
            self.change(key, object::uid(vmi), |vmi| object::remove_finalizer(vmi, VMI_FINALIZER)).await?;
        }
        Ok(Next::Wait)
    }

    /// An instance is gone, perhaps by a client that took its finalizers away: so is its guest.
    async fn gone(&self, uid: &str) -> Result<Next, ApiError> {
        self.forget_node(uid);
        self.context.runtime.remove(uid).await.map_err(failed)?;
        address::release(&self.context.store, uid).await?;
        Ok(Next::Wait)
    }

    async fn start(&self, key: &Key, vmi: &Value) -> Result<Next, ApiError> {
        let uid = object::uid(vmi);
        if let Some(wait) = self.tried_just_now(uid) {
            return Ok(Next::After(wait));
        }
        let next = self.try_start(key, vmi).await?;
        if matches!(next, Next::After(_)) {
            self.failures().insert(uid.to_owned(), Instant::now());
        }
        Ok(next)
    }

    fn tried_just_now(&self, uid: &str) -> Option<Duration> {
        let last = *self.failures().get(uid)?;
        RETRY_START.checked_sub(last.elapsed()).filter(|wait| !wait.is_zero())
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.failed_starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn try_start(&self, key: &Key, vmi: &Value) -> Result<Next, ApiError> {
        let spec = match spec::guest(&self.context.store, vmi) {
            Ok(spec) => spec,
            Err(spec::SpecError::Api(error)) => return Err(error),
            Err(spec::SpecError::Wait(why)) => {
                self.not_synchronized(key, "FailedCreate", &why).await?;
                return Ok(Next::After(RETRY_START));
            }
            Err(spec::SpecError::Impossible(why)) => return self.cannot_run(key, vmi, &why).await,
        };
        if let Err(why) = self.node_for(vmi)? {
            self.unschedulable(key, &why).await?;
            return Ok(Next::After(RETRY_START));
        }
        match self.context.runtime.start(spec).await {
            Ok(()) => self.scheduled(key, vmi).await,
            Err(error @ RuntimeError::ImageMissing { .. }) => {
                let pulled_before = crate::controller::condition(vmi, "Synchronized").is_some();
                let reason = if pulled_before { "ImagePullBackOff" } else { "ErrImagePull" };
                self.not_synchronized(key, reason, &error.to_string()).await?;
                Ok(Next::After(RETRY_START))
            }
            Err(error @ RuntimeError::Unsupported(_)) => self.cannot_run(key, vmi, &error.to_string()).await,
            Err(error @ RuntimeError::Resources(_)) => {
                self.unschedulable(key, &error.to_string()).await?;
                Ok(Next::After(RETRY_START))
            }
            Err(error) => {
                self.not_synchronized(key, "FailedCreate", &error.to_string()).await?;
                self.context.recorder.warning(vmi, "SyncFailed", &error.to_string()).await;
                Ok(Next::After(RETRY_START))
            }
        }
    }

    /// Changes the stored instance, if it is still the one that was read.
    async fn change(
        &self,
        key: &Key,
        uid: &str,
        change: impl Fn(&mut Value) + Send + 'static,
    ) -> Result<bool, ApiError> {
        // Most looks find nothing to change; the writer need not hear of them.
        let Some(current) = self.context.store.get(key)? else { return Ok(false) };
        let mut wanted = current.clone();
        change(&mut wanted);
        if wanted == current {
            return Ok(true);
        }
        let uid = uid.to_owned();
        let write = Write::engine(&VMIS, MANAGER);
        let stored = objects::modify(&self.context.store, write, key.clone(), move |vmi| {
            let same = object::uid(vmi) == uid;
            if same {
                change(vmi);
            }
            same
        })
        .await?;
        Ok(stored.is_some())
    }
}

/// A runtime that fails is tried again by the queue.
fn failed(error: RuntimeError) -> ApiError {
    ApiError::internal(error)
}
