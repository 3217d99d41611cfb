//! A client of the event stream, as far as tests need one.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use shepherd_test_support::app::{Caller, Served, TestApp};
use uuid::Uuid;

/// Longer than the five seconds in which a stream looks again, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One event as it came.
#[derive(Debug, Default)]
pub struct Frame {
    pub event: String,
    pub id: Option<String>,
    pub data: String,
}

pub struct Listener {
    response: Response,
    text: String,
    id: Option<String>,
}

fn request(app: &TestApp, http: &Client, last: Option<&str>) -> RequestBuilder {
    let request = http.get(app.url("events")).header("origin", app.origin());
    match last {
        Some(last) => request.header("last-event-id", last),
        None => request,
    }
}

impl Listener {
    /// Opens a stream, and waits for its first word: what happens from then on is heard.
    pub async fn open(app: &TestApp, who: &Caller, last: Option<&str>) -> Self {
        let response = request(app, who.http(), last).send().await.expect("the server answers");
        assert_eq!(response.status(), StatusCode::OK, "{}", who.name);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new(), id: None }
    }

    /// Opens a stream on another replica, as somebody who signed in at the first.
    pub async fn at(served: &Served, who: &Caller) -> Self {
        let url = served.base.join("events").expect("it is a path");
        let origin = served.base.origin().ascii_serialization();
        let response = who.http().get(url).header("origin", origin).send().await.expect("the server answers");
        assert_eq!(response.status(), StatusCode::OK, "{}", who.name);
        Self { response, text: String::new(), id: None }
    }

    /// Asks for a stream that is not given.
    pub async fn refused(app: &TestApp, http: &Client, last: Option<&str>) -> (StatusCode, String) {
        let response = request(app, http, last).send().await.expect("the server answers");
        let status = response.status();
        let problem: Value = response.json().await.expect("a refusal is a problem");
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The last position heard of.
    pub fn id(&self) -> String {
        self.id.clone().expect("every event has a position")
    }

    /// The next event that is not about the position alone.
    pub async fn frame(&mut self) -> Frame {
        loop {
            let frame = self.next().await.expect("the stream goes on");
            if let Some(id) = &frame.id {
                self.id = Some(id.clone());
            }
            if !matches!(frame.event.as_str(), "" | "position") {
                return frame;
            }
        }
    }

    /// The next change: kind, resource and version.
    pub async fn change(&mut self) -> (String, Uuid, i64) {
        let frame = loop {
            match self.frame().await {
                frame if frame.event == "change" => break frame,
                other => assert_eq!(other.event, "resync", "{other:?}"),
            }
        };
        let data: Value = serde_json::from_str(&frame.data).expect("data is JSON");
        let kind = data["kind"].as_str().expect("a change has a kind").to_owned();
        (
            kind,
            data["resource_id"]
                .as_str()
                .expect("a change names its resource")
                .parse()
                .expect("a resource is a UUID"),
            data["version"].as_i64().expect("a change has a version"),
        )
    }

    /// The resources heard of up to this one, each once: a stream may repeat.
    pub async fn until(&mut self, last: Uuid) -> Vec<Uuid> {
        let mut heard = Vec::new();
        while heard.last() != Some(&last) {
            let (_, id, _) = self.change().await;
            if !heard.contains(&id) {
                heard.push(id);
            }
        }
        heard
    }

    /// Waits until the server ends the stream.
    pub async fn end(&mut self) {
        while self.next().await.is_some() {}
    }

    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(at) = self.text.find("\n\n") {
                let block: String = self.text.drain(..at + 2).collect();
                return Some(parse(&block));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("something comes in time").expect("the connection holds")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("events are text"));
        }
    }
}

fn parse(block: &str) -> Frame {
    let mut frame = Frame::default();
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("event", event)) => frame.event = event.to_owned(),
            Some(("id", id)) => frame.id = Some(id.to_owned()),
            Some(("data", data)) => frame.data.push_str(data),
            _ => {}
        }
    }
    frame
}
