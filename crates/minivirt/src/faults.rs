//! What can be wrong with a cluster as a whole, switched on and off while it runs: for tests and for rehearsals.
//!
//! Guests have faults of their own, which their images choose (`crate::launcher::simulated`); this is about the cluster
//! around them, whatever runs the guests. All of it is on the way to a client: what is stored stays right, but for the
//! stamps of a wrong clock, and everything is as before once the effects are switched off.
//!
//! Not here: when which fault happens. Whoever embeds an engine decides that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::api::resources::VMIS;
use crate::api::status::ApiError;
use crate::launcher::{GuestStatus, Runtime};
use crate::store::{Key, Snapshot, Store, StoreError};

/// What is wrong now. The default is a healthy cluster. Several may be wrong at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Nobody can connect, and open connections are cut.
    pub unreachable: bool,
    /// Connections are taken and nothing is answered; what was asked meanwhile is answered when this ends.
    pub hang: bool,
    /// Some answers are refusals.
    pub refuse: Option<Refusal>,
    /// Each answer, and each piece of news of a watch, comes so much later.
    pub slow: Option<Duration>,
    /// Watches are cut in the middle when they are so old.
    pub drop_watches: Option<Duration>,
    /// The history is thrown away at once and again at this interval: older resourceVersions answer 410.
    pub expire: Option<Duration>,
    /// How many seconds the clock is ahead (or behind, below 0): seen in the `Date` of answers and the
    /// `creationTimestamp` of what is made meanwhile.
    pub skew: i64,
    /// Reads show what was there when this began, and watches keep silent. Writes go on.
    pub stale: bool,
    /// Guests die.
    pub deaths: Option<Deaths>,
}

/// Answers that are refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// 429, or a status from 500 on.
    pub status: u16,
    /// How many of a hundred requests are refused.
    pub percent: u8,
    /// What a 429 asks for in `Retry-After`.
    pub retry_after: Duration,
}

/// Guests that die as if their process was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deaths {
    /// The time from one to the next.
    pub every: Duration,
    /// Chooses who: with the same guests, the same seed chooses the same.
    pub seed: u64,
}

/// The switch. Clones are one.
#[derive(Clone)]
pub struct Faults(Arc<Shared>);

struct Shared {
    /// Gone when the engine has stopped: whoever keeps the switch must not keep its file.
    store: Mutex<Option<Store>>,
    effects: watch::Sender<Effects>,
    /// What reads show while they are stale.
    frozen: Mutex<Option<Arc<Snapshot>>>,
    /// No watch or page of a list may start at an older revision.
    floor: AtomicU64,
    /// Counts how often the history was thrown away.
    expiries: watch::Sender<u64>,
    /// Counts requests, so that refusals are spread evenly.
    asked: AtomicU64,
}

impl Faults {
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Shared {
            store: Mutex::new(Some(store)),
            effects: watch::Sender::default(),
            frozen: Mutex::default(),
            floor: AtomicU64::new(0),
            expiries: watch::Sender::default(),
            asked: AtomicU64::new(0),
        }))
    }

    /// What is wrong from now on, instead of what was wrong before.
    pub fn set(&self, effects: Effects) -> Result<(), StoreError> {
        let mut frozen = self.0.frozen.lock().unwrap_or_else(PoisonError::into_inner);
        match effects.stale {
            true if frozen.is_none() => *frozen = Some(Arc::new(self.store()?.snapshot()?)),
            true => {}
            false => *frozen = None,
        }
        self.store()?.set_skew(effects.skew);
        self.0.effects.send_replace(effects);
        Ok(())
    }

    /// The engine's store, while the engine runs.
    pub(crate) fn store(&self) -> Result<Store, StoreError> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)
    }

    /// What is wrong now.
    pub fn effects(&self) -> Effects {
        self.0.effects.borrow().clone()
    }

    /// Waits until it is as `wanted`.
    pub(crate) async fn until(&self, wanted: impl FnMut(&Effects) -> bool) {
        // It cannot fail: we hold the sender.
        let _ = self.0.effects.subscribe().wait_for(wanted).await;
    }

    /// What a request meets before anything is done for it.
    pub(crate) async fn meet(&self) -> Result<(), ApiError> {
        self.until(|effects| !effects.hang).await;
        let Effects { slow, refuse, .. } = self.effects();
        if let Some(slow) = slow {
            tokio::time::sleep(slow).await;
        }
        match refuse {
            Some(refusal) if self.is_turn(refusal.percent) => Err(refusal.error()),
            _ => Ok(()),
        }
    }

    /// What news of a watch meets.
    pub(crate) async fn hold_back(&self) {
        self.until(|effects| !effects.hang && !effects.stale).await;
        if let Some(slow) = self.effects().slow {
            tokio::time::sleep(slow).await;
        }
    }

    /// Ends when watches are to be cut that are so old.
    pub(crate) async fn cuts(&self, opened: tokio::time::Instant) {
        let mut changes = self.0.effects.subscribe();
        loop {
            let lives = changes.borrow_and_update().drop_watches;
            let due = async {
                match lives {
                    Some(lives) => tokio::time::sleep_until(opened + lives).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => return,
                _ = changes.changed() => {}
            }
        }
    }

    /// Hears each time that the history is thrown away.
    pub(crate) fn expiries(&self) -> watch::Receiver<u64> {
        self.0.expiries.subscribe()
    }

    /// Whether the history has no `revision` any more.
    pub(crate) fn forgot(&self, revision: u64) -> bool {
        revision < self.0.floor.load(Ordering::Acquire)
    }

    /// What reads show.
    pub(crate) fn view(&self) -> Result<Arc<Snapshot>, StoreError> {
        let frozen = self.0.frozen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        frozen.map_or_else(|| self.store()?.snapshot().map(Arc::new), Ok)
    }

    fn is_turn(&self, percent: u8) -> bool {
        let number = self.0.asked.fetch_add(1, Ordering::Relaxed);
        (number % 100 * u64::from(percent)) % 100 < u64::from(percent)
    }

    /// Does what happens by itself while something is wrong.
    pub(crate) async fn run(self, runtime: Arc<dyn Runtime>, stopping: CancellationToken) {
        let mut changes = self.0.effects.subscribe();
        loop {
            let Effects { expire, deaths, .. } = changes.borrow_and_update().clone();
            tokio::select! {
                () = self.expiring(expire) => {}
                () = self.dying(deaths, runtime.as_ref()) => {}
                _ = changes.changed() => {}
                () = stopping.cancelled() => break,
            }
        }
        *self.0.store.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.0.frozen.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn expiring(&self, every: Option<Duration>) {
        let Some(every) = every else { return std::future::pending().await };
        loop {
            if let Ok(store) = self.store() {
                self.0.floor.store(store.revision(), Ordering::Release);
            }
            self.0.expiries.send_modify(|count| *count += 1);
            tokio::time::sleep(every).await;
        }
    }

    async fn dying(&self, deaths: Option<Deaths>, runtime: &dyn Runtime) {
        let Some(Deaths { every, seed }) = deaths else { return std::future::pending().await };
        for number in 0_u64.. {
            tokio::time::sleep(every).await;
            match self.living(runtime).await {
                Ok(living) if !living.is_empty() => {
                    let one = scatter(scatter(seed).wrapping_add(number)) % living.len() as u64;
                    let uid = &living[usize::try_from(one).unwrap_or_default()];
                    if let Err(error) = runtime.kill(uid).await {
                        tracing::error!(%error, uid, "a guest that was to die lives on");
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "guests cannot be listed"),
            }
        }
    }

    /// The guests that run, in the order of their namespaces and names.
    async fn living(&self, runtime: &dyn Runtime) -> Result<Vec<String>, StoreError> {
        let mut guests: Vec<(Key, String)> = Vec::new();
        let snapshot = self.store()?.snapshot()?;
        for uid in runtime.list().await.unwrap_or_default() {
            let runs = matches!(runtime.status(&uid).await, Ok(GuestStatus::Running(_)));
            if let Some(key) = snapshot.find_uid(&uid)?.filter(|key| runs && key.resource == VMIS.id()) {
                guests.push((key, uid));
            }
        }
        guests.sort();
        Ok(guests.into_iter().map(|(_, uid)| uid).collect())
    }
}

impl Refusal {
    fn error(&self) -> ApiError {
        let code = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match code {
            StatusCode::TOO_MANY_REQUESTS => {
                let message = "Too many requests, please try again later.";
                ApiError::new(code, "TooManyRequests", message).after(self.retry_after)
            }
            StatusCode::SERVICE_UNAVAILABLE => ApiError::new(
                code,
                "ServiceUnavailable",
                "the server is currently unable to handle the request",
            ),
            _ => ApiError::new(code, "InternalError", "Internal error occurred: simulated"),
        }
    }
}

/// SplitMix64: evenly spread, and the same for ever, which a library's generator does not promise.
pub fn scatter(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
