//! One job's view of the write transaction: reads see its own writes, which reach the file only if it succeeds.

use std::collections::{BTreeMap, BTreeSet};

use redb::WriteTransaction;
use serde_json::Value;

use super::StoreError;
use super::keys::{Key, LOG, OBJECTS, OWNERS, UIDS};
use super::log::{self, Event, EventKind};
use super::snapshot::parse;

/// A job's transaction.
pub struct Tx<'a> {
    db: &'a WriteTransaction,
    revision: u64,
    skew: i64,
    writes: Vec<Write>,
    overlay: BTreeMap<Key, Option<Value>>,
}

/// One write of a job.
struct Write {
    key: Key,
    event: Event,
    /// Owners it had and has.
    owners: (BTreeSet<String>, BTreeSet<String>),
}

impl<'a> Tx<'a> {
    pub(super) fn new(db: &'a WriteTransaction, revision: u64, skew: i64) -> Self {
        Self { db, revision, skew, writes: Vec::new(), overlay: BTreeMap::new() }
    }

    /// How many seconds the clock is ahead that stamps what this job makes.
    pub fn skew(&self) -> i64 {
        self.skew
    }

    /// One object, as this job would leave it.
    pub fn get(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        if let Some(seen) = self.overlay.get(key) {
            return Ok(seen.clone());
        }
        let table = self.db.open_table(OBJECTS).map_err(StoreError::db)?;
        let found = redb::ReadableTable::get(&table, key.encode().as_str()).map_err(StoreError::db)?;
        found.map(|bytes| parse(bytes.value(), &key.name)).transpose()
    }

    /// Whether any object had this uid before this job.
    pub fn uid_exists(&self, uid: &str) -> Result<bool, StoreError> {
        let table = self.db.open_table(UIDS).map_err(StoreError::db)?;
        Ok(redb::ReadableTable::get(&table, uid).map_err(StoreError::db)?.is_some())
    }

    /// Writes an object and returns it with its new resourceVersion.
    pub fn put(&mut self, key: &Key, mut object: Value) -> Result<Value, StoreError> {
        let before = self.get(key)?;
        let kind = if before.is_some() { EventKind::Modified } else { EventKind::Added };
        self.record(key, kind, &mut object, before.as_ref());
        self.overlay.insert(key.clone(), Some(object.clone()));
        Ok(object)
    }

    /// Removes an object and returns its last state with the revision of the removal.
    pub fn delete(&mut self, key: &Key) -> Result<Option<Value>, StoreError> {
        let Some(object) = self.get(key)? else { return Ok(None) };
        self.remove(key, object).map(Some)
    }

    /// Removes an object whose last state is `object`, as when its last finalizer goes.
    pub fn remove(&mut self, key: &Key, mut object: Value) -> Result<Value, StoreError> {
        let before = self.get(key)?;
        self.record(key, EventKind::Deleted, &mut object, before.as_ref());
        self.overlay.insert(key.clone(), None);
        Ok(object)
    }

    /// Forgets what this job wrote (dry run).
    pub fn discard(&mut self) {
        self.revision -= self.writes.len() as u64;
        self.writes.clear();
        self.overlay.clear();
    }

    fn record(&mut self, key: &Key, kind: EventKind, object: &mut Value, before: Option<&Value>) {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = Value::String(self.revision.to_string());
        let after = if kind == EventKind::Deleted { BTreeSet::new() } else { owner_uids(object) };
        let owners = (before.map(owner_uids).unwrap_or_default(), after);
        let event = Event {
            revision: self.revision,
            kind,
            resource: key.resource.clone(),
            object: object.clone(),
            labels_before: before.map(labels).unwrap_or_default(),
        };
        self.writes.push(Write { key: key.clone(), event, owners });
    }

    /// Moves the job's writes into the shared transaction.
    pub(super) fn apply(self) -> Result<Vec<Event>, StoreError> {
        let mut objects = self.db.open_table(OBJECTS).map_err(StoreError::db)?;
        let mut entries = self.db.open_table(LOG).map_err(StoreError::db)?;
        let mut events = Vec::with_capacity(self.writes.len());
        for write in self.writes {
            let key = write.key.encode();
            let json = serde_json::to_vec(&write.event.object)
                .map_err(|e| StoreError::Corrupt(format!("{}: {e}", write.key.name)))?;
            if write.event.kind == EventKind::Deleted {
                objects.remove(key.as_str()).map_err(StoreError::db)?;
            } else {
                objects.insert(key.as_str(), json.as_slice()).map_err(StoreError::db)?;
            }
            index(self.db, &key, &write)?;
            let entry = log::encode(&write.event, &json);
            entries.insert(write.event.revision, entry.as_slice()).map_err(StoreError::db)?;
            events.push(write.event);
        }
        Ok(events)
    }
}

/// Keeps the owner and uid indexes in step with one write.
fn index(db: &WriteTransaction, key: &str, write: &Write) -> Result<(), StoreError> {
    let (old, new) = &write.owners;
    if old != new {
        let mut owners = db.open_multimap_table(OWNERS).map_err(StoreError::db)?;
        for uid in old.difference(new) {
            owners.remove(uid.as_str(), key).map_err(StoreError::db)?;
        }
        for uid in new.difference(old) {
            owners.insert(uid.as_str(), key).map_err(StoreError::db)?;
        }
    }
    let Some(uid) = write.event.object["metadata"]["uid"].as_str() else { return Ok(()) };
    if write.event.kind != EventKind::Modified {
        let mut uids = db.open_table(UIDS).map_err(StoreError::db)?;
        if write.event.kind == EventKind::Added {
            uids.insert(uid, key).map_err(StoreError::db)?;
        } else {
            uids.remove(uid).map_err(StoreError::db)?;
        }
    }
    Ok(())
}

fn owner_uids(object: &Value) -> BTreeSet<String> {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().filter_map(|o| o["uid"].as_str()).map(str::to_owned).collect()
}

fn labels(object: &Value) -> BTreeMap<String, String> {
    let labels = object["metadata"]["labels"].as_object();
    labels.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}
