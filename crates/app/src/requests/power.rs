//! Start, stop, restart, pause, unpause and console of an existing VM: asked for like everything else.

use chrono::{DateTime, Utc};
use shepherd_contract::types::{ConsoleAccess, OpenConsole, PowerVm, QuotaLine, Request, StopVm};
use shepherd_domain::authz::{self, Action, VmScope};
use shepherd_domain::fields::Values;
use shepherd_domain::ids::{RequestId, VmId};
use shepherd_domain::policy::Input;
use shepherd_domain::quota::{Amount, restored};
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::{ConsoleSpec, Spec, StopSpec, VmSpec, with_fields};
use shepherd_domain::states::{ConsoleKind, RequestOperation};
use shepherd_domain::target::{Target, VmPlace};
use shepherd_store::quota::{self, Subject};
use shepherd_store::vms::{self, VmRow};
use shepherd_store::{Conn, clock};

use super::asked::{Answers, Words};
use super::asker::Asker;
use super::facts::lines;
use super::judge;
use super::modify::{created, subject};
use super::submit::{Place, Submission};
use crate::{App, Cx, Error, Result};

impl App {
    /// Asks to start a VM.
    pub async fn start_vm(&self, cx: &Cx, id: VmId, body: PowerVm) -> Result<Request> {
        let vm = self.vm_for::<authz::StartVm>(cx, id).await?;
        self.ask(cx, &vm, Spec::Start(VmSpec { vm_id: id }), Words::new(body.reason, body.fields)).await
    }

    /// Asks to stop a VM.
    pub async fn stop_vm(&self, cx: &Cx, id: VmId, body: StopVm) -> Result<Request> {
        let vm = self.vm_for::<authz::StopVm>(cx, id).await?;
        self.ask(cx, &vm, stop_spec(id, &body)?, Words::new(body.reason, body.fields)).await
    }

    /// Asks to restart a VM.
    pub async fn restart_vm(&self, cx: &Cx, id: VmId, body: PowerVm) -> Result<Request> {
        let vm = self.vm_for::<authz::RestartVm>(cx, id).await?;
        self.ask(cx, &vm, Spec::Restart(VmSpec { vm_id: id }), Words::new(body.reason, body.fields)).await
    }

    /// Asks to freeze a VM in memory.
    pub async fn pause_vm(&self, cx: &Cx, id: VmId, body: PowerVm) -> Result<Request> {
        let vm = self.vm_for::<authz::PauseVm>(cx, id).await?;
        self.ask(cx, &vm, Spec::Pause(VmSpec { vm_id: id }), Words::new(body.reason, body.fields)).await
    }

    /// Asks to let a paused VM go on.
    pub async fn unpause_vm(&self, cx: &Cx, id: VmId, body: PowerVm) -> Result<Request> {
        let vm = self.vm_for::<authz::PauseVm>(cx, id).await?;
        self.ask(cx, &vm, Spec::Unpause(VmSpec { vm_id: id }), Words::new(body.reason, body.fields)).await
    }

    /// Asks for a console; where a rule allows it, or a grant still holds, the ticket comes at once.
    pub async fn open_console(&self, cx: &Cx, id: VmId, body: OpenConsole) -> Result<ConsoleAccess> {
        let vm = self.vm_for::<authz::OpenConsole>(cx, id).await?;
        usable(RequestOperation::Console, &vm.state, vm.delete_protected)?;
        if let Some(held) = self.console_grant(cx, id).await? {
            let request = self.get_request(cx, held).await?;
            return Ok(ConsoleAccess {
                request,
                ticket: Some(self.issue_ticket(cx, id, body.kind, held).await?),
            });
        }
        let kind: ConsoleKind = body.kind.as_str().parse().map_err(|_| Error::NotFound)?;
        let request = self
            .ask(
                cx,
                &vm,
                Spec::Console(ConsoleSpec { vm_id: id, kind }),
                Words::new(body.reason, body.fields),
            )
            .await?;
        let granted = matches!(request.state.as_str(), "approved" | "succeeded");
        let ticket = match granted {
            true => Some(self.issue_ticket(cx, id, body.kind, request.id).await?),
            false => None,
        };
        Ok(ConsoleAccess { request, ticket })
    }

    /// The VM, if the caller may do that to it.
    pub(super) async fn vm_for<A: Action>(&self, cx: &Cx, id: VmId) -> Result<VmRow> {
        let scope: VmScope = vms::scope(&mut *self.db.acquire().await?, id).await?;
        self.authorize::<A, _>(cx, scope).await?;
        Ok(vms::load(&mut *self.db.acquire().await?, id).await?)
    }

    /// Judges and submits what needs to know no more than its VM.
    pub(super) async fn ask(&self, cx: &Cx, vm: &VmRow, spec: Spec, words: Words) -> Result<Request> {
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        self.ask_at(cx, Place::New, vm, spec, words).await
    }

    /// Judges what is asked of a VM and writes it, anew or in place of what was asked before.
    pub(super) async fn ask_at(
        &self,
        cx: &Cx,
        place: Place<'_>,
        vm: &VmRow,
        spec: Spec,
        words: Words,
    ) -> Result<Request> {
        let operation = spec.operation();
        usable(operation, &vm.state, vm.delete_protected)?;
        let asker = match place {
            Place::New | Place::Draft { .. } => Asker::caller(cx),
            Place::Edit { before, .. } => Asker::of(&mut *self.db.acquire().await?, cx, before).await?,
        };
        let first = matches!(place, Place::New) && cx.idempotency.is_none();
        if first && operation != RequestOperation::Console {
            self.refuse_twin_on_vm(vm.id, operation).await?;
        }
        let given = words.fields.as_ref();
        let mut conn = self.db.acquire().await?;
        let answers = Answers::judge(&mut conn, Some(vm.environment_id), operation, given).await?;
        answers.complete()?;
        let canonical = with_fields(&spec, &answers.values)
            .map_err(|error| Error::field("", "SPEC_INVALID", error.to_string()))?;
        let input = Input {
            force: matches!(&spec, Spec::Stop(stop) if stop.force),
            ..input_on(&mut conn, vm, &asker, operation, (answers.values, words.reason.as_deref())).await?
        };
        let judged = judge::judge(&mut conn, input).await?;
        drop(conn);
        if let Some(denied) = judged.denied().first() {
            return Err(Error::Invalid { reason: denied.clone(), fields: vec![] });
        }
        let subject = subject(vm, &asker);
        // What comes back from the trash takes its share again; its disks never gave theirs up.
        let amounts = match &spec {
            Spec::Restore(_) => restored(&created(vm)?),
            _ => vec![],
        };
        let lines = match amounts.as_slice() {
            [] => vec![],
            amounts => {
                quota_lines(&mut *self.db.acquire().await?, vm, &subject, amounts, place.replaces()).await?
            }
        };
        let submission = Submission {
            operation,
            requester: asker.id,
            target: Target::Vm(place_of(vm)),
            vm: Some(vm.id),
            vm_version: Some(vm.version),
            canonical: &canonical,
            another: false,
            reason: words.reason.as_deref().unwrap_or_default(),
            judged: &judged,
            candidates: &[],
            cluster: Some(vm.cluster_id),
            quota: Some((subject, &amounts, &lines)),
            sample: vm.sample,
        };
        self.put(cx, place, submission).await
    }
}

/// What policy reads of an operation on a VM: the VM as it is, and no new amounts.
pub(super) async fn input_on(
    conn: &mut Conn,
    vm: &VmRow,
    asker: &Asker,
    operation: RequestOperation,
    (fields, reason): (Values, Option<&str>),
) -> Result<Input> {
    Ok(Input { fields, ..input(vm, asker, operation, reason, clock::now(conn).await?) })
}

/// The same at a time, and with nothing answered to what is asked for.
pub(super) fn input(
    vm: &VmRow,
    asker: &Asker,
    operation: RequestOperation,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Input {
    Input {
        operation,
        environment: vm.environment_name.clone(),
        protected: vm.protected,
        system_id: Some(vm.system_id),
        service_id: Some(vm.service_id),
        requester_id: asker.id,
        requester_roles: asker.roles_in(Some(vm.environment_id)),
        milli_vcpu: 0,
        memory_bytes: 0,
        disk_bytes: 0,
        requester_name: asker.name.clone(),
        requester_groups: asker.grants.group_names(),
        system_name: vm.system_name.clone(),
        service_name: vm.service_name.clone(),
        template: vm.template_name.clone(),
        size: vm.size_name.clone(),
        size_milli_vcpu: vm.milli_vcpu,
        size_memory_bytes: vm.memory_bytes,
        copies: 1,
        has_reason: reason.is_some_and(|reason| !reason.trim().is_empty()),
        force: false,
        role: String::new(),
        owners: 0,
        fields: Values::new(),
        quota_exceeded: false,
        cost_hourly: 0,
        now,
    }
}

/// Where a VM is.
pub(super) fn place_of(vm: &VmRow) -> VmPlace {
    VmPlace {
        system: vm.system_id,
        service: vm.service_id,
        environment: vm.environment_id,
        namespace: vm.namespace_id,
    }
}

/// How it is to be stopped.
pub(super) fn stop_spec(vm_id: VmId, body: &StopVm) -> Result<Spec> {
    let force = body.force.unwrap_or(false);
    let grace_seconds = body.grace_seconds.map(i32::unsigned_abs);
    if force && grace_seconds.is_some() {
        let text = "A forced stop gives the guest no time; leave out one of the two.";
        return Err(Error::field("/grace_seconds", "FORCED_STOP_HAS_NO_GRACE", text));
    }
    Ok(Spec::Stop(StopSpec { vm_id, force, grace_seconds }))
}

/// Whether the VM's full name was typed, as a deletion wants it.
pub(super) fn typed(vm: &VmRow, name: &str) -> Result<()> {
    if name == vm.name {
        return Ok(());
    }
    let text = "Type the VM's full name exactly to confirm the deletion.";
    Err(Error::field("/confirm_name", "CONFIRM_NAME", text))
}

async fn quota_lines(
    conn: &mut Conn,
    vm: &VmRow,
    subject: &Subject,
    amounts: &[Amount],
    except: Option<RequestId>,
) -> Result<Vec<QuotaLine>> {
    let limits = quota::limits(conn, subject, except).await?;
    let used = quota::used_by_system(conn, vm.system_id, vm.environment_id, except).await?;
    Ok(lines(amounts, &limits, &used))
}

/// Whether an operation makes sense on a VM in this state of the books. Asked when it is requested, and again when it
/// is approved: in between the VM may have gone, or been protected.
pub(super) fn usable(operation: RequestOperation, state: &str, delete_protected: bool) -> Result<()> {
    let fits = match operation {
        RequestOperation::Restore | RequestOperation::Purge => state == "trashed",
        RequestOperation::Delete => matches!(state, "active" | "failed"),
        RequestOperation::Console => matches!(state, "active" | "creating"),
        _ => state == "active",
    };
    if !fits {
        let (code, text) = match operation {
            RequestOperation::Restore | RequestOperation::Purge => {
                ("VM_NOT_IN_TRASH", format!("The VM is {state}; this is for what is in the trash."))
            }
            _ => ("VM_NOT_ACTIVE", format!("The VM is {state}; this is possible once it is active.")),
        };
        return Err(Error::Conflict(Reason::new(code, text).with("state", state)));
    }
    if matches!(operation, RequestOperation::Delete | RequestOperation::Purge) && delete_protected {
        let text = "This VM is protected against deletion; lift the protection first.";
        return Err(Error::conflict("DELETE_PROTECTED", text));
    }
    Ok(())
}
