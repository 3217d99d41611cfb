//! Changing what an open request asks for: one road for every operation, each with the body it was asked with.
//!
//! An edit is judged like a new wish (catalogue, policy, placement, quota, the cluster's dry-run), voids every word
//! said before, and is decided anew by stages of the policy in force now. It is bound to the version the editor saw:
//! of an edit and a decision at the same moment one wins, and the other is told. Whoever may ask for such a thing here
//! may change it; they cannot decide it then.

use serde_json::json;
use shepherd_contract::types::{EditRequest, Request, RequestVm};
use shepherd_domain::approval;
use shepherd_domain::authz::Permission;
use shepherd_domain::ids::RequestId;
use shepherd_domain::reason::{Coded, Reason};
use shepherd_domain::spec::{ConsoleSpec, Spec, VmSpec};
use shepherd_domain::states::{RequestOperation, RequestState};
use shepherd_store::request_edits::{self as store, Rewrite};
use shepherd_store::{requests, vms};

use super::asked::Words;
use super::asker::Asker;
use super::batches;
use super::power::{stop_spec, typed};
use super::submit::{Place, Submission, Written, request_audit};
use super::view::Whole;
use crate::change::{self, Change};
use crate::{App, Cx, Error, Result};

/// Wordings after which a request has become something that nobody can follow.
const MOST_WORDINGS: i32 = 50;

impl App {
    /// Puts a new wording in the place of the one the caller saw.
    pub async fn edit_request(
        &self,
        cx: &Cx,
        id: RequestId,
        version: i64,
        body: EditRequest,
    ) -> Result<Request> {
        let before = self.readable(cx, id).await?;
        self.may_change(cx, &before).await?;
        batches::refuse_change(&before)?;
        editable(&before, version)?;
        let edited = match body {
            EditRequest::VmCreate(edit) if before.row.operation == "vm.create" => {
                self.edit_vm(cx, &before, version, edit.body).await
            }
            EditRequest::VmModify(edit) if before.row.operation == "vm.modify" => {
                let vm_id =
                    before.row.vm_id.ok_or_else(|| Error::Internal("a change without its VM".into()))?;
                let vm = vms::load(&mut *self.db.acquire().await?, vm_id).await?;
                self.put_change(cx, Place::Edit { before: &before, version }, &vm, edit.body).await
            }
            EditRequest::SystemJoin(edit) if before.joins().is_some() => {
                self.put_join(cx, Place::Edit { before: &before, version }, edit.body).await
            }
            other => self.edit_on_vm(cx, &before, version, other).await,
        };
        edited.map_err(|error| error.under("/body"))
    }

    async fn edit_vm(&self, cx: &Cx, before: &Whole, version: i64, body: RequestVm) -> Result<Request> {
        let asker = Asker::of(&mut *self.db.acquire().await?, cx, before).await?;
        let (draft, judged) = self.draft(cx, &asker, &body, Some(before.row.id)).await?;
        if Some(draft.facts.service_id) != before.row.service_id {
            return Err(fixed("/service_id", "Service"));
        }
        if Some(draft.facts.environment_id) != before.row.environment_id {
            return Err(fixed("/namespace_id", "environment"));
        }
        self.put_vm(cx, Place::Edit { before, version }, &asker, &body, &draft, &judged).await
    }

    async fn edit_on_vm(&self, cx: &Cx, before: &Whole, version: i64, body: EditRequest) -> Result<Request> {
        let wrong = || {
            let text = format!("This request is for {}; ask anew for something else.", before.row.operation);
            Error::field("/operation", "OPERATION_FIXED", text)
        };
        let vm_id = before.row.vm_id.ok_or_else(wrong)?;
        let vm = vms::load(&mut *self.db.acquire().await?, vm_id).await?;
        let words = Words::new;
        let (spec, words) = match body {
            EditRequest::VmCreate(_) | EditRequest::VmModify(_) | EditRequest::SystemJoin(_) => {
                return Err(wrong());
            }
            EditRequest::VmStart(edit) => {
                (Spec::Start(VmSpec { vm_id }), words(edit.body.reason, edit.body.fields))
            }
            EditRequest::VmRestart(edit) => {
                (Spec::Restart(VmSpec { vm_id }), words(edit.body.reason, edit.body.fields))
            }
            EditRequest::VmPause(edit) => {
                (Spec::Pause(VmSpec { vm_id }), words(edit.body.reason, edit.body.fields))
            }
            EditRequest::VmUnpause(edit) => {
                (Spec::Unpause(VmSpec { vm_id }), words(edit.body.reason, edit.body.fields))
            }
            EditRequest::VmStop(edit) => {
                (stop_spec(vm_id, &edit.body)?, words(edit.body.reason, edit.body.fields))
            }
            EditRequest::VmDelete(edit) => {
                typed(&vm, &edit.body.confirm_name)?;
                (Spec::Delete(VmSpec { vm_id }), words(edit.body.reason, edit.body.fields))
            }
            EditRequest::VmRestore(edit) => {
                (Spec::Restore(VmSpec { vm_id }), words(edit.body.reason, edit.body.fields))
            }
            EditRequest::VmPurge(edit) => {
                typed(&vm, &edit.body.confirm_name)?;
                (Spec::Purge(VmSpec { vm_id }), words(edit.body.reason, edit.body.fields))
            }
            EditRequest::VmConsole(edit) => {
                let kind = edit.body.kind.as_str().parse().map_err(|_| Error::NotFound)?;
                (Spec::Console(ConsoleSpec { vm_id, kind }), words(edit.body.reason, edit.body.fields))
            }
        };
        if spec.operation().as_str() != before.row.operation {
            return Err(wrong());
        }
        self.ask_at(cx, Place::Edit { before, version }, &vm, spec, words).await
    }

    /// Writes the new wording under the request's lock, if it is still what the editor saw.
    pub(super) async fn rewrite(
        &self,
        cx: &Cx,
        change: &mut Change<'_>,
        (before, version): (&Whole, i64),
        new: &Submission<'_>,
        written: &Written,
    ) -> Result<RequestId> {
        let id = before.row.id;
        requests::lock(change.tx(), id).await?;
        editable(&Whole::load(change.tx(), id).await?, version)?;
        let same = new.canonical.hash.as_bytes() == before.row.spec_hash.as_slice();
        let copy_number = if same { before.row.copy_number } else { written.copy_number };
        let rewrite = Rewrite {
            id,
            editor: cx.actor.id,
            person: cx.actor.person,
            namespace: new.target.namespace(),
            spec: &new.canonical.bytes,
            spec_version: new.canonical.version,
            spec_json: &new.canonical.json,
            spec_hash: new.canonical.hash.as_bytes(),
            copy_number,
            reason: new.reason,
            verdict: &written.verdict,
            inputs: &written.inputs,
            placement: &written.placement,
            cluster: new.cluster,
            automatic_rule: new.judged.automatic(),
            expires_at: written.expires_at,
        };
        store::rewrite(change.tx(), &rewrite).await.map_err(super::submit::twin)?;
        Ok(id)
    }

    /// Commits an edit, with how it was before.
    pub(super) async fn commit_edit(
        &self,
        cx: &Cx,
        mut change: Change<'_>,
        before: &Whole,
    ) -> Result<Request> {
        let after = Whole::load(change.tx(), before.row.id).await?;
        let row = &before.row;
        let entry = request_audit(&after, "").before(json!({
            "state": row.state,
            "spec": row.spec_json,
            "spec_hash": hex::encode(&row.spec_hash),
            "reason": row.reason,
        }));
        let shown = self.show_request(cx, change.tx(), after).await?;
        change.commit(entry, shown).await
    }

    async fn may_change(&self, cx: &Cx, whole: &Whole) -> Result<()> {
        if may_change(cx, whole) {
            return Ok(());
        }
        self.record_not_yours(cx, whole).await;
        let text = "Only someone who may ask for such a thing here can change the request; an approver can ask for changes.";
        Err(Error::forbidden("NOT_YOURS_TO_EDIT", text))
    }
}

impl App {
    /// Records a refusal of what only someone may do who could have asked for it.
    pub(super) async fn record_not_yours(&self, cx: &Cx, whole: &Whole) {
        if let Some(permission) = needed(whole) {
            change::record_denial(self, cx, permission).await;
        }
    }
}

/// Whether the caller could have asked for it themselves. A place in a System each asks for alone.
pub(super) fn may_change(cx: &Cx, whole: &Whole) -> bool {
    if whole.joins().is_some() {
        return whole.row.requester_id == cx.actor.id;
    }
    let place = requests::place(&whole.row);
    needed(whole).is_some_and(|needed| cx.grants.check(needed, &place).is_ok())
}

fn needed(whole: &Whole) -> Option<Permission> {
    Permission::to_ask(RequestOperation::from(whole.row.operation.as_str()))
}

fn editable(whole: &Whole, version: i64) -> Result<()> {
    let row = &whole.row;
    approval::may_edit(RequestState::from(row.state.as_str()))
        .map_err(|refusal| Error::Conflict(refusal.reason()))?;
    if row.version != version {
        return Err(Error::Stale);
    }
    if row.revision >= MOST_WORDINGS {
        let text = "This request was changed too often to be followed; cancel it and ask anew.";
        return Err(Error::Conflict(Reason::new("TOO_MANY_EDITS", text).with("most", MOST_WORDINGS)));
    }
    Ok(())
}

pub(super) fn fixed(pointer: &str, what: &str) -> Error {
    let text = format!("A request stays in its {what}; cancel it and ask anew for another.");
    Error::field(pointer, "FIXED_IN_REQUEST", text)
}
