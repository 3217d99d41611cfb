//! What a guest's state means for its instance.

use serde_json::{Value, json};

use super::{Handler, spec};
use crate::api::status::ApiError;
use crate::controller::queue::Next;
use crate::controller::{DELETED_EARLY, remove_condition, set_condition, set_phase};
use crate::launcher::{Exit, ExitReason, RunningGuest};
use crate::object::{self, items, text};
use crate::store::Key;

impl Handler {
    /// The runtime has taken the guest.
    pub(super) async fn scheduled(&self, key: &Key, vmi: &Value) -> Result<Next, ApiError> {
        if !matches!(text(vmi, "/status/phase"), "Scheduling") {
            return Ok(Next::Wait);
        }
        // One that was started before this engine and has none yet is where it was asked to be, or here.
        let node = self.node_for(vmi)?.unwrap_or_else(|_| self.context.node.to_string());
        self.change(key, object::uid(vmi), move |vmi| {
            set_phase(vmi, "Scheduled");
            vmi["status"]["nodeName"] = json!(node);
            vmi["status"]["migrationTransport"] = json!("Unix");
            let volumes: Vec<Value> = items(vmi, "/spec/volumes")
                .iter()
                .map(|volume| json!({ "name": volume["name"], "target": "" }))
                .collect();
            vmi["status"]["volumeStatus"] = json!(volumes);
            let labels = object::child(&mut vmi["metadata"], "labels", || json!({}));
            labels["kubevirt.io/nodeName"] = json!(node);
            remove_condition(vmi, "Synchronized");
            remove_condition(vmi, "PodScheduled");
        })
        .await?;
        self.forget_node(object::uid(vmi));
        // The guest may have come up before this was written; its event would have found the phase too early.
        self.queue.add(key.clone());
        Ok(Next::Wait)
    }

    /// Its processors run, or stand.
    pub(super) async fn running(
        &self,
        key: &Key,
        vmi: &Value,
        guest: &RunningGuest,
        paused: bool,
    ) -> Result<Next, ApiError> {
        let first = text(vmi, "/status/phase") != "Running";
        let was_paused = crate::controller::condition(vmi, "Paused").is_some();
        let (guest, emulated) = (guest.clone(), self.software_emulation);
        self.change(key, object::uid(vmi), move |vmi| {
            set_phase(vmi, "Running");
            interfaces(vmi, &guest);
            facts(vmi, &guest, emulated);
            if paused {
                set_condition(vmi, "Paused", "True", "PausedByUser", "VMI was paused by user");
                set_condition(
                    vmi,
                    "Ready",
                    "False",
                    "GuestNotRunning",
                    "Guest VM is not reported as running",
                );
            } else {
                remove_condition(vmi, "Paused");
                set_condition(vmi, "Ready", "True", "", "");
            }
        })
        .await?;
        let recorder = &self.context.recorder;
        if first {
            recorder.normal(vmi, "Created", "VirtualMachineInstance defined.").await;
            recorder.normal(vmi, "Started", "VirtualMachineInstance started.").await;
        }
        match (was_paused, paused) {
            (false, true) => recorder.normal(vmi, "Paused", "VirtualMachineInstance paused.").await,
            (true, false) => recorder.normal(vmi, "Unpaused", "VirtualMachineInstance unpaused.").await,
            _ => {}
        }
        Ok(Next::Wait)
    }

    /// It is over.
    pub(super) async fn ended(&self, key: &Key, vmi: &Value, exit: &Exit) -> Result<Next, ApiError> {
        let phase = match exit.reason {
            ExitReason::Shutdown => "Succeeded",
            ExitReason::Crashed => "Failed",
            // Killed because it ignored the power button is a failure; killed because no time was given is not.
            ExitReason::Killed if super::stop::grace_seconds(vmi) == 0 => "Succeeded",
            ExitReason::Killed => "Failed",
        };
        let ran = text(vmi, "/status/phase") == "Running";
        let reason = if object::deleting(vmi) && !ran { DELETED_EARLY } else { "" };
        self.finish(key, vmi, phase, reason, &exit.message).await?;
        let recorder = &self.context.recorder;
        match exit.reason {
            ExitReason::Crashed => {
                recorder.warning(vmi, "Stopped", "The VirtualMachineInstance crashed.").await
            }
            _ => recorder.normal(vmi, "Stopped", "The VirtualMachineInstance was shut down.").await,
        }
        Ok(Next::Wait)
    }

    /// It can never run as it is described.
    pub(super) async fn cannot_run(&self, key: &Key, vmi: &Value, why: &str) -> Result<Next, ApiError> {
        self.context.recorder.warning(vmi, "SyncFailed", why).await;
        self.finish(key, vmi, "Failed", "", why).await
    }

    /// Moves the instance to a final phase.
    pub(super) async fn finish(
        &self,
        key: &Key,
        vmi: &Value,
        phase: &'static str,
        reason: &'static str,
        message: &str,
    ) -> Result<Next, ApiError> {
        let message = message.to_owned();
        self.failures().remove(object::uid(vmi));
        self.forget_node(object::uid(vmi));
        self.change(key, object::uid(vmi), move |vmi| {
            if phase == "Succeeded" {
                // Who shuts down has run, also when that was over before anybody looked.
                set_phase(vmi, "Running");
            }
            set_phase(vmi, phase);
            object::set_or_remove(&mut vmi["status"], "reason", json!(reason));
            remove_condition(vmi, "Paused");
            remove_condition(vmi, "AgentConnected");
            let text = if message.is_empty() { "Guest VM is not reported as running" } else { &message };
            set_condition(vmi, "Ready", "False", "GuestNotRunning", text);
        })
        .await?;
        Ok(Next::Wait)
    }

    /// It could not be prepared; it is tried again.
    pub(super) async fn not_synchronized(
        &self,
        key: &Key,
        reason: &'static str,
        why: &str,
    ) -> Result<(), ApiError> {
        let why = why.to_owned();
        let uid = self.context.store.get(key)?.map(|vmi| object::uid(&vmi).to_owned()).unwrap_or_default();
        self.change(key, &uid, move |vmi| {
            set_condition(vmi, "Synchronized", "False", reason, &why);
        })
        .await
        .map(|_| ())
    }

    /// The machine has no room for it now.
    pub(super) async fn unschedulable(&self, key: &Key, why: &str) -> Result<(), ApiError> {
        let why = why.to_owned();
        let uid = self.context.store.get(key)?.map(|vmi| object::uid(&vmi).to_owned()).unwrap_or_default();
        self.change(key, &uid, move |vmi| {
            set_condition(vmi, "PodScheduled", "False", "Unschedulable", &why);
        })
        .await
        .map(|_| ())
    }
}

fn interfaces(vmi: &mut Value, guest: &RunningGuest) {
    let Some(name) = items(vmi, "/spec/domain/devices/interfaces").first().map(|i| i["name"].clone()) else {
        return;
    };
    let mut interface = json!({"name": name, "mac": spec::mac(vmi), "infoSource": "domain", "queueCount": 1});
    if let Some(ip) = guest.ip {
        interface["ipAddress"] = json!(ip.to_string());
        interface["ipAddresses"] = json!([ip.to_string()]);
    }
    vmi["status"]["interfaces"] = json!([interface]);
}

fn facts(vmi: &mut Value, guest: &RunningGuest, emulated: bool) {
    let machine = text(vmi, "/spec/domain/machine/type").to_owned();
    vmi["status"]["machine"] = json!({"type": machine});
    vmi["status"]["qosClass"] = json!("Burstable");
    set_condition(
        vmi,
        "LiveMigratable",
        "False",
        "NotMigratable",
        "guests of this cluster cannot be migrated",
    );
    if emulated {
        let message = "the guest runs without hardware virtualization";
        set_condition(vmi, "SoftwareEmulation", "True", "SoftwareEmulation", message);
    }
    match &guest.agent {
        Some(agent) => {
            set_condition(vmi, "AgentConnected", "True", "", "");
            vmi["status"]["guestOSInfo"] = crate::api::guest_os(agent);
        }
        None => remove_condition(vmi, "AgentConnected"),
    }
}
