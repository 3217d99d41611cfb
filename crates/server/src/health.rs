//! What load balancers, supervisors and scrapers ask. Outside the contract, without sign-in, without secrets.
//!
//! `/livez` says that the process answers; it depends on nothing, so that a database that is down does not get every
//! replica restarted. `/readyz` says that requests can be served: the database answers and its schema is new enough.
//! `/metrics` is for Prometheus (text format 0.0.4).

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use shepherd_contract::runtime::Problem;

use crate::Server;

/// A probe that waits longer is as good as refused.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn router(server: Arc<Server>) -> Router {
    let started = Instant::now();
    Router::new()
        .route("/livez", get(|| async { "live\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(move |server| async move { metrics(server, started) }))
        .with_state(server)
}

async fn ready(State(server): State<Arc<Server>>) -> Response {
    let error = match tokio::time::timeout(PATIENCE, server.app.db.check_schema()).await {
        Ok(Ok(())) => return "ready\n".into_response(),
        Ok(Err(error)) => (error.code(), error.to_string()),
        Err(_) => ("DATABASE_UNAVAILABLE", "the database does not answer in time".to_owned()),
    };
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_READY", "Not ready")
        .detail(error.1)
        .param("cause", error.0)
        .into_response()
}

fn metrics(State(server): State<Arc<Server>>, started: Instant) -> Response {
    let pool = server.app.db.pool();
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    let version = env!("CARGO_PKG_VERSION");
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, labels: &str, value: f64| {
        // Writing to a string cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{labels} {value}\n");
    };
    gauge("shepherd_build_info", "The running version.", &format!("{{version=\"{version}\"}}"), 1.0);
    gauge("shepherd_uptime_seconds", "Time since the start.", "", started.elapsed().as_secs_f64());
    gauge("shepherd_db_connections", "Open database connections.", "", f64::from(pool.size()));
    gauge("shepherd_db_connections_idle", "Database connections nobody uses.", "", f64::from(idle));
    if let Some(bytes) = resident() {
        gauge("process_resident_memory_bytes", "Memory held by the process.", "", bytes);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// Second field of `/proc/self/statm`, in pages of 4 KiB (proc(5)).
fn resident() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u32 = text.split(' ').nth(1)?.parse().ok()?;
    Some(f64::from(pages) * 4096.0)
}
