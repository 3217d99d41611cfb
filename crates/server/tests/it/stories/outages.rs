//! A cluster that is away: what is asked of it waits, and what waited too long says so.

use std::time::Duration;

use shepherd_contract::types::{PowerState, RequestState, VmState};
use shepherd_test_support::app::{SOON, World};
use shepherd_test_support::wait_for;

use super::{code, delete, ends, failure, says_yes, start, stop, until};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_is_approved_on_hope() {
    let mut world = World::start().await;
    let asked = world.ask().await;
    world.site.go_down().await;
    assert_eq!(code(says_yes(&world.approver, &asked).await), "CLUSTER_UNREACHABLE");
    let still = world.engineer.requests().get_request(asked.id).await.unwrap();
    assert_eq!((still.state, still.decisions.len()), (RequestState::Pending, 0));

    world.site.come_back().await;
    wait_for("the approval to count", SOON, async || says_yes(&world.approver, &asked).await).await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_a_silent_cluster_is_taken_up_and_waits_for_its_approval() {
    let mut world = World::start().await;
    world.site.go_down().await;
    world.unreachable().await;
    let preflight = world.engineer.requests().preflight_vm(&world.wish()).await.unwrap();
    assert_eq!(preflight.placement[0].reasons[0].code, "CLUSTER_UNREACHABLE");
    world.site.come_back().await;
    world.healthy().await;
    let vm = world.running_vm().await;
    assert_eq!(vm.state, VmState::Active);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_work_waits_until_its_cluster_is_back() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    world.rest().await;
    let (second, first) = (world.another().await, stop(&world.engineer, &vm).await.unwrap());
    says_yes(&world.approver, &second).await.unwrap();
    world.site.go_down().await;
    world.work();
    for id in [first.id, second.id] {
        let waiting = |r: &shepherd_contract::types::Request| r.state == RequestState::Executing;
        until(&world, id, "the work to wait", waiting).await;
    }
    world.unreachable().await;
    world.site.come_back().await;
    world.reaches(first.id, RequestState::Succeeded).await;
    world.reaches(second.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Stopped).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_waited_too_long_expires_and_leaves_the_vm_usable() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    world.site.go_down().await;
    world.unreachable().await;
    let asked = stop(&world.engineer, &vm).await.unwrap();
    until(&world, asked.id, "the work to begin", |r| r.state == RequestState::Executing).await;
    // The time in which power must happen, or not at all.
    world.app.pass(Duration::from_secs(3601)).await;
    let expired = ends(&world, asked.id, RequestState::Expired).await;
    assert_eq!(failure(&expired), "EXPIRED_WAITING");

    world.site.come_back().await;
    world.healthy().await;
    let again = stop(&world.engineer, &vm).await.unwrap();
    world.reaches(again.id, RequestState::Succeeded).await;
    let on = start(&world.engineer, &vm).await.unwrap();
    world.reaches(on.id, RequestState::Succeeded).await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_of_somebody_elses_keeps_its_name() {
    let world = World::start().await;
    let ours = world.running_vm().await;
    let gone = delete(&world.engineer, &ours).await.unwrap();
    world.approve(&gone).await;
    world.reaches(gone.id, RequestState::Succeeded).await;
    let name = |number: &str| format!("{}-shop-redis-{number}", world.namespace.name);
    let strangers = world.strange_vm(&name("02")).await;
    world.sees(&name("02")).await;

    let preflight = world.engineer.requests().preflight_vm(&world.wish()).await.unwrap();
    assert_eq!(preflight.name, name("03"), "the next name that nobody has");
    let vm = world.running_vm().await;
    assert_eq!(vm.name, name("03"));
    assert!(world.in_cluster().await.contains_key(&strangers));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_that_was_faster_is_left_alone() {
    let mut world = World::start().await;
    let first = world.running_vm().await;
    world.rest().await;
    let asked = world.another().await;
    let approved = says_yes(&world.approver, &asked).await.unwrap();
    let strangers = world.strange_vm(&approved.vm.unwrap().name).await;
    world.work();
    let failed = ends(&world, asked.id, RequestState::Failed).await;
    assert_eq!(failure(&failed), "FOREIGN_VM");
    let vm = world.engineer.vms().get_vm(failed.vm.unwrap().id).await.unwrap();
    assert_eq!(vm.state, VmState::Failed);

    // What never came to be can be cleared away, and the stranger does not notice.
    let gone = delete(&world.engineer, &vm).await.unwrap();
    world.approve(&gone).await;
    world.reaches(gone.id, RequestState::Succeeded).await;
    let there = world.in_cluster().await;
    assert!(there.contains_key(&strangers) && there.len() == 2, "{there:?}");
    assert_eq!(world.does(first.id, PowerState::Running).await.state, VmState::Active);
}
