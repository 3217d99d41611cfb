//! `request draft ...` and `request again`: wishes that are not handed in yet.

use clap::{Args, Subcommand};
use shepherd_contract::client::Client;
use shepherd_contract::types::{Draft, ListDraftsQuery};
use shepherd_domain::ids::DraftId;

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::requests::FIELDS as REQUEST;
use crate::wait::Wait;
use crate::wish::Wish;
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List my drafts, newest first
    List {
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one of my drafts
    Get { draft: DraftId },
    /// Keep a wish for a VM for later
    Save {
        /// SYSTEM/SERVICE it belongs to
        #[arg(long)]
        service: String,
        #[command(flatten)]
        wish: Wish,
    },
    /// Change one of my drafts
    Edit {
        draft: DraftId,
        #[command(flatten)]
        wish: Wish,
    },
    /// Ask for what a draft says
    Submit(SubmitArgs),
    /// Throw one of my drafts away
    Discard { draft: DraftId },
}

#[derive(Debug, Clone, Args)]
pub struct SubmitArgs {
    draft: DraftId,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, Clone, Args)]
pub struct AgainArgs {
    /// Its number, such as R-1042
    request: String,
    /// Hand it in at once, as it is
    #[arg(long)]
    submit: bool,
    #[command(flatten)]
    wait: Wait,
}

const COLUMNS: [Column<Draft>; 4] = [
    ("ID", |d| d.id.to_string()),
    ("SERVICE", |d| format!("{}/{}", d.system.name, d.service.name)),
    ("REASON", |d| d.body.reason.clone().unwrap_or_default()),
    ("CHANGED", |d| time(&d.updated_at)),
];

const FIELDS: [Column<Draft>; 8] = [
    ("Id", |d| d.id.to_string()),
    ("Service", |d| format!("{}/{}", d.system.name, d.service.name)),
    ("Namespace", |d| d.body.namespace_id.map(|id| id.to_string()).unwrap_or_default()),
    ("Template", |d| d.body.template_version_id.map(|id| id.to_string()).unwrap_or_default()),
    ("Size", |d| d.body.size_version_id.map(|id| id.to_string()).unwrap_or_default()),
    ("Disk", |d| d.body.disk_bytes.map(|bytes| bytes.to_string()).unwrap_or_default()),
    ("Reason", |d| d.body.reason.clone().unwrap_or_default()),
    ("Changed", |d| time(&d.updated_at)),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { limit } => {
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListDraftsQuery { cursor, limit: Some(limit) };
                client.drafts().list_drafts(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Get { draft } => out.one(&client.drafts().get_draft(draft).await?, &FIELDS),
        Command::Save { service, wish } => {
            let service = resolve::service(client, &service).await?;
            let body = wish.fresh(client, service).await?;
            out.one(&client.drafts().create_draft(&connect::key(), &body).await?, &FIELDS)
        }
        Command::Edit { draft, wish } => {
            let old = client.drafts().get_draft(draft).await?;
            let body = wish.onto(client, old.body).await?;
            out.one(&client.drafts().update_draft(draft, old.version, &body).await?, &FIELDS)
        }
        Command::Submit(args) => submit(args.draft, args.wait, client, out).await,
        Command::Discard { draft } => Ok(client.drafts().discard_draft(draft).await?),
    }
}

/// A draft of another VM like that of an earlier request.
pub(crate) async fn again(args: AgainArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::request(client, &args.request).await?;
    let draft = client.drafts().draft_from_request(id, &connect::key()).await?;
    match args.submit {
        true => submit(draft.id, args.wait, client, out).await,
        false => out.one(&draft, &FIELDS),
    }
}

async fn submit(draft: DraftId, wait: Wait, client: &Client, out: &Output) -> Result<(), Failure> {
    let request = client.drafts().submit_draft(draft, &connect::key()).await?;
    out.one(&wait.finish(client, request, out).await?, &REQUEST)
}
