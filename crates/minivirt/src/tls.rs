//! The engine's own certificate authority and the server certificate it issues at each start.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use chrono::Datelike;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{clock, files};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The key or certificate file.
    #[error("certificate authority files: {0}")]
    Io(#[from] std::io::Error),
    /// Making or reading a certificate.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// Using it.
    #[error("tls: {0}")]
    Rustls(#[from] rustls::Error),
}

/// TLS as the server uses it, and the CA that clients trust.
pub struct Tls {
    /// For the listener.
    pub server: Arc<rustls::ServerConfig>,
    /// PEM of the CA.
    pub ca_pem: String,
}

/// Loads or makes the CA in `dir` and issues a certificate for loopback and `address`.
pub fn prepare(dir: &Path, address: IpAddr) -> Result<Tls, TlsError> {
    let (ca_pem, issuer) = authority(dir)?;
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !address.is_unspecified() && !names.contains(&address.to_string()) {
        names.push(address.to_string());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "minivirt");
    params.use_authority_key_identifier_extension = true;
    params.key_usages.push(KeyUsagePurpose::DigitalSignature);
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let year = clock::now().year();
    params.not_before = rcgen::date_time_ymd(year - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + 1, 12, 31);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls { server: Arc::new(server), ca_pem })
}

fn authority(dir: &Path) -> Result<(String, Issuer<'static, KeyPair>), TlsError> {
    let (key_path, ca_path) = (dir.join("ca.key"), dir.join("ca.crt"));
    if key_path.exists() && ca_path.exists() {
        let pem = std::fs::read_to_string(&ca_path)?;
        let key = KeyPair::from_pem(&std::fs::read_to_string(&key_path)?)?;
        // An issuer is its name and its key; both are the same as when the certificate was made.
        return Ok((pem, Issuer::new(authority_params()?, key)));
    }
    let params = authority_params()?;
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    // The key first: a certificate without its key would be taken for a complete pair.
    files::write_private(&key_path, key.serialize_pem().as_bytes())?;
    files::write_public(&ca_path, pem.as_bytes())?;
    Ok((pem, Issuer::new(params, key)))
}

fn authority_params() -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name.push(DnType::CommonName, "minivirt certificate authority");
    params.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let year = clock::now().year();
    params.not_before = rcgen::date_time_ymd(year - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + 20, 1, 1);
    Ok(params)
}
