//! start, stop, restart of a VirtualMachine.
//!
//! Each judges and writes in one transaction, so of two starts at once exactly one is accepted.

use axum::response::Response;
use serde_json::{Value, json};

use super::{Call, VM, accepted, dry_run};
use crate::api::resources::{VMIS, VMS};
use crate::api::status::ApiError;
use crate::controller::run_strategy::{self, Strategy};
use crate::object;
use crate::objects::{self, Preconditions, Write};
use crate::store::{Key, Tx};

const MANAGER: &str = "virt-api";

/// `PUT .../start`
pub async fn start(call: Call<'_>, options: Value) -> Result<Response, ApiError> {
    run(&call, options, |tx, it, options| {
        let conflict = |text: &str| Err(ApiError::conflict(&VM, &it.name, text));
        if it.vmi.as_ref().is_some_and(|vmi| !is_final(vmi) && !matches!(phase(vmi), "" | "Unknown")) {
            return conflict("VM is already running");
        }
        let paused = options["paused"] == json!(true);
        match it.strategy {
            Strategy::Always | Strategy::Once => {
                conflict(&format!("{} does not support manual start requests", it.strategy.name()))
            }
            Strategy::Halted if paused => it.request(tx, vec![start_request(true)], true),
            Strategy::Halted => it.switch(tx, Strategy::Always),
            Strategy::RerunOnFailure if it.vmi.as_ref().is_some_and(|vmi| phase(vmi) == "Failed") => {
                conflict("RerunOnFailure does not support starting VM from failed state")
            }
            Strategy::RerunOnFailure | Strategy::Manual => {
                let mut requests: Vec<Value> = it.vmi.iter().map(stop_request).collect();
                requests.push(start_request(paused));
                it.request(tx, requests, true)
            }
        }
    })
    .await
}

/// `PUT .../stop`
pub async fn stop(call: Call<'_>, options: Value) -> Result<Response, ApiError> {
    run(&call, options, |tx, it, options| {
        let conflict = |text: &str| Err(ApiError::conflict(&VM, &it.name, text));
        let grace = options["gracePeriod"].as_i64();
        if grace.is_some_and(|g| g < 0) {
            return Err(ApiError::bad_request("gracePeriod has to be greater or equal to 0"));
        }
        let live = it.vmi.as_ref().filter(|vmi| !is_final(vmi));
        if matches!(it.strategy, Strategy::Halted | Strategy::Manual | Strategy::RerunOnFailure)
            && live.is_none()
        {
            return conflict("VM is not running");
        }
        let shorter = match (live, grace) {
            (Some(vmi), Some(grace)) => grace < grace_period(vmi),
            _ => false,
        };
        if it.strategy == Strategy::Halted && !shorter {
            return conflict("Halted only supports manual stop requests with a shorter graceperiod");
        }
        if let (Some(vmi), true) = (live, shorter) {
            set_grace(tx, vmi, grace.unwrap_or_default())?;
        }
        match (it.strategy, live) {
            (Strategy::Always | Strategy::Once, _) => it.switch(tx, Strategy::Halted),
            (Strategy::Manual | Strategy::RerunOnFailure, Some(vmi)) => {
                it.request(tx, vec![stop_request(vmi)], false)
            }
            _ => Ok(()),
        }
    })
    .await
}

/// `PUT .../restart`
pub async fn restart(call: Call<'_>, options: Value) -> Result<Response, ApiError> {
    let grace = options["gracePeriodSeconds"].as_i64();
    match grace {
        Some(g) if g > 0 => {
            return Err(ApiError::bad_request("For force restart, only gracePeriod=0 is supported for now"));
        }
        Some(g) if g < 0 => return Err(ApiError::bad_request("gracePeriod has to be greater or equal to 0")),
        _ => {}
    }
    run(&call, options, move |tx, it, _| {
        let conflict = |text: &str| Err(ApiError::conflict(&VM, &it.name, text));
        if matches!(it.strategy, Strategy::Halted | Strategy::Once) {
            return conflict(&format!(
                "RunStategy {} does not support manual restart requests",
                it.strategy.name()
            ));
        }
        let Some(vmi) = &it.vmi else { return conflict("VM is not running: Halted") };
        it.request(tx, vec![stop_request(vmi), start_request(false)], true)?;
        if grace == Some(0) { set_grace(tx, vmi, 1) } else { Ok(()) }
    })
    .await
}

/// A VM and its instance, read in the transaction that changes them.
struct It {
    name: String,
    vm: Value,
    vmi: Option<Value>,
    strategy: Strategy,
    dry_run: bool,
}

impl It {
    /// Puts requests into the VM's status. With `exclusive`, requests still under way refuse it.
    fn request(&self, tx: &mut Tx<'_>, requests: Vec<Value>, exclusive: bool) -> Result<(), ApiError> {
        let pending = object::items(&self.vm, "/status/stateChangeRequests");
        if exclusive && !pending.is_empty() {
            return Err(ApiError::internal("unable to complete request: stop/start already underway"));
        }
        let mut changed = self.vm.clone();
        object::child(&mut changed, "status", || json!({}))["stateChangeRequests"] = json!(requests);
        self.store(tx, Write::engine_status(&VMS, MANAGER), changed)
    }

    /// Changes the strategy, in the field the VM uses for it.
    fn switch(&self, tx: &mut Tx<'_>, to: Strategy) -> Result<(), ApiError> {
        let mut changed = self.vm.clone();
        run_strategy::set(&mut changed, to);
        self.store(tx, Write::engine(&VMS, MANAGER), changed)
    }

    fn store(&self, tx: &mut Tx<'_>, write: Write, changed: Value) -> Result<(), ApiError> {
        let key = write.key(object::namespace(&self.vm), &self.name);
        let write = Write { dry_run: self.dry_run, ..write };
        objects::update(tx, &write, &key, self.vm.clone(), changed, &Preconditions::default()).map(|_| ())
    }
}

async fn run(
    call: &Call<'_>,
    options: Value,
    judge: impl FnOnce(&mut Tx<'_>, &It, &Value) -> Result<(), ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let (vm_key, vmi_key) = (call.vm_key(), call.vmi_key());
    let name = call.name.to_owned();
    call.api
        .store
        .transact(move |tx| {
            let vm = tx.get(&vm_key)?.ok_or_else(|| ApiError::not_found(&VM, &name))?;
            let vmi = tx.get(&vmi_key)?;
            let it = It { name, strategy: run_strategy::of(&vm), vm, vmi, dry_run: dry_run(&options) };
            judge(tx, &it, &options)?;
            if it.dry_run {
                tx.discard();
            }
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(accepted())
}

fn set_grace(tx: &mut Tx<'_>, vmi: &Value, seconds: i64) -> Result<(), ApiError> {
    let key = Key::new(VMIS.id(), object::namespace(vmi), object::name(vmi));
    let mut changed = vmi.clone();
    changed["spec"]["terminationGracePeriodSeconds"] = json!(seconds);
    let write = Write::engine(&VMIS, MANAGER);
    objects::update(tx, &write, &key, vmi.clone(), changed, &Preconditions::default()).map(|_| ())
}

fn phase(vmi: &Value) -> &str {
    object::text(vmi, "/status/phase")
}

fn is_final(vmi: &Value) -> bool {
    matches!(phase(vmi), "Succeeded" | "Failed")
}

fn grace_period(vmi: &Value) -> i64 {
    vmi["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(crate::handler::DEFAULT_GRACE_SECONDS)
}

fn stop_request(vmi: &Value) -> Value {
    json!({"action": "Stop", "uid": object::uid(vmi)})
}

fn start_request(paused: bool) -> Value {
    if paused { json!({"action": "Start", "data": {"paused": "true"}}) } else { json!({"action": "Start"}) }
}
