//! A replica that is paused past its leases, as a suspended machine is: another takes over, and when the first wakes up
//! and believes that it still watches, nothing it writes counts.

use std::process::Command;

use shepherd_contract::types::{PowerState, RequestState, StopVm};
use shepherd_test_support::app::{Engine, LEASES_END, Replica, SOON, World, key};
use shepherd_test_support::wait_until;

fn signal(replica: &Replica<'_>, name: &str) {
    let sent = Command::new("kill").args([name, &replica.pid().to_string()]).status();
    assert!(sent.expect("there is a kill").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_paused_past_its_lease_changes_nothing() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    world.rest().await;
    let epoch = world.watch_epoch().await;
    let mut replica = Replica::start(&world.app, env!("CARGO_BIN_EXE_replica"));
    wait_until("the replica to watch", SOON, async || world.watch_epoch().await > epoch).await;
    world.healthy().await;

    signal(&replica, "-STOP");
    let theirs = world.watch_epoch().await;
    world.app.pass(LEASES_END).await;
    let survivor = Engine::start(&world.app.app);
    world.kubectl_stop(&vm.name).await;
    world.does(vm.id, PowerState::Stopped).await;
    let ours = world.watch_epoch().await;
    assert!(ours > theirs, "a new hand is a new epoch");

    // It wakes up in the middle of what it was doing, with news it thinks are new.
    let seen = world.record_power().await;
    signal(&replica, "-CONT");
    let on = world.engineer.vms().start_vm(vm.id, &key(), &Default::default()).await.expect("they may");
    world.reaches(on.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Running).await;
    let powers = world.recorded_power(seen).await;
    assert_eq!(powers.iter().filter(|power| *power == "stopped").count(), 0, "old news: {powers:?}");
    assert_eq!(world.watch_epoch().await, ours, "nobody took it away again");

    // And it serves and works on like any other.
    let body = StopVm { reason: None, force: None, grace_seconds: None, fields: None };
    let off = replica.insist(&world.engineer, async |e| e.vms().stop_vm(vm.id, &key(), &body).await).await;
    world.reaches(off.id, RequestState::Succeeded).await;
    assert_eq!(replica.deaths, 0);
    world.assert_true().await;
    survivor.stop().await;
}
