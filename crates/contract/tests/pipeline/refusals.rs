//! What is refused, with which status, and where it points.

use axum::body::Body;
use http::{Request, header};

use crate::harbour::{BOAT, Fixture};

/// Refused before any operation runs.
async fn refused(method: &str, path: &str, body: &str, problem: &str, wrong: &[&str]) {
    let fixture = Fixture::new();
    let answer = fixture.send(method, path, body).await;
    assert_eq!(answer.problem(), problem, "{method} {path} {body}: {}", answer.body);
    assert_eq!(answer.wrong(), wrong, "{method} {path} {body}");
    assert_eq!(fixture.calls(), 0);
    fixture.violations.assert_none();
}

const INVALID: &str = "422 VALIDATION_FAILED";
const MALFORMED: &str = "400 MALFORMED_REQUEST";

#[tokio::test]
async fn body_rules_point_at_the_field() {
    let post =
        |body: &'static str, wrong: &'static [&'static str]| refused("POST", "/boats", body, INVALID, wrong);
    post(r#"{"name":"PEQUOD","hull":{"kind":"wood","planks":12}}"#, &["/name PATTERN"]).await;
    post(r#"{"hull":{"kind":"wood","planks":12}}"#, &["/name REQUIRED"]).await;
    post(r#"{"name":"p","hull":{"kind":"wood","planks":0}}"#, &["/hull/planks TOO_SMALL", "/name TOO_SHORT"])
        .await;
    post(r#"{"name":"pequod","hull":{"kind":"wood"}}"#, &["/hull/planks REQUIRED"]).await;
    post(r#"{"name":"pequod","hull":{"kind":"paper"}}"#, &["/hull/kind NOT_ALLOWED"]).await;
    post(r#"{"name":"pequod","hull":{}}"#, &["/hull/kind REQUIRED"]).await;
    post(r#"{"name":"pequod","hull":{"kind":"steel","grade":7}}"#, &["/hull/grade TYPE"]).await;
    post(
        r#"{"name":"pequod","hull":{"kind":"steel","grade":"A"},"anchor":{"kilograms":0}}"#,
        &["/anchor/kilograms TOO_SMALL"],
    )
    .await;
    post(r#"{"name":"pequod","hull":{"kind":"steel","grade":"A"},"crew":["a","a"]}"#, &["/crew DUPLICATE"])
        .await;
    post(
        r#"{"name":"pequod","hull":{"kind":"steel","grade":"A"},"crew":["a\u0000"]}"#,
        &["/crew/0 CHARACTER"],
    )
    .await;
    post(r#"[]"#, &[" TYPE"]).await;
    post(
        r#"{"name":"pequod","hull":{"kind":"steel","grade":"A"},"anchor":{"kilograms":2147483648}}"#,
        &["/anchor/kilograms TOO_LARGE"],
    )
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_400() {
    refused("POST", "/boats", r#"{"name": "#, MALFORMED, &[" SYNTAX"]).await;
    refused(
        "POST",
        "/boats",
        r#"{"name":"pequod","hull":{"kind":"wood","planks":1},"mast":3}"#,
        MALFORMED,
        &["/mast UNKNOWN"],
    )
    .await;
    refused(
        "POST",
        "/boats",
        r#"{"name":"pequod","hull":{"kind":"wood","planks":1,"grade":"A"}}"#,
        MALFORMED,
        &["/hull/grade UNKNOWN"],
    )
    .await;
    refused("GET", "/boats?limit=many", "", MALFORMED, &["?limit TYPE"]).await;
    refused("GET", "/boats?colur=red", "", MALFORMED, &["?colur UNKNOWN"]).await;
    refused("GET", "/boats?afloat=true&afloat=false", "", MALFORMED, &["?afloat DUPLICATE"]).await;
    refused("GET", "/boats?since=yesterday", "", MALFORMED, &["?since FORMAT"]).await;
    refused("GET", "/boats/pequod", "", MALFORMED, &["{id} FORMAT"]).await;
    refused("GET", &format!("/boats/{BOAT}"), "{}", MALFORMED, &[" UNKNOWN"]).await;
    refused("GET", "/boats/%FF", "", MALFORMED, &[]).await;
}

#[tokio::test]
async fn query_rules_are_422() {
    refused("GET", "/boats?limit=201", "", INVALID, &["?limit TOO_LARGE"]).await;
    refused("GET", "/boats?colour=red&colour=green", "", INVALID, &["?colour NOT_ALLOWED"]).await;
    refused("GET", "/boats?sort=size", "", INVALID, &["?sort NOT_ALLOWED"]).await;
}

#[tokio::test]
async fn answers_never_repeat_a_secret() {
    let fixture = Fixture::new();
    let body = r#"{"name":"pequod","hull":{"kind":"wood","planks":1},"ignition":"xyz"}"#;
    let answer = fixture.send("POST", "/boats", body).await;
    assert_eq!(answer.wrong(), ["/ignition TOO_SHORT"]);
    assert!(!answer.body.to_string().contains("xyz"));
}

#[tokio::test]
async fn sign_in_comes_before_validation() {
    let fixture = Fixture::new();
    let request = Request::post("/boats").body(Body::from("{")).unwrap();
    assert_eq!(fixture.raw(request).await.problem(), "401 UNAUTHENTICATED");
}

#[tokio::test]
async fn media_type_must_be_json() {
    let fixture = Fixture::new();
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let request = Request::post("/boats").header("x-sailor", "i").header(header::CONTENT_TYPE, media);
        let answer = fixture.raw(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.problem(), "415 UNSUPPORTED_MEDIA_TYPE");
    }
    let request = Request::post("/boats")
        .header("x-sailor", "i")
        .header(header::CONTENT_TYPE, "Application/JSON; charset=utf-8");
    assert_eq!(fixture.raw(request.body(Body::from("{}")).unwrap()).await.problem(), INVALID);
}

#[tokio::test]
async fn bodies_are_limited_per_operation() {
    let fixture = Fixture::new();
    let large = fixture.send("POST", "/boats", &" ".repeat((1 << 20) + 1)).await;
    assert_eq!(large.problem(), "413 BODY_TOO_LARGE");
    assert_eq!(large.body["params"]["max_bytes"], 1 << 20);
    let chart =
        Request::put("/harbour/chart").header("x-sailor", "i").header(header::CONTENT_TYPE, "text/csv");
    assert_eq!(
        fixture.raw(chart.body(Body::from("x".repeat(4097))).unwrap()).await.problem(),
        "413 BODY_TOO_LARGE"
    );
    fixture.violations.assert_none();
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let fixture = Fixture::new();
    assert_eq!(fixture.send("GET", "/ships", "").await.problem(), "404 NOT_FOUND");
    let answer = fixture.send("PUT", "/boats", "").await;
    assert_eq!(answer.problem(), "405 METHOD_NOT_ALLOWED");
    assert_eq!(answer.headers[header::ALLOW], "GET,HEAD,POST");
}

#[tokio::test]
async fn an_edit_needs_the_version_it_is_based_on() {
    let fixture = Fixture::new();
    let path = format!("/boats/{BOAT}");
    assert_eq!(fixture.send("PATCH", &path, "{}").await.problem(), "428 PRECONDITION_REQUIRED");
    let with = |tag: &str| {
        let request =
            Request::patch(&path).header("x-sailor", "i").header(header::CONTENT_TYPE, "application/json");
        request.header(header::IF_MATCH, tag).body(Body::from("{}")).unwrap()
    };
    for tag in ["7", "*", "W/\"7\"", "\"x\"", "\"7\", \"8\""] {
        assert_eq!(fixture.raw(with(tag)).await.problem(), MALFORMED, "{tag}");
    }
    assert_eq!(fixture.calls(), 0);
}

#[tokio::test]
async fn a_bad_idempotency_key_points_at_its_header() {
    let fixture = Fixture::new();
    let request =
        Request::post("/boats").header("x-sailor", "i").header(header::CONTENT_TYPE, "application/json");
    let body = r#"{"name":"pequod","hull":{"kind":"wood","planks":1}}"#;
    let answer =
        fixture.raw(request.header("Idempotency-Key", "short").body(Body::from(body)).unwrap()).await;
    assert_eq!(
        (answer.problem().as_str(), answer.wrong()),
        (INVALID, vec!["Idempotency-Key TOO_SHORT".to_owned()])
    );
}

#[tokio::test]
async fn problems_carry_the_request_id() {
    let fixture = Fixture::new();
    for path in ["/boats?limit=0", "/ships"] {
        let request = Request::get(path)
            .header("x-sailor", "i")
            .header("x-request-id", "r-1")
            .body(Body::empty())
            .unwrap();
        assert_eq!(fixture.raw(request).await.body["request_id"], "r-1", "{path}");
    }
}
