//! The VM controller: one sync, one transaction over the VM and its instance.

use std::sync::Arc;

use serde_json::{Value, json};

use super::queue::{Next, Queue};
use super::run_strategy::{self, Step, Strategy, decide, is_final};
use super::{Context, vm_status};
use crate::admission::{self, VM_FINALIZER};
use crate::api::resources::{VMIS, VMS};
use crate::api::status::ApiError;
use crate::object::{self, child};
use crate::objects::{self, DeleteOptions, Preconditions, Write};
use crate::store::{Key, Tx};
use crate::{claims, clock};

const MANAGER: &str = "virt-controller";

/// What a sync did, for Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// Made an instance.
    Started,
    /// Deleted the instance with this uid.
    Stopped(String),
    /// Could not make an instance.
    FailedCreate(String),
}

/// The controller.
pub struct Controller {
    context: Context,
    queue: Queue,
}

impl Controller {
    /// Makes one; clones of the `Arc` are given to workers.
    pub fn new(context: Context, queue: Queue) -> Arc<Self> {
        Arc::new(Self { context, queue })
    }

    /// Moves one VM a step.
    pub async fn sync(self: Arc<Self>, key: Key) -> Result<Next, ApiError> {
        let (vm_key, vmi_key) = (key.clone(), Key::new(VMIS.id(), key.namespace.clone(), key.name.clone()));
        let snapshot = self.context.store.snapshot()?;
        let Some(vm) = snapshot.get(&vm_key)? else { return Ok(Next::Wait) };
        if settled(&vm, snapshot.get(&vmi_key)?.as_ref()) {
            return Ok(Next::Wait);
        }
        drop(snapshot);
        let outcome = self
            .context
            .store
            .transact(move |tx| match tx.get(&vm_key)? {
                Some(vm) => step(tx, vm, &vm_key, &vmi_key).map(Some),
                None => Ok(None),
            })
            .await?;
        let Some((vm, done, next)) = outcome else { return Ok(Next::Wait) };
        self.report(&vm, done).await;
        if let Next::After(delay) = next {
            self.queue.add_after(key, delay);
        }
        Ok(Next::Wait)
    }

    async fn report(&self, vm: &Value, done: Option<Done>) {
        let recorder = &self.context.recorder;
        match done {
            Some(Done::Started) => {
                let name = object::name(vm);
                let message = format!(
                    "Started the virtual machine by creating the new virtual machine instance {name}"
                );
                recorder.normal(vm, "SuccessfulCreate", &message).await;
            }
            Some(Done::Stopped(uid)) => {
                let message =
                    format!("Stopped the virtual machine by deleting the virtual machine instance {uid}");
                recorder.normal(vm, "SuccessfulDelete", &message).await;
            }
            Some(Done::FailedCreate(why)) => {
                recorder
                    .warning(vm, "FailedCreate", &format!("Error creating virtual machine instance: {why}"))
                    .await;
            }
            None => {}
        }
    }
}

/// Whether there is nothing to do: a look that spares the writer. When in doubt it says no.
fn settled(vm: &Value, vmi: Option<&Value>) -> bool {
    let foreign = vmi.is_some_and(|vmi| !owned(vmi, vm));
    let releasable = vmi.is_some_and(|vmi| object::deleting(vmi) && is_final(vmi));
    if object::deleting(vm) || foreign || releasable || !object::has_finalizer(vm, VM_FINALIZER) {
        return false;
    }
    let still = decide(vm, vmi, clock::now()) == Step::Nothing && super::condition(vm, "Failure").is_none();
    still && !claims::wanted(vm) && vm_status::refresh(vm, vmi, None) == *vm
}

fn step(
    tx: &mut Tx<'_>,
    vm: Value,
    vm_key: &Key,
    vmi_key: &Key,
) -> Result<(Value, Option<Done>, Next), ApiError> {
    let vmi = tx.get(vmi_key)?;
    let foreign = vmi.as_ref().is_some_and(|vmi| !owned(vmi, &vm));
    let vmi = vmi.filter(|_| !foreign);
    if object::deleting(&vm) {
        return going(tx, vm, vm_key, vmi, vmi_key).map(|vm| (vm, None, Next::Wait));
    }
    let vm = with_finalizer(tx, vm, vm_key)?;
    claims::ensure(tx, &vm)?;
    let (vm, vmi, done, next, failure) = act(tx, vm, vm_key, vmi, vmi_key, foreign)?;
    let vmi = release(tx, vmi, vmi_key)?;
    let updated = vm_status::refresh(&vm, vmi.as_ref(), failure);
    let vm = save(tx, Write::engine_status(&VMS, MANAGER), vm_key, vm, updated)?;
    Ok((vm, done, next))
}

type Acted = (Value, Option<Value>, Option<Done>, Next, Option<String>);

fn act(
    tx: &mut Tx<'_>,
    vm: Value,
    vm_key: &Key,
    vmi: Option<Value>,
    vmi_key: &Key,
    foreign: bool,
) -> Result<Acted, ApiError> {
    match decide(&vm, vmi.as_ref(), clock::now()) {
        Step::Nothing => Ok((vm, vmi, None, Next::Wait, None)),
        Step::BackOff(delay) => Ok((vm, vmi, None, Next::After(delay), None)),
        Step::Start | Step::StartAndRunAlways if foreign => {
            let name = object::name(&vm);
            let why = format!("virtualmachineinstances.kubevirt.io \"{name}\" already exists");
            Ok((vm, vmi, None, Next::Wait, Some(why)))
        }
        Step::Start => start(tx, vm, vm_key),
        Step::StartAndRunAlways => {
            let mut changed = vm.clone();
            run_strategy::set(&mut changed, Strategy::Always);
            let vm = save(tx, Write::engine(&VMS, MANAGER), vm_key, vm, changed)?;
            start(tx, vm, vm_key)
        }
        Step::Stop => {
            let (vmi, uid) = stop(tx, vmi, vmi_key)?;
            Ok((vm, vmi, uid.map(Done::Stopped), Next::Wait, None))
        }
        Step::StopAndRestart => {
            let (vmi, uid) = stop(tx, vmi, vmi_key)?;
            let mut changed = vm.clone();
            child(&mut changed, "status", || json!({}))["stateChangeRequests"] = json!([{"action": "Start"}]);
            let vm = save(tx, Write::engine_status(&VMS, MANAGER), vm_key, vm, changed)?;
            Ok((vm, vmi, uid.map(Done::Stopped), Next::Wait, None))
        }
    }
}

/// Makes the instance. What admission refuses becomes a condition of the VM, not an error of the engine.
fn start(tx: &mut Tx<'_>, vm: Value, vm_key: &Key) -> Result<Acted, ApiError> {
    let new = instance_of(&vm);
    let why = match admission::validate_instance(&new) {
        Ok(()) => match objects::create(tx, &Write::engine(&VMIS, MANAGER), &vm_key.namespace, new) {
            Ok(vmi) => return Ok((vm, Some(vmi), Some(Done::Started), Next::Wait, None)),
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    let repeated = super::condition(&vm, "Failure")
        .is_some_and(|c| c["message"].as_str().is_some_and(|m| m.ends_with(&why)));
    let done = (!repeated).then(|| Done::FailedCreate(why.clone()));
    // What refused it is in the VM's own spec: nothing to retry until somebody changes it.
    Ok((vm, None, done, Next::Wait, Some(why)))
}

fn instance_of(vm: &Value) -> Value {
    let template = &vm["spec"]["template"];
    let mut meta = json!({"name": object::name(vm)});
    object::set_or_remove(&mut meta, "labels", template["metadata"]["labels"].clone());
    object::set_or_remove(&mut meta, "annotations", template["metadata"]["annotations"].clone());
    let annotations = child(&mut meta, "annotations", || json!({}));
    annotations["kubevirt.io/vm-generation"] = json!(vm["metadata"]["generation"].to_string());
    annotations["kubevirt.io/latest-observed-api-version"] = json!("v1");
    annotations["kubevirt.io/storage-observed-api-version"] = json!("v1");
    annotations[vm_status::TEMPLATE_HASH] = json!(vm_status::template_hash(vm));
    meta["ownerReferences"] = json!([{"apiVersion": VMS.api_version(), "kind": VMS.kind, "name": object::name(vm),
        "uid": object::uid(vm), "controller": true, "blockOwnerDeletion": true}]);
    meta["finalizers"] = json!([VM_FINALIZER]);
    let mut spec = template["spec"].clone();
    if run_strategy::start_paused(vm) {
        spec["startStrategy"] = json!("Paused");
    }
    json!({"metadata": meta, "spec": spec})
}

/// Deletes the instance unless that is under way; says whose deletion was started.
fn stop(tx: &mut Tx<'_>, vmi: Option<Value>, key: &Key) -> Result<(Option<Value>, Option<String>), ApiError> {
    let Some(vmi) = vmi else { return Ok((None, None)) };
    if object::deleting(&vmi) {
        return Ok((Some(vmi), None));
    }
    let uid = object::uid(&vmi).to_owned();
    objects::delete(tx, &Write::engine(&VMIS, MANAGER), key, vmi, &DeleteOptions::default())?;
    Ok((tx.get(key)?, Some(uid)))
}

/// Lets a finished instance go once its end has been seen.
fn release(tx: &mut Tx<'_>, vmi: Option<Value>, key: &Key) -> Result<Option<Value>, ApiError> {
    let Some(vmi) = vmi else { return Ok(None) };
    if !(object::deleting(&vmi) && is_final(&vmi) && object::has_finalizer(&vmi, VM_FINALIZER)) {
        return Ok(Some(vmi));
    }
    let mut changed = vmi.clone();
    object::remove_finalizer(&mut changed, VM_FINALIZER);
    let last = vmi.clone();
    objects::update(tx, &Write::engine(&VMIS, MANAGER), key, vmi, changed, &Preconditions::default())?;
    // The status of this sync still speaks of the instance that ended; its removal wakes the next one.
    Ok(Some(last))
}

fn with_finalizer(tx: &mut Tx<'_>, vm: Value, key: &Key) -> Result<Value, ApiError> {
    let mut changed = vm.clone();
    object::add_finalizer(&mut changed, VM_FINALIZER);
    save(tx, Write::engine(&VMS, MANAGER), key, vm, changed)
}

/// A VM that is being deleted: first its instance, then itself.
fn going(
    tx: &mut Tx<'_>,
    vm: Value,
    vm_key: &Key,
    vmi: Option<Value>,
    vmi_key: &Key,
) -> Result<Value, ApiError> {
    let orphaned = object::has_finalizer(&vm, "orphan");
    let vmi = if orphaned { vmi } else { stop(tx, vmi, vmi_key)?.0 };
    let vmi = release(tx, vmi, vmi_key)?;
    let updated = vm_status::refresh(&vm, vmi.as_ref(), None);
    let vm = save(tx, Write::engine_status(&VMS, MANAGER), vm_key, vm, updated)?;
    let left = if orphaned { None } else { tx.get(vmi_key)? };
    if left.is_some_and(|vmi| owned(&vmi, &vm)) || !object::has_finalizer(&vm, VM_FINALIZER) {
        return Ok(vm);
    }
    let mut changed = vm.clone();
    object::remove_finalizer(&mut changed, VM_FINALIZER);
    save(tx, Write::engine(&VMS, MANAGER), vm_key, vm, changed)
}

fn save(tx: &mut Tx<'_>, write: Write, key: &Key, current: Value, changed: Value) -> Result<Value, ApiError> {
    if current == changed {
        return Ok(current);
    }
    objects::update(tx, &write, key, current, changed, &Preconditions::default())
}

/// Whether this VM controls the instance.
fn owned(vmi: &Value, vm: &Value) -> bool {
    object::items(vmi, "/metadata/ownerReferences").iter().any(|o| o["uid"] == object::uid(vm))
}
