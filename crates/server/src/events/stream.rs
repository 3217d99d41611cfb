//! One client's stream.
//!
//! It holds nothing back and runs nothing ahead: it is polled when the client has room, and what comes meanwhile waits in
//! the shared ring. Every five seconds it looks whether its caller is still who they were.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use futures::stream::{self, Stream as Frames};
use serde_json::json;
use shepherd_app::events::{Sight, Standing};
use shepherd_app::{App, Cx, Result};
use shepherd_store::events::{self, Horizon, Recorded};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::feed::{Batch, Heard, PAGE};
use super::places::Place;

/// Silence after which proxies, and people, think that a connection is dead.
const BEAT: Duration = Duration::from_secs(15);
/// How soon a lost role or a revoked session shows on every replica.
const LOOK: Duration = Duration::from_secs(5);
/// How soon a client should come back when the stream breaks.
const RETRY: Duration = Duration::from_secs(1);
/// Reads of a replay: whoever missed more than so many pages fetches anew.
const REPLAY: usize = 20;

pub(super) struct Stream {
    app: App,
    cx: Cx,
    epoch: i64,
    sight: Box<Sight>,
    heard: Heard,
    /// Everything up to here was looked at.
    at: Horizon,
    /// The client knows this position.
    told: Option<Horizon>,
    /// It was told to fetch anew: whatever the next batch begins with is soon enough.
    skipping: bool,
    ready: VecDeque<Event>,
    look: Interval,
    beat: Interval,
    _place: Place,
}

impl Stream {
    /// Begins where the client left off, or now.
    pub(super) async fn open(
        app: App,
        cx: Cx,
        (epoch, sight): (i64, Box<Sight>),
        heard: Heard,
        place: Place,
        last: Option<&str>,
    ) -> Result<Self> {
        let now = Horizon::now(&app.db).await?;
        let left_off = last.map(str::parse::<Horizon>);
        let mut stream = Self {
            at: left_off.and_then(std::result::Result::ok).unwrap_or(now),
            app,
            cx,
            epoch,
            sight,
            heard,
            told: None,
            skipping: false,
            ready: VecDeque::new(),
            look: every(LOOK),
            beat: every(BEAT),
            _place: place,
        };
        stream.ready.push_back(Event::default().retry(RETRY));
        match left_off {
            Some(Ok(_)) => stream.replay().await?,
            // A position that is none: the client cannot know what it missed.
            Some(Err(_)) => stream.resync(),
            None => {}
        }
        stream.tell_position();
        Ok(stream)
    }

    /// The frames, until the caller is gone or the server closes.
    pub(super) fn into_frames(self) -> impl Frames<Item = std::result::Result<Event, Infallible>> {
        stream::unfold(self, |mut stream| async move {
            let frame = stream.next().await?;
            Some((Ok(frame), stream))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            tokio::select! {
                () = self.heard.closing.cancelled() => return None,
                _ = self.look.tick() => self.look_again().await?,
                _ = self.beat.tick() => {
                    self.tell_position();
                    self.ready.push_back(Event::default().comment(""));
                }
                batch = self.heard.batches.recv() => match batch {
                    Ok(batch) => self.take(&batch).await?,
                    Err(RecvError::Lagged(_)) => {
                        self.resync();
                        self.skipping = true;
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    /// `None` ends the stream: the caller is gone, or that cannot be known.
    async fn look_again(&mut self) -> Option<()> {
        match self.app.standing(&self.cx, Some(self.epoch)).await {
            Ok(Standing::Same) => {}
            Ok(Standing::Changed { epoch, sight }) => {
                (self.epoch, self.sight) = (epoch, sight);
                // What they see has changed although nothing they were told of did.
                self.resync();
            }
            Ok(Standing::Gone) => return None,
            Err(error) => {
                tracing::warn!(%error, "a stream ends, because its caller cannot be looked up");
                return None;
            }
        }
        Some(())
    }

    async fn take(&mut self, batch: &Arc<Batch>) -> Option<()> {
        if batch.restored {
            self.at = batch.to;
            self.resync();
            return Some(());
        }
        if self.skipping {
            self.skipping = false;
            self.at = batch.from;
        }
        if batch.events.iter().any(|event| self.concerns_standing(event)) {
            // Otherwise whoever just made a System would not hear of it.
            self.look_again().await?;
        }
        if batch.from > self.at {
            // The reader began, or began anew, ahead of this stream.
            if let Err(error) = self.replay().await {
                tracing::warn!(%error, "a stream ends, because what it missed cannot be read");
                return None;
            }
        }
        if batch.to > self.at {
            self.deliver(&batch.events, batch.to);
        }
        Some(())
    }

    /// Whether it may have changed what the caller holds: a System's members, or the caller.
    fn concerns_standing(&self, event: &Recorded) -> bool {
        event.kind.starts_with("system") || event.principal_id == Some(self.cx.actor.id)
    }

    /// Queues what the caller may hear of. Until the last of them the client's position stays behind all of them, so
    /// that a break in between repeats some and skips none.
    fn deliver(&mut self, events: &[Recorded], to: Horizon) {
        let mut visible = events.iter().filter(|event| self.sight.covers(event)).peekable();
        while let Some(event) = visible.next() {
            let id = match visible.peek() {
                Some(_) => self.at,
                None => to,
            };
            self.ready.push_back(change(event, id));
            self.told = Some(id);
        }
        self.at = to;
    }

    /// Reads from the database what lies between this stream and the present.
    async fn replay(&mut self) -> Result<()> {
        if events::is_gone(&self.app.db, self.at).await? {
            self.at = Horizon::now(&self.app.db).await?;
            self.resync();
            return Ok(());
        }
        for _ in 0..REPLAY {
            let page = events::read_since(&self.app.db, self.at, PAGE).await?;
            if page.restored {
                tracing::info!("a client's position lies ahead of this database; it fetches anew");
                self.at = page.horizon;
                self.resync();
                return Ok(());
            }
            let full = page.events.len() == usize::from(PAGE);
            self.deliver(&page.events, page.horizon);
            if !full {
                return Ok(());
            }
        }
        self.at = Horizon::now(&self.app.db).await?;
        self.resync();
        Ok(())
    }

    /// Tells the client to fetch anew. What was queued before is of no use to it any more.
    fn resync(&mut self) {
        self.ready.clear();
        self.told = Some(self.at);
        self.ready.push_back(Event::default().event("resync").id(self.at.to_string()).data("{}"));
    }

    /// Lets the client know how far it has come, where nothing it may hear of did.
    fn tell_position(&mut self) {
        if self.told != Some(self.at) {
            self.told = Some(self.at);
            self.ready.push_back(Event::default().event("position").id(self.at.to_string()).data("{}"));
        }
    }
}

fn change(event: &Recorded, id: Horizon) -> Event {
    let data = json!({ "kind": event.kind, "resource_id": event.resource_id, "version": event.version });
    Event::default().event("change").id(id.to_string()).data(data.to_string())
}

/// Ticks from the next period on; late ones do not pile up.
fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.reset();
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
