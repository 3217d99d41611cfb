//! Why an uploaded kubeconfig is refused, each with what to change. No message quotes the file's values.

use crate::config::ConfigError;

/// Refusal of a kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// Beyond [`super::MAX_FILE`].
    #[error(
        "the file is larger than 256 KiB; keep only the context of this cluster (kubectl config view --minify --flatten)"
    )]
    TooLarge,
    /// `line` is 0 when unknown.
    #[error("the file is not a kubeconfig in YAML or JSON (line {line})")]
    NotYaml { line: u64 },
    /// No context of that name, or none chosen.
    #[error("the file has no such context; set current-context or name one of its contexts")]
    NoContext,
    /// The context names a cluster that the file does not have.
    #[error(
        "the context's cluster is not in the file; export it with kubectl config view --minify --flatten"
    )]
    NoCluster,
    /// The context names a user that the file does not have.
    #[error("the context's user is not in the file; export it with kubectl config view --minify --flatten")]
    NoUser,
    /// A required field is absent.
    #[error("the field {field} is missing")]
    Missing { field: &'static str },
    /// A field has another type than text.
    #[error("the field {field} must be text")]
    NotText { field: &'static str },
    /// A `-data` field is not base64 of PEM.
    #[error("the field {field} must be base64 of a PEM file")]
    NotBase64 { field: &'static str },
    /// `exec`.
    #[error("exec runs a program on our server and is refused; use the token of a service account")]
    Exec,
    /// `auth-provider`.
    #[error("auth-provider is refused; use the token of a service account")]
    AuthProvider,
    /// A path of a file on somebody's machine.
    #[error(
        "{field} names a file that we do not have; embed it with kubectl config view --minify --flatten --raw"
    )]
    FilePath { field: &'static str },
    /// `proxy-url`.
    #[error("proxy-url is not taken from a file; remove it and set the proxy in the cluster's settings")]
    Proxy,
    /// `insecure-skip-tls-verify`.
    #[error(
        "insecure-skip-tls-verify is refused; remove it and embed the cluster's CA in certificate-authority-data"
    )]
    InsecureTls,
    /// User name and password.
    #[error(
        "a user name with password is refused, Kubernetes no longer takes it; use the token of a service account"
    )]
    BasicAuth,
    /// `as` and its kin.
    #[error(
        "impersonation (as, as-uid, as-groups, as-user-extra) is refused; use an account with its own rights"
    )]
    Impersonation,
    /// Neither token nor certificate.
    #[error("the user has no credentials; give a token, or client-certificate-data with client-key-data")]
    NoCredentials,
    /// Token and certificate.
    #[error("the user has a token and a certificate; keep one of them")]
    TwoCredentials,
    /// A field that we do not know, named as far as it is harmless.
    #[error("the field {field} is not supported; remove it")]
    UnknownField { field: String },
    /// There is no account of ours beside us.
    #[error(
        "this server does not run in a cluster, or its pod has no service account; give a token or a kubeconfig"
    )]
    NotInCluster,
    /// A value that cannot be used.
    #[error(transparent)]
    Config(ConfigError),
}

impl IntakeError {
    /// Stable public code.
    pub fn code(&self) -> &'static str {
        match self {
            IntakeError::TooLarge => "KUBECONFIG_TOO_LARGE",
            IntakeError::NotYaml { .. } => "KUBECONFIG_NOT_YAML",
            IntakeError::NoContext => "KUBECONFIG_NO_CONTEXT",
            IntakeError::NoCluster => "KUBECONFIG_NO_CLUSTER",
            IntakeError::NoUser => "KUBECONFIG_NO_USER",
            IntakeError::Missing { .. } => "KUBECONFIG_FIELD_MISSING",
            IntakeError::NotText { .. } => "KUBECONFIG_FIELD_NOT_TEXT",
            IntakeError::NotBase64 { .. } => "KUBECONFIG_FIELD_NOT_BASE64",
            IntakeError::Exec => "KUBECONFIG_EXEC_REFUSED",
            IntakeError::AuthProvider => "KUBECONFIG_AUTH_PROVIDER_REFUSED",
            IntakeError::FilePath { .. } => "KUBECONFIG_FILE_PATH_REFUSED",
            IntakeError::Proxy => "KUBECONFIG_PROXY_REFUSED",
            IntakeError::InsecureTls => "KUBECONFIG_INSECURE_TLS_REFUSED",
            IntakeError::BasicAuth => "KUBECONFIG_BASIC_AUTH_REFUSED",
            IntakeError::Impersonation => "KUBECONFIG_IMPERSONATION_REFUSED",
            IntakeError::NoCredentials => "KUBECONFIG_NO_CREDENTIALS",
            IntakeError::TwoCredentials => "KUBECONFIG_TWO_CREDENTIALS",
            IntakeError::UnknownField { .. } => "KUBECONFIG_FIELD_UNKNOWN",
            IntakeError::NotInCluster => "NOT_IN_CLUSTER",
            IntakeError::Config(error) => error.code(),
        }
    }
}
