//! The watch: what the books say of a cluster when connections break, watchers die and history is lost.

use shepherd_contract::types::{PowerState, VmState};
use shepherd_store::operations;
use shepherd_test_support::app::{Engine, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_was_away_is_seen_as_it_is_and_never_otherwise() {
    let mut world = World::start().await;
    let (one, two) = (world.running_vm().await, world.another_running_vm().await);
    let seen = world.record_power().await;
    world.site.go_down().await;
    world.unreachable().await;
    world.site.come_back().await;
    world.healthy().await;
    for vm in [&one, &two] {
        assert_eq!(world.does(vm.id, PowerState::Running).await.state, VmState::Active);
    }
    let powers = world.recorded_power(seen).await;
    assert!(powers.iter().all(|power| power == "running"), "nobody ever looked otherwise: {powers:?}");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_while_nobody_watched_is_noticed() {
    let mut world = World::start().await;
    let (one, two) = (world.running_vm().await, world.another_running_vm().await);
    world.rest().await;
    world.kubectl_delete(&two.name).await;
    world.work();
    world.does(two.id, PowerState::Missing).await;
    world.does(one.id, PowerState::Running).await;
    world.kubectl_delete(&one.name).await;
    world.does(one.id, PowerState::Missing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_takes_over_from_one_that_is_gone() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    let before = world.watch_epoch().await;
    let other = world.app.another().await;
    let engine = Engine::start(&other);
    world.rest().await;
    world.kubectl_stop(&vm.name).await;
    world.does(vm.id, PowerState::Stopped).await;
    assert!(world.watch_epoch().await > before, "a new hand is a new epoch");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_history_is_a_new_list_and_no_flapping() {
    let mut world = World::start_on(|config| config.log_entries = 40).await;
    let vm = world.running_vm().await;
    let seen = world.record_power().await;
    let list = world.watch_generation().await;
    world.site.go_down().await;
    world.unreachable().await;
    // More happens than the cluster remembers, where our watch cannot see it.
    world.site.come_back_elsewhere().await;
    for number in 0..50 {
        let name = format!("noise-{number}");
        world.strange_vm(&name).await;
        world.kubectl_delete(&name).await;
    }
    world.site.go_down().await;
    world.site.come_back().await;
    world.healthy().await;
    world.listed_after(list).await;
    assert_eq!(world.recorded_power(seen).await, ["running"]);
    world.kubectl_stop(&vm.name).await;
    world.does(vm.id, PowerState::Stopped).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_that_comes_while_a_worker_is_at_it_is_not_lost() {
    let mut world = World::start().await;
    let asked = world.ask().await;
    world.rest().await;
    let operation = world.approve(&asked).await.operation_id.unwrap();
    let app = &world.app.app;
    let mut tx = app.db.begin().await.unwrap();
    let at_it = operations::take(&mut tx, operation).await.unwrap().expect("nobody else is at it");
    tx.commit().await.unwrap();

    assert_eq!(app.work_operation(operation).await.unwrap(), None, "a second worker leaves it to the first");
    let mut tx = app.db.begin().await.unwrap();
    let down = operations::wait(&mut tx, &at_it, None, false).await.unwrap();
    assert!(!down, "the first is told to look again before it puts the work down");
}
