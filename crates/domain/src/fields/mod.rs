//! Fields that an organisation asks for beside what is built: a change number, a cost centre.
//!
//! A value that is asked for is part of what people agree to, so it stands in the canonical spec and in its hash.
//! Values are text, whole numbers, booleans and dates, never fractions, which JSON readers disagree on. A field that
//! was retired since stays readable in the specs that have it.
//! Not here: which fields are asked for where (rows), and what policy makes of a value.

mod definition;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Map, Value};

pub use definition::{DefinitionError, check_definition};

/// How long a text may be, in characters.
pub const MAX_TEXT: usize = 1000;
/// The largest whole number that every JSON reader keeps exactly.
const MAX_SAFE: i64 = (1 << 53) - 1;

text_enum! {
    /// What kind of value a field takes.
    strict FieldKind {
        /// One line or several.
        Text = "text",
        /// A whole number.
        Number = "number",
        /// One of a list.
        Choice = "choice",
        /// Yes or no.
        Boolean = "boolean",
        /// A day, as `2026-01-31`.
        Date = "date",
    }
}

/// A field as far as judging a value needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key of its value.
    pub name: String,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether it must be given.
    pub required: bool,
    /// What the whole of a text must match.
    pub pattern: Option<String>,
    /// What a choice is of.
    pub choices: Vec<String>,
}

/// Values by field, in the form they are hashed in.
pub type Values = BTreeMap<String, Value>;

/// What is wrong with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Which field.
    pub name: String,
    /// Stable.
    pub code: &'static str,
    /// What to do.
    pub text: String,
}

/// The values as they are kept: those given, for fields that are asked for. Nothing and an empty text are the same.
///
/// # Errors
/// Every fault at once: unknown, missing, of the wrong type, not matching.
pub fn check(fields: &[Field], given: &Map<String, Value>) -> Result<Values, Vec<FieldFault>> {
    let fault =
        |name: &str, code, text: String| FieldFault { name: name.chars().take(80).collect(), code, text };
    let unknown = given.keys().filter(|name| fields.iter().all(|field| field.name != **name));
    let mut faults: Vec<FieldFault> =
        unknown.map(|name| fault(name, "FIELD_UNKNOWN", "this is not asked for here".into())).collect();
    let mut values = Values::new();
    for field in fields {
        let value = given.get(&field.name).filter(|value| !nothing(value));
        match value.map(|value| judge(field, value)) {
            None if field.required => faults.push(fault(&field.name, "REQUIRED", "is required".into())),
            None => {}
            Some(Ok(value)) => {
                values.insert(field.name.clone(), value);
            }
            Some(Err((code, text))) => faults.push(fault(&field.name, code, text)),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

fn nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn judge(field: &Field, value: &Value) -> Result<Value, (&'static str, String)> {
    let wrong = |what: &str| ("FIELD_TYPE", format!("give {what}"));
    match field.kind {
        FieldKind::Boolean => value.as_bool().map(Value::from).ok_or_else(|| wrong("true or false")),
        FieldKind::Number => {
            let number = value.as_i64().filter(|n| (-MAX_SAFE..=MAX_SAFE).contains(n));
            number.map(Value::from).ok_or_else(|| wrong("a whole number"))
        }
        FieldKind::Date => {
            let text = value.as_str().ok_or_else(|| wrong("a day such as 2026-01-31"))?;
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
            // One day is written in one way, so that it has one hash.
            match day.map(|day| day.format("%Y-%m-%d").to_string()) {
                Ok(same) if same == text => Ok(same.into()),
                _ => Err(wrong("a day such as 2026-01-31")),
            }
        }
        FieldKind::Choice => {
            let text = value.as_str().ok_or_else(|| wrong("one of the list"))?;
            match field.choices.iter().any(|choice| choice == text) {
                true => Ok(text.into()),
                false => Err(("FIELD_CHOICE", format!("choose one of: {}", field.choices.join(", ")))),
            }
        }
        FieldKind::Text => {
            let text = value.as_str().ok_or_else(|| wrong("a text"))?.trim();
            if text.chars().count() > MAX_TEXT {
                return Err(("TOO_LONG", format!("at most {MAX_TEXT} characters")));
            }
            if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
                return Err(("CHARACTER", "no control characters".into()));
            }
            let Some(pattern) = &field.pattern else { return Ok(text.into()) };
            match definition::compile(pattern) {
                Some(regex) if regex.is_match(text) => Ok(text.into()),
                // A pattern that cannot be read any more lets nothing through.
                _ => Err(("PATTERN", format!("must match {pattern}"))),
            }
        }
    }
}

#[cfg(test)]
mod tests;
