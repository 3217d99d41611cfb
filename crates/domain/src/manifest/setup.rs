//! The disk a guest is set up from: cloud-init's NoCloud for Linux, an answer file for Windows.
//!
//! What is short and holds no secret value stands in the VM; everything else, and every answer file, in a Secret that is
//! made after the VM and belongs to it.
//! Sources: KubeVirt reads `userdata` of a cloud-init Secret and `autounattend.xml` of a sysprep one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{MAX_INLINE_USER_DATA, Names, VM_ID};
use crate::spec::CreateSpec;
use crate::states::GuestFamily;

/// The cloud-init disk.
const CLOUD_INIT: &str = "cloudinit";
/// The answer file's disk.
const SYSPREP: &str = "sysprep";

/// The volume, and the Secret behind it; neither for a Windows guest that needs no answers.
pub(super) fn volume(
    spec: &CreateSpec,
    names: &Names,
    user_data: &str,
    labels: &Value,
) -> (Option<Value>, Option<Value>) {
    match spec.family {
        GuestFamily::Windows if user_data.is_empty() => (None, None),
        GuestFamily::Windows => {
            let name = format!("{}-sysprep", names.vm);
            let volume = json!({ "name": SYSPREP, "sysprep": { "secret": { "name": name } } });
            (Some(volume), Some(secret(&name, names, labels, "autounattend.xml", user_data)))
        }
        GuestFamily::Linux if spec.secrets.is_empty() && user_data.len() <= MAX_INLINE_USER_DATA => {
            (Some(json!({ "name": CLOUD_INIT, "cloudInitNoCloud": { "userData": user_data } })), None)
        }
        GuestFamily::Linux => {
            let name = format!("{}-user-data", names.vm);
            let volume = json!({ "name": CLOUD_INIT, "cloudInitNoCloud": { "secretRef": { "name": name } } });
            (Some(volume), Some(secret(&name, names, labels, "userdata", user_data)))
        }
    }
}

/// The disk of that volume.
pub(super) fn disk(family: GuestFamily) -> Value {
    match family {
        GuestFamily::Linux => json!({ "name": CLOUD_INIT, "disk": { "bus": "virtio" } }),
        // Setup looks for answers on removable media, and has no virtio drivers yet.
        GuestFamily::Windows => json!({ "name": SYSPREP, "cdrom": { "bus": "sata" } }),
    }
}

fn secret(name: &str, names: &Names, labels: &Value, key: &str, content: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": name,
            "namespace": names.namespace.as_str(),
            "labels": labels,
            "annotations": { VM_ID: names.vm_id.to_string() },
        },
        "data": { key: STANDARD.encode(content) },
    })
}
