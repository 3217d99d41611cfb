//! Changing a VM: what would change, and asking for it.
//!
//! What is asked for is the whole VM as it is to be, beside what it was made from; a request made from a revision the
//! VM has left behind is refused wherever it has got to. Not here: carrying it out (`operations`).

use std::collections::BTreeMap;

use shepherd_contract::types;
use shepherd_contract::types::{ModifyPreflight, ModifyVm, QuotaLine, Request, RequestVm};
use shepherd_domain::authz;
use shepherd_domain::ids::{RequestId, SecretId, VmId};
use shepherd_domain::placement::{Demand, place};
use shepherd_domain::policy::Input;
use shepherd_domain::quota::{self, Amount};
use shepherd_domain::reason::{Coded, Reason};
use shepherd_domain::spec::{
    self, CanonicalSpec, CreateSpec, Effect, ModifyError, ModifySpec, Spec, with_fields,
};
use shepherd_domain::states::RequestOperation;
use shepherd_domain::target::Target;
use shepherd_domain::template::Variable;
use shepherd_store::Conn;
use shepherd_store::quota::Subject;
use shepherd_store::request_facts::{self, CreateFacts};
use shepherd_store::vms::VmRow;

use super::approvers::Bench;
use super::asked::Answers;
use super::asker::Asker;
use super::choices;
use super::facts::{self, exceeded, key_ids, lines, over, resolve};
use super::judge::{self, Judged};
use super::power::place_of;
use super::power::{input_on, usable};
use super::submit::{Place, Submission};
use super::view::{effect, named, reason};
use crate::error::FieldFault;
use crate::{App, Cx, Error, Result};

/// A change, resolved and ready to be judged.
struct Draft {
    modify: ModifySpec,
    /// The catalogue's content behind what it is to be.
    found: CreateFacts,
    answers: Answers,
    canonical: CanonicalSpec,
    subject: Subject,
    growth: Vec<Amount>,
    quota: Vec<QuotaLine>,
    problems: Vec<Reason>,
    warnings: Vec<Reason>,
}

impl App {
    /// Judges a change that is not asked for yet. Changes nothing.
    pub async fn preflight_modify(&self, cx: &Cx, id: VmId, body: ModifyVm) -> Result<ModifyPreflight> {
        let vm = self.vm_for::<authz::UpdateVm>(cx, id).await?;
        let (draft, judged) = self.draft_change(&Asker::caller(cx), &vm, &body, None).await?;
        let mut conn = self.db.acquire().await?;
        let bench = Bench {
            system: Some(vm.system_id),
            environment: Some(vm.environment_id),
            except: &[cx.actor.person],
        };
        let stages = judge::preview(&mut conn, judged.stages(), bench).await?;
        let changes = field_changes(&mut conn, &draft.modify).await?;
        let problems = draft.problems.into_iter().chain(judged.denied().iter().cloned());
        Ok(ModifyPreflight {
            restart_needed: changes.iter().any(|change| change.effect == types::ChangeEffect::Restart),
            changes,
            outcome: effect(judged.judgement.outcome.effect()),
            verdict: judge::verdict(&judged.judgement),
            stages,
            quota: draft.quota,
            problems: problems.map(reason).collect(),
            warnings: draft.warnings.into_iter().map(reason).collect(),
            spec_hash: draft.canonical.hash.to_string(),
        })
    }

    /// Asks for a change.
    pub async fn modify_vm(&self, cx: &Cx, id: VmId, body: ModifyVm) -> Result<Request> {
        let vm = self.vm_for::<authz::UpdateVm>(cx, id).await?;
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        if cx.idempotency.is_none() {
            self.refuse_twin_on_vm(vm.id, RequestOperation::Modify).await?;
        }
        self.put_change(cx, Place::New, &vm, body).await
    }

    /// Writes a change that was judged, anew or in place of what was asked before, unless something stands in its way.
    pub(super) async fn put_change(
        &self,
        cx: &Cx,
        place: Place<'_>,
        vm: &VmRow,
        body: ModifyVm,
    ) -> Result<Request> {
        let asker = match place {
            Place::New | Place::Draft { .. } => Asker::caller(cx),
            Place::Edit { before, .. } => Asker::of(&mut *self.db.acquire().await?, cx, before).await?,
        };
        let (draft, judged) = self.draft_change(&asker, vm, &body, place.replaces()).await?;
        draft.answers.complete()?;
        if let Some(problem) = draft.problems.first().or(judged.denied().first()) {
            return Err(Error::Invalid { reason: problem.clone(), fields: vec![] });
        }
        self.dry_run_change(vm.id, &vm.name, &draft.modify, vm.request_id).await?;
        let submission = Submission {
            operation: RequestOperation::Modify,
            requester: asker.id,
            target: Target::Vm(place_of(vm)),
            vm: Some(vm.id),
            vm_version: Some(vm.version),
            canonical: &draft.canonical,
            another: false,
            reason: body.reason.as_deref().unwrap_or_default(),
            judged: &judged,
            candidates: &[],
            cluster: Some(vm.cluster_id),
            quota: Some((draft.subject, &draft.growth, &draft.quota)),
            sample: vm.sample,
        };
        self.put(cx, place, submission).await
    }

    async fn draft_change(
        &self,
        asker: &Asker,
        vm: &VmRow,
        body: &ModifyVm,
        except: Option<RequestId>,
    ) -> Result<(Draft, Judged)> {
        usable(RequestOperation::Modify, &vm.state, vm.delete_protected)?;
        if let Some(pool) = &vm.pool_name {
            let text = format!("This VM is a member of the pool {pool}; ask to change the pool instead.");
            return Err(Error::Conflict(
                shepherd_domain::reason::Reason::new("POOL_MANAGED", text).with("pool", pool.as_str()),
            ));
        }
        current(body.base_revision, vm.spec_revision)?;
        let mut conn = self.db.acquire().await?;
        let draft = draft(&mut conn, asker, vm, body, except).await?;
        let to = &draft.modify.to;
        let said = (draft.answers.values.clone(), body.reason.as_deref());
        let input = Input {
            milli_vcpu: to.milli_vcpu,
            memory_bytes: to.memory_bytes,
            disk_bytes: to.disk_bytes,
            size: draft.found.size_name.clone(),
            size_milli_vcpu: draft.found.milli_vcpu,
            size_memory_bytes: draft.found.memory_bytes,
            quota_exceeded: over(&draft.quota),
            ..input_on(&mut conn, vm, asker, RequestOperation::Modify, said).await?
        };
        let judged = judge::judge(&mut conn, input).await?;
        Ok((draft, judged))
    }
}

async fn draft(
    conn: &mut Conn,
    asker: &Asker,
    vm: &VmRow,
    body: &ModifyVm,
    except: Option<RequestId>,
) -> Result<Draft> {
    let from = created(vm)?;
    let wish = wish(body, &from);
    let found = resolve(conn, &wish).await?;
    if found.template_id != vm.template_id {
        return Err(refused(&ModifyError::Rebuild { what: "template" }));
    }
    let keys = request_facts::ssh_keys(conn, &key_ids(&from)).await?;
    let (variables, secrets) = carried(body, &from, &found)?;
    let (variables, secret_ids) = (Some(variables), Some(secrets));
    let mut to =
        facts::spec(&found, &RequestVm { variables, secret_ids, ..wish }, &keys, from.networks.clone())?;
    to.labels = body.labels.clone().unwrap_or_else(|| from.labels.clone());
    // Where it runs and what its disk is of stays.
    (to.zone, to.apart_from) = (from.zone.clone(), from.apart_from.clone());
    (to.storage_class, to.volume_mode) = (from.storage_class.clone(), from.volume_mode);
    let modify = ModifySpec { vm_id: vm.id, revision: vm.spec_revision, from, to };
    modify.check().map_err(|error| refused(&error))?;
    let answers =
        Answers::judge(conn, Some(vm.environment_id), RequestOperation::Modify, body.fields.as_ref()).await?;
    let canonical = with_fields(&Spec::Modify(Box::new(modify.clone())), &answers.values)
        .map_err(|error| Error::field("", "SPEC_INVALID", error.to_string()))?;
    let (from, to) = (&modify.from, &modify.to);
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    let anew =
        [from.template_version_id != to.template_version_id, from.size_version_id != to.size_version_id];
    choices::check_changed(&found, anew, &mut problems, &mut warnings);
    if to.ssh_keys.len() < from.ssh_keys.len() {
        let text = "SSH keys that were removed since, or whose person is disabled, are left out from now on.";
        warnings.push(Reason::new("SSH_KEYS_LEFT_OUT", text));
    }
    problems.extend(answers.problem());
    problems.extend(no_room(conn, vm, from, to).await?);
    let growth = quota::growth(from, to);
    let subject = subject(vm, asker);
    let limits = shepherd_store::quota::limits(conn, &subject, except).await?;
    let used = shepherd_store::quota::used_by_system(conn, vm.system_id, vm.environment_id, except).await?;
    problems.extend(exceeded(&growth, &limits));
    let quota = lines(&growth, &limits, &used);
    Ok(Draft { modify, found, answers, canonical, subject, growth, quota, problems, warnings })
}

/// The VM as it is to be, as one would ask for it anew.
fn wish(body: &ModifyVm, from: &CreateSpec) -> RequestVm {
    RequestVm {
        service_id: from.service_id,
        namespace_id: from.namespace_id,
        template_version_id: body.template_version_id.unwrap_or(from.template_version_id),
        size_version_id: body.size_version_id.unwrap_or(from.size_version_id),
        disk_bytes: Some(body.disk_bytes.unwrap_or(from.disk_bytes)),
        variables: None,
        network_ids: None,
        secret_ids: None,
        ssh_key_ids: None,
        place: None,
        fields: None,
        reason: None,
        another: None,
        sample: None,
    }
}

/// Values by the names of variables, and the ids of those that are secret.
type Values = (BTreeMap<String, String>, BTreeMap<String, SecretId>);

/// The values it has, as far as the template still declares them, and over them those given now. A secret stays.
fn carried(body: &ModifyVm, from: &CreateSpec, found: &CreateFacts) -> Result<Values> {
    let declared: Vec<Variable> = serde_json::from_value(found.variables.clone())?;
    let known = |name: &String| declared.iter().any(|variable| variable.name == *name);
    let (mut variables, mut secrets) = (from.variables.clone(), from.secrets.clone());
    variables.retain(|name, _| known(name));
    secrets.retain(|name, _| known(name));
    variables.extend(body.variables.clone().unwrap_or_default());
    Ok((variables, secrets))
}

/// What speaks against the cluster the VM is on, if it takes more of it.
async fn no_room(conn: &mut Conn, vm: &VmRow, from: &CreateSpec, to: &CreateSpec) -> Result<Vec<Reason>> {
    let demand = Demand {
        milli_vcpu: (to.milli_vcpu - from.milli_vcpu).max(0),
        memory_bytes: (to.memory_bytes - from.memory_bytes).max(0),
        ..Demand::of(to)
    };
    if demand.milli_vcpu == 0 && demand.memory_bytes == 0 {
        return Ok(vec![]);
    }
    let clusters = request_facts::clusters(conn).await?.into_iter().filter(|c| c.id == vm.cluster_id);
    let judged = place(&demand, &clusters.map(facts::cluster).collect::<Vec<_>>());
    let short = |reason: &Reason| matches!(reason.code.as_ref(), "NOT_ENOUGH_CPU" | "NOT_ENOUGH_MEMORY");
    Ok(judged.into_iter().flat_map(|candidate| candidate.reasons).filter(short).collect())
}

/// On whose account a change of this VM is counted.
pub(super) fn subject(vm: &VmRow, asker: &Asker) -> Subject {
    Subject {
        environment: vm.environment_id,
        system: vm.system_id,
        service: vm.service_id,
        person: asker.person,
    }
}

/// What a VM is, in the form in which it was asked for.
pub(super) fn created(vm: &VmRow) -> Result<CreateSpec> {
    let stored = spec::from_json(vm.spec.clone()).map_err(|error| Error::Internal(Box::new(error)))?;
    match stored {
        Spec::Create(create) => Ok(*create),
        _ => Err(Error::Internal("the spec of a VM is not that of a VM".into())),
    }
}

/// Whether a change made from `base` still applies to a VM of this revision.
pub(super) fn current(base: i64, revision: i64) -> Result<()> {
    if base == revision {
        return Ok(());
    }
    let text = "The VM was changed since this was made from it; look at it again and ask anew.";
    Err(Error::Conflict(Reason::new("VM_CHANGED", text).with("base", base).with("revision", revision)))
}

fn refused(error: &ModifyError) -> Error {
    let (code, text) = (error.code(), error.to_string());
    let fault = FieldFault { pointer: error.pointer(), code, text };
    let fields = if fault.pointer.is_empty() { vec![] } else { vec![fault] };
    Error::Invalid { reason: error.reason(), fields }
}

/// What differs, as pages show it: versions of the catalogue by their names.
pub(super) async fn field_changes(conn: &mut Conn, modify: &ModifySpec) -> Result<Vec<types::FieldChange>> {
    let (before, after) = (named(conn, &modify.from).await?, named(conn, &modify.to).await?);
    let template = |of: &Option<types::TemplateVersionRef>| {
        of.as_ref().map(|t| format!("{}@{}", t.name, t.version)).into()
    };
    let size = |of: &Option<types::SizeRef>| of.as_ref().map(|s| format!("{}@{}", s.name, s.version)).into();
    let shown = modify.changes().into_iter().map(|change| {
        let (old, new) = match change.field.as_str() {
            "template_version_id" => (template(&before.0), template(&after.0)),
            "size_version_id" => (size(&before.1), size(&after.1)),
            _ => (change.before, change.after),
        };
        let effect = match change.effect {
            Effect::Live => types::ChangeEffect::Live,
            Effect::Restart => types::ChangeEffect::Restart,
        };
        types::FieldChange { field: change.field, before: old, after: new, effect }
    });
    Ok(shown.collect())
}
