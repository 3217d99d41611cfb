//! Follows one guest: turns QEMU's events into its status, until QEMU ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use tokio::sync::mpsc;

use super::agent;
use super::forwards;
use super::guest::Guest;
use super::qmp::{Event, Qmp};
use crate::launcher::{ExitReason, RuntimeError};

impl Guest {
    /// Runs as long as QEMU does.
    pub(super) async fn supervise(self: Arc<Self>, qmp: Qmp, mut events: mpsc::Receiver<Event>) {
        if let Err(error) = self.settle(&qmp).await {
            tracing::warn!(uid = %self.spec.uid, %error, "guest does not answer as it should");
        }
        // Closes when QEMU ends, after its last event.
        while let Some(event) = events.recv().await {
            self.on_event(&qmp, &event);
        }
        self.wait_process().await;
        self.conclude().await;
    }

    /// Brings a new guest to life, or learns what became of one that ran while we did not.
    async fn settle(self: &Arc<Self>, qmp: &Qmp) -> Result<(), RuntimeError> {
        for port in forwards::FIRST {
            if let Err(error) = self.forwards.ensure(&self.dir, qmp, port).await {
                tracing::warn!(uid = %self.spec.uid, port, %error, "port is not forwarded");
            }
        }
        let state = qmp.execute("query-status", json!({})).await?["status"].clone();
        match state.as_str().unwrap_or_default() {
            "prelaunch" if !self.spec.paused => {
                qmp.execute("cont", json!({})).await?;
                self.set_running(true);
            }
            "running" => self.set_running(true),
            "shutdown" => self.end(qmp, ExitReason::Shutdown, "the guest powered itself off"),
            "guest-panicked" => self.end(qmp, ExitReason::Crashed, "the guest's kernel panicked"),
            _ => self.set_running(false),
        }
        let devices = qmp.execute("query-chardev", json!({})).await?;
        let open = |d: &serde_json::Value| d["label"] == "agent" && d["frontend-open"] == true;
        if devices.as_array().is_some_and(|devices| devices.iter().any(open)) {
            self.greet_agent();
        }
        Ok(())
    }

    fn on_event(self: &Arc<Self>, qmp: &Qmp, event: &Event) {
        match event.name.as_str() {
            _ if self.ending.load(Ordering::Relaxed) => {}
            "RESUME" => self.set_running(true),
            "STOP" => self.set_running(false),
            "SHUTDOWN" if event.data["guest"] == true => {
                self.end(qmp, ExitReason::Shutdown, "the guest powered itself off");
            }
            "GUEST_PANICKED" => self.end(qmp, ExitReason::Crashed, "the guest's kernel panicked"),
            "VSERPORT_CHANGE" if event.data["id"] == "agent" && event.data["open"] == true => {
                self.greet_agent()
            }
            "VSERPORT_CHANGE" | "RESET" => self.facts(|facts| facts.agent = None),
            _ => {}
        }
    }

    /// Writes down how the guest ended and lets QEMU go.
    fn end(&self, qmp: &Qmp, reason: ExitReason, message: &str) {
        self.record(reason, message);
        self.ending.store(true, Ordering::Relaxed);
        let qmp = qmp.clone();
        // QEMU may be gone before it answers.
        tokio::spawn(async move { qmp.execute("quit", json!({})).await.map(drop) });
    }

    fn greet_agent(self: &Arc<Self>) {
        let guest = self.clone();
        tokio::spawn(async move {
            match agent::ask(&guest.dir).await {
                Ok(info) => guest.facts(|facts| facts.agent = Some(info.clone())),
                Err(error) => tracing::debug!(uid = %guest.spec.uid, %error, "guest agent is silent"),
            }
        });
    }
}
