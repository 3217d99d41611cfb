//! Fields of KubeVirt that a template sets beyond what Shepherd renders, within an allow-list of paths.
//!
//! A path is relative to the instance's spec (`spec.template.spec`) and goes through objects only: `domain.cpu.model`.
//! Invariants: what Shepherd renders itself, and what would reach out of the guest (volumes, networks, devices of the host,
//! accounts), can be neither allowed nor set; a value is judged by the schema of the cluster it goes to, and a field that
//! schema does not have is not sent there. Here is no list of KubeVirt's fields: each cluster brings its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::reason::{Coded, params};

/// How many fields a template may set.
pub const MAX_FIELDS: usize = 30;
/// How long a path may be.
const MAX_PATH: usize = 200;
/// How large a value may be, as JSON.
const MAX_VALUE: usize = 1024;

/// What admins begin with: harmless settings of the virtual machine itself.
pub const DEFAULT_ALLOWED: &[&str] = &[
    "domain.clock.timezone",
    "domain.cpu.model",
    "domain.devices.autoattachMemBalloon",
    "domain.devices.blockMultiQueue",
    "domain.devices.networkInterfaceMultiqueue",
    "domain.features.smm.enabled",
    "domain.firmware.bootloader.efi.secureBoot",
    "domain.ioThreadsPolicy",
    "domain.machine.type",
    "evictionStrategy",
];

/// What no list can allow, with everything below: rendered by Shepherd, or reaching out of the guest.
const RESERVED: &[&str] = &[
    "accessCredentials",
    "domain.cpu.cores",
    "domain.cpu.dedicatedCpuPlacement",
    "domain.cpu.maxSockets",
    "domain.cpu.sockets",
    "domain.cpu.threads",
    "domain.devices.disks",
    "domain.devices.filesystems",
    "domain.devices.gpus",
    "domain.devices.hostDevices",
    "domain.devices.interfaces",
    "domain.devices.rng",
    "domain.firmware.kernelBoot",
    "domain.memory",
    "domain.resources",
    "hostname",
    "networks",
    "resourceClaims",
    "serviceAccountName",
    "terminationGracePeriodSeconds",
    "utilityVolumes",
    "volumes",
];

/// Why a field cannot be allowed or set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdvancedError {
    /// Not a path.
    #[error("{path:?} is no path; write fields from the instance's spec on, as domain.cpu.model")]
    Path {
        /// As it came, cut to 80 characters.
        path: String,
    },
    /// Rendered by Shepherd, or reaching out of the guest.
    #[error("{path} is not for templates: Shepherd sets it, or it reaches out of the guest")]
    Reserved {
        /// Which.
        path: String,
    },
    /// Not on the list.
    #[error("{path} is not among the fields that templates may set; ask an administrator")]
    NotAllowed {
        /// Which.
        path: String,
    },
    /// Two paths of which one is part of the other.
    #[error("{path} is set as a whole and in part")]
    Overlap {
        /// The longer one.
        path: String,
    },
    /// Not a value that can be kept.
    #[error("{path} is set to a text, a whole number, true or false, or an object of these")]
    Value {
        /// Which.
        path: String,
    },
    /// Too many.
    #[error("a template sets at most 30 fields")]
    TooMany,
}

impl AdvancedError {
    /// The path it is about.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Path { path }
            | Self::Reserved { path }
            | Self::NotAllowed { path }
            | Self::Overlap { path }
            | Self::Value { path } => Some(path),
            Self::TooMany => None,
        }
    }
}

impl Coded for AdvancedError {
    fn code(&self) -> &'static str {
        match self {
            Self::Path { .. } => "ADVANCED_PATH_INVALID",
            Self::Reserved { .. } => "ADVANCED_PATH_RESERVED",
            Self::NotAllowed { .. } => "ADVANCED_PATH_NOT_ALLOWED",
            Self::Overlap { .. } => "ADVANCED_PATH_OVERLAPS",
            Self::Value { .. } => "ADVANCED_VALUE_INVALID",
            Self::TooMany => "ADVANCED_TOO_MANY",
        }
    }

    fn params(&self) -> Map<String, Value> {
        self.path().map(|path| params([("path", path.into())])).unwrap_or_default()
    }
}

/// Whether this can be on the list.
///
/// # Errors
/// [`AdvancedError::Path`] or [`AdvancedError::Reserved`].
pub fn check_path(path: &str) -> Result<(), AdvancedError> {
    let name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if path.is_empty() || path.len() > MAX_PATH || !path.split('.').all(name) {
        return Err(AdvancedError::Path { path: path.chars().take(80).collect() });
    }
    // Above a reserved field is as bad as below it.
    if RESERVED.iter().any(|reserved| within(path, reserved) || within(reserved, path)) {
        return Err(AdvancedError::Reserved { path: path.to_owned() });
    }
    Ok(())
}

/// Whether `path` is `of` or a part of it.
fn within(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a template may set these.
///
/// # Errors
/// The first [`AdvancedError`].
pub fn check(fields: &BTreeMap<String, Value>, allowed: &[String]) -> Result<(), AdvancedError> {
    if fields.len() > MAX_FIELDS {
        return Err(AdvancedError::TooMany);
    }
    for (path, value) in fields {
        check_path(path)?;
        if !allowed.iter().any(|entry| within(path, entry)) {
            return Err(AdvancedError::NotAllowed { path: path.clone() });
        }
        if fields.keys().any(|other| other != path && within(path, other)) {
            return Err(AdvancedError::Overlap { path: path.clone() });
        }
        if !plain(value) || value.to_string().len() > MAX_VALUE {
            return Err(AdvancedError::Value { path: path.clone() });
        }
    }
    Ok(())
}

/// Whole numbers only: the value stands in the canonical spec.
fn plain(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::String(text) => !text.chars().any(char::is_control),
        Value::Number(number) => number.as_i64().is_some_and(|n| n.unsigned_abs() < 1 << 53),
        Value::Object(fields) => fields.values().all(plain),
        Value::Null | Value::Array(_) => false,
    }
}

/// Sets the fields in an instance's spec. What is there already is never replaced, which [`check_path`] has seen to.
pub fn set(spec: &mut Value, fields: &BTreeMap<String, Value>) {
    for (path, value) in fields {
        let mut place = &mut *spec;
        for part in path.split('.') {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[part];
        }
        if place.is_null() {
            *place = value.clone();
        }
    }
}

/// Why a cluster does not take a value, by its schema of the instance's spec: a code and what to say of it.
pub fn against(schema: &Value, path: &str, value: &Value) -> Option<(&'static str, String)> {
    let mut here = schema;
    for part in path.split('.') {
        if here["x-kubernetes-preserve-unknown-fields"] == true {
            return None;
        }
        here = &here["properties"][part];
    }
    if !here.is_object() {
        return Some(("ADVANCED_FIELD_UNKNOWN", "does not have this field".to_owned()));
    }
    misfit(here, value).map(|what| ("ADVANCED_VALUE_REFUSED", what))
}

fn misfit(schema: &Value, value: &Value) -> Option<String> {
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        let known: Vec<String> = values.iter().take(10).map(Value::to_string).collect();
        return Some(format!("takes {}", known.join(", ")));
    }
    if schema["x-kubernetes-int-or-string"] == true {
        return (!value.is_string() && !value.is_i64()).then(|| "takes a number or a text".to_owned());
    }
    match (schema["type"].as_str(), value) {
        (Some("string"), Value::String(_))
        | (Some("boolean"), Value::Bool(_))
        | (Some("integer" | "number"), Value::Number(_))
        | (None, _) => None,
        (Some("object"), Value::Object(fields)) => {
            if schema["x-kubernetes-preserve-unknown-fields"] == true {
                return None;
            }
            fields.iter().find_map(|(name, value)| match &schema["properties"][name] {
                Value::Null if schema["additionalProperties"].is_object() => {
                    misfit(&schema["additionalProperties"], value)
                }
                Value::Null => Some(format!("has no field {name} there")),
                inner => misfit(inner, value),
            })
        }
        (Some(kind), _) => Some(format!("takes {kind}")),
    }
}

#[cfg(test)]
#[path = "advanced_tests.rs"]
mod tests;
