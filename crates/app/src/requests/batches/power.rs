//! Starting, stopping, restarting, pausing, unpausing and deleting a selection of VMs, in one request.

use std::collections::HashMap;

use shepherd_contract::types::{Batch, DeleteVms, PowerAction, PowerVms, StopVm};
use shepherd_domain::authz::{Denied, Permission, VmScope};
use shepherd_domain::ids::VmId;
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::{Spec, VmSpec, with_fields};
use shepherd_domain::states::RequestOperation;
use shepherd_store::vms::{self, VmRow};
use shepherd_store::{batches as store, clock};

use super::super::asked::{Answers, Words};
use super::super::asker::Asker;
use super::super::power::{input, place_of, stop_spec, usable};
use super::submit::{Child, Parent};
use crate::error::FieldFault;
use crate::{App, Cx, Error, Result, change};

impl App {
    /// Asks for one act of power on each of a selection.
    pub async fn power_vms(&self, cx: &Cx, body: PowerVms) -> Result<Batch> {
        let how = StopVm { reason: None, force: body.force, grace_seconds: body.grace_seconds, fields: None };
        let (operation, spec): (_, fn(VmId, &StopVm) -> Result<Spec>) = match body.action {
            PowerAction::VmStart => (RequestOperation::Start, |vm_id, _| Ok(Spec::Start(VmSpec { vm_id }))),
            PowerAction::VmStop => (RequestOperation::Stop, stop_spec),
            PowerAction::VmRestart => {
                (RequestOperation::Restart, |vm_id, _| Ok(Spec::Restart(VmSpec { vm_id })))
            }
            PowerAction::VmPause => (RequestOperation::Pause, |vm_id, _| Ok(Spec::Pause(VmSpec { vm_id }))),
            PowerAction::VmUnpause => {
                (RequestOperation::Unpause, |vm_id, _| Ok(Spec::Unpause(VmSpec { vm_id })))
            }
        };
        if operation != RequestOperation::Stop && (body.force == Some(true) || body.grace_seconds.is_some()) {
            let text = "Only a stop can be forced, or give the guests less time.";
            return Err(Error::field("/force", "ONLY_FOR_STOP", text));
        }
        let chosen = self.selection(cx, &body.vm_ids, operation).await?;
        let words = Words::new(body.reason, body.fields);
        self.ask_each(cx, chosen, words, |vm| spec(vm, &how)).await
    }

    /// Asks to delete each of a selection; the name of their Service must be typed.
    pub async fn delete_vms(&self, cx: &Cx, body: DeleteVms) -> Result<Batch> {
        let chosen = self.selection(cx, &body.vm_ids, RequestOperation::Delete).await?;
        if chosen.first().is_some_and(|vm| vm.service_name != body.confirm_name) {
            let text = "Type the name of the VMs' Service exactly to confirm the deletion.";
            return Err(Error::field("/confirm_name", "CONFIRM_NAME", text));
        }
        let words = Words::new(body.reason, body.fields);
        self.ask_each(cx, chosen, words, |vm_id| Ok(Spec::Delete(VmSpec { vm_id }))).await
    }

    /// The chosen VMs in the order given, if the caller may do this to each and they belong together.
    async fn selection(&self, cx: &Cx, ids: &[VmId], operation: RequestOperation) -> Result<Vec<VmRow>> {
        let found = vms::load_many(&mut *self.db.acquire().await?, ids).await?;
        let mut found: HashMap<VmId, VmRow> = found.into_iter().map(|vm| (vm.id, vm)).collect();
        let needed = Permission::to_ask(operation).ok_or(Error::NotFound)?;
        let (mut chosen, mut faults) = (Vec::with_capacity(ids.len()), Vec::new());
        for (index, id) in ids.iter().enumerate() {
            let vm = found.remove(id);
            let verdict = vm.as_ref().map(|vm| cx.grants.check(needed, &scope(vm)));
            match (vm, verdict) {
                (Some(vm), Some(Ok(()))) => chosen.push(vm),
                (_, Some(Err(denied @ Denied::Missing(_)))) => {
                    change::record_denial(self, cx, needed).await;
                    return Err(denied.into());
                }
                _ => faults.push(fault(
                    index,
                    "UNKNOWN_REFERENCE",
                    "There is no such VM, or it is not shared with you.",
                )),
            }
        }
        if chosen.is_empty() {
            return Err(Error::NotFound);
        }
        refuse(faults)?;
        together(&chosen)?;
        Ok(chosen)
    }

    async fn ask_each(
        &self,
        cx: &Cx,
        chosen: Vec<VmRow>,
        words: Words,
        spec: impl Fn(VmId) -> Result<Spec>,
    ) -> Result<Batch> {
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        let first = chosen.first().ok_or(Error::NotFound)?.clone();
        let operation = spec(first.id)?.operation();
        let mut conn = self.db.acquire().await?;
        let answers =
            Answers::judge(&mut conn, Some(first.environment_id), operation, words.fields.as_ref()).await?;
        answers.complete()?;
        let ids: Vec<VmId> = chosen.iter().map(|vm| vm.id).collect();
        let open: HashMap<VmId, i64> =
            store::open_on_vms(&mut conn, &ids, operation.as_str()).await?.into_iter().collect();
        let now = clock::now(&mut conn).await?;
        drop(conn);
        let asker = Asker::caller(cx);
        let (mut children, mut faults) = (Vec::with_capacity(chosen.len()), Vec::new());
        for (index, vm) in chosen.iter().enumerate() {
            if let Err(Error::Conflict(reason)) = usable(operation, &vm.state, vm.delete_protected) {
                let code =
                    if reason.code == "DELETE_PROTECTED" { "DELETE_PROTECTED" } else { "VM_NOT_ACTIVE" };
                faults.push(fault(index, code, &format!("{}: {}", vm.name, reason.text)));
            }
            if let Some(number) = open.get(&vm.id) {
                let text =
                    format!("{}: R-{number} asks for this already; wait for it, or cancel it.", vm.name);
                faults.push(fault(index, "DUPLICATE_REQUEST", &text));
            }
            let spec = spec(vm.id)?;
            let canonical = with_fields(&spec, &answers.values)
                .map_err(|error| Error::field("", "SPEC_INVALID", error.to_string()))?;
            let mut input = input(vm, &asker, operation, words.reason.as_deref(), now);
            input.force = matches!(&spec, Spec::Stop(stop) if stop.force);
            input.fields = answers.values.clone();
            children.push(Child {
                label: vm.name.clone(),
                namespace: vm.namespace_id,
                vm: Some(vm.id),
                canonical,
                input,
                amounts: Vec::new(),
            });
        }
        refuse(faults)?;
        let parent = Parent {
            of: operation,
            place: place_of(&first),
            another: false,
            reason: words.reason.unwrap_or_default(),
            sample: first.sample,
            quota: None,
        };
        self.put_batch(cx, &asker, parent, children).await
    }
}

fn scope(vm: &VmRow) -> VmScope {
    VmScope { vm: vm.id, service: vm.service_id, system: vm.system_id, environment: vm.environment_id }
}

/// One Service and one environment, where it is judged and decided.
fn together(chosen: &[VmRow]) -> Result<()> {
    let place = |vm: &VmRow| (vm.service_id, vm.environment_id);
    let strays = chosen.iter().enumerate().filter(|(_, vm)| place(vm) != place(&chosen[0]));
    let text =
        "These VMs are of several Services or environments, which are decided apart; make a batch for each.";
    let fields: Vec<FieldFault> =
        strays.map(|(index, vm)| fault(index, "BATCH_SPANS", &format!("{}: {text}", vm.name))).collect();
    match fields.is_empty() {
        true => Ok(()),
        false => Err(Error::Invalid { reason: Reason::new("BATCH_SPANS", text), fields }),
    }
}

fn fault(index: usize, code: &'static str, text: &str) -> FieldFault {
    FieldFault { pointer: format!("/vm_ids/{index}"), code, text: text.to_owned() }
}

fn refuse(fields: Vec<FieldFault>) -> Result<()> {
    let Some(first) = fields.first() else { return Ok(()) };
    let text = format!("Nothing was kept: {} of the VMs do not fit. The first: {}", fields.len(), first.text);
    let reason = Reason::new("BATCH_VMS_INVALID", text).with("vms", fields.len());
    Err(Error::Invalid { reason, fields })
}
