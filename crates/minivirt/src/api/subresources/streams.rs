//! Serial console, VNC and port-forward over WebSocket.
//!
//! Raw bytes travel in binary messages both ways (`plain.kubevirt.io`); text messages are dropped. A client that
//! offers no subprotocol is served as well. The stream ends without a close frame when the guest ends, as behind
//! virt-api; clients know that as "disconnected".

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::response::Response;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::guest::{condition, handler_failed};
use super::{Call, VMI};
use crate::api::status::ApiError;
use crate::launcher::Stream;
use crate::object::{self, items, text};

const PROTOCOL: &str = "plain.kubevirt.io";
const CHUNK: usize = 10_240;
/// Idle port-forwards are pinged so that middle boxes keep them.
const PING_EVERY: Duration = Duration::from_secs(10);

/// `GET .../console`
pub async fn console(call: Call<'_>, request: Request) -> Result<Response, ApiError> {
    let vmi = live(&call)?;
    if vmi["spec"]["domain"]["devices"]["autoattachSerialConsole"] == Value::Bool(false) {
        return Err(ApiError::bad_request("No serial consoles are present."));
    }
    let uid = object::uid(&vmi).to_owned();
    let upgrade = upgrade(request).await?;
    let guest = call.api.runtime.console(&uid).await.map_err(|e| handler_failed(&e))?;
    session(&call, upgrade, "console", uid, false, guest)
}

/// `GET .../vnc?preserveSession=`
pub async fn vnc(call: Call<'_>, request: Request) -> Result<Response, ApiError> {
    let vmi = call.vmi()?;
    if vmi["spec"]["domain"]["devices"]["autoattachGraphicsDevice"] == Value::Bool(false) {
        return Err(ApiError::bad_request("No graphics devices are present."));
    }
    let vmi = live(&call).map(|_| vmi)?;
    let uid = object::uid(&vmi).to_owned();
    let preserve = request.uri().query().is_some_and(|q| q.split('&').any(|p| p == "preserveSession=true"));
    let upgrade = upgrade(request).await?;
    let guest = call.api.runtime.vnc(&uid).await.map_err(|e| handler_failed(&e))?;
    session(&call, upgrade, "vnc", uid, preserve, guest)
}

/// `GET .../portforward/{port}[/tcp]`
pub async fn port(call: Call<'_>, operation: &str, request: Request) -> Result<Response, ApiError> {
    let vmi = call.vmi()?;
    if text(&vmi, "/status/phase") != "Running" {
        return Err(ApiError::conflict(&VMI, call.name, "VMI is not started"));
    }
    if condition(&vmi, "Paused") {
        return Err(ApiError::conflict(&VMI, call.name, "VMI is paused"));
    }
    if items(&vmi, "/status/interfaces").is_empty() {
        return Err(ApiError::bad_request("no network interfaces are present"));
    }
    let mut parts = operation.split('/').skip(1);
    let port: Option<u16> = parts.next().and_then(|p| p.parse().ok());
    let port =
        port.filter(|p| *p > 0).ok_or_else(|| ApiError::bad_request("port must be between 1 and 65535"))?;
    if !matches!(parts.next(), None | Some("tcp")) {
        return Err(ApiError::bad_request("only tcp is forwarded here"));
    }
    let upgrade = upgrade(request).await?;
    let guest = call.api.runtime.dial(object::uid(&vmi), port).await;
    let guest = guest.map_err(|e| ApiError::internal(format!("dialing VM: {e}")))?;
    let stopping = call.api.stopping.clone();
    Ok(upgrade.on_upgrade(move |socket| async move {
        tokio::select! {
            () = splice(socket, guest, true) => {}
            () = stopping.cancelled() => {}
        }
    }))
}

/// The instance, if a stream to it can be opened. virtctl waits on 400 and gives up on anything else.
fn live(call: &Call<'_>) -> Result<Value, ApiError> {
    let vmi = call.vmi()?;
    match text(&vmi, "/status/phase") {
        "Running" => Ok(vmi),
        "Failed" => Err(ApiError::conflict(&VMI, call.name, "VMI is in failed status")),
        _ => Err(ApiError::bad_request("VMI is not running")),
    }
}

async fn upgrade(request: Request) -> Result<WebSocketUpgrade, ApiError> {
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    upgrade.map(|u| u.protocols([PROTOCOL])).map_err(|_| ApiError::bad_request("this path is a WebSocket"))
}

fn session(
    call: &Call<'_>,
    upgrade: WebSocketUpgrade,
    kind: &'static str,
    uid: String,
    preserve: bool,
    guest: Box<dyn Stream>,
) -> Result<Response, ApiError> {
    let sessions = call.api.sessions.clone();
    let Some(token) = sessions.take(kind, &uid, preserve) else {
        let message = "unexpected return code 503 (503 Service Unavailable), message: Active VNC connection. Request denied.";
        return Err(ApiError::internal(message));
    };
    let stopping: CancellationToken = call.api.stopping.clone();
    Ok(upgrade.on_upgrade(move |socket| async move {
        tokio::select! {
            () = splice(socket, guest, false) => {}
            () = token.cancelled() => {}
            () = stopping.cancelled() => {}
        }
        sessions.release(kind, &uid, &token);
    }))
}

/// Copies both ways until either side ends.
async fn splice(mut socket: WebSocket, mut guest: Box<dyn Stream>, ping: bool) {
    let mut buffer = vec![0_u8; CHUNK];
    let mut tick = tokio::time::interval(PING_EVERY);
    loop {
        tokio::select! {
            read = guest.read(&mut buffer) => match read {
                Ok(n) if n > 0 => {
                    let chunk = buffer[..n].to_vec();
                    if socket.send(Message::Binary(chunk.into())).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    if guest.write_all(&bytes).await.is_err() || guest.flush().await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            _ = tick.tick(), if ping => {
                if socket.send(Message::Ping(b"keep alive".to_vec().into())).await.is_err() {
                    return;
                }
            }
        }
    }
}
