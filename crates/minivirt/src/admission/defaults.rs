//! What a new instance gets where it says nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::VMI_FINALIZER;
use crate::clock;
use crate::object::{self, child, items, text};
use crate::quantity::Quantity;

/// Fills an instance, as the mutating webhook does.
pub fn instance(vmi: &mut Value) {
    object::add_finalizer(vmi, VMI_FINALIZER);
    let topology = {
        let spec = child(vmi, "spec", || json!({}));
        child(spec, "architecture", || json!("amd64"));
        child(spec, "evictionStrategy", || json!("None"));
        let domain = child(spec, "domain", || json!({}));
        child(domain, "devices", || json!({}));
        child(domain, "resources", || json!({}));
        let topology = cpu(domain);
        memory(domain);
        let machine = child(domain, "machine", || json!({}));
        child(machine, "type", || json!("q35"));
        let firmware = child(domain, "firmware", || json!({}));
        child(firmware, "uuid", || json!(uuid::Uuid::new_v4().to_string()));
        let features = child(domain, "features", || json!({}));
        let acpi = child(features, "acpi", || json!({}));
        child(acpi, "enabled", || json!(true));
        disks(spec);
        networks(spec);
        probes(spec);
        topology
    };
    let memory = vmi["spec"]["domain"]["memory"]["guest"].clone();
    let status = child(vmi, "status", || json!({}));
    if status["phase"].is_null() {
        status["phase"] = json!("Pending");
        status["phaseTransitionTimestamps"] =
            json!([{"phase": "Pending", "phaseTransitionTimestamp": clock::timestamp()}]);
    }
    child(status, "runtimeUser", || json!(107));
    child(status, "guestOSInfo", || json!({}));
    child(status, "currentCPUTopology", || topology);
    if !memory.is_null() {
        child(
            status,
            "memory",
            || json!({"guestAtBoot": memory, "guestCurrent": memory, "guestRequested": memory}),
        );
    }
}

fn cpu(domain: &mut Value) -> Value {
    let wanted = ["limits", "requests"]
        .iter()
        .find_map(|part| Quantity::of(&domain["resources"][part]["cpu"]))
        .map_or(1, Quantity::ceil)
        .max(1);
    let cpu = child(domain, "cpu", || json!({}));
    let unset = ["cores", "sockets", "threads"].iter().all(|f| cpu[f].as_i64().unwrap_or(0) == 0);
    // A topology that says anything is left as it is: what it leaves out counts as one.
    if unset {
        for (field, count) in [("cores", 1), ("sockets", wanted), ("threads", 1)] {
            cpu[field] = json!(count);
        }
    }
    child(cpu, "model", || json!("host-model"));
    let mut topology = json!({});
    for field in ["sockets", "cores", "threads"] {
        if cpu[field].is_u64() {
            topology[field] = cpu[field].clone();
        }
    }
    topology
}

fn memory(domain: &mut Value) {
    let fallback = ["requests", "limits"]
        .iter()
        .map(|part| domain["resources"][part]["memory"].clone())
        .chain([domain["memory"]["hugepages"]["pageSize"].clone()])
        .find(|value| !value.is_null());
    if let (true, Some(value)) = (domain["memory"]["guest"].is_null(), fallback) {
        child(domain, "memory", || json!({}))["guest"] = value;
    }
}

fn disks(spec: &mut Value) {
    let volumes = items(spec, "/volumes").to_vec();
    let devices = &mut spec["domain"]["devices"];
    let disks = child(devices, "disks", || json!([]));
    let Some(disks) = disks.as_array_mut() else { return };
    for volume in &volumes {
        let named = disks.iter().any(|disk| disk["name"] == volume["name"]);
        if !named && !volume["memoryDump"].is_object() {
            disks.push(json!({"name": volume["name"]}));
        }
    }
    for disk in disks.iter_mut().filter(|d| d.is_object()) {
        if ["disk", "cdrom", "lun"].iter().all(|target| disk[target].is_null()) {
            disk["disk"] = json!({});
        }
        for target in ["disk", "cdrom", "lun"] {
            if disk[target].is_object() {
                child(&mut disk[target], "bus", || json!("sata"));
            }
        }
        if disk["cdrom"].is_object() {
            child(&mut disk["cdrom"], "readonly", || json!(true));
            child(&mut disk["cdrom"], "tray", || json!("closed"));
        }
    }
    for volume in spec["volumes"].as_array_mut().into_iter().flatten() {
        let image = text(volume, "/containerDisk/image").to_owned();
        if !image.is_empty() {
            let tag =
                image.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag.to_owned());
            let always = !image.contains('@') && tag.is_none_or(|t| t == "latest");
            let policy = if always { "Always" } else { "IfNotPresent" };
            child(&mut volume["containerDisk"], "imagePullPolicy", || json!(policy));
        }
    }
}

fn networks(spec: &mut Value) {
    let none = items(spec, "/networks").is_empty() && items(spec, "/domain/devices/interfaces").is_empty();
    if none && spec["domain"]["devices"]["autoattachPodInterface"] != json!(false) {
        spec["networks"] = json!([{"name": "default", "pod": {}}]);
        spec["domain"]["devices"]["interfaces"] = json!([{"name": "default", "bridge": {}}]);
    }
}

fn probes(spec: &mut Value) {
    for name in ["readinessProbe", "livenessProbe"] {
        if spec[name].is_object() {
            let defaults = [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ];
            for (field, value) in defaults {
                child(&mut spec[name], field, || json!(value));
            }
        }
    }
}

/// Moves `stringData` into `data`, as the API server does.
pub fn secret(secret: &mut Value) {
    if let Some(Value::Object(plain)) = object::remove(secret, "stringData") {
        let data = child(secret, "data", || json!({}));
        let Some(data) = data.as_object_mut() else { return };
        for (key, value) in plain {
            data.insert(key, json!(STANDARD.encode(value.as_str().unwrap_or_default())));
        }
    }
    child(secret, "type", || json!("Opaque"));
}
