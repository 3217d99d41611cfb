//! A client for QMP, QEMU's machine protocol: one JSON object a line, answers matched by id, events between them.
//!
//! Small on purpose: a handful of commands, no schema. Every command has a deadline; when the connection ends, all
//! waiting callers learn it and the event stream closes.

use std::collections::HashMap;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio_util::codec::{Framed, LinesCodec};

use crate::launcher::RuntimeError;

/// Longest time a command may take. `screendump` writes a file; the others answer at once.
const DEADLINE: Duration = Duration::from_secs(15);
/// Longest line taken. A hypervisor that a guest has taken over must not be able to fill our memory.
const MAX_LINE: usize = 1 << 20;

/// An event as QEMU sends it.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub name: String,
    pub data: Value,
}

type Answer = Result<Value, RuntimeError>;
type Lines = Framed<UnixStream, LinesCodec>;

struct Request {
    body: Value,
    answer: oneshot::Sender<Answer>,
}

/// A connection. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Qmp(mpsc::Sender<Request>);

/// What comes over the line; exactly one of the fields is present.
#[derive(Deserialize)]
struct Message {
    id: Option<u64>,
    #[serde(rename = "return")]
    result: Option<Value>,
    error: Option<Failure>,
    event: Option<String>,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct Failure {
    desc: String,
}

fn gone() -> RuntimeError {
    RuntimeError::Hypervisor("the connection to QEMU ended".to_owned())
}

impl Qmp {
    /// Takes the greeting, leaves negotiation mode and starts to listen. Events the caller does not take hold up
    /// answers, so the receiver must be read.
    pub(super) async fn open(stream: UnixStream) -> Result<(Self, mpsc::Receiver<Event>), RuntimeError> {
        let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
        let greeting = tokio::time::timeout(DEADLINE, lines.next()).await;
        let greeting = greeting.ok().flatten().and_then(Result::ok).ok_or_else(gone)?;
        if !greeting.contains("\"QMP\"") {
            return Err(RuntimeError::Hypervisor("QEMU did not greet".to_owned()));
        }
        let (requests, inbox) = mpsc::channel(16);
        let (events, stream) = mpsc::channel(64);
        tokio::spawn(pump(lines, inbox, events));
        let qmp = Self(requests);
        qmp.execute("qmp_capabilities", json!({})).await?;
        Ok((qmp, stream))
    }

    /// Runs a command and returns what it returns.
    pub(super) async fn execute(&self, command: &str, arguments: Value) -> Answer {
        let (answer, wait) = oneshot::channel();
        let body = json!({ "execute": command, "arguments": arguments });
        let round_trip = async {
            self.0.send(Request { body, answer }).await.map_err(|_| gone())?;
            wait.await.map_err(|_| gone())?
        };
        let late = || RuntimeError::Hypervisor(format!("QEMU did not answer {command} in time"));
        tokio::time::timeout(DEADLINE, round_trip).await.map_err(|_| late())?
    }
}

async fn pump(mut lines: Lines, mut inbox: mpsc::Receiver<Request>, events: mpsc::Sender<Event>) {
    let mut waiting: HashMap<u64, oneshot::Sender<Answer>> = HashMap::new();
    let mut last = 0;
    loop {
        tokio::select! {
            request = inbox.recv() => {
                let Some(Request { mut body, answer }) = request else { return };
                last += 1;
                body["id"] = last.into();
                waiting.insert(last, answer);
                if lines.send(body.to_string()).await.is_err() {
                    return;
                }
            }
            line = lines.next() => {
                let Some(Ok(line)) = line else { return };
                let Ok(message) = serde_json::from_str::<Message>(&line) else { continue };
                if let Some(name) = message.event {
                    // A receiver that went away does not end the connection.
                    let _ = events.send(Event { name, data: message.data }).await;
                } else if let Some(answer) = message.id.and_then(|id| waiting.remove(&id)) {
                    let result = match message.error {
                        Some(failure) => Err(RuntimeError::Hypervisor(failure.desc)),
                        None => Ok(message.result.unwrap_or_default()),
                    };
                    // The caller may have given up.
                    let _ = answer.send(result);
                }
                // Callers that gave up leave their entry behind when no answer ever comes.
                waiting.retain(|_, answer| !answer.is_closed());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    use super::*;

    /// A QEMU that says `script` after the greeting, one entry for each command it reads.
    async fn qemu(stream: UnixStream, script: &'static [&'static str]) {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n").await.unwrap();
        let mut line = String::new();
        for text in script {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    }

    const READY: &str = "{\"return\": {}, \"id\": 1}\r\n";

    #[tokio::test]
    async fn answers_are_matched_and_events_pass() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let script = &[
            READY,
            "{\"event\": \"STOP\", \"timestamp\": {}}\n{\"return\": {\"status\": \"paused\"}, \"id\": 2}\n",
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such device\"}, \"id\": 3}\n",
        ];
        tokio::spawn(qemu(theirs, script));
        let (qmp, mut events) = Qmp::open(ours).await.unwrap();
        assert_eq!(qmp.execute("query-status", json!({})).await.unwrap()["status"], "paused");
        assert_eq!(events.recv().await.unwrap().name, "STOP");
        let error = qmp.execute("eject", json!({})).await.unwrap_err();
        assert!(error.to_string().contains("no such device"), "{error}");
    }

    #[tokio::test]
    async fn a_death_in_the_middle_is_told_to_all() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        tokio::spawn(qemu(theirs, &[READY, ""]));
        let (qmp, mut events) = Qmp::open(ours).await.unwrap();
        assert!(qmp.execute("cont", json!({})).await.is_err());
        assert!(events.recv().await.is_none());
    }
}
