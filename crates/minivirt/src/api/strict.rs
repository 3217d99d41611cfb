//! `fieldValidation`: unknown and repeated fields, and the schema's types.

use std::collections::BTreeSet;
use std::fmt;

use axum::response::Response;
use http::{HeaderValue, header};
use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::query::FieldValidation;
use super::resources::Resource;
use super::status::{ApiError, Cause};
use crate::object;
use crate::schema::{self, Findings};

/// How much of an object is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// What an apply configuration names.
    Some,
}

/// Checks `object` against its kind. Unknown fields are removed, and refused or reported as asked.
/// `raw` is the body when it was JSON, to find fields that were given twice.
pub fn check(
    resource: &Resource,
    mut object: Value,
    part: Part,
    validation: FieldValidation,
    raw: &[u8],
) -> Result<(Value, Vec<String>), ApiError> {
    if resource.custom() {
        object::drop_nulls(&mut object);
    }
    let Some(schema) = schema::of_kind(resource.kind) else { return Ok((object, Vec::new())) };
    let mut complaints: Vec<String> =
        repeated_fields(raw).iter().map(|f| format!("duplicate field \"{f}\"")).collect();
    let mut findings = Findings::default();
    let head = ["apiVersion", "kind", "metadata"].map(|field| (field, object::remove(&mut object, field)));
    schema::examine(schema, &mut object, "", &mut findings);
    for (field, value) in head {
        if let Some(value) = value {
            object[field] = value;
        }
    }
    complaints.extend(findings.unknown.iter().map(|f| format!("unknown field \"{f}\"")));
    match validation {
        FieldValidation::Strict if !complaints.is_empty() => {
            let (kind, version) = (resource.kind, resource.version);
            return Err(ApiError::bad_request(format!(
                "{kind} in version \"{version}\" cannot be handled as a {kind}: strict decoding error: {}",
                complaints.join(", ")
            )));
        }
        FieldValidation::Ignore => complaints.clear(),
        FieldValidation::Strict | FieldValidation::Warn => {}
    }
    if part == Part::Some {
        // What an apply leaves out may be there already; the result is checked as a whole.
        findings.missing.clear();
    }
    if resource.plural == "virtualmachines" && object["spec"]["running"].is_boolean() {
        complaints.push("spec.running is deprecated, please use spec.runStrategy instead.".to_owned());
    }
    let causes = causes(&findings);
    if causes.is_empty() {
        Ok((object, complaints))
    } else {
        Err(refuse(resource, &object, &findings, &causes))
    }
}

fn causes(findings: &Findings) -> Vec<Cause> {
    let mistyped = findings.mistyped.iter().map(|(path, found, wanted)| {
        let message =
            format!("Invalid value: \"{found}\": {path} in body must be of type {wanted}: \"{found}\"");
        Cause { reason: "FieldValueTypeInvalid", ..Cause::invalid(path, message) }
    });
    mistyped.chain(findings.missing.iter().map(|path| Cause::required(path, "Required value"))).collect()
}

/// KubeVirt's mutating webhooks run before the API server looks at the schema, and refuse in their own words: each
/// says what is wrong, and names no field.
fn refuse(resource: &Resource, object: &Value, findings: &Findings, causes: &[Cause]) -> ApiError {
    if !matches!(resource.plural, "virtualmachines" | "virtualmachineinstances") {
        return ApiError::invalid(resource, object::name(object), causes);
    }
    let mistyped = findings
        .mistyped
        .iter()
        .map(|(path, found, wanted)| format!("{path} in body must be of type {wanted}: \"{found}\""));
    let missing = findings.missing.iter().map(|path| format!("{path} in body is required"));
    let said: Vec<Cause> = mistyped.chain(missing).map(|message| Cause::invalid("", message)).collect();
    ApiError::denied(&format!("{}-mutator.kubevirt.io", resource.plural), &said)
}

/// Adds a `Warning` header per complaint.
pub fn with_warnings(mut response: Response, warnings: &[String]) -> Response {
    for warning in warnings.iter().take(10) {
        let text: String =
            warning.chars().filter(|c| !c.is_control()).map(|c| if c == '"' { '\'' } else { c }).collect();
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}

/// Paths of members that a JSON text gives twice.
fn repeated_fields(raw: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(raw);
    // Text that is not JSON was decoded as YAML, whose parser refuses repeated keys itself.
    let _ = Members { path: String::new(), found: &mut found }.deserialize(&mut json);
    found
}

struct Members<'a> {
    path: String,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            if !seen.insert(key) {
                self.found.push(path.clone());
            }
            map.next_value_seed(Members { path, found: self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0;
        while seq
            .next_element_seed(Members { path: format!("{}[{index}]", self.path), found: self.found })?
            .is_some()
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
