//! The engine's state: one transactional file with one global revision.
//!
//! Invariants:
//! * Every write gets the next revision, which becomes `metadata.resourceVersion`; revisions have no gaps that a
//!   watcher could mistake for a lost event and never go backwards, also over `kill -9`.
//! * Object, log entry and owner index change in one transaction. What was acknowledged is on disk.
//! * One thread writes. Jobs queued together share a commit, so throughput does not depend on the disk's sync time.
//! * The log is bounded; asking for what was cut off answers [`StoreError::Compacted`] (HTTP 410).
//!
//! Not here: what an object means. Values are JSON; only `metadata` is read.

mod backend;
mod keys;
mod log;
mod snapshot;
mod tx;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde_json::Value;
use tokio::sync::{broadcast, mpsc, oneshot};

pub use keys::Key;
pub use log::{Event, EventKind};
pub use snapshot::{Page, Snapshot};
pub use tx::Tx;

/// How many log entries are kept for watchers that reconnect, unless told otherwise.
pub const DEFAULT_LOG_ENTRIES: u64 = 100_000;

/// Pages kept in memory, unless told otherwise. The default of the library (1 GiB) is meant for servers that hold nothing
/// else.
pub const DEFAULT_CACHE_BYTES: usize = 64 << 20;

/// How hard an acknowledged write must be to lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Survives power loss: every commit is synced to the disk.
    #[default]
    Disk,
    /// Survives the death of this process, but not of the machine. For tests and scale runs.
    Process,
}

/// Why the store could not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The file system or the file format.
    #[error("store: {0}")]
    Database(Arc<redb::Error>),
    /// A stored object is not what this version wrote.
    #[error("store: entry {0} cannot be decoded")]
    Corrupt(String),
    /// The revision asked for is no longer in the log.
    #[error("revision {requested} was compacted; the oldest is {oldest}")]
    Compacted {
        /// What was asked for.
        requested: u64,
        /// The oldest revision from which a watch can start.
        oldest: u64,
    },
    /// The engine is shutting down.
    #[error("store is closed")]
    Closed,
}

impl StoreError {
    /// Whether another handle has the file.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Database(error) if matches!(**error, redb::Error::DatabaseAlreadyOpen))
    }

    fn db(error: impl Into<redb::Error>) -> Self {
        Self::Database(Arc::new(error.into()))
    }
}

/// A handle; clones share one file and one writer.
#[derive(Clone)]
pub struct Store {
    db: Arc<redb::Database>,
    jobs: mpsc::UnboundedSender<writer::Job>,
    events: broadcast::Sender<Arc<Event>>,
    revision: Arc<AtomicU64>,
    skew: Arc<AtomicI64>,
}

impl Store {
    /// Opens or creates the file. `log_entries` bounds the log; about that many events can be replayed. Pages of
    /// `cache_bytes` are kept in memory.
    pub fn open(
        path: &Path,
        durability: Durability,
        log_entries: u64,
        cache_bytes: usize,
    ) -> Result<Self, StoreError> {
        let db = Arc::new(backend::open(path, durability, cache_bytes)?);
        let revision = Arc::new(AtomicU64::new(writer::prepare(&db)?));
        // Sized for bursts; a watcher that falls further behind re-reads the log.
        let (events, _) = broadcast::channel(4096);
        let skew = Arc::new(AtomicI64::new(0));
        let jobs = writer::spawn(db.clone(), revision.clone(), skew.clone(), events.clone(), log_entries);
        Ok(Self { db, jobs, events, revision, skew })
    }

    /// Runs `work` in the writer. `Err` discards what it wrote; `Ok` is returned once it is durable.
    pub async fn transact<T, E>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: writer::Job = Box::new(move |tx| {
            let result = work(tx);
            let keep = result.is_ok();
            let done: writer::Done = Box::new(move |committed| {
                // A caller that went away does not need its answer; the write stands.
                let _ = answer.send(result.and_then(|value| committed.map(|()| value).map_err(E::from)));
            });
            (keep, done)
        });
        self.jobs.send(job).map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// A consistent view of everything committed so far.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Snapshot::new(&self.db)
    }

    /// One object as last committed.
    pub fn get(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        self.snapshot()?.get(key)
    }

    /// The last committed revision.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// How many seconds the clock that stamps new objects is ahead.
    pub fn set_skew(&self, seconds: i64) {
        self.skew.store(seconds, Ordering::Release);
    }

    /// Events as they are committed. Join with [`Store::replay`] to start at a revision without a gap.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// Events of `resource` with revision > `after`, at most `limit`, oldest first, from the log.
    pub fn replay(&self, resource: &str, after: u64, limit: usize) -> Result<log::Replay, StoreError> {
        log::replay(&self.db, resource, after, limit)
    }
}
