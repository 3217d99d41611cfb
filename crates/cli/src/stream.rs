//! A console stream: a WebSocket over the same HTTP client that makes the other calls.
//!
//! So that authorities, proxies and timeouts are the same, the HTTP client makes the upgrade (RFC 6455, section 4.1) and the
//! WebSocket library gets the finished connection.

use http::header;
use reqwest::Upgraded;
use shepherd_contract::client::Connection;
use shepherd_contract::types::ConsoleTicket;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::Failure;

/// An open console.
pub type Socket = WebSocketStream<Upgraded>;

/// Opens the stream that a ticket is for.
///
/// # Errors
/// What the server says, or that it does not speak WebSocket.
pub async fn open(connection: &Connection, ticket: &ConsoleTicket) -> Result<Socket, Failure> {
    let base = connection.base();
    let url = base
        .join(&ticket.url)
        .map_err(|error| Failure::Unavailable(format!("the stream's address: {error}")))?;
    // The upgrade is an HTTP/1.1 one, and a console lives longer than any other call.
    let http = reqwest::Client::builder().http1_only().redirect(reqwest::redirect::Policy::none());
    let http = if base.scheme() == "http" { http.tls_certs_only([]) } else { http };
    let http = http.build().map_err(|error| Failure::local("the HTTP client cannot be made", error))?;
    let key = generate_key();
    let answer = http
        .get(url)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key)
        .header(header::ORIGIN, base.origin().ascii_serialization())
        .send()
        .await
        .map_err(|error| Failure::Unavailable(format!("the console cannot be reached: {error}")))?;
    let accepted = answer.headers().get(header::SEC_WEBSOCKET_ACCEPT).map(http::HeaderValue::as_bytes);
    if answer.status() != http::StatusCode::SWITCHING_PROTOCOLS
        || accepted != Some(derive_accept_key(key.as_bytes()).as_bytes())
    {
        let status = answer.status();
        let text =
            answer.json::<shepherd_contract::runtime::Problem>().await.map(|problem| problem.to_string());
        return Err(Failure::Ended(text.unwrap_or_else(|_| format!("the console answered {status}"))));
    }
    let upgraded = answer.upgrade().await;
    let upgraded =
        upgraded.map_err(|error| Failure::Unavailable(format!("the console broke off: {error}")))?;
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)
}
