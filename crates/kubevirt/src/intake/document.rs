//! The shape of a kubeconfig, as loose as it must be to refuse by name what is not allowed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::IntakeError;

/// A whole file. Entries that the chosen context does not use are parsed and ignored.
#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(default, rename = "current-context")]
    current_context: Option<String>,
    #[serde(default)]
    contexts: Option<Vec<NamedContext>>,
    #[serde(default)]
    clusters: Option<Vec<NamedCluster>>,
    #[serde(default)]
    users: Option<Vec<NamedUser>>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    #[serde(default)]
    context: Context,
}

/// Which cluster and user belong together.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Context {
    cluster: String,
    user: String,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    #[serde(default)]
    cluster: Entry,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    #[serde(default)]
    user: Entry,
}

/// Fields of a cluster or user.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(super) struct Entry(BTreeMap<String, Value>);

impl Document {
    /// The wanted context, else the current one, else the only one.
    pub(super) fn context(&self, wanted: Option<&str>) -> Result<(&str, &Context), IntakeError> {
        let all = self.contexts.as_deref().unwrap_or_default();
        let current = self.current_context.as_deref().filter(|name| !name.is_empty());
        let found = match (wanted.or(current), all) {
            (Some(name), _) => all.iter().find(|context| context.name == name),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        found.map(|named| (named.name.as_str(), &named.context)).ok_or(IntakeError::NoContext)
    }

    pub(super) fn cluster(&self, context: &Context) -> Result<&Entry, IntakeError> {
        let mut all = self.clusters.iter().flatten();
        all.find(|named| named.name == context.cluster)
            .map(|named| &named.cluster)
            .ok_or(IntakeError::NoCluster)
    }

    pub(super) fn user(&self, context: &Context) -> Result<&Entry, IntakeError> {
        let mut all = self.users.iter().flatten();
        all.find(|named| named.name == context.user).map(|named| &named.user).ok_or(IntakeError::NoUser)
    }
}

impl Entry {
    /// Whether the field is there with a value. Null and empty text count as absent, as tools write them.
    pub(super) fn has(&self, field: &str) -> bool {
        self.0.get(field).is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
    }

    pub(super) fn is_false(&self, field: &str) -> bool {
        self.0.get(field).and_then(Value::as_bool) == Some(false)
    }

    pub(super) fn text(&self, field: &'static str) -> Result<Option<&str>, IntakeError> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(IntakeError::NotText { field }),
        }
    }

    /// Refuses every field that is in neither list.
    pub(super) fn only(&self, allowed: &[&str], checked: &[&str]) -> Result<(), IntakeError> {
        let known = |field: &str| allowed.contains(&field) || checked.contains(&field);
        match self.0.keys().find(|field| !known(field) && self.has(field)) {
            None => Ok(()),
            Some(field) => Err(IntakeError::UnknownField { field: crate::detail::clean(field, 60) }),
        }
    }
}
