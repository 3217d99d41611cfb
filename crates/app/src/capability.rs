//! What clusters can do, what our account may do there, and what is under way with them.
//!
//! Shown from what the last probe kept; a person may ask for a probe now. Permits and breaker are this replica's own.

use shepherd_contract::types::{
    BreakerState, ClusterCapability, ClusterManifest, ClusterMode as Mode, ClusterNode, ClusterRight,
    ClusterStorageClass, ClusterWork, ClusterZone, KubeVirtInstallation, KubeVirtSupport, MissingPart,
    OperationState, OutsideWriter, ProbePart, VmRef, WaitingOperation,
};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::ids::ClusterId;
use shepherd_domain::placement::{Layout, Zone};
use shepherd_domain::rights::{self, Account, Ask, RIGHTS};
use shepherd_domain::states::ClusterMode;
use shepherd_domain::support;
use shepherd_jobs::Breaker;
use shepherd_kubevirt::Capability;
use shepherd_kubevirt::probe::{Access, KubeVirt, Node, Part, StorageClass};
use shepherd_store::capability::{self as store, WaitingRow};
use shepherd_store::clusters;
use shepherd_store::placement::{self, ZoneFilter, ZoneUse};

use crate::change::Audit;
use crate::{App, Cx, Error, Result};

impl App {
    /// The least rights, as YAML.
    pub async fn cluster_manifest(
        &self,
        cx: &Cx,
        mode: Mode,
        namespaces: Option<&str>,
    ) -> Result<ClusterManifest> {
        self.authorize::<authz::ReadCluster, _>(cx, Platform).await?;
        let names = namespaces.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let ask = Ask {
            mode: match mode {
                Mode::Observe => ClusterMode::Observe,
                Mode::Govern => ClusterMode::Govern,
            },
            namespaces: names.map(str::to_owned).collect(),
            account: Account::default(),
            kubevirt: "kubevirt".to_owned(),
        };
        let yaml = rights::manifest(&ask);
        let yaml = yaml.map_err(|bad| Error::field("?namespaces", "NAMESPACE_INVALID", format!("{bad}.")))?;
        Ok(ClusterManifest { yaml })
    }

    /// What the last probe found.
    pub async fn cluster_capability(&self, cx: &Cx, id: ClusterId) -> Result<ClusterCapability> {
        self.on_cluster::<authz::ReadCluster>(cx, id).await?;
        self.probed(id).await
    }

    /// Asks now.
    pub async fn probe_now(&self, cx: &Cx, id: ClusterId) -> Result<ClusterCapability> {
        let auth = self.on_cluster::<authz::ManageCluster>(cx, id).await?;
        let name = self.link(id).await?.name;
        Box::pin(self.probe_cluster(id)).await?;
        let change = self.system_change().await?.acting(crate::change::By::caller(cx));
        let entry = Audit::of("cluster", id, name).action("cluster.probe").environment(auth.resource().0);
        change.commit(entry, ()).await?;
        self.probed(id).await
    }

    /// Permits, breaker, and what waits.
    pub async fn cluster_work(&self, cx: &Cx, id: ClusterId) -> Result<ClusterWork> {
        self.on_cluster::<authz::ReadCluster>(cx, id).await?;
        let (rows, outside) = {
            let mut conn = self.db.acquire().await?;
            (store::waiting(&mut conn, id).await?, store::outside(&mut conn, id).await?)
        };
        let load = self.links.load(id);
        let (breaker, retry) = match load.breaker {
            Breaker::Closed => (BreakerState::Closed, None),
            Breaker::Open { retry_after } => (BreakerState::Open, Some(retry_after)),
            Breaker::HalfOpen => (BreakerState::HalfOpen, None),
        };
        let small = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        Ok(ClusterWork {
            breaker,
            retry_in_seconds: retry.map(|wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX)),
            failures: i32::try_from(load.failures).unwrap_or(i32::MAX),
            permits: small(load.permits),
            permits_free: small(load.free),
            outside: outside
                .into_iter()
                .map(|row| OutsideWriter {
                    vm: VmRef { id: row.vm_id, name: row.vm_name },
                    writers: row.writers.0,
                })
                .collect(),
            waiting_count: rows.first().map_or(0, |row| row.total),
            waiting: rows.into_iter().filter_map(waiting).collect(),
        })
    }

    async fn probed(&self, id: ClusterId) -> Result<ClusterCapability> {
        let mut conn = self.db.acquire().await?;
        // A cluster without a status row is one that was never registered.
        clusters::environment(&mut conn, id).await?;
        let row = store::probed(&mut conn, id).await?;
        // What another version kept in another shape is as good as nothing: the next probe is minutes away.
        let found: Option<Capability> = row.capability.and_then(|kept| serde_json::from_value(kept).ok());
        let mut shown = found.map_or_else(nothing, |found| view(&found));
        shown.probed_at = row.probed_at;
        let used = placement::zone_use(&mut conn, ZoneFilter { cluster: Some(id), ..ZoneFilter::default() });
        shown.zones = zones(row.layout.map(|layout| layout.0).unwrap_or_default(), &used.await?);
        Ok(shown)
    }
}

/// The zones of a cluster, with what is taken of each.
fn zones(layout: Layout, used: &[ZoneUse]) -> Vec<ClusterZone> {
    let zone = |(name, zone): (String, Zone)| {
        let taken = used.iter().find(|used| used.zone == name);
        ClusterZone {
            nodes: zone.nodes,
            milli_vcpu: zone.milli_vcpu,
            memory_bytes: zone.memory_bytes,
            taken_milli_vcpu: taken.map_or(0, |taken| taken.milli_vcpu),
            taken_memory_bytes: taken.map_or(0, |taken| taken.memory_bytes),
            name,
        }
    };
    layout.zones.into_iter().map(zone).collect()
}

/// One that a newer version began is counted, and not shown.
fn waiting(row: WaitingRow) -> Option<WaitingOperation> {
    Some(WaitingOperation {
        number: row.number,
        operation: row.operation.parse().ok()?,
        state: row.state.parse().unwrap_or(OperationState::Unknown),
        vm: VmRef { id: row.vm_id, name: row.vm_name },
        request_number: row.request_number,
        since: row.created_at,
        not_after: row.not_after,
    })
}

fn nothing() -> ClusterCapability {
    ClusterCapability {
        probed_at: None,
        kubernetes_version: None,
        support: KubeVirtSupport::Unknown,
        kubevirt: None,
        cdi: None,
        snapshots: None,
        multus: None,
        zones: Vec::new(),
        nodes: Vec::new(),
        storage_classes: Vec::new(),
        snapshot_classes: Vec::new(),
        networks: Vec::new(),
        rights: Vec::new(),
        missing: Vec::new(),
    }
}

fn view(found: &Capability) -> ClusterCapability {
    let nodes: Vec<ClusterNode> = found.nodes.known().into_iter().flatten().map(node).collect();
    let version = found.kubevirt.known().and_then(|kubevirt| kubevirt.observed_version.as_ref());
    let version = version.or(found.virt_api.known());
    let promised = version.map(|version| support::kubevirt(&version.0).as_str());
    ClusterCapability {
        kubernetes_version: found.kubernetes.known().map(|version| version.0.clone()),
        support: promised.and_then(|word| word.parse().ok()).unwrap_or(KubeVirtSupport::Unknown),
        kubevirt: found.kubevirt.known().map(installation),
        cdi: found.cdi.known().copied(),
        snapshots: found.snapshots.known().copied(),
        multus: found.networks.known().copied(),
        nodes,
        storage_classes: storage(found),
        snapshot_classes: found
            .snapshot_classes
            .known()
            .into_iter()
            .flatten()
            .map(|c| c.name.clone())
            .collect(),
        networks: found
            .attachments
            .known()
            .into_iter()
            .flatten()
            .map(|n| format!("{}/{}", n.namespace, n.name))
            .collect(),
        rights: found.access.known().into_iter().flatten().filter_map(right).collect(),
        missing: missing(found),
        ..nothing()
    }
}

fn installation(kubevirt: &KubeVirt) -> KubeVirtInstallation {
    let target =
        kubevirt.target_version.as_ref().filter(|to| Some(*to) != kubevirt.observed_version.as_ref());
    KubeVirtInstallation {
        version: kubevirt.observed_version.as_ref().map(|version| version.0.clone()),
        target_version: target.map(|version| version.0.clone()),
        phase: kubevirt.phase.clone(),
        available: kubevirt.available,
        emulation: kubevirt.emulation,
        gates_enabled: kubevirt.gates.enabled.clone(),
        gates_disabled: kubevirt.gates.disabled.clone(),
    }
}

fn node(node: &Node) -> ClusterNode {
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    ClusterNode {
        name: node.name.clone(),
        zone: node.zone.clone(),
        architecture: node.architecture.clone(),
        schedulable: node.schedulable,
        kvm: node.kvm,
        dedicated_cpu: node.dedicated_cpu,
        milli_cpu: whole(node.cpu_millis),
        memory_bytes: whole(node.memory_bytes),
        hugepages: node.hugepages.iter().map(|(page, size)| (page.clone(), whole(*size))).collect(),
        devices: node.accelerators.iter().map(|d| (d.resource.clone(), whole(d.count))).collect(),
    }
}

fn storage(found: &Capability) -> Vec<ClusterStorageClass> {
    let profiles = found.storage_profiles.known();
    let modes = |class: &StorageClass| {
        let profile = profiles.into_iter().flatten().find(|profile| profile.name == class.name);
        profile.map(|profile| profile.modes.clone()).unwrap_or_default()
    };
    let shown = |class: &StorageClass| ClusterStorageClass {
        name: class.name.clone(),
        provisioner: class.provisioner.clone(),
        default: class.default,
        expandable: class.expandable,
        binds_late: class.binds_late,
        volume_modes: modes(class),
    };
    found.storage_classes.known().into_iter().flatten().map(shown).collect()
}

fn right(access: &Access) -> Option<ClusterRight> {
    let known = |right: &&rights::Right| {
        right.verb == access.verb && right.group == access.group && right.resource == access.resource
    };
    let right = RIGHTS.iter().find(known)?;
    Some(ClusterRight {
        verb: access.verb.clone(),
        group: access.group.clone(),
        resource: access.resource.clone(),
        mode: match right.from {
            ClusterMode::Observe => Mode::Observe,
            ClusterMode::Govern => Mode::Govern,
        },
        allowed: access.allowed,
        why: right.why.to_owned(),
    })
}

fn missing(found: &Capability) -> Vec<MissingPart> {
    fn of<T>(part: ProbePart, found: &Part<T>) -> Option<MissingPart> {
        match found {
            Part::Known(_) => None,
            Part::Missing { code, detail } => {
                Some(MissingPart { part, code: code.clone(), detail: detail.clone() })
            }
        }
    }
    [
        of(ProbePart::Kubernetes, &found.kubernetes),
        of(ProbePart::Kubevirt, &found.kubevirt),
        of(ProbePart::Nodes, &found.nodes),
        of(ProbePart::StorageClasses, &found.storage_classes),
        of(ProbePart::StorageProfiles, &found.storage_profiles),
        of(ProbePart::SnapshotClasses, &found.snapshot_classes),
        of(ProbePart::Networks, &found.attachments),
        of(ProbePart::Rights, &found.access),
    ]
    .into_iter()
    .flatten()
    .collect()
}
