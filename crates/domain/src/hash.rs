//! SHA-256 hashes that people and databases see, one type per thing hashed, so that the hash of a template is
//! never compared with the hash of a spec.
//!
//! In text a hash is 64 lower-case hexadecimal digits; upper case is refused, so that equal hashes are equal
//! texts. None of these is a secret, therefore no comparison here is constant-time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::reason::Coded;

/// The text or bytes are not a SHA-256 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 lower-case hexadecimal digits")]
pub struct BadHash;

impl Coded for BadHash {
    fn code(&self) -> &'static str {
        "HASH_INVALID"
    }
}

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The hash of these bytes.
            pub fn of(bytes: &[u8]) -> Self {
                Self(Sha256::digest(bytes).into())
            }

            /// The raw bytes, as stored.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = BadHash;
            fn try_from(bytes: &[u8]) -> Result<Self, BadHash> {
                bytes.try_into().map(Self).map_err(|_| BadHash)
            }
        }

        impl TryFrom<Vec<u8>> for $name {
            type Error = BadHash;
            fn try_from(bytes: Vec<u8>) -> Result<Self, BadHash> {
                Self::try_from(bytes.as_slice())
            }
        }

        impl FromStr for $name {
            type Err = BadHash;
            fn from_str(text: &str) -> Result<Self, BadHash> {
                if text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(BadHash);
                }
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| BadHash)?;
                Ok(Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadHash;
            fn try_from(text: String) -> Result<Self, BadHash> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(hash: $name) -> Self {
                hash.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )*};
}

hashes! {
    /// What a request asks for, byte for byte; what a decision names.
    SpecHash,
    /// A template's content, or user data rendered from it.
    ContentHash,
    /// One audit event's canonical bytes.
    LeafHash,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_from_text_and_bytes() {
        let hash = SpecHash::of(b"abc");
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hash.to_string().parse::<SpecHash>().unwrap(), hash);
        assert_eq!(SpecHash::try_from(hash.as_bytes()).unwrap(), hash);
        assert_eq!(serde_json::from_str::<SpecHash>(&serde_json::to_string(&hash).unwrap()).unwrap(), hash);
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        let upper = SpecHash::of(b"abc").to_string().to_uppercase();
        for text in ["", "ab", "zz", upper.as_str()] {
            assert_eq!(text.parse::<SpecHash>().unwrap_err().code(), "HASH_INVALID");
        }
        assert!(SpecHash::try_from(&[0_u8; 31][..]).is_err());
    }
}
