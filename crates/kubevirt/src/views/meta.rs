//! Object metadata with only those annotations that are ours or tell an owner, and of `managedFields` only who wrote.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use shepherd_domain::owner;

use super::de;

/// Labels kept per object; more are dropped.
const MAX_LABELS: usize = 64;
/// Owners kept; a VM has one.
const MAX_OWNERS: usize = 4;
/// Writers kept.
const MAX_WRITERS: usize = 8;

/// What we keep of `metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    #[serde(deserialize_with = "name")]
    pub name: String,
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    #[serde(deserialize_with = "id")]
    pub uid: String,
    /// Opaque; compare for equality only.
    #[serde(deserialize_with = "id")]
    pub resource_version: String,
    pub generation: i64,
    #[serde(deserialize_with = "de::time")]
    pub creation_timestamp: Option<DateTime<Utc>>,
    /// Set once deletion was asked for; the object lives on until its finalizers are gone.
    #[serde(deserialize_with = "deleted")]
    pub deletion_timestamp: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "labels")]
    pub labels: BTreeMap<String, String>,
    /// Only `shepherd.dev/...`, and what may tell an owner.
    #[serde(deserialize_with = "annotations")]
    pub annotations: BTreeMap<String, String>,
    /// Kind and name of what it is part of.
    #[serde(rename = "ownerReferences", deserialize_with = "owners", skip_serializing)]
    pub owners: Vec<(String, String)>,
    /// Programs that wrote the object itself (not its status), as they named themselves; the latest first. Those of
    /// Kubernetes and KubeVirt are left out.
    #[serde(rename = "managedFields", deserialize_with = "writers", skip_serializing)]
    pub writers: Vec<String>,
}

impl Meta {
    /// Our VM id, when the object carries one.
    pub fn vm_id(&self) -> Option<&str> {
        self.annotations.get(crate::VM_ID_ANNOTATION).map(String::as_str)
    }

    pub(super) fn slim(&mut self) {
        (self.labels, self.annotations) = (BTreeMap::new(), BTreeMap::new());
    }

    /// Whether deletion was asked for.
    pub fn is_deleting(&self) -> bool {
        self.deletion_timestamp.is_some()
    }
}

/// Names become database keys: refused when malformed instead of cut into another object's name.
fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    bounded(from, 253)
}

fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    bounded(from, 128)
}

fn bounded<'de, D: Deserializer<'de>>(from: D, max: usize) -> Result<String, D::Error> {
    let raw = Option::<String>::deserialize(from)?.unwrap_or_default();
    if raw.len() <= max && raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(raw)
    } else {
        Err(D::Error::custom("malformed identifier"))
    }
}

/// The presence counts, not the value: an unreadable time still means deleted.
fn deleted<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let raw = Option::<std::borrow::Cow<'de, str>>::deserialize(from)?;
    Ok(raw
        .map(|text| DateTime::parse_from_rfc3339(&text).map(|t| t.to_utc()).unwrap_or(DateTime::UNIX_EPOCH)))
}

fn labels<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    from.deserialize_any(Filtered(|_| true))
}

fn annotations<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    from.deserialize_any(Filtered(|key| key.starts_with("shepherd.dev/") || owner::tells(key)))
}

fn owners<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, String)>, D::Error> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Owner {
        #[serde(deserialize_with = "de::text::<63, _>")]
        kind: String,
        #[serde(deserialize_with = "de::text::<253, _>")]
        name: String,
    }
    let all: Vec<Owner> = de::nullable(from)?;
    Ok(all.into_iter().take(MAX_OWNERS).map(|owner| (owner.kind, owner.name)).collect())
}

fn writers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Entry {
        #[serde(deserialize_with = "de::text::<100, _>")]
        manager: String,
        #[serde(deserialize_with = "de::text::<40, _>")]
        subresource: String,
        #[serde(deserialize_with = "de::time")]
        time: Option<DateTime<Utc>>,
    }
    let mut all: Vec<Entry> = de::nullable(from)?;
    all.retain(|entry| {
        entry.subresource.is_empty() && !entry.manager.is_empty() && !owner::is_machinery(&entry.manager)
    });
    all.sort_by_key(|entry| std::cmp::Reverse(entry.time));
    let mut names: Vec<String> = Vec::new();
    for entry in all {
        if names.len() < MAX_WRITERS && !names.contains(&entry.manager) {
            names.push(entry.manager);
        }
    }
    Ok(names)
}

/// Reads a map and drops unwanted entries while parsing, so that a 250 KB
/// `last-applied-configuration` annotation never becomes a string of ours.
struct Filtered(fn(&str) -> bool);

impl<'de> Visitor<'de> for Filtered {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of strings")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kept = BTreeMap::new();
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if kept.len() < MAX_LABELS && (self.0)(&key) {
                let value = map.next_value::<Option<String>>()?.unwrap_or_default();
                kept.insert(crate::detail::clean(&key, 320), crate::detail::clean(&value, 1024));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_fields_and_foreign_annotations_go() {
        let meta: Meta = serde_json::from_str(
            r#"{"name":"a","namespace":"n","uid":"u","resourceVersion":"5","generation":2,
                "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","shepherd.dev/vm-id":"7"},
                "labels":{"app":"x"},"managedFields":[{"manager":"m"}],"deletionTimestamp":"2026-01-01T00:00:00Z"}"#,
        )
        .unwrap();
        assert_eq!(meta.vm_id(), Some("7"));
        assert_eq!(meta.annotations.len(), 1);
        assert!(meta.is_deleting());
    }

    #[test]
    fn who_wrote_it_and_what_it_is_part_of_are_kept_by_name_alone() {
        let meta: Meta = serde_json::from_str(
            r#"{"name":"a","ownerReferences":[{"kind":"VirtualMachinePool","name":"web","uid":"u","controller":true}],
                "annotations":{"example.com/owner":"ada"},"managedFields":[
                {"manager":"kubectl-create","operation":"Update","time":"2026-01-01T00:00:00Z","fieldsV1":{"f:spec":{}}},
                {"manager":"virt-controller","time":"2026-03-01T00:00:00Z"},
                {"manager":"kubectl-edit","time":"2026-02-01T00:00:00Z"},
                {"manager":"kubectl-create","time":"2026-01-02T00:00:00Z"},
                {"manager":"someone","subresource":"status"}]}"#,
        )
        .unwrap();
        assert_eq!(meta.writers, ["kubectl-edit", "kubectl-create"]);
        assert_eq!(meta.owners, [("VirtualMachinePool".to_owned(), "web".to_owned())]);
        assert_eq!(meta.annotations["example.com/owner"], "ada");
        let odd: Meta = serde_json::from_str(r#"{"managedFields":null,"ownerReferences":null}"#).unwrap();
        assert!(odd.writers.is_empty() && odd.owners.is_empty());
    }

    #[test]
    fn null_maps_are_empty_and_odd_deletion_times_still_count() {
        let meta: Meta = serde_json::from_str(
            r#"{"name":"a","labels":null,"annotations":null,"deletionTimestamp":"soon"}"#,
        )
        .unwrap();
        assert!(meta.labels.is_empty());
        assert!(meta.is_deleting());
    }

    #[test]
    fn malformed_identifiers_are_refused() {
        assert!(serde_json::from_str::<Meta>(r#"{"name":"a\u0000b"}"#).is_err());
        assert!(serde_json::from_str::<Meta>(&format!(r#"{{"uid":"{}"}}"#, "x".repeat(129))).is_err());
    }
}
