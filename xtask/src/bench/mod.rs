//! `cargo xtask bench`: one table, each figure beside a floor measured in the same run on the same machine.
//!
//! What is measured is the release build, as processes of their own: PostgreSQL that flushes every commit, minivirt, and
//! `serve`. How to repeat it and what came out is in docs/benchmarks.md. A figure that is not reached is no error.

mod audit;
mod bare;
mod bell;
mod events;
mod governance;
mod lifecycle;
mod lists;
mod queries;
mod reads;
mod running;
mod scale;
mod script;
mod start;
mod statements;
mod stats;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use shepherd_local_postgres::Durability;

use crate::stage::cluster::{Cluster, Runtime};
use crate::stage::organisation::{Organisation, Place};
use crate::stage::{Serving, Stage};
use running::{Ready, Trial};
use table::Table;

#[derive(clap::Args)]
pub struct Args {
    /// Only these rows
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Row>,
    /// Fewer repeats: to see that it works, not to quote
    #[arg(long)]
    quick: bool,
    /// VMs in the cluster whose events are measured
    #[arg(long, default_value_t = 10_000)]
    vms: usize,
    /// VMs in the lists that are measured, with ten requests each
    #[arg(long, default_value_t = 100_000)]
    list_vms: u64,
    /// VMs over all clusters, where there are many clusters
    #[arg(long, default_value_t = 100_000)]
    scale_vms: u32,
    /// How many clusters that are
    #[arg(long, default_value_t = 20)]
    scale_clusters: u32,
    /// Events in the audit log that is searched and verified
    #[arg(long, default_value_t = 200_000)]
    audit_events: u64,
    /// Measure this program instead of a release build made now
    #[arg(long)]
    program: Option<PathBuf>,
    /// Be the bare server
    #[arg(long, hide = true)]
    bare: Option<PathBuf>,
}

/// What can be measured, in the order in which it is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Row {
    Binary,
    Script,
    Start,
    Running,
    Reads,
    Lifecycle,
    Guest,
    Memory,
    Events,
    Governance,
    Lists,
    Audit,
    Scale,
    /// Only if named: what a lifecycle asks of the database
    Statements,
}

pub fn run(root: &Path, args: &Args) -> Result<()> {
    if let Some(order) = &args.bare {
        return runtime()?.block_on(bare::run(order));
    }
    let Some(program) = &args.program else { return build_and_run(root) };
    let table = runtime()?.block_on(measure(root, args, program.canonicalize()?))?;
    println!("\n{table}");
    Ok(())
}

/// The load comes from a release build too.
fn build_and_run(root: &Path) -> Result<()> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let program = target.join("release/shepherd");
    let cargo = || {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(root);
        // Queries are checked against .sqlx, unless somebody is about to change it.
        if std::env::var_os("SQLX_OFFLINE").is_none() {
            cargo.env("SQLX_OFFLINE", "true");
        }
        cargo
    };
    let built =
        cargo().args(["build", "--release", "--package", "shepherd", "--package", "xtask"]).status()?;
    ensure!(built.success(), "it does not build");
    let mut again = cargo();
    again
        .args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench", "--program"])
        .arg(program);
    // Everything behind `bench`, as it was given.
    let given = std::env::args_os().skip_while(|arg| arg != "bench").skip(1);
    ensure!(again.args(given).status()?.success(), "the benchmark failed");
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

async fn measure(root: &Path, args: &Args, shepherd: PathBuf) -> Result<Table> {
    let wanted = |row: Row| args.only.is_empty() || args.only.contains(&row);
    let quick = args.quick;
    let mut table = Table::default();
    let mut add = |line: table::Line| {
        eprintln!("==> {}: {}, floor {}, ratio {:.2}", line.what, line.measured, line.floor, line.ratio);
        table.0.push(line);
    };
    let stage = Stage::prepare(root, shepherd, "bench", Durability::Durable).await?;
    if wanted(Row::Binary) {
        add(start::binary(&stage)?);
    }
    if wanted(Row::Script) {
        add(script::measure(root)?);
    }
    if wanted(Row::Start) {
        add(start::cold(&stage, quick).await?);
    }
    let mut world = World::make(stage).await?;
    if wanted(Row::Running) {
        let (place, direct) = (&world.place, &world.cluster.client);
        let trial = Trial { world: &world, place, direct, ready: Ready::Phase };
        add(running::simulated(&trial, quick).await?);
    }
    if wanted(Row::Reads) {
        for line in reads::measure(&mut world, quick).await? {
            add(line);
        }
    }
    if wanted(Row::Lifecycle) {
        add(lifecycle::measure(&world, quick).await?);
    }
    let images = root.join(".dev/guest");
    if wanted(Row::Guest) && images.join("ready").exists() {
        let cluster = Cluster::start(&world.stage, "guests", &Runtime::Qemu(images)).await?;
        let place = world.people.place(&world.serving, "guests", &cluster.kubeconfig).await?;
        let ready = Ready::Page(reqwest::Client::new());
        let trial = Trial { world: &world, place: &place, direct: &cluster.client, ready };
        add(running::real(&trial, quick).await?);
    }
    // Before the large cluster: what is idle has nothing to watch.
    if wanted(Row::Memory) {
        add(start::memory(&mut world, quick).await?);
    }
    if wanted(Row::Events) {
        add(events::measure(&world, args.vms, quick).await?);
    }
    if wanted(Row::Governance) {
        for line in governance::measure(&world, quick).await? {
            add(line);
        }
    }
    if wanted(Row::Lists) {
        for line in lists::measure(&world, args.list_vms, quick).await? {
            add(line);
        }
    }
    if wanted(Row::Audit) {
        for line in audit::measure(&world, args.audit_events, quick).await? {
            add(line);
        }
    }
    if wanted(Row::Scale) {
        for line in scale::measure(&mut world, args.scale_clusters, args.scale_vms).await? {
            add(line);
        }
    }
    if args.only.contains(&Row::Statements) {
        statements::print(&mut world).await?;
    }
    world.end()?;
    Ok(table)
}

/// A serving Shepherd, its people, and a cluster of simulated guests.
pub struct World {
    stage: Stage,
    serving: Serving,
    people: Organisation,
    place: Place,
    cluster: Cluster,
}

impl World {
    async fn make(stage: Stage) -> Result<Self> {
        let serving = stage.serve().await?;
        let people = Organisation::make(&stage, &serving).await?;
        let cluster = Cluster::start(&stage, "simulated", &Runtime::Simulated).await?;
        let place = people.place(&serving, "bench", &cluster.kubeconfig).await?;
        Ok(Self { stage, serving, people, place, cluster })
    }

    /// Ends `serve` and starts it anew.
    async fn restart(&mut self) -> Result<()> {
        let fresh = self.stage.serve().await?;
        std::mem::replace(&mut self.serving, fresh).child.stop()
    }

    fn end(self) -> Result<()> {
        self.serving.child.stop()?;
        drop(self.cluster);
        Ok(self.stage.postgres.stop()?)
    }
}
