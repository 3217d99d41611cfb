//! Secrets at rest: envelope encryption with AES-256-GCM.
//!
//! Every value has a random data key of its own, wrapped by a root key that never enters the database. Both layers
//! are bound to table, column and row, so a ciphertext moved to another place does not open. Root keys come from files;
//! the first seals, all open, and changing keys means wrapping the data keys anew ([`Keyring::rewrap`]), not the values.

mod keyring;
mod rotate;
mod sealed;

pub use keyring::{KeyId, Keyring};
pub use rotate::{Rotation, rotate};
pub use sealed::SecretBox;

use uuid::Uuid;

/// Where a secret lives; part of what is authenticated.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub table: &'static str,
    pub column: &'static str,
    pub row: Uuid,
}

impl Slot {
    /// The associated data. Names of tables and columns hold no NUL, so the parts cannot run into each other.
    fn associated_data(&self, layer: &str) -> Vec<u8> {
        let mut data = Vec::with_capacity(64);
        for part in ["shepherd.secret.v1", layer, self.table, self.column] {
            data.extend_from_slice(part.as_bytes());
            data.push(0);
        }
        data.extend_from_slice(self.row.as_bytes());
        data
    }
}

/// Why a secret could not be sealed or opened. Never says anything about the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("no root key is set; name a file that holds one (32 random bytes in base64)")]
    NoKey,
    #[error("cannot read the root key file {path}: {reason}")]
    KeyFile { path: String, reason: String },
    #[error("the root key file {path}, line {line}, does not hold 32 bytes in base64")]
    BadKey { path: String, line: usize },
    #[error("the secret was sealed with root key {id}, which is not among the key files")]
    KeyMissing { id: KeyId },
    #[error("the secret in {table}.{column} was altered, or belongs to another row")]
    Altered { table: &'static str, column: &'static str },
    #[error("the stored bytes are not a sealed secret")]
    Malformed,
    #[error("the cryptographic library refused to work")]
    Crypto,
}

impl SecretError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoKey => "ROOT_KEY_MISSING",
            Self::KeyFile { .. } | Self::BadKey { .. } => "ROOT_KEY_INVALID",
            Self::KeyMissing { .. } => "SECRET_KEY_MISSING",
            Self::Altered { .. } => "SECRET_ALTERED",
            Self::Malformed => "SECRET_MALFORMED",
            Self::Crypto => "INTERNAL",
        }
    }
}

#[cfg(test)]
mod tests;
