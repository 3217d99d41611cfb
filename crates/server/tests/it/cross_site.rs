//! What other sites cannot make a signed-in browser do, and what every answer tells browsers.

use reqwest::{RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use shepherd_test_support::app::{Caller, TestApp, key};

fn create(app: &TestApp, who: &Caller) -> RequestBuilder {
    let body = json!({ "name": "shop" });
    who.http().post(app.url("systems")).header("idempotency-key", key()).json(&body)
}

async fn answer(request: RequestBuilder) -> (StatusCode, String) {
    let answer = request.send().await.expect("the server answers");
    let status = answer.status();
    let body: Value = answer.json().await.expect("it is JSON");
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn only_our_own_pages_may_change_things_with_a_cookie() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let refused = (StatusCode::FORBIDDEN, "CROSS_SITE_REQUEST".to_owned());
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://approver.localhost:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(answer(create(&app, &engineer).header(name, value)).await, refused, "{name}: {value}");
    }
    assert_eq!(answer(create(&app, &engineer)).await, refused, "a cookie alone proves nothing");
    let own = create(&app, &engineer).header("origin", app.origin());
    assert_eq!(answer(own).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn no_page_can_sign_a_browser_in_as_someone_else() {
    let app = TestApp::start().await;
    app.engineer().await;
    let body = json!({ "name": "engineer" });
    let sign_in = reqwest::Client::new().post(app.url("session/sample")).json(&body);
    let refused = answer(sign_in.header("origin", "https://evil.example")).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, "CROSS_SITE_REQUEST".to_owned()));
}

#[tokio::test]
async fn two_people_stand_side_by_side_each_at_an_address_of_their_own() {
    let app = TestApp::start().await;
    app.engineer().await;
    app.approver().await;
    let host = |name: &str| format!("{name}.localhost:{}", app.url("").port().expect("a port of its own"));
    let at = |request: RequestBuilder, name: &str| {
        request.header(header::HOST, host(name)).header(header::ORIGIN, format!("http://{}", host(name)))
    };
    let http = reqwest::Client::new();
    let body = json!({ "name": "engineer" });
    let signed_in = at(http.post(app.url("session/sample")).json(&body), "engineer").send().await.unwrap();
    let cookie = signed_in.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(!cookie.contains("Domain"), "the other address never sees it");
    let cookie = cookie.split(';').next().unwrap();

    let rename = || http.patch(app.url("me")).header(header::COOKIE, cookie).json(&json!({ "locale": "zh" }));
    assert_eq!(answer(at(rename(), "engineer")).await.0, StatusCode::OK);
    let foreign = rename().header(header::HOST, host("engineer"));
    let foreign = foreign.header(header::ORIGIN, format!("http://{}", host("approver")));
    assert_eq!(answer(foreign).await.1, "CROSS_SITE_REQUEST", "each address is a site of its own");
}

#[tokio::test]
async fn a_token_needs_no_origin_and_a_wrong_one_is_not_a_cookie() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let body = shepherd_contract::types::CreateToken { name: "script".into(), days: 1 };
    let token = engineer.me().create_token(&body).await.unwrap().secret;
    let with =
        |value: String| reqwest::Client::new().post(app.url("systems")).header(header::AUTHORIZATION, value);
    let body = json!({ "name": "shop" });
    let good = with(format!("Bearer {}", token.expose())).header("idempotency-key", key()).json(&body);
    assert_eq!(answer(good).await.0, StatusCode::CREATED);

    let both =
        create(&app, &engineer).header("origin", app.origin()).header(header::AUTHORIZATION, "Bearer shp_x");
    assert_eq!(answer(both).await, (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED".to_owned()));
    let nothing = reqwest::Client::new().get(app.url("systems")).send().await.unwrap();
    assert_eq!(nothing.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(nothing.headers()[header::WWW_AUTHENTICATE], "Bearer");
}

#[tokio::test]
async fn every_answer_is_guarded_and_numbered() {
    let app = TestApp::start().await;
    for path in ["session/options", "no/such/path"] {
        let answer =
            reqwest::Client::new().get(app.url(path)).header("x-request-id", "a b\tc").send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["x-request-id"].len(), 36, "an odd id is replaced by one of ours");
    }
    let problem =
        reqwest::Client::new().get(app.url("me")).header("x-request-id", "edge-7").send().await.unwrap();
    assert_eq!(problem.headers()["x-request-id"], "edge-7");
    let problem: Value = problem.json().await.unwrap();
    assert_eq!(problem["request_id"], "edge-7", "an operator finds the log by what a person reads out");
}
