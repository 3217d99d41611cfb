//! Waiting for changes by Shepherd's own event stream, as an open page does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Result, ensure};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::stage::http::{Connection, Credential};
use crate::stage::organisation::api;

type Listeners = HashMap<String, mpsc::UnboundedSender<Instant>>;

/// One stream, listened to by many.
#[derive(Clone)]
pub struct Bell(Arc<Mutex<Listeners>>);

impl Bell {
    pub async fn open(address: SocketAddr, credential: Credential) -> Result<Self> {
        let mut connection = Connection::open(address, credential).await?;
        let answer = connection.call(Method::GET, &api("/events"), None).await?;
        ensure!(answer.status().is_success(), "no event stream: {}", answer.status());
        let bell = Self(Arc::default());
        let ringing = bell.clone();
        tokio::spawn(async move {
            // The connection lives as long as its answer is read.
            let _connection = connection;
            ringing.read(answer.into_body()).await;
        });
        Ok(bell)
    }

    /// The moments at which something changed about a resource.
    pub fn listen(&self, id: &str) -> mpsc::UnboundedReceiver<Instant> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.listeners().insert(id.to_owned(), sender);
        receiver
    }

    pub fn forget(&self, id: &str) {
        self.listeners().remove(id);
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, mut body: Incoming) {
        let mut text = String::new();
        while let Some(Ok(frame)) = body.frame().await {
            let heard = Instant::now();
            let Ok(data) = frame.into_data() else { continue };
            text.push_str(&String::from_utf8_lossy(&data));
            while let Some(end) = text.find("\n\n") {
                let event: String = text.drain(..end + 2).collect();
                self.ring(&event, heard);
            }
        }
    }

    fn ring(&self, event: &str, heard: Instant) {
        // After a gap everything may have changed.
        if event.contains("event: resync") {
            for listener in self.listeners().values() {
                let _ = listener.send(heard);
            }
        }
        let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) else { return };
        let Ok(data) = serde_json::from_str::<Value>(data) else { return };
        let Some(id) = data["resource_id"].as_str() else { return };
        if let Some(listener) = self.listeners().get(id) {
            let _ = listener.send(heard);
        }
    }
}
