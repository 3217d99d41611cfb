//! The one thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use redb::{Database, WriteTransaction};
use tokio::sync::{broadcast, mpsc};

use super::keys::{LOG, META, OBJECTS, OWNERS, UIDS};
use super::log::Event;
use super::{StoreError, Tx};

/// Answers a caller after the commit.
pub(super) type Done = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Runs in the transaction; says whether its writes count, and how to answer.
pub(super) type Job = Box<dyn FnOnce(&mut Tx<'_>) -> (bool, Done) + Send>;

/// Jobs that share one commit at most: bounds how long the first of them waits.
const BATCH: usize = 256;

/// Creates the tables; returns the last revision.
pub(super) fn prepare(db: &Database) -> Result<u64, StoreError> {
    let tx = db.begin_write().map_err(StoreError::db)?;
    tx.open_table(OBJECTS).map_err(StoreError::db)?;
    tx.open_table(LOG).map_err(StoreError::db)?;
    tx.open_table(UIDS).map_err(StoreError::db)?;
    tx.open_multimap_table(OWNERS).map_err(StoreError::db)?;
    let revision = {
        let mut meta = tx.open_table(META).map_err(StoreError::db)?;
        let stored = redb::ReadableTable::get(&meta, "revision").map_err(StoreError::db)?.map(|v| v.value());
        match stored {
            Some(revision) => revision,
            None => {
                // Revision 0 means "any" to clients, so history starts at 1.
                meta.insert("revision", 1).map_err(StoreError::db)?;
                1
            }
        }
    };
    tx.commit().map_err(StoreError::db)?;
    Ok(revision)
}

pub(super) fn spawn(
    db: Arc<Database>,
    revision: Arc<AtomicU64>,
    skew: Arc<AtomicI64>,
    events: broadcast::Sender<Arc<Event>>,
    log_entries: u64,
) -> mpsc::UnboundedSender<Job> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut writer = Writer { db, revision, skew, events, log_entries, cut: 0 };
    std::thread::spawn(move || writer.run(receiver));
    sender
}

struct Writer {
    db: Arc<Database>,
    revision: Arc<AtomicU64>,
    skew: Arc<AtomicI64>,
    events: broadcast::Sender<Arc<Event>>,
    log_entries: u64,
    /// Revision below which the log was already cut by this process.
    cut: u64,
}

impl Writer {
    fn run(&mut self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut batch = Vec::new();
        while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
            let mut answers = Vec::with_capacity(batch.len());
            match self.commit(batch.drain(..), &mut answers) {
                Ok(events) => {
                    if let Some(last) = events.last() {
                        self.revision.store(last.revision, Ordering::Release);
                    }
                    for event in events {
                        // No receiver is not an error: nobody watches.
                        let _ = self.events.send(Arc::new(event));
                    }
                    answers.into_iter().for_each(|done| done(Ok(())));
                }
                Err(error) => {
                    tracing::error!(%error, "store: commit failed; the writes of this batch are refused");
                    answers.into_iter().for_each(|done| done(Err(error.clone())));
                }
            }
        }
    }

    fn commit(
        &mut self,
        batch: impl Iterator<Item = Job>,
        answers: &mut Vec<Done>,
    ) -> Result<Vec<Event>, StoreError> {
        let tx = self.db.begin_write().map_err(StoreError::db)?;
        let start = self.revision.load(Ordering::Acquire);
        let mut revision = start;
        let mut events = Vec::new();
        for job in batch {
            let mut view = Tx::new(&tx, revision, self.skew.load(Ordering::Acquire));
            // A defect in one job must not take the store down; its caller sees `Closed`.
            let Ok((keep, done)) = catch_unwind(AssertUnwindSafe(|| job(&mut view))) else {
                tracing::error!("store: a write panicked and was discarded");
                continue;
            };
            answers.push(done);
            if keep {
                let written = view.apply()?;
                revision = written.last().map_or(revision, |event| event.revision);
                events.extend(written);
            }
        }
        if revision == start {
            tx.abort().map_err(StoreError::db)?;
            return Ok(events);
        }
        self.finish(tx, revision)?;
        Ok(events)
    }

    fn finish(&mut self, tx: WriteTransaction, revision: u64) -> Result<(), StoreError> {
        {
            let mut meta = tx.open_table(META).map_err(StoreError::db)?;
            meta.insert("revision", revision).map_err(StoreError::db)?;
            let oldest = revision.saturating_sub(self.log_entries);
            // Cutting a tenth at a time keeps the cost off most commits.
            if oldest > self.cut + self.log_entries / 10 {
                let mut log = tx.open_table(LOG).map_err(StoreError::db)?;
                log.retain_in(..=oldest, |_, _| false).map_err(StoreError::db)?;
                meta.insert("compacted", oldest).map_err(StoreError::db)?;
                self.cut = oldest;
            }
        }
        tx.commit().map_err(StoreError::db)
    }
}
