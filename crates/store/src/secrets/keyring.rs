//! The root keys of a process, and what they can do.
//!
//! A key file holds one key per line, 32 bytes in base64; empty lines and lines from `#` on do not count. A key's id is
//! derived from the key, so that no configuration can pair an id with the wrong key.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};

use super::sealed::{KEY, NONCE, TAG};
use super::{SecretBox, SecretError, Slot};

/// Names a root key without telling it: the head of a hash over it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(super) [u8; Self::LEN]);

impl KeyId {
    pub(super) const LEN: usize = 8;

    fn of(key: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(b"shepherd.root-key.v1\0").chain_update(key).finalize();
        let mut id = [0; Self::LEN];
        id.copy_from_slice(&digest[..Self::LEN]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

struct RootKey {
    id: KeyId,
    key: RandomizedNonceKey,
}

/// The root keys: the first seals, all open.
pub struct Keyring {
    keys: Vec<RootKey>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| key.id)).finish()
    }
}

impl Keyring {
    /// Reads the keys of all files in order. At least one key is needed.
    pub fn from_files(paths: &[PathBuf]) -> Result<Self, SecretError> {
        let mut keys = Vec::new();
        for path in paths {
            read_file(path, &mut keys)?;
        }
        if keys.is_empty() {
            return Err(SecretError::NoKey);
        }
        Ok(Self { keys })
    }

    /// A fresh root key in the form of a key file's line.
    pub fn generate_key() -> Result<SecretString, SecretError> {
        Ok(SecretString::from(STANDARD.encode(random_key()?.as_slice())))
    }

    /// Seals a value for one place under a new data key.
    pub fn seal(&self, slot: Slot, value: &[u8]) -> Result<SecretBox, SecretError> {
        let data_key = random_key()?;
        let (nonce, ciphertext) = seal(&cipher(&data_key)?, &slot.associated_data("value"), value)?;
        self.wrap(slot, &data_key, nonce, ciphertext)
    }

    /// Opens a value that was sealed for this place with any of the keys.
    pub fn open(&self, slot: Slot, sealed: &SecretBox) -> Result<SecretSlice<u8>, SecretError> {
        let data_key = self.unwrap_key(slot, sealed)?;
        let aad = slot.associated_data("value");
        let value = open(&cipher(&data_key)?, &aad, sealed.nonce, &sealed.ciphertext).ok_or(altered(slot))?;
        Ok(SecretSlice::from(value.to_vec()))
    }

    /// Wraps the data key with the first root key; the value itself is not touched.
    pub fn rewrap(&self, slot: Slot, sealed: &SecretBox) -> Result<SecretBox, SecretError> {
        let data_key = self.unwrap_key(slot, sealed)?;
        self.wrap(slot, &data_key, sealed.nonce, sealed.ciphertext.clone())
    }

    /// True when the value is wrapped by another key than the one that seals now.
    pub fn is_outdated(&self, sealed: &SecretBox) -> bool {
        self.keys.first().is_none_or(|key| key.id != sealed.key_id)
    }

    fn wrap(
        &self,
        slot: Slot,
        data_key: &[u8],
        nonce: [u8; NONCE],
        ciphertext: Vec<u8>,
    ) -> Result<SecretBox, SecretError> {
        let root = self.keys.first().ok_or(SecretError::NoKey)?;
        let (key_nonce, wrapped) = seal(&root.key, &slot.associated_data("key"), data_key)?;
        let wrapped_key = wrapped.try_into().map_err(|_| SecretError::Crypto)?;
        Ok(SecretBox { key_id: root.id, key_nonce, wrapped_key, nonce, ciphertext })
    }

    fn unwrap_key(&self, slot: Slot, sealed: &SecretBox) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let root = self.keys.iter().find(|key| key.id == sealed.key_id);
        let root = root.ok_or(SecretError::KeyMissing { id: sealed.key_id })?;
        let aad = slot.associated_data("key");
        open(&root.key, &aad, sealed.key_nonce, &sealed.wrapped_key).ok_or(altered(slot))
    }
}

fn read_file(path: &Path, keys: &mut Vec<RootKey>) -> Result<(), SecretError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| SecretError::KeyFile { path: shown.clone(), reason: error.kind().to_string() })?;
    let text = SecretString::from(text);
    for (index, line) in text.expose_secret().lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let bad = || SecretError::BadKey { path: shown.clone(), line: index + 1 };
        let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| bad())?);
        if bytes.len() != KEY {
            return Err(bad());
        }
        let id = KeyId::of(&bytes);
        if keys.iter().all(|known| known.id != id) {
            keys.push(RootKey { id, key: cipher(&bytes)? });
        }
    }
    Ok(())
}

fn random_key() -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let mut key = Zeroizing::new(vec![0; KEY]);
    rand::fill(&mut key).map_err(|_| SecretError::Crypto)?;
    Ok(key)
}

fn cipher(key: &[u8]) -> Result<RandomizedNonceKey, SecretError> {
    RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| SecretError::Crypto)
}

fn seal(key: &RandomizedNonceKey, aad: &[u8], value: &[u8]) -> Result<([u8; NONCE], Vec<u8>), SecretError> {
    let mut buffer = Vec::with_capacity(value.len() + TAG);
    buffer.extend_from_slice(value);
    let nonce = key.seal_in_place_append_tag(Aad::from(aad), &mut buffer).map_err(|_| SecretError::Crypto)?;
    Ok((*nonce.as_ref(), buffer))
}

fn open(
    key: &RandomizedNonceKey,
    aad: &[u8],
    nonce: [u8; NONCE],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = key.open_in_place(nonce, Aad::from(aad), &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

fn altered(slot: Slot) -> SecretError {
    SecretError::Altered { table: slot.table, column: slot.column }
}
