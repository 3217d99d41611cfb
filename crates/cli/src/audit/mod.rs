//! `audit list`, `seal`, `key`, `checkpoints`, `export`, `verify`. The last one needs no server.

pub(crate) mod export;
pub(crate) mod verify;

use chrono::{DateTime, Utc};
use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    AuditCheckpoint, AuditEvent, AuditKey, AuditOutcome, ListAuditCheckpointsQuery, ListAuditQuery,
};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List what happened, newest first; reading it is recorded too
    List(Filter),
    /// List signed checkpoints, newest first
    Checkpoints(Limit),
    /// Seal what has happened now, without waiting for the next minute
    Seal,
    /// Show the keys that signed checkpoints, one a line; keep them where the server cannot reach
    Key,
    /// Export the sealed log as JSON Lines; goes on where the file ends
    Export(export::Args),
    /// Check an export without the server: exit code 6 if it is not what was sealed, 7 if nothing vouches for it
    Verify(verify::Args),
}

#[derive(Debug, Clone, clap::Args)]
pub struct Filter {
    /// A name, or part of one from the beginning of a word: of what it was done to, or of who did it
    search: Option<String>,
    /// Only this action, such as request.approve
    #[arg(long)]
    action: Option<String>,
    /// Only what concerns this VM
    #[arg(long)]
    vm: Option<String>,
    /// Only what concerns this request
    #[arg(long)]
    request: Option<String>,
    /// Only what concerns this System
    #[arg(long)]
    system: Option<String>,
    /// Only this outcome: success, denied, failed or intent
    #[arg(long)]
    outcome: Option<AuditOutcome>,
    /// Not before this time, such as 2026-01-31T12:00:00Z
    #[arg(long)]
    since: Option<DateTime<Utc>>,
    /// Before this time
    #[arg(long)]
    until: Option<DateTime<Utc>>,
    #[command(flatten)]
    limit: Limit,
}

/// What a person wants to see of an event.
pub const COLUMNS: [Column<AuditEvent>; 7] = [
    ("TIME", |row| time(&row.at)),
    ("WHO", |row| row.actor_name.clone()),
    ("ACTION", |row| row.action.clone()),
    ("OUTCOME", |row| row.outcome.to_string()),
    ("WHAT", |row| format!("{} {}", row.resource_kind, row.resource_name)),
    ("REQUEST", |row| row.request_number.map(|n| format!("R-{n}")).unwrap_or_default()),
    ("CODE", |row| row.code.clone().unwrap_or_default()),
];

const CHECKPOINT: [Column<AuditCheckpoint>; 3] = [
    ("LEAVES", |row| row.size.to_string()),
    ("SIGNED", |row| time(&row.created_at)),
    ("ROOT", |row| row.root.clone()),
];

const KEY: [Column<AuditKey>; 3] = [
    ("SINCE", |row| time(&row.created_at)),
    ("UNTIL", |row| row.retired_at.as_ref().map(time).unwrap_or_default()),
    ("KEY", |row| row.key.clone()),
];

impl Command {
    /// Runs what needs no server.
    pub(crate) fn offline(&self, out: &Output) -> Option<Result<(), Failure>> {
        match self {
            Self::Verify(args) => Some(verify::run(args, out)),
            _ => None,
        }
    }
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List(filter) => list(filter, client, out).await,
        Command::Checkpoints(limit) => {
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListAuditCheckpointsQuery { cursor, limit: Some(limit) };
                client.audit().list_audit_checkpoints(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &CHECKPOINT)
        }
        Command::Seal => out.one(&client.audit().seal_audit().await?, &CHECKPOINT),
        Command::Key => out.list(&client.audit().list_audit_keys().await?.items, &KEY),
        Command::Export(args) => export::run(args, client, out).await,
        Command::Verify(args) => verify::run(&args, out),
    }
}

async fn list(filter: Filter, client: &Client, out: &Output) -> Result<(), Failure> {
    let mut query = ListAuditQuery {
        action: filter.action,
        search: filter.search,
        outcome: filter.outcome,
        since: filter.since,
        until: filter.until,
        ..Default::default()
    };
    if let Some(name) = &filter.vm {
        query.vm_id = Some(resolve::vm(client, name).await?);
    }
    if let Some(number) = &filter.request {
        query.request_id = Some(resolve::request(client, number).await?);
    }
    if let Some(name) = &filter.system {
        query.system_id = Some(resolve::system(client, name).await?);
    }
    let query = &query;
    let rows = collect(filter.limit.limit, |cursor, limit| async move {
        let query = ListAuditQuery { cursor, limit: Some(limit), ..query.clone() };
        client.audit().list_audit(&query).await.map(|page| (page.items, page.next_cursor))
    });
    out.list(&rows.await?, &COLUMNS)
}
