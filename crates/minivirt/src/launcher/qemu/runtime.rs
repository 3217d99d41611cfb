//! [`Runtime`] for QEMU: each method finds the guest and hands the work on.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::{Inner, QemuRuntime, io_error, layout};
use crate::launcher::{
    ExitReason, GuestEvent, GuestSpec, GuestStatus, Runtime, RuntimeError, RuntimeInfo, Stream,
};

/// Longest time a TCP connection to a guest may take to open.
const DIAL: Duration = Duration::from_secs(5);

#[async_trait]
impl Runtime for QemuRuntime {
    fn info(&self) -> RuntimeInfo {
        let version = self.0.version.clone().unwrap_or_default();
        RuntimeInfo { name: "qemu".to_owned(), version, accelerated: self.0.kvm }
    }

    async fn start(&self, spec: GuestSpec) -> Result<(), RuntimeError> {
        let Some((guest, busy)) = self.0.enter(spec)? else { return Ok(()) };
        let runtime = self.0.clone();
        // In a task of its own: a caller that goes away must not leave half a guest.
        let task = tokio::spawn(async move {
            let _busy = busy;
            let launched = runtime.launch(&guest).await;
            if let Err(error) = &launched {
                tracing::info!(uid = %guest.spec.uid, %error, "guest did not start");
                runtime.discard(&guest).await?;
            }
            launched
        });
        task.await.map_err(|e| RuntimeError::Hypervisor(format!("starting the guest: {e}")))?
    }

    async fn shutdown(&self, uid: &str) -> Result<(), RuntimeError> {
        self.0.command_if_live(uid, "system_powerdown").await
    }

    async fn kill(&self, uid: &str) -> Result<(), RuntimeError> {
        let Some(guest) = self.0.guest(uid) else { return Ok(()) };
        let _busy = guest.busy.lock().await;
        if !guest.over() {
            guest.record(ExitReason::Killed, "ended on request");
            guest.kill_process().await;
            guest.wait_over().await;
        }
        Ok(())
    }

    async fn remove(&self, uid: &str) -> Result<(), RuntimeError> {
        let Some(guest) = self.0.guest(uid) else { return Ok(()) };
        let _busy = guest.busy.lock().await;
        self.0.discard(&guest).await
    }

    async fn remove_claim(&self, namespace: &str, claim: &str) -> Result<(), RuntimeError> {
        let path = layout::claim(&self.0.config.state_dir, namespace, claim)?;
        match tokio::fs::remove_file(&path).await {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io_error("removing a claim")(e)),
            _ => Ok(()),
        }
    }

    async fn reset(&self, uid: &str) -> Result<(), RuntimeError> {
        self.0.command(uid, "system_reset", json!({})).await.map(drop)
    }

    async fn pause(&self, uid: &str) -> Result<(), RuntimeError> {
        self.0.command(uid, "stop", json!({})).await.map(drop)
    }

    async fn resume(&self, uid: &str) -> Result<(), RuntimeError> {
        self.0.command(uid, "cont", json!({})).await.map(drop)
    }

    async fn status(&self, uid: &str) -> Result<GuestStatus, RuntimeError> {
        Ok(self.0.guest(uid).map_or(GuestStatus::Absent, |guest| guest.status()))
    }

    async fn list(&self) -> Result<Vec<String>, RuntimeError> {
        Ok(self.0.uids())
    }

    async fn console(&self, uid: &str) -> Result<Box<dyn Stream>, RuntimeError> {
        let guest = self.0.live(uid)?;
        Ok(Box::new(guest.link()?.console.attach()))
    }

    async fn vnc(&self, uid: &str) -> Result<Box<dyn Stream>, RuntimeError> {
        let guest = self.0.live(uid)?;
        guest.link()?;
        let stream = guest.dir.connect("vnc.sock").await.map_err(io_error("connecting to the screen"))?;
        Ok(Box::new(stream))
    }

    async fn screenshot(&self, uid: &str) -> Result<Vec<u8>, RuntimeError> {
        let guest = self.0.live(uid)?;
        // A name of its own, so that two at once do not mix.
        let name = format!("screen-{}.png", uuid::Uuid::new_v4());
        let arguments = json!({ "filename": name, "format": "png" });
        let taken = guest.link()?.qmp.execute("screendump", arguments).await;
        let path = guest.dir.run().join(name);
        let bytes = tokio::fs::read(&path).await;
        let _ = tokio::fs::remove_file(&path).await;
        taken?;
        bytes.map_err(io_error("reading the screen"))
    }

    async fn dial(&self, uid: &str, port: u16) -> Result<Box<dyn Stream>, RuntimeError> {
        let guest = self.0.live(uid)?;
        let host = guest.forwards.ensure(&guest.dir, &guest.link()?.qmp, port).await?;
        let dialling = tokio::net::TcpStream::connect((guest.spec.ip, host));
        let late = |_| io_error(format!("dialling port {port}"))(std::io::ErrorKind::TimedOut.into());
        let stream = tokio::time::timeout(DIAL, dialling).await.map_err(late)?;
        Ok(Box::new(stream.map_err(io_error(format!("dialling port {port}")))?))
    }

    fn events(&self) -> broadcast::Receiver<GuestEvent> {
        self.0.events.subscribe()
    }
}

impl Inner {
    fn live(&self, uid: &str) -> Result<std::sync::Arc<super::Guest>, RuntimeError> {
        self.guest(uid).ok_or_else(|| RuntimeError::NotRunning { uid: uid.to_owned() })
    }

    fn uids(&self) -> Vec<String> {
        self.guests.lock().unwrap_or_else(std::sync::PoisonError::into_inner).keys().cloned().collect()
    }

    async fn command(&self, uid: &str, command: &str, arguments: Value) -> Result<Value, RuntimeError> {
        let guest = self.live(uid)?;
        let qmp = guest.link()?.qmp.clone();
        qmp.execute(command, arguments).await
    }

    /// For commands that are pointless, not wrong, on a guest that is not there.
    async fn command_if_live(&self, uid: &str, command: &str) -> Result<(), RuntimeError> {
        match self.command(uid, command, json!({})).await {
            Err(RuntimeError::NotRunning { .. }) => Ok(()),
            other => other.map(drop),
        }
    }
}
