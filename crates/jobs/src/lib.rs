//! Wake-ups for asynchronous work, a thin facade over the River queue.
//!
//! A job says only "look at this row again": the row it names is the truth, so a job may run twice, late or at the same
//! time as another for the same row, and every worker reads, acts and writes guarded by the row's version. Kinds are few
//! and permanent, so that two versions of Shepherd can work one queue. No business deadline lives here: delays are for
//! retries and pacing and follow the server's clock, not `app_now()`.
//!
//! Also here, because work on a cluster needs it: [`Bulkhead`], permits, deadline and circuit breaker per cluster.

mod bulkhead;
mod enqueue;
mod migrate;
mod run;
mod worker;

pub use bulkhead::{Breaker, Bulkhead, BulkheadConfig, Bulkheads, Load, Refused};
pub use enqueue::{Job, enqueue, enqueue_all};
pub use migrate::{check_schema, migrate, schema_version};
pub use run::{Config, run};
pub use worker::{BoxError, Handlers, Outcome, Wake, Worker};

use std::fmt;

/// What a job wakes. Adding a kind needs two releases: one that can work it everywhere, then one that enqueues it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// One step of an operation.
    Operation,
    /// The start of what an approval allows, such as the children of a batch.
    Dispatch,
    /// A periodic comparison of what is with what should be.
    Reconcile,
}

impl JobKind {
    pub const ALL: [Self; 3] = [Self::Operation, Self::Dispatch, Self::Reconcile];

    /// The name in the queue; permanent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Dispatch => "dispatch",
            Self::Reconcile => "reconcile",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The queue could not be used.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    Store(#[from] shepherd_store::StoreError),
    #[error(
        "the job queue's tables are at version {found}, this program needs {needed}; run `shepherd migrate`"
    )]
    SchemaTooOld { found: i64, needed: i64 },
    #[error("the job queue's tables could not be migrated")]
    Migration(#[source] riverqueue::migrate::Error),
    #[error("the job queue stopped")]
    Queue(#[source] riverqueue::Error),
}

impl JobError {
    /// The stable code a client may act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::SchemaTooOld { .. } => "SCHEMA_TOO_OLD",
            Self::Migration(_) => "MIGRATION_FAILED",
            Self::Queue(_) => "INTERNAL",
        }
    }
}

impl From<sqlx::Error> for JobError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The schema that holds River's tables, apart from ours so that the declared schema stays our own.
const SCHEMA: &str = "river";
/// The one queue. Fairness between clusters comes from permits, not from queues.
const QUEUE: &str = "default";
