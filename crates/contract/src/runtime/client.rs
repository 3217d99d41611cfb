//! What the generated client stands on: one call, its parameters, its answer.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use reqwest::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{Operation, Problem, Secret};

/// Why a call gave no answer of the wanted type.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no, and why.
    #[error("{0}")]
    Problem(Problem),
    /// The server could not be reached or the connection broke.
    #[error("the server cannot be reached: {0}")]
    Transport(#[from] reqwest::Error),
    /// Something other than Shepherd answered, or a Shepherd of another version.
    #[error("the answer ({status}) is not what the contract says: {detail}")]
    Unexpected {
        /// The status that came.
        status: StatusCode,
        /// What is odd about it.
        detail: String,
    },
    /// The body or query could not be put into a request.
    #[error("the request cannot be built: {0}")]
    Request(String),
}

impl ClientError {
    /// The problem's code, if the server gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            _ => None,
        }
    }
}

/// Where to call and as whom. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connection {
    http: reqwest::Client,
    base: Url,
    headers: HeaderMap,
}

impl Connection {
    /// A connection to the API below `base`, for example `https://shepherd.example/api/v1`.
    pub fn new(http: reqwest::Client, base: Url) -> Self {
        Self { http, base, headers: HeaderMap::new() }
    }

    /// The base address.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The same, sending a header with every call.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same, signed in with a personal token.
    ///
    /// # Errors
    /// If the token has characters that no header may hold.
    pub fn with_token(self, token: &Secret) -> Result<Self, ClientError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_| ClientError::Request("the token holds characters it cannot have".to_owned()))?;
        value.set_sensitive(true);
        Ok(self.with_header(header::AUTHORIZATION, value))
    }

    /// Starts a call. Called by the generated methods.
    pub fn call(&self, op: &'static Operation) -> Call {
        Call {
            connection: self.clone(),
            op,
            path: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            error: None,
        }
    }
}

/// One call being put together.
#[derive(Debug)]
pub struct Call {
    connection: Connection,
    op: &'static Operation,
    path: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<(HeaderValue, Vec<u8>)>,
    error: Option<String>,
}

impl Call {
    /// Sets a path parameter.
    #[must_use]
    pub fn path(mut self, name: &'static str, value: impl ToString) -> Self {
        self.path.push((name, value.to_string()));
        self
    }

    /// Sets the query parameters from the fields of a struct.
    #[must_use]
    pub fn query(mut self, query: &impl Serialize) -> Self {
        let Ok(Value::Object(fields)) = serde_json::to_value(query) else {
            self.error = Some("the query is not an object".to_owned());
            return self;
        };
        for (name, value) in fields {
            let values = if let Value::Array(values) = value { values } else { vec![value] };
            for value in values {
                match value {
                    Value::Null => {}
                    Value::String(text) => self.query.push((name.clone(), text)),
                    other => self.query.push((name.clone(), other.to_string())),
                }
            }
        }
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        match HeaderValue::from_str(value.as_ref()) {
            Ok(value) => {
                self.headers.insert(name, value);
            }
            Err(_) => self.error = Some(format!("{name} holds characters it cannot have")),
        }
        self
    }

    /// Sets a header if there is a value for it.
    #[must_use]
    pub fn optional_header(self, name: &'static str, value: Option<&str>) -> Self {
        if let Some(value) = value { self.header(name, value) } else { self }
    }

    /// Sets the version an edit is based on.
    #[must_use]
    pub fn if_match(self, version: i64) -> Self {
        self.header("if-match", format!("\"{version}\""))
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body = Some((HeaderValue::from_static("application/json"), bytes)),
            Err(error) => self.error = Some(error.to_string()),
        }
        self
    }

    /// Sets a text body.
    #[must_use]
    pub fn text(mut self, media_type: &'static str, body: &str) -> Self {
        self.body = Some((HeaderValue::from_static(media_type), body.as_bytes().to_vec()));
        self
    }

    /// The address of the call, for a WebSocket with scheme `ws` or `wss`.
    ///
    /// # Errors
    /// If the base address cannot carry a path.
    pub fn url(&self) -> Result<Url, ClientError> {
        let mut url = self.connection.base.clone();
        let cannot = || ClientError::Request("the base address cannot carry a path".to_owned());
        let mut segments = url.path_segments_mut().map_err(|()| cannot())?;
        segments.pop_if_empty();
        for part in self.op.path.split('/').skip(1) {
            let name = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
            let value = name.and_then(|n| self.path.iter().find(|(name, _)| *name == n));
            segments.push(value.map_or(part, |(_, value)| value));
        }
        drop(segments);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        if self.op.stream == super::Stream::WebSocket {
            let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
            url.set_scheme(scheme).map_err(|()| cannot())?;
        }
        Ok(url)
    }

    /// Sends it and gives the answer as it came, if it is a success.
    ///
    /// # Errors
    /// What the server says, or that it cannot be reached.
    pub async fn send_raw(self) -> Result<Response, ClientError> {
        let url = self.url()?;
        if let Some(error) = self.error {
            return Err(ClientError::Request(error));
        }
        let mut headers = self.connection.headers;
        headers.extend(self.headers);
        let mut request = self.connection.http.request(self.op.method.clone(), url).headers(headers);
        if let Some((media_type, body)) = self.body {
            request = request.header(header::CONTENT_TYPE, media_type).body(body);
        }
        let response = request.send().await?;
        let status = response.status();
        if status.as_u16() == self.op.success {
            return Ok(response);
        }
        let body = response.bytes().await?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(ClientError::Problem(problem)),
            Err(_) => Err(ClientError::Unexpected { status, detail: "it is no problem of ours".to_owned() }),
        }
    }

    /// Sends it and decodes the answer.
    ///
    /// # Errors
    /// As [`Call::send_raw`], and if the answer is not of this type.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let response = self.send_raw().await?;
        let status = response.status();
        let body = response.bytes().await?;
        serde_json::from_slice(&body)
            .map_err(|error| ClientError::Unexpected { status, detail: error.to_string() })
    }

    /// Sends it where the answer has no body.
    ///
    /// # Errors
    /// As [`Call::send_raw`].
    pub async fn send_empty(self) -> Result<(), ClientError> {
        self.send_raw().await.map(drop)
    }
}
