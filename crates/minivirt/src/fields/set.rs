//! Sets of field paths in the `fieldsV1` form of `metadata.managedFields`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A set of paths as a tree. Steps are kept in their wire form: `f:name`, `k:{"name":"root"}`, `v:"text"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// Whether the path to this node is itself a member.
    pub here: bool,
    /// Longer paths.
    pub children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    /// The set with just the empty path.
    pub fn leaf() -> Self {
        Self { here: true, children: BTreeMap::new() }
    }

    /// Whether it has no member.
    pub fn is_empty(&self) -> bool {
        !self.here && self.children.values().all(FieldSet::is_empty)
    }

    /// Puts `set` under `step`, unless it is empty.
    pub fn attach(&mut self, step: String, set: FieldSet) {
        if !set.is_empty() {
            self.children.entry(step).or_default().unite(&set);
        }
    }

    /// Adds all members of `other`.
    pub fn unite(&mut self, other: &FieldSet) {
        self.here |= other.here;
        for (step, set) in &other.children {
            self.children.entry(step.clone()).or_default().unite(set);
        }
    }

    /// Removes all members of `other`.
    pub fn subtract(&mut self, other: &FieldSet) {
        self.here &= !other.here;
        for (step, set) in &other.children {
            if let Some(own) = self.children.get_mut(step) {
                own.subtract(set);
            }
        }
        self.children.retain(|_, set| !set.is_empty());
    }

    /// Members of both.
    pub fn intersect(&self, other: &FieldSet) -> FieldSet {
        let mut both = FieldSet { here: self.here && other.here, children: BTreeMap::new() };
        for (step, set) in &self.children {
            if let Some(theirs) = other.children.get(step) {
                both.attach(step.clone(), set.intersect(theirs));
            }
        }
        both
    }

    /// All members in the notation of conflict messages: `.spec.template.spec.volumes[name="root"].name`.
    pub fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect("", &mut found);
        found
    }

    fn collect(&self, prefix: &str, found: &mut Vec<String>) {
        if self.here {
            found.push(prefix.to_owned());
        }
        for (step, set) in &self.children {
            set.collect(&format!("{prefix}{}", readable(step)), found);
        }
    }

    /// The wire form.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        if self.here && !self.children.is_empty() {
            map.insert(".".to_owned(), Value::Object(Map::new()));
        }
        for (step, set) in &self.children {
            map.insert(step.clone(), set.to_json());
        }
        Value::Object(map)
    }

    /// Reads the wire form; what is not an object counts as a leaf.
    pub fn from_json(value: &Value) -> Self {
        let Some(map) = value.as_object() else { return Self::leaf() };
        let mut set = FieldSet { here: map.is_empty() || map.contains_key("."), children: BTreeMap::new() };
        for (step, child) in map.iter().filter(|(step, _)| *step != ".") {
            set.children.insert(step.clone(), Self::from_json(child));
        }
        set
    }
}

fn readable(step: &str) -> String {
    match step.split_once(':') {
        Some(("k", keys)) => {
            let keys: BTreeMap<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
            format!("[{}]", keys.join(","))
        }
        Some(("v", value)) => format!("[={value}]"),
        Some((_, name)) => format!(".{name}"),
        None => format!(".{step}"),
    }
}
