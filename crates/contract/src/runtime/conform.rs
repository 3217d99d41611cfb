//! A layer for tests: every answer that passes is checked against the contract.
//!
//! A violation is recorded, and the answer is replaced by a 500 that says what is wrong, so that a test which looks at
//! the answer fails at the right place. Answers outside any operation (404 and 405 of the router) pass unchecked.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use tower::{Layer, Service};

use super::{Operation, Problem, Stream, validate_response};

/// What was found so far; clones share it.
#[derive(Clone, Default)]
pub struct Violations(Arc<Mutex<Vec<String>>>);

impl Violations {
    /// Everything found so far.
    pub fn list(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails the test if anything was found.
    ///
    /// # Panics
    /// With the list of violations.
    pub fn assert_none(&self) {
        let list = self.list();
        assert!(list.is_empty(), "answers outside the contract:\n{}", list.join("\n"));
    }

    fn record(&self, violation: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(violation);
    }
}

/// The layer.
#[derive(Clone, Default)]
pub struct ValidateResponses {
    violations: Violations,
}

impl ValidateResponses {
    /// A layer that records into `violations`.
    pub fn new(violations: Violations) -> Self {
        Self { violations }
    }
}

impl<S> Layer<S> for ValidateResponses {
    type Service = Conform<S>;
    fn layer(&self, inner: S) -> Conform<S> {
        Conform { inner, violations: self.violations.clone() }
    }
}

/// The service the layer makes.
#[derive(Clone)]
pub struct Conform<S> {
    inner: S,
    violations: Violations,
}

impl<S> Service<Request> for Conform<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The answer to HEAD has the headers of GET and never a body.
        let head = request.method() == http::Method::HEAD;
        let answer = self.inner.call(request);
        let violations = self.violations.clone();
        Box::pin(async move {
            let Ok(response) = answer.await;
            Ok(if head { response } else { check(response, &violations).await })
        })
    }
}

async fn check(response: Response, violations: &Violations) -> Response {
    let Some(op) = response.extensions().get::<&'static Operation>().copied() else { return response };
    if op.stream != Stream::No && response.status().is_success() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        violations.record(format!("{}: the body broke off", op.id));
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    match validate_response(op, parts.status, content_type, &body) {
        Ok(()) => Response::from_parts(parts, Body::from(body)),
        Err(violation) => {
            violations.record(violation.clone());
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "CONTRACT_VIOLATION",
                "The answer breaks the contract",
            )
            .detail(violation)
            .into_response()
        }
    }
}
