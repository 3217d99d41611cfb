//! Stories about what goes wrong, told as people live them: people who disagree, clusters that are away, consoles that
//! are taken back, input that should never have been sent. Each ends with the books held against what must be true.

mod approvals;
mod batches;
mod catalogue;
mod changes;
mod changing;
mod consoles;
mod drafting;
mod expiry;
mod fields;
mod input;
mod joining;
mod limits;
mod meanwhile;
mod outages;
mod pausing;
mod placing;
pub(crate) mod policies;
mod pool_health;
mod pool_rollouts;
mod pooling;
mod pools;
mod protected;
mod refused;
pub(crate) mod sealing;
mod steps;
mod tampering;
mod teams;
mod templates;
mod trash;
mod watching;

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{Approve, DeleteVm, PowerVm, Request, RequestState, StopVm, Vm};
use shepherd_domain::ids::RequestId;
use shepherd_test_support::app::{Caller, SOON, World, key};
use shepherd_test_support::wait_for;

/// The code of a refusal.
pub(super) fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

/// Yes to what one sees.
fn yes(request: &Request) -> Approve {
    let confirm_name = request.vm.as_ref().map(|vm| vm.name.clone());
    Approve {
        spec_hash: request.spec_hash.clone(),
        comment: None,
        cluster_id: None,
        confirm_name,
        overrides: None,
        set_aside: None,
    }
}

pub(crate) async fn says_yes(who: &Caller, request: &Request) -> Result<Request, ClientError> {
    who.requests().approve_request(request.id, &key(), &yes(request)).await
}

pub(super) async fn stop(who: &Caller, vm: &Vm) -> Result<Request, ClientError> {
    who.vms()
        .stop_vm(vm.id, &key(), &StopVm { reason: None, force: None, grace_seconds: None, fields: None })
        .await
}

pub(super) async fn start(who: &Caller, vm: &Vm) -> Result<Request, ClientError> {
    who.vms().start_vm(vm.id, &key(), &PowerVm { reason: None, fields: None }).await
}

pub(super) async fn delete(who: &Caller, vm: &Vm) -> Result<Request, ClientError> {
    let body = DeleteVm { reason: None, confirm_name: vm.name.clone(), fields: None };
    who.vms().delete_vm(vm.id, &key(), &body).await
}

async fn restore(who: &Caller, vm: &Vm) -> Result<Request, ClientError> {
    who.lifecycle().restore_vm(vm.id, &key(), &PowerVm { reason: None, fields: None }).await
}

async fn purge(who: &Caller, vm: &Vm) -> Result<Request, ClientError> {
    let body = DeleteVm { reason: None, confirm_name: vm.name.clone(), fields: None };
    who.lifecycle().purge_vm(vm.id, &key(), &body).await
}

/// Waits until a request is so, whatever else it might have become.
async fn until(world: &World, id: RequestId, what: &str, so: impl Fn(&Request) -> bool) -> Request {
    wait_for(what, SOON, async || {
        let request = world.approver.requests().get_request(id).await.expect("an approver reads it");
        if so(&request) { Ok(request) } else { Err(format!("{} {:?}", request.state, request.failure)) }
    })
    .await
}

pub(super) async fn ends(world: &World, id: RequestId, state: RequestState) -> Request {
    until(world, id, &format!("the request to be {state}"), |request| request.state == state).await
}

/// Why a request failed, or went back.
fn failure(request: &Request) -> &str {
    request.failure.as_ref().map_or("", |reason| &reason.code)
}
