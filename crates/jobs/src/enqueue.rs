//! Putting a wake-up in the queue, in the transaction of what it is about.
//!
//! A row has at most one wake-up waiting; asking again only moves it forward. River's own uniqueness cannot say this: it
//! must count a running job as present, and would swallow the wake-up for a change that the running job has already
//! read past. So the statement is ours, on River's documented table. It locks the waiting job, which River's workers
//! skip until we commit; a job that has begun to run is not touched, and a new one is inserted.

use std::time::Duration;

use shepherd_store::Tx;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use crate::{JobError, JobKind, QUEUE, SCHEMA};

/// More failures in a row than a wake-up ever needs: with the longest pause between them this is half an hour, and a
/// reconciler wakes what is left over.
const MAX_ATTEMPTS: i16 = 30;

/// River's scheduler looks ahead this far; what is due sooner is left to the workers' own polling.
const SOON: Duration = Duration::from_secs(5);

/// A wake-up to be enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    pub kind: JobKind,
    /// The row to look at.
    pub id: Uuid,
    /// Not before this long from now. For pacing only: a deadline belongs in a row.
    pub delay: Duration,
}

impl Job {
    pub fn new(kind: JobKind, id: impl Into<Uuid>) -> Self {
        Self { kind, id: id.into(), delay: Duration::ZERO }
    }

    /// An operation to be worked as soon as the transaction commits.
    pub fn operation(id: impl Into<Uuid>) -> Self {
        Self::new(JobKind::Operation, id)
    }

    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

/// Enqueues one wake-up; nobody sees it unless the caller's transaction commits.
pub async fn enqueue(tx: &mut Tx, job: Job) -> Result<(), JobError> {
    enqueue_all(tx, &[job]).await
}

/// Enqueues several wake-ups in one statement.
pub async fn enqueue_all(tx: &mut Tx, jobs: &[Job]) -> Result<(), JobError> {
    if jobs.is_empty() {
        return Ok(());
    }
    let kinds: Vec<&str> = jobs.iter().map(|job| job.kind.as_str()).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
    let delays: Vec<PgInterval> = jobs.iter().map(|job| interval(job.delay)).collect();
    // Not a checked query: the table is River's, and made by its own migrations.
    sqlx::query(
        "with wanted as (
           select kind, id, clock_timestamp() + min(delay) as due
             from unnest($1::text[], $2::uuid[], $3::interval[]) as job (kind, id, delay)
            group by kind, id
         ), moved as (
           update river.river_job job
              set scheduled_at = least(job.scheduled_at, wanted.due),
                  state = case when least(job.scheduled_at, wanted.due) <= clock_timestamp()
                               then 'available' else job.state end
             from wanted
            where job.kind = wanted.kind and job.args ->> 'id' = wanted.id::text
              and job.state in ('available', 'scheduled', 'retryable')
           returning wanted.kind, wanted.id
         )
         insert into river.river_job (kind, args, queue, state, scheduled_at, max_attempts, tags)
         select kind, jsonb_build_object('id', id), $4,
                (case when due <= clock_timestamp() + $5 then 'available' else 'scheduled' end)::river.river_job_state,
                due, $6, '{}'
           from wanted
          where not exists (select from moved where moved.kind = wanted.kind and moved.id = wanted.id)",
    )
    .bind(kinds)
    .bind(ids)
    .bind(delays)
    .bind(QUEUE)
    .bind(interval(SOON))
    .bind(MAX_ATTEMPTS)
    .execute(&mut **tx)
    .await?;
    // What River's own insertions say, after the commit instead of in it.
    let channel = format!("{SCHEMA}.{}", riverqueue::protocol::NOTIFICATION_TOPIC_INSERT);
    tx.announce(&channel, &format!(r#"{{"queue":"{QUEUE}"}}"#));
    Ok(())
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
