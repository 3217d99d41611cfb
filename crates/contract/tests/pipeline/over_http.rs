//! The generated client against the generated server, over a socket.

use shepherd_contract::runtime::client::{ClientError, Connection};
use shepherd_domain::ids::VmId;

use crate::client::Client;
use crate::harbour::{BOAT, Fixture};
use crate::types;

async fn client(fixture: &Fixture) -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/api/v1", listener.local_addr().unwrap());
    let router = axum::Router::new().nest("/api/v1", fixture.router.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let connection = Connection::new(reqwest::Client::new(), base.parse().unwrap());
    Client::new(connection.with_header("x-sailor".parse().unwrap(), "ishmael".parse().unwrap()))
}

#[tokio::test]
async fn calls_go_round() {
    let fixture = Fixture::new();
    let client = client(&fixture).await;
    let body = types::BuildBoat {
        name: "pequod".to_owned(),
        hull: types::Hull::Steel(types::SteelHull { grade: "A".to_owned() }),
        colour: types::Colour::DeepBlue,
        crew: None,
        anchor: Some(types::Anchor { kilograms: 5 }),
        ignition: Some("turn it".into()),
    };
    assert!(!format!("{body:?}").contains("turn it"));
    let boat = client.boats().build_boat("key-0001", &body).await.unwrap();
    assert_eq!((boat.hull, boat.colour), (body.hull, body.colour));
    let query = types::ListBoatsQuery {
        limit: 2,
        colour: Some(types::Colour::ALL.to_vec()),
        afloat: Some(true),
        since: Some(chrono::DateTime::UNIX_EPOCH),
        sort: None,
    };
    assert_eq!(client.boats().list_boats(&query).await.unwrap().items.len(), 2);
    let patch = types::RepaintBoat { captain: shepherd_contract::runtime::Patch::Null, ..Default::default() };
    let painted = client.boats().repaint_boat(BOAT.parse().unwrap(), 41, &patch).await.unwrap();
    assert_eq!((painted.captain, painted.version), (None, 42));
    client.harbour().put_chart("depth\n1\n").await.unwrap();
    assert_eq!(client.harbour().get_chart().await.unwrap().text().await.unwrap(), "depth\n7\n");
    fixture.violations.assert_none();
}

#[tokio::test]
async fn a_refusal_keeps_its_code() {
    let fixture = Fixture::new();
    let client = client(&fixture).await;
    let error = client.boats().get_boat(VmId::new()).await.unwrap_err();
    assert_eq!(error.code(), Some("NOT_FOUND"));
    let ClientError::Problem(problem) = error else { panic!("not a problem: {error}") };
    assert_eq!(problem.status, 404);
}

#[tokio::test]
async fn below_a_base_path_unknown_paths_and_methods_stay_problems() {
    let fixture = Fixture::new();
    let base = client(&fixture).await.connection().base().clone();
    for (method, path, code) in [
        (reqwest::Method::GET, "/ships", "NOT_FOUND"),
        (reqwest::Method::PUT, "/boats", "METHOD_NOT_ALLOWED"),
        (reqwest::Method::TRACE, "/boats", "METHOD_NOT_ALLOWED"),
    ] {
        let answer = reqwest::Client::new().request(method, format!("{base}{path}")).send().await.unwrap();
        let problem: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(problem["code"], code, "{path}");
    }
}

#[tokio::test]
async fn a_websocket_has_an_address_and_opens() {
    let fixture = Fixture::new();
    let client = client(&fixture).await;
    let url = client.harbour().open_radio(&types::OpenRadioQuery { ticket: "a b&c".into() }).unwrap();
    assert_eq!(
        (url.scheme(), url.path(), url.query()),
        ("ws", "/api/v1/harbour/radio", Some("ticket=a+b%26c"))
    );
    let mut http = url.clone();
    http.set_scheme("http").unwrap();
    let answer = reqwest::Client::new()
        .get(http)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 101);
    fixture.violations.assert_none();
}
