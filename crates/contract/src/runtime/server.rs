//! The path every request takes, whatever its operation.
//!
//! Order: read the body up to its limit, then `Backend::open` (who is calling, cross-site defence, idempotency: 401
//! comes before 400), then check path, query, headers and body against the contract, then call the implementation.
//!
//! Everything after the body runs in a task of its own. A server drops the future of a handler when its client goes
//! away, at whatever `await` it stands; a task is not dropped, so an operation that began comes to its end.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument;

use super::validate::Checked;
use super::{Operation, Payload, Problem};

/// What every implementation brings beside the operations themselves.
pub trait Backend: Send + Sync + 'static {
    /// Who is calling and what belongs to this one request.
    type Cx: Send + 'static;
    /// Errors of the use cases.
    type Error: Into<Problem> + Send;

    /// Runs before anything of the request is judged: authentication, cross-site defence, idempotency.
    fn open(
        &self,
        op: &'static Operation,
        parts: &mut Parts,
        body: &Bytes,
    ) -> impl Future<Output = Result<Opened<Self::Cx>, Self::Error>> + Send;

    /// What is remembered of a call, so that its refusal can be told; `None` where nobody wants to know.
    type Mark: Send;

    /// Looks at a call that was let in.
    fn mark(&self, cx: &Self::Cx, parts: &Parts) -> Option<Self::Mark>;

    /// Runs when a marked call was refused, before the answer is given.
    fn refused(&self, mark: Self::Mark, problem: &Problem) -> impl Future<Output = ()> + Send;
}

/// What to do with a request that was let in.
pub enum Opened<Cx> {
    /// Go on.
    Proceed(Cx),
    /// It was answered before under the same `Idempotency-Key`: answer the same.
    Replay(Response),
}

/// The version an edit is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i64);

/// A request that keeps the contract, before its parts get their types.
pub struct Input {
    parts: Parts,
    checked: Checked,
    text: String,
}

/// Takes one request through. Called by the generated handlers.
pub async fn serve<A, F, Fut>(op: &'static Operation, api: Arc<A>, request: Request, call: F) -> Response
where
    A: Backend,
    F: FnOnce(Arc<A>, A::Cx, Input) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    let (mut parts, body) = request.into_parts();
    let request_id = request_id(&parts.headers);
    let body = match read(op, body).await {
        Ok(body) => body,
        Err(problem) => return finish(op, Err(problem), request_id),
    };
    let work = async move {
        match api.open(op, &mut parts, &body).await.map_err(Into::into)? {
            Opened::Replay(response) => Ok(response),
            Opened::Proceed(cx) => {
                let mark = api.mark(&cx, &parts);
                let input = Input::check(op, parts, &body).await?;
                let result = call(Arc::clone(&api), cx, input).await;
                // A copy: an answer may not be shared between threads, and this waits.
                if let Some((mark, problem)) = mark.zip(result.as_ref().err().cloned()) {
                    api.refused(mark, &problem).await;
                }
                result
            }
        }
    };
    match tokio::spawn(work.in_current_span()).await {
        Ok(result) => finish(op, result, request_id),
        // What panicked is in the log already, through the panic hook.
        Err(error) if error.is_panic() => finish(op, Err(internal()), request_id),
        Err(_) => finish(op, Err(shutting_down()), request_id),
    }
}

/// Answers paths and methods that are not in the contract with problems too.
pub fn with_fallbacks(router: Router) -> Router {
    router.fallback(not_found).method_not_allowed_fallback(method_not_allowed)
}

async fn not_found(headers: HeaderMap) -> Response {
    let problem =
        Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found").detail("There is no such path.");
    with_id(problem, request_id(&headers)).into_response()
}

async fn method_not_allowed(headers: HeaderMap) -> Response {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Method not allowed")
        .detail("This path has other methods; see the Allow header.");
    with_id(problem, request_id(&headers)).into_response()
}

/// A JSON answer; its `version`, if it has one, becomes the `ETag`.
pub fn json(status: StatusCode, value: &impl Serialize, version: Option<i64>) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be serialized");
        internal()
    })?;
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(tag) = version.and_then(|v| HeaderValue::from_str(&format!("\"{v}\"")).ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Response {
    status.into_response()
}

impl Input {
    async fn check(op: &'static Operation, mut parts: Parts, body: &Bytes) -> Result<Self, Problem> {
        let (body, text) = decode(op, &parts.headers, body)?;
        let path = RawPathParams::from_request_parts(&mut parts, &())
            .await
            .map_err(|_| malformed("The path is not valid UTF-8."))?;
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let query = parts.uri.query().unwrap_or_default();
        let checked = op.request_rules().check(path, query, &parts.headers, body)?;
        Ok(Self { parts, checked, text })
    }

    /// A path parameter.
    pub fn path<T: DeserializeOwned>(&self, name: &str) -> Result<T, Problem> {
        typed(self.checked.path[name].clone(), &format!("{{{name}}}"))
    }

    /// All query parameters.
    pub fn query<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        typed(self.checked.query.take(), "?")
    }

    /// The JSON body; null stands for one that may be, and was, left out.
    pub fn body<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        typed(self.checked.body.take().unwrap_or_default(), "")
    }

    /// The text body.
    pub fn text(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// The version in `If-Match`, which must be sent.
    pub fn if_match(&self) -> Result<IfMatch, Problem> {
        self.if_match_optional()?.ok_or_else(precondition_required)
    }

    /// The version in `If-Match`, if it was sent: one strong entity tag of ours, `"7"`.
    pub fn if_match_optional(&self) -> Result<Option<IfMatch>, Problem> {
        let Some(value) = self.parts.headers.get(header::IF_MATCH) else { return Ok(None) };
        let tag = value.to_str().ok().and_then(|v| v.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        let wrong =
            || malformed("If-Match must be one ETag.").field("If-Match", "FORMAT", "must be one ETag");
        tag.map(|version| Some(IfMatch(version))).ok_or_else(wrong)
    }

    /// A header as text, if it was sent and is text.
    pub fn header(&self, name: &str) -> Option<String> {
        Some(self.parts.headers.get(name)?.to_str().ok()?.to_owned())
    }

    /// The upgrade of a WebSocket operation.
    pub async fn upgrade(&mut self) -> Result<WebSocketUpgrade, Problem> {
        WebSocketUpgrade::from_request_parts(&mut self.parts, &()).await.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "WEBSOCKET_EXPECTED", "This path speaks WebSocket")
                .detail("Send a WebSocket upgrade (RFC 6455).")
        })
    }
}

fn typed<T: DeserializeOwned>(value: Value, pointer: &str) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| {
        // The schema let it through and the type does not, for example an integer beyond 2^63. The text of the error may
        // hold the value, so it goes to the log only, and there without it.
        tracing::debug!(category = ?error.classify(), "a valid value does not fit its type");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED", "The request breaks a rule")
            .field(pointer, "INVALID", "has a value that is out of range")
    })
}

/// So much of a body that is too large is read and thrown away, because most clients listen only when they have sent
/// all: an answer before that is lost with the connection.
const HEARD_OUT: usize = 8 << 20;

async fn read(op: &Operation, mut body: Body) -> Result<Bytes, Problem> {
    let (mut taken, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| malformed("The body broke off."))?;
        let Some(data) = frame.data_ref() else { continue };
        length = length.saturating_add(data.len());
        match length {
            length if length <= op.max_body => taken.extend_from_slice(data),
            length if length <= HEARD_OUT => taken.clear(),
            _ => break,
        }
    }
    if length > op.max_body {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", "The body is too large")
            .detail(format!("At most {} bytes are taken here.", op.max_body))
            .param("max_bytes", op.max_body));
    }
    Ok(taken.into())
}

fn decode(op: &Operation, headers: &HeaderMap, body: &Bytes) -> Result<(Option<Value>, String), Problem> {
    let expected = match op.payload {
        Payload::None if body.is_empty() => return Ok((None, String::new())),
        Payload::None => {
            return Err(malformed("This operation takes no body.").field("", "UNKNOWN", "is not known here"));
        }
        Payload::Json { required: false, .. } if body.is_empty() => return Ok((None, String::new())),
        Payload::Json { .. } => "application/json",
        Payload::Text { media_type } => media_type,
    };
    let media = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected) {
        let title = "The media type is not taken here";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", title)
            .detail(format!("Send {expected}."))
            .param("expected", expected));
    }
    if expected != "application/json" {
        let text = String::from_utf8(body.to_vec()).map_err(|_| malformed("The body is not valid UTF-8."))?;
        return Ok((None, text));
    }
    let value = serde_json::from_slice(body).map_err(|error| {
        // Line and column only: the message itself can quote the body.
        malformed(format!("The body is not JSON: see line {}, column {}.", error.line(), error.column()))
            .field("", "SYNTAX", "is not JSON")
    })?;
    Ok((Some(value), String::new()))
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "MALFORMED_REQUEST",
        "The request is not what the contract describes",
    )
    .detail(detail)
}

fn precondition_required() -> Problem {
    Problem::new(StatusCode::PRECONDITION_REQUIRED, "PRECONDITION_REQUIRED", "If-Match is required")
        .detail("Read the resource and send its ETag as If-Match, so that no edit of somebody else is lost.")
        .field("If-Match", "REQUIRED", "is required")
}

fn internal() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "Internal error")
        .detail("This is a defect of the server. Its log has more under the request id.")
}

fn shutting_down() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "SHUTTING_DOWN", "The server is shutting down")
        .detail("Try again in a moment.")
}

/// The id the outermost layer put on the request.
fn request_id(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("x-request-id")?.to_str().ok()?.to_owned())
}

fn with_id(mut problem: Problem, id: Option<String>) -> Problem {
    problem.request_id = problem.request_id.take().or(id);
    problem
}

fn finish(op: &'static Operation, result: Result<Response, Problem>, id: Option<String>) -> Response {
    let mut response = result.unwrap_or_else(|problem| with_id(problem, id).into_response());
    // Says to layers around which operation this was: metrics, logs, `ValidateResponses`.
    response.extensions_mut().insert(op);
    response
}
