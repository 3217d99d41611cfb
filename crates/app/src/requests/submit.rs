//! Writing a request: the one transaction of submitting, whatever is asked for.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shepherd_contract::types::{QuotaLine, Request};
use shepherd_domain::ids::{ClusterId, DraftId, PrincipalId, RequestId, VmId};
use shepherd_domain::placement::Candidate;
use shepherd_domain::quota::Amount;
use shepherd_domain::spec::CanonicalSpec;
use shepherd_domain::states::RequestOperation;
use shepherd_domain::target::Target;
use shepherd_store::decisions::{self, NewStage};
use shepherd_store::events::Event;
use shepherd_store::quota::Subject;
use shepherd_store::requests::{self as store, Move, NewRequest};
use shepherd_store::{StoreError, drafts, pending, quota};

use super::batches;
use super::create::duplicate;
use super::facts::quota_exceeded;
use super::judge::Judged;
use super::view::Whole;
use crate::change::{Audit, Begun, Change};
use crate::{App, Cx, Error, Result};

/// How long a request waits for its people: its approvers, or its requester when they want changes.
pub(super) const PENDING_DAYS: i64 = 14;

/// A request, judged and ready to be written.
pub(super) struct Submission<'a> {
    pub operation: RequestOperation,
    pub requester: PrincipalId,
    pub target: Target,
    pub vm: Option<VmId>,
    /// Set when the VM's row is part of what was judged.
    pub vm_version: Option<i64>,
    pub canonical: &'a CanonicalSpec,
    /// Yes, another one like an open request.
    pub another: bool,
    pub reason: &'a str,
    pub judged: &'a Judged,
    pub candidates: &'a [Candidate],
    pub cluster: Option<ClusterId>,
    pub quota: Option<(Subject, &'a [Amount], &'a [QuotaLine])>,
    pub sample: bool,
}

/// Whether something is asked for anew, from a draft, or in place of what an open request said.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    New,
    Draft { id: DraftId, version: i64 },
    Edit { before: &'a Whole, version: i64 },
}

impl Place<'_> {
    /// The request whose wording this replaces: what it has reserved does not count.
    pub fn replaces(&self) -> Option<RequestId> {
        match self {
            Self::New | Self::Draft { .. } => None,
            Self::Edit { before, .. } => Some(before.row.id),
        }
    }
}

/// What a submission adds to what was asked: how it was judged, in the form it is stored in.
pub(super) struct Written {
    pub copy_number: i32,
    pub verdict: Value,
    pub inputs: Value,
    pub placement: Value,
    pub expires_at: Option<DateTime<Utc>>,
}

impl App {
    /// Writes what was asked and judged, and answers with the request as the caller sees it.
    pub(super) async fn put(&self, cx: &Cx, place: Place<'_>, new: Submission<'_>) -> Result<Request> {
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        if !matches!(place, Place::Edit { .. }) {
            self.within_limits(cx, &mut change).await?;
        }
        let written = written(&mut change, &new).await?;
        let id = match place {
            Place::New => self.insert(&mut change, &new, &written).await?,
            Place::Draft { id, version } => {
                if !drafts::remove(change.tx(), id, cx.actor.id, Some(version)).await? {
                    return Err(Error::Stale);
                }
                self.insert(&mut change, &new, &written).await?
            }
            Place::Edit { before, version } => {
                let id = self.rewrite(cx, &mut change, (before, version), &new, &written).await?;
                // What the wording before held; the new one may need less, or nothing.
                quota::release_request(change.tx(), id).await?;
                id
            }
        };
        self.lay_before_people(&mut change, id, &new).await?;
        match place {
            Place::New | Place::Draft { .. } => self.commit_request(cx, change, id).await,
            Place::Edit { before, .. } => self.commit_edit(cx, change, before).await,
        }
    }

    pub(super) async fn insert(
        &self,
        change: &mut Change<'_>,
        new: &Submission<'_>,
        written: &Written,
    ) -> Result<RequestId> {
        let id = RequestId::new();
        let row = NewRequest {
            id,
            operation: new.operation.as_str(),
            state: "pending",
            requester: new.requester,
            target: new.target,
            vm: new.vm,
            spec: &new.canonical.bytes,
            spec_version: new.canonical.version,
            spec_json: &new.canonical.json,
            spec_hash: new.canonical.hash.as_bytes(),
            copy_number: written.copy_number,
            reason: new.reason,
            verdict: &written.verdict,
            inputs: &written.inputs,
            placement: &written.placement,
            cluster: new.cluster,
            automatic_rule: new.judged.automatic(),
            sample: new.sample,
            expires_at: written.expires_at,
        };
        store::insert(change.tx(), &row).await.map_err(twin)?;
        Ok(id)
    }

    /// Writes stages, event and reservation of a wording. What a rule waves through goes on at once to what follows an
    /// approval, in the same transaction.
    pub(super) async fn lay_before_people(
        &self,
        change: &mut Change<'_>,
        id: RequestId,
        new: &Submission<'_>,
    ) -> Result<()> {
        let stages: Vec<NewStage<'_>> = new.judged.stages().iter().map(stage).collect();
        decisions::insert_stages(change.tx(), id, &stages).await?;
        pending::wait(change.tx(), id, new.judged.judgement.pending).await?;
        let whole = Whole::load(change.tx(), id).await?;
        change.event(request_event(&whole, whole.row.version));
        if new.judged.automatic().is_some() {
            self.approved(change, &whole, None).await?;
        }
        if let Some((subject, amounts, _)) = new.quota.as_ref().filter(|(_, amounts, _)| !amounts.is_empty())
        {
            let amounts: Vec<(&str, i64)> =
                amounts.iter().map(|a| (a.dimension.as_str(), a.amount)).collect();
            if let Some(limit) = quota::reserve(change.tx(), id, subject, &amounts).await? {
                let asked = amounts.iter().find(|(d, _)| *d == limit.dimension).map_or(0, |(_, a)| *a);
                return Err(Error::Invalid { reason: quota_exceeded(&limit, asked), fields: vec![] });
            }
        }
        if new.judged.automatic().is_some() {
            // What was reserved just now is the pool's already.
            self.pool_takes(change, &whole).await?;
        }
        Ok(())
    }

    /// Commits with the audit entry of the operation, and answers with the request as the caller sees it.
    pub(super) async fn commit_request(
        &self,
        cx: &Cx,
        mut change: Change<'_>,
        id: RequestId,
    ) -> Result<Request> {
        let whole = Whole::load(change.tx(), id).await?;
        let entry = request_audit(&whole, "");
        let shown = self.show_request(cx, change.tx(), whole).await?;
        change.commit(entry, shown).await
    }

    /// The same refusal with the number of the twin, where it is known before writing.
    pub(super) async fn refuse_twin_on_vm(&self, vm: VmId, operation: RequestOperation) -> Result<()> {
        let open = store::open_on_vm(&mut *self.db.acquire().await?, vm, operation.as_str()).await?;
        match open {
            Some((id, number)) => Err(Error::Conflict(duplicate(id, number))),
            None => Ok(()),
        }
    }
}

pub(super) async fn written(change: &mut Change<'_>, new: &Submission<'_>) -> Result<Written> {
    let quota_lines = new.quota.as_ref().map(|(_, _, lines)| *lines).unwrap_or_default();
    let hash = new.canonical.hash;
    let copy_number = match new.target.service().filter(|_| new.another) {
        Some(service) => store::next_copy(change.tx(), new.requester, service, hash.as_bytes()).await?,
        None => 0,
    };
    let expires_at = match new.judged.automatic() {
        Some(_) => None,
        None => Some(change.now().await? + TimeDelta::days(PENDING_DAYS)),
    };
    Ok(Written {
        copy_number,
        verdict: serde_json::to_value(&new.judged.judgement)?,
        inputs: json!({ "inputs": new.judged.inputs, "quota": quota_lines, "vm_version": new.vm_version }),
        placement: serde_json::to_value(new.candidates)?,
        expires_at,
    })
}

/// The refusal of what an open request asks for already.
pub(super) fn twin(error: StoreError) -> Error {
    match error.unique_violation() {
        Some("request_duplicate_join") => Error::conflict(
            "DUPLICATE_REQUEST",
            "You have asked for this System already; change that request, cancel it, or wait for the answer.",
        ),
        Some(index) if index.starts_with("request_duplicate_") => Error::conflict(
            "DUPLICATE_REQUEST",
            "There is an open request for exactly this already; wait for it, cancel it, or say that you want another one.",
        ),
        _ => error.into(),
    }
}

fn stage(stage: &shepherd_domain::policy::Stage) -> NewStage<'_> {
    NewStage {
        position: stage.position,
        requirements: &stage.requirements,
        ask_again: stage.ask_again,
        state: if stage.position == 1 { "active" } else { "waiting" },
    }
}

/// An entry about a request, with what binds it: operation, hash, state; and what was said, if anything was.
pub(super) fn request_audit(whole: &Whole, comment: &str) -> Audit {
    let row = &whole.row;
    Audit::of("request", row.id, format!("R-{}", row.number))
        .system(row.system_id)
        .environment(row.environment_id)
        .vm(row.vm_id)
        .request(row.id)
        .after(json!({
            "operation": row.operation,
            "state": row.state,
            "spec": row.spec_json,
            "spec_hash": hex::encode(&row.spec_hash),
            "reason": row.reason,
            "automatic_rule": row.automatic_rule,
            "cluster": row.cluster_name,
            "comment": comment,
        }))
}

/// Ends a request that is locked, with all that hangs on it.
pub(super) async fn end(
    change: &mut Change<'_>,
    whole: &Whole,
    state: &str,
    failure: Option<&shepherd_domain::reason::Reason>,
) -> Result<()> {
    let row = &whole.row;
    let to = Move { state, decided: state == "rejected", closed: true, failure, ..Move::default() };
    let version = store::advance(change.tx(), row.id, &to).await?;
    decisions::void_open_stages(change.tx(), row.id).await?;
    quota::release_request(change.tx(), row.id).await?;
    change.event(request_event(whole, version));
    if row.batch_size.is_some() {
        shepherd_store::batches::end_waiting(change.tx(), row.id, state).await?;
    }
    batches::settle(change, row.id).await
}

/// The event of a changed request.
pub(super) fn request_event(whole: &Whole, version: i64) -> Event {
    let row = &whole.row;
    Event::new("request", row.id, version)
        .system(row.system_id)
        .service(row.service_id)
        .vm(row.vm_id)
        .environment(row.environment_id)
}
