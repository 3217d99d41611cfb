//! What we store about a cluster in order to reach it.
//!
//! Secrets are `SecretString`: they print as nothing and are wiped when dropped. The caller encrypts
//! [`Credentials::reveal`] before it stores it; everything else of [`ClusterConfig`] may be shown.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shepherd_domain::states::ClusterMode;

/// Address and credentials of one cluster.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// `https://host[:port][/path]` of the API server.
    pub api_url: String,
    /// PEM certificates that sign the API server's; without them the operating system's roots are used.
    pub ca_pem: Option<String>,
    /// Who we are there.
    pub credentials: Credentials,
    /// `http://` or `https://` proxy, set by an administrator and never taken from an uploaded file.
    pub proxy: Option<String>,
    /// Name to expect in the certificate when it is not the host of `api_url`.
    pub tls_server_name: Option<String>,
    /// Deadlines of the calls.
    pub deadlines: Deadlines,
    /// Whether anything may be written there.
    pub mode: ClusterMode,
}

/// How we sign in to a cluster.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Bearer token, usually of a service account.
    Token(SecretString),
    /// Client certificate chain and key, both PEM.
    Certificate { certificate_pem: String, key_pem: SecretString },
    /// A file with a bearer token that something else renews, as Kubernetes does for a pod's own account. Read again
    /// every minute. Never taken from outside.
    TokenFile(PathBuf),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Revealed {
    Token(String),
    Certificate { certificate_pem: String, key_pem: String },
    TokenFile(PathBuf),
}

impl Credentials {
    /// One JSON document with the secrets in the clear, for envelope encryption by the caller.
    pub fn reveal(&self) -> SecretString {
        let plain = match self {
            Credentials::Token(token) => Revealed::Token(token.expose_secret().into()),
            Credentials::Certificate { certificate_pem, key_pem } => Revealed::Certificate {
                certificate_pem: certificate_pem.clone(),
                key_pem: key_pem.expose_secret().into(),
            },
            Credentials::TokenFile(path) => Revealed::TokenFile(path.clone()),
        };
        serde_json::to_string(&plain).expect("strings and a path of text always serialize").into()
    }

    /// Reads back what [`Credentials::reveal`] wrote.
    pub fn from_revealed(text: &SecretString) -> Result<Self, ConfigError> {
        // The parser's error may quote the text, so it is dropped.
        let plain = serde_json::from_str(text.expose_secret()).map_err(|_| ConfigError::Credentials)?;
        Ok(match plain {
            Revealed::Token(token) => Credentials::Token(token.into()),
            Revealed::Certificate { certificate_pem, key_pem } => {
                Credentials::Certificate { certificate_pem, key_pem: key_pem.into() }
            }
            Revealed::TokenFile(path) => Credentials::TokenFile(path),
        })
    }
}

/// Longest times a call may take. A job must end under 20 s, so one call stays well below that.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Deadlines {
    /// TCP and TLS set-up.
    pub connect: Duration,
    /// One request with its whole answer.
    pub call: Duration,
    /// One page of a list.
    pub page: Duration,
    /// Silence on a watch after which the connection counts as dead. Kubernetes sends a bookmark about every
    /// minute, so this must be longer than that.
    pub watch_idle: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            call: Duration::from_secs(10),
            page: Duration::from_secs(30),
            watch_idle: Duration::from_secs(75),
        }
    }
}

/// A stored or uploaded configuration that cannot be used. Each message says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not an https URL with a host, or with parts that have no meaning here.
    #[error("the server must be https://host[:port][/path], without user, query or fragment")]
    Url,
    /// The proxy URL is not usable.
    #[error("the proxy must be http://host:port or https://host:port")]
    Proxy,
    /// The CA bundle holds no certificate.
    #[error(
        "the certificate authority holds no PEM certificate; paste the bundle that signs the API server's"
    )]
    Ca,
    /// The client certificate and key do not fit or are not PEM.
    #[error("the client certificate or its key is not PEM, or they do not belong together")]
    ClientCertificate,
    /// The name to expect in the certificate is not a host name.
    #[error("the TLS server name is not a host name")]
    ServerName,
    /// The token has characters that no HTTP header can carry, or is empty.
    #[error("the token is empty or has characters that a token cannot have")]
    Token,
    /// The stored credentials cannot be read.
    #[error("the stored credentials cannot be read; enter them again")]
    Credentials,
    /// The TLS library refuses the set-up, for example because the system has no root certificates.
    #[error("TLS cannot be set up; give the cluster's certificate authority")]
    Tls,
}

impl ConfigError {
    /// Stable public code.
    pub fn code(&self) -> &'static str {
        match self {
            ConfigError::Url => "CLUSTER_URL_INVALID",
            ConfigError::Proxy => "CLUSTER_PROXY_INVALID",
            ConfigError::Ca => "CLUSTER_CA_INVALID",
            ConfigError::ClientCertificate => "CLUSTER_CLIENT_CERTIFICATE_INVALID",
            ConfigError::ServerName => "CLUSTER_SERVER_NAME_INVALID",
            ConfigError::Token => "CLUSTER_TOKEN_INVALID",
            ConfigError::Credentials => "CLUSTER_CREDENTIALS_UNREADABLE",
            ConfigError::Tls => "CLUSTER_TLS_SETUP_FAILED",
        }
    }
}
