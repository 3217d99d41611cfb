//! Entries of `metadata.managedFields`.

use serde_json::{Value, json};

use super::set::FieldSet;
use crate::objects::Write;
use crate::{clock, object};

/// How a manager came to own its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Server-side apply.
    Apply,
    /// Anything else.
    Update,
}

/// What one manager owns.
#[derive(Debug, Clone)]
pub struct Entry {
    pub manager: String,
    pub operation: Operation,
    pub api_version: String,
    pub subresource: String,
    pub time: String,
    pub set: FieldSet,
}

impl Entry {
    pub fn new(write: &Write, operation: Operation, set: FieldSet) -> Self {
        Self {
            manager: write.manager.clone(),
            operation,
            api_version: write.resource.api_version(),
            subresource: write.subresource.clone().unwrap_or_default(),
            time: clock::timestamp(),
            set,
        }
    }

    /// Whether it is the entry of this write.
    pub fn is(&self, write: &Write, operation: Operation) -> bool {
        self.manager == write.manager
            && self.operation == operation
            && self.subresource == write.subresource.as_deref().unwrap_or_default()
    }

    /// Adds fields; the time moves only if something is new.
    pub fn claim(&mut self, set: &FieldSet) {
        let before = self.set.clone();
        self.set.unite(set);
        if self.set != before {
            self.time = clock::timestamp();
        }
    }

    /// The name of the owner in conflict messages.
    pub fn describe(&self) -> String {
        let sub = match self.subresource.as_str() {
            "" => String::new(),
            sub => format!(" with subresource \"{sub}\""),
        };
        let using = match self.operation {
            Operation::Apply => String::new(),
            Operation::Update => format!(" using {}", self.api_version),
        };
        format!("\"{}\"{sub}{using}", self.manager)
    }

    pub fn to_json(&self) -> Value {
        let operation = match self.operation {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        };
        let mut entry = json!({"manager": self.manager, "operation": operation, "apiVersion": self.api_version,
            "time": self.time, "fieldsType": "FieldsV1", "fieldsV1": self.set.to_json()});
        object::set_or_remove(&mut entry, "subresource", json!(self.subresource));
        entry
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let mut set = FieldSet::from_json(value.get("fieldsV1")?);
        set.here = false;
        Some(Self {
            manager: text("manager"),
            operation: if value["operation"] == "Apply" { Operation::Apply } else { Operation::Update },
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: text("time"),
            set,
        })
    }
}

/// All well-formed entries of an object.
pub fn read(object: &Value) -> Vec<Entry> {
    object::items(object, "/metadata/managedFields").iter().filter_map(Entry::from_json).collect()
}
