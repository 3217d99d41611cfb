//! Reads at one moment.

use redb::{Database, ReadTransaction, ReadableDatabase};
use serde_json::Value;

use super::StoreError;
use super::keys::{Key, META, OBJECTS, OWNERS, UIDS};

/// A consistent view; cheap to make, sees nothing that is committed later.
pub struct Snapshot {
    tx: ReadTransaction,
    revision: u64,
}

/// A part of a list.
pub struct Page {
    /// The objects, in key order.
    pub items: Vec<Value>,
    /// Key of the last object looked at, when there may be more behind it.
    pub next: Option<(String, String)>,
}

impl Snapshot {
    pub(super) fn new(db: &Database) -> Result<Self, StoreError> {
        let tx = db.begin_read().map_err(StoreError::db)?;
        let revision = meta(&tx, "revision")?;
        Ok(Self { tx, revision })
    }

    /// The revision this view shows.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The oldest revision after which a watch may start.
    pub fn compacted(&self) -> Result<u64, StoreError> {
        compacted(&self.tx)
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        let table = self.tx.open_table(OBJECTS).map_err(StoreError::db)?;
        let found = table.get(key.encode().as_str()).map_err(StoreError::db)?;
        found.map(|bytes| parse(bytes.value(), &key.name)).transpose()
    }

    /// Objects of `resource` that `keep` accepts, in one namespace or all, behind `after`, at most `limit`.
    pub fn list(
        &self,
        resource: &str,
        namespace: Option<&str>,
        after: Option<&(String, String)>,
        limit: usize,
        mut keep: impl FnMut(&Value) -> bool,
    ) -> Result<Page, StoreError> {
        let prefix = namespace.map_or_else(|| format!("{resource}\0"), |ns| format!("{resource}\0{ns}\0"));
        let start =
            after.map_or_else(|| prefix.clone(), |(ns, name)| format!("{resource}\0{ns}\0{name}\x01"));
        let table = self.tx.open_table(OBJECTS).map_err(StoreError::db)?;
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = None;
        for entry in table.range(start.as_str()..).map_err(StoreError::db)? {
            let (key, bytes) = entry.map_err(StoreError::db)?;
            let Some(key) = Some(key.value()).filter(|k| k.starts_with(&prefix)) else { break };
            if page.items.len() == limit {
                page.next = last;
                break;
            }
            let object = parse(bytes.value(), key)?;
            if keep(&object) {
                last = Key::decode(key).map(|k| (k.namespace, k.name));
                page.items.push(object);
            }
        }
        Ok(page)
    }

    /// How many objects of `resource` there are (in one namespace or all).
    pub fn count(&self, resource: &str, namespace: Option<&str>) -> Result<usize, StoreError> {
        let prefix = namespace.map_or_else(|| format!("{resource}\0"), |ns| format!("{resource}\0{ns}\0"));
        let table = self.tx.open_table(OBJECTS).map_err(StoreError::db)?;
        let mut count = 0;
        for entry in table.range(prefix.as_str()..).map_err(StoreError::db)? {
            if !entry.map_err(StoreError::db)?.0.value().starts_with(&prefix) {
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    /// Keys of the objects that name `uid` as an owner.
    pub fn dependents(&self, uid: &str) -> Result<Vec<Key>, StoreError> {
        let table = self.tx.open_multimap_table(OWNERS).map_err(StoreError::db)?;
        let mut keys = Vec::new();
        for entry in table.get(uid).map_err(StoreError::db)? {
            keys.extend(Key::decode(entry.map_err(StoreError::db)?.value()));
        }
        Ok(keys)
    }

    /// Uids that objects name as their owner and that nobody has.
    pub fn lost_owners(&self) -> Result<Vec<String>, StoreError> {
        let owners = self.tx.open_multimap_table(OWNERS).map_err(StoreError::db)?;
        let uids = self.tx.open_table(UIDS).map_err(StoreError::db)?;
        let mut lost = Vec::new();
        for entry in redb::ReadableMultimapTable::iter(&owners).map_err(StoreError::db)? {
            let (uid, _) = entry.map_err(StoreError::db)?;
            if uids.get(uid.value()).map_err(StoreError::db)?.is_none() {
                lost.push(uid.value().to_owned());
            }
        }
        Ok(lost)
    }

    /// The object that has this uid.
    pub fn find_uid(&self, uid: &str) -> Result<Option<Key>, StoreError> {
        let table = self.tx.open_table(UIDS).map_err(StoreError::db)?;
        let found = table.get(uid).map_err(StoreError::db)?;
        Ok(found.and_then(|key| Key::decode(key.value())))
    }
}

pub(super) fn parse(bytes: &[u8], what: &str) -> Result<Value, StoreError> {
    serde_json::from_slice(bytes).map_err(|e| StoreError::Corrupt(format!("{what}: {e}")))
}

pub(super) fn compacted(tx: &ReadTransaction) -> Result<u64, StoreError> {
    meta(tx, "compacted")
}

fn meta(tx: &ReadTransaction, name: &str) -> Result<u64, StoreError> {
    let table = tx.open_table(META).map_err(StoreError::db)?;
    Ok(table.get(name).map_err(StoreError::db)?.map_or(0, |v| v.value()))
}
