//! Keys of objects and the tables they live in.

use redb::{MultimapTableDefinition, TableDefinition};

/// `revision`, `compacted` (the oldest revision a watch may start after).
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// Encoded [`Key`] to JSON bytes.
pub(super) const OBJECTS: TableDefinition<&str, &[u8]> = TableDefinition::new("objects");
/// Revision to an encoded log entry.
pub(super) const LOG: TableDefinition<u64, &[u8]> = TableDefinition::new("log");
/// Uid of an owner to the encoded keys of its dependents.
pub(super) const OWNERS: MultimapTableDefinition<&str, &str> = MultimapTableDefinition::new("owners");
/// Uid to the encoded key of the object that has it.
pub(super) const UIDS: TableDefinition<&str, &str> = TableDefinition::new("uids");

/// Identity of an object: group resource (`virtualmachines.kubevirt.io`, `secrets`), namespace (empty for
/// cluster-scoped kinds) and name. Orders as lists are ordered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// `plural.group`, or `plural` in the core group.
    pub resource: String,
    /// Empty for cluster-scoped kinds.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
}

impl Key {
    /// Makes a key.
    pub fn new(resource: impl Into<String>, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { resource: resource.into(), namespace: namespace.into(), name: name.into() }
    }

    /// The table form. NUL cannot occur in names, so prefixes never meet.
    pub(super) fn encode(&self) -> String {
        format!("{}\0{}\0{}", self.resource, self.namespace, self.name)
    }

    pub(super) fn decode(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '\0');
        Some(Self::new(parts.next()?, parts.next()?, parts.next()?))
    }
}
