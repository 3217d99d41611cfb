//! Networks of the guest, and its interfaces to them: masquerade for the pod network, a bridge for the others.

use serde_json::{Value, json};

use crate::network::{Attachment, NetworkKind};
use crate::spec::CreateSpec;
use crate::states::GuestFamily;

/// The pod network, by the name KubeVirt gives it.
const DEFAULT: &str = "default";

/// `spec.template.spec.networks`.
pub(super) fn networks(spec: &CreateSpec) -> Value {
    let network = |(index, one): (usize, &Attachment)| match (one.kind, &one.definition) {
        (NetworkKind::Multus, Some(definition)) => {
            json!({ "name": name(index, one), "multus": { "networkName": definition } })
        }
        _ => json!({ "name": name(index, one), "pod": {} }),
    };
    match spec.networks.as_slice() {
        [] => json!([{ "name": DEFAULT, "pod": {} }]),
        some => some.iter().enumerate().map(network).collect(),
    }
}

/// `spec.template.spec.domain.devices.interfaces`, one for each network and in the same order.
pub(super) fn interfaces(spec: &CreateSpec) -> Value {
    // Windows brings no drivers for virtio.
    let model = if spec.family == GuestFamily::Windows { "e1000e" } else { "virtio" };
    let interface = |(index, one): (usize, &Attachment)| match one.kind {
        NetworkKind::Pod => json!({ "name": name(index, one), "masquerade": {}, "model": model }),
        NetworkKind::Multus => json!({ "name": name(index, one), "bridge": {}, "model": model }),
    };
    match spec.networks.as_slice() {
        [] => json!([{ "name": DEFAULT, "masquerade": {}, "model": model }]),
        some => some.iter().enumerate().map(interface).collect(),
    }
}

fn name(index: usize, one: &Attachment) -> String {
    match one.kind {
        NetworkKind::Pod => DEFAULT.to_owned(),
        NetworkKind::Multus => format!("net{index}"),
    }
}
