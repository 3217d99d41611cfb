//! What works a job, and how its outcome reaches the queue.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use riverqueue::{JobArgs, WorkCancelled, WorkContext, WorkOutcome, Workers};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use crate::{JobError, JobKind};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A job being worked.
#[derive(Clone, Debug)]
pub struct Wake {
    pub kind: JobKind,
    /// The row to look at.
    pub id: Uuid,
    /// 1 at first, more after failures; snoozing does not count.
    pub attempt: u32,
    /// Cancelled when the time is over or the process stops; the work is dropped then in any case.
    pub cancelled: CancellationToken,
}

/// How the work on a job ended.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing more to do for now.
    Done,
    /// Not yet: wake again later. Counts as no failure.
    SnoozeFor(Duration),
    /// It failed and may succeed later; the pause grows with each attempt.
    Retry(BoxError),
    /// It failed for good. The row must say so too: nobody reads the queue.
    Discard(BoxError),
}

/// Works jobs of one kind. The future is dropped when the time is over, so whatever it does must bear that.
#[async_trait]
pub trait Worker: Send + Sync + 'static {
    async fn work(&self, wake: Wake) -> Outcome;
}

/// A worker for each kind. River throws away stuck jobs of kinds a process does not know, so no kind may be left out.
#[derive(Clone)]
pub struct Handlers {
    pub operation: Arc<dyn Worker>,
    pub dispatch: Arc<dyn Worker>,
    pub reconcile: Arc<dyn Worker>,
}

impl Handlers {
    pub(crate) fn register(self) -> Result<Workers, JobError> {
        let mut workers = Workers::new();
        workers.add(Adapter::<OperationArgs>::new(self.operation)).map_err(JobError::Queue)?;
        workers.add(Adapter::<DispatchArgs>::new(self.dispatch)).map_err(JobError::Queue)?;
        workers.add(Adapter::<ReconcileArgs>::new(self.reconcile)).map_err(JobError::Queue)?;
        Ok(workers)
    }
}

/// River tells kinds apart by the type of their arguments.
trait Args: JobArgs {
    const JOB_KIND: JobKind;
    fn id(&self) -> Uuid;
}

macro_rules! args {
    ($($name:ident: $kind:expr,)*) => {$(
        #[derive(Deserialize, Serialize)]
        struct $name { id: Uuid }

        impl JobArgs for $name {
            const KIND: &'static str = $kind.as_str();
        }

        impl Args for $name {
            const JOB_KIND: JobKind = $kind;
            fn id(&self) -> Uuid { self.id }
        }
    )*};
}

args! {
    OperationArgs: JobKind::Operation,
    DispatchArgs: JobKind::Dispatch,
    ReconcileArgs: JobKind::Reconcile,
}

struct Adapter<A> {
    worker: Arc<dyn Worker>,
    args: PhantomData<fn() -> A>,
}

impl<A> Adapter<A> {
    fn new(worker: Arc<dyn Worker>) -> Self {
        Self { worker, args: PhantomData }
    }
}

/// The worker gave the job up.
#[derive(Debug, thiserror::Error)]
#[error("discarded: {0}")]
struct Discarded(BoxError);

impl<A: Args> riverqueue::Worker<A> for Adapter<A> {
    type Error = BoxError;

    async fn work(&self, context: WorkContext, job: riverqueue::Job<A>) -> Result<WorkOutcome, BoxError> {
        let cancelled = context.cancellation_token().clone();
        let attempt = u32::try_from(job.row.attempt).unwrap_or(1);
        let wake = Wake { kind: A::JOB_KIND, id: job.args.id(), attempt, cancelled: cancelled.clone() };
        let span = tracing::info_span!("job", kind = %wake.kind, id = %wake.id, attempt);
        let started = Instant::now();
        async {
            let outcome = tokio::select! {
                biased;
                () = cancelled.cancelled() => None,
                outcome = self.worker.work(wake) => Some(outcome),
            };
            report(outcome.as_ref(), started.elapsed());
            match outcome {
                // River makes it available again when the process stops, and a failure when its time was over.
                None => Err(WorkCancelled.into()),
                Some(Outcome::Done) => Ok(WorkOutcome::Complete),
                Some(Outcome::SnoozeFor(pause)) => Ok(WorkOutcome::Snooze(pause)),
                Some(Outcome::Retry(error)) => Err(error),
                Some(Outcome::Discard(error)) => {
                    context.record_output(Discarded(error).to_string())?;
                    Ok(WorkOutcome::Discard)
                }
            }
        }
        .instrument(span)
        .await
    }
}

/// One line per job for logs and metrics, inside the job's span.
fn report(outcome: Option<&Outcome>, elapsed: Duration) {
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Some(Outcome::Done) => tracing::debug!(outcome = "done", elapsed_ms, "job worked"),
        Some(Outcome::SnoozeFor(pause)) => {
            tracing::debug!(outcome = "snoozed", elapsed_ms, pause_ms = pause.as_millis(), "job worked");
        }
        Some(Outcome::Retry(error)) => tracing::warn!(outcome = "retry", elapsed_ms, %error, "job failed"),
        Some(Outcome::Discard(error)) => {
            tracing::error!(outcome = "discard", elapsed_ms, %error, "job given up")
        }
        None => tracing::warn!(outcome = "cancelled", elapsed_ms, "job stopped before its end"),
    }
}
