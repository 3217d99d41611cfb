//! Keys of notes: Ed25519, known by a name and four bytes of a hash over name and key.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::SignatureLine;

/// The kind of a signature, in the words of the format.
const TYPE_ED25519: u8 = 1;

/// A key with which notes are checked. Its text form, `name+hash+key`, is what log clients call a verifier key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    public: [u8; 32],
}

/// The text is not a key for notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a key for signed notes (name+hash+key)")]
pub struct BadKey;

impl NoteKey {
    /// The key of this name; `None` where the name cannot stand in a note.
    pub fn new(name: &str, public: [u8; 32]) -> Option<Self> {
        is_name(name).then(|| Self { name: name.to_owned(), public })
    }

    /// The name, which for a log's key is the log's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What tells it from other keys of its name, as eight hexadecimal digits.
    pub fn id(&self) -> String {
        hex::encode(self.hash())
    }

    /// Whether a note says that this key has signed it, rightly or not.
    pub fn named_in(&self, note: &str) -> bool {
        let lines = super::split(note).map(|(_, lines)| lines).unwrap_or_default();
        lines.iter().any(|line| line.name == self.name && line.hash == self.hash())
    }

    fn hash(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', TYPE_ED25519])
            .chain_update(self.public)
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    /// Whether the line is this key's signature of the text.
    pub(super) fn signed(&self, text: &str, line: &SignatureLine<'_>) -> bool {
        line.name == self.name
            && line.hash == self.hash()
            && UnparsedPublicKey::new(&ED25519, self.public).verify(text.as_bytes(), &line.signature).is_ok()
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = STANDARD.encode([&[TYPE_ED25519], self.public.as_slice()].concat());
        write!(f, "{}+{}+{encoded}", self.name, self.id())
    }
}

impl FromStr for NoteKey {
    type Err = BadKey;
    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(hash), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadKey);
        };
        let bytes = STANDARD.decode(encoded).map_err(|_| BadKey)?;
        let public = bytes.strip_prefix(&[TYPE_ED25519]).and_then(|key| key.try_into().ok()).ok_or(BadKey)?;
        let key = Self::new(name, public).ok_or(BadKey)?;
        if key.id() == hash { Ok(key) } else { Err(BadKey) }
    }
}

/// A key that signs notes.
pub struct NoteSigner {
    pair: Ed25519KeyPair,
    key: NoteKey,
}

impl NoteSigner {
    /// From its secret seed of 32 bytes.
    pub fn from_seed(name: &str, seed: &[u8]) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BadKey)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| BadKey)?;
        Ok(Self { key: NoteKey::new(name, public).ok_or(BadKey)?, pair })
    }

    /// The key by which its signatures are checked.
    pub const fn key(&self) -> &NoteKey {
        &self.key
    }

    /// The public half, as it is stored.
    pub const fn public(&self) -> &[u8; 32] {
        &self.key.public
    }

    pub(super) fn line(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let encoded = STANDARD.encode([self.key.hash().as_slice(), signature.as_ref()].concat());
        format!("\u{2014} {} {encoded}\n", self.key.name)
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.key)
    }
}

/// What the format allows as the name of a key.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}
