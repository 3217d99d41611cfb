//! The reconciler: idempotent, without arguments, run by a timer in every process; one at a time by a lease.
//!
//! It wakes operations that nobody has touched for a while (a job was lost, an inventory write was missed, a worker
//! died), ends requests nobody decided in time, begins children of batches, empties the trash, wakes pools that are due, lets inboxes follow
//! rights, and sweeps what is over. It repairs by waking, never by deciding.

use std::time::Duration;

use shepherd_jobs::Job;
use shepherd_store::{events, idempotency, inbox_fan, lease, operations, throttle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{App, Result};

/// How often.
const EVERY: Duration = Duration::from_secs(5);
/// An operation untouched for so long is looked at again.
const IDLE_SECONDS: f64 = 10.0;
/// How many at a time; the rest has its turn in the next round.
const BATCH: i64 = 500;
/// How many batches of old events are forgotten in one round.
const PRUNE_ROUNDS: usize = 20;

impl App {
    /// Runs until told to stop.
    pub async fn reconcile_forever(self, stop: CancellationToken) {
        let me = Uuid::now_v7();
        let mut timer = tokio::time::interval(EVERY);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = timer.tick() => {}
            }
            if let Err(error) = self.reconcile_if_mine(me).await {
                tracing::warn!(code = error.code(), %error, "a round of the reconciler failed");
            }
        }
    }

    async fn reconcile_if_mine(&self, me: Uuid) -> Result<()> {
        let ttl = EVERY * 3;
        let held = lease::acquire(&mut *self.db.acquire().await?, "reconciler", me, ttl).await?;
        match held {
            Some(_) => self.reconcile().await,
            None => Ok(()),
        }
    }

    /// One round.
    pub async fn reconcile(&self) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let idle = operations::idle(&mut tx, IDLE_SECONDS, BATCH).await?;
        let jobs: Vec<Job> = idle.iter().map(|id| Job::operation(*id)).collect();
        shepherd_jobs::enqueue_all(&mut tx, &jobs).await?;
        idempotency::sweep(&mut tx, BATCH).await?;
        throttle::sweep(&mut tx, BATCH).await?;
        tx.commit().await?;
        if !jobs.is_empty() {
            tracing::info!(operations = jobs.len(), "woke operations that nobody had touched for a while");
        }
        self.prune_events().await?;
        self.prune_inboxes().await?;
        self.expire_requests().await?;
        self.purge_due().await?;
        self.wake_pools().await?;
        // A wake-up that was lost costs no turn.
        self.dispatch().await?;
        self.follow_rights().await?;
        Ok(())
    }

    /// Forgets what no stream goes back to, in small transactions.
    async fn prune_events(&self) -> Result<()> {
        for _ in 0..PRUNE_ROUNDS {
            let mut tx = self.db.begin().await?;
            let gone = events::prune(&mut tx, BATCH).await?;
            tx.commit().await?;
            if gone < BATCH.unsigned_abs() {
                break;
            }
        }
        Ok(())
    }

    /// Forgets what people have read long ago, in small transactions.
    async fn prune_inboxes(&self) -> Result<()> {
        for _ in 0..PRUNE_ROUNDS {
            let mut tx = self.db.begin().await?;
            let gone = inbox_fan::prune(&mut tx, BATCH).await?;
            tx.commit().await?;
            if gone < BATCH.unsigned_abs() {
                break;
            }
        }
        Ok(())
    }
}
