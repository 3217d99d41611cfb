//! What governing costs: judging by a thousand policies, and requests decided per second.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

use super::World;
use super::lifecycle::pgbench;
use super::stats::Samples;
use super::table::Line;
use crate::stage::http::{Connection, text};
use crate::stage::organisation::api;

const POLICIES: usize = 1000;
const CLIENTS: usize = 16;
/// Far enough from the VMs of the other rows that no name meets.
const FIRST: usize = 1_000_000;

pub async fn measure(world: &World, quick: bool) -> Result<Vec<Line>> {
    let decided = decided(world, quick).await?;
    Ok(vec![decided, policies(world, quick).await?])
}

/// A preflight with the policies that are shipped, and with a thousand more whose conditions are all looked at.
async fn policies(world: &World, quick: bool) -> Result<Line> {
    let count = if quick { 20 } else { 200 };
    let without = preflights(world, count).await?;
    let mut admin = Connection::open(world.serving.address, world.people.admin.clone()).await?;
    for number in 0..POLICIES {
        let condition = format!(
            "request.memory_bytes > 1073741824 && service.name.startsWith('s{number}') \
             || requester.roles.exists(role, role == 'role-{number}')"
        );
        let policy = json!({"name": format!("bench-{number}"), "title": "One of many", "effect": "deny",
            "enforcement": "hard", "operations": ["vm.create"], "condition": condition});
        admin.post(&api("/policies"), &policy).await?;
    }
    let with = preflights(world, count).await?;
    let extra = with.median() - without.median();
    let each = extra * 1000.0 / f64::from(u32::try_from(POLICIES)?);
    Ok(Line {
        what: format!("Preflight with {POLICIES} policies"),
        measured: format!(
            "p50 {:.1} ms, p99 {:.1} ms ({each:.1} µs each)",
            with.median(),
            with.percentile(99)
        ),
        floor: format!("p50 {:.1} ms (shipped policies)", without.median()),
        ratio: with.median() / without.median(),
        reach: "-",
        met: true,
        noise: with.spread(1),
    })
}

async fn preflights(world: &World, count: usize) -> Result<Samples> {
    let mut engineer = Connection::open(world.serving.address, world.people.engineer.clone()).await?;
    let mut times = Vec::new();
    for number in 0..count {
        let wish = world.people.wish(&world.place, FIRST + number)?;
        let begun = Instant::now();
        engineer.post(&api("/requests/preflight"), &wish).await?;
        times.push(begun.elapsed());
    }
    Samples::of_times(times).context("nothing was asked")
}

/// Asked for and refused by an approver: two calls, nothing to carry out.
async fn decided(world: &World, quick: bool) -> Result<Line> {
    let (repeats, floor_for, run_for) = if quick { (2, 2, 4) } else { (3, 5, 10) };
    let address = world.serving.address;
    let mut pairs = Vec::new();
    for _ in 0..CLIENTS {
        let engineer = Connection::open(address, world.people.engineer.clone()).await?;
        pairs.push((engineer, Connection::open(address, world.people.approver.clone()).await?));
    }
    let asked = AtomicUsize::new(FIRST);
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        floors.push(pgbench(world, floor_for)?);
        let (started, time) = (Instant::now(), Duration::from_secs(run_for));
        let clients = pairs.iter_mut().map(|(engineer, approver)| {
            let asked = &asked;
            async move {
                let mut done = 0_u32;
                while started.elapsed() < time {
                    let number = asked.fetch_add(1, Ordering::Relaxed);
                    let request =
                        engineer.post(&api("/requests"), &world.people.wish(&world.place, number)?).await?;
                    let (id, hash) = (text(&request, "/id")?, text(&request, "/spec_hash")?);
                    let body = json!({"spec_hash": hash, "reason": "benchmark"});
                    approver.post(&api(&format!("/requests/{id}/reject")), &body).await?;
                    done += 1;
                }
                anyhow::Ok(done)
            }
        });
        let done: u32 = futures::future::try_join_all(clients).await?.into_iter().sum();
        ours.push(f64::from(done) / started.elapsed().as_secs_f64());
    }
    let ratios = ours.iter().zip(&floors).map(|(our, floor)| our / floor).collect();
    let (ours, floors) = (Samples::new(ours).context("no run")?, Samples::new(floors).context("no run")?);
    let ratios = Samples::new(ratios).context("no run")?;
    Ok(Line {
        what: format!("Submitted and decided, {CLIENTS} at a time"),
        measured: format!("{:.0} /s", ours.median()),
        floor: format!("{:.0} /s (pgbench, eight commits)", floors.median()),
        ratio: ratios.median(),
        reach: "-",
        met: true,
        noise: ratios.spread(3),
    })
}
