//! Taking in a kubeconfig: rebuilt from its allowed parts, then tried, before anything is written.
//!
//! A file that cannot be used, or credentials that the cluster refuses, is a fault of the field. A cluster that does
//! not answer is none of the caller's making and can be tried again.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::Cluster;
use shepherd_domain::reason::Reason;
use shepherd_kubevirt::{ClusterConfig, Credentials, Error as ClusterError, Reach, parse_kubeconfig};

use crate::probe::Findings;
use crate::{Error, Result};

/// How long a person waits for a cluster that is being registered.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that was tried and works.
pub(crate) struct Offered {
    pub config: ClusterConfig,
    pub findings: Findings,
}

impl Offered {
    /// Reads the file and asks the cluster what it can do.
    pub(crate) async fn new(name: &str, file: &Secret, namespace: &str) -> Result<Self> {
        let file = SecretString::from(file.expose().to_owned());
        let intake =
            parse_kubeconfig(&file, None).map_err(|error| refused(error.code(), error.to_string()))?;
        let config = intake.config;
        let cluster = shepherd_kubevirt::Cluster::connect(&config)
            .map_err(|error| refused(error.code(), error.to_string()))?;
        let capability = tokio::time::timeout(PATIENCE, cluster.probe(namespace))
            .await
            .map_err(|_| silent(name, "no answer in time"))?
            .map_err(|error| failed(name, &error))?;
        Ok(Self { findings: Findings::of(&capability)?, config })
    }

    /// The cluster for the audit, with fingerprints of who it is and who we are there.
    pub(crate) fn audited(&self, cluster: &Cluster) -> Result<Value> {
        let mut value = serde_json::to_value(cluster)?;
        let (kind, identity) = match &self.config.credentials {
            Credentials::Token(token) => ("bearer", token.expose_secret()),
            Credentials::Certificate { certificate_pem, .. } => ("certificate", certificate_pem.as_str()),
        };
        value["sign_in_kind"] = kind.into();
        value["sign_in_sha256"] = hex::encode(Sha256::digest(identity)).into();
        value["ca_sha256"] = self.config.ca_pem.as_ref().map(|pem| hex::encode(Sha256::digest(pem))).into();
        Ok(value)
    }
}

fn refused(code: &'static str, text: String) -> Error {
    Error::field("/kubeconfig", code, format!("This kubeconfig cannot be used: {text}."))
}

/// The cluster did not take what we came with, or did not answer.
fn failed(name: &str, error: &ClusterError) -> Error {
    let wrong = match error {
        ClusterError::Unauthorized { .. } => true,
        ClusterError::Unreachable { why, .. } => matches!(why, Reach::Certificate),
        _ => false,
    };
    match wrong {
        true => refused(error.code(), error.to_string()),
        false => silent(name, &error.to_string()),
    }
}

fn silent(name: &str, why: &str) -> Error {
    let text = format!(
        "The cluster {name} could not be asked ({why}); nothing was changed. Check its address and try again."
    );
    Error::Conflict(Reason::new("CLUSTER_UNREACHABLE", text).with("cluster", name))
}
