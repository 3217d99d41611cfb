//! Errors as clients see them: RFC 9457 problems with a stable code.
//!
//! `title` and `detail` are English and may change; clients translate by `code` and `params`. A private cause never
//! goes in here, it goes to the log with the same request id.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Media type of a problem (RFC 9457, section 3).
#[cfg(feature = "server")]
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem. Boxed, so that `Result<T, Problem>` stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problem(Box<ProblemBody>);

/// The members of a [`Problem`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemBody {
    /// A URN made of the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short, the same for every problem of this code.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// What to do about this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Stable, upper case.
    pub code: Cow<'static, str>,
    /// Values for the translation of `code`.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// The fields that are wrong.
    #[serde(default)]
    pub errors: Vec<FieldError>,
    /// The request's id, as in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// One thing that is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// A JSON pointer into the body (`/spec/size_id`), `?name` for a query parameter, `{name}` for one in the path,
    /// or the name of a header.
    pub pointer: String,
    /// Stable, upper case.
    pub code: Cow<'static, str>,
    /// English, without the value that was sent.
    pub detail: String,
}

impl Problem {
    /// A problem of this status, code and title.
    pub fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self(Box::new(ProblemBody {
            kind: format!("urn:shepherd:problem:{code}"),
            title: Cow::Borrowed(title),
            status: status.as_u16(),
            detail: None,
            code: Cow::Borrowed(code),
            params: Map::new(),
            errors: Vec::new(),
            request_id: None,
        }))
    }

    /// The same with a sentence that says what to do.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same with a value for translations.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.params.insert(name.to_owned(), value.into());
        self
    }

    /// The same with one more wrong field.
    #[must_use]
    pub fn field(
        mut self,
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        self.0.errors.push(FieldError::new(pointer, code, detail));
        self
    }

    /// The status; 500 if the number is not one.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl FieldError {
    /// An error at a pointer.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: Cow::Borrowed(code), detail: detail.into() }
    }
}

impl Deref for Problem {
    type Target = ProblemBody;
    fn deref(&self) -> &ProblemBody {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut ProblemBody {
        &mut self.0
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.status, self.0.code, self.0.detail.as_deref().unwrap_or(&self.0.title))
    }
}

impl std::error::Error for Problem {}

#[cfg(feature = "server")]
impl axum::response::IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        // RFC 9110: a refusal until later says until when (10.2.3), one for want of a credential says of which (11.6.1).
        let later = self.params.get("retry_after_seconds").and_then(Value::as_u64);
        let later = later.map(|seconds| [(http::header::RETRY_AFTER, seconds.to_string())]);
        let who = self.status_code() == StatusCode::UNAUTHORIZED;
        let who = who.then_some([(http::header::WWW_AUTHENTICATE, "Bearer")]);
        let kind = [(http::header::CONTENT_TYPE, PROBLEM_JSON)];
        (self.status_code(), kind, later, who, body).into_response()
    }
}
