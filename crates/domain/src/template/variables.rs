//! Values for a template's variables: what kind each is, and whether a value is one of it.
//!
//! A value is text whatever its kind; the kind says which texts. A secret's value never comes here but to be judged: it
//! is stored sealed and a spec holds its id.

use std::collections::{BTreeMap, BTreeSet};

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{COMPUTER_NAME, HOSTNAME, SSH_KEYS, TemplateError, VariableError};
use crate::ids::SecretId;

/// How many variables a template may have.
const MAX_VARIABLES: usize = 50;
/// How long a name may be.
const MAX_NAME: usize = 40;
/// How long a value may be, in bytes.
pub const MAX_VALUE: usize = 4096;
/// How long a pattern may be, in bytes.
const MAX_PATTERN: usize = 200;
/// How many values a choice may have.
const MAX_CHOICES: usize = 50;
/// What a compiled pattern may take, in bytes: enough for every honest one, too little for `(a{99}){99}`.
const PATTERN_MEMORY: usize = 256 * 1024;

text_enum! {
    /// Which texts a value may be.
    strict VariableKind {
        /// Any text.
        Text = "text",
        /// A whole number in decimal digits.
        Integer = "integer",
        /// One of some texts.
        Choice = "choice",
        /// `true` or `false`.
        Boolean = "boolean",
        /// Any text, which nobody sees again.
        Secret = "secret",
    }
}

impl VariableKind {
    /// Whether it is what a declaration means that says nothing.
    pub fn is_text(&self) -> bool {
        *self == Self::Text
    }
}

/// A value the person who asks may give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// How the template refers to it.
    pub name: String,
    /// What people see.
    pub title: String,
    /// Taken where none is given; without one a value must be given.
    pub default: Option<String>,
    /// What the whole value must match; a regular expression of the `regex` crate. For texts and secrets.
    pub pattern: Option<String>,
    /// Which texts its value may be.
    #[serde(default = "text", skip_serializing_if = "VariableKind::is_text")]
    pub kind: VariableKind,
    /// The least integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The largest integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// What a choice may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

fn text() -> VariableKind {
    VariableKind::Text
}

/// The value of every declared variable: the one given, or the default. Secrets by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Values that may be seen.
    pub values: BTreeMap<String, String>,
    /// Where the others are.
    pub secrets: BTreeMap<String, SecretId>,
}

impl Resolved {
    /// Every value, with ids in place of secrets: what hashes are made from.
    pub fn shown(&self) -> BTreeMap<String, String> {
        let secrets = self.secrets.iter().map(|(name, id)| (name.clone(), id.to_string()));
        self.values.clone().into_iter().chain(secrets).collect()
    }
}

/// The value of every declared variable.
///
/// # Errors
/// [`TemplateError::Variables`] with every value that is unknown, missing, misplaced or not of its kind.
pub fn resolve(
    variables: &[Variable],
    given: &BTreeMap<String, String>,
    secrets: &BTreeMap<String, SecretId>,
) -> Result<Resolved, TemplateError> {
    let declared: BTreeSet<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    let names: BTreeSet<&String> = given.keys().chain(secrets.keys()).collect();
    let mut errors: Vec<VariableError> = names
        .into_iter()
        .filter(|name| !declared.contains(name.as_str()))
        .map(|name| VariableError::new(name, "VARIABLE_UNKNOWN", "the template has no such variable"))
        .collect();
    let mut resolved = Resolved::default();
    for variable in variables {
        let name = variable.name.as_str();
        let (value, secret) = (given.get(name), secrets.get(name));
        match (variable.kind, value, secret) {
            (VariableKind::Secret, None, Some(id)) => {
                resolved.secrets.insert(name.to_owned(), *id);
            }
            (VariableKind::Secret, Some(_), _) => {
                let detail = "this is a secret: store it first and give its id";
                errors.push(VariableError::new(name, "VARIABLE_IS_SECRET", detail));
            }
            (VariableKind::Secret, None, None) => {
                errors.push(VariableError::new(name, "VARIABLE_MISSING", "a secret must be given"));
            }
            (_, _, Some(_)) => {
                let detail = "this is no secret: give its value as it is";
                errors.push(VariableError::new(name, "VARIABLE_NOT_SECRET", detail));
            }
            (_, value, None) => match value.or(variable.default.as_ref()) {
                None => errors.push(VariableError::new(name, "VARIABLE_MISSING", "a value must be given")),
                Some(value) => match judge(variable, value)? {
                    None => {
                        resolved.values.insert(name.to_owned(), value.clone());
                    }
                    Some(error) => errors.push(error),
                },
            },
        }
    }
    if errors.is_empty() { Ok(resolved) } else { Err(TemplateError::Variables(errors)) }
}

/// What is wrong with a value, if anything; says nothing of the value itself.
///
/// # Errors
/// [`TemplateError::Declaration`] if the declaration is none.
pub fn judge(variable: &Variable, value: &str) -> Result<Option<VariableError>, TemplateError> {
    let wrong = |code, detail: String| Ok(Some(VariableError::new(&variable.name, code, detail)));
    if value.len() > MAX_VALUE {
        return wrong("VARIABLE_INVALID", format!("at most {MAX_VALUE} bytes"));
    }
    // Line breaks are judged where the value ends up; anything else that cannot be seen is refused here.
    if value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return wrong("VARIABLE_INVALID", "no control characters".into());
    }
    match variable.kind {
        VariableKind::Text | VariableKind::Secret => {
            let Some(pattern) = &variable.pattern else { return Ok(None) };
            let matches = compile(&variable.name, pattern)?.is_match(value);
            if matches { Ok(None) } else { wrong("VARIABLE_MISMATCH", format!("must match {pattern}")) }
        }
        VariableKind::Integer => match value.parse::<i64>() {
            // One text for one number: it stands in the hash.
            Ok(number) if number.to_string() == value => {
                let (least, most) = (variable.min.unwrap_or(i64::MIN), variable.max.unwrap_or(i64::MAX));
                if (least..=most).contains(&number) {
                    Ok(None)
                } else {
                    wrong("VARIABLE_OUT_OF_RANGE", format!("from {least} to {most}"))
                }
            }
            _ => wrong("VARIABLE_MISMATCH", "must be a whole number".into()),
        },
        VariableKind::Choice if variable.choices.iter().any(|choice| choice == value) => Ok(None),
        VariableKind::Choice => {
            wrong("VARIABLE_MISMATCH", format!("must be {}", variable.choices.join(" or ")))
        }
        VariableKind::Boolean if matches!(value, "true" | "false") => Ok(None),
        VariableKind::Boolean => wrong("VARIABLE_MISMATCH", "must be true or false".into()),
    }
}

/// A pattern that must match the whole value.
fn compile(name: &str, pattern: &str) -> Result<Regex, TemplateError> {
    let detail = if pattern.len() > MAX_PATTERN {
        "its pattern is too long"
    } else {
        // Compiled alone first: `a)|(b` would otherwise close the group that anchors it.
        let build = |text: &str| RegexBuilder::new(text).size_limit(PATTERN_MEMORY).build();
        match build(pattern).and_then(|_| build(&format!(r"\A(?:{pattern})\z"))) {
            Ok(regex) => return Ok(regex),
            Err(_) => "its pattern is not a regular expression, or too large a one",
        }
    };
    Err(TemplateError::Declaration { name: name.to_owned(), detail })
}

/// Whether these can be declared: names, kinds with what belongs to them, and defaults that are values.
pub(super) fn check(variables: &[Variable]) -> Result<(), TemplateError> {
    let mut seen = BTreeSet::new();
    for (index, variable) in variables.iter().enumerate() {
        let name = variable.name.as_str();
        let detail = if index >= MAX_VARIABLES {
            Some("there are more than 50")
        } else if !is_name(name) {
            Some("a name has at most 40 characters of a-z, 0-9 and _, and begins with a letter")
        } else if [HOSTNAME, SSH_KEYS, COMPUTER_NAME].contains(&name) {
            Some("the name is always defined")
        } else if !seen.insert(name) {
            Some("the name is declared twice")
        } else {
            misfit(variable)
        };
        if let Some(detail) = detail {
            let name = name.chars().take(80).collect();
            return Err(TemplateError::Declaration { name, detail });
        }
        if let Some(pattern) = &variable.pattern {
            compile(name, pattern)?;
        }
        if let Some(default) = &variable.default
            && judge(variable, default)?.is_some()
        {
            let detail = "its default is not a value it may have";
            return Err(TemplateError::Declaration { name: name.to_owned(), detail });
        }
    }
    Ok(())
}

/// What does not belong to the variable's kind, or is missing for it.
fn misfit(variable: &Variable) -> Option<&'static str> {
    let kind = variable.kind;
    let distinct: BTreeSet<&String> = variable.choices.iter().collect();
    if kind == VariableKind::Secret && variable.default.is_some() {
        Some("a secret has no default, which everybody would see")
    } else if variable.pattern.is_some() && !matches!(kind, VariableKind::Text | VariableKind::Secret) {
        Some("only a text or a secret has a pattern")
    } else if (variable.min.is_some() || variable.max.is_some()) && kind != VariableKind::Integer {
        Some("only an integer has bounds")
    } else if variable.min.zip(variable.max).is_some_and(|(min, max)| min > max) {
        Some("its least value is above its largest")
    } else if !variable.choices.is_empty() && kind != VariableKind::Choice {
        Some("only a choice has choices")
    } else if kind == VariableKind::Choice
        && (distinct.len() != variable.choices.len() || distinct.is_empty())
    {
        Some("a choice has choices, each once")
    } else if distinct.len() > MAX_CHOICES || distinct.iter().any(|choice| choice.len() > MAX_VALUE) {
        Some("a choice has at most 50 choices")
    } else {
        None
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
