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
#[derive(Debug, Clone)]
pub struct Event {
    /// Revision of the write.
    pub revision: u64,
    /// What happened.
    pub kind: EventKind,
    /// Group resource of the object.
    pub resource: String,
    /// The object after the write.
    pub object: Value,
    /// Labels before the write, so that a watcher with a selector sees objects enter and leave it.
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

/// An entry is `resource NUL head NUL object`: entries of other resources are skipped without parsing, and the
/// object is written as it was serialised for its own table. `object` is that form.
pub(super) fn encode(event: &Event, object: &[u8]) -> Vec<u8> {
    let head =
        Head { revision: event.revision, kind: event.kind, labels_before: event.labels_before.clone() };
    let mut bytes = event.resource.clone().into_bytes();
    bytes.push(0);
    // Serialising numbers and text into memory has no way to fail.
    bytes.extend(serde_json::to_vec(&head).unwrap_or_default());
    bytes.push(0);
    bytes.extend_from_slice(object);
    bytes
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Head {
    #[serde(rename = "r")]
    revision: u64,
    #[serde(rename = "k")]
    kind: EventKind,
    #[serde(rename = "l", default, skip_serializing_if = "BTreeMap::is_empty")]
    labels_before: BTreeMap<String, String>,
}

fn decode(bytes: &[u8], resource: &str) -> Result<Option<Event>, StoreError> {
    let Some(rest) = bytes.strip_prefix(resource.as_bytes()).and_then(|rest| rest.strip_prefix(&[0])) else {
        return Ok(None);
    };
    let corrupt = |e: &dyn std::fmt::Display| StoreError::Corrupt(format!("log: {e}"));
    let end = rest.iter().position(|b| *b == 0).ok_or_else(|| corrupt(&"no end of head"))?;
    let head: Head = serde_json::from_slice(&rest[..end]).map_err(|e| corrupt(&e))?;
    let object = serde_json::from_slice(&rest[end + 1..]).map_err(|e| corrupt(&e))?;
    Ok(Some(Event {
        revision: head.revision,
        kind: head.kind,
        resource: resource.to_owned(),
        object,
        labels_before: head.labels_before,
    }))
}
