//! The floor of the reads: the same statements in a server of axum and sqlx and nothing else, as a process of its own.
//!
//! It answers with the bytes that Shepherd answered; it reads the rows but makes nothing of them, so it is faster than
//! any server that would do something.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use shepherd_local_postgres::Role;
use sqlx::postgres::{PgArguments, PgPoolOptions};
use sqlx::{Arguments, AssertSqlSafe, Either, Executor, PgPool, SqlSafeStr, TypeInfo};

use super::queries::Recording;
use crate::stage::child::Child;
use crate::stage::{Stage, free_address, until_ready};

/// As many as `serve` has.
const CONNECTIONS: u32 = 16;

/// What the process is told.
#[derive(Serialize, Deserialize)]
struct Order {
    listen: SocketAddr,
    database_url: String,
    recordings: Vec<Recording>,
}

pub struct Bare {
    pub child: Child,
    pub address: SocketAddr,
    pub started_in: Duration,
}

/// Starts one that answers nothing but its readiness.
pub async fn start(stage: &Stage) -> Result<Bare> {
    start_with(stage, Vec::new()).await
}

/// Starts one that answers what was recorded.
pub async fn start_with(stage: &Stage, recordings: Vec<Recording>) -> Result<Bare> {
    let address = free_address()?;
    let order = Order { listen: address, database_url: stage.database_url(Role::App), recordings };
    let file = stage.dir.path().join("bare.json");
    std::fs::write(&file, serde_json::to_vec(&order)?)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "--bare"]).arg(&file);
    let started = Instant::now();
    let mut child = Child::start("bare", &mut command, stage.dir.path())?;
    until_ready(&mut child, address, "/readyz").await?;
    Ok(Bare { child, address, started_in: started.elapsed() })
}

/// The process itself; runs until it is killed.
pub async fn run(order: &std::path::Path) -> Result<()> {
    let order: Order = serde_json::from_slice(&std::fs::read(order)?)?;
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(&order.database_url).await?;
    let state = Arc::new(State { pool, recordings: order.recordings });
    let router = Router::new().fallback(move |uri: Uri| answer(Arc::clone(&state), uri));
    let listener = tokio::net::TcpListener::bind(order.listen).await?;
    Ok(axum::serve(listener, router).await?)
}

struct State {
    pool: PgPool,
    recordings: Vec<Recording>,
}

async fn answer(state: Arc<State>, uri: Uri) -> Response {
    match replay(&state, uri.path()).await {
        Ok(text) => ([(CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

async fn replay(state: &State, path: &str) -> Result<String> {
    let mut conn = state.pool.acquire().await?;
    if path == "/readyz" {
        sqlx::query("select 1").execute(&mut *conn).await?;
        return Ok("{}".into());
    }
    let recording =
        state.recordings.iter().find(|recording| recording.path == path).context("not recorded")?;
    for statement in &recording.statements {
        let sql = AssertSqlSafe(statement.sql.clone()).into_sql_str();
        // Prepared once for each connection, as in Shepherd; it knows the types of its parameters.
        let prepared = conn.prepare(sql).await?;
        let arguments = arguments(&prepared, &statement.parameters)?;
        sqlx::Statement::query_with(&prepared, arguments).fetch_all(&mut *conn).await?;
    }
    Ok(recording.answer.clone())
}

fn arguments(statement: &sqlx::postgres::PgStatement, values: &[Option<String>]) -> Result<PgArguments> {
    let Some(Either::Left(types)) = sqlx::Statement::parameters(statement) else {
        bail!("PostgreSQL does not say the types of the parameters");
    };
    let mut arguments = PgArguments::default();
    for (kind, value) in types.iter().zip(values) {
        let value = value.as_deref();
        let added = match kind.name() {
            "TEXT" | "VARCHAR" => arguments.add(value),
            "UUID" => arguments.add(value.map(str::parse::<uuid::Uuid>).transpose()?),
            "INT2" => arguments.add(value.map(str::parse::<i16>).transpose()?),
            "INT4" => arguments.add(value.map(str::parse::<i32>).transpose()?),
            "INT8" => arguments.add(value.map(str::parse::<i64>).transpose()?),
            "FLOAT8" => arguments.add(value.map(str::parse::<f64>).transpose()?),
            "BOOL" => arguments.add(value.map(|text| text == "t")),
            "BYTEA" => {
                arguments.add(value.map(|text| hex::decode(text.trim_start_matches("\\x"))).transpose()?)
            }
            "TEXT[]" => arguments.add(value.map(list)),
            "UUID[]" => {
                let ids = value.map(|text| list(text).iter().map(|id| id.parse()).collect());
                arguments.add(ids.transpose().map_err(|error: uuid::Error| error)? as Option<Vec<uuid::Uuid>>)
            }
            other => bail!("a parameter of type {other} cannot be replayed yet"),
        };
        if let Err(error) = added {
            bail!("a parameter cannot be replayed: {error}");
        }
    }
    Ok(arguments)
}

/// `{a,b}`; none of ours has anything to quote.
fn list(text: &str) -> Vec<String> {
    let inner = text.trim_start_matches('{').trim_end_matches('}');
    inner.split(',').filter(|part| !part.is_empty()).map(|part| part.trim_matches('"').to_owned()).collect()
}
