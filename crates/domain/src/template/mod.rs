//! What a guest is set up by, rendered from a template and its variables: user data for cloud-init, or the answer file
//! of Windows Setup.
//!
//! Invariants: the only thing a template can do is `{{ variable }}` (and `{% raw %}` around text that looks
//! like it); every variable is declared; a value can fill a place and never add one: rendered with it, the YAML
//! has the shape it has with a harmless value (in XML it is escaped as well). The author's text is kept as it is, because writing it anew
//! could change what cloud-init's YAML 1.1 reads in it. The result is at most 16 KiB.
//!
//! `hostname` and `ssh_authorized_keys` are always there. A template that does not use the second gets the keys
//! appended at the top level, where cloud-init gives them to its default user.
//! In an answer file `computer_name` is there too: the last 15 characters of the name, which is what Windows allows.
//! Not here: where secret values are kept; whoever renders has opened them, or gives ids in their place.

mod cloud_config;
mod engine;
mod error;
mod unattend;
mod variables;

use std::collections::BTreeMap;

use crate::hash::ContentHash;
use crate::states::GuestFamily;

pub use error::{TemplateError, VariableError};
pub use variables::{MAX_VALUE, Resolved, Variable, VariableKind, judge, resolve};

/// The largest user data, in bytes; what the contract allows a template to have.
pub const MAX_USER_DATA: usize = 16 * 1024;

/// Always defined: the VM's name.
pub const HOSTNAME: &str = "hostname";
/// Always defined: a YAML list of the chosen people's public keys.
pub const SSH_KEYS: &str = "ssh_authorized_keys";

/// Always defined for Windows: at most 15 characters of the VM's name.
pub const COMPUTER_NAME: &str = "computer_name";

/// Stands for the host name in the hash, because a VM has its number only once it is approved.
const ANY_HOST: &str = "host";

/// What user data is rendered from.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// How the guest takes it.
    pub family: GuestFamily,
    /// `#cloud-config` or an answer file, with variables; or nothing.
    pub user_data: &'a str,
    /// What it may refer to.
    pub variables: &'a [Variable],
}

impl Template<'_> {
    /// Whether this may be published.
    ///
    /// # Errors
    /// [`TemplateError`] that says what to change.
    pub fn check(&self) -> Result<(), TemplateError> {
        variables::check(self.variables)?;
        let harmless = self.harmless();
        let defaults = self.variables.iter().filter_map(|v| Some((v.name.clone(), v.default.clone()?)));
        let values: BTreeMap<String, String> = harmless.into_iter().chain(defaults).collect();
        self.render(&values, &[], ANY_HOST).map(drop)
    }

    /// The user data of one host. `values` are those [`resolve`] gave, secrets opened.
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
        let mut declared: Vec<&str> = self.variables.iter().map(|variable| variable.name.as_str()).collect();
        if self.family == GuestFamily::Windows {
            declared.push(COMPUTER_NAME);
        }
        let program = engine::compile(self.user_data, &declared)?;
        let finished = match self.family {
            GuestFamily::Linux => self.cloud_config(&program, values, ssh_keys, hostname)?,
            GuestFamily::Windows => self.answer_file(&program, values, ssh_keys, hostname)?,
        };
        if finished.len() > MAX_USER_DATA {
            return Err(TemplateError::TooLarge);
        }
        Ok(finished)
    }

    fn cloud_config(
        &self,
        program: &engine::Program<'_>,
        values: &BTreeMap<String, String>,
        ssh_keys: &[String],
        hostname: &str,
    ) -> Result<String, TemplateError> {
        let expected = cloud_config::parse(&program.render(&self.harmless(), ssh_keys, ANY_HOST)?)?;
        let text = program.render(values, ssh_keys, hostname)?;
        let actual = cloud_config::parse(&text).map_err(|_| TemplateError::ValueBreaksYaml)?;
        if !cloud_config::same_shape(&expected, &actual) {
            return Err(TemplateError::ValueBreaksYaml);
        }
        let keys = if program.uses(SSH_KEYS) { &[] } else { ssh_keys };
        cloud_config::complete(&text, &actual, keys, hostname)
    }

    fn answer_file(
        &self,
        program: &engine::Program<'_>,
        values: &BTreeMap<String, String>,
        ssh_keys: &[String],
        hostname: &str,
    ) -> Result<String, TemplateError> {
        // Setup has no place of its own for keys.
        if !ssh_keys.is_empty() && !program.uses(SSH_KEYS) {
            return Err(TemplateError::KeysNotTaken);
        }
        if self.user_data.trim().is_empty() {
            return Ok(String::new());
        }
        let fill = |values: &BTreeMap<String, String>, host: &str| {
            let escaped = values.iter().map(|(name, value)| (name.clone(), unattend::escape(value)));
            let mut escaped: BTreeMap<String, String> = escaped.collect();
            escaped.insert(COMPUTER_NAME.to_owned(), computer_name(host));
            let keys: Vec<String> = ssh_keys.iter().map(|key| unattend::escape(key)).collect();
            program.render_lines(&escaped, &keys, host)
        };
        let (plain, text) = (fill(&self.harmless(), ANY_HOST)?, fill(values, hostname)?);
        let expected = unattend::parse(&plain)?;
        let actual = unattend::parse(&text).map_err(|_| TemplateError::ValueBreaksXml)?;
        if !unattend::same_shape(&expected, &actual) {
            return Err(TemplateError::ValueBreaksXml);
        }
        Ok(text)
    }

    /// The hash of the user data with the host name left out, as it stands in a spec. Secrets are in it by their ids.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn user_data_hash(
        &self,
        resolved: &Resolved,
        ssh_keys: &[String],
    ) -> Result<ContentHash, TemplateError> {
        self.render(&resolved.shown(), ssh_keys, ANY_HOST).map(|text| ContentHash::of(text.as_bytes()))
    }

    /// Every variable with a value that cannot change the meaning of any YAML or XML.
    fn harmless(&self) -> BTreeMap<String, String> {
        self.variables.iter().map(|variable| (variable.name.clone(), "x".to_owned())).collect()
    }
}

/// A name Windows takes: of a longer one the end, because that is what tells VMs apart.
fn computer_name(hostname: &str) -> String {
    let start = hostname.len().saturating_sub(15);
    hostname.get(start..).unwrap_or(hostname).trim_start_matches('-').to_owned()
}

/// The hash of a template version's whole content, by which pages tell versions apart. Takes the content as
/// JSON; the order of keys does not matter.
pub fn content_hash(content: &serde_json::Value) -> Result<ContentHash, serde_json::Error> {
    serde_json_canonicalizer::to_vec(content).map(|bytes| ContentHash::of(&bytes))
}

#[cfg(test)]
mod tests;
