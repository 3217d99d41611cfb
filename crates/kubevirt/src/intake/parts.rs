//! The other two ways to name a cluster: a service account's token with an address, and the cluster we run in.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use shepherd_domain::states::ClusterMode;

use super::IntakeError;
use crate::config::{ClusterConfig, ConfigError, Credentials, Deadlines};
use crate::connect;

/// Where Kubernetes puts a pod's own account.
pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The name under which a cluster's pods reach its API server.
pub const IN_CLUSTER: &str = "https://kubernetes.default.svc";

/// A cluster of this address, signed in to with a token.
///
/// # Errors
/// When one of the three cannot be used.
pub fn from_token(
    api_url: &str,
    ca_pem: Option<&str>,
    token: &SecretString,
) -> Result<ClusterConfig, IntakeError> {
    let token = token.expose_secret().trim();
    connect::check_token(token)?;
    config(api_url, ca_pem, Credentials::Token(token.to_owned().into()))
}

/// The cluster this process runs in, as the account that Kubernetes mounted in `folder`. The token stays there and is
/// read again as Kubernetes renews it.
///
/// # Errors
/// [`IntakeError::NotInCluster`] when there is no such account.
pub fn in_cluster(folder: &Path, api_url: &str) -> Result<ClusterConfig, IntakeError> {
    let token = folder.join("token");
    let ca_pem = std::fs::read_to_string(folder.join("ca.crt")).map_err(|_| IntakeError::NotInCluster)?;
    if !token.is_file() {
        return Err(IntakeError::NotInCluster);
    }
    config(api_url, Some(&ca_pem), Credentials::TokenFile(token))
}

/// What an administrator may set beside what a kubeconfig says.
///
/// # Errors
/// When the authority or the proxy cannot be used.
pub fn amended(
    mut config: ClusterConfig,
    ca_pem: Option<&str>,
    proxy: Option<&str>,
) -> Result<ClusterConfig, IntakeError> {
    if let Some(pem) = ca_pem {
        connect::certificates(pem)?;
        config.ca_pem = Some(pem.to_owned());
    }
    if let Some(proxy) = proxy {
        connect::proxy_url(proxy)?;
        config.proxy = Some(proxy.to_owned());
    }
    Ok(config)
}

fn config(
    api_url: &str,
    ca_pem: Option<&str>,
    credentials: Credentials,
) -> Result<ClusterConfig, IntakeError> {
    let api_url = connect::address(api_url)?;
    if let Some(pem) = ca_pem {
        connect::certificates(pem).map_err(|_| ConfigError::Ca)?;
    }
    Ok(ClusterConfig {
        api_url,
        ca_pem: ca_pem.map(str::to_owned),
        credentials,
        proxy: None,
        tls_server_name: None,
        deadlines: Deadlines::default(),
        mode: ClusterMode::Observe,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = include_str!("../../tests/fixtures/ca.pem");

    #[test]
    fn a_token_with_an_address_is_a_cluster() {
        let made = from_token("https://10.0.0.1:6443/", Some(CA), &" abc\n".to_owned().into()).unwrap();
        assert_eq!((made.api_url.as_str(), made.ca_pem.as_deref()), ("https://10.0.0.1:6443", Some(CA)));
        assert_eq!(made.mode, ClusterMode::Observe, "nothing is written before somebody says so");
        for (url, ca, token, code) in [
            ("http://10.0.0.1", None, "abc", "CLUSTER_URL_INVALID"),
            ("https://u:p@10.0.0.1", None, "abc", "CLUSTER_URL_INVALID"),
            ("https://10.0.0.1", Some("nothing"), "abc", "CLUSTER_CA_INVALID"),
            ("https://10.0.0.1", None, "a b", "CLUSTER_TOKEN_INVALID"),
            ("https://10.0.0.1", None, "a\r\nX-Evil: 1", "CLUSTER_TOKEN_INVALID"),
        ] {
            let error = from_token(url, ca, &token.to_owned().into()).unwrap_err();
            assert_eq!(error.code(), code, "{url}");
        }
    }

    #[test]
    fn without_an_account_we_run_in_no_cluster() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(in_cluster(folder.path(), IN_CLUSTER).unwrap_err().code(), "NOT_IN_CLUSTER");
        std::fs::write(folder.path().join("ca.crt"), CA).unwrap();
        assert_eq!(in_cluster(folder.path(), IN_CLUSTER).unwrap_err().code(), "NOT_IN_CLUSTER");
        std::fs::write(folder.path().join("token"), "abc").unwrap();
        let made = in_cluster(folder.path(), IN_CLUSTER).unwrap();
        assert!(matches!(made.credentials, Credentials::TokenFile(_)));
    }

    #[test]
    fn only_an_administrator_sets_a_proxy() {
        let plain = || from_token("https://h", None, &"abc".to_owned().into()).unwrap();
        let set = amended(plain(), Some(CA), Some("http://proxy:3128")).unwrap();
        assert_eq!((set.proxy.as_deref(), set.ca_pem.as_deref()), (Some("http://proxy:3128"), Some(CA)));
        assert_eq!(amended(plain(), None, Some("socks5://x")).unwrap_err().code(), "CLUSTER_PROXY_INVALID");
    }
}
