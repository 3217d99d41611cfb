//! Labels people put on their VMs: what Kubernetes takes, less what is not theirs to set.
//!
//! Source: "Labels and Selectors" of the Kubernetes documentation: a key is an optional DNS subdomain of at most 253
//! characters with a slash, then 1 to 63 characters of letters, digits, `-`, `_` and `.`, beginning and ending with a
//! letter or digit; a value is the same or empty. Not here: the labels Shepherd itself sets (`manifest`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::reason::{Coded, params};

/// More than anyone needs to find a VM by, and little enough to show.
pub const MAX_LABELS: usize = 32;

/// Prefixes whose keys mean something to Kubernetes, KubeVirt or us.
const RESERVED: [&str; 4] = ["kubernetes.io", "k8s.io", "kubevirt.io", "shepherd.dev"];

/// Why a label is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Too many of them.
    #[error("a VM has at most {MAX_LABELS} labels of its own")]
    TooMany,
    /// Not a key or value Kubernetes takes.
    #[error(
        "{key:?} is not a label: letters, digits, '-', '_' and '.', at most 63, for the key and for the value"
    )]
    Invalid {
        /// The key, cut to 80 characters.
        key: String,
    },
    /// Somebody else's key.
    #[error("labels under {prefix} are set by the platform; choose another prefix or none")]
    Reserved {
        /// The key, which is well formed.
        key: String,
        /// Whose it is.
        prefix: &'static str,
    },
}

impl LabelError {
    /// The field of the request body that is at fault.
    pub fn pointer(&self) -> String {
        match self {
            Self::TooMany => "/labels".to_owned(),
            // RFC 6901: a slash in a name is written ~1.
            Self::Invalid { key } | Self::Reserved { key, .. } => {
                format!("/labels/{}", key.replace('~', "~0").replace('/', "~1"))
            }
        }
    }
}

impl Coded for LabelError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooMany => "TOO_MANY_LABELS",
            Self::Invalid { .. } => "LABEL_INVALID",
            Self::Reserved { .. } => "LABEL_RESERVED",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::TooMany => params([("most", MAX_LABELS.into())]),
            Self::Invalid { key } => params([("key", key.as_str().into())]),
            Self::Reserved { key, prefix } => {
                params([("key", key.as_str().into()), ("prefix", (*prefix).into())])
            }
        }
    }
}

/// Whether a VM may carry these.
///
/// # Errors
/// [`LabelError`] of the first that is at fault.
pub fn check(labels: &BTreeMap<String, String>) -> Result<(), LabelError> {
    if labels.len() > MAX_LABELS {
        return Err(LabelError::TooMany);
    }
    for (key, value) in labels {
        let (prefix, name) = key.split_once('/').map_or((None, key.as_str()), |(p, n)| (Some(p), n));
        let sound = is_word(name) && (value.is_empty() || is_word(value)) && prefix.is_none_or(is_subdomain);
        if !sound {
            return Err(LabelError::Invalid { key: key.chars().take(80).collect() });
        }
        let reserved = |own: &&str| prefix.is_some_and(|p| p == *own || p.ends_with(&format!(".{own}")));
        if let Some(prefix) = RESERVED.into_iter().find(|own| reserved(own)) {
            return Err(LabelError::Reserved { key: key.clone(), prefix });
        }
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (1..=63).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && edge(text.chars().next())
        && edge(text.chars().next_back())
}

fn is_subdomain(text: &str) -> bool {
    let label = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(key: &str, value: &str) -> Option<&'static str> {
        check(&BTreeMap::from([(key.to_owned(), value.to_owned())])).err().map(|error| error.code())
    }

    #[test]
    fn what_kubernetes_takes_is_taken() {
        for (key, value) in [("tier", "cache"), ("example.com/team", ""), ("A.b_c-9", "v1.2")] {
            assert_eq!(code(key, value), None, "{key}");
        }
        let long = "x".repeat(64);
        for (key, value) in [
            ("", "x"),
            ("-a", "x"),
            ("a b", "x"),
            ("/a", "x"),
            ("a/", "x"),
            ("A.com/b", "x"),
            ("a/b/c", "x"),
            (long.as_str(), "x"),
            ("a", "ü"),
            ("a", "-"),
            ("a", long.as_str()),
        ] {
            assert_eq!(code(key, value), Some("LABEL_INVALID"), "{key}={value}");
        }
    }

    #[test]
    fn what_belongs_to_others_is_left_alone() {
        for key in ["kubevirt.io/vm", "app.kubernetes.io/name", "shepherd.dev/vm-id", "node.k8s.io/x"] {
            assert_eq!(code(key, "x"), Some("LABEL_RESERVED"), "{key}");
        }
        assert_eq!(code("mykubevirt.io/x", "y"), None);
        let error = check(&BTreeMap::from([("kubevirt.io/a".to_owned(), String::new())])).unwrap_err();
        assert_eq!(error.pointer(), "/labels/kubevirt.io~1a");
        let many = (0..=MAX_LABELS).map(|n| (format!("l{n}"), String::new())).collect();
        assert_eq!(check(&many).unwrap_err().code(), "TOO_MANY_LABELS");
    }
}
