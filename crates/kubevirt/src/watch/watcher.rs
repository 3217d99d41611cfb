//! The state machine of one watch: list, then watch from where the list ended, again when it breaks.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::lines::{Envelope, Lines, Next, error_event};
use super::list::unreadable;
use super::{Kind, WatchEvent, WatchOptions};
use crate::{Cluster, Error};

enum State {
    /// Nothing is known: list everything.
    Start,
    /// In the middle of a list.
    Listing {
        next: Option<String>,
    },
    /// Everything up to here is known: watch from it.
    Resume {
        from: String,
    },
    Watching {
        from: String,
        lines: Lines,
        opened: Instant,
    },
}

pub(super) struct Watcher {
    cluster: Cluster,
    kind: Kind,
    options: WatchOptions,
    backoff: Backoff,
    state: State,
    /// Decoded and not yet handed out: at most one page.
    ready: VecDeque<WatchEvent>,
    pause: Option<Duration>,
    /// The last that was told is that it does not answer.
    troubled: bool,
}

impl Watcher {
    pub(super) fn new(cluster: Cluster, kind: Kind, options: WatchOptions) -> Self {
        let backoff = Backoff::new(options.first_pause, options.longest_pause);
        let (state, ready) = (State::Start, VecDeque::new());
        Self { cluster, kind, options, backoff, state, ready, pause: None, troubled: false }
    }

    pub(super) async fn next(&mut self) -> WatchEvent {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            if let Some(pause) = self.pause.take() {
                tokio::time::sleep(pause).await;
            }
            match std::mem::replace(&mut self.state, State::Start) {
                State::Start => {
                    self.ready.push_back(WatchEvent::Init(self.kind));
                    self.state = State::Listing { next: None };
                }
                State::Listing { next } => self.list(next).await,
                State::Resume { from } => self.open(from).await,
                State::Watching { from, lines, opened } => self.read(from, lines, opened).await,
            }
        }
    }

    async fn list(&mut self, next: Option<String>) {
        match self.cluster.page(self.kind, self.options.page, next.as_deref()).await {
            Ok(page) => {
                self.troubled = false;
                self.ready.extend(page.events);
                self.state = match page.next {
                    Some(next) => State::Listing { next: Some(next) },
                    None => {
                        let (kind, resource_version) = (self.kind, page.resource_version);
                        self.ready.push_back(WatchEvent::InitDone {
                            kind,
                            resource_version: resource_version.clone(),
                        });
                        State::Resume { from: resource_version }
                    }
                };
            }
            Err(error) => self.trouble(error, State::Start),
        }
    }

    async fn open(&mut self, from: String) {
        match self.cluster.open_watch(self.kind, &from).await {
            Ok(lines) => {
                // A quiet cluster would else be taken for away until its next bookmark.
                if std::mem::take(&mut self.troubled) {
                    let resource_version = from.clone();
                    self.ready.push_back(WatchEvent::Progress { kind: self.kind, resource_version });
                }
                self.state = State::Watching { from, lines, opened: Instant::now() };
            }
            Err(Error::Gone { .. }) => self.relist(),
            Err(error) => self.trouble(error, State::Resume { from }),
        }
    }

    async fn read(&mut self, from: String, mut lines: Lines, opened: Instant) {
        match lines.next().await {
            Next::Line(line) => match event(self.kind, &line) {
                Ok(Some((event, from))) => {
                    self.backoff.reset();
                    self.ready.push_back(event);
                    self.state = State::Watching { from, lines, opened };
                }
                Ok(None) => self.state = State::Watching { from, lines, opened },
                Err(Error::Gone { .. }) => self.relist(),
                Err(error) => self.trouble(error, State::Resume { from }),
            },
            Next::Ended => {
                // A server that hangs up at once must not be called in a tight loop.
                if opened.elapsed() < self.options.first_pause {
                    self.pause = Some(self.backoff.pause(None));
                }
                self.state = State::Resume { from };
            }
            Next::Broken(error) => self.trouble(error, State::Resume { from }),
        }
    }

    /// The history we wanted is compacted. Paused like a failure, in case it happens again and again.
    fn relist(&mut self) {
        self.pause = Some(self.backoff.pause(None));
        self.state = State::Start;
    }

    fn trouble(&mut self, error: Error, then: State) {
        let retry_in = self.backoff.pause(error.retry_after());
        self.pause = Some(retry_in);
        self.state = then;
        self.troubled = true;
        self.ready.push_back(WatchEvent::Trouble { kind: self.kind, error, retry_in });
    }
}

/// Decodes a line into an event and the resource version after it.
pub(super) fn event(kind: Kind, line: &str) -> Result<Option<(WatchEvent, String)>, Error> {
    let envelope: Envelope<'_> = match serde_json::from_str(line) {
        Ok(envelope) => envelope,
        // The last line of a broken connection may be cut.
        Err(error) if error.is_eof() => return Ok(None),
        Err(error) => return Err(crate::transport::undecodable(&error)),
    };
    let json = envelope.object.get();
    if envelope.kind == "ERROR" {
        return Err(error_event(envelope.object));
    }
    // Without a version the watch could not be resumed: list again.
    let from = version(json).ok_or_else(|| Error::Gone { detail: crate::Detail::default() })?;
    let event = match (envelope.kind.as_ref(), kind.decode(json)) {
        ("BOOKMARK", _) => WatchEvent::Progress { kind, resource_version: from.clone() },
        ("ADDED" | "MODIFIED", Ok(object)) => WatchEvent::Apply(object),
        ("DELETED", Ok(object)) => WatchEvent::Delete(object),
        (word @ ("ADDED" | "MODIFIED" | "DELETED"), Err(error)) => {
            WatchEvent::Unreadable(unreadable(kind, json, word == "DELETED", &error))
        }
        // A type of a later version.
        _ => return Ok(None),
    };
    Ok(Some((event, from)))
}

fn version(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Versioned {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata {
        resource_version: String,
    }
    let version = serde_json::from_str::<Versioned>(json).ok()?.metadata.resource_version;
    (!version.is_empty()).then_some(version)
}
