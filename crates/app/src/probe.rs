//! What a cluster can do, asked of it and kept: version, capability, capacity, health.
//!
//! The watcher calls [`App::probe_cluster`] from time to time. A cluster that does not answer keeps what was last
//! learnt of it; only its health changes.

mod layout;

use serde_json::Value;
use shepherd_domain::ids::ClusterId;
use shepherd_domain::placement::{Ability, Layout};
use shepherd_domain::rights;
use shepherd_domain::states::ClusterMode;
use shepherd_kubevirt::Capability;
use shepherd_kubevirt::probe::{Access, NamespaceSeen, Node, Part};
use shepherd_store::cluster_namespaces::{self, NamespaceRow};
use shepherd_store::clusters::{self as store, ProbeRow};
use shepherd_store::events::Event;
use shepherd_store::{Tx, placement};

use crate::links::ClusterFault;
use crate::{App, Result};

/// A probe in the shape it is kept in.
pub(crate) struct Findings {
    complaint: Option<String>,
    kubevirt_version: Option<String>,
    capability: Value,
    milli_vcpu: Option<i64>,
    memory_bytes: Option<i64>,
    ability: Option<Ability>,
    layout: Layout,
    /// Nodes with their zones, where we may look.
    nodes: Option<Vec<(String, Option<String>)>>,
}

impl Findings {
    /// Of a cluster that answered.
    pub(crate) fn of(capability: &Capability) -> Result<Self> {
        let (milli_vcpu, memory_bytes) = capacity(capability).unzip();
        Ok(Self {
            complaint: complaint(capability),
            kubevirt_version: version(capability),
            capability: serde_json::to_value(capability)?,
            milli_vcpu,
            memory_bytes,
            ability: capability.nodes.known().map(|nodes| ability(nodes.iter())),
            layout: layout::of(capability),
            nodes: capability.nodes.known().map(|nodes| layout::zones(nodes)),
        })
    }

    /// Keeps it, and says whether something that people see has changed. `began` is the cluster's health when the probe
    /// began.
    pub(crate) async fn keep(&self, tx: &mut Tx, id: ClusterId, began: Option<&str>) -> Result<bool> {
        if let Some(nodes) = &self.nodes {
            placement::replace_nodes(tx, id, nodes).await?;
        }
        Ok(store::learn(tx, id, &self.row(began)).await?)
    }

    fn row<'a>(&'a self, began: Option<&'a str>) -> ProbeRow<'a> {
        ProbeRow {
            began,
            complaint: self.complaint.as_deref(),
            kubevirt_version: self.kubevirt_version.as_deref(),
            capability: &self.capability,
            milli_vcpu: self.milli_vcpu,
            memory_bytes: self.memory_bytes,
            ability: self.ability.as_ref(),
            layout: Some(&self.layout),
        }
    }
}

impl App {
    /// Asks a cluster what it can do and keeps the answer, or that there was none.
    ///
    /// # Errors
    /// Only what is wrong on our side; a cluster that does not answer is a finding.
    pub async fn probe_cluster(&self, id: ClusterId) -> Result<()> {
        let (environment, namespace, began) = {
            let mut conn = self.db.acquire().await?;
            let environment = store::environment(&mut conn, id).await?;
            let began = store::health(&mut conn, id).await?;
            (environment, store::probe_namespace(&mut conn, environment).await?, began)
        };
        let link = self.link(id).await?;
        let answer = link.call(Box::pin(link.cluster.probe(&namespace))).await;
        // Who may not list them does without their hints.
        let namespaces = link.call(Box::pin(link.cluster.namespaces())).await.ok();
        let version = answer.as_ref().ok().and_then(version);
        let mut change = self.system_change().await?;
        let changed = match answer {
            Ok(capability) => Findings::of(&capability)?.keep(change.tx(), id, began.as_deref()).await?,
            Err(fault) => store::unanswered(change.tx(), id, &said(&fault)).await?,
        };
        if let Some(namespaces) = namespaces {
            let rows: Vec<NamespaceRow> = namespaces.into_iter().map(namespace_row).collect();
            cluster_namespaces::replace(change.tx(), id, &rows).await?;
        }
        if changed {
            change.event(Event::new("cluster", id, 0).environment(environment));
        }
        change.commit_progress().await?;
        match version {
            Some(version) => self.learn_schema(id, &version).await,
            None => Ok(()),
        }
    }
}

fn namespace_row(seen: NamespaceSeen) -> NamespaceRow {
    NamespaceRow { name: seen.name, hints: seen.hints, governed: seen.governed }
}

/// Our sentence, with the cluster's own words.
fn said(fault: &ClusterFault) -> String {
    let text = &fault.reason.text;
    match fault.reason.params.get("detail").and_then(Value::as_str).filter(|said| !said.is_empty()) {
        Some(said) => format!("{text} ({said})"),
        None => text.clone(),
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
        _ => lacking(capability),
    }
}

/// Rights that even looking needs and our account does not have.
fn lacking(capability: &Capability) -> Option<String> {
    let access = capability.access.known()?;
    let refused = rights::needed(ClusterMode::Observe).filter(|right| {
        let same =
            |a: &&Access| a.verb == right.verb && a.group == right.group && a.resource == right.resource;
        right.group == "kubevirt.io" && access.iter().find(same).is_some_and(|a| !a.allowed)
    });
    let first = refused.map(|right| format!("{} {}", right.verb, right.resource)).next()?;
    Some(format!("Our account there may not {first}; apply what shepherd cluster manifest prints."))
}

fn version(capability: &Capability) -> Option<String> {
    let rolled_out = capability.kubevirt.known().and_then(|kubevirt| kubevirt.observed_version.as_ref());
    rolled_out.or(capability.virt_api.known()).map(|version| version.0.clone())
}

/// A pod of a VM asks for a tenth of a CPU for each of its vCPUs, as long as nobody sets KubeVirt's `cpuAllocationRatio`
/// to something else.
const VCPUS_OF_A_CPU: u64 = 10;

/// What its schedulable nodes offer to VMs; `None` where we may not look.
fn capacity(capability: &Capability) -> Option<(i64, i64)> {
    let nodes = capability.nodes.known()?;
    Some(offered(nodes.iter()))
}

/// What those of these nodes that take VMs offer together: thousandths of virtual CPUs, and memory.
fn offered<'a>(nodes: impl Iterator<Item = &'a Node> + Clone) -> (i64, i64) {
    let sum = |of: fn(&Node) -> u64| {
        let takes = nodes.clone().filter(|node| node.schedulable);
        i64::try_from(takes.fold(0_u64, |all, node| all.saturating_add(of(node)))).unwrap_or(i64::MAX)
    };
    (sum(|node| node.cpu_millis.saturating_mul(VCPUS_OF_A_CPU)), sum(|node| node.memory_bytes))
}

/// The most that any one of those that take VMs has of each thing.
fn ability<'a>(nodes: impl Iterator<Item = &'a Node>) -> Ability {
    let mut able = Ability::default();
    let count = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    for node in nodes.filter(|node| node.schedulable) {
        able.milli_cpu = able.milli_cpu.max(Some(count(node.cpu_millis)));
        able.memory_bytes = able.memory_bytes.max(Some(count(node.memory_bytes)));
        able.dedicated_cpu |= node.dedicated_cpu;
        for (pages, bytes) in &node.hugepages {
            let most = able.hugepages.entry(pages.clone()).or_default();
            *most = (*most).max(count(*bytes));
        }
        for device in &node.accelerators {
            let most = able.devices.entry(device.resource.clone()).or_default();
            *most = (*most).max(count(device.count));
        }
    }
    able
}
