//! An implementation of the sample contract, small enough to see through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, StatusCode, header};
use serde_json::Value;
use shepherd_contract::runtime::server::{Backend, IfMatch, Opened};
use shepherd_contract::runtime::{Operation, Patch, Permission, Problem, ValidateResponses, Violations};
use shepherd_domain::ids::VmId;
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::server::{boats::BoatsApi, harbour::HarbourApi};
use crate::types;

pub const BOAT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What the tests look at and pull.
#[derive(Default)]
pub struct Harbour {
    /// Requests that reached an operation.
    pub calls: AtomicUsize,
    /// A sinking waits here.
    pub gate: Notify,
    /// A sinking has begun.
    pub begun: Notify,
    /// A sinking came to its end.
    pub sunk: Notify,
    /// Answer with something the contract does not allow.
    pub lie: AtomicBool,
}

impl Harbour {
    fn called(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
    }
}

impl Backend for Harbour {
    type Cx = String;
    type Error = Problem;
    type Mark = ();

    fn mark(&self, _: &String, _: &Parts) -> Option<()> {
        None
    }

    async fn refused(&self, (): (), _: &Problem) {}

    async fn open(
        &self,
        op: &'static Operation,
        parts: &mut Parts,
        _: &Bytes,
    ) -> Result<Opened<String>, Problem> {
        let name = parts.headers.get("x-sailor").and_then(|v| v.to_str().ok());
        if parts.headers.get("idempotency-key").is_some_and(|k| k == "seen-before") {
            return Ok(Opened::Replay(
                (StatusCode::ACCEPTED, [(header::CONTENT_TYPE, "application/json")], boat_json())
                    .into_response(),
            ));
        }
        match (name, op.permission) {
            (Some(name), _) => Ok(Opened::Proceed(name.to_owned())),
            (None, Permission::Public) => Ok(Opened::Proceed(String::new())),
            (None, _) => Err(Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "Sign in first")),
        }
    }
}

impl BoatsApi for Harbour {
    async fn list_boats(&self, _: String, query: types::ListBoatsQuery) -> Result<types::BoatPage, Problem> {
        self.called();
        let wanted = query.colour.unwrap_or_default();
        let items = wanted.into_iter().take(query.limit as usize).map(|c| boat(c, None, 1)).collect();
        Ok(types::BoatPage { items, next_cursor: query.sort.map(|s| s.to_string()) })
    }

    async fn build_boat(&self, sailor: String, body: types::BuildBoat) -> Result<types::Boat, Problem> {
        self.called();
        let mut built = boat(body.colour, Some(sailor), 1);
        built.hull = body.hull;
        built.name = if self.lie.load(Ordering::SeqCst) { "NOT A NAME".to_owned() } else { body.name };
        Ok(built)
    }

    async fn get_boat(&self, _: String, id: VmId) -> Result<types::Boat, Problem> {
        self.called();
        let missing = || Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found");
        if id.to_string() == BOAT { Ok(boat(types::Colour::Red, None, 7)) } else { Err(missing()) }
    }

    async fn repaint_boat(
        &self,
        _: String,
        _: VmId,
        IfMatch(version): IfMatch,
        body: types::RepaintBoat,
    ) -> Result<types::Boat, Problem> {
        self.called();
        let before = Some("Ahab".to_owned());
        let untouched = matches!(body.captain, Patch::Absent);
        let mut after =
            boat(body.colour.unwrap_or(types::Colour::Red), body.captain.apply(before), version + 1);
        after.labels.insert("captain_untouched".to_owned(), untouched.to_string());
        Ok(after)
    }

    async fn sink_boat(&self, _: String, id: VmId) -> Result<(), Problem> {
        self.called();
        assert!(id.to_string() == BOAT, "only one boat can be sunk");
        self.begun.notify_one();
        self.gate.notified().await;
        self.sunk.notify_one();
        Ok(())
    }
}

impl HarbourApi for Harbour {
    async fn watch_harbour(&self, _: String, last_event_id: Option<String>) -> Result<Response, Problem> {
        let text = format!("id: {}\ndata: hello\n\n", last_event_id.unwrap_or_default());
        Ok(([(header::CONTENT_TYPE, "text/event-stream")], text).into_response())
    }

    async fn open_radio(
        &self,
        _: String,
        _: types::OpenRadioQuery,
        upgrade: axum::extract::ws::WebSocketUpgrade,
    ) -> Result<Response, Problem> {
        Ok(upgrade.on_upgrade(|_| async {}))
    }

    async fn get_chart(&self, _: String) -> Result<Response, Problem> {
        Ok(([(header::CONTENT_TYPE, "text/csv")], "depth\n7\n").into_response())
    }

    async fn put_chart(&self, _: String, body: String) -> Result<(), Problem> {
        assert!(body.starts_with("depth"));
        Ok(())
    }
}

pub fn boat(colour: types::Colour, captain: Option<String>, version: i64) -> types::Boat {
    types::Boat {
        id: BOAT.parse().unwrap(),
        name: "pequod".to_owned(),
        colour,
        hull: types::Hull::Wood(types::WoodenHull { planks: 12 }),
        built_at: chrono::DateTime::UNIX_EPOCH,
        captain,
        r#type: None,
        labels: std::collections::BTreeMap::new(),
        log: serde_json::Map::new(),
        version,
    }
}

fn boat_json() -> String {
    serde_json::to_string(&boat(types::Colour::DeepBlue, None, 1)).unwrap()
}

/// The sample behind its router, with every answer checked.
#[derive(Clone)]
pub struct Fixture {
    pub api: Arc<Harbour>,
    pub router: Router,
    pub violations: Violations,
}

/// One answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Value,
}

impl Fixture {
    pub fn new() -> Self {
        let (api, violations) = (Arc::new(Harbour::default()), Violations::default());
        let router = crate::server::router(api.clone()).layer(ValidateResponses::new(violations.clone()));
        Self { api, router, violations }
    }

    /// Sends a request as a signed-in sailor.
    pub async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("x-sailor", "ishmael");
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.raw(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub fn calls(&self) -> usize {
        self.api.calls.load(Ordering::SeqCst)
    }
}

impl Answer {
    /// `pointer CODE` of each wrong field, sorted.
    pub fn wrong(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let mut list: Vec<String> = errors
            .iter()
            .map(|e| format!("{} {}", e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap()))
            .collect();
        list.sort();
        list
    }

    /// Status and code of a problem, as `404 NOT_FOUND`.
    pub fn problem(&self) -> String {
        let media = self.headers.get(header::CONTENT_TYPE).unwrap();
        assert_eq!(media, "application/problem+json");
        assert_eq!(self.body["status"], self.status.as_u16());
        format!("{} {}", self.status.as_u16(), self.body["code"].as_str().unwrap())
    }
}
