//! Trying again what failed, and calling off what has not begun.

use chrono::TimeDelta;
use serde_json::json;
use shepherd_contract::types::Batch;
use shepherd_domain::ids::RequestId;
use shepherd_domain::reason::Reason;
use shepherd_domain::states::RequestState;
use shepherd_jobs::{Job, JobKind};
use shepherd_store::batches as store;
use shepherd_store::quota::{self, Subject};
use shepherd_store::requests::{self, Move};

use super::super::edit::may_change;
use super::super::facts::quota_exceeded;
use super::super::submit::{end, request_audit, request_event, twin};
use super::super::view::Whole;
use super::settle::settle_locked;
use crate::change::{Begun, Change};
use crate::{App, Cx, Error, Result};

/// How long an approval covers further tries.
const APPROVAL_DAYS: i64 = 7;

impl App {
    /// Puts the failed children of an approved batch back in line.
    pub async fn retry_batch(&self, cx: &Cx, id: RequestId) -> Result<Batch> {
        let mut change = match self.begin_change(cx, id).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let (tries, anew) = store::retry(change.tx(), id).await.map_err(twin)?;
        requests::lock(change.tx(), id).await?;
        let before = Whole::load(change.tx(), id).await?;
        let row = &before.row;
        let decided = row.decided_at.filter(|_| row.state != "pending").ok_or_else(not_decided)?;
        if tries == 0 {
            return Err(Error::conflict("BATCH_NOTHING_TO_RETRY", "Nothing of this batch has failed."));
        }
        if change.now().await? - decided > TimeDelta::days(APPROVAL_DAYS) {
            let text = "This was approved more than seven days ago; ask again for what is still missing.";
            return Err(Error::Conflict(Reason::new("APPROVAL_TOO_OLD", text).with("days", APPROVAL_DAYS)));
        }
        let to = Move { state: "executing", ..Move::default() };
        let version = requests::advance(change.tx(), id, &to).await?;
        change.event(request_event(&before, version));
        shepherd_jobs::enqueue(change.tx(), Job::new(JobKind::Dispatch, id.0)).await?;
        if !anew.is_empty() {
            let place = before.place()?;
            let on = Subject {
                environment: place.environment,
                system: place.system,
                service: place.service,
                person: row.requester_person,
            };
            if let Some(limit) = quota::reserve_again(change.tx(), &on, &anew).await? {
                return Err(Error::Invalid { reason: quota_exceeded(&limit, 0), fields: vec![] });
            }
        }
        self.commit_batch(cx, change, &before, json!({ "tried_again": tries })).await
    }

    /// Ends what has not begun: all of it while nobody has decided, afterwards the children whose turn has not come.
    pub async fn cancel_batch(&self, cx: &Cx, id: RequestId) -> Result<Batch> {
        let mut change = match self.begin_change(cx, id).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let called_off = store::end_waiting(change.tx(), id, "cancelled").await?;
        requests::lock(change.tx(), id).await?;
        let before = Whole::load(change.tx(), id).await?;
        if called_off == 0 {
            let text = "Nothing of this batch waits any more; what has begun goes on to its end.";
            return Err(Error::conflict("BATCH_NOTHING_TO_CANCEL", text));
        }
        match RequestState::from(before.row.state.as_str()) {
            RequestState::Pending => end(&mut change, &before, "cancelled", None).await?,
            _ => settle_locked(&mut change, id).await?,
        }
        self.commit_batch(cx, change, &before, json!({ "called_off": called_off })).await
    }

    /// Whoever could have asked for it may go on with it.
    async fn begin_change<'c>(&self, cx: &'c Cx, id: RequestId) -> Result<Begun<'c, Batch>> {
        let whole = self.readable_batch(cx, id).await?;
        if !may_change(cx, &whole) && whole.row.requester_id != cx.actor.id {
            self.record_not_yours(cx, &whole).await;
            let text = "Only someone who may ask for such a thing here can do that.";
            return Err(Error::forbidden("NOT_YOUR_BATCH", text));
        }
        self.change(cx).await
    }

    async fn commit_batch(
        &self,
        cx: &Cx,
        mut change: Change<'_>,
        before: &Whole,
        what: serde_json::Value,
    ) -> Result<Batch> {
        let after = Whole::load(change.tx(), before.row.id).await?;
        let entry = request_audit(&after, "").before(json!({ "state": before.row.state }));
        let entry = entry.after(json!({ "state": after.row.state, "batch": what }));
        let shown = self.show_batch(cx, change.tx(), after).await?;
        change.commit(entry, shown).await
    }
}

/// Until when failed children can be tried again without another decision.
pub(super) fn still_approved(whole: &Whole, now: chrono::DateTime<chrono::Utc>) -> bool {
    let row = &whole.row;
    row.decided_at.is_some_and(|at| row.state != "pending" && now - at <= TimeDelta::days(APPROVAL_DAYS))
}

fn not_decided() -> Error {
    Error::conflict("BATCH_NOT_APPROVED", "This batch was not approved; nothing of it was tried.")
}
