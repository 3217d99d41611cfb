//! People who decide at the same moment, twice, or not at all.

use std::time::Duration;

use shepherd_contract::types::{CancelRequest, Reject, RequestState};
use shepherd_test_support::app::{World, key};

use super::{code, delete, ends, failure, says_yes, start, stop, yes};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_approvers_at_once_one_is_told_that_it_is_decided() {
    let world = World::start().await;
    let second = world.app.person("second", "approver").await;
    let asked = world.ask().await;
    let (one, two) = tokio::join!(says_yes(&world.approver, &asked), says_yes(&second, &asked));
    let (yes, no) = if one.is_ok() { (one, two) } else { (two, one) };
    assert_eq!(yes.unwrap().decisions.len(), 1);
    assert_eq!(code(no), "NOT_PENDING");
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    assert_eq!(done.decisions.len(), 1);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_said_twice_with_one_key_is_one_word() {
    let world = World::start().await;
    let (ask, say) = (key(), key());
    let wish = world.wish();
    let requests = world.engineer.requests();
    let (one, two) = tokio::join!(requests.request_vm(&ask, &wish), requests.request_vm(&ask, &wish));
    let asked = one.unwrap();
    assert_eq!(asked.id, two.unwrap().id, "both calls are the same request");

    let body = yes(&asked);
    let first = world.approver.requests().approve_request(asked.id, &say, &body).await.unwrap();
    world.reaches(asked.id, RequestState::Succeeded).await;
    let again = world.approver.requests().approve_request(asked.id, &say, &body).await.unwrap();
    assert_eq!(again, first, "the answer that was given the first time");
    let other = world.approver.requests().approve_request(asked.id, &key(), &body).await;
    assert_eq!(code(other), "NOT_PENDING");
    let mut changed = world.wish();
    changed.reason = Some("another reason".into());
    assert_eq!(code(requests.request_vm(&ask, &changed).await), "IDEMPOTENCY_KEY_REUSED");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_wish_twice_is_refused_unless_another_is_meant() {
    let world = World::start().await;
    let asked = world.ask().await;
    assert_eq!(code(world.engineer.requests().request_vm(&key(), &world.wish()).await), "DUPLICATE_REQUEST");
    let another = world.another().await;
    assert_ne!(another.id, asked.id);
    for request in [&asked, &another] {
        says_yes(&world.approver, request).await.unwrap();
    }
    let first = world.reaches(asked.id, RequestState::Succeeded).await.vm.unwrap();
    let second = world.reaches(another.id, RequestState::Succeeded).await.vm.unwrap();
    let named = |number: &str| format!("{}-shop-redis-{number}", world.namespace.name);
    assert_eq!((first.name, second.name), (named("01"), named("02")));
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_can_withdraw_and_whoever_decides_can_refuse() {
    let world = World::start().await;
    let withdrawn = world.ask().await;
    let requests = world.engineer.requests();
    let cancel = CancelRequest { reason: Some("not needed".into()) };
    let foreign = world.approver.requests().cancel_request(withdrawn.id, &key(), &cancel).await;
    assert_eq!(code(foreign), "NOT_YOUR_REQUEST");
    requests.cancel_request(withdrawn.id, &key(), &cancel).await.unwrap();
    assert_eq!(code(says_yes(&world.approver, &withdrawn).await), "NOT_PENDING");

    let refused = world.ask().await;
    let no = Reject { spec_hash: refused.spec_hash.clone(), reason: "too large".into() };
    world.approver.requests().reject_request(refused.id, &key(), &no).await.unwrap();
    assert_eq!(code(requests.cancel_request(refused.id, &key(), &cancel).await), "NOT_PENDING");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_no_approval() {
    let world = World::start().await;
    let asked = world.ask().await;
    world.app.pass(Duration::from_secs(14 * 86_400 + 1)).await;
    // Sessions do not last so long.
    let (engineer, approver) = (world.app.engineer().await, world.app.approver().await);
    let expired = shepherd_test_support::wait_for("the request to expire", super::SOON, async || {
        let request = engineer.requests().get_request(asked.id).await.unwrap();
        if request.state == RequestState::Expired { Ok(request) } else { Err(request.state) }
    })
    .await;
    assert_eq!(failure(&expired), "NOT_DECIDED_IN_TIME");
    assert_eq!(code(says_yes(&approver, &asked).await), "NOT_PENDING");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_takes_the_place_of_what_still_waits() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    world.rest().await;
    let stopping = stop(&world.engineer, &vm).await.unwrap();
    let starting = start(&world.engineer, &vm).await.unwrap();
    let deleting = delete(&world.engineer, &vm).await.unwrap();
    world.approve(&deleting).await;
    assert_eq!(code(stop(&world.engineer, &vm).await), "VM_NOT_ACTIVE");
    world.work();
    world.reaches(deleting.id, RequestState::Succeeded).await;
    for id in [stopping.id, starting.id] {
        assert_eq!(failure(&ends(&world, id, RequestState::Failed).await), "SUPERSEDED");
    }
    world.assert_true().await;
}
