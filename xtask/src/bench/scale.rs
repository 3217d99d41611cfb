//! Many VMs on many clusters, as `shepherd sim` makes them: what `serve` holds when it watches all of them, and how long it
//! takes until every one of them is a row, at the first time and after a restart.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shepherd_local_postgres::Role;
use sqlx::{Connection as _, PgConnection};

use super::World;
use super::start::megabytes;
use super::table::Line;
use crate::stage::child::Child;
use crate::stage::http::{Connection, text};
use crate::stage::organisation::api;

const LIMIT_MB: f64 = 512.0;
/// Rows that were written since then.
const WRITTEN: &str = "select count(*) from inventory_vm i join cluster c on c.id = i.cluster_id
     where c.name like 'sim-%' and i.seen_at >= $1::timestamptz";
/// Longer than a slow machine needs for a hundred thousand.
const PATIENCE: Duration = Duration::from_secs(1800);

pub async fn measure(world: &mut World, clusters: u32, vms: u32) -> Result<Vec<Line>> {
    let data = world.stage.dir.path().join("sim");
    let (count, total) = (clusters.to_string(), vms.to_string());
    let mut command = std::process::Command::new(&world.stage.shepherd);
    command
        .args(["sim", "--clusters", &count, "--vms", &total, "--seed", "7", "--boot-ms", "0", "--data"])
        .arg(&data);
    let mut sim = Child::start("sim", &mut command, world.stage.dir.path())?;
    said(&mut sim, &world.stage.dir.path().join("sim.log"), "the clusters stand").await?;

    world.restart().await?;
    let before = megabytes(world.serving.child.resident()?);
    let mut owner = PgConnection::connect(&world.stage.database_url(Role::Owner)).await?;
    let begun = Begun::now(&mut owner).await?;
    register(world, clusters, &data).await?;
    let first = written(&mut owner, vms, &begun).await?;
    let (after, peak) = (megabytes(world.serving.child.resident()?), megabytes(world.serving.child.peak()?));
    let begun = Begun::now(&mut owner).await?;
    world.restart().await?;
    let again = written(&mut owner, vms, &begun).await?;
    owner.close().await?;
    sim.stop()?;

    let what = format!("{vms} VMs on {clusters} clusters");
    let second = first.as_secs_f64();
    Ok(vec![
        Line {
            what: format!("Memory of serve that watches {what}"),
            measured: format!("{after:.0} MB, {peak:.0} MB at most"),
            floor: format!("{before:.0} MB before"),
            ratio: peak / LIMIT_MB,
            reach: "≤ 512 MB",
            met: peak <= LIMIT_MB,
            noise: "one look".into(),
        },
        Line {
            what: format!("From the first list to rows, after a restart; {what}"),
            measured: format!("{:.1} s", again.as_secs_f64()),
            floor: format!("{second:.1} s the first time"),
            ratio: again.as_secs_f64() / second,
            reach: "none set",
            met: true,
            noise: "once".into(),
        },
    ])
}

async fn said(child: &mut Child, log: &std::path::Path, words: &str) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(log).unwrap_or_default().contains(words) {
        child.check()?;
        ensure!(Instant::now() < end, "sim never said: {words}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// Tells Shepherd of all of them, to be looked at only.
async fn register(world: &World, clusters: u32, data: &std::path::Path) -> Result<()> {
    let mut boss = Connection::open(world.serving.address, world.people.admin.clone()).await?;
    let environment = json!({"name": "scale", "title": "Scale", "protected": false, "colour": "#52c41a"});
    let environment = text(&boss.post(&api("/environments"), &environment).await?, "/id")?;
    let width = clusters.to_string().len().max(2);
    for number in 1..=clusters {
        let name = format!("sim-{number:0width$}");
        let path = data.join(&name).join("kubeconfig");
        let kubeconfig = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let body =
            json!({"name": name, "environment_id": environment, "mode": "observe", "kubeconfig": kubeconfig});
        boss.post(&api("/clusters"), &body).await?;
    }
    Ok(())
}

/// A moment, by both clocks.
struct Begun {
    here: Instant,
    there: String,
}

impl Begun {
    async fn now(owner: &mut PgConnection) -> Result<Self> {
        let there = sqlx::query_scalar("select app_now()::text").fetch_one(owner).await?;
        Ok(Self { here: Instant::now(), there })
    }
}

async fn written(owner: &mut PgConnection, vms: u32, begun: &Begun) -> Result<Duration> {
    loop {
        let rows: i64 = sqlx::query_scalar(WRITTEN).bind(&begun.there).fetch_one(&mut *owner).await?;
        if rows == i64::from(vms) {
            return Ok(begun.here.elapsed());
        }
        ensure!(begun.here.elapsed() < PATIENCE, "only {rows} of {vms} VMs became rows");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
