//! Starting and stopping an engine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::fs::FlockOperation;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::auth::Tokens;
use crate::api::status::ApiError;
use crate::api::{self, Api, Sessions};
use crate::config::{Config, RuntimeKind};
use crate::controller::{self, Context, Recorder};
use crate::faults::Faults;
use crate::images::ImageStore;
use crate::launcher::qemu::{QemuConfig, QemuRuntime};
use crate::launcher::simulated::Simulated;
use crate::launcher::{Runtime, RuntimeError};
use crate::store::{Store, StoreError};
use crate::tls::{self, TlsError};
use crate::{bootstrap, files};

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data directory cannot be used.
    #[error("{}: {source}", path.display())]
    DataDir {
        /// Which file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another engine runs on this directory.
    #[error("another minivirt uses {}; stop it first", path.display())]
    Taken {
        /// The directory.
        path: PathBuf,
    },
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; stop what uses it or choose another with --listen")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The first objects could not be written.
    #[error("cannot write the first objects: {0}")]
    Bootstrap(#[from] ApiError),
}

/// A running engine.
pub struct Handle {
    /// `https://address:port`
    pub url: String,
    /// The address it listens on.
    pub address: SocketAddr,
    /// PEM of its certificate authority.
    pub ca_pem: String,
    /// A token that may do everything.
    pub admin_token: String,
    /// A kubeconfig with both.
    pub kubeconfig: PathBuf,
    /// What is wrong with it.
    pub faults: Faults,
    stopping: CancellationToken,
    with_guests: Arc<AtomicBool>,
}

impl Handle {
    /// Asks the engine to stop; its task ends soon after. Guests keep running.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// As [`Handle::stop`], and ends every guest as a power cut would: the next engine starts those that shall run.
    pub fn stop_with_guests(&self) {
        self.with_guests.store(true, Ordering::Release);
        self.stopping.cancel();
    }
}

async fn kill_all(runtime: &dyn Runtime) {
    for uid in runtime.list().await.unwrap_or_default() {
        if let Err(error) = runtime.kill(&uid).await {
            tracing::error!(guest = uid, %error, "a guest could not be ended");
        }
    }
}

/// Starts an engine in this process. It serves when this returns; the task ends after [`Handle::stop`].
pub async fn start(config: Config) -> Result<(Handle, JoinHandle<()>), EngineError> {
    let dir = &config.data_dir;
    let in_dir = |path: &Path| {
        let path = path.to_owned();
        move |source| EngineError::DataDir { path, source }
    };
    std::fs::create_dir_all(dir).map_err(in_dir(dir))?;
    let lock = lock(dir)?;
    let tokens_path = dir.join("tokens.json");
    let tokens = Tokens::load_or_create(&tokens_path).map_err(in_dir(&tokens_path))?;
    let store = open_store(&config).await?;
    let listening = |source| EngineError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(listening)?;
    let address = listener.local_addr().map_err(listening)?;
    let tls = tls::prepare(dir, address.ip())?;
    let runtime = open_runtime(&config).await?;
    bootstrap::run(&store, &config, &runtime.info()).await?;
    let stopping = CancellationToken::new();
    let admin_token = tokens.admin().unwrap_or_default().to_owned();
    let url = format!("https://{address}");
    let kubeconfig = dir.join("kubeconfig");
    write_kubeconfig(&kubeconfig, &url, &tls.ca_pem, &admin_token).map_err(in_dir(&kubeconfig))?;
    let context = Context {
        recorder: Recorder::new(store.clone(), "minivirt"),
        store: store.clone(),
        runtime: runtime.clone(),
        node: config.node_name.as_str().into(),
        stopping: stopping.clone(),
    };
    controller::spawn(&context);
    let sessions = Arc::new(Sessions::default());
    let faults = Faults::new(store.clone());
    tokio::spawn(faults.clone().run(runtime.clone(), stopping.clone()));
    let api = Api {
        store,
        faults: faults.clone(),
        tokens: Arc::new(tokens),
        runtime: runtime.clone(),
        sessions,
        stopping: stopping.clone(),
    };
    let router = api::router(api);
    let (serving, faulty) = (stopping.clone(), faults.clone());
    let with_guests = Arc::new(AtomicBool::new(false));
    let ending = Arc::clone(&with_guests);
    let task = tokio::spawn(async move {
        api::server::serve(listener, tls.server, router, faulty, serving).await;
        if ending.load(Ordering::Acquire) {
            kill_all(runtime.as_ref()).await;
        }
        runtime.detach().await;
        drop(lock);
    });
    tracing::info!(%url, runtime = ?config.runtime, "minivirt serves");
    let ca_pem = tls.ca_pem;
    let handle = Handle { url, address, ca_pem, admin_token, kubeconfig, faults, stopping, with_guests };
    Ok((handle, task))
}

/// Runs an engine until `shutdown` ends.
pub async fn serve(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), EngineError> {
    let (handle, mut task) = start(config).await?;
    tokio::select! {
        () = shutdown => handle.stop(),
        _ = &mut task => return Ok(()),
    }
    if let Err(error) = task.await {
        tracing::error!(%error, "the engine did not end well");
    }
    Ok(())
}

/// Takes the directory; a lock of a killed engine goes with it.
fn lock(dir: &Path) -> Result<std::fs::File, EngineError> {
    let path = dir.join("lock");
    let taken = std::fs::File::create(&path).and_then(|file| {
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(file)
    });
    taken.map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => EngineError::Taken { path: dir.to_owned() },
        _ => EngineError::DataDir { path, source },
    })
}

/// Opens the store. An engine of this process that was just stopped may still hold it for a moment; no other can,
/// as the directory is ours.
async fn open_store(config: &Config) -> Result<Store, EngineError> {
    let path = config.data_dir.join("store.redb");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        match Store::open(&path, config.durability, config.log_entries, config.cache_bytes) {
            Err(error) if error.is_held() && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return Ok(opened?),
        }
    }
}

async fn open_runtime(config: &Config) -> Result<Arc<dyn Runtime>, EngineError> {
    match &config.runtime {
        RuntimeKind::Simulated(simulation) => {
            let dir = config.data_dir.join("simulated");
            let opened = Simulated::open(dir.clone(), *simulation);
            Ok(Arc::new(opened.map_err(|source| EngineError::DataDir { path: dir, source })?))
        }
        RuntimeKind::Qemu(options) => {
            let images = ImageStore::new(Config::images_dir(&config.data_dir), options.images.clone());
            let qemu = QemuConfig {
                outbound: options.outbound,
                allow_kvm: options.allow_kvm,
                ..QemuConfig::new(config.data_dir.join("qemu"), images)
            };
            Ok(Arc::new(QemuRuntime::open(qemu).await?))
        }
    }
}

fn write_kubeconfig(path: &Path, url: &str, ca_pem: &str, token: &str) -> std::io::Result<()> {
    let ca = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, ca_pem);
    // JSON is YAML, and every reader of a kubeconfig takes it.
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "minivirt",
        "clusters": [{"name": "minivirt", "cluster": {"server": url, "certificate-authority-data": ca}}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "minivirt",
            "context": {"cluster": "minivirt", "user": "admin", "namespace": "default"}}],
    });
    files::write_private(path, &serde_json::to_vec_pretty(&config)?)
}
