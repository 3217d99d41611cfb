//! The template language: minijinja with everything left out but variables and `raw`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use regex::Regex;

use super::{HOSTNAME, SSH_KEYS, TemplateError};

/// Text that is taken as it is. It never matches across another one.
static RAW: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?s)\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}"));
/// A variable and nothing else: no expression, no filter, no call.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| fixed(r"\{\{[ \t]*[a-z][a-z0-9_]*[ \t]*\}\}"));

fn fixed(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// A template that holds nothing but text and declared variables.
pub(super) struct Program<'a> {
    environment: Environment<'a>,
    source: &'a str,
    used: Vec<String>,
}

/// Reads a template.
pub(super) fn compile<'a>(source: &'a str, declared: &[&str]) -> Result<Program<'a>, TemplateError> {
    refuse_statements(source)?;
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment
        .set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build().map_err(|e| syntax(&e))?);
    let template = environment.template_from_str(source).map_err(|error| syntax(&error))?;
    let mut used: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    used.sort();
    drop(template);
    let known = |name: &str| declared.contains(&name) || name == HOSTNAME || name == SSH_KEYS;
    let names: Vec<String> = used.iter().filter(|name| !known(name)).cloned().collect();
    if !names.is_empty() {
        return Err(TemplateError::Undeclared { names });
    }
    Ok(Program { environment, source, used })
}

impl Program<'_> {
    /// Whether the template refers to this variable.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.used.iter().any(|used| used == name)
    }

    /// The text with every variable filled in.
    pub(super) fn render(
        &self,
        values: &BTreeMap<String, String>,
        ssh_keys: &[String],
        hostname: &str,
    ) -> Result<String, TemplateError> {
        // A JSON list of strings is a YAML list on one line.
        self.fill(values, &serde_json::Value::from(ssh_keys).to_string(), hostname)
    }

    /// The same with keys on lines of their own.
    pub(super) fn render_lines(
        &self,
        values: &BTreeMap<String, String>,
        ssh_keys: &[String],
        hostname: &str,
    ) -> Result<String, TemplateError> {
        self.fill(values, &ssh_keys.join("\n"), hostname)
    }

    fn fill(
        &self,
        values: &BTreeMap<String, String>,
        keys: &str,
        hostname: &str,
    ) -> Result<String, TemplateError> {
        let given = values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let context = Value::from_pairs(given.chain([(HOSTNAME, hostname), (SSH_KEYS, keys)]));
        let template = self.environment.template_from_str(self.source).map_err(|error| syntax(&error))?;
        template.render(context).map_err(|error| syntax(&error))
    }
}

/// Refuses whatever the engine could do beyond filling in variables, before the engine sees it.
fn refuse_statements(source: &str) -> Result<(), TemplateError> {
    // Each piece is replaced by something of the same lines that can be part of no expression.
    let blank = |found: &regex::Captures<'_>| format!("\0{}", "\n".repeat(found[0].matches('\n').count()));
    let rest = RAW.replace_all(source, blank);
    let rest = VARIABLE.replace_all(&rest, "\0");
    let found = ["{{", "{%", "{#", "}}", "%}"].iter().filter_map(|mark| rest.find(mark)).min();
    match found {
        Some(at) => Err(TemplateError::Syntax { line: rest[..at].matches('\n').count() + 1 }),
        None => Ok(()),
    }
}

fn syntax(error: &minijinja::Error) -> TemplateError {
    TemplateError::Syntax { line: error.line().unwrap_or_default() }
}
