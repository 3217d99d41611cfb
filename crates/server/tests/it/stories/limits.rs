//! How much may be asked for at a time, and what whoever asks for more is told.

use std::time::Duration;

use http::StatusCode;
use shepherd_contract::client::ClientError;
use shepherd_contract::types::{CancelRequest, ExemptFromLimits, Limits, UpdateLimits};
use shepherd_test_support::app::{World, key};

use super::batches::so_many;
use super::code;

async fn limit(world: &World, pending: Option<i32>, all: Option<i32>, hourly: Option<i32>) -> Limits {
    let now = world.engineer.limits().get_limits().await.expect("everybody reads them");
    let body = UpdateLimits {
        pending_per_person: pending,
        pending_in_all: all,
        hourly_per_person: hourly,
        in_flight_per_person: 5,
        in_flight_in_all: 10,
    };
    world.admin.limits().update_limits(now.version, &body).await.expect("they are set")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hands_in_too_much_is_told_when_to_come_back() {
    let world = World::start().await;
    limit(&world, None, None, Some(2)).await;
    world.ask().await;
    // A batch is one submission, whatever its size.
    world.engineer.batches().request_vms(&key(), &so_many(&world, 20)).await.unwrap();
    let wish = shepherd_contract::types::RequestVm { another: Some(true), ..world.wish() };
    let ClientError::Problem(refused) =
        world.engineer.requests().request_vm(&key(), &wish).await.unwrap_err()
    else {
        panic!("a problem says when")
    };
    assert_eq!((refused.status, refused.code.as_ref()), (429, "TOO_MANY_SUBMISSIONS"));
    let seconds = refused.params["retry_after_seconds"].as_u64().unwrap();
    assert!((3000..=3601).contains(&seconds), "{seconds}");
    let raw =
        world.engineer.http().post(world.app.url("requests/vm_create")).json(&wish).send().await.unwrap();
    if raw.status() == StatusCode::TOO_MANY_REQUESTS {
        assert!(raw.headers().contains_key(http::header::RETRY_AFTER));
    }

    // Others are not held back by it, and an exemption is.
    let exempt = ExemptFromLimits { reason: "moves the shop".into(), until: None };
    let limits = world.admin.limits();
    assert_eq!(
        code(world.engineer.limits().exempt_from_limits(world.engineer.id, &exempt).await),
        "PERMISSION_MISSING"
    );
    limits.exempt_from_limits(world.engineer.id, &exempt).await.unwrap();
    world.engineer.requests().request_vm(&key(), &wish).await.unwrap();
    assert_eq!(limits.list_limit_exemptions().await.unwrap().items[0].reason, "moves the shop");
    limits.end_limit_exemption(world.engineer.id).await.unwrap();
    assert_eq!(code(limits.end_limit_exemption(world.engineer.id).await), "NOT_FOUND");
    assert_eq!(code(world.engineer.requests().request_vm(&key(), &wish).await), "TOO_MANY_SUBMISSIONS");
    world.app.pass(Duration::from_secs(seconds + 1)).await;
    world.engineer.requests().request_vm(&key(), &wish).await.unwrap();
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_people_is_bounded() {
    let world = World::start().await;
    limit(&world, Some(1), None, None).await;
    let asked = world.ask().await;
    let wish = shepherd_contract::types::RequestVm { another: Some(true), ..world.wish() };
    assert_eq!(code(world.engineer.requests().request_vm(&key(), &wish).await), "TOO_MANY_PENDING");
    let batch = world.engineer.batches().request_vms(&key(), &so_many(&world, 2)).await;
    assert_eq!(code(batch), "TOO_MANY_PENDING");
    let cancel = CancelRequest { reason: None };
    world.engineer.requests().cancel_request(asked.id, &key(), &cancel).await.unwrap();
    world.engineer.requests().request_vm(&key(), &wish).await.unwrap();
    limit(&world, None, Some(1), None).await;
    assert_eq!(code(world.engineer.requests().request_vm(&key(), &wish).await), "TOO_MANY_PENDING_IN_ALL");

    let stale = UpdateLimits {
        pending_per_person: None,
        pending_in_all: None,
        hourly_per_person: None,
        in_flight_per_person: 1,
        in_flight_in_all: 1,
    };
    assert_eq!(code(world.admin.limits().update_limits(1, &stale).await), "STALE");
    assert_eq!(code(world.engineer.limits().update_limits(3, &stale).await), "PERMISSION_MISSING");
    let nothing = UpdateLimits { in_flight_in_all: 0, ..stale };
    assert_eq!(code(world.admin.limits().update_limits(3, &nothing).await), "VALIDATION_FAILED");
    let past = ExemptFromLimits { reason: "late".into(), until: Some(chrono::DateTime::UNIX_EPOCH) };
    assert_eq!(code(world.admin.limits().exempt_from_limits(world.engineer.id, &past).await), "IN_THE_PAST");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_pass_a_limit_only_as_often_as_it_says() {
    let world = World::start().await;
    limit(&world, Some(3), None, None).await;
    let wish = shepherd_contract::types::RequestVm { another: Some(true), ..world.wish() };
    let keys: Vec<String> = (0..8).map(|_| key()).collect();
    let calls = keys.iter().map(|key| {
        let (engineer, wish) = (&world.engineer, &wish);
        async move { engineer.requests().request_vm(key, wish).await }
    });
    let answers = futures::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    world.assert_true().await;
}
