//! What comes back when a request is good, and what the validating layer says when an answer is not.

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::{Request, StatusCode, header};
use shepherd_contract::runtime::{Permission, validate_response};

use crate::harbour::{BOAT, Fixture};
use crate::operations::{OPERATIONS, OperationId};

const BUILD: &str = r#"{"name":"pequod","hull":{"kind":"steel","grade":"A"}}"#;

#[tokio::test]
async fn defaults_unions_and_tags_arrive_typed_and_go_back_as_json() {
    let fixture = Fixture::new();
    let answer = fixture.send("POST", "/boats", BUILD).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.body["hull"], serde_json::json!({ "kind": "steel", "grade": "A" }));
    assert_eq!(answer.body["colour"], "red");
    assert_eq!(answer.body["captain"], "ishmael");
    assert_eq!(answer.headers[header::ETAG], "\"1\"");
    fixture.violations.assert_none();
}

#[tokio::test]
async fn a_whole_number_is_an_integer_however_it_is_written() {
    let fixture = Fixture::new();
    let answer =
        fixture.send("POST", "/boats", r#"{"name":"pequod","hull":{"kind":"wood","planks":12.0}}"#).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.body["hull"], serde_json::json!({ "kind": "wood", "planks": 12 }));
    let half =
        fixture.send("POST", "/boats", r#"{"name":"pequod","hull":{"kind":"wood","planks":1.5}}"#).await;
    assert_eq!(half.wrong(), ["/hull/planks TYPE"]);
}

#[tokio::test]
async fn query_parameters_repeat_default_and_keep_odd_names() {
    let fixture = Fixture::new();
    let answer = fixture.send("GET", "/boats?colour=red&colour=deep_blue&sort=-name", "").await;
    assert_eq!(answer.body["items"].as_array().unwrap().len(), 2);
    assert_eq!(answer.body["next_cursor"], "-name");
    let answer = fixture.send("GET", "/boats?colour=red&colour=deep_blue&limit=1", "").await;
    assert_eq!(answer.body["items"].as_array().unwrap().len(), 1);
    assert!(answer.headers.get(header::ETAG).is_none());
    fixture.violations.assert_none();
}

#[tokio::test]
async fn a_patch_leaves_clears_or_sets() {
    let fixture = Fixture::new();
    for (body, captain, untouched) in [
        ("{}", serde_json::json!("Ahab"), "true"),
        (r#"{"captain":null}"#, serde_json::Value::Null, "false"),
        (r#"{"captain":"Starbuck"}"#, serde_json::json!("Starbuck"), "false"),
    ] {
        let request = Request::patch(format!("/boats/{BOAT}"))
            .header("x-sailor", "i")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, "\"7\"");
        let answer = fixture.raw(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.body["captain"], captain, "{body}");
        assert_eq!(answer.body["labels"]["captain_untouched"], untouched);
        assert_eq!(answer.headers[header::ETAG], "\"8\"");
    }
    fixture.violations.assert_none();
}

#[tokio::test]
async fn a_replay_answers_without_calling_again() {
    let fixture = Fixture::new();
    let request = Request::post("/boats")
        .header("idempotency-key", "seen-before")
        .body(Body::from("anything"))
        .unwrap();
    let answer = fixture.raw(request).await;
    assert_eq!(
        (answer.status, &answer.body["colour"]),
        (StatusCode::ACCEPTED, &serde_json::json!("deep_blue"))
    );
    assert_eq!(fixture.calls(), 0);
}

#[tokio::test]
async fn text_goes_both_ways_and_streams_pass() {
    let fixture = Fixture::new();
    assert_eq!(fixture.send("GET", "/harbour/chart", "").await.body, "depth\n7\n");
    let request =
        Request::put("/harbour/chart").header("x-sailor", "i").header(header::CONTENT_TYPE, "text/csv");
    let answer = fixture.raw(request.body(Body::from("depth\n9\n")).unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NO_CONTENT, Some("")));
    let request = Request::get("/harbour/events").header("x-sailor", "i").header("last-event-id", "42");
    let answer = fixture.raw(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.body, "id: 42\ndata: hello\n\n");
    let radio = fixture.send("GET", "/harbour/radio?ticket=abc", "").await;
    assert_eq!(radio.problem(), "400 WEBSOCKET_EXPECTED");
    fixture.violations.assert_none();
}

#[tokio::test]
async fn an_answer_outside_its_schema_fails_loudly() {
    let fixture = Fixture::new();
    fixture.api.lie.store(true, Ordering::SeqCst);
    let answer = fixture.send("POST", "/boats", BUILD).await;
    assert_eq!(answer.problem(), "500 CONTRACT_VIOLATION");
    let list = fixture.violations.list();
    assert!(list[0].starts_with("buildBoat: 202 breaks its schema: /name must match"), "{list:?}");
}

#[tokio::test]
async fn a_panic_is_a_problem() {
    let fixture = Fixture::new();
    let answer = fixture.send("DELETE", "/boats/00000000-0000-7000-8000-000000000000", "").await;
    assert_eq!(answer.problem(), "500 INTERNAL");
    assert!(!answer.body.to_string().contains("sunk"));
    fixture.violations.assert_none();
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let fixture = Fixture::new();
    let answer = fixture.send("HEAD", &format!("/boats/{BOAT}"), "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, Some("")));
    assert_eq!(answer.headers[header::ETAG], "\"7\"");
    fixture.violations.assert_none();
}

#[test]
fn every_kind_of_bad_answer_is_named() {
    let op = OperationId::GetBoat.get();
    let json = Some("application/json");
    let says = |status: u16, media, body: &[u8]| {
        validate_response(op, StatusCode::from_u16(status).unwrap(), media, body).unwrap_err()
    };
    assert!(says(202, json, b"{}").contains("status 202 is not in the contract"));
    assert!(says(200, Some("text/html"), b"").contains("media type `text/html`"));
    assert!(says(200, json, b"{").contains("is not JSON"));
    assert!(says(500, json, b"{}").contains("media type"));
    assert!(says(404, Some("application/problem+json"), b"{}").contains("/code is required"));
    let sink = OperationId::SinkBoat.get();
    assert!(validate_response(sink, StatusCode::NO_CONTENT, None, b"x").unwrap_err().contains("no body"));
}

#[test]
fn the_table_says_who_may_call_what() {
    assert_eq!(OPERATIONS.len(), OperationId::ALL.len());
    for (id, op) in OperationId::ALL.into_iter().zip(&OPERATIONS) {
        assert_eq!(OperationId::of(op), id);
        assert_eq!(id.get(), op);
    }
    let build = OperationId::BuildBoat.get();
    assert_eq!((build.permission, build.audit), (Permission::Needs("boat:build"), Some("boat.build")));
    assert!(build.idempotent);
    assert_eq!(OperationId::ListBoats.get().query_params, ["limit", "colour", "afloat", "since", "sort"]);
}
