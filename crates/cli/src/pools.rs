//! `pool ...`: groups of VMs kept at their count, spec and health.

use clap::{Args, Subcommand};
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    ChangePool, DeletePool, ListPoolActsQuery, ListPoolsQuery, Pool, PoolAct, PoolMember, PoolPlan,
    PoolPlanned, PoolSummary, PoolUpkeep, Reason, Request, RequestPool, ScalePool,
};
use shepherd_domain::ids::PoolId;

use crate::connect::key;
use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::requests::FIELDS as REQUEST;
use crate::wait::Wait;
use crate::wish::{self, Wish};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the pools I may see
    List {
        /// Part of the name
        search: Option<String>,
        /// Only those that call for people
        #[arg(long)]
        attention: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one pool and its members
    Show {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
    },
    /// What the pool would do now, and why
    Plan {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
    },
    /// What the pool did, newest first
    History {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
        #[command(flatten)]
        limit: Limit,
    },
    /// Ask for a pool
    Create(CreateArgs),
    /// Ask for another spec of a pool, or other bounds
    Change(ChangeArgs),
    /// Ask to delete a pool with all its members
    Delete {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
        /// The name of the pool, to confirm
        #[arg(long)]
        confirm: String,
        /// What it is for
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        wait: Wait,
    },
    /// Set how many members there are to be, within the bounds
    Scale {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
        desired: i64,
        /// What it is for
        #[arg(long)]
        reason: Option<String>,
    },
    /// Have the pool rest: nothing is done about its members
    Pause {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
    },
    /// Let the pool go on
    Resume {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
    },
    /// How far another spec has come, and have that rest or go on
    Rollout {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
        /// No further member gets the new spec
        #[arg(long)]
        pause: bool,
        /// Let it go on
        #[arg(long, conflicts_with = "pause")]
        resume: bool,
    },
    /// Go back to the spec before the last rollout
    Rollback {
        /// Its name, or SYSTEM/SERVICE/NAME where several are called that
        pool: String,
    },
}

#[derive(Debug, Clone, Args)]
pub struct CreateArgs {
    /// What it is called in its Service
    name: String,
    /// SYSTEM/SERVICE it belongs to
    #[arg(long)]
    service: String,
    /// The fewest members it may be set to
    #[arg(long)]
    min: i64,
    /// How many members at first; the fewest if left out
    #[arg(long)]
    desired: Option<i64>,
    /// The most members it may be set to
    #[arg(long)]
    max: i64,
    /// A YAML file that says how members are kept
    #[arg(long, value_name = "FILE")]
    upkeep: Option<std::path::PathBuf>,
    #[command(flatten)]
    wish: Wish,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, Clone, Args)]
pub struct ChangeArgs {
    /// Its name, or SYSTEM/SERVICE/NAME where several are called that
    pool: String,
    /// The fewest members it may be set to
    #[arg(long)]
    min: Option<i64>,
    /// The most members it may be set to
    #[arg(long)]
    max: Option<i64>,
    /// A YAML file that says how members are kept; what it leaves out stays
    #[arg(long, value_name = "FILE")]
    upkeep: Option<std::path::PathBuf>,
    #[command(flatten)]
    wish: Wish,
    #[command(flatten)]
    wait: Wait,
}

const COLUMNS: [Column<PoolSummary>; 7] = [
    ("NAME", |p| p.name.clone()),
    ("SERVICE", |p| format!("{}/{}", p.system.name, p.service.name)),
    ("ENVIRONMENT", |p| p.environment.name.clone()),
    ("STATE", state),
    ("SERVING", |p| format!("{}/{}", p.available, p.desired)),
    ("BOUNDS", |p| format!("{} to {}", p.min, p.max)),
    ("ATTENTION", |p| texts(&p.attention)),
];

const FIELDS: [Column<Pool>; 13] = [
    ("Name", |p| p.pool.name.clone()),
    ("Service", |p| format!("{}/{}", p.pool.system.name, p.pool.service.name)),
    ("Environment", |p| p.pool.environment.name.clone()),
    ("Namespace", |p| p.namespace.name.clone()),
    ("State", |p| state(&p.pool)),
    ("Serving", |p| format!("{} of {}", p.pool.available, p.pool.desired)),
    ("Bounds", |p| format!("{} to {}", p.pool.min, p.pool.max)),
    ("Template", |p| p.template.as_ref().map(|t| format!("{}@{}", t.name, t.version)).unwrap_or_default()),
    ("Size", |p| p.size.as_ref().map(|s| format!("{}@{}", s.name, s.version)).unwrap_or_default()),
    ("Revision", |p| p.revision.to_string()),
    ("Rollout", rollout),
    ("Attention", |p| texts(&p.plan.attention)),
    ("Held back", |p| texts(&p.plan.held_back)),
];

const MEMBERS: [Column<PoolMember>; 7] = [
    ("PLACE", |m| m.ordinal.to_string()),
    ("NAME", |m| m.vm.name.clone()),
    ("IS", |m| m.class.to_string()),
    ("SINCE", |m| time(&m.since)),
    ("CHECKS", |m| match &m.health.said {
        Some(said) => format!("{}: {}", m.health.verdict, said.text),
        None => m.health.verdict.to_string(),
    }),
    ("SPEC", |m| match (m.leaving, m.outdated) {
        (true, _) => "leaves".to_owned(),
        (false, true) => format!("{}, outdated", m.revision),
        (false, false) => m.revision.to_string(),
    }),
    ("ADDRESS", |m| m.address.clone().unwrap_or_default()),
];

const ACTS: [Column<PoolPlanned>; 3] = [
    ("ACT", |a| a.act.to_string()),
    ("PLACE", |a| a.ordinal.map(|place| place.to_string()).unwrap_or_default()),
    ("WHY", |a| format!("{} ({})", a.reason.text, a.reason.code)),
];

const HISTORY: [Column<PoolAct>; 5] = [
    ("AT", |a| time(&a.at)),
    ("ACT", |a| a.act.clone()),
    ("PLACE", |a| a.ordinal.map(|place| place.to_string()).unwrap_or_default()),
    ("VM", |a| a.vm.as_ref().map(|vm| vm.name.clone()).unwrap_or_default()),
    ("WHY", |a| format!("{} ({})", a.reason.text, a.reason.code)),
];

fn rollout(pool: &Pool) -> String {
    let Some(last) = &pool.rollout else { return String::new() };
    let goes_back = last.rolls_back_at.map(|at| format!(", goes back at {}", time(&at))).unwrap_or_default();
    format!("{}, {} of {} of revision {}{goes_back}", last.state, last.updated, last.total, last.revision)
}

fn state(pool: &PoolSummary) -> String {
    match (pool.paused, pool.unmanaged) {
        (true, _) => format!("{}, paused", pool.state),
        (false, true) => format!("{}, unmanaged", pool.state),
        (false, false) => pool.state.to_string(),
    }
}

fn texts(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("\n")
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, attention, limit } => {
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListPoolsQuery {
                    q: search.clone(),
                    attention: attention.then_some(true),
                    cursor,
                    limit: Some(limit),
                    ..Default::default()
                };
                client.pools().list_pools(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Show { pool } => {
            let id = resolve::pool(client, &pool).await?;
            out.one(&client.pools().get_pool(id).await?, &FIELDS)?;
            match out.is_table() {
                true => out.list(&client.pools().list_pool_members(id).await?.items, &MEMBERS),
                false => Ok(()),
            }
        }
        Command::Plan { pool } => {
            let id = resolve::pool(client, &pool).await?;
            plan(&client.pools().plan_pool(id).await?, out)
        }
        Command::History { pool, limit } => {
            let id = resolve::pool(client, &pool).await?;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListPoolActsQuery { cursor, limit: Some(limit) };
                client.pools().list_pool_acts(id, &query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &HISTORY)
        }
        Command::Create(args) => create(args, client, out).await,
        Command::Change(args) => change(args, client, out).await,
        Command::Delete { pool, confirm, reason, wait } => {
            let id = resolve::pool(client, &pool).await?;
            let body = DeletePool { confirm_name: confirm, reason, fields: None };
            followed(client.pools().delete_pool(id, &key(), &body).await?, wait, client, out).await
        }
        Command::Scale { pool, desired, reason } => {
            let id = resolve::pool(client, &pool).await?;
            let body = ScalePool { desired, reason };
            out.one(&client.pools().scale_pool(id, &key(), &body).await?, &FIELDS)
        }
        Command::Pause { pool } => {
            let id: PoolId = resolve::pool(client, &pool).await?;
            out.one(&client.pools().pause_pool(id, &key()).await?, &FIELDS)
        }
        Command::Resume { pool } => {
            let id: PoolId = resolve::pool(client, &pool).await?;
            out.one(&client.pools().resume_pool(id, &key()).await?, &FIELDS)
        }
        Command::Rollout { pool, pause, resume } => {
            let id: PoolId = resolve::pool(client, &pool).await?;
            let shown = match (pause, resume) {
                (true, _) => client.rollouts().pause_pool_rollout(id, &key()).await?,
                (false, true) => client.rollouts().resume_pool_rollout(id, &key()).await?,
                (false, false) => client.pools().get_pool(id).await?,
            };
            out.one(&shown, &FIELDS)
        }
        Command::Rollback { pool } => {
            let id: PoolId = resolve::pool(client, &pool).await?;
            out.one(&client.rollouts().roll_back_pool(id, &key()).await?, &FIELDS)
        }
    }
}

fn plan(plan: &PoolPlan, out: &Output) -> Result<(), Failure> {
    if !out.is_table() {
        return out.one(plan, &[]);
    }
    for reason in &plan.attention {
        out.remark(&format!("attention: {} ({})", reason.text, reason.code));
    }
    for reason in &plan.held_back {
        out.remark(&format!("held back: {} ({})", reason.text, reason.code));
    }
    out.list(&plan.acts, &ACTS)
}

async fn create(args: CreateArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let service = resolve::service(client, &args.service).await?;
    let vm = wish::whole(args.wish.fresh(client, service).await?)?;
    let body = RequestPool {
        name: args.name,
        min: args.min,
        desired: args.desired.unwrap_or(args.min),
        max: args.max,
        upkeep: upkeep(args.upkeep.as_deref())?,
        vm,
    };
    followed(client.pools().request_pool(&key(), &body).await?, args.wait, client, out).await
}

async fn change(args: ChangeArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::pool(client, &args.pool).await?;
    let pool = client.pools().get_pool(id).await?;
    let service = pool.pool.service.id;
    let wish = args.wish.fresh(client, service).await?;
    if wish.namespace_id.is_some() || wish.ssh_key_ids.is_some() {
        return Err(Failure::Usage(
            "a pool stays in its namespace and keeps its keys; leave those out".into(),
        ));
    }
    let body = ChangePool {
        base_revision: pool.revision,
        min: args.min,
        max: args.max,
        template_version_id: wish.template_version_id,
        size_version_id: wish.size_version_id,
        disk_bytes: wish.disk_bytes,
        variables: wish.variables,
        upkeep: upkeep(args.upkeep.as_deref())?,
        reason: wish.reason,
        fields: wish.fields,
    };
    followed(client.pools().change_pool(id, &key(), &body).await?, args.wait, client, out).await
}

async fn followed(request: Request, wait: Wait, client: &Client, out: &Output) -> Result<(), Failure> {
    out.one(&wait.finish(client, request, out).await?, &REQUEST)
}

fn upkeep(path: Option<&std::path::Path>) -> Result<Option<PoolUpkeep>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::local(path.display(), error))?;
    serde_saphyr::from_str(&text)
        .map(Some)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}
