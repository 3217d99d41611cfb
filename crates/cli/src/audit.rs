//! `audit list`.

use chrono::{DateTime, Utc};
use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{AuditEvent, AuditOutcome, ListAuditQuery};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List what happened, newest first; reading it is recorded too
    List(Filter),
}

#[derive(Debug, Clone, clap::Args)]
pub struct Filter {
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

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    let Command::List(filter) = command;
    let mut query = ListAuditQuery {
        action: filter.action,
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
