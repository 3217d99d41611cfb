//! Networks of the catalogue, and what of them a VM is connected to.
//!
//! Invariants: a VM has at least one interface; the pod network, which every cluster has, is at most one of them and is
//! reached by masquerade, the others by a bridge to what Multus attaches. A VM with the pod network alone says nothing of
//! networks in its spec, because that is what a VM has when nothing is chosen.
//! Sources: `spec.networks` and `devices.interfaces` of kubevirt.io/v1; names of a NetworkAttachmentDefinition are
//! `name` or `namespace/name`.

use serde::{Deserialize, Serialize};

use crate::ids::NetworkId;
use crate::names::is_dns_label;

/// How many interfaces a VM may have.
pub const MAX_NETWORKS: usize = 8;

text_enum! {
    /// What kind of network it is.
    strict NetworkKind {
        /// The cluster's own, shared with pods.
        Pod = "pod",
        /// One that Multus attaches.
        Multus = "multus",
    }
}

/// One network a VM is connected to, in the order of its interfaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Which network of the catalogue.
    pub network_id: NetworkId,
    /// What kind it is.
    pub kind: NetworkKind,
    /// The NetworkAttachmentDefinition; none for the pod network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

/// Why these networks cannot be had together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// One network twice, or the pod network by two names.
    #[error("a VM is connected to a network once")]
    Twice,
    /// Too many.
    #[error("a VM has at most 8 networks")]
    TooMany,
}

/// What a spec says of these networks: nothing for the pod network alone.
///
/// # Errors
/// [`NetworkError`].
pub fn attachments(chosen: Vec<Attachment>) -> Result<Vec<Attachment>, NetworkError> {
    if chosen.len() > MAX_NETWORKS {
        return Err(NetworkError::TooMany);
    }
    let same = |a: &Attachment, b: &Attachment| {
        a.network_id == b.network_id || (a.kind == b.kind && a.definition == b.definition)
    };
    let twice = chosen.iter().enumerate().any(|(at, one)| chosen[..at].iter().any(|other| same(one, other)));
    if twice {
        return Err(NetworkError::Twice);
    }
    match chosen.as_slice() {
        [only] if only.kind == NetworkKind::Pod => Ok(Vec::new()),
        _ => Ok(chosen),
    }
}

/// Whether this can name a NetworkAttachmentDefinition: `name`, or `namespace/name`.
pub fn is_definition(text: &str) -> bool {
    match text.split_once('/') {
        Some((namespace, name)) => is_dns_label(namespace) && is_subdomain(name),
        None => is_subdomain(text),
    }
}

/// An RFC 1123 subdomain, which is what Kubernetes calls most of its objects.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn pod(n: u128) -> Attachment {
        Attachment { network_id: NetworkId(Uuid::from_u128(n)), kind: NetworkKind::Pod, definition: None }
    }

    fn multus(n: u128, name: &str) -> Attachment {
        Attachment { kind: NetworkKind::Multus, definition: Some(name.into()), ..pod(n) }
    }

    #[test]
    fn the_pod_network_alone_is_what_a_vm_has_anyway() {
        assert_eq!(attachments(vec![]), Ok(vec![]));
        assert_eq!(attachments(vec![pod(1)]), Ok(vec![]));
        let both = vec![multus(2, "vlan-7"), pod(1)];
        assert_eq!(attachments(both.clone()), Ok(both), "and their order is that of the interfaces");
    }

    #[test]
    fn a_network_is_connected_once() {
        for twice in
            [vec![pod(1), pod(2)], vec![multus(1, "a"), multus(1, "a")], vec![multus(1, "a"), multus(2, "a")]]
        {
            assert_eq!(attachments(twice), Err(NetworkError::Twice));
        }
        let many = (0..9).map(|n| multus(n, &format!("net-{n}"))).collect();
        assert_eq!(attachments(many), Err(NetworkError::TooMany));
    }

    #[test]
    fn definitions_are_names_of_kubernetes() {
        for good in ["vlan-7", "infra/vlan-7", "infra/vlan.7"] {
            assert!(is_definition(good), "{good}");
        }
        for bad in ["", "/", "a/", "/b", "a/b/c", "A", "a_b", "in.fra/b", "a b", "-a", &"a".repeat(254)] {
            assert!(!is_definition(bad), "{bad}");
        }
    }
}
