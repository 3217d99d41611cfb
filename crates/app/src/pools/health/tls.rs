//! TLS towards a member, whoever it says it is.
//!
//! A member is asked by its address or through its cluster, its certificate is mostly its own, and nothing secret is sent:
//! the question is whether it serves, not who it is. So no certificate is refused; the handshake's signatures are checked
//! all the same, because a server that cannot sign does not serve.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use shepherd_store::pool_health::Target;
use tokio_rustls::TlsConnector;

/// `None` where the library refuses its own defaults.
pub(super) fn connector() -> Option<TlsConnector> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let config = config.ok()?.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
    Some(TlsConnector::from(Arc::new(config.with_no_client_auth())))
}

/// By its address where it has one; names of VMs are names of hosts.
pub(super) fn name_of(target: &Target) -> ServerName<'static> {
    let address = target.address.as_deref().and_then(|address| address.parse::<IpAddr>().ok());
    let by_name = || ServerName::try_from(target.name.clone()).ok();
    let unknown = IpAddr::from([0, 0, 0, 0]);
    address.map(ServerName::from).or_else(by_name).unwrap_or_else(|| ServerName::from(unknown))
}

#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
