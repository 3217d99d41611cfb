//! Request bodies: JSON or YAML, and what every object must look like before anything else is judged.

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::protobuf;
use super::resources::Resource;
use super::status::{ApiError, Cause};

/// kube-apiserver's limit.
pub const MAX_BYTES: usize = 3 * 1024 * 1024;

/// The media type without parameters.
pub fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// 415 with the media type that was not understood.
pub fn unsupported(media_type: &str) -> ApiError {
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml (got {media_type})"
    );
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
}

/// Decodes a body by its media type; JSON when none is given.
pub fn decode(media_type: &str, bytes: &[u8]) -> Result<Value, ApiError> {
    match media_type {
        "" | "application/json" | "application/merge-patch+json" | "application/json-patch+json" => {
            serde_json::from_slice(bytes).map_err(|e| malformed(&e))
        }
        "application/yaml" | "application/apply-patch+yaml" => {
            // YAML is a superset of JSON; clients send either under this type.
            serde_json::from_slice(bytes).or_else(|_| {
                let text = std::str::from_utf8(bytes).map_err(|e| malformed(&e))?;
                serde_saphyr::from_str(text).map_err(|e| malformed(&e))
            })
        }
        other => Err(unsupported(other)),
    }
}

fn malformed(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::bad_request(format!(
        "the object provided is unrecognized (must be of type JSON or YAML): {error}"
    ))
}

/// Checks that a body is an object of this kind with metadata of the right types.
pub fn check_object(resource: &Resource, object: &Value) -> Result<(), ApiError> {
    if !object.is_object() {
        return Err(ApiError::bad_request("the object provided is unrecognized: it must be a JSON object"));
    }
    let cannot = |why: String| {
        let (kind, version) = (resource.kind, resource.version);
        ApiError::bad_request(format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {why}"))
    };
    for (field, want) in [("kind", resource.kind.to_owned()), ("apiVersion", resource.api_version())] {
        match &object[field] {
            Value::Null => {}
            Value::String(have) if *have == want => {}
            have => {
                return Err(ApiError::bad_request(format!(
                    "the {field} in the data ({have}) does not match the expected {field} ({want})"
                )));
            }
        }
    }
    let metadata = &object["metadata"];
    if !metadata.is_object() && !metadata.is_null() {
        return Err(cannot("metadata must be an object".to_owned()));
    }
    for map in ["labels", "annotations"] {
        let entries = metadata[map].as_object();
        let wrong_type = entries.is_none() && !metadata[map].is_null();
        if wrong_type || entries.is_some_and(|m| m.values().any(|v| !v.is_string())) {
            return Err(cannot(format!("metadata.{map} must map strings to strings")));
        }
    }
    for text in ["name", "namespace", "generateName", "uid", "resourceVersion"] {
        if !metadata[text].is_null() && !metadata[text].is_string() {
            return Err(cannot(format!("metadata.{text} must be a string")));
        }
    }
    check_lists(metadata).map_err(cannot)?;
    for part in ["spec", "status"] {
        if !object[part].is_null() && !object[part].is_object() {
            return Err(cannot(format!("{part} must be an object")));
        }
    }
    check_labels(resource, object)
}

fn check_lists(metadata: &Value) -> Result<(), String> {
    for (list, item_ok) in [
        ("finalizers", Value::is_string as fn(&Value) -> bool),
        ("ownerReferences", |v: &Value| {
            v["uid"].is_string() && v["kind"].is_string() && v["name"].is_string()
        }),
    ] {
        let items = metadata[list].as_array();
        let wrong_type = items.is_none() && !metadata[list].is_null();
        if wrong_type || items.is_some_and(|l| !l.iter().all(item_ok)) {
            return Err(format!("metadata.{list} is malformed"));
        }
    }
    Ok(())
}

/// Label keys and values must be usable in selectors.
fn check_labels(resource: &Resource, object: &Value) -> Result<(), ApiError> {
    let charset = |text: &str, extra: &str| {
        let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
        text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
            && edge(text.chars().next())
            && edge(text.chars().next_back())
    };
    let mut causes = Vec::new();
    for (key, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
        let name = key.rsplit('/').next().unwrap_or_default();
        let value = value.as_str().unwrap_or_default();
        if name.is_empty() || name.len() > 63 || key.len() > 317 || !charset(name, "-_.") {
            let message = format!(
                "Invalid value: {key:?}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
            );
            causes.push(Cause::invalid("metadata.labels", message));
        } else if value.len() > 63 || !charset(value, "-_.") {
            let message = format!(
                "Invalid value: {value:?}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
            );
            causes.push(Cause::invalid("metadata.labels", message));
        }
    }
    let name = crate::object::name(object);
    if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid(resource, name, &causes)) }
}

/// Decodes the body of a request that carries an object.
pub fn decode_object(headers: &HeaderMap, bytes: &[u8]) -> Result<Value, ApiError> {
    match media_type(headers) {
        media @ "application/vnd.kubernetes.protobuf" => {
            protobuf::decode(bytes).ok_or_else(|| unsupported(media))
        }
        media => decode(media, bytes),
    }
}
