//! For tests only: a cluster that answers from a script, for what no well-behaved server does (malformed
//! objects, endless lines, silence). Everything else is tested against a real server.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use http::{Request, Response};
use http_body_util::StreamBody;
use hyper::body::Frame;
use kube::client::Body;
use shepherd_domain::states::ClusterMode;

use crate::{Cluster, Deadlines};

/// One answer: status, body in pieces, and whether the connection stays open after them.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) pieces: Vec<String>,
    pub(crate) open: bool,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, pieces: vec![body.into()], open: false }
    }

    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::new(200, body)
    }

    /// A watch that sends these lines and then keeps silent.
    pub(crate) fn open(lines: &[serde_json::Value]) -> Self {
        Self { status: 200, pieces: lines.iter().map(|line| format!("{line}\n")).collect(), open: true }
    }
}

/// Requests seen so far, as `METHOD target`.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

/// A cluster that gives these answers in turn and then hangs.
pub(crate) fn cluster(answers: Vec<Answer>) -> (Cluster, Seen) {
    let seen = Seen::default();
    let script = Arc::new(Mutex::new(VecDeque::from(answers)));
    let log = seen.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        log.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
        let next = script.lock().unwrap().pop_front();
        async move {
            let Some(answer) = next else { return std::future::pending().await };
            let pieces = stream::iter(answer.pieces).map(|piece| Ok(Frame::data(Bytes::from(piece))));
            let body: BoxStream<'static, Result<Frame<Bytes>, Infallible>> =
                if answer.open { pieces.chain(stream::pending()).boxed() } else { pieces.boxed() };
            Ok::<_, Infallible>(
                Response::builder().status(answer.status).body(StreamBody::new(body)).unwrap(),
            )
        }
    });
    let deadlines = Deadlines { watch_idle: Duration::from_secs(60), ..Deadlines::default() };
    let mode = ClusterMode::Govern;
    (Cluster { client: kube::Client::new(service, "default"), deadlines, mode }, seen)
}
