//! The fields the served kinds have: for strict decoding, pruning, type checks, and the OpenAPI document.
//!
//! The source is `schema/kubevirt.yaml`, a shorthand; kinds without an entry there take any field.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// The shape of a value.
#[derive(Debug, Clone)]
pub enum Schema {
    /// Kept as it is.
    Any,
    /// Text.
    String,
    /// A whole number.
    Int,
    /// true or false.
    Bool,
    /// A number or text, as resource quantities are.
    Quantity,
    /// Text by name.
    StringMap,
    /// Items of one shape.
    List(Box<Schema>),
    /// Named fields, and which of them must be there.
    Object(BTreeMap<String, (Schema, bool)>),
}

static KINDS: LazyLock<BTreeMap<String, Schema>> = LazyLock::new(|| {
    let source: Value = serde_saphyr::from_str(include_str!("../schema/kubevirt.yaml"))
        .expect("the schema is part of the binary and is read by every test");
    let Some(all) = source.as_object() else { return BTreeMap::new() };
    all.iter().map(|(kind, shorthand)| (kind.clone(), build(shorthand, all))).collect()
});

/// The shape of a kind below its metadata, if it has one.
pub fn of_kind(kind: &str) -> Option<&'static Schema> {
    KINDS.get(kind)
}

fn build(shorthand: &Value, all: &Map<String, Value>) -> Schema {
    match shorthand {
        Value::String(text) => match text.as_str() {
            "string" => Schema::String,
            "int" => Schema::Int,
            "bool" => Schema::Bool,
            "quantity" => Schema::Quantity,
            "map" => Schema::StringMap,
            name => match name.strip_prefix('$').and_then(|n| all.get(n)) {
                Some(entry) => build(entry, all),
                None => Schema::Any,
            },
        },
        Value::Array(list) => Schema::List(Box::new(list.first().map_or(Schema::Any, |s| build(s, all)))),
        Value::Object(fields) => Schema::Object(
            fields
                .iter()
                .map(|(name, s)| {
                    let required = name.ends_with('!');
                    (name.trim_end_matches('!').to_owned(), (build(s, all), required))
                })
                .collect(),
        ),
        _ => Schema::Any,
    }
}

/// What is wrong with a value.
#[derive(Debug, Default)]
pub struct Findings {
    /// Paths of fields the schema does not have; they were removed.
    pub unknown: Vec<String>,
    /// (path, found type, wanted type)
    pub mistyped: Vec<(String, &'static str, &'static str)>,
    /// Paths of required fields that are missing.
    pub missing: Vec<String>,
}

/// Removes unknown fields of `value` and says what else is wrong.
pub fn examine(schema: &Schema, value: &mut Value, path: &str, findings: &mut Findings) {
    let wanted = match (schema, &mut *value) {
        (Schema::Any, _) | (_, Value::Null) => return,
        (Schema::String, Value::String(_)) | (Schema::Bool, Value::Bool(_)) => return,
        (Schema::Int, Value::Number(n)) if n.is_i64() || n.is_u64() => return,
        (Schema::Quantity, Value::Number(_) | Value::String(_)) => return,
        (Schema::StringMap, Value::Object(map)) if map.values().all(Value::is_string) => return,
        (Schema::List(item), Value::Array(list)) => {
            for (index, value) in list.iter_mut().enumerate() {
                examine(item, value, &format!("{path}[{index}]"), findings);
            }
            return;
        }
        (Schema::Object(fields), Value::Object(map)) => {
            let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            map.retain(|name, _| {
                let known = fields.contains_key(name);
                if !known {
                    findings.unknown.push(at(name));
                }
                known
            });
            for (name, (schema, required)) in fields {
                match map.get_mut(name) {
                    Some(value) if !value.is_null() => examine(schema, value, &at(name), findings),
                    _ if *required => findings.missing.push(at(name)),
                    _ => {}
                }
            }
            return;
        }
        (Schema::String, _) => "string",
        (Schema::Int, _) => "integer",
        (Schema::Bool, _) => "boolean",
        (Schema::Quantity, _) => "string",
        (Schema::List(_), _) => "array",
        (Schema::StringMap | Schema::Object(_), _) => "object",
    };
    findings.mistyped.push((path.to_owned(), type_name(value), wanted));
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The OpenAPI form.
pub fn openapi(schema: &Schema) -> Value {
    match schema {
        Schema::Any => json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
        Schema::String => json!({"type": "string"}),
        Schema::Int => json!({"type": "integer", "format": "int64"}),
        Schema::Bool => json!({"type": "boolean"}),
        Schema::Quantity => json!({"x-kubernetes-int-or-string": true,
            "anyOf": [{"type": "integer"}, {"type": "string"}]}),
        Schema::StringMap => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Schema::List(item) => json!({"type": "array", "items": openapi(item)}),
        Schema::Object(fields) => {
            let properties: Map<String, Value> =
                fields.iter().map(|(name, (s, _))| (name.clone(), openapi(s))).collect();
            let required: Vec<&String> = fields.iter().filter(|(_, (_, r))| *r).map(|(n, _)| n).collect();
            let mut object = json!({"type": "object", "properties": properties});
            crate::object::set_or_remove(&mut object, "required", json!(required));
            object
        }
    }
}
