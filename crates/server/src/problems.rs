//! Errors of the use cases as problems (RFC 9457): the one place that knows both.
//!
//! The private cause is logged here, with the call's id, and never shown.

use http::StatusCode;
use shepherd_app::Error;
use shepherd_contract::runtime::{FieldError, Problem};
use shepherd_domain::reason::Reason;

/// A use case's error on its way out.
#[derive(Debug)]
pub struct Fault(pub Error);

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<Fault> for Problem {
    fn from(Fault(error): Fault) -> Self {
        match error {
            Error::NotFound => Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found")
                .detail("It does not exist, or it is not shared with you."),
            Error::Unauthenticated(reason) => coded(StatusCode::UNAUTHORIZED, "Not signed in", reason),
            Error::Forbidden(reason) => coded(StatusCode::FORBIDDEN, "Not allowed", reason),
            Error::Conflict(reason) => coded(StatusCode::CONFLICT, "Not possible now", reason),
            Error::Invalid { reason, fields } => {
                let mut problem = coded(StatusCode::UNPROCESSABLE_ENTITY, "Not acceptable", reason);
                problem.errors =
                    fields.into_iter().map(|f| FieldError::new(f.pointer, f.code, f.text)).collect();
                problem
            }
            Error::Stale => Self::new(StatusCode::PRECONDITION_FAILED, "STALE", "Changed meanwhile")
                .detail("Someone changed it since you read it; read it again and repeat your edit."),
            Error::Throttled { reason, retry_after } => {
                coded(StatusCode::TOO_MANY_REQUESTS, "Too often", reason)
                    .param("retry_after_seconds", retry_after.as_secs() + 1)
            }
            Error::Unavailable { reason, cause } => {
                tracing::warn!(code = %reason.code, cause = cause.map(|c| chain(c.as_ref())), "unavailable");
                coded(StatusCode::SERVICE_UNAVAILABLE, "Not available now", reason)
            }
            Error::Internal(cause) => {
                tracing::error!(cause = chain(cause.as_ref()), "a fault of ours");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "Internal error")
                    .detail("Something is wrong on our side; nothing was changed. Quote the request id to your operator.")
            }
        }
    }
}

fn coded(status: StatusCode, title: &'static str, reason: Reason) -> Problem {
    let mut problem = Problem::new(status, "", title).detail(reason.text);
    problem.kind = format!("urn:shepherd:problem:{}", reason.code);
    problem.code = reason.code;
    problem.params = reason.params;
    problem
}

/// The whole chain of causes, for the log.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
