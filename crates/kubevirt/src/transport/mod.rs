//! One HTTP exchange with a cluster: deadline, bound on the answer, and one reading of refusals.
//!
//! `kube`'s typed calls are not used because they log whole answers that do not decode (a VM may carry
//! secrets in its cloud-init) and read without a bound; its client (TLS, credentials, proxy) is.

mod observe;
mod reach;
mod refusal;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, WARNING};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::Body;
use serde::de::DeserializeOwned;
use shepherd_domain::states::ClusterMode;

pub(crate) use reach::unreachable;
pub(crate) use refusal::Refusal;

use crate::{Cluster, Detail, Error};

/// Bytes we read of one answer. A page of 500 VMs is about 5 MB.
pub(crate) const MAX_ANSWER: usize = 64 << 20;

/// One request.
pub(crate) struct Call {
    method: Method,
    target: String,
    content_type: Option<&'static str>,
    accept: &'static str,
    body: Vec<u8>,
    limit: usize,
    deadline: Option<Duration>,
}

/// A successful answer, whole.
pub(crate) struct Reply {
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The cluster said no, or nothing useful.
pub(crate) enum Failure {
    Refused(Refusal),
    Failed(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Failed(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into_error(),
            Failure::Failed(error) => error,
        }
    }
}

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            target: path.into(),
            content_type: None,
            // As kubectl: virt-api refuses (406) power calls that take nothing but JSON.
            accept: "application/json, */*",
            body: Vec::new(),
            limit: MAX_ANSWER,
            deadline: None,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Appends query parameters.
    pub(crate) fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(&query);
        self
    }

    pub(crate) fn json(self, body: &serde_json::Value) -> Self {
        self.body("application/json", body)
    }

    pub(crate) fn body(mut self, content_type: &'static str, body: &serde_json::Value) -> Self {
        self.content_type = Some(content_type);
        self.body = body.to_string().into_bytes();
        self
    }

    pub(crate) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    pub(crate) fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    fn into_request(self) -> Result<Request<Body>, Error> {
        let mut request = Request::builder().method(self.method).uri(self.target).header(ACCEPT, self.accept);
        if let Some(content_type) = self.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        request.body(Body::from(self.body)).map_err(|_| Error::invalid("path", "not a valid request target"))
    }
}

impl Reply {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        decode(&self.body)
    }

    /// Texts of the `Warning` headers (RFC 9111 section 5.5, used by Kubernetes for admission warnings).
    pub(crate) fn warnings(&self) -> Vec<Detail> {
        let texts = self.headers.get_all(WARNING).iter().filter_map(|value| value.to_str().ok());
        texts
            .take(20)
            .map(|text| Detail::new(text.splitn(3, ' ').last().unwrap_or(text).trim_matches('"')))
            .collect()
    }
}

/// Decodes JSON. The parser's message is dropped because it quotes values, which may be secrets.
pub(crate) fn decode<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| undecodable(&error))
}

pub(crate) fn undecodable(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    Error::protocol(format!("JSON of another shape than expected, at line {line} column {column}"))
}

impl Cluster {
    /// Sends and reads the whole answer within the deadline.
    pub(crate) async fn send(&self, call: Call) -> Result<Reply, Failure> {
        let deadline = call.deadline.unwrap_or(self.deadlines.call);
        let limit = call.limit;
        let exchange = async {
            let answer = self.begin(call.into_request()?).await?;
            let (parts, body) = answer.into_parts();
            Ok(Reply { headers: parts.headers, body: collect(body, limit).await? })
        };
        within(deadline, exchange).await
    }

    /// Sends and returns the answer's head; a refusal is read and told. The caller sets the deadline.
    ///
    /// Everything that goes to a cluster goes through here: this is where an observed one is kept from being written to.
    pub(crate) async fn begin(&self, request: Request<Body>) -> Result<Response<Body>, Failure> {
        if self.mode == ClusterMode::Observe && !observe::only_reads(&request) {
            return Err(Failure::Failed(Error::ReadOnly));
        }
        let answer = self.client.send(request).await.map_err(|error| unreachable(&error))?;
        let status = answer.status();
        if status.is_success() || status == http::StatusCode::SWITCHING_PROTOCOLS {
            return Ok(answer);
        }
        let (parts, body) = answer.into_parts();
        // What a refusal says beyond 64 KiB is not worth a failure of its own.
        let body = collect(body, 64 << 10).await.unwrap_or_default();
        Err(Failure::Refused(Refusal::read(status, &parts.headers, &body)))
    }
}

/// Runs `work` and turns a missed deadline into [`Error::Timeout`].
pub(crate) async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(deadline, work).await {
        Ok(result) => result,
        Err(_) => Err(Failure::Failed(Error::Timeout { after: deadline })),
    }
}

async fn collect(body: Body, limit: usize) -> Result<Bytes, Error> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Error::protocol(format!("the answer is longer than {limit} bytes")))
        }
        Err(error) => Err(unreachable(error.as_ref())),
    }
}
