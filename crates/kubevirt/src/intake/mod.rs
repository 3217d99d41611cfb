//! Intake of an uploaded kubeconfig: parsed, allow-listed and rebuilt.
//!
//! A kubeconfig can name programs to run (`exec`), files to read and proxies to use: taken as it is, an
//! upload would be remote code execution on the server. Only an address, a CA and static credentials pass,
//! every other field is refused with an error that says what to change, and the file itself is dropped.
//! Only the chosen context is looked at; no error quotes the file, which is full of secrets.

mod document;
mod error;
mod parts;

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use shepherd_domain::states::ClusterMode;

use crate::config::{ClusterConfig, ConfigError, Credentials, Deadlines};
use crate::connect;
use document::{Document, Entry};

pub use error::IntakeError;
pub use parts::{IN_CLUSTER, SERVICE_ACCOUNT, amended, from_token, in_cluster};

/// Largest file; a kubeconfig with certificates has about 6 KB.
pub const MAX_FILE: usize = 256 * 1024;

/// What an upload amounts to.
#[derive(Debug, Clone)]
pub struct Intake {
    pub config: ClusterConfig,
    /// Name of the context that was used, for display.
    pub context: String,
}

/// Fields of `clusters[].cluster` that may stay; `extensions` are notes of tools and are dropped.
const CLUSTER_FIELDS: [&str; 5] =
    ["server", "certificate-authority-data", "tls-server-name", "extensions", "disable-compression"];

/// Fields of `users[].user` that may stay.
const USER_FIELDS: [&str; 4] = ["token", "client-certificate-data", "client-key-data", "extensions"];

/// Reads the kubeconfig's context `context`, or its current one.
///
/// # Errors
/// See [`IntakeError`]: each says what to change.
pub fn parse_kubeconfig(file: &SecretString, context: Option<&str>) -> Result<Intake, IntakeError> {
    let text = file.expose_secret();
    if text.len() > MAX_FILE {
        return Err(IntakeError::TooLarge);
    }
    let document: Document = serde_saphyr::from_str(text).map_err(|error| {
        // The parser's own message quotes the file.
        let line = error.location().map(|location| location.line());
        IntakeError::NotYaml { line: line.unwrap_or(0) }
    })?;
    let (context, chosen) = document.context(context)?;
    let cluster = document.cluster(chosen)?;
    let user = document.user(chosen)?;
    check_cluster(cluster)?;
    check_user(user)?;

    let server = cluster.text("server")?.ok_or(IntakeError::Missing { field: "server" })?;
    let api_url = connect::address(server)?;
    let ca_pem =
        cluster.text("certificate-authority-data")?.map(|data| pem(data, "certificate-authority-data"));
    let ca_pem = ca_pem.transpose()?;
    if let Some(pem) = &ca_pem {
        connect::certificates(pem)?;
    }
    let tls_server_name = cluster.text("tls-server-name")?.map(|name| connect::server_name(name.to_owned()));
    let config = ClusterConfig {
        api_url,
        ca_pem,
        credentials: credentials(user)?,
        proxy: None,
        tls_server_name: tls_server_name.transpose()?,
        deadlines: Deadlines::default(),
        // Until somebody says that it is to be governed.
        mode: ClusterMode::Observe,
    };
    Ok(Intake { config, context: crate::detail::clean(context, 200) })
}

fn check_cluster(cluster: &Entry) -> Result<(), IntakeError> {
    if cluster.has("insecure-skip-tls-verify") && !cluster.is_false("insecure-skip-tls-verify") {
        return Err(IntakeError::InsecureTls);
    }
    if cluster.has("certificate-authority") {
        return Err(IntakeError::FilePath { field: "certificate-authority" });
    }
    if cluster.has("proxy-url") {
        return Err(IntakeError::Proxy);
    }
    cluster.only(&CLUSTER_FIELDS, &["insecure-skip-tls-verify"])
}

fn check_user(user: &Entry) -> Result<(), IntakeError> {
    if user.has("exec") {
        return Err(IntakeError::Exec);
    }
    if user.has("auth-provider") {
        return Err(IntakeError::AuthProvider);
    }
    for field in ["tokenFile", "client-certificate", "client-key"] {
        if user.has(field) {
            return Err(IntakeError::FilePath { field });
        }
    }
    if ["username", "password"].iter().any(|field| user.has(field)) {
        return Err(IntakeError::BasicAuth);
    }
    if ["as", "as-uid", "as-groups", "as-user-extra"].iter().any(|field| user.has(field)) {
        return Err(IntakeError::Impersonation);
    }
    user.only(&USER_FIELDS, &[])
}

fn credentials(user: &Entry) -> Result<Credentials, IntakeError> {
    let certificate = user.text("client-certificate-data")?;
    let key = user.text("client-key-data")?;
    match (user.text("token")?, certificate, key) {
        (Some(token), None, None) => {
            let token = token.trim();
            connect::check_token(token)?;
            Ok(Credentials::Token(token.to_owned().into()))
        }
        (None, Some(certificate), Some(key)) => {
            let certificate_pem = pem(certificate, "client-certificate-data")?;
            let key_pem = pem(key, "client-key-data")?;
            connect::check_identity(&certificate_pem, &key_pem)?;
            Ok(Credentials::Certificate { certificate_pem, key_pem: key_pem.into() })
        }
        (None, None, None) => Err(IntakeError::NoCredentials),
        (None, Some(_), None) => Err(IntakeError::Missing { field: "client-key-data" }),
        (None, None, Some(_)) => Err(IntakeError::Missing { field: "client-certificate-data" }),
        (Some(_), _, _) => Err(IntakeError::TwoCredentials),
    }
}

/// Base64 around PEM, as kubeconfigs carry it.
fn pem(data: &str, field: &'static str) -> Result<String, IntakeError> {
    let compact: String = data.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact);
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or(IntakeError::NotBase64 { field })
}

impl From<ConfigError> for IntakeError {
    fn from(error: ConfigError) -> Self {
        IntakeError::Config(error)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
