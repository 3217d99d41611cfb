//! TLS by this process: certificate and key from files, read again when they change.
//!
//! A handshake is made in a task of its own, so that a silent client holds up nobody else. A pair of files that cannot
//! be used is refused at the start and ignored later: the old one stays until the new one is good.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// The longest a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at the same time; more wait in the kernel's queue.
const HANDSHAKES: usize = 256;

/// Where certificate chain and key are, in PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why a pair of files cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct TlsError {
    path: PathBuf,
    reason: String,
}

impl TlsFiles {
    fn load(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let at = |path: &Path, reason: String| TlsError { path: path.to_owned(), reason };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| at(&self.certificate, error.to_string()))?;
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|error| at(&self.key, error.to_string()))?;
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(|error| at(&self.certificate, error.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn changed(&self) -> Option<[SystemTime; 2]> {
        let time = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
        Some([time(&self.certificate)?, time(&self.key)?])
    }
}

/// A listener that speaks TLS.
pub struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Takes over a bound socket. The files must be good now.
    pub fn new(listener: TcpListener, files: TlsFiles) -> Result<Self, TlsError> {
        let config = Arc::new(RwLock::new(files.load()?));
        let address = listener.local_addr();
        let address = address
            .map_err(|error| TlsError { path: files.certificate.clone(), reason: error.to_string() })?;
        let (sender, ready) = mpsc::channel(16);
        tokio::spawn(accept(listener, Arc::clone(&config), sender.clone()));
        tokio::spawn(reload(files, config, sender));
        Ok(Self { ready, address })
    }
}

type Shared = Arc<RwLock<Arc<ServerConfig>>>;
type Sender = mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>;

async fn accept(listener: TcpListener, config: Shared, sender: Sender) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, peer) = tokio::select! {
            () = sender.closed() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, as a rule: give some time to be returned.
                    tracing::error!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            },
        };
        let current = Arc::clone(&config.read().unwrap_or_else(PoisonError::into_inner));
        let sender = sender.clone();
        tokio::spawn(async move {
            let handshake = TlsAcceptor::from(current).accept(stream);
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, handshake).await {
                drop(place);
                let _ = sender.send((stream, peer)).await;
            }
        });
    }
}

async fn reload(files: TlsFiles, config: Shared, sender: Sender) {
    let mut seen = files.changed();
    loop {
        tokio::select! {
            () = sender.closed() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = files.changed();
        if now == seen {
            continue;
        }
        seen = now;
        match files.load() {
            Ok(new) => {
                *config.write().unwrap_or_else(PoisonError::into_inner) = new;
                tracing::info!("the TLS certificate was read again");
            }
            Err(error) => {
                tracing::error!(%error, "the new TLS certificate cannot be used; the old one stays")
            }
        }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // The accepting task lives as long as this does.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// The peer's address, under a name of our own: the orphan rule forbids axum's usual one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Gives routes the peer's address where they look for it.
pub(crate) fn known_peer(mut request: axum::extract::Request) -> axum::extract::Request {
    if let Some(ConnectInfo(Peer(address))) = request.extensions().get::<ConnectInfo<Peer>>().copied() {
        request.extensions_mut().insert(ConnectInfo(address));
    }
    request
}
