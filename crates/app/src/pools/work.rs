//! A manager's turn at one pool.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use shepherd_domain::ids::PoolId;
use shepherd_domain::pool::Plan;
use shepherd_jobs::{Job, JobKind};
use shepherd_store::events::Event;
use shepherd_store::lease::{self, Lease};
use shepherd_store::pool_work::{self, Looked};
use shepherd_store::{StoreError, pools, quota};
use uuid::Uuid;

use super::observe::Seen;
use crate::change::{Audit, Change};
use crate::{App, Error, Result};

/// How long a manager may be silent before another takes over. A turn is much shorter.
const LEASE: Duration = Duration::from_secs(30);
/// When a pool somebody is at is looked at again.
const LATER: Duration = Duration::from_millis(500);
/// How long nobody looks at a pool about which nothing is heard.
const RESYNC: TimeDelta = TimeDelta::seconds(60);
/// More acts than this in one turn: the others have theirs when it is looked at next, which is at once.
const ACTS: usize = 20;
/// How many pools the reconciler wakes in one round.
const BATCH: i64 = 500;

/// What one step of a turn led to.
pub(super) enum Turn {
    /// Something was done; look again.
    Again,
    /// Nothing is left to do.
    Rest,
}

impl App {
    /// Wakes the pools that are due.
    pub(crate) async fn wake_pools(&self) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let due = pool_work::due(&mut tx, BATCH).await?;
        let jobs: Vec<Job> = due.into_iter().map(|id| Job::new(JobKind::Reconcile, id)).collect();
        shepherd_jobs::enqueue_all(&mut tx, &jobs).await?;
        Ok(tx.commit().await?)
    }

    /// Does what a pool needs now. `Some` asks to be woken after that time.
    pub async fn work_pool(&self, id: PoolId) -> Result<Option<Duration>> {
        let name = format!("pool:{id}");
        let held = lease::acquire(&mut *self.db.acquire().await?, &name, Uuid::now_v7(), LEASE).await?;
        let Some(held) = held else { return Ok(Some(LATER)) };
        let done = self.manage(&held, id).await;
        lease::release(&mut *self.db.acquire().await?, &held).await?;
        match done {
            // Overtaken: theirs is the truth.
            Err(Error::Internal(cause))
                if matches!(cause.downcast_ref(), Some(StoreError::LeaseLost { .. })) =>
            {
                Ok(None)
            }
            // It is gone since.
            Err(Error::NotFound) => Ok(None),
            other => other,
        }
    }

    async fn manage(&self, lease: &Lease, id: PoolId) -> Result<Option<Duration>> {
        for _ in 0..ACTS {
            if matches!(self.turn_of_pool(lease, id).await?, Turn::Rest) {
                return Ok(None);
            }
        }
        Ok(Some(Duration::ZERO))
    }

    /// The first act of the plan as it is now, or the plan itself where there is none.
    async fn turn_of_pool(&self, lease: &Lease, id: PoolId) -> Result<Turn> {
        let mut change = self.system_change().await?;
        lease::guard(change.tx(), lease).await?;
        pools::hold(change.tx(), id).await?;
        let seen = Seen::read(change.tx(), id).await?;
        if seen.row.state == "deleted" {
            return Ok(Turn::Rest);
        }
        let plan = seen.plan();
        match plan.acts.first() {
            Some(planned) => self.act_on_pool(change, lease, &seen, planned).await,
            None => self.rest(change, &seen, &plan).await.map(|()| Turn::Rest),
        }
    }

    /// Keeps what pages show of a pool about which nothing is to be done now.
    async fn rest(&self, mut change: Change<'_>, seen: &Seen, plan: &Plan) -> Result<()> {
        let row = &seen.row;
        pool_work::forget(change.tx(), row.id, &plan.settled).await?;
        Self::follow_rollout(&mut change, seen, plan).await?;
        if row.state == "deleting" && seen.rows.is_empty() {
            return self.pool_is_gone(change, seen).await;
        }
        let resync = seen.now + RESYNC;
        let looked = Looked {
            plan: &json!({ "held_back": plan.held_back, "attention": plan.attention, "look_again": plan.look_again }),
            available: plan.available,
            attention: !plan.attention.is_empty(),
            due: plan.look_again.map_or(resync, |at| at.min(resync)),
        };
        if let Some(version) = pool_work::looked(change.tx(), row.id, &looked).await? {
            change.event(pool_event(seen, version));
        }
        change.commit_progress().await
    }

    async fn pool_is_gone(&self, mut change: Change<'_>, seen: &Seen) -> Result<()> {
        let row = &seen.row;
        let version = pool_work::gone(change.tx(), row.id).await?;
        quota::release_request(change.tx(), row.request_id).await?;
        change.event(pool_event(seen, version));
        let entry = about(seen, "pool.delete").after(json!({ "state": "deleted" }));
        change.commit(entry, ()).await
    }
}

/// The event of a pool that has changed.
pub(super) fn pool_event(seen: &Seen, version: i64) -> Event {
    let row = &seen.row;
    Event::new("pool", row.id, version)
        .system(row.system_id)
        .service(row.service_id)
        .environment(row.environment_id)
}

/// An entry about a pool.
pub(super) fn about(seen: &Seen, action: &'static str) -> Audit {
    let row = &seen.row;
    Audit::of("pool", row.id, &row.name)
        .action(action)
        .system(row.system_id)
        .environment(row.environment_id)
        .request(row.agreed_by)
}
