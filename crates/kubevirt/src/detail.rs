//! The cluster's own words: untrusted text, kept apart from ours.
//!
//! A cluster may be hostile or merely verbose: its text is cut to [`MAX_CHARS`], stripped of control
//! characters (PostgreSQL refuses NUL; terminals obey escapes) and of anything that looks like a bearer
//! token, before it is stored, logged or shown as a quotation.

use std::fmt;

use serde::Serialize;

/// Longest kept text, in characters. Admission webhooks list ten causes; more helps nobody.
pub const MAX_CHARS: usize = 1024;

/// Text that came from a cluster (or from the network on the way there). Show it as a quotation only.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Detail(String);

impl Detail {
    /// Cleans and cuts `text`.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(redact(&clean(text.as_ref(), MAX_CHARS)))
    }

    /// Text of an error and of its causes, outermost first, cleaned and cut.
    pub fn chain(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            let words = cause.to_string();
            if !text.ends_with(&words) {
                text.push_str(": ");
                text.push_str(&words);
            }
            next = cause.source();
        }
        Self::new(text)
    }

    /// The cleaned text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the cluster said nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control characters and bidirectional overrides become spaces; at most `max` characters stay.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let mut out: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() || is_override(c) { ' ' } else { c })
        .take(max + 1)
        .collect();
    if out.chars().count() > max {
        out.pop();
        out.pop();
        out.push('…');
    }
    out
}

fn is_override(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Replaces JSON web tokens and what follows `Bearer`: a proxy may echo our own request headers.
fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_bearer = false;
    for word in text.split_inclusive([' ', '"', '\'', ',']) {
        let body = word.trim_end_matches([' ', '"', '\'', ',']);
        let secret = (after_bearer && !body.is_empty()) || body.trim_start_matches('=').starts_with("eyJ");
        if secret {
            out.push_str("[redacted]");
            out.push_str(&word[body.len()..]);
        } else {
            out.push_str(word);
        }
        after_bearer = body.eq_ignore_ascii_case("bearer") || (after_bearer && body.is_empty());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_overrides_go() {
        let detail = Detail::new("a\u{0}b\u{1b}[31mc\u{202e}d\n");
        assert_eq!(detail.as_str(), "a b [31mc d");
    }

    #[test]
    fn long_text_is_cut() {
        let detail = Detail::new("é".repeat(5000));
        assert_eq!(detail.as_str().chars().count(), MAX_CHARS);
        assert!(detail.as_str().ends_with('…'));
    }

    #[test]
    fn tokens_are_redacted() {
        let detail = Detail::new("Authorization: Bearer abc.def refused, got \"eyJhbGciOi.x.y\" instead");
        assert_eq!(detail.as_str(), "Authorization: Bearer [redacted] refused, got \"[redacted]\" instead");
    }
}
