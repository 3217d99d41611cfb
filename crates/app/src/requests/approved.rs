//! What follows the last approval, in its transaction: the VM row, the operation, the wake-up.
//!
//! The name is taken here and not before: a number that was only forecast belongs to nobody.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shepherd_domain::ids::{ClusterId, PrincipalId, RequestId, VmId};
use shepherd_domain::manifest::{self, Manifest, Names};
use shepherd_domain::placement::Candidate;
use shepherd_domain::plan;
use shepherd_domain::pool::{MemberNames, member_values};
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::{CreateSpec, ModifySpec, Spec};
use shepherd_domain::states::{AuditOutcome, RequestOperation};
use shepherd_domain::template::Variable;
use shepherd_jobs::{Job, JobKind};
use shepherd_store::events::Event;
use shepherd_store::operations::{self, NewOperation};
use shepherd_store::request_facts::{self, CreateFacts, CreateNames, KeyRow};
use shepherd_store::requests::{self as store, Move};
use shepherd_store::{Conn, Tx, pools, vms};

use super::batches;
use super::create::{PASSED_OVER, numbered, prefix};
use super::dry_run::pick;
use super::facts::{key_ids, key_lines, template_fault, template_of};
use super::modify::current;
use super::power::usable;
use super::submit::{end, request_event};
use super::view::Whole;
use crate::change::{Audit, Change};
use crate::operations::effect_action;
use crate::{App, Error, Result};

/// A VM to be made: what of, and on whose account.
pub(crate) struct Making<'a> {
    pub create: &'a CreateSpec,
    /// Its stored form.
    pub spec: &'a Value,
    pub request: RequestId,
    pub created_by: PrincipalId,
    pub sample: bool,
    /// The cluster an approver picked.
    pub chosen: Option<ClusterId>,
    /// Where it stands in a pool, if it is made for one.
    pub place: Option<Place<'a>>,
}

/// A place in a pool.
pub(crate) struct Place<'a> {
    pub pool: &'a str,
    pub ordinal: i64,
}

impl App {
    /// Writes what an approved request leads to. `chosen` is the cluster its approver picked.
    pub(super) async fn approved(
        &self,
        change: &mut Change<'_>,
        whole: &Whole,
        chosen: Option<ClusterId>,
    ) -> Result<()> {
        let spec = whole.effective()?;
        let to = match &spec {
            Spec::Create(create) => {
                let (vm, cluster) = self.write_vm(change, whole, create, chosen).await?;
                self.begin(change, whole, vm, &spec, json!({})).await?;
                Move {
                    state: "approved",
                    decided: true,
                    vm: Some(vm),
                    cluster: Some(cluster),
                    ..Move::default()
                }
            }
            // Its children begin in transactions of their own, when their turn comes.
            Spec::Batch(batch) => {
                batches::unchanged(change.tx(), whole.row.id, batch).await?;
                shepherd_jobs::enqueue(change.tx(), Job::new(JobKind::Dispatch, whole.row.id.0)).await?;
                Move { state: "approved", decided: true, cluster: chosen, ..Move::default() }
            }
            // Access is not work: from here on the grant holds.
            Spec::Console(_) => Move { state: "succeeded", decided: true, closed: true, ..Move::default() },
            // A row of our own: done when it is written.
            Spec::Join(join) => {
                self.admit(change, whole, join).await?;
                Move { state: "succeeded", decided: true, closed: true, ..Move::default() }
            }
            Spec::PoolCreate(_) | Spec::PoolChange(_) | Spec::PoolDelete(_) => {
                self.pool_approved(change, whole, &spec).await?;
                Move { state: "succeeded", decided: true, closed: true, ..Move::default() }
            }
            Spec::Modify(modify) => {
                let held = vms::hold(change.tx(), modify.vm_id).await?;
                usable(spec.operation(), &held.state, held.delete_protected)?;
                current(modify.revision, held.spec_revision)?;
                let name = whole.row.vm_name.as_deref().unwrap_or_default();
                let mut values = self.opened(change.tx(), &modify.to.secrets).await?;
                values.extend(modify.to.variables.clone());
                let mut manifest = changed_manifest(change.tx(), modify, &values, name, whole.row.id).await?;
                // Plain text of secrets is nowhere but in the cluster.
                let sealed = self.sealed_setup(modify.vm_id, &modify.to, &mut manifest)?;
                let params = json!({
                    "manifest": manifest,
                    "disk": disk_to_grow(modify, &manifest),
                    "sealed_setup": sealed.map(|sealed| STANDARD.encode(sealed)),
                });
                self.begin(change, whole, modify.vm_id, &spec, params).await?;
                Move { state: "approved", decided: true, ..Move::default() }
            }
            Spec::Start(_)
            | Spec::Stop(_)
            | Spec::Restart(_)
            | Spec::Pause(_)
            | Spec::Unpause(_)
            | Spec::Delete(_)
            | Spec::Restore(_)
            | Spec::Purge(_) => {
                let vm = whole.row.vm_id.ok_or_else(|| Error::Internal("a request without its VM".into()))?;
                let held = vms::hold(change.tx(), vm).await?;
                usable(spec.operation(), &held.state, held.delete_protected)?;
                // Where it goes back to if this does not come to its end.
                let was = json!({ "was": held.state });
                match (&spec, pools::of_vm(change.tx(), vm).await?) {
                    // A member is not kept for later: another takes its place.
                    (Spec::Delete(of), Some(_)) => {
                        self.begin(change, whole, vm, &Spec::Purge(of.clone()), was).await?;
                    }
                    _ => self.begin(change, whole, vm, &spec, was).await?,
                }
                Move { state: "approved", decided: true, ..Move::default() }
            }
        };
        let version = store::advance(change.tx(), whole.row.id, &to).await?;
        change.event(request_event(whole, version));
        Ok(())
    }

    async fn write_vm(
        &self,
        change: &mut Change<'_>,
        whole: &Whole,
        create: &CreateSpec,
        chosen: Option<ClusterId>,
    ) -> Result<(VmId, ClusterId)> {
        let spec = whole.effective_json()?;
        let making = Making {
            create,
            spec: &spec,
            request: whole.row.id,
            created_by: whole.row.requester_id,
            sample: whole.row.sample,
            chosen,
            place: None,
        };
        self.make_vm(change, &making).await
    }

    /// Gives a VM its place, its name and its row.
    pub(crate) async fn make_vm(
        &self,
        change: &mut Change<'_>,
        making: &Making<'_>,
    ) -> Result<(VmId, ClusterId)> {
        let create = making.create;
        request_facts::hold(change.tx(), create.service_id, create.namespace_id).await?;
        let facts = facts_of(change.tx(), create).await?;
        let keys = request_facts::ssh_keys(change.tx(), &key_ids(create)).await?;
        if keys.len() != create.ssh_keys.len() {
            return Err(key_removed());
        }
        let candidates = place_again(change.tx(), create).await?;
        let cluster = pick(&candidates, making.chosen)?;
        let prefix = prefix(&facts)?;
        let (number, name) = take_name(change.tx(), &facts.namespace_name, &prefix).await?;
        let vm = VmId::new();
        let mut values = self.opened(change.tx(), &create.secrets).await?;
        values.extend(create.variables.clone());
        if let Some(place) = &making.place {
            let declared: Vec<Variable> = serde_json::from_value(facts.variables.clone())?;
            let (pool, ordinal) = (place.pool, place.ordinal);
            let names = MemberNames { pool, ordinal, member: &name, zone: "", labels: &create.labels };
            values = member_values(&declared, &values, &names);
        }
        let mut manifest = render(&facts, create, &keys, &values, &name, vm, making.request)?;
        let sealed_setup = self.sealed_setup(vm, create, &mut manifest)?;
        let row = vms::NewVm {
            id: vm,
            name: &name,
            number,
            namespace: create.namespace_id,
            service: create.service_id,
            system: create.system_id,
            environment: create.environment_id,
            cluster,
            template_version: create.template_version_id,
            size_version: create.size_version_id,
            spec: making.spec,
            manifest: &serde_json::to_value(&manifest)?,
            sealed_setup: sealed_setup.as_deref(),
            created_by: making.created_by,
            request: making.request,
            sample: making.sample,
        };
        vms::insert(change.tx(), &row).await?;
        Ok((vm, cluster))
    }

    /// What the guest is set up by, sealed and taken out of the manifest, where secrets are part of it.
    fn sealed_setup(&self, vm: VmId, spec: &CreateSpec, manifest: &mut Manifest) -> Result<Option<Vec<u8>>> {
        if spec.secrets.is_empty() {
            return Ok(None);
        }
        let content = manifest.take_content();
        content.map(|content| self.links.seal_value(vms::setup_slot(vm), content.as_bytes())).transpose()
    }

    pub(super) async fn begin(
        &self,
        change: &mut Change<'_>,
        whole: &Whole,
        vm: VmId,
        spec: &Spec,
        mut params: Value,
    ) -> Result<()> {
        let operation = spec.operation();
        let grows = params.get("disk").is_some_and(|disk| !disk.is_null());
        let steps = plan::steps_of(operation, grows);
        let steps: Vec<&str> = steps.iter().map(|step| step.as_str()).collect();
        let (force, grace_seconds) = match spec {
            Spec::Stop(stop) => (stop.force, stop.grace_seconds),
            _ => (false, None),
        };
        params["force"] = force.into();
        params["grace_seconds"] = grace_seconds.into();
        let now = change.now().await?;
        let valid = plan::not_after(operation, now) - now;
        let new = NewOperation {
            vm,
            operation: operation.as_str(),
            cause_kind: "request",
            cause_id: whole.row.id.0,
            params: &params,
            valid_seconds: valid.num_seconds().max(0).unsigned_abs() as f64,
            steps: &steps,
        };
        let (id, _) = operations::insert(change.tx(), &new).await?;
        if plan::supersedes(operation, force) {
            self.supersede(change, vm, id).await?;
        }
        match operation {
            RequestOperation::Delete | RequestOperation::Purge => {
                vms::set_state(change.tx(), vm, "deleting", Some("stopped")).await?;
            }
            RequestOperation::Restore => {
                vms::set_state(change.tx(), vm, "restoring", Some("running")).await?;
            }
            RequestOperation::Stop => {
                vms::set_wanted(change.tx(), vm, "stopped").await?;
            }
            RequestOperation::Start => {
                vms::set_wanted(change.tx(), vm, "running").await?;
            }
            // A restart is for what runs, and fails on what does not: it wants nothing new.
            RequestOperation::Restart
            | RequestOperation::Pause
            | RequestOperation::Unpause
            | RequestOperation::Modify
            | RequestOperation::Create
            | RequestOperation::Console
            | RequestOperation::Join
            | RequestOperation::PoolCreate
            | RequestOperation::PoolChange
            | RequestOperation::PoolDelete
            | RequestOperation::Unknown => {}
        }
        shepherd_jobs::enqueue(change.tx(), Job::operation(id)).await?;
        let row = &whole.row;
        change.event(
            Event::new("vm", vm, 0)
                .system(row.system_id)
                .service(row.service_id)
                .environment(row.environment_id),
        );
        Ok(())
    }

    async fn supersede(
        &self,
        change: &mut Change<'_>,
        vm: VmId,
        by: shepherd_domain::ids::OperationId,
    ) -> Result<()> {
        let reason = Reason::new("SUPERSEDED", "A deletion or a forced stop took its place.");
        for (request, number) in operations::supersede(change.tx(), vm, by).await? {
            let whole = Whole::load(change.tx(), request).await?;
            end(change, &whole, "failed", Some(&reason)).await?;
            let row = &whole.row;
            let entry = Audit::of("vm", vm, row.vm_name.as_deref().unwrap_or_default())
                .action(effect_action(&row.operation))
                .outcome(AuditOutcome::Failed)
                .system(row.system_id)
                .environment(row.environment_id)
                .vm(vm)
                .request(request)
                .code(reason.code.to_string())
                .after(json!({ "operation": number, "state": "superseded", "failure": reason }));
            change.record(entry).await?;
        }
        Ok(())
    }
}

/// The objects of a VM as a change makes them.
pub(super) async fn changed_manifest(
    conn: &mut Conn,
    modify: &ModifySpec,
    values: &BTreeMap<String, String>,
    name: &str,
    request: RequestId,
) -> Result<Manifest> {
    let facts = facts_of(conn, &modify.to).await?;
    let keys = request_facts::ssh_keys(conn, &key_ids(&modify.to)).await?;
    if keys.len() != modify.to.ssh_keys.len() {
        return Err(key_removed());
    }
    render(&facts, &modify.to, &keys, values, name, modify.vm_id, request)
}

/// Which claim has to grow, and to how many bytes; null where none has to.
fn disk_to_grow(modify: &ModifySpec, manifest: &Manifest) -> Value {
    match manifest.root_claim().filter(|_| modify.grows_disk()) {
        Some(claim) => json!({ "claim": claim, "bytes": modify.to.disk_bytes }),
        None => Value::Null,
    }
}

fn key_removed() -> Error {
    let text = "An SSH key of this request was removed since; ask its requester to ask again without it.";
    Error::conflict("SSH_KEY_REMOVED", text)
}

/// The next number, and the name with it, that no cluster has a VM of.
async fn take_name(tx: &mut Tx, namespace: &str, prefix: &str) -> Result<(i32, String)> {
    let mut number = vms::take_number(tx, prefix).await?;
    for _ in 1..PASSED_OVER {
        if !request_facts::name_is_seen(tx, namespace, &numbered(prefix, number)?).await? {
            break;
        }
        number = vms::take_number(tx, prefix).await?;
    }
    Ok((number, numbered(prefix, number)?))
}

/// The catalogue's content behind a stored spec. Versions are immutable, so it is what was judged.
pub(super) async fn facts_of(conn: &mut Conn, create: &CreateSpec) -> Result<CreateFacts> {
    let names = CreateNames {
        service: create.service_id,
        namespace: create.namespace_id,
        template_version: create.template_version_id,
        size_version: create.size_version_id,
    };
    request_facts::create_facts(conn, &names).await?.map_err(|_| {
        Error::conflict(
            "GONE",
            "The Service or the namespace of this request was deleted since; it can only be rejected.",
        )
    })
}

/// Placement as it is now, not as it was at submission.
pub(super) async fn place_again(conn: &mut Conn, create: &CreateSpec) -> Result<Vec<Candidate>> {
    super::places::judged(conn, create).await
}

/// Every value of a spec, with ids in place of secrets: enough where nobody looks at what the guest is set up by.
pub(super) fn shown_values(create: &CreateSpec) -> BTreeMap<String, String> {
    let secrets = create.secrets.iter().map(|(name, id)| (name.clone(), id.to_string()));
    create.variables.clone().into_iter().chain(secrets).collect()
}

/// The objects of one VM.
pub(super) fn render(
    facts: &CreateFacts,
    create: &CreateSpec,
    keys: &[KeyRow],
    values: &BTreeMap<String, String>,
    name: &str,
    vm: VmId,
    request: RequestId,
) -> Result<Manifest> {
    let stored = |_| Error::Internal("a stored name is not a name".into());
    let declared: Vec<Variable> = serde_json::from_value::<Vec<Variable>>(Value::clone(&facts.variables))?;
    let user_data =
        template_of(facts, &declared)?.render(values, &key_lines(keys), name).map_err(template_fault)?;
    let names = Names {
        vm: name.to_owned(),
        namespace: facts.namespace_name.parse().map_err(stored)?,
        system: facts.system_name.parse().map_err(stored)?,
        service: facts.service_name.parse().map_err(stored)?,
        environment: facts.environment_name.parse().map_err(stored)?,
        vm_id: vm,
        request_id: request,
    };
    manifest::render(create, &names, &user_data).map_err(|error| {
        use shepherd_domain::reason::Coded;
        Error::Invalid { reason: error.reason(), fields: vec![] }
    })
}
