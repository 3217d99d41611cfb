//! What should never have been sent: refused with a code that says what to do, and nothing is half done.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shepherd_contract::types::{RequestState, VmState};
use shepherd_test_support::app::{World, key};

use super::{delete, ends, failure, purge, until};

/// Sends a body as it is and returns status and code.
async fn send(world: &World, method: Method, path: &str, kind: &str, body: Vec<u8>) -> (u16, String) {
    let request = world.engineer.http().request(method, world.app.url(path)).body(body);
    let request = request.header("origin", world.app.origin()).header("content-type", kind);
    let answer = request.header("idempotency-key", key()).send().await.expect("it is answered");
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.expect("a problem");
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}

fn wish(world: &World, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut wish = serde_json::to_value(world.wish()).expect("it is JSON");
    change(&mut wish);
    serde_json::to_vec(&wish).expect("it is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_none_of_ours_is_refused_where_it_is_wrong() {
    let world = World::start().await;
    let json = "application/json";
    let post = |body: Vec<u8>| send(&world, Method::POST, "requests", json, body);

    assert_eq!(post(vec![b' '; 3 << 20]).await, (413, "BODY_TOO_LARGE".into()));
    assert_eq!(post(b"{\"service_id\": ".to_vec()).await.0, 400);
    assert_eq!(post(b"\xff\xfe".to_vec()).await.0, 400);
    assert_eq!(post([b"[".repeat(20_000), b"]".repeat(20_000)].concat()).await.0, 400);
    for (fault, body) in [
        ("an unknown field", wish(&world, |w| w["root"] = json!(true))),
        ("a disk below zero", wish(&world, |w| w["disk_bytes"] = json!(-1))),
        ("a fraction of a byte", wish(&world, |w| w["disk_bytes"] = json!(1.5))),
        ("an id that is none", wish(&world, |w| w["service_id"] = json!("redis"))),
        ("a missing field", wish(&world, |w| drop(w.as_object_mut().unwrap().remove("namespace_id")))),
        ("a list", b"[]".to_vec()),
    ] {
        let (status, code) = post(body).await;
        let expected = [(400, "MALFORMED_REQUEST"), (422, "VALIDATION_FAILED")];
        assert!(expected.contains(&(status, code.as_str())), "{fault}: {status} {code}");
    }
    let nobody = wish(&world, |w| w["service_id"] = json!(uuid::Uuid::now_v7()));
    let (status, code) = post(nobody).await;
    assert!(matches!(status, 404 | 422), "a Service that is not there: {status} {code}");
    let typed = send(&world, Method::POST, "requests", "text/plain", wish(&world, |_| {})).await;
    assert_eq!(typed.0, 415);
    let (status, code) = send(&world, Method::PUT, "requests", json, vec![]).await;
    assert_eq!((status, code.as_str()), (405, "METHOD_NOT_ALLOWED"));
    assert_eq!(send(&world, Method::GET, "nothing", json, vec![]).await, (404, "NOT_FOUND".into()));

    let open = world.engineer.requests().list_requests(&Default::default()).await.unwrap();
    assert!(open.items.is_empty(), "nothing of it was taken up");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_disk_is_refused_with_a_reason() {
    let world = World::start().await;
    for bytes in [1, i64::MAX] {
        let mut wish = world.wish();
        wish.disk_bytes = Some(bytes);
        let refused = world.engineer.requests().request_vm(&key(), &wish).await;
        assert!(!super::code(refused).is_empty(), "{bytes} bytes");
    }
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_fails_with_the_clusters_words() {
    let world = World::start().await;
    let wish = world.wish_for_image("shepherd/demo-missing:1").await;
    let failed = fails(&world, wish, "missing").await;
    assert_eq!(failure(&failed), "IMAGE_NOT_FETCHED", "an image may come late, but not that late");
    let words = failed.failure.as_ref().unwrap().params["message"].as_str().unwrap_or_default();
    assert!(words.contains("missing"), "the cluster's words: {words:?}");
    cleared(&world, failed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_dies_while_booting_fails_and_can_be_deleted() {
    let world = World::start().await;
    let wish = world.wish_for_image("shepherd/demo-crash:1").await;
    let failed = fails(&world, wish, "crash_loop").await;
    assert_eq!(failure(&failed), "GUEST_CRASH_LOOP");
    cleared(&world, failed).await;
}

async fn fails(
    world: &World,
    wish: shepherd_contract::types::RequestVm,
    said: &str,
) -> shepherd_contract::types::Request {
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.expect("it is taken up");
    world.approve(&asked).await;
    let named = until(world, asked.id, "a VM", |r| r.vm.is_some()).await;
    world.is_said(named.vm.expect("it has one").id, said).await;
    // Longer than a guest may take to get over it, shorter than a slow boot.
    world.app.pass(Duration::from_secs(11 * 60)).await;
    ends(world, asked.id, RequestState::Failed).await
}

/// What failed still counts, until it is deleted.
async fn cleared(world: &World, failed: shepherd_contract::types::Request) {
    let vm = world.engineer.vms().get_vm(failed.vm.expect("it has one").id).await.expect("it can be read");
    assert_eq!(vm.state, VmState::Failed);
    let gone = delete(&world.engineer, &vm).await.expect("it is taken up");
    world.approve(&gone).await;
    world.reaches(gone.id, RequestState::Succeeded).await;
    world.assert_true().await;
    let gone = purge(&world.engineer, &vm).await.expect("it is in the trash");
    world.approve(&gone).await;
    world.reaches(gone.id, RequestState::Succeeded).await;
    assert!(world.in_cluster().await.is_empty());
    world.assert_true().await;
}
