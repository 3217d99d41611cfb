//! What can be wrong with a template or with the values given to it.

use serde_json::{Map, Value, json};

use crate::reason::{Coded, params};

/// One value that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {detail}")]
pub struct VariableError {
    /// Which variable; as it came, cut to 80 characters.
    pub name: String,
    /// `VARIABLE_UNKNOWN`, `VARIABLE_MISSING`, `VARIABLE_MISMATCH`, `VARIABLE_OUT_OF_RANGE`, `VARIABLE_INVALID`,
    /// `VARIABLE_IS_SECRET` or `VARIABLE_NOT_SECRET`.
    pub code: &'static str,
    /// What is wrong, in English; never the value, which may be a secret.
    pub detail: String,
}

impl VariableError {
    pub(super) fn new(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { name: name.chars().take(80).collect(), code, detail: detail.into() }
    }
}

/// Why there is no user data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Values that cannot be taken, all of them.
    #[error("some values cannot be taken: {}", list(.0))]
    Variables(Vec<VariableError>),
    /// Something other than `{{ variable }}`.
    #[error(
        "line {line} of the template has something other than {{{{ variable }}}}; put {{% raw %}} and {{% endraw %}} around text with braces"
    )]
    Syntax {
        /// The first line that has it, from 1; 0 where it is not known.
        line: usize,
    },
    /// Uses what is not declared.
    #[error("the template uses {} without declaring it", .names.join(", "))]
    Undeclared {
        /// In order.
        names: Vec<String>,
    },
    /// A declaration that cannot be.
    #[error("the variable {name} cannot be declared: {detail}")]
    Declaration {
        /// Which.
        name: String,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// More than 16 KiB.
    #[error("user data can have at most 16 KiB")]
    TooLarge,
    /// The first line is not `#cloud-config`.
    #[error("user data begins with a line #cloud-config")]
    NotCloudConfig,
    /// Not YAML, or not a mapping.
    #[error("user data is one YAML mapping{}", .line.map(|line| format!("; line {line} is not")).unwrap_or_default())]
    Yaml {
        /// Where it stops being one, where that is known.
        line: Option<u64>,
    },
    /// Sets what Shepherd sets.
    #[error("the template may not set {key} itself; use {{{{ {key} }}}} where it is wanted")]
    ReservedKey {
        /// Which key.
        key: &'static str,
    },
    /// A value would change the structure around it.
    #[error("a value does not stay within its place in the YAML; leave out line breaks and quotes")]
    ValueBreaksYaml,
    /// Not XML.
    #[error("the answer file is no XML{}", .line.map(|line| format!("; line {line} is wrong")).unwrap_or_default())]
    Xml {
        /// Where it stops being it, where that is known.
        line: Option<u64>,
    },
    /// XML of something else.
    #[error("an answer file is one element unattend of the namespace urn:schemas-microsoft-com:unattend")]
    NotUnattend,
    /// A value would change the structure around it.
    #[error(
        "a value does not stay within its place in the XML; use variables in text and in attributes only"
    )]
    ValueBreaksXml,
    /// Keys were chosen, and the guest would never see them.
    #[error("this template takes no SSH keys; leave them out, or use {{{{ ssh_authorized_keys }}}} in it")]
    KeysNotTaken,
}

impl Coded for TemplateError {
    fn code(&self) -> &'static str {
        match self {
            Self::Variables(_) => "VARIABLES_INVALID",
            Self::Syntax { .. } => "TEMPLATE_SYNTAX",
            Self::Undeclared { .. } => "TEMPLATE_UNDECLARED",
            Self::Declaration { .. } => "TEMPLATE_VARIABLE",
            Self::TooLarge => "TEMPLATE_TOO_LARGE",
            Self::NotCloudConfig => "TEMPLATE_NOT_CLOUD_CONFIG",
            Self::Yaml { .. } => "TEMPLATE_YAML",
            Self::ReservedKey { .. } => "TEMPLATE_RESERVED_KEY",
            Self::ValueBreaksYaml => "VARIABLE_BREAKS_YAML",
            Self::Xml { .. } => "TEMPLATE_XML",
            Self::NotUnattend => "TEMPLATE_NOT_UNATTEND",
            Self::ValueBreaksXml => "VARIABLE_BREAKS_XML",
            Self::KeysNotTaken => "SSH_KEYS_NOT_TAKEN",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::Variables(errors) => {
                let each = |error: &VariableError| json!({ "name": error.name, "code": error.code });
                params([("variables", errors.iter().map(each).collect())])
            }
            Self::Syntax { line } => params([("line", (*line).into())]),
            Self::Undeclared { names } => params([("names", names.clone().into())]),
            Self::Declaration { name, detail } => {
                params([("name", name.as_str().into()), ("detail", (*detail).into())])
            }
            Self::Yaml { line } => params([("line", (*line).into())]),
            Self::ReservedKey { key } => params([("key", (*key).into())]),
            Self::Xml { line } => params([("line", (*line).into())]),
            Self::TooLarge
            | Self::NotCloudConfig
            | Self::ValueBreaksYaml
            | Self::NotUnattend
            | Self::ValueBreaksXml
            | Self::KeysNotTaken => Map::new(),
        }
    }
}

fn list(errors: &[VariableError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
