//! Writing a request: the one transaction of submitting, whatever is asked for.

use chrono::TimeDelta;
use serde_json::json;
use shepherd_contract::types::{QuotaLine, Request};
use shepherd_domain::ids::{ClusterId, EnvironmentId, NamespaceId, RequestId, ServiceId, SystemId, VmId};
use shepherd_domain::placement::Candidate;
use shepherd_domain::quota::Amount;
use shepherd_domain::spec::CanonicalSpec;
use shepherd_domain::states::RequestOperation;
use shepherd_store::decisions::{self, NewStage};
use shepherd_store::events::Event;
use shepherd_store::quota::Subject;
use shepherd_store::requests::{self as store, Move, NewRequest};
use shepherd_store::{StoreError, quota};

use super::create::duplicate;
use super::facts::quota_exceeded;
use super::judge::Judged;
use super::view::Whole;
use crate::change::{Audit, Change};
use crate::{App, Cx, Error, Result};

/// How long a request waits for its people.
const PENDING_DAYS: i64 = 14;

/// A request, judged and ready to be written.
pub(super) struct Submission<'a> {
    pub operation: RequestOperation,
    pub system: SystemId,
    pub service: ServiceId,
    pub environment: EnvironmentId,
    pub namespace: NamespaceId,
    pub vm: Option<VmId>,
    /// Set when the VM's row is part of what was judged.
    pub vm_version: Option<i64>,
    pub canonical: &'a CanonicalSpec,
    pub copy_number: i32,
    pub reason: &'a str,
    pub judged: &'a Judged,
    pub candidates: &'a [Candidate],
    pub cluster: Option<ClusterId>,
    pub quota: Option<(Subject, &'a [Amount], &'a [QuotaLine])>,
    pub sample: bool,
}

impl App {
    /// Writes request, stages, reservation and event. What a rule waves through goes on at once to what follows an
    /// approval, in the same transaction.
    pub(super) async fn submit(
        &self,
        cx: &Cx,
        change: &mut Change<'_>,
        new: Submission<'_>,
    ) -> Result<RequestId> {
        let id = RequestId::new();
        let automatic = new.judged.automatic();
        let quota_lines = new.quota.as_ref().map(|(_, _, lines)| *lines).unwrap_or_default();
        let inputs =
            json!({ "inputs": new.judged.inputs, "quota": quota_lines, "vm_version": new.vm_version });
        let now = change.now().await?;
        let expires_at = automatic.is_none().then(|| now + TimeDelta::days(PENDING_DAYS));
        store::insert(
            change.tx(),
            &NewRequest {
                id,
                operation: new.operation.as_str(),
                state: "pending",
                requester: cx.actor.id,
                system: new.system,
                service: new.service,
                environment: new.environment,
                namespace: new.namespace,
                vm: new.vm,
                spec: &new.canonical.bytes,
                spec_version: new.canonical.version,
                spec_json: &new.canonical.json,
                spec_hash: new.canonical.hash.as_bytes(),
                copy_number: new.copy_number,
                reason: new.reason,
                verdict: &serde_json::to_value(&new.judged.judgement)?,
                inputs: &inputs,
                placement: &serde_json::to_value(new.candidates)?,
                cluster: new.cluster,
                automatic_rule: automatic,
                sample: new.sample,
                expires_at,
            },
        )
        .await
        .map_err(|error| self.twin(error))?;
        let stages: Vec<NewStage<'_>> = new.judged.stages().iter().map(stage).collect();
        decisions::insert_stages(change.tx(), id, &stages).await?;
        change.event(
            Event::new("request", id, 1).system(new.system).service(new.service).environment(new.environment),
        );
        if automatic.is_some() {
            let whole = Whole::load(change.tx(), id).await?;
            self.approved(change, &whole, None).await?;
        }
        if let Some((subject, amounts, _)) = new.quota {
            let amounts: Vec<(&str, i64)> =
                amounts.iter().map(|a| (a.dimension.as_str(), a.amount)).collect();
            if let Some(limit) = quota::reserve(change.tx(), id, &subject, &amounts).await? {
                let asked = amounts.iter().find(|(d, _)| *d == limit.dimension).map_or(0, |(_, a)| *a);
                return Err(Error::Invalid { reason: quota_exceeded(&limit, asked), fields: vec![] });
            }
        }
        Ok(id)
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

    fn twin(&self, error: StoreError) -> Error {
        match error.unique_violation() {
            Some(index) if index.starts_with("request_duplicate_") => Error::conflict(
                "DUPLICATE_REQUEST",
                "There is an open request for exactly this already; wait for it, cancel it, or say that you want another one.",
            ),
            _ => error.into(),
        }
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

fn stage(stage: &shepherd_domain::policy::Stage) -> NewStage<'_> {
    NewStage {
        position: stage.position,
        permission: &stage.permission,
        needed: i32::try_from(stage.needed).unwrap_or(i32::MAX),
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
    Ok(())
}

/// The event of a changed request.
pub(super) fn request_event(whole: &Whole, version: i64) -> Event {
    let row = &whole.row;
    Event::new("request", row.id, version)
        .system(row.system_id)
        .service(row.service_id)
        .environment(row.environment_id)
}
