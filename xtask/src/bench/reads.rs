//! Read endpoints (who is it, may they, the row) beside the same queries in a bare server, in turns.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

use super::stats::Samples;
use super::table::Line;
use super::{World, bare, queries};
use crate::stage::http::{Connection, Credential, text};
use crate::stage::organisation::{api, until};

const CLIENTS: usize = 16;

pub async fn measure(world: &mut World, quick: bool) -> Result<Vec<Line>> {
    let paths = [api(&format!("/vms/{}", vm(world).await?)), api("/me"), api("/session")];
    let recordings = queries::record(world, &paths).await?;
    let floor = bare::start_with(&world.stage, recordings.clone()).await?;
    let mut lines = Vec::new();
    for recording in recordings {
        let count = recording.statements.len();
        let name = recording.path.split('/').nth(3).unwrap_or_default();
        let what = format!("GET /{name}, {count} queries, {CLIENTS} at a time");
        lines.push(compare(world, floor.address, &recording.path, what, quick).await?);
    }
    Ok(lines)
}

async fn compare(world: &World, floor: SocketAddr, path: &str, what: String, quick: bool) -> Result<Line> {
    let (turns, time) = if quick { (3, 1) } else { (7, 3) };
    let time = Duration::from_secs(time);
    let browser = &world.people.browser;
    let mut ours = Load::open(world.serving.address, browser).await?;
    let mut bare = Load::open(floor, browser).await?;
    // The first turn warms both.
    ours.run(path, time / 2).await?;
    bare.run(path, time / 2).await?;
    let (mut our_rates, mut floor_rates) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        our_rates.push(ours.run(path, time).await?);
        floor_rates.push(bare.run(path, time).await?);
    }
    let ratios = our_rates.iter().zip(&floor_rates).map(|(our, floor)| our / floor).collect();
    let ratios = Samples::new(ratios).context("no turn")?;
    let rate = |rates| Samples::new(rates).context("no turn").map(|rates| rates.median());
    Ok(Line {
        what,
        measured: format!("{:.0} /s", rate(our_rates)?),
        floor: format!("{:.0} /s (bare server)", rate(floor_rates)?),
        ratio: ratios.median(),
        reach: "≥ 0.8",
        met: ratios.median() >= 0.8,
        noise: ratios.spread(2),
    })
}

/// So many connections that ask again as soon as they are answered.
struct Load(Vec<Connection>);

impl Load {
    async fn open(address: SocketAddr, credential: &Credential) -> Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..CLIENTS {
            connections.push(Connection::open(address, credential.clone()).await?);
        }
        Ok(Self(connections))
    }

    /// Answers per second.
    async fn run(&mut self, path: &str, time: Duration) -> Result<f64> {
        let started = Instant::now();
        let clients = self.0.iter_mut().map(|connection| async move {
            let mut answers = 0_u32;
            while started.elapsed() < time {
                connection.fetch(path).await?;
                answers += 1;
            }
            anyhow::Ok(answers)
        });
        let answers: u32 = futures::future::try_join_all(clients).await?.into_iter().sum();
        Ok(f64::from(answers) / started.elapsed().as_secs_f64())
    }
}

/// A running VM of the engineer's.
async fn vm(world: &World) -> Result<String> {
    let mut engineer = Connection::open(world.serving.address, world.people.engineer.clone()).await?;
    let mut approver = Connection::open(world.serving.address, world.people.approver.clone()).await?;
    let request = engineer.post(&api("/requests"), &world.people.wish(&world.place, 0)?).await?;
    let (id, hash) = (text(&request, "/id")?, text(&request, "/spec_hash")?);
    let request =
        approver.post(&api(&format!("/requests/{id}/approve")), &json!({"spec_hash": hash})).await?;
    let id = text(&request, "/vm/id")?;
    until(&mut engineer, &api(&format!("/vms/{id}")), |vm| vm["power"] == "running").await?;
    Ok(id)
}
