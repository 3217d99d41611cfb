//! Schemas to types. Only the subset in `docs/contract.md` is accepted; anything else is refused with its place.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::bundle::{Bundle, list, object};
use super::model::{Field, Kind, Ty, Type, pascal, variant};
use super::relations;

/// Keywords that say something to people or to this generator, on any schema.
const COMMON: &[&str] = &["type", "description", "title", "examples", "example", "default", "deprecated"];

/// Written by hand in `runtime`, because errors exist before any operation does.
const BY_HAND: &[&str] = &["Problem", "FieldError"];

/// Collects types: those the contract names, and those it implies (an enum inside an object).
#[derive(Default)]
pub struct Types {
    pub found: Vec<Type>,
}

/// All named schemas, by module.
pub fn read(bundle: &Bundle) -> Result<Vec<(String, Vec<Type>)>> {
    let mut modules: Vec<(String, Vec<Type>)> = std::iter::once("common")
        .chain(bundle.tags.iter().map(String::as_str))
        .map(|m| (m.to_owned(), vec![]))
        .collect();
    let mut tagged = Vec::new();
    for (name, schema) in object(&bundle.document["components"]["schemas"]) {
        let origin = bundle.origin.get(name).map_or("common", String::as_str);
        let at = format!("api/{}.yaml: {name}", if origin == "common" { "openapi" } else { origin });
        let mut types = Types::default();
        types.named(name, schema, &at)?;
        if let Some(Kind::Union(tag, variants)) = types.found.last().map(|t| &t.kind) {
            tagged.extend(variants.iter().map(|(_, schema)| (schema.clone(), tag.clone())));
        }
        let (_, module) = modules.iter_mut().find(|(m, _)| m == origin).context("module")?;
        module.append(&mut types.found);
    }
    relations::drop_tags(&mut modules, &tagged)?;
    relations::resolve_tags(&mut modules, &bundle.document)?;
    Ok(modules)
}

impl Types {
    /// A schema with a name becomes a type of that name.
    fn named(&mut self, name: &str, schema: &Value, at: &str) -> Result<()> {
        ensure!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{at}: a schema's name is PascalCase");
        let kind = if BY_HAND.contains(&name) {
            Kind::Runtime
        } else if schema["type"] == "object" && schema.get("properties").is_some() {
            self.object(name, schema, at)?
        } else if schema.get("discriminator").is_some() {
            union(schema, at)?
        } else if schema["type"] == "string" && schema.get("enum").is_some() {
            values(schema, at)?
        } else {
            Kind::Alias(self.ty(schema, name, at)?)
        };
        self.found.push(Type { name: name.to_owned(), doc: text(&schema["description"]), kind });
        Ok(())
    }

    fn object(&mut self, name: &str, schema: &Value, at: &str) -> Result<Kind> {
        only(schema, &["properties", "required", "additionalProperties", "minProperties", "x-patch"], at)?;
        ensure!(schema["additionalProperties"] == false, "{at}: additionalProperties must be false");
        let required: Vec<&str> = list(&schema["required"]).iter().filter_map(Value::as_str).collect();
        let properties = object(&schema["properties"]);
        for key in &required {
            ensure!(properties.contains_key(*key), "{at}: required `{key}` is not a property");
        }
        let patch = schema["x-patch"] == true;
        ensure!(!patch || required.is_empty(), "{at}: a patch requires nothing");
        let mut fields = Vec::new();
        for (key, property) in properties {
            fields.push(self.field(
                name,
                key,
                property,
                required.contains(&key.as_str()),
                patch,
                &format!("{at}.{key}"),
            )?);
        }
        Ok(Kind::Struct(fields))
    }

    /// A member of an object, or a query parameter.
    pub fn field(
        &mut self,
        owner: &str,
        name: &str,
        schema: &Value,
        required: bool,
        patch: bool,
        at: &str,
    ) -> Result<Field> {
        let snake = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        ensure!(snake, "{at}: names are snake_case");
        let (ty, nullable) = match self.ty(schema, &format!("{owner}{}", pascal(name)), at)? {
            Ty::Nullable(inner) => (*inner, true),
            ty => (ty, false),
        };
        let doc = text(&schema["description"]);
        let default = schema.get("default").cloned();
        Ok(Field { name: name.to_owned(), doc, ty, required, nullable, patch, default })
    }

    /// The type of a value; `hint` names what has to be made on the way.
    pub fn ty(&mut self, schema: &Value, hint: &str, at: &str) -> Result<Ty> {
        if let Some(target) = schema["$ref"].as_str() {
            only(schema, &["$ref"], at)?;
            return Ok(Ty::Named(reference(target, at)?));
        }
        if schema.get("oneOf").is_some() {
            only(schema, &["oneOf"], at)?;
            let rest: Vec<&Value> = list(&schema["oneOf"]).iter().filter(|o| o["type"] != "null").collect();
            let [one] = rest[..] else {
                bail!("{at}: oneOf is for [a $ref, null], or needs a discriminator")
            };
            ensure!(list(&schema["oneOf"]).len() == 2, "{at}: oneOf of one alternative");
            return Ok(Ty::Nullable(Box::new(self.ty(one, hint, at)?)));
        }
        if let Value::Array(names) = &schema["type"] {
            let rest: Vec<&Value> = names.iter().filter(|n| *n != "null").collect();
            let [one] = rest[..] else { bail!("{at}: type is a name, or a name and 'null'") };
            let mut plain = schema.clone();
            plain["type"] = one.clone();
            return Ok(Ty::Nullable(Box::new(self.ty(&plain, hint, at)?)));
        }
        match schema["type"].as_str() {
            Some("string") => self.string(schema, hint, at),
            Some("integer") => {
                only(schema, &["format", "minimum", "maximum"], at)?;
                match schema["format"].as_str() {
                    Some("int32") => Ok(Ty::I32),
                    Some("int64") | None => Ok(Ty::I64),
                    Some(other) => bail!("{at}: integer format {other} is not supported"),
                }
            }
            Some("boolean") => only(schema, &[], at).map(|()| Ty::Bool),
            Some("array") => {
                only(schema, &["items", "minItems", "maxItems", "uniqueItems"], at)?;
                Ok(Ty::List(Box::new(self.ty(
                    &schema["items"],
                    &format!("{hint}Item"),
                    &format!("{at}[]"),
                )?)))
            }
            Some("object") => {
                only(
                    schema,
                    &["additionalProperties", "propertyNames", "minProperties", "maxProperties"],
                    at,
                )
                .context("an object with properties needs a name: put it under schemas")?;
                match &schema["additionalProperties"] {
                    Value::Bool(true) => Ok(Ty::Free),
                    inner @ Value::Object(_) => {
                        Ok(Ty::Map(Box::new(self.ty(inner, &format!("{hint}Value"), at)?)))
                    }
                    _ => bail!("{at}: an object without properties says what additionalProperties are"),
                }
            }
            None if schema["x-any"] == true => only(schema, &["x-any"], at).map(|()| Ty::Any),
            Some(other) => bail!("{at}: type {other} is not supported"),
            None => bail!("{at}: a schema needs a type"),
        }
    }

    fn string(&mut self, schema: &Value, hint: &str, at: &str) -> Result<Ty> {
        if schema.get("enum").is_some() || schema.get("const").is_some() {
            let kind = values(schema, at)?;
            self.found.push(Type { name: hint.to_owned(), doc: text(&schema["description"]), kind });
            return Ok(Ty::Named(hint.to_owned()));
        }
        only(schema, &["format", "pattern", "minLength", "maxLength", "x-id", "x-secret"], at)?;
        if schema["x-secret"] == true {
            return Ok(Ty::Secret);
        }
        match (schema["format"].as_str(), schema["x-id"].as_str()) {
            (Some("uuid"), Some(id)) => Ok(Ty::Id(format!("{}Id", pascal(id)))),
            (_, Some(_)) => bail!("{at}: x-id is for format uuid"),
            (Some("uuid"), None) => Ok(Ty::Uuid),
            (Some("date-time"), None) => Ok(Ty::DateTime),
            (Some("byte" | "uri" | "uri-reference" | "email" | "hostname" | "date") | None, None) => {
                Ok(Ty::String)
            }
            (Some(other), None) => bail!("{at}: string format {other} is not supported"),
        }
    }
}

fn values(schema: &Value, at: &str) -> Result<Kind> {
    only(schema, &["enum", "const"], at)?;
    let all =
        if let Some(one) = schema.get("const") { std::slice::from_ref(one) } else { list(&schema["enum"]) };
    let names: Option<Vec<String>> =
        all.iter().filter(|v| !v.is_null()).map(|v| v.as_str().map(ToOwned::to_owned)).collect();
    let names = names.with_context(|| format!("{at}: an enum's values are strings"))?;
    ensure!(!names.is_empty(), "{at}: an enum has values");
    let distinct: std::collections::BTreeSet<String> = names.iter().map(|n| variant(n)).collect();
    ensure!(distinct.len() == names.len(), "{at}: two values have the same name in Rust");
    Ok(Kind::Enum(names))
}

fn union(schema: &Value, at: &str) -> Result<Kind> {
    only(schema, &["oneOf", "discriminator"], at)?;
    let tag =
        schema["discriminator"]["propertyName"].as_str().with_context(|| format!("{at}: propertyName"))?;
    let mut variants = Vec::new();
    for option in list(&schema["oneOf"]) {
        let name = reference(option["$ref"].as_str().unwrap_or_default(), at)?;
        variants.push((name.clone(), name));
    }
    Ok(Kind::Union(tag.to_owned(), variants))
}

/// The name in `#/components/schemas/Name`.
pub fn reference(target: &str, at: &str) -> Result<String> {
    let name = target.strip_prefix("#/components/schemas/");
    Ok(name.with_context(|| format!("{at}: `{target}` does not refer to a schema"))?.to_owned())
}

/// Refuses keywords outside the subset.
pub fn only(schema: &Value, allowed: &[&str], at: &str) -> Result<()> {
    for key in object(schema).keys() {
        let known = allowed.contains(&key.as_str()) || COMMON.contains(&key.as_str());
        ensure!(known, "{at}: keyword `{key}` is not in the supported subset");
    }
    Ok(())
}

/// A text of the contract.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}
