//! The extra time from approval to running over applying the same manifest by hand, in interleaved pairs.
//!
//! With Shepherd it counts from sending the approval until Shepherd says on its event stream, and on a look, that the
//! guest runs. By hand it counts from sending the VM to the cluster until the cluster's own watch says so.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use super::World;
use super::bell::Bell;
use super::stats::Samples;
use super::table::Line;
use crate::stage::cluster::{Direct, heard, vms};
use crate::stage::http::{Connection, text};
use crate::stage::organisation::{Place, api};

const PATIENCE: Duration = Duration::from_secs(300);

/// One pair: the same VM by approval and by hand.
struct Pair {
    approved: Duration,
    by_hand: Duration,
}

/// Where it is done, and what counts as running.
pub struct Trial<'a> {
    pub world: &'a World,
    pub place: &'a Place,
    pub direct: &'a Direct,
    pub ready: Ready,
}

/// On simulated guests: an absolute limit, since they boot in no time.
pub async fn simulated(trial: &Trial<'_>, quick: bool) -> Result<Line> {
    let pairs = trial.pairs(if quick { 10 } else { 60 }).await?;
    let extra = extra(&pairs)?;
    let by_hand = Samples::of_times(pairs.iter().map(|pair| pair.by_hand)).context("no pair")?;
    Ok(Line {
        what: format!("Approval to running, extra; simulated, {} pairs", extra.len()),
        measured: format!("p50 {:.0} ms, p95 {:.0} ms", extra.percentile(50), extra.percentile(95)),
        floor: format!("p50 {:.0} ms by hand", by_hand.median()),
        ratio: extra.percentile(95) / 150.0,
        reach: "p95 < 150 ms",
        met: extra.percentile(95) < 150.0,
        noise: extra.spread(0),
    })
}

/// On real guests: in relation to how long a boot takes.
pub async fn real(trial: &Trial<'_>, quick: bool) -> Result<Line> {
    let pairs = trial.pairs(if quick { 2 } else { 20 }).await?;
    let extra = extra(&pairs)?;
    let by_hand = Samples::of_times(pairs.iter().map(|pair| pair.by_hand)).context("no pair")?;
    let ratio = extra.percentile(95) / by_hand.median();
    Ok(Line {
        what: format!("Approval to running, extra; real guest, {} pairs", extra.len()),
        measured: format!("p50 {:.0} ms, p95 {:.0} ms", extra.percentile(50), extra.percentile(95)),
        floor: format!("p50 {:.0} ms by hand", by_hand.median()),
        ratio,
        reach: "p95 < 5 %",
        met: ratio < 0.05,
        noise: format!("{}; by hand {}", extra.spread(0), by_hand.spread(0)),
    })
}

fn extra(pairs: &[Pair]) -> Result<Samples> {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    Samples::new(pairs.iter().map(|pair| ms(pair.approved) - ms(pair.by_hand)).collect()).context("no pair")
}

impl Trial<'_> {
    async fn pairs(&self, count: usize) -> Result<Vec<Pair>> {
        let (address, people) = (self.world.serving.address, &self.world.people);
        let mut engineer = Connection::open(address, people.engineer.clone()).await?;
        let mut approver = Connection::open(address, people.approver.clone()).await?;
        let bell = Bell::open(address, people.engineer.clone()).await?;
        let mut pairs = Vec::new();
        // The first one makes the namespace and warms everything; it does not count.
        for number in 0..=count {
            let (approved, name) = self.approved(&mut engineer, &mut approver, &bell, number).await?;
            let by_hand = self.by_hand(&name, &format!("hand-{number}")).await?;
            if number > 0 {
                pairs.push(Pair { approved, by_hand });
            }
        }
        Ok(pairs)
    }

    /// How long Shepherd takes, and the name of the VM.
    async fn approved(
        &self,
        engineer: &mut Connection,
        approver: &mut Connection,
        bell: &Bell,
        number: usize,
    ) -> Result<(Duration, String)> {
        let request = engineer.post(&api("/requests"), &self.world.people.wish(self.place, number)?).await?;
        let (id, hash) = (text(&request, "/id")?, text(&request, "/spec_hash")?);
        let started = Instant::now();
        let approve = api(&format!("/requests/{id}/approve"));
        let request = approver.post(&approve, &json!({"spec_hash": hash})).await?;
        let vm = text(&request, "/vm/id")?;
        let mut changes = bell.listen(&vm);
        let path = api(&format!("/vms/{vm}"));
        let look = async {
            loop {
                let vm = engineer.get(&path).await?;
                if vm["power"] == "running" && self.ready.says(&vm["address"]).await {
                    return text(&vm, "/name");
                }
                tokio::time::timeout(self.ready.look_again(), changes.recv()).await.ok();
            }
        };
        let name = tokio::time::timeout(PATIENCE, look).await.context("a VM never ran")??;
        let took = started.elapsed();
        bell.forget(&vm);
        Ok((took, name))
    }

    /// How long the cluster alone takes for the same VM under another name. The model is removed before.
    async fn by_hand(&self, model: &str, name: &str) -> Result<Duration> {
        let path = vms(&self.place.namespace);
        let stored = self.direct.call(Method::GET, &format!("{path}/{model}"), None).await?;
        let vm = copy(&stored, model, name)?;
        self.remove(model).await?;
        let mut news = self.direct.watch(&self.place.namespace).await?;
        let started = Instant::now();
        self.direct.call(Method::POST, &path, Some(&vm)).await?;
        let running = |event: &Value| event["object"]["status"]["phase"] == "Running";
        let (at, event) = heard(&mut news, name, running).await?;
        let took = match self.ready {
            Ready::Phase => at - started,
            Ready::Page(_) => {
                let address = &event["object"]["status"]["interfaces"][0]["ipAddress"];
                let page = async {
                    while !self.ready.says(address).await {
                        tokio::time::sleep(self.ready.look_again()).await;
                    }
                };
                tokio::time::timeout(PATIENCE, page).await.context("a guest's page never answered")?;
                started.elapsed()
            }
        };
        self.remove(name).await?;
        Ok(took)
    }

    /// Ends a VM, and waits until nothing of it takes time from the next one.
    async fn remove(&self, name: &str) -> Result<()> {
        let path = vms(&self.place.namespace);
        let mut news = self.direct.watch(&self.place.namespace).await?;
        self.direct.call(Method::DELETE, &format!("{path}/{name}"), None).await?;
        heard(&mut news, name, |event| event["type"] == "DELETED").await?;
        Ok(())
    }
}

/// The same VM under another name, and not ours.
fn copy(stored: &Value, model: &str, name: &str) -> Result<Value> {
    let spec =
        serde_json::to_string(&stored["spec"])?.replace(model, name).replace("shepherd.dev/", "bench/");
    Ok(json!({
        "apiVersion": stored["apiVersion"], "kind": stored["kind"],
        "metadata": {"name": name, "namespace": stored["metadata"]["namespace"]},
        "spec": serde_json::from_str::<Value>(&spec)?,
    }))
}

/// When a guest counts as running.
pub enum Ready {
    /// When the cluster says so: a simulated one has nothing else to show.
    Phase,
    /// When its web page answers: the cluster says so as soon as its process has begun to boot.
    Page(reqwest::Client),
}

impl Ready {
    async fn says(&self, address: &Value) -> bool {
        match (self, address.as_str()) {
            (Self::Phase, _) => true,
            (Self::Page(_), None) => false,
            (Self::Page(http), Some(address)) => {
                let url = format!("http://{address}:8080/");
                http.get(url)
                    .timeout(Duration::from_secs(1))
                    .send()
                    .await
                    .is_ok_and(|page| page.status().is_success())
            }
        }
    }

    fn look_again(&self) -> Duration {
        match self {
            Self::Phase => Duration::from_secs(5),
            Self::Page(_) => Duration::from_millis(20),
        }
    }
}
