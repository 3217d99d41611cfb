//! The loop: one operation, from where it stands to where there is only waiting left.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shepherd_domain::ids::OperationId;
use shepherd_domain::plan::{self, Clock, Memory, Observed, Step, StepOutcome};
use shepherd_domain::reason::Reason;
use shepherd_domain::states::RequestOperation;
use shepherd_store::StoreError;
use shepherd_store::events::Event;
use shepherd_store::operations::{self as store, Work};
use shepherd_store::vms::{self, Target};

use super::finish::End;
use super::validity::Validity;
use crate::change::Change;
use crate::{App, Error, Result};

/// Many times the steps of the longest operation: more turns than this in one wake-up mean that something goes in circles.
const TURNS: usize = 64;

/// What one turn led to.
enum Turn {
    Again,
    PutDown(Option<Duration>),
}

impl App {
    /// Takes an operation up and brings it as far as it goes now. `Some` asks to be woken after that time.
    pub async fn work_operation(&self, id: OperationId) -> Result<Option<Duration>> {
        let result = self.run(id).await;
        match result {
            // Someone else is at it, or it was superseded: theirs is the truth.
            Err(Error::Internal(cause))
                if matches!(cause.downcast_ref(), Some(StoreError::LeaseLost { .. })) =>
            {
                Ok(None)
            }
            other => other,
        }
    }

    async fn run(&self, id: OperationId) -> Result<Option<Duration>> {
        let Some(mut work) = self.take(id).await? else { return Ok(None) };
        let operation = RequestOperation::from_stored(&work.operation);
        if operation == RequestOperation::Unknown {
            // Written by a newer version, which works beside us.
            return Ok(Some(Duration::from_secs(30)));
        }
        let done = self.turns(&mut work, operation).await;
        if done.is_err() {
            self.let_go(&work).await;
        }
        done
    }

    async fn turns(&self, work: &mut Work, operation: RequestOperation) -> Result<Option<Duration>> {
        for _ in 0..TURNS {
            match self.turn(work, operation).await? {
                Turn::Again => {}
                Turn::PutDown(later) => return Ok(later),
            }
        }
        Err(Error::Internal(format!("operation {} goes in circles at {:?}", work.number, work.step).into()))
    }

    /// After a fault of ours: puts the operation down, or the next attempt would take this one for alive and leave it
    /// alone. Whether it succeeds does not matter much: the reconciler finds what nobody touches.
    async fn let_go(&self, work: &Work) {
        let put_down = async {
            let mut change = self.system_change().await?;
            store::wait(change.tx(), work, None, true).await?;
            change.commit_progress().await
        };
        if let Err(error) = put_down.await {
            tracing::debug!(operation.number = work.number, %error, "it was not put down");
        }
    }

    /// Takes it up, the first time after asking whether what was approved still holds.
    async fn take(&self, id: OperationId) -> Result<Option<Work>> {
        let mut change = self.system_change().await?;
        let Some(mut work) = store::take(change.tx(), id).await? else {
            // That somebody else is at it and shall look again has to be kept.
            change.commit_progress().await?;
            return Ok(None);
        };
        if work.first {
            if let Validity::Lost(reason) = self.still_valid(change.tx(), &work).await? {
                self.send_back(change, &work, &reason).await?;
                return Ok(None);
            }
            let target = vms::target(change.tx(), work.vm_id).await?;
            work.params["instance_uid"] = json!(target.instance_uid);
            store::remember(change.tx(), &work, &work.params).await?;
            self.mark_executing(&mut change, &work).await?;
        }
        if work.step.is_none() {
            let operation = RequestOperation::from_stored(&work.operation);
            if let Some(first) = plan::steps_of(operation, grows(&work)).first() {
                self.enter_within(&mut change, &mut work, *first).await?;
            }
        }
        change.commit_progress().await?;
        Ok(Some(work))
    }

    async fn turn(&self, work: &mut Work, operation: RequestOperation) -> Result<Turn> {
        let step = work.step.as_deref().map(Step::from);
        let step = step.ok_or_else(|| Error::Internal("an operation without steps".into()))?;
        let target = vms::target(&mut *self.db.acquire().await?, work.vm_id).await?;
        let observed = self.observe(&target, step).await?;
        let memory = memory(work, &target);
        match plan::advance(operation, step, &observed, &memory, times(work, target.now)) {
            StepOutcome::Done => match plan::next_step(operation, step, grows(work)) {
                Some(next) => self.enter(work, next).await.map(|()| Turn::Again),
                None => {
                    // What is not in the cluster any more cannot be kept in the trash.
                    let gone = matches!(observed, Observed::Missing | Observed::Foreign);
                    let end = if gone { End::Absent } else { End::Succeeded };
                    self.finish(work, &target, end).await.map(|()| Turn::PutDown(None))
                }
            },
            StepOutcome::Wait { .. } => {
                let words = target.message.as_deref().or(target.reason.as_deref());
                match self.put_down(work, &target, words, false).await? {
                    true => Ok(Turn::PutDown(None)),
                    false => Ok(Turn::Again),
                }
            }
            StepOutcome::Act(action) => match self.act(work, &target, &action).await? {
                Ok(()) => {
                    let memory = Memory { acted: true, ..memory };
                    // Mostly this was all there is to the step, and the next one begins with the same commit.
                    let over = plan::advance(operation, step, &observed, &memory, times(work, target.now));
                    let next = matches!(over, StepOutcome::Done)
                        .then(|| plan::next_step(operation, step, grows(work)));
                    self.acted(work, step, next.flatten()).await.map(|()| Turn::Again)
                }
                Err(fault) => match fault.retry {
                    Some(later) => {
                        self.put_down(work, &target, Some(&fault.reason.text), true).await?;
                        Ok(Turn::PutDown(Some(later.min(Duration::from_secs(30)))))
                    }
                    None => {
                        let failed = self.finish(work, &target, End::Failed(&fault.reason)).await;
                        failed.map(|()| Turn::PutDown(None))
                    }
                },
            },
            StepOutcome::Fail(reason) => {
                self.finish(work, &target, End::Failed(&reason)).await.map(|()| Turn::PutDown(None))
            }
            StepOutcome::Expire(reason) => {
                self.finish(work, &target, End::Expired(&reason)).await.map(|()| Turn::PutDown(None))
            }
        }
    }

    async fn enter(&self, work: &mut Work, step: Step) -> Result<()> {
        let mut change = self.system_change().await?;
        self.enter_within(&mut change, work, step).await?;
        change.commit_progress().await
    }

    async fn enter_within(&self, change: &mut Change<'_>, work: &mut Work, step: Step) -> Result<()> {
        let started_at = store::enter_step(change.tx(), work, step.as_str()).await?;
        work.step = Some(step.as_str().to_owned());
        work.step_started_at = Some(started_at);
        work.acted = false;
        let at = vms::scope(change.tx(), work.vm_id).await?;
        let event = Event::new("operation", work.id, 0);
        change.event(event.system(at.system).service(at.service).vm(at.vm).environment(at.environment));
        Ok(())
    }

    async fn acted(&self, work: &mut Work, step: Step, next: Option<Step>) -> Result<()> {
        let mut change = self.system_change().await?;
        store::acted(change.tx(), work, step.as_str()).await?;
        work.acted = true;
        if let Some(next) = next {
            self.enter_within(&mut change, work, next).await?;
        }
        change.commit_progress().await
    }

    /// `false`: something happened meanwhile, so it is not put down.
    async fn put_down(
        &self,
        work: &Work,
        target: &Target,
        words: Option<&str>,
        regardless: bool,
    ) -> Result<bool> {
        let mut change = self.system_change().await?;
        let down = store::wait(change.tx(), work, words, regardless).await?;
        change.event(vm_event(target));
        change.commit_progress().await?;
        Ok(down)
    }
}

/// The event of a VM whose operation or state has moved; it carries no version, so everyone looks again.
pub(super) fn vm_event(target: &Target) -> Event {
    Event::new("vm", target.id, 0)
        .system(target.system)
        .service(target.service)
        .environment(target.environment)
}

/// Whether the root disk grows, which is a step of its own.
fn grows(work: &Work) -> bool {
    work.params.get("disk").is_some_and(|disk| !disk.is_null())
}

fn memory(work: &Work, target: &Target) -> Memory {
    let text = |name: &str| work.params.get(name).and_then(Value::as_str).map(str::to_owned);
    Memory {
        uid: target.cluster_uid.clone(),
        instance_uid: text("instance_uid"),
        acted: work.acted,
        force: work.params.get("force").and_then(Value::as_bool).unwrap_or_default(),
        grace_seconds: work
            .params
            .get("grace_seconds")
            .and_then(Value::as_u64)
            .and_then(|seconds| u32::try_from(seconds).ok()),
    }
}

fn times(work: &Work, now: DateTime<Utc>) -> Clock {
    Clock { in_step: now - work.step_started_at.unwrap_or(now), left: work.not_after - now }
}

/// Reading stored words in one place.
trait FromStored {
    fn from_stored(text: &str) -> Self;
}

impl FromStored for RequestOperation {
    fn from_stored(text: &str) -> Self {
        text.parse().unwrap_or(Self::Unknown)
    }
}

/// Where a request goes when its operation ends in `state`.
pub(super) fn request_state(operation_state: &str) -> &'static str {
    match operation_state {
        "succeeded" => "succeeded",
        "expired" => "expired",
        _ => "failed",
    }
}

/// A failure with the words of the step it happened in.
pub(super) fn at_step(work: &Work, reason: &Reason) -> Reason {
    match &work.step {
        Some(step) => reason.clone().with("step", step.as_str()),
        None => reason.clone(),
    }
}
