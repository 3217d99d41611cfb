//! Watch: the log from a revision, then events as they are committed.
//!
//! A watcher subscribes before it reads the log, and skips what it has seen by revision, so nothing falls between.
//! One that lags behind the broadcast reads the log again; one that lags behind the log gets 410.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc, watch as signal};
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;

use super::status::ApiError;
use super::verbs::Request;
use super::{Api, read};
use crate::faults::Faults;
use crate::object;
use crate::store::{Event, EventKind, Store, StoreError};

const BOOKMARK_EVERY: Duration = Duration::from_secs(30);
const REPLAY_CHUNK: usize = 256;
/// Kubernetes picks a random time between half an hour and an hour; clients reconnect.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2700);

/// Starts a watch.
pub async fn watch(api: &Api, request: Request) -> Result<Response, ApiError> {
    let query = &request.query;
    if query.initial_events.is_some() && query.version_match != "NotOlderThan" {
        let message = "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message));
    }
    let timeout = query.timeout_seconds.filter(|s| *s > 0).map_or(DEFAULT_TIMEOUT, Duration::from_secs);
    let initial = match query.initial_events {
        Some(wanted) => wanted,
        None => matches!(query.resource_version.as_str(), "" | "0"),
    };
    let live = api.store.subscribe();
    let from = match query.resource_version.as_str() {
        "" | "0" => api.store.revision(),
        version => read::parse_version(version)?,
    };
    if from > api.store.revision() {
        // A revision of another life of this store: only a new list can help.
        return Err(ApiError::expired(format!(
            "too old resource version: {from} ({})",
            api.store.revision()
        )));
    }
    let expiries = api.faults.expiries();
    if !initial {
        if api.faults.forgot(from) {
            return Err(forgotten(from, api.store.revision()));
        }
        api.store.replay("", from, 0)?;
    }
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(256);
    let watcher = Watcher {
        store: api.store.clone(),
        faults: api.faults.clone(),
        id: request.path.resource.id(),
        request,
        sender,
        at: from,
        first: true,
    };
    let stopping = api.stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = watcher.run(live, expiries, initial, timeout) => {}
            () = stopping.cancelled() => {}
        }
    });
    let body = Body::from_stream(ReceiverStream::new(receiver));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn forgotten(from: u64, oldest: u64) -> ApiError {
    StoreError::Compacted { requested: from, oldest }.into()
}

/// The client went away.
struct Gone;

struct Watcher {
    store: Store,
    faults: Faults,
    id: String,
    request: Request,
    sender: mpsc::Sender<io::Result<Bytes>>,
    at: u64,
    first: bool,
}

impl Watcher {
    async fn run(
        mut self,
        live: broadcast::Receiver<Arc<Event>>,
        mut expiries: signal::Receiver<u64>,
        initial: bool,
        timeout: Duration,
    ) {
        let opened = Instant::now();
        let (faults, sender) = (self.faults.clone(), self.sender.clone());
        let cut = tokio::select! {
            // Err is a client that left: nothing to tell it.
            _ = self.stream(live, initial, opened + timeout) => None,
            () = faults.cuts(opened) => Some(io::Error::from(io::ErrorKind::ConnectionReset)),
            Ok(()) = expiries.changed() => {
                let _ = self.fail(forgotten(self.at, self.store.revision())).await;
                None
            }
        };
        if let Some(cut) = cut {
            let _ = sender.send(Err(cut)).await;
        }
    }

    async fn stream(
        &mut self,
        mut live: broadcast::Receiver<Arc<Event>>,
        initial: bool,
        end: Instant,
    ) -> Result<(), Gone> {
        if initial {
            self.initial().await?;
        }
        self.catch_up().await?;
        let mut bookmark = Instant::now() + BOOKMARK_EVERY;
        loop {
            tokio::select! {
                event = live.recv() => match event {
                    Ok(event) if event.revision <= self.at => {}
                    Ok(event) => {
                        if event.resource == self.id {
                            self.event(&event).await?;
                        }
                        self.at = event.revision;
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(broadcast::error::RecvError::Closed) => return Ok(()),
                },
                () = sleep_until(bookmark) => {
                    self.bookmark(false).await?;
                    bookmark = Instant::now() + BOOKMARK_EVERY;
                }
                () = sleep_until(end) => return Ok(()),
                () = self.sender.closed() => return Err(Gone),
            }
        }
    }

    /// Everything that exists, as ADDED.
    async fn initial(&mut self) -> Result<(), Gone> {
        let query = &self.request.query;
        let listed = self.faults.view().and_then(|snapshot| {
            let keep = |o: &Value| query.labels.selects(o) && query.fields.selects(o);
            let namespace = self.request.path.namespace.as_deref();
            snapshot
                .list(&self.id, namespace, None, usize::MAX, keep)
                .map(|page| (snapshot.revision(), page.items))
        });
        let (revision, items) = match listed {
            Ok(listed) => listed,
            Err(error) => return self.fail(error.into()).await,
        };
        for object in items {
            self.send("ADDED", object).await?;
        }
        self.at = revision;
        if self.request.query.initial_events == Some(true) {
            self.bookmark(true).await?;
        }
        Ok(())
    }

    /// What the log holds beyond `at`.
    async fn catch_up(&mut self) -> Result<(), Gone> {
        loop {
            let replay = match self.store.replay(&self.id, self.at, REPLAY_CHUNK) {
                Ok(replay) => replay,
                Err(error) => return self.fail(error.into()).await,
            };
            for event in &replay.events {
                self.event(event).await?;
            }
            self.at = replay.upto;
            if !replay.more {
                return Ok(());
            }
        }
    }

    /// Sends an event as this watcher sees it: entering and leaving the selection are ADDED and DELETED.
    async fn event(&mut self, event: &Event) -> Result<(), Gone> {
        let query = &self.request.query;
        let namespace = self.request.path.namespace.as_deref();
        if namespace.is_some_and(|ns| ns != object::namespace(&event.object))
            || !query.fields.selects(&event.object)
        {
            return Ok(());
        }
        let now = query.labels.selects(&event.object);
        let before = event.kind != EventKind::Added
            && query.labels.matches(|key| event.labels_before.get(key).map(String::as_str));
        let kind = match (event.kind, before, now) {
            (EventKind::Deleted, true, _) | (EventKind::Modified, true, false) => "DELETED",
            (EventKind::Added | EventKind::Modified, false, true) => "ADDED",
            (EventKind::Modified, true, true) => "MODIFIED",
            _ => return Ok(()),
        };
        self.send(kind, event.object.clone()).await
    }

    async fn send(&mut self, kind: &str, object: Value) -> Result<(), Gone> {
        let query = &self.request.query;
        let form = self.request.form;
        let shown = form.watched(self.request.path.resource, object, &query.include_object, self.first);
        self.first = false;
        self.line(&json!({"type": kind, "object": shown})).await
    }

    async fn bookmark(&mut self, initial_end: bool) -> Result<(), Gone> {
        if !self.request.query.bookmarks && !initial_end {
            return Ok(());
        }
        let resource = self.request.path.resource;
        let mut meta = json!({"resourceVersion": self.at.to_string(), "creationTimestamp": null});
        if initial_end {
            meta["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": meta});
        self.line(&json!({"type": "BOOKMARK", "object": object})).await
    }

    /// Tells the client why the watch ends, and ends it.
    async fn fail(&mut self, error: ApiError) -> Result<(), Gone> {
        self.line(&json!({"type": "ERROR", "object": error.to_status()})).await?;
        Err(Gone)
    }

    async fn line(&mut self, value: &Value) -> Result<(), Gone> {
        self.faults.hold_back().await;
        let mut bytes = serde_json::to_vec(value).unwrap_or_default();
        bytes.push(b'\n');
        self.sender.send(Ok(Bytes::from(bytes))).await.map_err(|_| Gone)
    }
}
