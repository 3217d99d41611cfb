//! Answering on a socket until told to stop.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tower::ServiceBuilder;

use crate::tls::{Peer, TlsListener, known_peer};

/// Serves `routes` over plain HTTP until `stop` comes to its end, then finishes what was begun. Routes learn the
/// peer's address, without which nobody can sign in.
pub async fn serve(
    listener: TcpListener,
    routes: axum::Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

/// As [`serve`], over TLS.
pub async fn serve_tls(
    listener: TlsListener,
    routes: axum::Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let routes = routes.layer(ServiceBuilder::new().map_request(known_peer));
    axum::serve(listener, routes.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(stop)
        .await
}
