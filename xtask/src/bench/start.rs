//! What it takes to be there: cold start, idle memory, size of the binary.
//!
//! The floor for the first two is the bare server that the reads are measured against.

use std::time::Duration;

use anyhow::{Context, Result};

use super::stats::Samples;
use super::table::Line;
use super::{World, bare};
use crate::stage::Stage;

const MB: f64 = 1_000_000.0;
const LIMIT_MB: f64 = 64.0;

/// From starting `serve` with an existing database to its readiness.
pub async fn cold(stage: &Stage, quick: bool) -> Result<Line> {
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..if quick { 3 } else { 10 } {
        floors.push(bare::start(stage).await?.started_in);
        let serving = stage.serve().await?;
        ours.push(serving.started_in);
        serving.child.stop()?;
    }
    let (ours, floors) = (Samples::of_times(ours), Samples::of_times(floors));
    let (ours, floors) = (ours.context("no start")?, floors.context("no start")?);
    Ok(Line {
        what: "Cold start with an existing database".into(),
        measured: format!("{:.0} ms", ours.median()),
        floor: format!("{:.0} ms (bare server)", floors.median()),
        ratio: ours.median() / 1000.0,
        reach: "≤ 1 s",
        met: ours.median() <= 1000.0,
        noise: ours.spread(0),
    })
}

/// What `serve` holds when it has been left alone for a while after its start.
pub async fn memory(world: &mut World, quick: bool) -> Result<Line> {
    let floor = bare::start(&world.stage).await?;
    world.restart().await?;
    tokio::time::sleep(Duration::from_secs(if quick { 5 } else { 30 })).await;
    let ours = megabytes(world.serving.child.resident()?);
    let bare = megabytes(floor.child.resident()?);
    Ok(Line {
        what: "Idle memory of serve".into(),
        measured: format!("{ours:.0} MB"),
        floor: format!("{bare:.0} MB (bare server)"),
        ratio: ours / LIMIT_MB,
        reach: "≤ 64 MB",
        met: ours <= LIMIT_MB,
        noise: "one look".into(),
    })
}

pub fn binary(stage: &Stage) -> Result<Line> {
    let size = megabytes(std::fs::metadata(&stage.shepherd)?.len());
    Ok(Line {
        what: "Binary".into(),
        measured: format!("{size:.1} MB"),
        floor: format!("{LIMIT_MB:.0} MB (limit)"),
        ratio: size / LIMIT_MB,
        reach: "≤ 64 MB",
        met: size <= LIMIT_MB,
        noise: "exact".into(),
    })
}

pub fn megabytes(bytes: u64) -> f64 {
    // A size in bytes that a double cannot hold exactly is far beyond every limit.
    bytes as f64 / MB
}
