//! A refusal as the cluster worded it: a Kubernetes `Status`, or plain text.
//!
//! Plain text is common: virt-api answers 401 and guest-agent failures in text, the aggregation layer
//! answers 503 in text while virt-api is down, and proxies on the way answer whatever they like.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::{Cause, Detail, Error};

/// A refusal, before it is decided what it means for the call.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Kubernetes' machine word, for example `AlreadyExists`; empty when there is none.
    pub(crate) reason: String,
    pub(crate) message: Detail,
    pub(crate) causes: Vec<Cause>,
    retry_after: Option<Duration>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    causes: Option<Vec<StatusCause>>,
    retry_after_seconds: u32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StatusCause {
    reason: String,
    message: String,
    field: String,
}

impl Refusal {
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let parsed: Status = serde_json::from_slice(body).unwrap_or_else(|_| Status {
            message: String::from_utf8_lossy(body).into_owned(),
            ..Status::default()
        });
        let details = parsed.details.unwrap_or_default();
        let header = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let seconds: Option<u32> =
            header.or((details.retry_after_seconds > 0).then_some(details.retry_after_seconds));
        let causes = details.causes.unwrap_or_default().into_iter().take(20).map(|cause| Cause {
            reason: crate::detail::clean(&cause.reason, 100),
            message: Detail::new(cause.message),
            field: crate::detail::clean(&cause.field, 300),
        });
        Self {
            status,
            reason: crate::detail::clean(&parsed.reason, 100),
            message: Detail::new(parsed.message),
            causes: causes.collect(),
            // An hour is longer than any operation waits; more would be an attack on the schedule.
            retry_after: seconds.map(|seconds| Duration::from_secs(seconds.min(3600).into())),
        }
    }

    /// Whether the words contain `text`. Only for texts that KubeVirt has no machine word for.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.message.as_str().contains(text)
    }

    /// A 409 that says the object exists, as opposed to one about its state.
    pub(crate) fn is_already_exists(&self) -> bool {
        self.status == StatusCode::CONFLICT && self.reason == "AlreadyExists"
    }

    pub(crate) fn into_error(self) -> Error {
        let (detail, retry_after) = (self.message, self.retry_after);
        match self.status.as_u16() {
            400 | 413 | 422 => Error::Invalid { causes: self.causes, detail },
            401 => Error::Unauthorized { detail },
            403 => Error::Forbidden { detail },
            404 => Error::NotFound { detail },
            409 => Error::Conflict { detail },
            410 => Error::Gone { detail },
            429 => Error::TooManyRequests { retry_after, detail },
            status @ (408 | 500..=599) => Error::Server { status, retry_after, detail },
            status => Error::Protocol { detail: Detail::new(format!("status {status}: {detail}")) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Refusal {
        Refusal::read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn admission_causes_are_kept() {
        let body = r#"{"kind":"Status","status":"Failure","reason":"Invalid","code":422,
            "message":"admission webhook denied","details":{"causes":[
            {"reason":"FieldValueInvalid","message":"Invalid RunStrategy (Foo)","field":"spec.runStrategy"}]}}"#;
        let Error::Invalid { causes, .. } = read(422, body).into_error() else { panic!("not invalid") };
        assert_eq!(causes[0].field, "spec.runStrategy");
        assert_eq!(causes[0].message.as_str(), "Invalid RunStrategy (Foo)");
    }

    #[test]
    fn plain_text_of_the_aggregation_layer_is_read() {
        let error = read(503, "error trying to reach service: dial tcp: connection refused").into_error();
        assert_eq!(error.code(), "CLUSTER_SERVER_ERROR");
        assert!(error.retryable());
        assert!(error.detail().unwrap().as_str().contains("connection refused"));
    }

    #[test]
    fn the_clusters_words_stay_out_of_our_sentence() {
        let error = read(403, r#"{"message":"secret-project is forbidden"}"#).into_error();
        assert!(!error.to_string().contains("secret-project"));
    }

    #[test]
    fn a_null_list_of_causes_and_retry_seconds_are_read() {
        let body = r#"{"message":"slow","details":{"causes":null,"retryAfterSeconds":7}}"#;
        assert_eq!(read(429, body).into_error().retry_after(), Some(Duration::from_secs(7)));
    }

    #[test]
    fn unexpected_statuses_are_protocol_errors() {
        assert_eq!(read(302, "moved").into_error().code(), "CLUSTER_PROTOCOL_ERROR");
    }
}
