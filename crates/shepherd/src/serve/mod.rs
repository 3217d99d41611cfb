//! `shepherd serve`: one process that answers HTTP, works jobs and watches clusters.
//!
//! It refuses to start rather than to run half: key, database, schema and socket are checked first, each with a code and
//! an exit code of its own. It ends in the order in which work depends on each other: no new connections, consoles and
//! streams told to go elsewhere, running requests and jobs finished, database closed.

mod args;
mod parts;

use std::sync::Arc;
use std::time::Duration;

use shepherd_app::operations::{DispatchWorker, OperationWorker, ReconcileWorker};
use shepherd_jobs::Handlers;
use shepherd_server::{Server, TlsListener};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use args::ServeArgs;
pub use parts::{connect, connect_once, open_app};

use crate::failure::Failure;
use crate::{logs, parent};

/// How long requests that are being answered may take when the process is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

pub async fn run(args: ServeArgs) -> Result<(), Failure> {
    logs::begin(&args.logs)?;
    let stop = parent::stop_signal(args.until_stdin_closes)?.token;
    args.check()?;
    let keyring = args.keys.load()?;
    let listener = TcpListener::bind(args.listen).await;
    let listener =
        listener.map_err(|error| Failure::port(args.listen, &error, "--listen (SHEPHERD_LISTEN)"))?;
    let db = connect(&args).await?;
    let app = open_app(db, keyring, args.app_settings())?;
    let server = Arc::new(Server {
        app: app.clone(),
        settings: args.server_settings(),
        consoles: Default::default(),
        events: Default::default(),
    });

    let address = listener.local_addr().map_err(|error| Failure::io(args.listen, error))?;
    let routes = shepherd_server::router(Arc::clone(&server));
    let draining = Arc::clone(&server);
    let told = stop.clone();
    let until = async move {
        told.cancelled().await;
        // Streams never end by themselves, and a graceful shutdown waits for them.
        draining.events.close();
    };
    let http: JoinHandle<std::io::Result<()>> = match args.tls_files() {
        None => tokio::spawn(shepherd_server::serve(listener, routes, until)),
        Some(files) => {
            let listener = TlsListener::new(listener, files);
            let listener = listener.map_err(|error| Failure::new("TLS_FILES", error.to_string()))?;
            tokio::spawn(shepherd_server::serve_tls(listener, routes, until))
        }
    };
    let working = CancellationToken::new();
    let jobs = {
        let handlers = Handlers {
            operation: Arc::new(OperationWorker(app.clone())),
            dispatch: Arc::new(DispatchWorker(app.clone())),
            reconcile: Arc::new(ReconcileWorker(app.clone())),
        };
        let (db, token, config) = (app.db.clone(), working.clone(), args.jobs());
        tokio::spawn(async move { shepherd_jobs::run(&db, handlers, config, token).await })
    };
    let clusters = tokio::spawn(app.clone().watch_clusters(stop.clone()));
    let reconciler = tokio::spawn(app.clone().reconcile_forever(stop.clone()));
    let checks = tokio::spawn(app.clone().check_pools_forever(stop.clone()));
    let sealer = tokio::spawn(app.clone().seal_forever(args.audit_witness_file.clone(), stop.clone()));
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "serving");

    let broken = watch(&stop, http, jobs, &server, &working).await;
    for task in [clusters, reconciler, checks, sealer] {
        let _ = tokio::time::timeout(DRAIN, task).await;
    }
    app.db.close().await;
    tracing::info!("stopped");
    broken
}

/// Waits for the signal, or for a part that ended by itself, and then for the rest to end.
async fn watch(
    stop: &CancellationToken,
    mut http: JoinHandle<std::io::Result<()>>,
    mut jobs: JoinHandle<Result<(), shepherd_jobs::JobError>>,
    server: &Server,
    working: &CancellationToken,
) -> Result<(), Failure> {
    let broken = tokio::select! {
        // First: being told to stop also ends the others, and that is no fault.
        biased;
        () = stop.cancelled() => Ok(()),
        ended = &mut http => Err(Failure::new("SERVER_ENDED", format!("the HTTP server ended: {ended:?}"))),
        ended = &mut jobs => Err(match ended {
            Ok(Err(error)) => error.into(),
            other => Failure::new("JOBS_ENDED", format!("the job queue ended: {other:?}")),
        }),
    };
    tracing::info!("stopping");
    stop.cancel();
    let _ = tokio::time::timeout(DRAIN, server.consoles.drain()).await;
    if !http.is_finished() && tokio::time::timeout(DRAIN, &mut http).await.is_err() {
        tracing::warn!("some requests were cut off");
        http.abort();
    }
    working.cancel();
    // The queue has a drain time of its own; a little more than that is a defect.
    if !jobs.is_finished() && tokio::time::timeout(DRAIN * 2, &mut jobs).await.is_err() {
        tracing::warn!("some jobs were cut off; they will be done again");
        jobs.abort();
    }
    broken
}
