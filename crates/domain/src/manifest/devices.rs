//! CPU, memory, disks and devices of the guest.

use serde_json::{Value, json};

use super::{network, setup};
use crate::source::DiskSource;
use crate::spec::CreateSpec;
use crate::states::{GuestFamily, RootDisk, VolumeMode};

/// The root disk.
const ROOT: &str = "root";

/// `spec.template.spec.domain`. `set_up` says that there is a disk it is set up from. A guest sees whole CPUs, so a part of one is rounded up.
pub(super) fn domain(spec: &CreateSpec, set_up: bool) -> Value {
    // Windows brings no drivers for virtio.
    let bus = if spec.family == GuestFamily::Windows { "sata" } else { "virtio" };
    let mut disks = vec![json!({ "name": ROOT, "disk": { "bus": bus } })];
    if set_up {
        disks.push(setup::disk(spec.family));
    }
    let compute = &spec.compute;
    let mut domain = json!({
        "cpu": { "cores": whole_cpus(spec.milli_vcpu) },
        "memory": { "guest": quantity(spec.memory_bytes) },
        "devices": {
            "disks": disks,
            "interfaces": network::interfaces(spec),
            // Without it a guest may wait minutes for entropy at boot.
            "rng": {},
        },
    });
    if spec.family == GuestFamily::Windows {
        windows(&mut domain);
    }
    if compute.dedicated_cpu {
        domain["cpu"]["dedicatedCpuPlacement"] = true.into();
    }
    if let Some(pages) = compute.hugepages {
        domain["memory"]["hugepages"] = json!({ "pageSize": pages.as_str() });
    }
    if let Some(milli) = compute.request_milli_cpu {
        domain["resources"]["requests"]["cpu"] = format!("{milli}m").into();
    }
    if let Some(bytes) = compute.request_memory_bytes {
        domain["resources"]["requests"]["memory"] = quantity(bytes).into();
    }
    let gpus = compute.gpus.iter().flat_map(|gpu| (0..gpu.count).map(|_| gpu.device.as_str()));
    let gpus: Vec<Value> = gpus
        .enumerate()
        .map(|(index, device)| json!({ "name": format!("gpu{index}"), "deviceName": device }))
        .collect();
    if !gpus.is_empty() {
        domain["devices"]["gpus"] = gpus.into();
    }
    domain
}

/// What Windows needs of its machine: KubeVirt's own recommendation.
fn windows(domain: &mut Value) {
    let spinlocks = json!({ "spinlocks": 8191 });
    let hyperv = json!({ "relaxed": {}, "vapic": {}, "spinlocks": spinlocks });
    domain["features"] = json!({ "acpi": {}, "apic": {}, "hyperv": hyperv });
    domain["clock"] = json!({ "utc": {}, "timer": {
        "hpet": { "present": false },
        "hyperv": {},
        "pit": { "tickPolicy": "delay" },
        "rtc": { "tickPolicy": "catchup" },
    }});
}

/// The root volume: the image itself, with writes thrown away at stop, or a disk filled from its source once.
pub(super) fn root_volume(spec: &CreateSpec, vm: &str) -> Value {
    match (&spec.source, spec.root) {
        (DiskSource::Image(image), RootDisk::Ephemeral) => {
            json!({ "name": ROOT, "containerDisk": { "image": image } })
        }
        _ => json!({ "name": ROOT, "dataVolume": { "name": data_volume_name(vm) } }),
    }
}

/// The disk CDI fills from the source; it belongs to the VM and goes with it.
pub(super) fn data_volume(spec: &CreateSpec, vm: &str, labels: &Value) -> Value {
    let mut storage = json!({ "resources": { "requests": { "storage": quantity(spec.disk_bytes) } } });
    if let Some(class) = &spec.storage_class {
        storage["storageClassName"] = class.as_str().into();
    }
    if let Some(mode) = spec.volume_mode {
        storage["volumeMode"] = volume_mode(mode).into();
    }
    json!({
        "metadata": { "name": data_volume_name(vm), "labels": labels },
        "spec": { "source": spec.source.data_volume(), "storage": storage },
    })
}

/// Kubernetes' word for it.
const fn volume_mode(mode: VolumeMode) -> &'static str {
    match mode {
        VolumeMode::Block => "Block",
        VolumeMode::Filesystem => "Filesystem",
    }
}

fn data_volume_name(vm: &str) -> String {
    format!("{vm}-root")
}

const fn whole_cpus(milli: i64) -> i64 {
    (milli + 999) / 1000
}

/// A Kubernetes quantity: in MiB where it comes out even, as people write it, else in bytes.
fn quantity(bytes: i64) -> String {
    const MIB: i64 = 1 << 20;
    if bytes % MIB == 0 { format!("{}Mi", bytes / MIB) } else { bytes.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_kubernetes_reads_them() {
        assert_eq!((whole_cpus(1), whole_cpus(1000), whole_cpus(1001)), (1, 1, 2));
        assert_eq!((quantity(256 << 20), quantity(1000)), ("256Mi".into(), "1000".into()));
    }
}
