//! The end of an operation: VM, request, quota, audit and the next in line, in one transaction.

use serde_json::json;
use shepherd_domain::ids::RequestId;
use shepherd_domain::quota::amounts;
use shepherd_domain::reason::Reason;
use shepherd_domain::spec;
use shepherd_domain::states::AuditOutcome;
use shepherd_jobs::Job;
use shepherd_store::events::Event;
use shepherd_store::operations::{self as store, Work};
use shepherd_store::requests::{self, Move};
use shepherd_store::vms::{self, Target};
use shepherd_store::{decisions, pools, quota};

use super::execute::{at_step, request_state, vm_event};
use super::settle::{settle, was};
use crate::change::{Audit, Change};
use crate::pools::wake;
use crate::requests::settle_batch;
use crate::{App, Error, Result};

/// How an operation ends.
#[derive(Clone, Copy)]
pub(super) enum End<'a> {
    Succeeded,
    /// Done, and the cluster has no such VM.
    Absent,
    Failed(&'a Reason),
    Expired(&'a Reason),
}

impl End<'_> {
    const fn state(&self) -> &'static str {
        match self {
            Self::Succeeded | Self::Absent => "succeeded",
            Self::Failed(_) => "failed",
            Self::Expired(_) => "expired",
        }
    }

    const fn failure(&self) -> Option<&Reason> {
        match self {
            Self::Succeeded | Self::Absent => None,
            Self::Failed(reason) | Self::Expired(reason) => Some(reason),
        }
    }
}

impl App {
    /// Ends the operation, and with it the request behind it.
    pub(super) async fn finish(&self, work: &Work, target: &Target, end: End<'_>) -> Result<()> {
        let state = end.state();
        let failure = end.failure().map(|reason| at_step(work, reason));
        let mut change = self.system_change().await?;
        vms::hold(change.tx(), work.vm_id).await?;
        store::finish(change.tx(), work, state, failure.as_ref()).await?;
        settle(&mut change, work, end).await?;
        let request = (work.cause_kind == "request").then_some(RequestId(work.cause_id));
        if let Some(id) = request {
            requests::lock(change.tx(), id).await?;
            let to = Move {
                state: request_state(state),
                closed: true,
                failure: failure.as_ref(),
                ..Move::default()
            };
            let version = requests::advance(change.tx(), id, &to).await?;
            change.event(
                Event::new("request", id, version)
                    .system(target.system)
                    .service(target.service)
                    .vm(target.id)
                    .environment(target.environment),
            );
            settle_batch(&mut change, id).await?;
        }
        for next in store::next_of_vms(change.tx(), &[work.vm_id]).await? {
            shepherd_jobs::enqueue(change.tx(), Job::operation(next)).await?;
        }
        let pool = pools::of_vm(change.tx(), work.vm_id).await?;
        if let Some(pool) = pool {
            wake(change.tx(), pool).await?;
        }
        change.event(vm_event(target));
        let entry = Audit::of("vm", target.id, &target.name)
            .action(effect_action(&work.operation))
            .outcome(if state == "succeeded" { AuditOutcome::Success } else { AuditOutcome::Failed })
            .system(target.system)
            .environment(target.environment)
            .vm(target.id)
            .request(request)
            .code(failure.as_ref().map(|f| f.code.to_string()).unwrap_or_default())
            .after(json!({ "operation": work.number, "state": state, "failure": failure }));
        change.commit(entry, ()).await
    }

    /// The request begins to be carried out. What it wants from the cluster was recorded with the approval; this
    /// records that it is being tried.
    pub(super) async fn mark_executing(&self, change: &mut Change<'_>, work: &Work) -> Result<()> {
        if work.cause_kind != "request" {
            return Ok(());
        }
        let id = RequestId(work.cause_id);
        let version =
            requests::advance(change.tx(), id, &Move { state: "executing", ..Move::default() }).await?;
        let target = vms::target(change.tx(), work.vm_id).await?;
        change.event(
            Event::new("request", id, version)
                .system(target.system)
                .service(target.service)
                .vm(target.id)
                .environment(target.environment),
        );
        let entry = Audit::of("vm", target.id, &target.name)
            .action(effect_action(&work.operation))
            .outcome(AuditOutcome::Intent)
            .system(target.system)
            .environment(target.environment)
            .vm(target.id)
            .request(id)
            .after(json!({ "operation": work.number }));
        change.record(entry).await
    }

    /// What was approved no longer holds: back to its approvers, whose word on it was given on other grounds. What a
    /// rule had waved through has no approvers to go back to and ends.
    pub(super) async fn send_back(&self, mut change: Change<'_>, work: &Work, reason: &Reason) -> Result<()> {
        let target = vms::target(change.tx(), work.vm_id).await?;
        store::finish(change.tx(), work, "failed", Some(reason)).await?;
        if work.operation == "vm.create" {
            vms::set_state(change.tx(), target.id, "deleted", None).await?;
        } else if let Some(was) = was(work) {
            vms::set_state(change.tx(), target.id, was, None).await?;
        }
        let id = RequestId(work.cause_id);
        requests::lock(change.tx(), id).await?;
        let version = if decisions::reopen(change.tx(), id).await? {
            reserve_as_asked(&mut change, id).await?;
            requests::send_back(change.tx(), id, reason).await?
        } else {
            quota::release_request(change.tx(), id).await?;
            let to = Move { state: "failed", closed: true, failure: Some(reason), ..Move::default() };
            requests::advance(change.tx(), id, &to).await?
        };
        change.event(
            Event::new("request", id, version)
                .system(target.system)
                .service(target.service)
                .vm(target.id)
                .environment(target.environment),
        );
        change.event(vm_event(&target));
        settle_batch(&mut change, id).await?;
        let entry = Audit::of("request", id, &target.name)
            .action("request.send_back")
            .system(target.system)
            .environment(target.environment)
            .vm(target.id)
            .request(id)
            .code(reason.code.to_string())
            .after(json!({ "operation": work.number, "failure": reason }));
        change.commit(entry, ()).await
    }
}

/// The narrowings of a request that goes back are void with the decisions that made them, and it reserves what was asked
/// for. No limit is checked: the books say what is asked, and nothing new fits until it is decided.
async fn reserve_as_asked(change: &mut Change<'_>, id: RequestId) -> Result<()> {
    let row = requests::load(change.tx(), id).await?;
    let spec = spec::from_bytes(&row.spec).map_err(|error| Error::Internal(Box::new(error)))?;
    let Some(create) = spec.as_create() else { return Ok(()) };
    let amounts = amounts(create);
    let amounts: Vec<(&str, i64)> = amounts.iter().map(|a| (a.dimension.as_str(), a.amount)).collect();
    quota::amend(change.tx(), id, &amounts).await?;
    Ok(())
}

/// The audit action of an operation's effect. Operations are a closed list; what a newer version adds is never worked
/// here.
pub(crate) fn effect_action(operation: &str) -> &'static str {
    match operation {
        "vm.create" => "vm.create",
        "vm.start" => "vm.start",
        "vm.stop" => "vm.stop",
        "vm.restart" => "vm.restart",
        "vm.pause" => "vm.pause",
        "vm.unpause" => "vm.unpause",
        "vm.modify" => "vm.modify",
        "vm.delete" => "vm.delete",
        "vm.restore" => "vm.restore",
        "vm.purge" => "vm.purge",
        _ => "vm.operation",
    }
}
