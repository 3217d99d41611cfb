//! Working the queue until the process is told to stop.

use std::time::Duration;

use riverqueue::database::{PostgresDatabase, PostgresReindexConfig};
use riverqueue::{Client, JobRow, MaintenanceConfig, QueueConfig, Retention, RetryPolicy, WorkError, jiff};
use shepherd_store::Db;
use tokio_util::sync::CancellationToken;

use crate::{Handlers, JobError, QUEUE, migrate};

/// The limits of the queue; a job is short, a lost one is found soon.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Jobs worked at the same time by this process.
    pub workers: usize,
    /// A job that runs longer is dropped and retried.
    pub job_timeout: Duration,
    /// A job that has run this long belongs to a process that is gone; another takes it up. At least `job_timeout`.
    pub rescue_after: Duration,
    /// How often the elected process looks for such jobs, and for delayed ones that are due.
    pub maintenance_interval: Duration,
    /// How often to look for jobs when no notification arrives.
    pub poll_interval: Duration,
    /// How long running jobs may finish when the process is told to stop.
    pub drain: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            workers: 32,
            job_timeout: Duration::from_secs(20),
            rescue_after: Duration::from_secs(60),
            maintenance_interval: Duration::from_secs(5),
            poll_interval: Duration::from_millis(500),
            drain: Duration::from_secs(10),
        }
    }
}

const NO_INDEXES: [&str; 0] = [];

/// Works jobs until `shutdown`, then lets the running ones finish. Returns early only with an error.
pub async fn run(
    db: &Db,
    handlers: Handlers,
    config: Config,
    shutdown: CancellationToken,
) -> Result<(), JobError> {
    let mut running = client(db, handlers, config)?
        .start_with_graceful_stop(async move { shutdown.cancelled().await })
        .map_err(JobError::Queue)?;
    running.wait().await.map_err(JobError::Queue)
}

fn client(db: &Db, handlers: Handlers, config: Config) -> Result<Client, JobError> {
    // Only the owner of an index may rebuild it.
    let database = PostgresDatabase::new(db.pool().clone())
        .with_schema(migrate::schema())
        .with_reindex(PostgresReindexConfig::default().with_index_names(NO_INDEXES));
    let queue = QueueConfig::new(config.workers).with_fetch_poll_interval(config.poll_interval);
    Client::builder(database)
        .workers(handlers.register()?)
        .queue(QUEUE, queue)
        // The time from a commit to its job; at River's default a tenth of a second would be lost between two fetches.
        .fetch_cooldown(Duration::from_millis(5).min(config.poll_interval))
        // A kind from a newer version waits for a process that knows it.
        .fetch_only_known_kinds(true)
        .job_timeout(config.job_timeout)
        .job_stuck_threshold(Duration::from_secs(5))
        .soft_stop_timeout(config.drain)
        .retry_policy(Backoff)
        .maintenance(
            MaintenanceConfig::default()
                .with_rescue_after(config.rescue_after)
                .with_rescuer_interval(config.maintenance_interval)
                .with_scheduler_interval(config.maintenance_interval)
                .with_completed_job_retention(Retention::DeleteAfter(Duration::from_secs(600))),
        )
        .build()
        .map_err(JobError::Queue)
}

/// 1, 2, 4 ... at most 60 seconds, shortened by up to half so that what failed together does not return together.
struct Backoff;

impl RetryPolicy for Backoff {
    fn next_retry(&self, job: &JobRow, _error: &WorkError, _now: jiff::Timestamp) -> Duration {
        let failures = u32::try_from(job.errors.len()).unwrap_or(0);
        backoff(failures, spread(job.id, failures))
    }
}

fn backoff(failures: u32, spread: f64) -> Duration {
    let longest = Duration::from_secs(1 << failures.min(6)).min(Duration::from_secs(60));
    longest.mul_f64(1.0 - spread / 2.0)
}

/// A fixed scatter in 0..1 of a job's attempt (Fibonacci hashing); there is nothing to guess here.
fn spread(id: i64, failures: u32) -> f64 {
    let mixed = id.unsigned_abs().wrapping_add(u64::from(failures)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    f64::from(u32::try_from(mixed >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_scatter_below() {
        assert_eq!(backoff(0, 0.0), Duration::from_secs(1));
        assert_eq!(backoff(3, 0.0), Duration::from_secs(8));
        assert_eq!(backoff(500, 0.0), Duration::from_secs(60));
        for id in 0..1000 {
            let pause = backoff(6, spread(id, 6));
            assert!((30..=60).contains(&pause.as_secs()), "{pause:?}");
        }
        assert_ne!(spread(1, 0), spread(2, 0));
    }
}
