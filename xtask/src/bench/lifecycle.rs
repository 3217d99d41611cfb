//! Governed lifecycles per second: asked for, agreed to, carried out, running.
//!
//! The floor is what the database alone would allow if a lifecycle were nothing but eight commits of one row each.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;
use shepherd_local_postgres::Role;

use super::World;
use super::bell::Bell;
use super::stats::Samples;
use super::table::Line;
use crate::stage::http::{Connection, text};
use crate::stage::organisation::api;

const COMMITS: usize = 8;
const PGBENCH_CLIENTS: &str = "8";
/// People who wait for a VM at the same time.
const CLIENTS: usize = 128;
/// Longer than a lifecycle takes however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn measure(world: &World, quick: bool) -> Result<Line> {
    let (repeats, floor_for, run_for) = if quick { (2, 2, 4) } else { (3, 5, 15) };
    let mut waiting = Waiting::open(world).await?;
    // Caches fill, connections open, the first plans are made.
    waiting.run(world, Duration::from_secs(2)).await?;
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        floors.push(pgbench(world, floor_for)?);
        ours.push(waiting.run(world, Duration::from_secs(run_for)).await?);
    }
    let ratios = ours.iter().zip(&floors).map(|(our, floor)| our / floor).collect();
    let (ours, floors) = (Samples::new(ours), Samples::new(floors));
    let (ours, floors) = (ours.context("no run")?, floors.context("no run")?);
    let ratios = Samples::new(ratios).context("no run")?;
    Ok(Line {
        what: format!("Governed lifecycles, {CLIENTS} at a time"),
        measured: format!("{:.1} /s", ours.median()),
        floor: format!("{:.0} /s (pgbench)", floors.median()),
        ratio: ratios.median(),
        reach: "≥ 0.5",
        met: ratios.median() >= 0.5,
        noise: ratios.spread(3),
    })
}

/// So many lifecycles, one after the other.
pub async fn some(world: &World, count: u32) -> Result<()> {
    let (address, people) = (world.serving.address, &world.people);
    let mut engineer = Connection::open(address, people.engineer.clone()).await?;
    let mut approver = Connection::open(address, people.approver.clone()).await?;
    let bell = Bell::open(address, people.engineer.clone()).await?;
    for number in 0..count {
        one(world, &mut engineer, &mut approver, &bell, usize::try_from(number)?).await?;
    }
    Ok(())
}

/// Times per second that 8 clients commit one row 8 times.
pub fn pgbench(world: &World, seconds: u64) -> Result<f64> {
    let stage = &world.stage;
    let script = stage.dir.path().join("floor.sql");
    let table = "create table if not exists bench_floor (id bigint generated always as identity primary key, note text);";
    let setup = stage.dir.path().join("floor-setup.sql");
    fs::write(&setup, table)?;
    fs::write(
        &script,
        "insert into bench_floor (note) values ('one row of a lifecycle');\n".repeat(COMMITS),
    )?;
    let url = stage.database_url(Role::Owner);
    let programs = stage.postgres.installation();
    stage.run(Command::new(programs.program("psql")).args(["-qX", "-f"]).arg(&setup).arg(&url))?;
    let mut command = Command::new(programs.program("pgbench"));
    command.args([
        "--no-vacuum",
        "--client",
        PGBENCH_CLIENTS,
        "--jobs",
        "2",
        "--protocol",
        "prepared",
        "--time",
    ]);
    let output = stage.run(command.arg(seconds.to_string()).arg("--file").arg(&script).arg(&url))?;
    let line = output.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench gave no tps")?;
    Ok(line.split(' ').next().unwrap_or_default().parse()?)
}

/// People who are signed in and wait for their VMs.
struct Waiting {
    engineers: Vec<Connection>,
    approvers: Vec<Connection>,
    bell: Bell,
    asked: Arc<AtomicUsize>,
}

impl Waiting {
    async fn open(world: &World) -> Result<Self> {
        let (address, people) = (world.serving.address, &world.people);
        let (mut engineers, mut approvers) = (Vec::new(), Vec::new());
        for _ in 0..CLIENTS {
            engineers.push(Connection::open(address, people.engineer.clone()).await?);
            approvers.push(Connection::open(address, people.approver.clone()).await?);
        }
        let bell = Bell::open(address, people.engineer.clone()).await?;
        Ok(Self { engineers, approvers, bell, asked: Arc::default() })
    }

    /// Lifecycles per second that ended within so long.
    async fn run(&mut self, world: &World, time: Duration) -> Result<f64> {
        let started = Instant::now();
        let (bell, asked) = (&self.bell, &self.asked);
        let clients =
            self.engineers.iter_mut().zip(&mut self.approvers).map(|(engineer, approver)| async move {
                let mut done = 0_usize;
                loop {
                    let number = asked.fetch_add(1, Ordering::Relaxed);
                    one(world, engineer, approver, bell, number).await?;
                    if started.elapsed() >= time {
                        return anyhow::Ok(done);
                    }
                    done += 1;
                }
            });
        let done: usize = futures::future::try_join_all(clients).await?.into_iter().sum();
        Ok(f64::from(u32::try_from(done)?) / time.as_secs_f64())
    }
}

/// One VM, from nothing to running.
async fn one(
    world: &World,
    engineer: &mut Connection,
    approver: &mut Connection,
    bell: &Bell,
    number: usize,
) -> Result<()> {
    let wish = world.people.wish(&world.place, number)?;
    let request = engineer.post(&api("/requests"), &wish).await?;
    let (id, hash) = (text(&request, "/id")?, text(&request, "/spec_hash")?);
    let mut changes = bell.listen(&id);
    let path = api(&format!("/requests/{id}"));
    approver.post(&format!("{path}/approve"), &json!({"spec_hash": hash})).await?;
    let ended = async {
        loop {
            changes.recv().await.context("the event stream ended")?;
            // What came meanwhile is answered by the same look.
            while changes.try_recv().is_ok() {}
            let request = engineer.get(&path).await?;
            match request["state"].as_str() {
                Some("succeeded") => return Ok(()),
                Some("failed" | "expired" | "cancelled") => {
                    bail!("it ended otherwise: {}", request["failure"])
                }
                _ => {}
            }
        }
    };
    let ended = tokio::time::timeout(PATIENCE, ended).await.context("a VM never ran")?;
    bell.forget(&id);
    ended
}
