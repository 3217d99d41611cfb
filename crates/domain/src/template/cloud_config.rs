//! cloud-config as YAML: read to be judged, never written anew.

use serde_json::Value;

use super::{HOSTNAME, SSH_KEYS, TemplateError};

/// The first line by which cloud-init knows its own format.
const HEADER: &str = "#cloud-config";

/// The mapping that the text holds; an empty one where there is nothing but comments.
pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Default::default()));
    }
    if text.lines().next().map(str::trim_end) != Some(HEADER) {
        return Err(TemplateError::NotCloudConfig);
    }
    let nothing = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    if nothing {
        return Ok(Value::Object(Default::default()));
    }
    let value: Value = serde_saphyr::from_str(text)
        .map_err(|error| TemplateError::Yaml { line: error.location().map(|at| at.line()) })?;
    if value.is_object() { Ok(value) } else { Err(TemplateError::Yaml { line: None }) }
}

/// Whether two documents have the same lists and mappings in the same places; what stands in them may differ,
/// and the names of keys too, because a template may put a variable there.
pub(super) fn same_shape(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.values().zip(b.values()).all(|(a, b)| same_shape(a, b))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_shape(a, b))
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => false,
        _ => true,
    }
}

/// The text with keys and host name appended at the top level, proved to hold what it held and those.
pub(super) fn complete(
    text: &str,
    parsed: &Value,
    ssh_keys: &[String],
    hostname: &str,
) -> Result<String, TemplateError> {
    if parsed.get(SSH_KEYS).is_some() && !ssh_keys.is_empty() {
        return Err(TemplateError::ReservedKey { key: SSH_KEYS });
    }
    let mut expected = parsed.clone();
    let mut finished = if text.trim().is_empty() { format!("{HEADER}\n") } else { text.to_owned() };
    if !finished.ends_with('\n') {
        finished.push('\n');
    }
    if parsed.get(HOSTNAME).is_none() && parsed.get("fqdn").is_none() {
        // JSON strings are YAML strings.
        finished.push_str(&format!("{HOSTNAME}: {}\n", Value::from(hostname)));
        expected[HOSTNAME] = hostname.into();
    }
    if !ssh_keys.is_empty() {
        finished.push_str(&format!("{SSH_KEYS}:\n"));
        for key in ssh_keys {
            finished.push_str(&format!("  - {}\n", Value::from(key.as_str())));
        }
        expected[SSH_KEYS] = ssh_keys.into();
    }
    // A flow mapping or an ended document would swallow or refuse what was appended.
    match parse(&finished) {
        Ok(actual) if actual == expected => Ok(finished),
        _ => Err(TemplateError::Yaml { line: None }),
    }
}
