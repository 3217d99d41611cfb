//! From a change in a cluster to an event at a client, with many VMs in the cluster.
//!
//! A VM that Shepherd governs is stopped and started past Shepherd. It counts from sending that until the first event
//! about the VM; the floor is the cluster's own watch, for the same change.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};

use super::World;
use super::bell::Bell;
use super::stats::Samples;
use super::table::Line;
use crate::stage::cluster::{heard, verb, vms};
use crate::stage::http::{Connection, text};
use crate::stage::organisation::{api, until};

/// VMs made at the same time, to get there.
const AT_A_TIME: usize = 16;
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn measure(world: &World, vms: usize, quick: bool) -> Result<Line> {
    let governed = governed(world).await?;
    let total = fill(world, vms).await?;
    let changes = if quick { 20 } else { 300 };
    let bell = Bell::open(world.serving.address, world.people.engineer.clone()).await?;
    let mut news = world.cluster.client.watch(&world.place.namespace).await?;
    let (mut events, mut floor) = (Vec::new(), Vec::new());
    for number in 0..changes {
        let (id, name) = governed.get(number % governed.len()).context("no VM")?;
        // Each VM is stopped in one round and started in the next.
        let stop = (number / governed.len()).is_multiple_of(2);
        let mut rings = bell.listen(id);
        let path = verb(&world.place.namespace, name, if stop { "stop" } else { "start" });
        let started = Instant::now();
        world.cluster.client.call(Method::PUT, &path, Some(&json!({}))).await?;
        let rung = tokio::time::timeout(PATIENCE, rings.recv()).await.context("no event came")?;
        events.push(rung.context("the event stream ended")? - started);
        let (at, _) = heard(&mut news, name, |_| true).await?;
        floor.push(at.saturating_duration_since(started));
        let settled = if stop { "stopped" } else { "running" };
        let mut engineer = Connection::open(world.serving.address, world.people.engineer.clone()).await?;
        until(&mut engineer, &api(&format!("/vms/{id}")), |vm| vm["power"] == settled).await?;
        while news.try_recv().is_ok() {}
        bell.forget(id);
    }
    let events = Samples::of_times(events).context("no change")?;
    let floor = Samples::of_times(floor).context("no change")?;
    Ok(Line {
        what: format!("Change in a cluster to event, {total} VMs, {changes} changes"),
        measured: format!("p50 {:.0} ms, p99 {:.0} ms", events.percentile(50), events.percentile(99)),
        floor: format!(
            "p50 {:.0} ms, p99 {:.0} ms (its own watch)",
            floor.percentile(50),
            floor.percentile(99)
        ),
        ratio: events.percentile(99) / 250.0,
        reach: "p99 < 250 ms",
        met: events.percentile(99) < 250.0,
        noise: events.spread(0),
    })
}

/// Some running VMs that Shepherd governs: id and name.
async fn governed(world: &World) -> Result<Vec<(String, String)>> {
    const WANTED: usize = 10;
    let mut engineer = Connection::open(world.serving.address, world.people.engineer.clone()).await?;
    let mut approver = Connection::open(world.serving.address, world.people.approver.clone()).await?;
    let mut made = Vec::new();
    for number in 0..WANTED {
        let request = engineer.post(&api("/requests"), &world.people.wish(&world.place, number)?).await?;
        let (id, hash) = (text(&request, "/id")?, text(&request, "/spec_hash")?);
        let path = api(&format!("/requests/{id}/approve"));
        let request = approver.post(&path, &json!({"spec_hash": hash})).await?;
        let id = text(&request, "/vm/id")?;
        let vm = until(&mut engineer, &api(&format!("/vms/{id}")), |vm| vm["power"] == "running").await?;
        made.push((id, text(&vm, "/name")?));
    }
    Ok(made)
}

/// Makes VMs past Shepherd until there are so many.
async fn fill(world: &World, wanted: usize) -> Result<usize> {
    let path = vms(&world.place.namespace);
    let (there, model) = count(world, &path).await?;
    let make = |number: usize| {
        let (path, spec) = (&path, &model);
        async move {
            let vm = json!({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
                "metadata": {"name": format!("filler-{number}")}, "spec": spec});
            world.cluster.client.call(Method::POST, path, Some(&vm)).await.map(drop)
        }
    };
    let missing = wanted.saturating_sub(there);
    stream::iter(0..missing).map(make).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
    if let Some(last) = missing.checked_sub(1) {
        let instance = format!("{path}/filler-{last}").replace("virtualmachines", "virtualmachineinstances");
        let end = Instant::now() + Duration::from_secs(600);
        while running(world, &instance).await? != "Running" {
            anyhow::ensure!(Instant::now() < end, "the VMs of the cluster never ran");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
    Ok(there + missing)
}

async fn running(world: &World, path: &str) -> Result<Value> {
    // It is made some time after its VM.
    let list = world.cluster.client.call(Method::GET, path, None).await;
    Ok(list.map_or(Value::Null, |instance| instance["status"]["phase"].clone()))
}

/// VMs of the namespace, and the spec of one of them.
async fn count(world: &World, path: &str) -> Result<(usize, Value)> {
    let (mut count, mut model, mut next) = (0, Value::Null, String::new());
    loop {
        let page = format!("{path}?limit=500&continue={next}");
        let page = world.cluster.client.call(Method::GET, &page, None).await?;
        count += page["items"].as_array().map_or(0, Vec::len);
        if model.is_null() {
            model = page["items"][0]["spec"].clone();
        }
        next = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        if next.is_empty() {
            return Ok((count, model));
        }
    }
}
