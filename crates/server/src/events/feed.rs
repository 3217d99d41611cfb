//! The one reader of the event order in this process.
//!
//! It begins with the first stream and reads on from there, when the database says that something was committed. What
//! it reads goes into a ring that all streams read; who is too slow for the ring is told so.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use shepherd_store::Db;
use shepherd_store::events::{self, Horizon, Recorded};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Batches the ring holds: what a stream may be behind before it is told to fetch anew.
const RING: usize = 256;
/// Events of one read.
pub(super) const PAGE: u16 = 200;
/// How often to look although no notification came.
const POLL: Duration = Duration::from_secs(2);
/// Between two reads: what is committed in between comes in one batch, and a burst does not run over the ring.
const PAUSE: Duration = Duration::from_millis(5);
/// How soon to look again when something is committed but lies behind an open transaction.
const SOON: Duration = Duration::from_millis(20);

/// What one read brought: everything between two positions.
#[derive(Debug)]
pub(super) struct Batch {
    pub from: Horizon,
    pub to: Horizon,
    pub events: Vec<Recorded>,
    /// The database is an older one than before: what clients show is of another history.
    pub restored: bool,
}

/// What a stream reads.
pub(super) struct Heard {
    pub batches: broadcast::Receiver<Arc<Batch>>,
    pub closing: CancellationToken,
}

#[derive(Default)]
pub(super) struct Feed {
    ring: OnceLock<broadcast::Sender<Arc<Batch>>>,
    closing: CancellationToken,
}

impl Feed {
    /// Reads along from now on.
    pub(super) fn subscribe(&self, db: &Db) -> Heard {
        let ring = self.ring.get_or_init(|| {
            let (ring, _) = broadcast::channel(RING);
            let (db, into, closing) = (db.clone(), ring.clone(), self.closing.clone());
            tokio::spawn(async move { closing.run_until_cancelled(read(db, into)).await });
            ring
        });
        Heard { batches: ring.subscribe(), closing: self.closing.clone() }
    }

    pub(super) fn close(&self) {
        self.closing.cancel();
    }
}

async fn read(db: Db, ring: broadcast::Sender<Arc<Batch>>) {
    let mut signal = events::listen(&db, POLL);
    let mut at = loop {
        match Horizon::now(&db).await {
            Ok(now) => break now,
            Err(error) => trouble(&error).await,
        }
    };
    // Says where reading began: a stream that has read less reads on by itself up to here.
    let _ = ring.send(Arc::new(Batch { from: at, to: at, events: Vec::new(), restored: false }));
    // What the last batch came up to. Between there and `at` is nothing.
    let mut told = at;
    loop {
        let page = match events::read_since(&db, at, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                trouble(&error).await;
                continue;
            }
        };
        let idle = page.events.is_empty() && !page.restored;
        at = page.horizon;
        if page.restored {
            tracing::warn!("the database is older than it was; every client fetches anew");
        }
        if !idle {
            // Nobody listens: nobody misses it.
            let _ = ring.send(Arc::new(Batch {
                from: told,
                to: at,
                events: page.events,
                restored: page.restored,
            }));
            told = at;
        }
        match page.more {
            true if idle => tokio::time::sleep(SOON).await,
            true => {}
            false => {
                tokio::time::sleep(PAUSE).await;
                signal.wait().await;
            }
        }
    }
}

async fn trouble(error: &shepherd_store::StoreError) {
    tracing::warn!(%error, "events cannot be read now");
    tokio::time::sleep(Duration::from_secs(1)).await;
}
