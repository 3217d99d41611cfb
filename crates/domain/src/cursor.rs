//! Opaque cursors: where a list goes on.
//!
//! A cursor is base64url of small JSON that names the list it belongs to, so that one list's cursor is refused
//! by another. It holds the sort key of the last row and nothing else: no filter, no permission, no secret.
//! It is not signed, because a forged one shows nothing that the query would not show anyway: filters and
//! permissions are applied again on every page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::reason::Coded;

/// The longest cursor taken, as in the contract.
const MAX: usize = 512;

/// The text is not a cursor of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list; start again without one")]
pub struct BadCursor;

impl Coded for BadCursor {
    fn code(&self) -> &'static str {
        "CURSOR_INVALID"
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<K, T> {
    k: K,
    v: T,
}

/// A cursor of the list `kind` after the row with this key.
///
/// # Errors
/// [`BadCursor`] if the key is too large for a cursor or is no JSON; a key of ids, times and names is neither.
pub fn encode<T: Serialize>(kind: &str, key: &T) -> Result<String, BadCursor> {
    let json = serde_json::to_vec(&Envelope { k: kind, v: key }).map_err(|_| BadCursor)?;
    let text = URL_SAFE_NO_PAD.encode(json);
    if text.len() > MAX { Err(BadCursor) } else { Ok(text) }
}

/// The key in a cursor of the list `kind`.
///
/// # Errors
/// [`BadCursor`] for anything that [`encode`] did not make for this list.
pub fn decode<T: DeserializeOwned>(kind: &str, cursor: &str) -> Result<T, BadCursor> {
    if cursor.len() > MAX {
        return Err(BadCursor);
    }
    let json = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| BadCursor)?;
    // Read in two steps: another list's key may not even have this list's type.
    let envelope: Envelope<String, Box<serde_json::value::RawValue>> =
        serde_json::from_slice(&json).map_err(|_| BadCursor)?;
    if envelope.k != kind {
        return Err(BadCursor);
    }
    serde_json::from_str(envelope.v.get()).map_err(|_| BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::VmId;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_belongs_to_one_list() {
        let key = (42_i64, VmId::new());
        let cursor = encode("vms", &key).unwrap();
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(decode::<(i64, VmId)>("vms", &cursor), Ok(key));
        assert_eq!(decode::<(i64, VmId)>("requests", &cursor), Err(BadCursor));
        assert_eq!(decode::<i64>("vms", &cursor), Err(BadCursor));
        assert_eq!(BadCursor.code(), "CURSOR_INVALID");
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "!", "e30", "bnVsbA", &"A".repeat(513), "eyJrIjoidm1zIiwidiI6MX0="] {
            assert_eq!(decode::<i64>("vms", text), Err(BadCursor), "{text}");
        }
        assert_eq!(encode("vms", &"x".repeat(500)), Err(BadCursor));
    }

    proptest! {
        #[test]
        fn a_key_comes_back(number in any::<i64>(), name in "[^\u{0}]{0,30}") {
            let cursor = encode("list", &(number, name.as_str())).unwrap();
            prop_assert_eq!(decode::<(i64, String)>("list", &cursor), Ok((number, name)));
        }

        #[test]
        fn any_text_is_refused_in_peace(text in ".{0,60}") {
            let _ = decode::<(i64, String)>("list", &text);
        }
    }
}
