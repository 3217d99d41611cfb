//! How Shepherd is to sign in to a cluster: from files, never from the command line, where others can read secrets.

use std::path::{Path, PathBuf};

use clap::Args;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::RotateCluster;

use crate::Failure;

/// One of: a kubeconfig; a token with an address; the cluster the server runs in.
#[derive(Debug, Clone, Args)]
pub struct SignInArgs {
    /// A kubeconfig with a token or a client certificate
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present_any = ["cluster_token", "in_cluster"],
        conflicts_with_all = ["cluster_token", "in_cluster"]
    )]
    kubeconfig: Option<PathBuf>,
    /// A file with the token of a service account there
    #[arg(long, value_name = "FILE", requires = "api_url", conflicts_with = "in_cluster")]
    cluster_token: Option<PathBuf>,
    /// The cluster the server runs in, as the account of its pod
    #[arg(long)]
    in_cluster: bool,
    /// Address of the API server, with --cluster-token
    #[arg(long, value_name = "URL", requires = "cluster_token")]
    api_url: Option<String>,
    /// PEM file of the authority that signs the API server's certificate
    #[arg(long, value_name = "FILE")]
    cluster_ca: Option<PathBuf>,
    /// Proxy on the way there, as http://host:port
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
}

impl SignInArgs {
    /// Reads the files.
    pub(super) fn read(&self) -> Result<RotateCluster, Failure> {
        let text = |path: &Path| {
            std::fs::read_to_string(path).map_err(|error| Failure::local(path.display(), error))
        };
        let token = self.cluster_token.as_deref().map(text).transpose()?;
        Ok(RotateCluster {
            kubeconfig: self.kubeconfig.as_deref().map(text).transpose()?.map(Secret::from),
            token: token.map(|token| Secret::from(token.trim())),
            in_cluster: self.in_cluster.then_some(true),
            api_url: self.api_url.clone(),
            ca_pem: self.cluster_ca.as_deref().map(text).transpose()?,
            proxy_url: self.proxy.clone(),
        })
    }
}
