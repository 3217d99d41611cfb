//! Coded statements: what every rule answers with, and what clients translate.
//!
//! Invariants: `code` is stable and SCREAMING_SNAKE_CASE, `params` hold only what the reader may see, and
//! `text` is the English sentence for logs and for clients without a translation. Nothing secret goes in.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A statement with a stable code. Equal reasons have equal codes, parameters and text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable; clients translate by it.
    pub code: Cow<'static, str>,
    /// The values the translated sentence needs.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// The sentence in English.
    pub text: String,
}

impl Reason {
    /// A statement without parameters.
    pub fn new(code: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self { code: code.into(), params: Map::new(), text: text.into() }
    }

    /// The same statement with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An error that people and scripts can act on. Its `Display` is the public English sentence; a private cause
/// belongs in `source()`.
pub trait Coded: std::error::Error {
    /// Stable; never reused for another meaning.
    fn code(&self) -> &'static str;

    /// The values the translated sentence needs.
    fn params(&self) -> Map<String, Value> {
        Map::new()
    }

    /// The error as a statement that can be stored or answered with.
    fn reason(&self) -> Reason {
        Reason { code: Cow::Borrowed(self.code()), params: self.params(), text: self.to_string() }
    }
}

/// Parameters from pairs, for implementations of [`Coded::params`].
pub(crate) fn params<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_back_from_its_json() {
        let reason = Reason::new("FITS", "It fits.").with("cluster", "one").with("free", 3);
        let json = serde_json::to_value(&reason).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"code": "FITS", "params": {"cluster": "one", "free": 3}, "text": "It fits."})
        );
        assert_eq!(serde_json::from_value::<Reason>(json).unwrap(), reason);
    }
}
