//! What a cluster can do, asked of it and kept: version, capability, capacity, health.
//!
//! The watcher calls [`App::probe_cluster`] from time to time. A cluster that does not answer keeps what was last
//! learnt of it; only its health changes.

use serde_json::Value;
use shepherd_domain::ids::ClusterId;
use shepherd_kubevirt::Capability;
use shepherd_kubevirt::probe::Part;
use shepherd_store::cluster_links;
use shepherd_store::clusters::{self as store, ProbeRow};
use shepherd_store::events::Event;

use crate::links::ClusterFault;
use crate::{App, Result};

/// A probe in the shape it is kept in.
pub(crate) struct Findings {
    health: &'static str,
    message: Option<String>,
    kubevirt_version: Option<String>,
    capability: Option<Value>,
    milli_vcpu: Option<i64>,
    memory_bytes: Option<i64>,
    heard: bool,
}

impl Findings {
    /// Of a cluster that answered.
    pub(crate) fn of(capability: &Capability) -> Result<Self> {
        let message = complaint(capability);
        let (milli_vcpu, memory_bytes) = capacity(capability).unzip();
        Ok(Self {
            health: if message.is_none() { "healthy" } else { "degraded" },
            message,
            kubevirt_version: version(capability),
            capability: Some(serde_json::to_value(capability)?),
            milli_vcpu,
            memory_bytes,
            heard: true,
        })
    }

    /// Of one that did not, or that refused us.
    fn fault(fault: &ClusterFault) -> Self {
        let said = fault.reason.params.get("detail").and_then(Value::as_str).filter(|text| !text.is_empty());
        let text = &fault.reason.text;
        Self {
            // One that refuses our credentials is as good as away: nothing may be placed there.
            health: "unreachable",
            message: Some(said.map_or_else(|| text.clone(), |said| format!("{text} ({said})"))),
            kubevirt_version: None,
            capability: None,
            milli_vcpu: None,
            memory_bytes: None,
            heard: false,
        }
    }

    pub(crate) fn row(&self) -> ProbeRow<'_> {
        ProbeRow {
            health: self.health,
            message: self.message.as_deref(),
            kubevirt_version: self.kubevirt_version.as_deref(),
            capability: self.capability.as_ref(),
            milli_vcpu: self.milli_vcpu,
            memory_bytes: self.memory_bytes,
            heard: self.heard,
        }
    }
}

impl App {
    /// Asks a cluster what it can do and keeps the answer, or that there was none.
    ///
    /// # Errors
    /// Only what is wrong on our side; a cluster that does not answer is a finding.
    pub async fn probe_cluster(&self, id: ClusterId) -> Result<()> {
        let (environment, namespace) = {
            let mut conn = self.db.acquire().await?;
            let environment = cluster_links::get(&mut conn, id).await?.environment_id;
            (environment, store::probe_namespace(&mut conn, environment).await?)
        };
        let link = self.link(id).await?;
        let findings = match link.call(link.cluster.probe(&namespace)).await {
            Ok(capability) => Findings::of(&capability)?,
            Err(fault) => Findings::fault(&fault),
        };
        let mut change = self.system_change().await?;
        if let Some(version) = store::set_probe(change.tx(), id, &findings.row()).await? {
            // A kind of its own: its version counts the changes of the status, not those of the cluster's row.
            change.event(Event::new("cluster.status", id, version).environment(environment));
        }
        change.commit_progress().await
    }
}

/// What keeps it from running VMs as it should, if anything.
fn complaint(capability: &Capability) -> Option<String> {
    match (&capability.kubevirt, &capability.virt_api) {
        (Part::Known(kubevirt), _) if !kubevirt.available => {
            Some(format!("KubeVirt is not available there (phase {}).", kubevirt.phase))
        }
        (_, Part::Missing { code, .. }) => Some(match code.as_str() {
            "CLUSTER_NOT_FOUND" => "KubeVirt is not installed there.".to_owned(),
            _ => "KubeVirt does not answer there.".to_owned(),
        }),
        _ => None,
    }
}

fn version(capability: &Capability) -> Option<String> {
    let rolled_out = capability.kubevirt.known().and_then(|kubevirt| kubevirt.observed_version.as_ref());
    rolled_out.or(capability.virt_api.known()).map(|version| version.0.clone())
}

/// What its schedulable nodes offer to pods; `None` where we may not look.
fn capacity(capability: &Capability) -> Option<(i64, i64)> {
    let nodes = capability.nodes.known()?;
    let sum = |of: fn(&shepherd_kubevirt::probe::Node) -> u64| {
        let all = nodes
            .iter()
            .filter(|node| node.schedulable)
            .fold(0_u64, |all, node| all.saturating_add(of(node)));
        i64::try_from(all).unwrap_or(i64::MAX)
    };
    Some((sum(|node| node.cpu_millis), sum(|node| node.memory_bytes)))
}
