//! Withdrawing a request, and ending those nobody decided in time.

use serde_json::json;
use shepherd_contract::types::{CancelRequest, Request};
use shepherd_domain::ids::{RequestId, VmId};
use shepherd_domain::policy::OnTimeout;
use shepherd_domain::reason::Reason;
use shepherd_domain::states::{AuditOutcome, RequestEvent, RequestState};
use shepherd_store::events::Event;
use shepherd_store::{calling_off, pending, requests as store, vms};

use super::batches;
use super::submit::{end, request_audit};
use super::view::Whole;
use crate::change::{Audit, Begun, Change};
use crate::operations::effect_action;
use crate::{App, Cx, Error, Result};

impl App {
    /// Withdraws the caller's own request while nobody has begun to carry it out. What was approved already is called
    /// off with it.
    pub async fn cancel_request(&self, cx: &Cx, id: RequestId, body: CancelRequest) -> Result<Request> {
        let seen = self.readable(cx, id).await?;
        batches::refuse_alone(&seen)?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        // What is approved is its VM's as well, and a worker takes the VM first.
        let held = seen.row.vm_id.filter(|_| seen.row.state == "approved");
        if let Some(vm) = held {
            vms::hold(change.tx(), vm).await?;
        }
        store::lock(change.tx(), id).await?;
        let whole = Whole::load(change.tx(), id).await?;
        if whole.row.requester_id != cx.actor.id {
            let text = "Only the person who asked can withdraw a request; an approver can reject it.";
            return Err(Error::forbidden("NOT_YOUR_REQUEST", text));
        }
        let state = RequestState::from(whole.row.state.as_str());
        state.apply(RequestEvent::Cancel).map_err(|_| too_late(state))?;
        if state == RequestState::Approved {
            self.call_off(&mut change, &whole, held).await?;
        }
        end(&mut change, &whole, "cancelled", None).await?;
        let after = Whole::load(change.tx(), id).await?;
        let comment = body.reason.unwrap_or_default();
        let entry = request_audit(&after, &comment).before(json!({ "state": whole.row.state }));
        let shown = self.show_request(cx, change.tx(), after).await?;
        change.commit(entry, shown).await
    }

    /// Nobody has begun, and nobody will.
    async fn call_off(&self, change: &mut Change<'_>, whole: &Whole, held: Option<VmId>) -> Result<()> {
        let row = &whole.row;
        let vm = held.filter(|vm| row.vm_id == Some(*vm)).ok_or_else(|| too_late(RequestState::Approved))?;
        let why = Reason::new("CALLED_OFF", "Whoever asked for it withdrew it before its work began.");
        let number = calling_off::operation(change.tx(), row.id, &why).await?;
        let number = number.ok_or_else(|| too_late(RequestState::Executing))?;
        calling_off::vm(change.tx(), vm, &row.operation).await?;
        let event = Event::new("vm", vm, 0).system(row.system_id).service(row.service_id);
        change.event(event.environment(row.environment_id));
        let entry = Audit::of("vm", vm, row.vm_name.as_deref().unwrap_or_default())
            .action(effect_action(&row.operation))
            .outcome(AuditOutcome::Failed)
            .system(row.system_id)
            .environment(row.environment_id)
            .vm(vm)
            .request(row.id)
            .code("CALLED_OFF")
            .after(json!({ "operation": number, "state": "superseded", "failure": why }));
        change.record(entry).await
    }

    /// Ends requests past their time: nobody decided, or their requester changed nothing. Silence never approves.
    /// Returns how many ended.
    pub async fn expire_requests(&self) -> Result<usize> {
        let mut ended = 0;
        loop {
            let mut change = self.system_change().await?;
            let Some(id) = pending::lock_expired(change.tx(), 1).await?.pop() else { return Ok(ended) };
            let whole = Whole::load(change.tx(), id).await?;
            let reason = match whole.row.state.as_str() {
                "changes_requested" => Reason::new(
                    "NOT_CHANGED_IN_TIME",
                    "An approver wanted changes, and none came in time; ask again if it is still needed.",
                ),
                _ => Reason::new(
                    "NOT_DECIDED_IN_TIME",
                    "Nobody decided in time; ask again if it is still needed.",
                ),
            };
            // What a policy wants refused when nobody speaks is refused; silence never approves.
            let state = match OnTimeout::read(&whole.row.pending_then) {
                OnTimeout::Reject if whole.row.state == "pending" => "rejected",
                _ => "expired",
            };
            end(&mut change, &whole, state, Some(&reason)).await?;
            let entry = request_audit(&whole, "").action("request.expire").code(reason.code.to_string());
            change.commit(entry, ()).await?;
            ended += 1;
        }
    }
}

fn too_late(state: RequestState) -> Error {
    let text = match state {
        // Decided while the caller was writing.
        RequestState::Approved => {
            "This request was approved a moment ago; withdraw it again if it must not be done.".to_owned()
        }
        _ => format!("This request is {state}; it can be withdrawn only while its work has not begun."),
    };
    Error::Conflict(Reason::new("NOT_PENDING", text).with("state", state.as_str()))
}
