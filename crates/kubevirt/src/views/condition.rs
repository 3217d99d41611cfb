//! Kubernetes conditions, cut to what we read.

use serde::{Deserialize, Deserializer, Serialize};

use super::{de, text};

/// Conditions kept per object; KubeVirt knows about twenty.
const MAX_CONDITIONS: usize = 48;

/// `status` of a condition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Truth {
    True,
    False,
    /// `Unknown`, and whatever a later version may say.
    #[default]
    Unknown,
}

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match text::<16, D>(from)?.as_str() {
            "True" => Truth::True,
            "False" => Truth::False,
            _ => Truth::Unknown,
        })
    }
}

/// One condition; `message` is the cluster's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    #[serde(rename = "type", deserialize_with = "text::<80, _>")]
    pub kind: String,
    pub status: Truth,
    #[serde(deserialize_with = "text::<100, _>")]
    pub reason: String,
    #[serde(deserialize_with = "text::<1024, _>")]
    pub message: String,
}

/// All conditions of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Conditions(pub Vec<Condition>);

impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut all: Vec<Condition> = de::nullable(from)?;
        all.truncate(MAX_CONDITIONS);
        Ok(Self(all))
    }
}

impl Conditions {
    /// Forgets all others.
    pub(super) fn keep(&mut self, kinds: &[&str]) {
        self.0.retain(|condition| kinds.contains(&condition.kind.as_str()));
        self.0.shrink_to_fit();
    }

    /// The condition of this type.
    pub fn get(&self, kind: &str) -> Option<&Condition> {
        self.0.iter().find(|condition| condition.kind == kind)
    }

    /// Whether the condition is present and true.
    pub fn is_true(&self, kind: &str) -> bool {
        self.get(kind).is_some_and(|condition| condition.status == Truth::True)
    }

    /// The condition, when it is present and false.
    pub fn is_false(&self, kind: &str) -> Option<&Condition> {
        self.get(kind).filter(|condition| condition.status == Truth::False)
    }
}
