//! From a stored [`ClusterConfig`] to a client. No I/O happens here: the first call connects.
//!
//! The client never retries by itself: permits, retry budget and breaker belong to the caller, which must
//! see each failure. It speaks HTTP/1.1 only, because console streams need the Upgrade header.

use http::Uri;
use kube::client::ClientBuilder;
use kube::config::AuthInfo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use secrecy::ExposeSecret;
use shepherd_domain::states::ClusterMode;

use crate::config::{ClusterConfig, ConfigError, Credentials, Deadlines};

/// Client of one cluster; cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) client: kube::Client,
    pub(crate) deadlines: Deadlines,
    pub(crate) mode: ClusterMode,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("deadlines", &self.deadlines).finish_non_exhaustive()
    }
}

/// One VM in one cluster. The UID is what tells it from a later VM of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmRef {
    pub namespace: String,
    pub name: String,
    pub uid: String,
}

impl VmRef {
    /// A reference to the VM with this UID.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>, uid: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into(), uid: uid.into() }
    }
}

impl Cluster {
    /// Builds the client. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// When the configuration cannot be used at all; whether the cluster answers is not looked at.
    pub fn connect(config: &ClusterConfig) -> Result<Self, ConfigError> {
        let mut kube_config = kube::Config::new(api_url(&config.api_url)?);
        kube_config.connect_timeout = Some(config.deadlines.connect);
        kube_config.write_timeout = Some(config.deadlines.call);
        kube_config.default_retry = false;
        kube_config.root_cert = config.ca_pem.as_deref().map(certificates).transpose()?;
        kube_config.proxy_url = config.proxy.as_deref().map(proxy_url).transpose()?;
        kube_config.tls_server_name = config.tls_server_name.clone().map(server_name).transpose()?;
        kube_config.auth_info = auth_info(&config.credentials)?;
        let client = ClientBuilder::try_from(kube_config)
            .map_err(|error| match error {
                kube::Error::RustlsTls(kube::client::RustlsTlsError::AddRootCertificate(_)) => {
                    ConfigError::Ca
                }
                kube::Error::RustlsTls(kube::client::RustlsTlsError::InvalidServerName(_)) => {
                    ConfigError::ServerName
                }
                kube::Error::RustlsTls(_)
                    if matches!(config.credentials, Credentials::Certificate { .. }) =>
                {
                    ConfigError::ClientCertificate
                }
                _ => ConfigError::Tls,
            })?
            .build();
        Ok(Self { client, deadlines: config.deadlines, mode: config.mode })
    }
}

/// `https` only: a bearer token must never cross a wire in the clear.
pub(crate) fn api_url(text: &str) -> Result<Uri, ConfigError> {
    let url = url::Url::parse(text.trim()).map_err(|_| ConfigError::Url)?;
    let plain = url.username().is_empty() && url.password().is_none();
    if url.scheme() != "https" || !plain || url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::Url);
    }
    url.host_str().filter(|host| !host.is_empty()).ok_or(ConfigError::Url)?;
    url.as_str().trim_end_matches('/').parse().map_err(|_| ConfigError::Url)
}

/// The same as it is kept and shown: one way to write an address, whatever of the many a person chose.
pub(crate) fn address(text: &str) -> Result<String, ConfigError> {
    Ok(api_url(text)?.to_string().trim_end_matches('/').to_owned())
}

pub(crate) fn proxy_url(text: &str) -> Result<Uri, ConfigError> {
    let url = url::Url::parse(text.trim()).map_err(|_| ConfigError::Proxy)?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(ConfigError::Proxy);
    }
    url.as_str().parse().map_err(|_| ConfigError::Proxy)
}

/// DER of each certificate in a PEM bundle; at least one.
pub(crate) fn certificates(pem: &str) -> Result<Vec<Vec<u8>>, ConfigError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let all: Vec<_> = all.map_err(|_| ConfigError::Ca)?.iter().map(|der| der.to_vec()).collect();
    if all.is_empty() { Err(ConfigError::Ca) } else { Ok(all) }
}

/// Whether both parts are PEM. That they belong together shows when the client is built.
pub(crate) fn check_identity(certificate_pem: &str, key_pem: &str) -> Result<(), ConfigError> {
    certificates(certificate_pem).map_err(|_| ConfigError::ClientCertificate)?;
    PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| ConfigError::ClientCertificate)?;
    Ok(())
}

pub(crate) fn server_name(name: String) -> Result<String, ConfigError> {
    match ServerName::try_from(name.as_str()) {
        Ok(_) => Ok(name),
        Err(_) => Err(ConfigError::ServerName),
    }
}

/// A token goes into a header as it is, so it is visible ASCII (RFC 6750 section 2.1).
pub(crate) fn check_token(token: &str) -> Result<(), ConfigError> {
    let visible = token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.is_empty() || !visible || token.len() > 16 * 1024 { Err(ConfigError::Token) } else { Ok(()) }
}

fn auth_info(credentials: &Credentials) -> Result<AuthInfo, ConfigError> {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    Ok(match credentials {
        Credentials::Token(token) => {
            check_token(token.expose_secret())?;
            AuthInfo { token: Some(token.clone()), ..AuthInfo::default() }
        }
        Credentials::Certificate { certificate_pem, key_pem } => {
            check_identity(certificate_pem, key_pem.expose_secret())?;
            AuthInfo {
                client_certificate_data: Some(base64.encode(certificate_pem)),
                client_key_data: Some(base64.encode(key_pem.expose_secret()).into()),
                ..AuthInfo::default()
            }
        }
        Credentials::TokenFile(path) => {
            AuthInfo { token_file: Some(path.display().to_string()), ..AuthInfo::default() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_addresses_pass() {
        assert!(api_url("https://10.0.0.1:6443").is_ok());
        for odd in ["HTTPS:/rancher.example:443/", " https:\\\\rancher.example ", "https://rancher.\texample"]
        {
            assert_eq!(address(odd).unwrap(), "https://rancher.example", "{odd}");
        }
        assert_eq!(api_url("https://rancher.example/k8s/c-1/").unwrap(), "https://rancher.example/k8s/c-1");
        for bad in
            ["http://10.0.0.1", "https://u:p@h", "https://h?x=1", "https://h#x", "ftp://h", "h:6443", ""]
        {
            assert_eq!(api_url(bad), Err(ConfigError::Url), "{bad}");
        }
    }

    #[test]
    fn tokens_cannot_smuggle_headers() {
        assert!(check_token("abc.def-_~+/=").is_ok());
        for bad in ["", "a b", "a\r\nX-Evil: 1", "ä"] {
            assert_eq!(check_token(bad), Err(ConfigError::Token), "{bad:?}");
        }
    }

    fn config(ca_pem: Option<&str>, credentials: Credentials) -> ClusterConfig {
        ClusterConfig {
            api_url: "https://127.0.0.1:1".into(),
            ca_pem: ca_pem.map(str::to_owned),
            credentials,
            proxy: None,
            tls_server_name: None,
            deadlines: Deadlines::default(),
            mode: ClusterMode::Govern,
        }
    }

    #[tokio::test]
    async fn a_bundle_without_a_certificate_is_refused() {
        let token = || Credentials::Token("t".to_owned().into());
        assert_eq!(Cluster::connect(&config(Some("nothing here"), token())).unwrap_err(), ConfigError::Ca);
        let proxied = |proxy: &str| ClusterConfig { proxy: Some(proxy.into()), ..config(None, token()) };
        assert_eq!(Cluster::connect(&proxied("socks5://127.0.0.1:1")).unwrap_err(), ConfigError::Proxy);
    }

    #[tokio::test]
    async fn a_client_certificate_needs_its_own_key() {
        let pair = || rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
        let (one, other) = (pair(), pair());
        let with_key = |key: &rcgen::KeyPair| {
            let certificate_pem = one.cert.pem();
            let key_pem = key.serialize_pem().into();
            Cluster::connect(&config(
                Some(&one.cert.pem()),
                Credentials::Certificate { certificate_pem, key_pem },
            ))
        };
        assert!(with_key(&one.signing_key).is_ok());
        assert_eq!(with_key(&other.signing_key).unwrap_err(), ConfigError::ClientCertificate);
    }
}
