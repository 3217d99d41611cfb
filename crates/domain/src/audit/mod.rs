//! One audit event: what it says, without secrets, and the bytes by which it can be proved later.
//!
//! Invariants: nothing is sealed that was not redacted, because sealing redacts; the canonical bytes are RFC
//! 8785 JSON of every column but those the database gives (its id and transaction), and the leaf is their
//! SHA-256. Verification compares stored bytes and never makes them anew.
//! [`export`] says how it leaves the house and [`verify`] whether what arrived is what was sealed. Not here: writing the
//! row, the tree over the leaves ([`crate::merkle`]), and who may read it.

pub mod export;
mod redact;
pub mod retention;
pub mod verify;
pub mod words;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::hash::LeafHash;
use crate::ids::{EnvironmentId, PrincipalId, RequestId, SystemId, VmId};
use crate::states::AuditOutcome;

pub use redact::{REDACTED, redact};

/// The version of the canonical layout.
const LEAF_VERSION: u32 = 1;

/// How many characters of a name or an address are kept.
const MAX_TEXT: usize = 300;

/// What happened, as the columns of `audit_event`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditRecord {
    /// When, in business time. PostgreSQL keeps microseconds, so the rest is cut off when it is sealed.
    #[serde(serialize_with = "micros")]
    pub at: DateTime<Utc>,
    /// Who; none where nobody was signed in.
    pub actor_id: Option<PrincipalId>,
    /// The actor's name then, or what was tried as one.
    pub actor_name: String,
    /// For whom, where not for the actor.
    pub on_behalf_of: Option<PrincipalId>,
    /// What, in the contract's words (`x-audit`).
    pub action: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// What kind of thing it was done to.
    pub resource_kind: String,
    /// Which one.
    pub resource_id: Option<String>,
    /// Its name then.
    pub resource_name: String,
    /// Whose business line.
    pub system_id: Option<SystemId>,
    /// Where.
    pub environment_id: Option<EnvironmentId>,
    /// The VM it is about.
    pub vm_id: Option<VmId>,
    /// The request it belongs to.
    pub request_id: Option<RequestId>,
    /// From where.
    pub source_address: Option<String>,
    /// Why not, where it was not done.
    pub code: Option<String>,
    /// What was.
    pub before: Option<Value>,
    /// What is.
    pub after: Option<Value>,
}

impl AuditRecord {
    /// A record with what every record has; the rest is set on it.
    pub fn new(at: DateTime<Utc>, action: impl Into<String>, outcome: AuditOutcome) -> Self {
        Self {
            at,
            actor_id: None,
            actor_name: String::new(),
            on_behalf_of: None,
            action: action.into(),
            outcome,
            resource_kind: String::new(),
            resource_id: None,
            resource_name: String::new(),
            system_id: None,
            environment_id: None,
            vm_id: None,
            request_id: None,
            source_address: None,
            code: None,
            before: None,
            after: None,
        }
    }

    /// The same record about this thing.
    #[must_use]
    pub fn about(mut self, kind: &str, id: impl Into<Uuid>, name: impl Into<String>) -> Self {
        self.resource_kind = kind.to_owned();
        self.resource_id = Some(id.into().to_string());
        self.resource_name = name.into();
        self
    }
}

/// A record without secrets and with its proof; the only thing the store writes.
#[derive(Clone, Debug, PartialEq)]
pub struct SealedAudit {
    record: AuditRecord,
    canonical: Vec<u8>,
    leaf: LeafHash,
}

impl SealedAudit {
    /// The record as it is written: redacted, its time cut to microseconds.
    pub const fn record(&self) -> &AuditRecord {
        &self.record
    }

    /// The bytes the leaf is the hash of.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// SHA-256 of the canonical bytes.
    pub const fn leaf(&self) -> LeafHash {
        self.leaf
    }
}

/// Redacts a record and makes its leaf.
///
/// # Errors
/// Only if `before` or `after` hold a number that JSON cannot.
pub fn seal(mut record: AuditRecord) -> Result<SealedAudit, serde_json::Error> {
    record.at = record.at.trunc_subsecs(6);
    for text in [&mut record.actor_name, &mut record.resource_kind, &mut record.resource_name] {
        *text = clean(text);
    }
    for text in [&mut record.resource_id, &mut record.source_address, &mut record.code] {
        *text = text.as_deref().map(clean);
    }
    record.before = record.before.as_ref().map(redact);
    record.after = record.after.as_ref().map(redact);
    let mut fields: Map<String, Value> = match serde_json::to_value(&record)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    fields.insert("v".into(), LEAF_VERSION.into());
    let canonical = serde_json_canonicalizer::to_vec(&fields)?;
    Ok(SealedAudit { leaf: LeafHash::of(&canonical), canonical, record })
}

/// Text from outside, such as what was typed as a name at a failed sign-in: PostgreSQL takes no NUL, and nobody
/// fills the log with one field.
fn clean(text: &str) -> String {
    text.chars().take(MAX_TEXT).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn micros<S: serde::Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests;
