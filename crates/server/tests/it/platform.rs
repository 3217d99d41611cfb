//! The version, and the first page of each person.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{CancelRequest, PowerState, RequestState, RequestVm, StopVm};
use shepherd_test_support::app::{TestApp, World, key};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

#[tokio::test]
async fn anybody_learns_the_version_and_nobody_else_a_home() {
    let app = TestApp::start().await;
    let version = app.anonymous().platform().get_version().await.unwrap();
    assert_eq!((version.api.as_str(), version.version.as_str()), ("v1", env!("CARGO_PKG_VERSION")));
    assert_eq!(code(app.anonymous().platform().get_home().await), "UNAUTHENTICATED");
    let home = app.engineer().await.platform().get_home().await.unwrap();
    assert_eq!((home.waiting_for_me, home.my_open), (0, 0));
    assert!(
        home.waiting.is_empty() && home.mine.is_empty() && home.broken.is_empty() && home.clusters.is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_stands_before_whom_it_waits_for() {
    let world = World::start().await;
    let home = async |who: &shepherd_test_support::app::Caller| who.platform().get_home().await.unwrap();
    let first = world.ask().await;
    let another = RequestVm { another: Some(true), ..world.wish() };
    let second = world.engineer.requests().request_vm(&key(), &another).await.unwrap();

    let mine = home(&world.engineer).await;
    assert_eq!((mine.waiting_for_me, mine.my_open), (0, 2));
    assert_eq!(mine.mine.iter().map(|r| r.id).collect::<Vec<_>>(), [second.id, first.id], "newest first");
    let theirs = home(&world.approver).await;
    assert_eq!((theirs.waiting_for_me, theirs.my_open), (2, 0));
    assert_eq!(
        theirs.waiting.iter().map(|r| r.id).collect::<Vec<_>>(),
        [first.id, second.id],
        "oldest first"
    );
    assert_eq!(home(&world.app.neighbour().await).await.waiting_for_me, 0);

    let reason = CancelRequest { reason: None };
    world.engineer.requests().cancel_request(second.id, &key(), &reason).await.unwrap();
    world.approve(&first).await;
    world.reaches(first.id, RequestState::Succeeded).await;
    let theirs = home(&world.approver).await;
    assert_eq!((theirs.waiting_for_me, theirs.waiting.len()), (0, 0));
    let mine = home(&world.engineer).await;
    assert_eq!((mine.my_open, mine.mine.len()), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_shown_to_those_it_concerns() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    let home = async |who: &shepherd_test_support::app::Caller| who.platform().get_home().await.unwrap();
    assert!(home(&world.engineer).await.broken.is_empty());
    let stop = StopVm { reason: None, force: None, grace_seconds: None, fields: None };
    let stop = world.engineer.vms().stop_vm(vm.id, &key(), &stop).await.unwrap();
    world.reaches(stop.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Stopped).await;
    assert!(home(&world.engineer).await.broken.is_empty(), "what was stopped on purpose is not broken");

    let mut owner = world.app.db.owner().await;
    sqlx::query("update vm set state = 'failed'").execute(&mut owner).await.unwrap();
    assert_eq!(home(&world.engineer).await.broken[0].name, vm.name);
    assert!(home(&world.approver).await.broken.is_empty(), "it is of no System of theirs");

    assert!(home(&world.admin).await.clusters.is_empty(), "a cluster that is well is no news");
    world.site.go_down().await;
    shepherd_test_support::wait_until(
        "the lost cluster to show",
        shepherd_test_support::app::SOON,
        async || home(&world.admin).await.clusters.iter().any(|c| c.cluster.name == "sim"),
    )
    .await;
    assert!(home(&world.engineer).await.clusters.is_empty(), "who may not read clusters hears of none");
}
