//! Values for a template's variables.

use std::collections::{BTreeMap, BTreeSet};

use regex::{Regex, RegexBuilder};

use super::{HOSTNAME, SSH_KEYS, TemplateError, Variable, VariableError};

/// How many variables a template may have.
const MAX_VARIABLES: usize = 50;
/// How long a name may be.
const MAX_NAME: usize = 40;
/// How long a value may be, in bytes.
const MAX_VALUE: usize = 4096;
/// How long a pattern may be, in bytes.
const MAX_PATTERN: usize = 200;
/// What a compiled pattern may take, in bytes: enough for every honest one, too little for `(a{99}){99}`.
const PATTERN_MEMORY: usize = 256 * 1024;

/// The value of every declared variable: the one given, or the default.
///
/// # Errors
/// [`TemplateError::Variables`] with every value that is unknown, missing or does not match.
pub fn resolve(
    variables: &[Variable],
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let declared: BTreeSet<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    let error = |name: &str, code, detail: String| VariableError {
        name: name.chars().take(80).collect(),
        code,
        detail,
    };
    let mut errors: Vec<VariableError> = given
        .keys()
        .filter(|name| !declared.contains(name.as_str()))
        .map(|name| error(name, "VARIABLE_UNKNOWN", "the template has no such variable".into()))
        .collect();
    let mut values = BTreeMap::new();
    for variable in variables {
        let name = variable.name.as_str();
        match given.get(name).or(variable.default.as_ref()) {
            None => errors.push(error(name, "VARIABLE_MISSING", "a value must be given".into())),
            Some(value) => match judge(variable, value)? {
                None => {
                    values.insert(name.to_owned(), value.clone());
                }
                Some((code, detail)) => errors.push(error(name, code, detail)),
            },
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(TemplateError::Variables(errors)) }
}

/// What is wrong with a value, if anything.
fn judge(variable: &Variable, value: &str) -> Result<Option<(&'static str, String)>, TemplateError> {
    if value.len() > MAX_VALUE {
        return Ok(Some(("VARIABLE_INVALID", format!("at most {MAX_VALUE} bytes"))));
    }
    // Line breaks are judged where the value ends up; anything else that cannot be seen is refused here.
    if value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Ok(Some(("VARIABLE_INVALID", "no control characters".into())));
    }
    let Some(pattern) = &variable.pattern else { return Ok(None) };
    let matches = compile(&variable.name, pattern)?.is_match(value);
    Ok((!matches).then(|| ("VARIABLE_MISMATCH", format!("must match {pattern}"))))
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

/// Whether these can be declared: names, patterns, and defaults that match them.
pub(super) fn check(variables: &[Variable]) -> Result<(), TemplateError> {
    let mut seen = BTreeSet::new();
    for (index, variable) in variables.iter().enumerate() {
        let name = variable.name.as_str();
        let detail = if index >= MAX_VARIABLES {
            Some("there are more than 50")
        } else if !is_name(name) {
            Some("a name has at most 40 characters of a-z, 0-9 and _, and begins with a letter")
        } else if name == HOSTNAME || name == SSH_KEYS {
            Some("the name is always defined")
        } else if !seen.insert(name) {
            Some("the name is declared twice")
        } else {
            None
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
            return Err(TemplateError::Declaration {
                name: name.to_owned(),
                detail: "its default does not match its pattern",
            });
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
