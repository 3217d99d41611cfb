//! Watch, not poll: VMs and instances of a whole cluster as one endless stream of small typed events.
//!
//! The caller writes through to its database and keeps no copy: on `Init` it starts a generation, it
//! upserts every `InitApply` and `Apply`, and on `InitDone` it deletes rows of that kind which the
//! generation did not touch (deletes that happened while nobody watched). The stream never ends; trouble is
//! an event, followed by another attempt with growing pauses. Dropping the stream ends the watch.
//!
//! `kube`'s watcher is not used: one object that does not decode would stop its list for ever, it logs
//! whole answers, and it reads lines without a bound.

mod backoff;
mod lines;
mod list;
mod watcher;

use std::time::Duration;

use futures::Stream;
use futures::stream::{self, StreamExt};
use serde::Serialize;

use crate::views::{Meta, Vm, Vmi};
use crate::{Cluster, Detail, Error};

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Vm,
    Vmi,
}

impl Kind {
    /// List of all namespaces.
    fn path(self) -> &'static str {
        match self {
            Kind::Vm => "/apis/kubevirt.io/v1/virtualmachines",
            Kind::Vmi => "/apis/kubevirt.io/v1/virtualmachineinstances",
        }
    }

    fn decode(self, json: &str) -> serde_json::Result<Object> {
        let object = match self {
            Kind::Vm => Object::Vm(Box::new(serde_json::from_str(json)?)),
            Kind::Vmi => {
                let mut instance: Box<Vmi> = Box::new(serde_json::from_str(json)?);
                // Its VM says as much, and there are as many of these as of those.
                (instance.metadata.owners, instance.metadata.writers) = (Vec::new(), Vec::new());
                Object::Vmi(instance)
            }
        };
        let meta = object.meta();
        if meta.uid.is_empty() || meta.name.is_empty() || meta.namespace.is_empty() {
            return Err(serde::de::Error::custom("an object without name, namespace or uid"));
        }
        Ok(object)
    }
}

/// One object of either kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    Vm(Box<Vm>),
    Vmi(Box<Vmi>),
}

impl Object {
    pub fn kind(&self) -> Kind {
        match self {
            Object::Vm(_) => Kind::Vm,
            Object::Vmi(_) => Kind::Vmi,
        }
    }

    /// Metadata, with UID and resource version.
    pub fn meta(&self) -> &Meta {
        match self {
            Object::Vm(vm) => &vm.metadata,
            Object::Vmi(vmi) => &vmi.metadata,
        }
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub enum WatchEvent {
    /// A full list of this kind begins; one that was under way is void.
    Init(Kind),
    /// An object of the list.
    InitApply(Object),
    /// The list is complete: what it did not name is gone.
    InitDone { kind: Kind, resource_version: String },
    /// Added or changed.
    Apply(Object),
    /// Gone, with its last state.
    Delete(Object),
    /// Nothing changed up to here: the connection lives.
    Progress { kind: Kind, resource_version: String },
    /// An object that does not decode. It exists: keep its row and mark its state as unknown.
    Unreadable(Unreadable),
    /// The list or watch failed; the next attempt follows after `retry_in`.
    Trouble { kind: Kind, error: Error, retry_in: Duration },
}

/// An object that does not decode.
#[derive(Debug, Clone)]
pub struct Unreadable {
    pub kind: Kind,
    /// Whether this was the news that it is gone.
    pub gone: bool,
    /// Its metadata, when at least that decodes.
    pub meta: Option<Box<Meta>>,
    /// Where decoding stopped.
    pub detail: Detail,
}

/// Settings of a watch.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// Objects per page of a list. All clusters may be listed at the same time, and each page is in memory whole.
    pub page: u32,
    /// Pause after the first failure; doubles up to `longest_pause`, with jitter.
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self { page: 200, first_pause: Duration::from_millis(500), longest_pause: Duration::from_secs(30) }
    }
}

impl Cluster {
    /// Streams VMs and instances of all namespaces. Events of one kind are in the cluster's order; the two
    /// kinds are not ordered against each other.
    pub fn watch(&self, options: &WatchOptions) -> impl Stream<Item = WatchEvent> + Send + Unpin + use<> {
        stream::select(self.watch_kind(Kind::Vm, options), self.watch_kind(Kind::Vmi, options))
    }

    /// Streams one kind.
    pub fn watch_kind(
        &self,
        kind: Kind,
        options: &WatchOptions,
    ) -> impl Stream<Item = WatchEvent> + Send + Unpin + use<> {
        let watcher = watcher::Watcher::new(self.clone(), kind, options.clone());
        stream::unfold(watcher, |mut watcher| async move {
            let event = watcher.next().await;
            Some((event, watcher))
        })
        .boxed()
    }
}

/// What the bytes of a watch say, without a cluster that sends them.
#[cfg(any(test, fuzzing))]
pub(crate) async fn read_watch(
    kind: Kind,
    pieces: impl Stream<Item = bytes::Bytes> + Send + 'static,
) -> Vec<WatchEvent> {
    let mut lines = lines::Lines::over(pieces.map(Ok), Duration::MAX);
    let mut events = Vec::new();
    while let lines::Next::Line(line) = lines.read().await {
        match watcher::event(kind, &line) {
            Ok(event) => events.extend(event.map(|(event, _)| event)),
            Err(_) => break,
        }
    }
    events
}

/// What the bytes of a page of a list say.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_page(kind: Kind, body: &[u8]) -> Result<Vec<WatchEvent>, Error> {
    list::decode(kind, body).map(|page| page.events)
}

#[cfg(test)]
mod tests;
