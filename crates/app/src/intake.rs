//! Taking in a connection: rebuilt from the allowed parts of what was given, then tried, before anything is written.
//!
//! Exactly one way to sign in is given: a kubeconfig, a service account's token with an address, or "the cluster I run
//! in". What cannot be used, or credentials that the cluster refuses, are a fault of the field. A cluster that does not
//! answer is none of the caller's making and can be tried again.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{CheckCluster, Cluster, RegisterCluster, RotateCluster};
use shepherd_domain::reason::Reason;
use shepherd_domain::states::ClusterMode;
use shepherd_kubevirt::intake::{self, IntakeError};
use shepherd_kubevirt::{
    ClusterConfig, ConfigError, Credentials, Error as ClusterError, Reach, parse_kubeconfig,
};
use shepherd_store::clusters::Connection;

use crate::probe::Findings;
use crate::{Error, Result};

/// How long a person waits for a cluster that is being registered.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where this process finds itself when it runs in a cluster. Kubernetes' own places, but for tests.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The folder with the pod's account.
    pub account: PathBuf,
    /// The API server's address.
    pub api_url: String,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { account: intake::SERVICE_ACCOUNT.into(), api_url: intake::IN_CLUSTER.into() }
    }
}

/// How somebody wants us to sign in.
pub(crate) struct SignIn<'a> {
    kubeconfig: Option<&'a Secret>,
    token: Option<&'a Secret>,
    in_cluster: bool,
    api_url: Option<&'a str>,
    ca_pem: Option<&'a str>,
    proxy_url: Option<&'a str>,
}

macro_rules! sign_in {
    ($body:ident) => {
        SignIn {
            kubeconfig: $body.kubeconfig.as_ref(),
            token: $body.token.as_ref(),
            in_cluster: $body.in_cluster.unwrap_or_default(),
            api_url: $body.api_url.as_deref(),
            ca_pem: $body.ca_pem.as_deref(),
            proxy_url: $body.proxy_url.as_deref(),
        }
    };
}

impl<'a> From<&'a RegisterCluster> for SignIn<'a> {
    fn from(body: &'a RegisterCluster) -> Self {
        sign_in!(body)
    }
}

impl<'a> From<&'a CheckCluster> for SignIn<'a> {
    fn from(body: &'a CheckCluster) -> Self {
        sign_in!(body)
    }
}

impl<'a> From<&'a RotateCluster> for SignIn<'a> {
    fn from(body: &'a RotateCluster) -> Self {
        sign_in!(body)
    }
}

impl SignIn<'_> {
    /// The connection this amounts to, and the word for its kind.
    pub(crate) fn read(&self, around: &Surroundings) -> Result<(&'static str, ClusterConfig)> {
        let secret = |secret: &Secret| SecretString::from(secret.expose().to_owned());
        let (kind, config) = match (self.kubeconfig, self.token, self.in_cluster) {
            (Some(file), None, false) if self.api_url.is_none() => {
                let intake = parse_kubeconfig(&secret(file), None).map_err(at("/kubeconfig"))?;
                ("kubeconfig", intake.config)
            }
            (None, Some(token), false) => {
                let url = self.api_url.ok_or_else(|| {
                    let text = "Give the address of the API server with the token.";
                    Error::field("/api_url", "SIGN_IN_INCOMPLETE", text)
                })?;
                let config =
                    intake::from_token(url, self.ca_pem, &secret(token)).map_err(|error| {
                        match error.code() {
                            "CLUSTER_URL_INVALID" => at("/api_url")(error),
                            "CLUSTER_CA_INVALID" => at("/ca_pem")(error),
                            _ => at("/token")(error),
                        }
                    })?;
                ("token", config)
            }
            // The pod's token goes to the pod's own cluster and nowhere else.
            (None, None, true) if self.api_url.is_none() => {
                let config = intake::in_cluster(&around.account, &around.api_url);
                ("in_cluster", config.map_err(at("/in_cluster"))?)
            }
            (None, None, false) => {
                let text =
                    "Give a kubeconfig, or a token with an address, or the cluster this server runs in.";
                return Err(Error::field("/kubeconfig", "SIGN_IN_MISSING", text));
            }
            _ => {
                let text =
                    "Give one of: a kubeconfig, a token with an address, the cluster this server runs in.";
                return Err(Error::field("/kubeconfig", "SIGN_IN_AMBIGUOUS", text));
            }
        };
        let amended = intake::amended(config, self.ca_pem, self.proxy_url);
        let config = amended.map_err(|error| match error.code() {
            "CLUSTER_PROXY_INVALID" => at("/proxy_url")(error),
            _ => at("/ca_pem")(error),
        })?;
        Ok((kind, config))
    }

    /// What cannot be used although each part of it could be read.
    pub(crate) fn unusable(&self, error: &ConfigError) -> Error {
        refused(self.pointer(), error.code(), error.to_string())
    }

    /// Where a complaint about these credentials belongs.
    fn pointer(&self) -> &'static str {
        match (self.kubeconfig, self.token) {
            (Some(_), _) => "/kubeconfig",
            (None, Some(_)) => "/token",
            (None, None) => "/in_cluster",
        }
    }
}

/// A connection that was tried and works.
pub(crate) struct Offered {
    pub config: ClusterConfig,
    pub findings: Findings,
    pub sign_in: &'static str,
}

impl Offered {
    /// Reads what was given and asks the cluster what it can do. Nothing is written there, whatever the mode.
    pub(crate) async fn new(
        name: &str,
        sign_in: &SignIn<'_>,
        mode: ClusterMode,
        around: &Surroundings,
        namespace: &str,
    ) -> Result<Self> {
        let (kind, mut config) = sign_in.read(around)?;
        let pointer = sign_in.pointer();
        let cluster =
            shepherd_kubevirt::Cluster::connect(&config).map_err(|error| sign_in.unusable(&error))?;
        let capability = tokio::time::timeout(PATIENCE, Box::pin(cluster.probe(namespace)))
            .await
            .map_err(|_| silent(name, "no answer in time"))?
            .map_err(|error| failed(name, pointer, &error))?;
        config.mode = mode;
        Ok(Self { findings: Findings::of(&capability)?, config, sign_in: kind })
    }

    /// What is kept of it.
    pub(crate) fn connection<'a>(&'a self, sealed: &'a [u8]) -> Connection<'a> {
        Connection { api_url: &self.config.api_url, sign_in: self.sign_in, credentials: sealed }
    }

    /// The cluster for the audit, with fingerprints of who it is and who we are there.
    pub(crate) fn audited(&self, cluster: &Cluster) -> Result<Value> {
        let mut value = serde_json::to_value(cluster)?;
        let (kind, identity) = match &self.config.credentials {
            Credentials::Token(token) => ("bearer", token.expose_secret().to_owned()),
            Credentials::Certificate { certificate_pem, .. } => ("certificate", certificate_pem.clone()),
            Credentials::TokenFile(path) => ("mounted", path.display().to_string()),
        };
        value["sign_in_kind"] = kind.into();
        value["sign_in_sha256"] = hex::encode(Sha256::digest(identity)).into();
        value["ca_sha256"] = self.config.ca_pem.as_ref().map(|pem| hex::encode(Sha256::digest(pem))).into();
        Ok(value)
    }
}

fn at(pointer: &'static str) -> impl Fn(IntakeError) -> Error {
    move |error| refused(pointer, error.code(), error.to_string())
}

fn refused(pointer: &str, code: &'static str, text: String) -> Error {
    let what = match pointer {
        "/kubeconfig" => "This kubeconfig cannot be used",
        _ => "This cannot be used",
    };
    Error::field(pointer, code, format!("{what}: {text}."))
}

/// The cluster did not take what we came with, or did not answer.
fn failed(name: &str, pointer: &str, error: &ClusterError) -> Error {
    let wrong = match error {
        ClusterError::Unauthorized { .. } => true,
        ClusterError::Unreachable { why, .. } => matches!(why, Reach::Certificate),
        _ => false,
    };
    match wrong {
        true => refused(pointer, error.code(), error.to_string()),
        false => silent(name, &error.to_string()),
    }
}

fn silent(name: &str, why: &str) -> Error {
    let text = format!(
        "The cluster {name} could not be asked ({why}); nothing was changed. Check its address and try again."
    );
    Error::Conflict(Reason::new("CLUSTER_UNREACHABLE", text).with("cluster", name))
}
