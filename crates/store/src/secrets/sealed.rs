//! The stored form of a sealed secret.
//!
//! Layout, lengths in bytes: version (1, = 1), root key id (8), nonce (12) and wrapped data key with tag (48), nonce (12)
//! and ciphertext with tag (rest). It is kept in a `bytea` column beside the row it belongs to.

use std::fmt;

use super::{KeyId, SecretError};

pub(super) const NONCE: usize = 12;
pub(super) const TAG: usize = 16;
pub(super) const KEY: usize = 32;
const VERSION: u8 = 1;
const WRAPPED: usize = KEY + TAG;
const HEADER: usize = 1 + KeyId::LEN + NONCE + WRAPPED + NONCE;

/// A sealed secret. Holds no plaintext, so it may be copied and stored freely.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBox {
    pub(super) key_id: KeyId,
    pub(super) key_nonce: [u8; NONCE],
    pub(super) wrapped_key: [u8; WRAPPED],
    pub(super) nonce: [u8; NONCE],
    pub(super) ciphertext: Vec<u8>,
}

impl SecretBox {
    /// The root key that wrapped it.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.ciphertext.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.key_id.0);
        bytes.extend_from_slice(&self.key_nonce);
        bytes.extend_from_slice(&self.wrapped_key);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.ciphertext);
        bytes
    }

    /// Reads stored bytes back. Says nothing yet about whether they can be opened.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        let (&version, rest) = bytes.split_first().ok_or(SecretError::Malformed)?;
        if version != VERSION {
            return Err(SecretError::Malformed);
        }
        let (key_id, rest) = take(rest)?;
        let (key_nonce, rest) = take(rest)?;
        let (wrapped_key, rest) = take(rest)?;
        let (nonce, rest) = take(rest)?;
        if rest.len() < TAG {
            return Err(SecretError::Malformed);
        }
        Ok(Self { key_id: KeyId(key_id), key_nonce, wrapped_key, nonce, ciphertext: rest.to_vec() })
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), SecretError> {
    bytes.split_first_chunk().map(|(head, rest)| (*head, rest)).ok_or(SecretError::Malformed)
}

impl fmt::Debug for SecretBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretBox").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
