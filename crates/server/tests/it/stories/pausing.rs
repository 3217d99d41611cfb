//! A guest frozen in memory: by whom, from what, and what can be done with it meanwhile.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{PowerState, PowerVm, Request, RequestState, StopVm, Vm};
use shepherd_test_support::app::{Caller, World, key};

use super::{code, ends, failure, says_yes, start, stop};

async fn pause(who: &Caller, vm: &Vm) -> Result<Request, ClientError> {
    who.lifecycle().pause_vm(vm.id, &key(), &PowerVm { reason: None, fields: None }).await
}

async fn unpause(who: &Caller, vm: &Vm) -> Result<Request, ClientError> {
    who.lifecycle().unpause_vm(vm.id, &key(), &PowerVm { reason: None, fields: None }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_flows_by_rule_and_holds_until_it_is_lifted() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    assert!(vm.may.pause && !vm.may.unpause);
    let asked = pause(&world.engineer, &vm).await.unwrap();
    assert_eq!(asked.automatic_rule.as_deref(), Some("power-and-console-flow@2"));
    world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = world.does(vm.id, PowerState::Paused).await;
    assert!(vm.may.unpause && vm.may.stop && !vm.may.pause && !vm.may.start);
    assert_eq!(code(pause(&world.app.neighbour().await, &vm).await), "NOT_FOUND");

    let again = pause(&world.engineer, &vm).await.unwrap();
    world.reaches(again.id, RequestState::Succeeded).await;
    let early = start(&world.engineer, &vm).await.unwrap();
    assert_eq!(failure(&ends(&world, early.id, RequestState::Failed).await), "VM_PAUSED");

    let back = unpause(&world.engineer, &vm).await.unwrap();
    world.reaches(back.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Running).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_run_is_not_paused_and_what_is_paused_can_be_stopped() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let frozen = pause(&world.engineer, &vm).await.unwrap();
    world.reaches(frozen.id, RequestState::Succeeded).await;
    let off = stop(&world.engineer, &vm).await.unwrap();
    world.reaches(off.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Stopped).await;
    for late in [pause(&world.engineer, &vm).await.unwrap(), unpause(&world.engineer, &vm).await.unwrap()] {
        assert_eq!(failure(&ends(&world, late.id, RequestState::Failed).await), "VM_NOT_RUNNING");
    }
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_waits_for_an_approver_where_it_is_protected() {
    let world = World::protected().await;
    let vm = world.running_vm().await;
    let asked = pause(&world.engineer, &vm).await.unwrap();
    assert_eq!((asked.state, asked.automatic_rule.as_deref()), (RequestState::Pending, None));
    assert_eq!(code(pause(&world.engineer, &vm).await), "DUPLICATE_REQUEST");
    says_yes(&world.approver, &asked).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Paused).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_the_guest_the_time_it_was_asked_to_give() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let asked = |force, grace_seconds| StopVm { reason: None, force, grace_seconds, fields: None };
    let vms = world.engineer.vms();
    let both = vms.stop_vm(vm.id, &key(), &asked(Some(true), Some(5))).await;
    assert_eq!(code(both), "FORCED_STOP_HAS_NO_GRACE");
    assert_eq!(code(vms.stop_vm(vm.id, &key(), &asked(None, Some(31))).await), "VALIDATION_FAILED");
    let short = vms.stop_vm(vm.id, &key(), &asked(None, Some(5))).await.unwrap();
    assert_eq!(short.spec["grace_seconds"], 5);
    world.reaches(short.id, RequestState::Succeeded).await;
    let on = start(&world.engineer, &vm).await.unwrap();
    world.reaches(on.id, RequestState::Succeeded).await;
    let at_once = vms.stop_vm(vm.id, &key(), &asked(Some(true), None)).await.unwrap();
    world.reaches(at_once.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Stopped).await;
    world.assert_true().await;
}
