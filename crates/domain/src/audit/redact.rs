//! Values without their secrets.

use serde_json::{Map, Value};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// A key that has one of these in it holds a secret, written in whatever case and with whatever separators.
const SECRET: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "kubeconfig",
    "credential",
    "privatekey",
    "apikey",
    "accesskey",
    "authorization",
    "cookie",
    "userdata",
    "networkdata",
];

/// A key that ends in one of these is about a secret and holds none.
const ABOUT: [&str; 8] = ["id", "ids", "hash", "sha256", "at", "prefix", "name", "count"];

/// The value with everything that may be a secret replaced, at any depth. Keys stay, so that it shows what was
/// changed. Redacting twice changes nothing more.
pub fn redact(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_secret = fields.get("kind").and_then(Value::as_str) == Some("Secret");
            let redacted = fields.iter().map(|(key, value)| {
                let hide = holds_secret(key) || (is_secret && ["data", "stringData"].contains(&key.as_str()));
                let value = if hide && !is_empty(value) { REDACTED.into() } else { redact(value) };
                (key.clone(), value)
            });
            Value::Object(redacted.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(redact).collect(),
        Value::String(text) => Value::String(redact_text(text)),
        other => other.clone(),
    }
}

/// Nothing, or a switch: neither is a secret, and both say something.
fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(_)) || value.as_str() == Some("")
}

fn holds_secret(key: &str) -> bool {
    // `userData`, `user_data` and `USER-DATA` are one word, and `token_id` ends in a word of its own.
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in key.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && lower_before) {
            words.push(String::new());
        }
        lower_before = c.is_ascii_lowercase() || c.is_ascii_digit();
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    let about = words.len() > 1 && words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    let joined = words.concat();
    !about && SECRET.iter().any(|secret| joined.contains(secret))
}

/// Text that is a secret wherever it stands. PostgreSQL's jsonb takes no NUL, so that goes too.
fn redact_text(text: &str) -> String {
    if text.contains("PRIVATE KEY-----") || text.starts_with("#cloud-config") {
        return REDACTED.to_owned();
    }
    text.replace('\0', "\u{fffd}")
}
