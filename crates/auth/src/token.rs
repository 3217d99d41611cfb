//! Opaque bearer values: session cookies, personal tokens, console tickets.
//!
//! Each is 256 random bits. We keep only a SHA-256 of it, which needs no salt or stretching because nobody can guess
//! 256 bits; the hash covers the kind, so a value of one kind is never taken for another. A personal token also carries
//! a prefix and a checksum, by which secret scanners find it in repositories without asking us.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a console ticket may be redeemed after it was given out.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);

/// What every personal token begins with.
pub const PERSONAL_PREFIX: &str = "shp_";

const RANDOM: usize = 32;
const CHECKSUM: usize = 4;

/// What a bearer value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The value of the session cookie.
    Session,
    /// A personal access token, or one of a service account: `shp_...`.
    Personal,
    /// A single-use pass to one console, valid for [`TICKET_LIFETIME`].
    Ticket,
}

impl TokenKind {
    const fn label(self) -> &'static str {
        match self {
            Self::Session => "shepherd.session.v1",
            Self::Personal => "shepherd.personal.v1",
            Self::Ticket => "shepherd.ticket.v1",
        }
    }
}

/// What is stored of a bearer value.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From a stored hash; `None` when it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// A fresh bearer value: shown once to its holder, and the hash to store.
#[derive(Debug)]
pub struct NewToken {
    pub value: SecretString,
    pub hash: TokenHash,
}

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system has no randomness to give")]
pub struct NoRandomness;

/// Makes a bearer value.
pub fn generate(kind: TokenKind) -> Result<NewToken, NoRandomness> {
    let mut random = Zeroizing::new([0; RANDOM]);
    rand::fill(random.as_mut_slice()).map_err(|_| NoRandomness)?;
    let value = match kind {
        TokenKind::Session | TokenKind::Ticket => URL_SAFE_NO_PAD.encode(random.as_slice()),
        TokenKind::Personal => {
            let mut checked = Zeroizing::new(random.to_vec());
            checked.extend_from_slice(&checksum(random.as_slice()));
            format!("{PERSONAL_PREFIX}{}", URL_SAFE_NO_PAD.encode(checked.as_slice()))
        }
    };
    let value = SecretString::from(value);
    let hash = hash(kind, value.expose_secret());
    Ok(NewToken { value, hash })
}

/// The hash under which a presented value would be stored; `None` when it cannot be one of ours, so that nonsense
/// costs no query.
pub fn parse(kind: TokenKind, presented: &str) -> Option<TokenHash> {
    let well_formed = match kind {
        TokenKind::Session | TokenKind::Ticket => decode::<RANDOM>(presented).is_some(),
        TokenKind::Personal => {
            let body = decode::<{ RANDOM + CHECKSUM }>(presented.strip_prefix(PERSONAL_PREFIX)?)?;
            let (random, sum) = body.split_at(RANDOM);
            checksum(random) == sum
        }
    };
    well_formed.then(|| hash(kind, presented))
}

fn decode<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    // An oversized text fails here, since it does not fit.
    let length = URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()).ok()?;
    (length == N).then_some(bytes)
}

fn checksum(random: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::new().chain_update(b"shepherd.checksum.v1\0").chain_update(random).finalize();
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&digest[..CHECKSUM]);
    sum
}

fn hash(kind: TokenKind, value: &str) -> TokenHash {
    let digest = Sha256::new().chain_update(kind.label()).chain_update([0]).chain_update(value).finalize();
    TokenHash(digest.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [TokenKind; 3] = [TokenKind::Session, TokenKind::Personal, TokenKind::Ticket];

    #[test]
    fn a_value_is_found_again_by_its_hash_and_only_as_its_kind() {
        for kind in KINDS {
            let token = generate(kind).unwrap();
            assert_eq!(parse(kind, token.value.expose_secret()), Some(token.hash));
            for other in KINDS.into_iter().filter(|other| *other != kind) {
                assert_ne!(parse(other, token.value.expose_secret()), Some(token.hash));
            }
        }
    }

    #[test]
    fn values_are_long_and_never_repeat() {
        let one = generate(TokenKind::Session).unwrap();
        assert_eq!(one.value.expose_secret().len(), 43, "256 bits in base64");
        assert_ne!(one.value.expose_secret(), generate(TokenKind::Session).unwrap().value.expose_secret());
    }

    #[test]
    fn a_scanner_can_tell_a_personal_token_from_a_lookalike() {
        let token = generate(TokenKind::Personal).unwrap();
        let text = token.value.expose_secret();
        assert!(text.starts_with("shp_") && text.len() == 52, "the documented form");
        let mut spoilt = text.to_owned().into_bytes();
        let last = spoilt.len() - 1;
        spoilt[last] = if spoilt[last] == b'A' { b'Q' } else { b'A' };
        assert!(parse(TokenKind::Personal, std::str::from_utf8(&spoilt).unwrap()).is_none());
    }

    #[test]
    fn nothing_prints_a_value_or_its_hash() {
        let token = generate(TokenKind::Personal).unwrap();
        let shown = format!("{token:?}");
        assert!(!shown.contains("shp_"), "{shown}");
        assert_eq!(TokenHash::from_bytes(token.hash.as_bytes()), Some(token.hash));
        assert_eq!(TokenHash::from_bytes(b"short"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_presented_is_refused_quietly(text in ".{0,80}") {
            for kind in KINDS {
                // A random text is well-formed only by decoding to exactly the right length.
                if let Some(hash) = parse(kind, &text) {
                    prop_assert_eq!(Some(hash), parse(kind, &text));
                    prop_assert_eq!(text.len(), 43);
                }
            }
        }
    }
}
