//! The bounded event log behind `watch`.

use std::collections::BTreeMap;

use redb::{Database, ReadableDatabase};
use serde_json::Value;

use super::StoreError;
use super::keys::{Key, LOG};
use super::snapshot::compacted;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EventKind {
    /// Created.
    Added,
    /// Changed.
    Modified,
    /// Removed; the object is the last state with the revision of the removal.
    Deleted,
}

/// One committed write.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Event {
    /// Revision of the write.
    #[serde(rename = "r")]
    pub revision: u64,
    /// What happened.
    #[serde(rename = "k")]
    pub kind: EventKind,
    /// Group resource of the object.
    #[serde(rename = "g")]
    pub resource: String,
    /// The object after the write.
    #[serde(rename = "o")]
    pub object: Value,
    /// Labels before the write, so that a watcher with a selector sees objects enter and leave it.
    #[serde(rename = "l", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels_before: BTreeMap<String, String>,
}

impl Event {
    /// Identity of the object.
    pub fn key(&self) -> Key {
        let text = |field: &str| self.object["metadata"][field].as_str().unwrap_or_default().to_owned();
        Key::new(self.resource.clone(), text("namespace"), text("name"))
    }
}

/// A stretch of the log.
pub struct Replay {
    /// Matching events, oldest first.
    pub events: Vec<Event>,
    /// Revision up to which the log was read; continue after it.
    pub upto: u64,
    /// Whether `limit` ended the read before the end of the log.
    pub more: bool,
}

pub(super) fn replay(db: &Database, resource: &str, after: u64, limit: usize) -> Result<Replay, StoreError> {
    let tx = db.begin_read().map_err(StoreError::db)?;
    let oldest = compacted(&tx)?;
    if after < oldest {
        return Err(StoreError::Compacted { requested: after, oldest });
    }
    let table = tx.open_table(LOG).map_err(StoreError::db)?;
    let mut replay = Replay { events: Vec::new(), upto: after, more: false };
    for entry in table.range(after + 1..).map_err(StoreError::db)? {
        let (revision, bytes) = entry.map_err(StoreError::db)?;
        if replay.events.len() == limit {
            replay.more = true;
            break;
        }
        replay.upto = revision.value();
        if let Some(event) = decode(bytes.value(), resource)? {
            replay.events.push(event);
        }
    }
    Ok(replay)
}

/// An entry is `resource NUL json`, so that entries of other resources are skipped without parsing.
pub(super) fn encode(event: &Event) -> Vec<u8> {
    let mut bytes = event.resource.clone().into_bytes();
    bytes.push(0);
    // Serialising a JSON value into memory has no way to fail.
    bytes.extend(serde_json::to_vec(event).unwrap_or_default());
    bytes
}

fn decode(bytes: &[u8], resource: &str) -> Result<Option<Event>, StoreError> {
    let Some(json) = bytes.strip_prefix(resource.as_bytes()).and_then(|rest| rest.strip_prefix(&[0])) else {
        return Ok(None);
    };
    serde_json::from_slice(json).map(Some).map_err(|e| StoreError::Corrupt(format!("log: {e}")))
}
