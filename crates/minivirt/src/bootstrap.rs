//! Objects a cluster has before anybody makes one: namespaces, nodes, storage classes, the KubeVirt object.

use serde_json::{Value, json};

use crate::api::resources::{KUBEVIRTS, NAMESPACES, NODES, Resource, STORAGE_CLASSES, STORAGE_PROFILES};
use crate::api::status::ApiError;
use crate::config::{Config, NodeExtras};
use crate::launcher::RuntimeInfo;
use crate::objects::{self, Preconditions, Write};
use crate::store::{Key, Store};
use crate::version;

const MANAGER: &str = "minivirt";
/// The label that says in which zone a node is.
pub const ZONE: &str = "topology.kubernetes.io/zone";

/// Writes what is missing and brings the rest up to date.
pub async fn run(store: &Store, config: &Config, runtime: &RuntimeInfo) -> Result<(), ApiError> {
    for namespace in ["default", "kube-system", "kubevirt"] {
        ensure(store, &NAMESPACES, "", namespace, |_| {}).await?;
    }
    node(store, &config.node_name, &config.node_extras, runtime).await?;
    for further in &config.further_nodes {
        let zone = further.zone.iter().map(|zone| (ZONE.to_owned(), zone.clone()));
        let extras = NodeExtras { labels: zone.collect(), ..NodeExtras::default() };
        node(store, &further.name, &extras, runtime).await?;
    }
    storage(store).await?;
    let emulated = !runtime.accelerated;
    ensure(store, &KUBEVIRTS, "kubevirt", "kubevirt", move |object| {
        object["spec"] = json!({"configuration": {"vmRolloutStrategy": "Stage",
            "developerConfiguration": {"useEmulation": emulated, "featureGates": [], "disabledFeatureGates": []}}});
        object["status"] = kubevirt_status();
    })
    .await
}

async fn node(store: &Store, name: &str, extras: &NodeExtras, runtime: &RuntimeInfo) -> Result<(), ApiError> {
    let (status, runtime_version) = (node_status(runtime, extras), version_of(runtime));
    let labels = extras.labels.clone();
    ensure(store, &NODES, "", name, move |object| {
        object["metadata"]["labels"] = json!({"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
            "kubernetes.io/hostname": object["metadata"]["name"], "kubevirt.io/schedulable": "true",
            "minivirt.shepherd/runtime": runtime_version});
        for (name, value) in labels {
            object["metadata"]["labels"][name] = value.into();
        }
        object["status"] = status;
    })
    .await
}

/// Two storage classes with what CDI would know of them: `standard` makes files, `raw` devices.
async fn storage(store: &Store) -> Result<(), ApiError> {
    for (name, default, mode) in [("standard", true, "Filesystem"), ("raw", false, "Block")] {
        ensure(store, &STORAGE_CLASSES, "", name, move |object| {
            if default {
                let marks = json!({"storageclass.kubernetes.io/is-default-class": "true"});
                object["metadata"]["annotations"] = marks;
            }
            object["provisioner"] = json!("minivirt.shepherd/disk");
            object["reclaimPolicy"] = json!("Delete");
            object["volumeBindingMode"] = json!("Immediate");
            object["allowVolumeExpansion"] = json!(true);
        })
        .await?;
        ensure(store, &STORAGE_PROFILES, "", name, move |object| {
            let set = json!({"accessModes": ["ReadWriteOnce"], "volumeMode": mode});
            object["status"] = json!({"storageClass": name, "provisioner": "minivirt.shepherd/disk",
                "claimPropertySets": [set]});
        })
        .await?;
    }
    Ok(())
}

fn version_of(runtime: &RuntimeInfo) -> String {
    if runtime.version.is_empty() {
        runtime.name.clone()
    } else {
        format!("{}-{}", runtime.name, runtime.version)
    }
}

async fn ensure(
    store: &Store,
    resource: &'static Resource,
    namespace: &'static str,
    name: &str,
    fill: impl FnOnce(&mut Value) + Send + 'static,
) -> Result<(), ApiError> {
    let key = Key::new(resource.id(), namespace, name);
    store
        .transact(move |tx| {
            let write = Write::engine(resource, MANAGER);
            let current = match tx.get(&key)? {
                Some(current) => current,
                None => objects::create(tx, &write, namespace, json!({"metadata": {"name": key.name}}))?,
            };
            let mut changed = current.clone();
            fill(&mut changed);
            let status = changed["status"].clone();
            let stored = objects::update(tx, &write, &key, current, changed, &Preconditions::default())?;
            if resource.status && !status.is_null() && stored["status"] != status {
                let mut changed = stored.clone();
                changed["status"] = status;
                let write = Write::engine_status(resource, MANAGER);
                objects::update(tx, &write, &key, stored, changed, &Preconditions::default())?;
            }
            Ok(())
        })
        .await
}

fn condition(kind: &str, status: &str) -> Value {
    json!({"type": kind, "status": status, "lastTransitionTime": "1970-01-01T00:00:00Z"})
}

/// CPUs and KiB of a node whose guests take no room.
const SIMULATED: (usize, u64) = (4096, 1 << 36);

fn node_status(runtime: &RuntimeInfo, extras: &NodeExtras) -> Value {
    let (cpus, memory) = match runtime.name == "simulated" {
        true => SIMULATED,
        false => (std::thread::available_parallelism().map_or(1, usize::from), memory_kib()),
    };
    let memory = format!("{memory}Ki");
    let devices = if runtime.accelerated { "1k" } else { "0" };
    let mut capacity = json!({"cpu": cpus.to_string(), "memory": memory, "devices.kubevirt.io/kvm": devices});
    for (name, amount) in &extras.allocatable {
        capacity[name] = amount.as_str().into();
    }
    json!({"capacity": capacity, "allocatable": capacity,
        "conditions": [{"type": "Ready", "status": "True", "reason": "EngineReady",
            "lastTransitionTime": "1970-01-01T00:00:00Z"}],
        "nodeInfo": {"architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": version::KUBERNETES,
            "containerRuntimeVersion": version_of(runtime)}})
}

/// Memory of this machine; 0 where it cannot be read.
fn memory_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

fn kubevirt_status() -> Value {
    json!({"phase": "Deployed", "observedKubeVirtVersion": version::KUBEVIRT,
        "targetKubeVirtVersion": version::KUBEVIRT, "operatorVersion": version::KUBEVIRT,
        "defaultArchitecture": "amd64", "observedGeneration": 1, "outdatedVirtualMachineInstanceWorkloads": 0,
        "conditions": [condition("Available", "True"), condition("Created", "True"),
            condition("Progressing", "False"), condition("Degraded", "False")]})
}
