//! `request list`, `get`, `approve`, `reject`, `cancel`; the rest of `request` is in `edits`, `comments` and `drafts`.

use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand};
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    Approve, CancelRequest, ListRequestsQuery, Overrides, Reject, Request, RequestState, RequestSummary,
    RequestTarget,
};
use shepherd_domain::ids::RequestId;

use crate::drafts::{self, AgainArgs};
use crate::edits::{self, EditArgs};
use crate::output::{Column, card, time};
use crate::paging::{Limit, collect};
use crate::vms::place::{asked, excluded};
use crate::wait::Wait;
use crate::{Failure, Output, comments, connect, fields, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List requests, newest first
    List {
        /// Part of a name, or a number
        search: Option<String>,
        /// Only mine
        #[arg(long)]
        mine: bool,
        /// Only those I could decide now
        #[arg(long)]
        waiting_for_me: bool,
        /// Only those that have not ended
        #[arg(long)]
        open: bool,
        /// Only those in this state
        #[arg(long)]
        state: Option<RequestState>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one request
    Get {
        /// Its number, such as R-1042
        request: String,
    },
    /// Approve a request
    Approve(ApproveArgs),
    /// Reject a request
    Reject {
        request: String,
        /// What the requester is told
        #[arg(long)]
        reason: String,
    },
    /// Send a request back to whoever asked, with what to change
    RequestChanges {
        request: String,
        /// What they are to change
        #[arg(long)]
        comment: String,
    },
    /// Change what a request asks for; what was approved of it is void
    Edit(EditArgs),
    /// Say something about a request
    Comment { request: String, text: String },
    /// What people said about a request
    Comments {
        request: String,
        #[command(flatten)]
        limit: Limit,
    },
    /// A draft of another VM like that of an earlier request
    Again(AgainArgs),
    /// What requests are asked for beside what is built
    #[command(subcommand)]
    Field(fields::Command),
    /// Wishes that are not handed in yet
    #[command(subcommand)]
    Draft(drafts::Command),
    /// Withdraw a request of mine
    Cancel {
        request: String,
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, Clone, Args)]
pub struct ApproveArgs {
    request: String,
    /// The hash of what I have seen; without it the request is shown and I am asked
    #[arg(long, conflicts_with = "yes")]
    hash: Option<String>,
    /// Approve whatever it says now, unseen
    #[arg(long)]
    yes: bool,
    #[arg(long)]
    comment: Option<String>,
    /// Another of the eligible clusters
    #[arg(long)]
    cluster: Option<String>,
    /// The VM's name, where a protected environment wants it typed
    #[arg(long)]
    confirm_name: Option<String>,
    /// Grant a smaller size than was asked for, such as small or small@2
    #[arg(long)]
    size: Option<String>,
    /// Grant less disk than was asked for, such as 20Gi
    #[arg(long, value_parser = crate::quantity::parse_bytes)]
    disk: Option<i64>,
    /// Set the soft rules of this stage aside, by a role that may; --comment says why
    #[arg(long, requires = "comment")]
    set_aside: bool,
    #[command(flatten)]
    wait: Wait,
}

const COLUMNS: [Column<RequestSummary>; 8] = [
    ("NUMBER", |row| format!("R-{}", row.number)),
    ("OPERATION", |row| row.operation.to_string()),
    ("STATE", |row| row.state.to_string()),
    ("REQUESTER", |row| row.requester.name.clone()),
    ("FOR", |row| place(&row.target)),
    ("ENVIRONMENT", |row| environment(&row.target)),
    ("VM", |row| row.vm.as_ref().map(|vm| vm.name.clone()).unwrap_or_default()),
    ("SUBMITTED", |row| time(&row.submitted_at)),
];

/// The Service of a VM, or the System that somebody asks to belong to.
pub(crate) fn place(target: &RequestTarget) -> String {
    match target {
        RequestTarget::Vm(vm) => format!("{}/{}", vm.system.name, vm.service.name),
        RequestTarget::System(system) => system.name.clone(),
    }
}

/// Empty for what lies in none.
pub(crate) fn environment(target: &RequestTarget) -> String {
    match target {
        RequestTarget::Vm(vm) => vm.environment.name.clone(),
        RequestTarget::System(_) => String::new(),
    }
}

/// What a person sees of one request.
pub const FIELDS: [Column<Request>; 16] = [
    ("Number", |r| format!("R-{}", r.number)),
    ("Operation", |r| r.operation.to_string()),
    ("State", |r| r.state.to_string()),
    ("Summary", |r| r.summary.text.clone()),
    ("Requester", |r| r.requester.name.clone()),
    ("Reason", |r| r.reason.clone()),
    ("For", |r| place(&r.target)),
    ("Environment", |r| environment(&r.target)),
    ("VM", |r| r.vm.as_ref().map(|vm| vm.name.clone()).unwrap_or_default()),
    ("Place", |r| r.place.as_ref().map(asked).unwrap_or_default()),
    ("Cluster", |r| r.cluster.as_ref().map(|cluster| cluster.name.clone()).unwrap_or_default()),
    ("Not to", |r| excluded(&r.placement)),
    ("Waits for", |r| {
        let open = |s: &&shepherd_contract::types::Stage| s.given < s.needed;
        r.stages.iter().find(open).map(|s| s.requirement.text.clone()).unwrap_or_default()
    }),
    ("Granted less", |r| {
        let less = r.narrowed.iter().map(|n| format!("{} {} instead of {}", n.field, n.to, n.from));
        less.collect::<Vec<_>>().join(", ")
    }),
    ("Failure", |r| r.failure.as_ref().map(|f| format!("{} ({})", f.text, f.code)).unwrap_or_default()),
    ("Hash", |r| r.spec_hash.clone()),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, mine, waiting_for_me, open, state, limit } => {
            // A filter that is not asked for is left out; false would mean "only the others".
            let yes = |flag: bool| flag.then_some(true);
            let query = ListRequestsQuery {
                q: search,
                mine: yes(mine),
                waiting_for_me: yes(waiting_for_me),
                open: yes(open),
                state,
                ..Default::default()
            };
            let query = &query;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListRequestsQuery { cursor, limit: Some(limit), ..query.clone() };
                client.requests().list_requests(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Get { request } => {
            let id = resolve::request(client, &request).await?;
            out.one(&client.requests().get_request(id).await?, &FIELDS)
        }
        Command::Approve(args) => approve(args, client, out).await,
        Command::Reject { request, reason } => {
            let id = resolve::request(client, &request).await?;
            let spec_hash = client.requests().get_request(id).await?.spec_hash;
            let body = Reject { spec_hash, reason };
            out.one(&client.requests().reject_request(id, &connect::key(), &body).await?, &FIELDS)
        }
        Command::RequestChanges { request, comment } => {
            edits::request_changes(&request, comment, client, out).await
        }
        Command::Edit(args) => edits::edit(args, client, out).await,
        Command::Comment { request, text } => comments::add(&request, text, client, out).await,
        Command::Comments { request, limit } => comments::list(&request, limit, client, out).await,
        Command::Again(args) => drafts::again(args, client, out).await,
        Command::Field(command) => fields::run(command, client, out).await,
        Command::Draft(command) => drafts::run(command, client, out).await,
        Command::Cancel { request, reason } => {
            let id = resolve::request(client, &request).await?;
            let body = CancelRequest { reason };
            out.one(&client.requests().cancel_request(id, &connect::key(), &body).await?, &FIELDS)
        }
    }
}

async fn approve(args: ApproveArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::request(client, &args.request).await?;
    let spec_hash = match &args.hash {
        Some(hash) => hash.clone(),
        None => seen(client, id, args.yes, out).await?,
    };
    let cluster_id = match &args.cluster {
        Some(name) => Some(resolve::cluster(client, name).await?),
        None => None,
    };
    let size_version_id = match &args.size {
        Some(name) => Some(resolve::size(client, name).await?),
        None => None,
    };
    let overrides = Overrides { size_version_id, disk_bytes: args.disk };
    let body = Approve {
        spec_hash,
        comment: args.comment,
        cluster_id,
        confirm_name: args.confirm_name,
        overrides: (args.size.is_some() || args.disk.is_some()).then_some(overrides),
        set_aside: args.set_aside.then_some(true),
    };
    let request = client.requests().approve_request(id, &connect::key(), &body).await?;
    out.one(&args.wait.finish(client, request, out).await?, &FIELDS)
}

/// An approval is of what somebody has read: shows it and asks, unless told not to.
async fn seen(client: &Client, id: RequestId, yes: bool, out: &Output) -> Result<String, Failure> {
    let request = client.requests().get_request(id).await?;
    if yes {
        return Ok(request.spec_hash);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "nobody is there to ask; give --hash with what was read, or --yes".into(),
        ));
    }
    out.remark(&card(&request, &FIELDS));
    out.remark("Approve this? [y/N]");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::local("the terminal", error))?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(request.spec_hash),
        _ => Err(Failure::Ended("not approved".into())),
    }
}
