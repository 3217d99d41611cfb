//! The front door: the Kubernetes API of this engine over HTTPS.
//!
//! A request is authenticated, its path parsed as kube-apiserver parses it, and handed to a verb. Handlers hold no
//! state; everything is in the store, so any number of requests may run at once.
//!
//! Not here: the rules of object life (`crate::objects`), admission (`crate::admission`).

pub mod auth;
mod body;
mod delete;
mod discovery;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod openapi;
mod patch;
mod path;
mod protobuf;
pub mod query;
mod read;
mod render;
pub mod resources;
mod review;
mod selector;
pub mod server;
pub mod status;
mod strict;
mod subresources;
mod table;
mod verbs;
mod watch;
mod writes;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::faults::Faults;
use crate::launcher::Runtime;
use crate::store::Store;
use auth::Tokens;
use path::Target;
use status::ApiError;

pub use subresources::{Sessions, guest_os};

/// What every request needs.
#[derive(Clone)]
pub struct Api {
    /// The state.
    pub store: Store,
    /// Who may call.
    pub tokens: Arc<Tokens>,
    /// What is wrong on the way to clients.
    pub faults: Faults,
    /// For consoles and power of single guests.
    pub runtime: Arc<dyn Runtime>,
    /// Open consoles.
    pub sessions: Arc<Sessions>,
    /// Ends watches and streams when the engine stops.
    pub stopping: CancellationToken,
}

/// The service.
pub fn router(api: Api) -> Router {
    Router::new().fallback(handle).with_state(api)
}

async fn handle(State(api): State<Api>, request: Request) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = dispatch(&api, request).await.unwrap_or_else(ApiError::into_response);
    let skew = api.faults.effects().skew;
    if skew != 0
        && let Ok(date) = http::HeaderValue::from_str(&clock::http_date(skew))
    {
        response.headers_mut().insert(http::header::DATE, date);
    }
    tracing::debug!(%method, path, status = response.status().as_u16(), "request");
    response
}

async fn dispatch(api: &Api, request: Request) -> Result<Response, ApiError> {
    api.faults.meet().await?;
    let target = path::parse(request.uri().path());
    if let Some(Target::Document(segments)) = &target
        && let Some(answer) = public(request.method(), segments)
    {
        return Ok(answer);
    }
    let user = api.tokens.authenticate(request.headers())?;
    match target.ok_or_else(ApiError::no_such_path)? {
        Target::Document(segments) => document(request.method(), &segments),
        Target::Subresource(segments) => subresources::serve(api, user, &segments, request).await,
        Target::Object(object) => {
            let (parts, body) = request.into_parts();
            let body = read_body(body).await?;
            verbs::serve(api, user, object, &parts.method, &parts.uri, parts.headers, body).await
        }
    }
}

/// Health and version are open, as in a real cluster.
fn public(method: &Method, segments: &[String]) -> Option<Response> {
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (method.as_str(), path.as_slice()) {
        ("GET" | "HEAD", ["livez" | "readyz" | "healthz", ..]) => Some("ok".into_response()),
        ("GET", ["version"]) => Some(verbs::json(StatusCode::OK, &discovery::version())),
        _ => None,
    }
}

fn document(method: &Method, segments: &[String]) -> Result<Response, ApiError> {
    if !matches!(method.as_str(), "GET" | "HEAD") {
        return Err(ApiError::method_not_allowed());
    }
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let found = match path.as_slice() {
        ["openapi", "v3", rest @ ..] => openapi::document(rest),
        _ => discovery::document(&path),
    };
    found.map(|document| verbs::json(StatusCode::OK, &document)).ok_or_else(ApiError::no_such_path)
}

async fn read_body(body: Body) -> Result<axum::body::Bytes, ApiError> {
    axum::body::to_bytes(body, body::MAX_BYTES).await.map_err(|_| {
        let message = format!("Request entity too large: limit is {}", body::MAX_BYTES);
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    })
}
