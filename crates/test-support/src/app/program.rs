//! The parts a running Shepherd is made of, as its binary puts them together: the application, what serves it over
//! HTTP, and what works in the background. Apart, so that a story can stop one of them, or run two.

use std::path::Path;
use std::sync::Arc;

use shepherd_app::operations::{DispatchWorker, OperationWorker, ReconcileWorker};
use shepherd_app::{App, Links, Settings};
use shepherd_auth::origin::OwnOrigins;
use shepherd_auth::password::Hasher;
use shepherd_contract::runtime::{ValidateResponses, Violations};
use shepherd_jobs::Handlers;
use shepherd_server::{Consoles, Server};
use shepherd_store::secrets::Keyring;
use shepherd_store::{Db, DbConfig};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use url::Url;

/// The application on a database, with the root key of a file.
pub async fn open(database_url: &str, key_file: &Path, settings: Settings) -> App {
    let pool = Db::connect(&DbConfig::new(database_url.to_owned())).await.expect("the test database answers");
    let keyring = Keyring::from_files(&[key_file.to_owned()]).expect("the key is one");
    App {
        db: pool,
        links: Arc::new(Links::new(keyring)),
        hasher: Arc::new(Hasher::new().expect("argon2 works")),
        settings: Arc::new(settings),
    }
}

/// The application over HTTP on a loopback port; every answer is checked against the contract.
pub struct Served {
    /// `http://127.0.0.1:port/api/v1/`
    pub base: Url,
    /// The consoles that are open, to drain them.
    pub consoles: Consoles,
    /// What was answered outside the contract.
    pub violations: Violations,
    task: JoinHandle<std::io::Result<()>>,
}

impl Served {
    pub async fn start(app: &App) -> Self {
        let (violations, consoles) = (Violations::default(), Consoles::default());
        let server = Server {
            app: app.clone(),
            settings: shepherd_server::Settings { origins: OwnOrigins::new([], true), ..Default::default() },
            consoles: consoles.clone(),
            events: Default::default(),
        };
        let routes =
            shepherd_server::router(Arc::new(server)).layer(ValidateResponses::new(violations.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("the socket is bound");
        let base = format!("http://{address}{}/", shepherd_contract::BASE_PATH).parse().expect("it is a URL");
        let task = tokio::spawn(shepherd_server::serve(listener, routes, std::future::pending()));
        Self { base, consoles, violations, task }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
        if !std::thread::panicking() {
            self.violations.assert_none();
        }
    }
}

/// What a replica does without being called: works jobs, watches clusters, reconciles.
pub struct Engine {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Engine {
    pub fn start(app: &App) -> Self {
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        tasks.spawn(app.clone().watch_clusters(stop.clone()));
        tasks.spawn(app.clone().reconcile_forever(stop.clone()));
        tasks.spawn(app.clone().check_pools_forever(stop.clone()));
        tasks.spawn(app.clone().seal_forever(Vec::new(), stop.clone()));
        tasks.spawn(work(app.clone(), stop.clone()));
        Self { stop, tasks }
    }

    /// Ends in order: what runs is finished, leases are given back.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("the engine ends in order");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn work(app: App, stop: CancellationToken) {
    let handlers = Handlers {
        operation: Arc::new(OperationWorker(app.clone())),
        dispatch: Arc::new(DispatchWorker(app.clone())),
        reconcile: Arc::new(ReconcileWorker(app.clone())),
    };
    if let Err(error) = shepherd_jobs::run(&app.db, handlers, shepherd_jobs::Config::default(), stop).await {
        panic!("the workers stopped: {error}");
    }
}
