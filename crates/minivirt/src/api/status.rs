//! Errors as clients of the Kubernetes API know them: a `Status` object with a code and a reason.
//!
//! Texts are those of kube-apiserver and virt-api, since clients match on them. Internal causes are logged and
//! never sent.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::resources::Resource;
use crate::store::StoreError;

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid`, `FieldValueRequired`, ...
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// Path of the field.
    pub field: String,
}

impl Cause {
    /// A value that is not allowed.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: "FieldValueInvalid", message: message.into(), field: field.into() }
    }

    /// A value that is missing.
    pub fn required(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: "FieldValueRequired", message: message.into(), field: field.into() }
    }
}

/// A failed request.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// HTTP status.
    pub code: StatusCode,
    /// `reason` of the Status; empty where Kubernetes sends none.
    pub reason: &'static str,
    /// `message` of the Status.
    pub message: String,
    details: Value,
    plain: bool,
    retry_after: Option<Duration>,
}

impl ApiError {
    /// An error without details.
    pub fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null, plain: false, retry_after: None }
    }

    /// virt-api answers some failures as bare text with status 500; kept because clients know it.
    pub fn plain(code: StatusCode, message: impl Into<String>) -> Self {
        Self { plain: true, ..Self::new(code, "", message) }
    }

    /// The same error as bare text with another status.
    #[must_use]
    pub fn into_plain(self, code: StatusCode) -> Self {
        Self { code, plain: true, ..self }
    }

    /// The same error with when to come again, in whole seconds.
    #[must_use]
    pub fn after(self, retry_after: Duration) -> Self {
        let details = json!({"retryAfterSeconds": retry_after.as_secs()});
        Self { details, retry_after: Some(retry_after), ..self }
    }

    fn about(mut self, group: &str, kind: &str, name: &str) -> Self {
        self.details = json!({"name": name, "group": group, "kind": kind});
        if group.is_empty() {
            crate::object::remove(&mut self.details, "group");
        }
        self
    }

    fn with_causes(mut self, causes: &[Cause]) -> Self {
        if !self.details.is_object() {
            self.details = json!({});
        }
        let list: Vec<Value> = causes
            .iter()
            .map(|c| json!({"reason": c.reason, "message": c.message, "field": c.field}))
            .collect();
        self.details["causes"] = Value::Array(list);
        self
    }

    /// 400
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 404 for an object.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", resource.id());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(resource.group, resource.plural, name)
    }

    /// 404 for a path.
    pub fn no_such_path() -> Self {
        let message = "the server could not find the requested resource";
        Self { details: json!({}), ..Self::new(StatusCode::NOT_FOUND, "NotFound", message) }
    }

    /// 405
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// 409 for a name that is taken.
    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource.id());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(resource.group, resource.plural, name)
    }

    /// 409 for an operation that does not fit the object's state.
    pub fn conflict(resource: &Resource, name: &str, why: impl std::fmt::Display) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.id());
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(resource.group, resource.plural, name)
    }

    /// 409 for a stale resourceVersion.
    pub fn stale(resource: &Resource, name: &str) -> Self {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    /// 409 for fields that other managers own (server-side apply).
    pub fn apply_conflict(message: String, causes: &[Cause]) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", message).with_causes(causes)
    }

    /// 422 by schema or built-in validation.
    pub fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> Self {
        let kind = if resource.group.is_empty() {
            resource.kind.to_owned()
        } else {
            format!("{}.{}", resource.kind, resource.group)
        };
        let list: Vec<String> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        let list = if list.len() == 1 { list.concat() } else { format!("[{}]", list.join(", ")) };
        let message = format!("{kind} \"{name}\" is invalid: {list}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
            .about(resource.group, resource.kind, name)
            .with_causes(causes)
    }

    /// 422 by an admission webhook of KubeVirt: at most ten causes are spelt out.
    pub fn denied(webhook: &str, causes: &[Cause]) -> Self {
        let mut list: Vec<&str> = causes.iter().take(10).map(|c| c.message.as_str()).collect();
        let rest = format!("and {} more validation errors", causes.len().saturating_sub(10));
        if causes.len() > 10 {
            list.push(&rest);
        }
        let message = format!("admission webhook \"{webhook}\" denied the request: {}", list.join(", "));
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).with_causes(causes)
    }

    /// 422 for a JSON patch that does not apply.
    pub fn patch_rejected() -> Self {
        let message = "the server rejected our request due to an error in our request";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
    }

    /// 410
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "Expired", message)
    }

    /// 500 with the message wrapped as the API machinery does.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        let message = format!("Internal error occurred: {message}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// The Status object.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
        });
        crate::object::set_or_remove(&mut status, "reason", json!(self.reason));
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status["code"] = json!(self.code.as_u16());
        status
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Compacted { requested, oldest } => {
                Self::expired(format!("too old resource version: {requested} ({oldest})"))
            }
            StoreError::Closed => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "the server is shutting down",
            ),
            StoreError::Database(_) | StoreError::Corrupt(_) => {
                tracing::error!(%error, "store failure");
                Self::internal("the store failed; see the engine's log")
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.plain {
            return (self.code, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], self.message)
                .into_response();
        }
        let mut response = (self.code, axum::Json(self.to_status())).into_response();
        if let Some(after) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, after.as_secs().into());
        }
        response
    }
}
