//! WebSocket handshake (RFC 6455 section 4) through the cluster's API server.
//!
//! `kube`'s own `connect` insists on the pod-exec subprotocols, which KubeVirt does not offer; so the
//! request is sent through its client with our headers and the answer is verified here.

use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, HeaderName, Request, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::transport::{Failure, unreachable};
use crate::{Cluster, Detail, Error};

/// KubeVirt's subprotocol.
const PROTOCOL: &str = "plain.kubevirt.io";

/// Largest message taken from a cluster; KubeVirt sends 10 KB at a time.
const MAX_MESSAGE: usize = 4 << 20;

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) async fn upgrade(cluster: &Cluster, path: String) -> Result<Socket, Failure> {
    let key = generate_key();
    let request = Request::get(path)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key)
        .header(SEC_WEBSOCKET_PROTOCOL, PROTOCOL)
        .body(Body::empty())
        .map_err(|_| Error::invalid("path", "not a valid request target"))?;
    let answer = cluster.begin(request).await?;
    verify(answer.status(), answer.headers(), &key)?;
    let upgraded = hyper::upgrade::on(answer).await.map_err(|error| unreachable(&error))?;
    let limits =
        WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    Ok(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(limits)).await)
}

fn verify(status: StatusCode, headers: &HeaderMap, key: &str) -> Result<(), Error> {
    let token = |name: HeaderName, wanted: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(wanted))
    };
    let refuse = |what: &str| Err(Error::protocol(format!("the WebSocket handshake failed: {what}")));
    if status != StatusCode::SWITCHING_PROTOCOLS {
        return refuse(&format!("status {status} instead of 101"));
    }
    if !token(UPGRADE, "websocket") || !token(CONNECTION, "upgrade") {
        return refuse("no upgrade to websocket");
    }
    let accept = headers.get(SEC_WEBSOCKET_ACCEPT).map(|value| value.as_bytes());
    if accept != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
        return refuse("Sec-WebSocket-Accept does not answer our key");
    }
    // None at all is allowed: old versions accept without echoing it.
    if headers.contains_key(SEC_WEBSOCKET_PROTOCOL) && !token(SEC_WEBSOCKET_PROTOCOL, PROTOCOL) {
        return refuse("another subprotocol");
    }
    Ok(())
}

/// Says what virt-api's refusal means. It answers 400 for "not running" and 409 for a failed instance, and
/// wraps the handler's 503 "Active VNC connection" in a 500.
pub(super) fn explain(failure: Failure) -> Error {
    let Failure::Refused(refusal) = failure else { return failure.into() };
    let busy = "Active VNC connection. Request denied.";
    let not_running =
        ["VMI is not running", "VMI is in failed status", "VMI is not started", "VMI is paused"];
    match refusal.status.as_u16() {
        500 | 503 if refusal.says(busy) => Error::Conflict { detail: Detail::new(busy) },
        // virt-api connects to the guest before it answers us.
        500 if refusal.says("dialing VM") => Error::Conflict { detail: refusal.message },
        400 | 409 if not_running.iter().any(|words| refusal.says(words)) => {
            Error::NotRunning { detail: refusal.message }
        }
        // The VM is there, as we have looked: its instance is not.
        404 => Error::NotRunning { detail: refusal.message },
        _ => refusal.into_error(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn answer(accept: &str, protocol: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(UPGRADE, "WebSocket".parse().unwrap());
        headers.insert(CONNECTION, "keep-alive, Upgrade".parse().unwrap());
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept.parse().unwrap());
        if let Some(protocol) = protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_handshake_of_the_rfc_passes_with_and_without_subprotocol() {
        let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
        for protocol in [Some(PROTOCOL), None] {
            assert!(verify(StatusCode::SWITCHING_PROTOCOLS, &answer(accept, protocol), KEY).is_ok());
        }
        let other = answer(accept, Some("v5.channel.k8s.io"));
        assert!(verify(StatusCode::SWITCHING_PROTOCOLS, &other, KEY).is_err());
    }

    #[test]
    fn a_wrong_accept_or_status_is_refused() {
        assert!(verify(StatusCode::SWITCHING_PROTOCOLS, &answer("AAAA", None), KEY).is_err());
        assert!(verify(StatusCode::OK, &answer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", None), KEY).is_err());
    }
}
