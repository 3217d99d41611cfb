//! User data for cloud-init, rendered from a template and its variables.
//!
//! Invariants: the only thing a template can do is `{{ variable }}` (and `{% raw %}` around text that looks
//! like it); every variable is declared; a value can fill a place and never add one: rendered with it, the YAML
//! has the shape it has with a harmless value. The author's text is kept as it is, because writing it anew
//! could change what cloud-init's YAML 1.1 reads in it. The result is at most 16 KiB.
//!
//! `hostname` and `ssh_authorized_keys` are always there. A template that does not use the second gets the keys
//! appended at the top level, where cloud-init gives them to its default user.
//! Not here: sysprep for Windows, and secret variables.

mod cloud_config;
mod engine;
mod error;
mod variables;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;
use crate::states::GuestFamily;

pub use error::{TemplateError, VariableError};
pub use variables::resolve;

/// The largest user data, in bytes; what the contract allows a template to have.
pub const MAX_USER_DATA: usize = 16 * 1024;

/// Always defined: the VM's name.
pub const HOSTNAME: &str = "hostname";
/// Always defined: a YAML list of the chosen people's public keys.
pub const SSH_KEYS: &str = "ssh_authorized_keys";

/// Stands for the host name in the hash, because a VM has its number only once it is approved.
const ANY_HOST: &str = "host";

/// A value the person who asks may give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// How the template refers to it.
    pub name: String,
    /// What people see.
    pub title: String,
    /// Taken where none is given; without one a value must be given.
    pub default: Option<String>,
    /// What the whole value must match; a regular expression of the `regex` crate.
    pub pattern: Option<String>,
}

/// What user data is rendered from.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// `#cloud-config` with variables, or nothing.
    pub user_data: &'a str,
    /// What it may refer to.
    pub variables: &'a [Variable],
}

impl Template<'_> {
    /// Whether this may be published for this kind of guest.
    ///
    /// # Errors
    /// [`TemplateError`] that says what to change.
    pub fn check(&self, family: GuestFamily) -> Result<(), TemplateError> {
        if family != GuestFamily::Linux {
            return Err(TemplateError::Family { family });
        }
        variables::check(self.variables)?;
        let harmless = self.harmless();
        let defaults = self.variables.iter().filter_map(|v| Some((v.name.clone(), v.default.clone()?)));
        let values: BTreeMap<String, String> = harmless.into_iter().chain(defaults).collect();
        self.render(&values, &[], ANY_HOST).map(drop)
    }

    /// The user data of one host. `values` are those [`resolve`] gave.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn render(
        &self,
        values: &BTreeMap<String, String>,
        ssh_keys: &[String],
        hostname: &str,
    ) -> Result<String, TemplateError> {
        if self.user_data.len() > MAX_USER_DATA {
            return Err(TemplateError::TooLarge);
        }
        let declared: Vec<&str> = self.variables.iter().map(|variable| variable.name.as_str()).collect();
        let program = engine::compile(self.user_data, &declared)?;
        let expected = cloud_config::parse(&program.render(&self.harmless(), ssh_keys, ANY_HOST)?)?;
        let text = program.render(values, ssh_keys, hostname)?;
        let actual = cloud_config::parse(&text).map_err(|_| TemplateError::ValueBreaksYaml)?;
        if !cloud_config::same_shape(&expected, &actual) {
            return Err(TemplateError::ValueBreaksYaml);
        }
        let keys = if program.uses(SSH_KEYS) { &[] } else { ssh_keys };
        let finished = cloud_config::complete(&text, &actual, keys, hostname)?;
        if finished.len() > MAX_USER_DATA {
            return Err(TemplateError::TooLarge);
        }
        Ok(finished)
    }

    /// The hash of the user data with the host name left out, as it stands in a spec.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn user_data_hash(
        &self,
        values: &BTreeMap<String, String>,
        ssh_keys: &[String],
    ) -> Result<ContentHash, TemplateError> {
        self.render(values, ssh_keys, ANY_HOST).map(|text| ContentHash::of(text.as_bytes()))
    }

    /// Every variable with a value that cannot change the meaning of any YAML.
    fn harmless(&self) -> BTreeMap<String, String> {
        self.variables.iter().map(|variable| (variable.name.clone(), "x".to_owned())).collect()
    }
}

/// The hash of a template version's whole content, by which pages tell versions apart. Takes the content as
/// JSON; the order of keys does not matter.
pub fn content_hash(content: &serde_json::Value) -> Result<ContentHash, serde_json::Error> {
    serde_json_canonicalizer::to_vec(content).map(|bytes| ContentHash::of(&bytes))
}

#[cfg(test)]
mod tests;
