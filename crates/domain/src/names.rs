//! Names that end up in Kubernetes and in people's mouths: Systems, Services, namespaces, environments, VMs.
//!
//! Invariants: each part is an RFC 1035 label without `--`, so `-` between parts stays readable and a rendered
//! VM name is a label too; the longest possible VM name has 63 characters (RFC 1035, 2.3.4). Names are
//! immutable, which is why there is no way to change one.
//! Not here: uniqueness and the counter that numbers VMs; both are the database's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::reason::{Coded, params};

/// The longest name of a Kubernetes object that is also a host name.
pub const MAX_VM_NAME: usize = 63;

/// Numbers from here on do not fit under the longest prefix.
const LONGEST_NUMBER: u32 = 999_999;

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is not a label of this kind.
    #[error(
        "{name:?} is not a valid {kind} name: at most {max} characters of a-z, 0-9 and single hyphens, \
         beginning with a letter and not ending with a hyphen"
    )]
    Invalid {
        /// What it was to name.
        kind: &'static str,
        /// The text, cut to 80 characters.
        name: String,
        /// How many characters it may have.
        max: usize,
    },
    /// A VM's number would make its name too long.
    #[error("the numbers under {prefix} are used up")]
    Exhausted {
        /// The prefix whose numbers ran out.
        prefix: String,
    },
}

impl Coded for NameError {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "NAME_INVALID",
            Self::Exhausted { .. } => "NAMES_EXHAUSTED",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::Invalid { kind, name, max } => {
                params([("kind", (*kind).into()), ("name", name.as_str().into()), ("max", (*max).into())])
            }
            Self::Exhausted { prefix } => params([("prefix", prefix.as_str().into())]),
        }
    }
}

/// Whether `text` is an RFC 1035 label without `--` of at most `max` characters.
fn is_label(text: &str, max: usize) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= max
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && !bytes.ends_with(b"-")
        && !text.contains("--")
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// Whether `text` is an RFC 1123 label, as Kubernetes names namespaces and many other objects.
pub fn is_dns_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inside = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(inside)
        && !bytes.starts_with(b"-")
        && !bytes.ends_with(b"-")
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident($kind:literal, $max:literal),)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// How many characters it may have.
            pub const MAX: usize = $max;

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_label(text, $max) {
                    return Ok(Self(text.to_owned()));
                }
                Err(NameError::Invalid { kind: $kind, name: text.chars().take(80).collect(), max: $max })
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A business line's name.
    SystemName("system", 15),
    /// An application's name.
    ServiceName("service", 15),
    /// A governed Kubernetes namespace.
    NamespaceName("namespace", 24),
    /// A Pool, in its Service.
    PoolName("pool", 24),
    /// An environment's name.
    EnvironmentName("environment", 15),
    /// A registered cluster's name.
    ClusterName("cluster", 24),
}

/// What VMs of one service in one namespace begin with; also the key of their counter.
pub fn vm_prefix(namespace: &NamespaceName, system: &SystemName, service: &ServiceName) -> String {
    format!("{namespace}-{system}-{service}")
}

/// The name of the VM with this number: the prefix, a hyphen and at least two digits.
///
/// # Errors
/// [`NameError::Exhausted`] if the number is zero, would not fit or the prefix is not one of [`vm_prefix`].
pub fn vm_name(prefix: &str, number: u32) -> Result<String, NameError> {
    let name = format!("{prefix}-{number:02}");
    if number == 0 || number > LONGEST_NUMBER || !is_label(&name, MAX_VM_NAME) {
        return Err(NameError::Exhausted { prefix: prefix.chars().take(80).collect() });
    }
    Ok(name)
}

/// A VM's name without its namespace and system, for lists: `{service}-{NN}`. A name of another form, such as
/// an adopted VM's, stays whole.
pub fn short_name<'a>(name: &'a str, namespace: &str, system: &str) -> &'a str {
    name.strip_prefix(namespace)
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|rest| rest.strip_prefix(system))
        .and_then(|rest| rest.strip_prefix('-'))
        .unwrap_or(name)
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
