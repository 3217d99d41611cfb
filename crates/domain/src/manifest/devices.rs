//! CPU, memory, disks and network of the guest.

use serde_json::{Value, json};

use crate::spec::CreateSpec;
use crate::states::RootDisk;

/// The cloud-init disk.
pub(super) const CLOUD_INIT: &str = "cloudinit";
/// The root disk.
const ROOT: &str = "root";

/// `spec.template.spec.domain`. A guest sees whole CPUs, so a part of one is rounded up.
pub(super) fn domain(spec: &CreateSpec) -> Value {
    let disk = |name: &str| json!({ "name": name, "disk": { "bus": "virtio" } });
    json!({
        "cpu": { "cores": whole_cpus(spec.milli_vcpu) },
        "memory": { "guest": quantity(spec.memory_bytes) },
        "devices": {
            "disks": [disk(ROOT), disk(CLOUD_INIT)],
            "interfaces": [{ "name": "default", "masquerade": {}, "model": "virtio" }],
            // Without it a guest may wait minutes for entropy at boot.
            "rng": {},
        },
    })
}

/// The root volume: the image itself, with writes thrown away at stop, or a disk filled from it once.
pub(super) fn root_volume(spec: &CreateSpec, vm: &str) -> Value {
    match spec.root {
        RootDisk::Ephemeral => json!({ "name": ROOT, "containerDisk": { "image": spec.image } }),
        RootDisk::Persistent => json!({ "name": ROOT, "dataVolume": { "name": data_volume_name(vm) } }),
    }
}

/// The disk CDI imports the image into; it belongs to the VM and goes with it.
pub(super) fn data_volume(spec: &CreateSpec, vm: &str, labels: &Value) -> Value {
    json!({
        "metadata": { "name": data_volume_name(vm), "labels": labels },
        "spec": {
            "source": { "registry": { "url": format!("docker://{}", spec.image) } },
            "storage": { "resources": { "requests": { "storage": quantity(spec.disk_bytes) } } },
        },
    })
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
