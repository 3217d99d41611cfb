//! What every answer passes, whoever makes it: request ids, the log, and what tells browsers to be careful.
//!
//! The log names the operation, never the query or a body: both hold what people look for and what they keep secret.

use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use tower::ServiceBuilder;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

/// Scripts and connections only from ourselves. Ant Design writes its styles into the page; pictures of screens are blobs.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Two years, as the preload lists ask for.
const HSTS: &str = "max-age=63072000";

/// Everything around all routes. One layer made of several: each layer of a router is a box around every route, and a copy
/// of it at every call.
pub fn around(routes: Router, tls: bool) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_request(())
        .on_response(answered)
        .on_body_chunk(())
        .on_eos(())
        .on_failure(());
    routes.layer(
        ServiceBuilder::new()
            .map_request(without_odd_id)
            .layer(SetRequestIdLayer::x_request_id(NewId))
            .layer(trace)
            .layer(PropagateRequestIdLayer::x_request_id())
            .map_response(move |response| safe(response, tls)),
    )
}

/// Says to browsers what this page may do, unless the answer says it itself.
fn safe(mut response: Response, tls: bool) -> Response {
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "no-referrer");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if tls {
        default(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// Answers of the API are about people: no cache keeps them.
pub fn uncached(routes: Router) -> Router {
    let no_store = HeaderValue::from_static("no-store");
    routes.layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, no_store))
}

#[derive(Clone, Copy)]
struct NewId;

impl MakeRequestId for NewId {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&uuid::Uuid::now_v7().to_string()).ok().map(RequestId::new)
    }
}

/// A proxy's id is kept, so that its log and ours meet; anything that is not plainly an id is replaced.
fn without_odd_id(mut request: Request) -> Request {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let id = request.headers().get("x-request-id").map(HeaderValue::as_bytes);
    if id.is_some_and(|id| id.is_empty() || id.len() > 64 || !id.iter().all(plain)) {
        request.headers_mut().remove("x-request-id");
    }
    request
}

fn span(request: &Request) -> Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let method = request.method();
    tracing::info_span!("request", id, %method, route, operation = tracing::field::Empty)
}

fn answered(response: &Response, took: Duration, span: &Span) {
    let status = response.status().as_u16();
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(parent: span, status, millis, "answered");
}
