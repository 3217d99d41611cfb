//! Checks one request against the contract: path, query, headers, body.
//!
//! Status: 400 when the request cannot be read as what the contract describes (broken JSON, an unknown field or
//! parameter, a parameter that is not of its type), 422 when it can and breaks a rule (`VALIDATION_FAILED`).

use http::{HeaderMap, StatusCode};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::schema::{Parsed, field_errors};
use super::{FieldError, Operation, Problem};

/// Compiled rules for the requests of one operation.
pub struct RequestRules {
    path: Params,
    query: Params,
    header: Params,
    body: Option<Validator>,
}

/// The parameters in one place, as an object schema.
struct Params {
    place: &'static str,
    validator: Validator,
    schemas: Map<String, Value>,
}

/// A request that keeps the contract.
pub(crate) struct Checked {
    pub path: Value,
    pub query: Value,
    pub body: Option<Value>,
}

impl Operation {
    /// The compiled rules; compiled once.
    pub(crate) fn request_rules(&self) -> &RequestRules {
        self.compiled.request.get_or_init(|| {
            let document = self.document.parsed();
            let operation = document.operation(self);
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            RequestRules {
                path: Params::compile(document, operation, "path"),
                query: Params::compile(document, operation, "query"),
                header: Params::compile(document, operation, "header"),
                body: (!body.is_null()).then(|| document.compile(body)),
            }
        })
    }
}

impl RequestRules {
    /// Checks everything at once, so that people see every mistake in one answer.
    pub(crate) fn check(
        &self,
        path: impl Iterator<Item = (String, String)>,
        query: &str,
        headers: &HeaderMap,
        body: Option<Value>,
    ) -> Result<Checked, Problem> {
        let mut errors = Vec::new();
        let path = self.path.check(path, &mut errors);
        let query = self.query.check(url::form_urlencoded::parse(query.as_bytes()).into_owned(), &mut errors);
        let named = self.header.schemas.keys().filter_map(|name| {
            let value = headers.get(name.as_str())?;
            Some((name.clone(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        });
        self.header.check(named, &mut errors);
        if let (Some(validator), Some(body)) = (&self.body, &body) {
            errors.extend(field_errors(validator, body));
        }
        match errors.is_empty() {
            true => Ok(Checked { path, query, body: body.map(integers) }),
            false => Err(refuse(errors)),
        }
    }
}

/// `5.0` is an integer in JSON Schema and none in Rust. Beyond 2^53 a double may stand for several of them.
fn integers(mut value: Value) -> Value {
    match &mut value {
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 9_007_199_254_740_992.0);
            // Whole and in range, so nothing is cut off.
            return whole.map_or(value, |n| Value::from(n as i64));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = integers(item.take())),
        Value::Object(fields) => fields.values_mut().for_each(|field| *field = integers(field.take())),
        _ => {}
    }
    value
}

impl Params {
    fn compile(document: &Parsed, operation: &Value, place: &'static str) -> Self {
        let mut schemas = Map::new();
        let mut required = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = document.follow(parameter);
            let name = parameter["name"].as_str().unwrap_or_default();
            // If-Match has a status of its own when it is missing (RFC 6585: 428) and is read apart.
            if parameter["in"] != place || name.eq_ignore_ascii_case("if-match") {
                continue;
            }
            if parameter["required"] == true {
                required.push(name.to_owned());
            }
            schemas.insert(name.to_owned(), parameter["schema"].clone());
        }
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": required, "properties": schemas,
        });
        let validator = document.compile(&schema);
        let resolved = schemas.into_iter().map(|(n, s)| (n, document.follow(&s).clone())).collect();
        Self { place, validator, schemas: resolved }
    }

    fn check(&self, pairs: impl Iterator<Item = (String, String)>, errors: &mut Vec<FieldError>) -> Value {
        let mut values = Map::new();
        for (name, text) in pairs {
            let schema = self.schemas.get(&name).unwrap_or(&Value::Null);
            if is_type(schema, "array") {
                let list = values.entry(name).or_insert_with(|| json!([]));
                if let Value::Array(list) = list {
                    list.push(coerce(&schema["items"], text));
                }
            } else if values.contains_key(&name) {
                errors.push(FieldError::new(self.pointer(&name), "DUPLICATE", "must be sent once"));
            } else {
                values.insert(name, coerce(schema, text));
            }
        }
        for (name, schema) in &self.schemas {
            if let Some(default) = schema.get("default")
                && !values.contains_key(name)
            {
                values.insert(name.clone(), default.clone());
            }
        }
        let values = Value::Object(values);
        for mut error in field_errors(&self.validator, &values) {
            let name =
                error.pointer.split('/').nth(1).unwrap_or_default().replace("~1", "/").replace("~0", "~");
            error.pointer = self.pointer(&name);
            errors.push(error);
        }
        values
    }

    fn pointer(&self, name: &str) -> String {
        match self.place {
            "path" => format!("{{{name}}}"),
            "query" => format!("?{name}"),
            _ => name.to_owned(),
        }
    }
}

fn is_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::Array(names) => names.iter().any(|n| n == name),
        one => one == name,
    }
}

/// Text as the type the schema wants; left as text where it is not one, so that validation says so.
fn coerce(schema: &Value, text: String) -> Value {
    if is_type(schema, "integer")
        && let Ok(number) = text.parse::<i64>()
    {
        return number.into();
    }
    match text.as_str() {
        "true" if is_type(schema, "boolean") => Value::Bool(true),
        "false" if is_type(schema, "boolean") => Value::Bool(false),
        _ => Value::String(text),
    }
}

/// One problem for all errors; what could not even be read decides the status.
fn refuse(errors: Vec<FieldError>) -> Problem {
    let unreadable = |error: &FieldError| {
        let in_body = error.pointer.is_empty() || error.pointer.starts_with('/');
        error.code == "UNKNOWN"
            || (!in_body && matches!(&*error.code, "TYPE" | "FORMAT" | "DUPLICATE" | "REQUIRED"))
    };
    let mut problem = if errors.iter().any(unreadable) {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "MALFORMED_REQUEST",
            "The request is not what the contract describes",
        )
    } else {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED", "The request breaks a rule")
    }
    .detail("See errors for each field that is wrong.");
    problem.errors = errors;
    problem
}
