//! The bundled document as compiled JSON Schemas (draft 2020-12, the dialect of OpenAPI 3.1).
//!
//! Before compiling, two constructs of the contract are rewritten into equivalent ones that point at what is wrong
//! instead of saying "none of the alternatives": a nullable `oneOf`, and a `oneOf` with a discriminator. Integers get
//! the limits of their format.
//! Messages never repeat a value that was sent; it may be a secret.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{Draft, PatternOptions, Registry, Validator};
use serde_json::{Map, Value, json};

use super::{Document, FieldError};

/// Where the document lives for references. Nothing is fetched from there.
const BASE: &str = "urn:shepherd:contract";

/// More errors than this help nobody.
const MAX_ERRORS: usize = 50;

/// A parsed document, ready to compile parts of it.
pub struct Parsed {
    document: Value,
    registry: Registry<'static>,
}

impl Document {
    /// The parsed document. The text was written by the generator, so it is valid or the crate's tests fail.
    pub(crate) fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| {
            let mut document: Value = serde_json::from_str(self.text).expect("the bundled document is JSON");
            let original = document.clone();
            tighten(&mut document, &original);
            let registry = Registry::new()
                .draft(Draft::Draft202012)
                .add(BASE, document.clone())
                .and_then(|builder| builder.prepare())
                .expect("the bundled document resolves");
            Parsed { document, registry }
        })
    }
}

impl Parsed {
    /// The JSON of one operation.
    pub(crate) fn operation(&self, op: &super::Operation) -> &Value {
        &self.document["paths"][op.path][op.method.as_str().to_ascii_lowercase()]
    }

    /// Follows one `$ref`, if there is one.
    pub(crate) fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
        target.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }

    /// Compiles a schema that may refer into the document.
    pub(crate) fn compile(&self, schema: &Value) -> Validator {
        let mut schema = schema.clone();
        make_absolute(&mut schema);
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .offline()
            .should_validate_formats(true)
            // Linear time: a pattern of the contract cannot be turned against the server.
            .with_pattern_options(PatternOptions::regex())
            .build(&schema)
            .expect("the schemas of the contract compile")
    }
}

/// Refers to the document from a schema that stands outside it.
fn make_absolute(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get_mut("$ref")
                && target.starts_with('#')
            {
                target.insert_str(0, BASE);
            }
            map.values_mut().for_each(make_absolute);
        }
        Value::Array(items) => items.iter_mut().for_each(make_absolute),
        _ => {}
    }
}

/// Rewrites `oneOf` into conditions, so that errors point at the field, and bounds integers.
fn tighten(value: &mut Value, root: &Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(|v| tighten(v, root));
            bound_integers(map);
            let Some(Value::Array(options)) = map.get("oneOf").cloned() else { return };
            if let Some(tag) = map.get("discriminator").and_then(|d| d["propertyName"].as_str()) {
                *value = by_tag(tag, &options, root);
            } else if let [one] = options.iter().filter(|o| o["type"] != "null").collect::<Vec<_>>()[..] {
                *value = json!({ "if": { "type": "null" }, "else": one });
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|v| tighten(v, root)),
        _ => {}
    }
}

/// The formats of integers are limits: a number outside them fits no type of ours.
fn bound_integers(map: &mut Map<String, Value>) {
    let (least, most) = match map.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    map.entry("minimum").or_insert_with(|| least.into());
    map.entry("maximum").or_insert_with(|| most.into());
}

/// A union told apart by the constant in the property `tag`.
fn by_tag(tag: &str, options: &[Value], root: &Value) -> Value {
    let constant = |option: &Value| {
        let target = option["$ref"].as_str().and_then(|r| r.strip_prefix('#')).and_then(|p| root.pointer(p));
        target.map(|t| t["properties"][tag]["const"].clone()).unwrap_or_default()
    };
    let names: Vec<Value> = options.iter().map(constant).collect();
    let cases: Vec<Value> = options
        .iter()
        .zip(&names)
        .map(|(option, name)| {
            json!({ "if": { "required": [tag], "properties": { tag: { "const": name } } }, "then": option })
        })
        .collect();
    json!({ "type": "object", "required": [tag], "properties": { tag: { "enum": names } }, "allOf": cases })
}

/// Every way in which `instance` breaks its schema, with JSON pointers.
pub(crate) fn field_errors(validator: &Validator, instance: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for error in validator.iter_errors(instance).take(MAX_ERRORS) {
        let at = error.instance_path().as_str();
        let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => errors
                .extend(unexpected.iter().map(|n| FieldError::new(below(n), "UNKNOWN", "is not known here"))),
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                errors.push(FieldError::new(below(name), "REQUIRED", "is required"));
            }
            kind => {
                let (code, detail) = describe(kind);
                errors.push(FieldError::new(at, code, detail));
            }
        }
    }
    find_nul(instance, String::new(), &mut errors);
    errors.truncate(MAX_ERRORS);
    errors
}

/// Code and English for one kind of error.
fn describe(kind: &Kind) -> (&'static str, String) {
    match kind {
        Kind::Type { kind: TypeKind::Single(t) } => ("TYPE", format!("must be of type {t}")),
        Kind::Type { kind: TypeKind::Multiple(set) } => {
            let names: Vec<String> = set.iter().map(|t| t.to_string()).collect();
            ("TYPE", format!("must be of type {}", names.join(" or ")))
        }
        Kind::Format { format } => ("FORMAT", format!("must be a {format}")),
        Kind::Pattern { pattern } => ("PATTERN", format!("must match {pattern}")),
        Kind::Enum { options } => {
            let names: Vec<String> = options.as_array().into_iter().flatten().map(Value::to_string).collect();
            ("NOT_ALLOWED", format!("must be one of {}", names.join(", ")))
        }
        Kind::Constant { expected_value } => ("NOT_ALLOWED", format!("must be {expected_value}")),
        Kind::MinLength { limit } => ("TOO_SHORT", format!("must have at least {limit} characters")),
        Kind::MaxLength { limit } => ("TOO_LONG", format!("must have at most {limit} characters")),
        Kind::Minimum { limit } => ("TOO_SMALL", format!("must be at least {limit}")),
        Kind::Maximum { limit } => ("TOO_LARGE", format!("must be at most {limit}")),
        Kind::MinItems { limit } => ("TOO_FEW", format!("must have at least {limit} entries")),
        Kind::MaxItems { limit } => ("TOO_MANY", format!("must have at most {limit} entries")),
        Kind::MinProperties { limit } => ("TOO_FEW", format!("must have at least {limit} entries")),
        Kind::MaxProperties { limit } => ("TOO_MANY", format!("must have at most {limit} entries")),
        Kind::UniqueItems => ("DUPLICATE", "must not repeat an entry".to_owned()),
        Kind::PropertyNames { .. } => ("PATTERN", "has a name that is not allowed".to_owned()),
        other => ("INVALID", format!("breaks the rule `{}`", other.keyword())),
    }
}

/// PostgreSQL cannot store U+0000 in text, and nothing of ours wants it.
fn find_nul(value: &Value, at: String, errors: &mut Vec<FieldError>) {
    let refuse = |at: &str| FieldError::new(at, "CHARACTER", "must not contain the character U+0000");
    match value {
        Value::String(text) if text.contains('\0') => errors.push(refuse(&at)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| find_nul(item, format!("{at}/{i}"), errors));
        }
        Value::Object(map) => map_nul(map, &at, errors, refuse),
        _ => {}
    }
}

fn map_nul(
    map: &Map<String, Value>,
    at: &str,
    errors: &mut Vec<FieldError>,
    refuse: impl Fn(&str) -> FieldError,
) {
    for (name, item) in map {
        if name.contains('\0') {
            errors.push(refuse(at));
        } else {
            find_nul(item, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), errors);
        }
    }
}
