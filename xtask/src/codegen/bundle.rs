//! Reads `api/openapi.yaml` and its fragments into one document.
//!
//! A fragment `api/<tag>.yaml` has `paths` and `schemas`; both are merged into the root in the order of the root's
//! `tags`. What every operation or object would repeat is added here: a closed object says so, and an operation with
//! `x-idempotent` takes the `Idempotency-Key` header.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

/// The merged document and where its parts came from.
pub struct Bundle {
    /// The document as it is published.
    pub document: Value,
    /// Tags that have a fragment, in order.
    pub tags: Vec<String>,
    /// Schema name to tag; schemas of the root have none.
    pub origin: BTreeMap<String, String>,
}

/// Reads and merges.
pub fn load(dir: &Path) -> Result<Bundle> {
    let mut document = read(&dir.join("openapi.yaml"))?;
    let declared: Vec<String> =
        list(&document["tags"]).iter().filter_map(|t| Some(t["name"].as_str()?.to_owned())).collect();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".yaml") else { continue };
        let known = stem == "openapi" || declared.iter().any(|t| t == stem);
        ensure!(known, "api/{name}: `{stem}` is not among the tags of api/openapi.yaml");
    }
    let mut origin = BTreeMap::new();
    let mut tags = Vec::new();
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for tag in declared {
        let file = dir.join(format!("{tag}.yaml"));
        if !file.exists() {
            continue;
        }
        let fragment = read(&file)?;
        for key in object(&fragment).keys() {
            ensure!(
                ["paths", "schemas"].contains(&key.as_str()),
                "api/{tag}.yaml: `{key}` does not belong here"
            );
        }
        for (path, item) in object(&fragment["paths"]) {
            let target = object_mut(paths.entry(path.clone()).or_insert_with(|| json!({})));
            for (method, operation) in object(item) {
                let twice = target.insert(method.clone(), operation.clone()).is_some();
                ensure!(!twice, "api/{tag}.yaml: {method} {path} is defined twice");
            }
        }
        for (name, schema) in object(&fragment["schemas"]) {
            let root = &document["components"]["schemas"];
            let twice = schemas.insert(name.clone(), schema.clone()).is_some() || root.get(name).is_some();
            ensure!(!twice, "api/{tag}.yaml: schema {name} is defined twice");
            origin.insert(name.clone(), tag.clone());
        }
        tags.push(tag);
    }
    let components = object_mut(&mut document["components"]);
    object_mut(components.entry("schemas").or_insert_with(|| json!({}))).append(&mut schemas);
    close_objects(&mut document["components"]["schemas"]);
    for operation in paths.values_mut().flat_map(|item| object_mut(item).values_mut()) {
        add_idempotency_key(operation);
    }
    let document = object_mut(&mut document);
    // After `servers`, before `components`: the order people expect to read.
    let components = document.remove("components").unwrap_or_default();
    document.insert("paths".to_owned(), Value::Object(paths));
    document.insert("components".to_owned(), components);
    Ok(Bundle { document: Value::Object(std::mem::take(document)), tags, origin })
}

fn read(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let value: Value =
        serde_saphyr::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
    if !value.is_object() {
        bail!("{}: must be a mapping", file.display());
    }
    Ok(value)
}

/// An object with `properties` is closed unless it says otherwise.
fn close_objects(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(close_objects);
            if map.get("properties").is_some_and(Value::is_object)
                && map.get("type") == Some(&json!("object"))
            {
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close_objects),
        _ => {}
    }
}

fn add_idempotency_key(operation: &mut Value) {
    let key = json!({ "$ref": "#/components/parameters/IdempotencyKey" });
    if operation["x-idempotent"] == true && !list(&operation["parameters"]).contains(&key) {
        let parameters = object_mut(operation).entry("parameters").or_insert_with(|| json!([]));
        if let Value::Array(parameters) = parameters {
            parameters.push(key);
        }
    }
}

/// The members of an object; none if it is not one.
pub fn object(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}

/// The entries of a list; none if it is not one.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The members of an object; whatever else it was is replaced by one.
fn object_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("was just made one")
}
