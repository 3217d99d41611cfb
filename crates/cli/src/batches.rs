//! `batch ...`: many VMs with one decision.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    Batch, BatchChild, BatchCounts, BatchPreflight, BatchSummary, DeleteVms, ListBatchChildrenQuery,
    ListBatchesQuery, PowerAction, PowerVms, RequestState, RequestVms, RowFault,
};
use shepherd_domain::ids::VmId;

use crate::fields::Answers;
use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::wait::Wait;
use crate::wish::Wish;
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Ask for many VMs: so many alike, or the rows of a table
    Create(Box<CreateArgs>),
    /// Ask to start, stop, restart, pause or unpause many VMs of one Service
    Power(PowerArgs),
    /// Ask to delete many VMs of one Service
    Delete(DeleteArgs),
    /// List the batches I may see, newest first
    List {
        /// Only those I asked for
        #[arg(long)]
        mine: bool,
        /// Only those that have not ended
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one batch and its children
    Show {
        /// Its number, such as R-1042
        batch: String,
        /// Only children in this state, such as failed
        #[arg(long)]
        state: Option<RequestState>,
    },
    /// Try again what failed
    Retry {
        /// Its number, such as R-1042
        batch: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// Call off what has not begun
    Cancel {
        /// Its number, such as R-1042
        batch: String,
    },
}

#[derive(Debug, Clone, Args)]
pub struct CreateArgs {
    /// SYSTEM/SERVICE they belong to
    #[arg(long)]
    service: String,
    /// How many
    #[arg(long, required_unless_present = "csv", conflicts_with = "csv")]
    count: Option<i32>,
    /// What the rows of a count are called, such as web-{nn}
    #[arg(long, requires = "count")]
    name_pattern: Option<String>,
    /// A CSV file with a row for each: name, and what differs; - for standard input
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Yes, others like open requests of mine
    #[arg(long)]
    another: bool,
    /// Only say what would happen, and which rows are wrong
    #[arg(long, conflicts_with = "wait")]
    preflight: bool,
    #[command(flatten)]
    wish: Wish,
    #[command(flatten)]
    wait: Wait,
}

/// What is done to each.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Act {
    Start,
    Stop,
    Restart,
    Pause,
    Unpause,
}

#[derive(Debug, Clone, Args)]
pub struct PowerArgs {
    act: Act,
    /// Their full names
    #[arg(required = true)]
    vms: Vec<String>,
    /// Stop them without waiting for the guests
    #[arg(long)]
    force: bool,
    /// Seconds the guests have to shut down
    #[arg(long, conflicts_with = "force")]
    grace: Option<i32>,
    /// What it is for
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    answers: Answers,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, Clone, Args)]
pub struct DeleteArgs {
    /// Their full names
    #[arg(required = true)]
    vms: Vec<String>,
    /// The name of their Service, to confirm
    #[arg(long)]
    confirm: String,
    /// What it is for
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    answers: Answers,
    #[command(flatten)]
    wait: Wait,
}

const COLUMNS: [Column<BatchSummary>; 7] = [
    ("NUMBER", |b| format!("R-{}", b.request.number)),
    ("OPERATION", |b| b.request.operation.to_string()),
    ("SIZE", |b| b.size.to_string()),
    ("STATE", |b| b.request.state.to_string()),
    ("CHILDREN", |b| counts(&b.counts)),
    ("REQUESTER", |b| b.request.requester.name.clone()),
    ("SUBMITTED", |b| time(&b.request.submitted_at)),
];

const FIELDS: [Column<Batch>; 10] = [
    ("Number", |b| format!("R-{}", b.request.number)),
    ("Operation", |b| b.request.operation.to_string()),
    ("Size", |b| b.size.to_string()),
    ("State", |b| b.request.state.to_string()),
    ("Children", |b| counts(&b.counts)),
    ("Service", |b| crate::requests::place(&b.request.target)),
    ("Environment", |b| crate::requests::environment(&b.request.target)),
    ("Reason", |b| b.request.reason.clone()),
    ("Hash", |b| b.request.spec_hash.clone()),
    ("Failure", |b| b.request.failure.as_ref().map(|why| why.text.clone()).unwrap_or_default()),
];

const CHILDREN: [Column<BatchChild>; 7] = [
    ("ROW", |c| c.row.to_string()),
    ("NAME", |c| c.name.clone()),
    ("NUMBER", |c| format!("R-{}", c.number)),
    ("STATE", |c| c.state.to_string()),
    ("VM", |c| c.vm.as_ref().map(|vm| vm.name.clone()).unwrap_or_default()),
    ("TRIES", |c| c.tries.to_string()),
    ("FAILURE", |c| c.failure.as_ref().map(|why| format!("{} ({})", why.text, why.code)).unwrap_or_default()),
];

const PREFLIGHT: [Column<BatchPreflight>; 6] = [
    ("Size", |p| p.size.map(|size| size.to_string()).unwrap_or_default()),
    ("Outcome", |p| p.outcome.map(|outcome| outcome.to_string()).unwrap_or_default()),
    ("Needs", |p| p.stages.iter().map(|s| s.requirement.text.as_str()).collect::<Vec<_>>().join("; ")),
    ("Takes", |p| {
        p.quota.iter().map(|l| format!("{} {}", l.requested, l.dimension)).collect::<Vec<_>>().join(", ")
    }),
    ("Problems", |p| p.problems.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join("\n")),
    ("Hash", |p| p.spec_hash.clone().unwrap_or_default()),
];

const FAULTS: [Column<RowFault>; 4] = [
    ("ROW", |f| if f.row == 0 { "header".into() } else { f.row.to_string() }),
    ("COLUMN", |f| f.column.clone()),
    ("CODE", |f| f.code.clone()),
    ("WHAT TO DO", |f| f.text.clone()),
];

fn counts(counts: &BatchCounts) -> String {
    let words = [
        (counts.waiting, "waiting"),
        (counts.running, "running"),
        (counts.done, "done"),
        (counts.failed, "failed"),
        (counts.cancelled, "cancelled"),
    ];
    let some = words.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::Create(args) => create(*args, client, out).await,
        Command::Power(args) => power(args, client, out).await,
        Command::Delete(args) => delete(args, client, out).await,
        Command::List { mine, open, limit } => {
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListBatchesQuery {
                    mine: mine.then_some(true),
                    open: open.then_some(true),
                    cursor,
                    limit: Some(limit),
                };
                client.batches().list_batches(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Show { batch, state } => show(&batch, state, client, out).await,
        Command::Retry { batch, wait } => {
            let id = resolve::request(client, &batch).await?;
            let batch = client.batches().retry_batch(id, &connect::key()).await?;
            followed(batch, wait, client, out).await
        }
        Command::Cancel { batch } => {
            let id = resolve::request(client, &batch).await?;
            out.one(&client.batches().cancel_batch(id, &connect::key()).await?, &FIELDS)
        }
    }
}

async fn create(args: CreateArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let csv = args.csv.as_deref().map(read).transpose()?;
    let service = resolve::service(client, &args.service).await?;
    let wish = args.wish.fresh(client, service).await?;
    let missing = |what: &str| Failure::Usage(format!("give --{what}; rows of a table may name another"));
    let body = RequestVms {
        service_id: wish.service_id,
        namespace_id: wish.namespace_id.ok_or_else(|| missing("namespace"))?,
        template_version_id: wish.template_version_id.ok_or_else(|| missing("template"))?,
        size_version_id: wish.size_version_id.ok_or_else(|| missing("size"))?,
        disk_bytes: wish.disk_bytes,
        variables: wish.variables,
        secret_ids: wish.secret_ids,
        network_ids: wish.network_ids,
        ssh_key_ids: wish.ssh_key_ids,
        place: wish.place,
        reason: wish.reason,
        fields: wish.fields,
        another: args.another.then_some(true),
        sample: None,
        count: args.count,
        name_pattern: args.name_pattern,
        csv,
    };
    if args.preflight {
        return told(&client.batches().preflight_vms(&body).await?, out);
    }
    let batch = client.batches().request_vms(&connect::key(), &body).await?;
    followed(batch, args.wait, client, out).await
}

/// What would happen; a failure if it would be refused.
fn told(preflight: &BatchPreflight, out: &Output) -> Result<(), Failure> {
    match out.is_table() && !preflight.faults.is_empty() {
        true => out.list(&preflight.faults, &FAULTS)?,
        false => out.one(preflight, &PREFLIGHT)?,
    }
    let codes = preflight.faults.iter().map(|fault| &fault.code);
    match codes.chain(preflight.problems.iter().map(|problem| &problem.code)).next() {
        Some(code) => Err(Failure::Ended(format!("it would be refused: {code}"))),
        None => Ok(()),
    }
}

async fn power(args: PowerArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let body = PowerVms {
        action: match args.act {
            Act::Start => PowerAction::VmStart,
            Act::Stop => PowerAction::VmStop,
            Act::Restart => PowerAction::VmRestart,
            Act::Pause => PowerAction::VmPause,
            Act::Unpause => PowerAction::VmUnpause,
        },
        vm_ids: ids(client, &args.vms).await?,
        force: args.force.then_some(true),
        grace_seconds: args.grace,
        reason: args.reason,
        fields: args.answers.values(client).await?,
    };
    let batch = client.batches().power_vms(&connect::key(), &body).await?;
    followed(batch, args.wait, client, out).await
}

async fn delete(args: DeleteArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let body = DeleteVms {
        vm_ids: ids(client, &args.vms).await?,
        confirm_name: args.confirm,
        reason: args.reason,
        fields: args.answers.values(client).await?,
    };
    let batch = client.batches().delete_vms(&connect::key(), &body).await?;
    followed(batch, args.wait, client, out).await
}

async fn show(
    batch: &str,
    state: Option<RequestState>,
    client: &Client,
    out: &Output,
) -> Result<(), Failure> {
    let id = resolve::request(client, batch).await?;
    if out.is_table() {
        out.one(&client.batches().get_batch(id).await?, &FIELDS)?;
    }
    let rows = collect(500, |cursor, limit| async move {
        let query = ListBatchChildrenQuery { state, cursor, limit: Some(limit) };
        client.batches().list_batch_children(id, &query).await.map(|page| (page.items, page.next_cursor))
    });
    out.list(&rows.await?, &CHILDREN)
}

/// The batch, at its end if that is waited for.
async fn followed(batch: Batch, wait: Wait, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = batch.request.id;
    if !wait.wait {
        return out.one(&batch, &FIELDS);
    }
    wait.finish(client, batch.request, out).await?;
    out.one(&client.batches().get_batch(id).await?, &FIELDS)
}

async fn ids(client: &Client, names: &[String]) -> Result<Vec<VmId>, Failure> {
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let id = resolve::vm(client, name).await?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let done = match path.to_str() {
        Some("-") => std::io::stdin().read_to_string(&mut text),
        _ => std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text)),
    };
    done.map_err(|error| Failure::local(path.display(), error))?;
    Ok(text)
}
