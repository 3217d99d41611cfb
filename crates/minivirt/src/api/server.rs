//! HTTPS: one listener, HTTP/1.1 (consoles need its upgrade).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::faults::Faults;

/// A handshake that takes longer is a scan or a stuck client.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Headers must arrive within this. It also ends idle connections, so it is longer than clients keep those.
const HEADERS: Duration = Duration::from_secs(300);

/// Accepts connections until `stopping`; those open then are dropped, as clients of a cluster expect.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    router: Router,
    faults: Faults,
    stopping: CancellationToken,
) {
    let acceptor = TlsAcceptor::from(tls);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let (acceptor, router) = (acceptor.clone(), router.clone());
                let (faults, stopping) = (faults.clone(), stopping.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        // First, so that not a byte is answered.
                        biased;
                        () = faults.until(|effects| effects.unreachable) => {}
                        () = connection(stream, acceptor, router) => {}
                        () = stopping.cancelled() => {}
                    }
                });
            }
            Err(error) => {
                // Out of descriptors or the like: give others time to finish instead of spinning.
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router) {
    // Watches and consoles send small pieces that should not wait for company.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let service = TowerToHyperService::new(
        router.map_request(|r: http::Request<Incoming>| r.map(axum::body::Body::new)),
    );
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}
