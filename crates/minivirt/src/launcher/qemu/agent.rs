//! Asks the QEMU guest agent who it is. What it answers comes from inside the guest and is only shown.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio_util::codec::{Framed, LinesCodec};

use super::layout::GuestDir;
use crate::launcher::{AgentInfo, RuntimeError};

/// Longest time the whole conversation may take; a guest may be busy booting.
const DEADLINE: Duration = Duration::from_secs(30);
/// Longest answer taken, in bytes.
const MAX_LINE: usize = 64 * 1024;
/// Longest text shown, in characters.
const MAX_TEXT: usize = 128;

/// What the agent says of itself and its system.
pub(super) async fn ask(dir: &GuestDir) -> Result<AgentInfo, RuntimeError> {
    let late = |_| RuntimeError::Hypervisor("the guest agent did not answer in time".to_owned());
    tokio::time::timeout(DEADLINE, talk(dir)).await.map_err(late)?
}

async fn talk(dir: &GuestDir) -> Result<AgentInfo, RuntimeError> {
    let connecting =
        |source| RuntimeError::Io { context: "connecting to the guest agent".to_owned(), source };
    let stream = dir.connect("agent.sock").await.map_err(connecting)?;
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
    // What an earlier, broken conversation left in the channel is passed over up to the answer with our number.
    let number = rand::random::<u32>();
    let sync = json!({ "execute": "guest-sync", "arguments": { "id": number } });
    lines.send(sync.to_string()).await.map_err(|_| gone())?;
    while answer(&mut lines).await? != json!(number) {}
    let info = call(&mut lines, "guest-info").await?;
    let host = call(&mut lines, "guest-get-host-name").await?;
    let os = call(&mut lines, "guest-get-osinfo").await?;
    Ok(AgentInfo {
        version: text(&info["version"]),
        hostname: text(&host["host-name"]),
        os_id: text(&os["id"]),
        os_name: text(&os["name"]),
        os_pretty_name: text(&os["pretty-name"]),
        os_version_id: text(&os["version-id"]),
        kernel_release: text(&os["kernel-release"]),
    })
}

type Lines = Framed<UnixStream, LinesCodec>;

fn gone() -> RuntimeError {
    RuntimeError::Hypervisor("the guest agent went away".to_owned())
}

async fn call(lines: &mut Lines, command: &str) -> Result<Value, RuntimeError> {
    lines.send(json!({ "execute": command }).to_string()).await.map_err(|_| gone())?;
    answer(lines).await
}

/// One answer. A command the agent does not have and anything that is no answer give `Null`.
async fn answer(lines: &mut Lines) -> Result<Value, RuntimeError> {
    let line = lines.next().await.and_then(Result::ok).ok_or_else(gone)?;
    let answer: Value = serde_json::from_str(&line).unwrap_or_default();
    Ok(answer["return"].clone())
}

fn text(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}
