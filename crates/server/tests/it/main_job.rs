//! The main job: asked for, agreed to, made, used, stopped, deleted, and the trail that tells it.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    Approve, ConsoleKind, DeleteVm, OpenConsole, PolicyEffect, PowerState, PowerVm, RequestState, StopVm,
    VmState,
};
use shepherd_test_support::app::{World, key};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

fn yes(hash: &str) -> Approve {
    Approve {
        spec_hash: hash.into(),
        comment: None,
        cluster_id: None,
        confirm_name: None,
        overrides: None,
        set_aside: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_is_asked_for_agreed_to_used_and_deleted() {
    let world = World::start().await;
    let (engineer, approver) = (&world.engineer, &world.approver);

    let preflight = engineer.requests().preflight_vm(&world.wish()).await.unwrap();
    let name = format!("{}-shop-redis-01", world.namespace.name);
    assert_eq!(preflight.name, name);
    assert_eq!(preflight.outcome, PolicyEffect::Require);
    assert!(preflight.problems.is_empty(), "{:?}", preflight.problems);
    assert!(preflight.placement[0].eligible);

    let asked = world.ask().await;
    assert_eq!(
        (asked.state, asked.spec_hash.as_str()),
        (RequestState::Pending, preflight.spec_hash.as_str())
    );
    assert_eq!(code(engineer.requests().request_vm(&key(), &world.wish()).await), "DUPLICATE_REQUEST");

    let own = engineer.requests().approve_request(asked.id, &key(), &yes(&asked.spec_hash)).await;
    assert_eq!(code(own), "SELF_APPROVAL");
    let stale = approver.requests().approve_request(asked.id, &key(), &yes(&"0".repeat(64))).await;
    assert_eq!(code(stale), "SPEC_CHANGED");

    let approved = world.approve(&asked).await;
    assert_eq!(approved.vm.as_ref().unwrap().name, name);
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = world.does(done.vm.unwrap().id, PowerState::Running).await;
    assert_eq!(vm.state, VmState::Active);
    assert!(vm.address.is_some(), "a running guest has an address");

    let stop = engineer
        .vms()
        .stop_vm(vm.id, &key(), &StopVm { reason: None, force: None, grace_seconds: None, fields: None })
        .await
        .unwrap();
    assert!(stop.automatic_rule.is_some(), "power flows by rule where nothing is protected");
    world.reaches(stop.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Stopped).await;
    let start =
        engineer.vms().start_vm(vm.id, &key(), &PowerVm { reason: None, fields: None }).await.unwrap();
    world.reaches(start.id, RequestState::Succeeded).await;
    let before = world.does(vm.id, PowerState::Running).await;
    let restart =
        engineer.vms().restart_vm(vm.id, &key(), &PowerVm { reason: None, fields: None }).await.unwrap();
    world.reaches(restart.id, RequestState::Succeeded).await;
    assert_eq!(world.does(vm.id, PowerState::Running).await.name, before.name);

    let console = OpenConsole { kind: ConsoleKind::Serial, reason: None, fields: None };
    let access = engineer.vms().open_console(vm.id, &console).await.unwrap();
    assert!(access.ticket.is_some(), "the console opens at once where nothing is protected");

    let wrong = DeleteVm { reason: None, confirm_name: "redis-01".into(), fields: None };
    assert_eq!(code(engineer.vms().delete_vm(vm.id, &key(), &wrong).await), "CONFIRM_NAME");
    let delete = DeleteVm { reason: None, confirm_name: vm.name.clone(), fields: None };
    let delete = engineer.vms().delete_vm(vm.id, &key(), &delete).await.unwrap();
    assert_eq!(delete.state, RequestState::Pending, "a deletion is agreed to, everywhere");
    world.approve(&delete).await;
    world.reaches(delete.id, RequestState::Succeeded).await;
    assert_eq!(engineer.vms().get_vm(vm.id).await.unwrap().state, VmState::Trashed);

    let trail: Vec<String> = world
        .app
        .audited(None)
        .await
        .into_iter()
        .map(|l| format!("{} {} {}", l.actor, l.action, l.outcome))
        .collect();
    for line in [
        "engineer request.submit success",
        "approver request.approve success",
        "system vm.create intent",
        "system vm.create success",
        "system vm.stop success",
        "system vm.delete success",
    ] {
        assert!(trail.iter().any(|l| l == line), "{line} is missing in {trail:#?}");
    }
}
