//! Who may own a VM that nobody governs: read from what people and programs wrote on it and on its namespace.
//!
//! Invariants: a hint is a quotation and proves nothing, so no right ever follows from one; there are at most
//! [`MOST`], the likeliest first; the same facts give the same hints in the same order.
//! Not here: who wrote the object's fields, which the cluster itself keeps (`managedFields`).

use serde::{Deserialize, Serialize};

/// Hints kept of one object.
pub const MOST: usize = 12;

text_enum! {
    /// Where a hint stands.
    strict HintSource {
        /// A label of the VM.
        Label = "label",
        /// An annotation of the VM.
        Annotation = "annotation",
        /// The object that the VM is part of: a pool, an application, a tenant's cluster.
        OwnerReference = "owner_reference",
        /// A label of the namespace.
        NamespaceLabel = "namespace_label",
        /// An annotation of the namespace.
        NamespaceAnnotation = "namespace_annotation",
    }
}

/// One statement about who may own something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Where it stands.
    pub source: HintSource,
    /// The label's or annotation's key, or the owner's kind.
    pub key: String,
    /// What stands there.
    pub value: String,
}

/// Words in the last part of a key that speak of people, then of groups, then of what it belongs to; in this order of
/// likelihood.
const WORDS: [&[&str]; 3] = [
    &["owner", "contact", "creator", "createdby", "requester", "responsible", "maintainer", "email", "user"],
    &["team", "department", "group", "tenant", "costcenter", "costcentre", "businessunit", "squad"],
    &[
        "project",
        "app",
        "application",
        "partof",
        "managedby",
        "instance",
        "release",
        "releasename",
        "displayname",
    ],
];

/// Keys whose last part contains a word without saying who owns the thing.
const NOT: [&str; 4] =
    ["kubernetes.io/metadata.name", "kubevirt.io/", "shepherd.dev/", "pod-security.kubernetes.io/"];

/// How likely a key tells an owner: 0 is likeliest; `None` when it does not.
fn rank(key: &str) -> Option<usize> {
    if key.len() > 317 || NOT.iter().any(|not| key.starts_with(not)) {
        return None;
    }
    let last = key.rsplit('/').next().unwrap_or(key);
    let mut words = last.split(['-', '_', '.']).map(str::to_ascii_lowercase);
    let joined: String = words.clone().collect();
    let names = |list: &[&str], word: &str| list.contains(&word);
    (0..WORDS.len())
        .find(|rank| names(WORDS[*rank], &joined))
        .or_else(|| words.find_map(|word| (0..2).find(|rank| names(WORDS[*rank], &word))))
}

/// Whether a key is worth keeping for its hint.
pub fn tells(key: &str) -> bool {
    rank(key).is_some()
}

/// The hints among these, the likeliest first. Owner references count as much as people do.
pub fn hints(found: impl IntoIterator<Item = Hint>) -> Vec<Hint> {
    let mut ranked: Vec<(usize, Hint)> = found
        .into_iter()
        .filter(|hint| !hint.value.trim().is_empty())
        .filter_map(|hint| match hint.source {
            HintSource::OwnerReference => Some((0, hint)),
            _ => rank(&hint.key).map(|rank| (rank, hint)),
        })
        .collect();
    ranked.sort_by(|(a, x), (b, y)| {
        (a, x.source.as_str(), &x.key, &x.value).cmp(&(b, y.source.as_str(), &y.key, &y.value))
    });
    ranked.into_iter().map(|(_, hint)| hint).take(MOST).collect()
}

/// Whether a field manager is Kubernetes' or KubeVirt's own, and its writing says nothing of people.
pub fn is_machinery(manager: &str) -> bool {
    ["virt-", "cdi-", "kube-controller-manager", "kube-apiserver"].iter().any(|own| manager.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(key: &str, value: &str) -> Hint {
        Hint { source: HintSource::Label, key: key.into(), value: value.into() }
    }

    #[test]
    fn keys_that_people_use_are_known_and_others_are_not() {
        for key in [
            "owner",
            "example.com/owner",
            "openshift.io/requester",
            "team",
            "cost-center",
            "cost_centre",
            "app",
            "app.kubernetes.io/part-of",
            "app.kubernetes.io/managed-by",
            "meta.helm.sh/release-name",
            "created-by",
            "createdBy",
            "vm-owner",
            "contact.email",
        ] {
            assert!(tells(key), "{key}");
        }
        for key in [
            "kubevirt.io/domain",
            "kubernetes.io/metadata.name",
            "os.template.kubevirt.io/fedora",
            "flavor",
            "ownership",
            "shepherd.dev/owner",
            "pod-security.kubernetes.io/enforce",
            "",
            "/",
            &format!("x/{}owner", "a-".repeat(200)),
        ] {
            assert!(!tells(key), "{key}");
        }
    }

    #[test]
    fn people_come_before_teams_and_teams_before_applications() {
        let owner = Hint {
            source: HintSource::OwnerReference,
            key: "VirtualMachinePool".into(),
            value: "web".into(),
        };
        let found = [
            label("app", "shop"),
            label("team", "payments"),
            owner.clone(),
            label("owner", "ada"),
            label("x", "y"),
        ];
        let kept = hints(found.clone());
        let keys: Vec<_> = kept.iter().map(|hint| hint.key.as_str()).collect();
        assert_eq!(keys, ["owner", "VirtualMachinePool", "team", "app"]);
        let mut other_way = found;
        other_way.reverse();
        assert_eq!(hints(other_way), kept, "whatever order the cluster tells them in");
    }

    #[test]
    fn there_are_never_too_many_and_empty_ones_are_none() {
        let many = (0..100).map(|n| label(&format!("x{n}/owner"), "ada"));
        assert_eq!(hints(many).len(), MOST);
        assert_eq!(hints([label("owner", "  ")]), []);
    }
}
