//! The open watch: newline-delimited JSON, bounded per line, with an idle deadline.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt};
use http::{Method, Request};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;

use super::Kind;
use crate::transport::{Refusal, unreachable, within};
use crate::{Cluster, Error};

/// Longest line. etcd stores objects of at most 1.5 MB.
const MAX_LINE: usize = 8 << 20;

/// How long the server keeps a watch; a bookmark comes before it ends.
const SERVER_SECONDS: &str = "290";

type Inner = Pin<Box<dyn Stream<Item = Result<String, LinesCodecError>> + Send>>;

/// An open watch.
pub(super) struct Lines {
    inner: Inner,
    idle: Duration,
}

/// What came next.
pub(super) enum Next {
    Line(String),
    /// The server ended the watch, or nothing was heard for too long: open it again.
    Ended,
    Broken(Error),
}

/// The envelope of a watch event.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    pub(super) object: &'a RawValue,
}

impl Cluster {
    pub(super) async fn open_watch(&self, kind: Kind, resource_version: &str) -> Result<Lines, Error> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("watch", "true"),
                ("allowWatchBookmarks", "true"),
                ("timeoutSeconds", SERVER_SECONDS),
                ("resourceVersion", resource_version),
            ])
            .finish();
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{}?{query}", kind.path()))
            .header(http::header::ACCEPT, "application/json")
            .body(Body::empty())
            .map_err(|_| Error::protocol("a resource version that fits no query"))?;
        let answer = within(self.deadlines.call, self.begin(request)).await?;
        let bytes = answer.into_body().into_data_stream().map_err(io::Error::other);
        Ok(Lines::over(bytes, self.deadlines.watch_idle))
    }
}

impl Lines {
    /// Cuts bytes into lines, however they come.
    pub(super) fn over(
        bytes: impl Stream<Item = io::Result<bytes::Bytes>> + Send + 'static,
        idle: Duration,
    ) -> Self {
        let codec = LinesCodec::new_with_max_length(MAX_LINE);
        Self { inner: FramedRead::new(StreamReader::new(bytes), codec).boxed(), idle }
    }

    pub(super) async fn next(&mut self) -> Next {
        tokio::time::timeout(self.idle, self.read()).await.unwrap_or(Next::Ended)
    }

    /// As [`Lines::next`], however long it takes.
    pub(super) async fn read(&mut self) -> Next {
        match self.inner.next().await {
            Some(Ok(line)) => Next::Line(line),
            Some(Err(LinesCodecError::MaxLineLengthExceeded)) => {
                Next::Broken(Error::protocol(format!("a watch event longer than {MAX_LINE} bytes")))
            }
            Some(Err(LinesCodecError::Io(error))) => Next::Broken(unreachable(&error)),
            None => Next::Ended,
        }
    }
}

/// Reads the object of an `ERROR` event: a `Status` with a code.
pub(super) fn error_event(object: &RawValue) -> Error {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Code {
        code: u16,
    }
    let code = serde_json::from_str::<Code>(object.get()).unwrap_or_default().code;
    let status = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    Refusal::read(status, &http::HeaderMap::new(), object.get().as_bytes()).into_error()
}
