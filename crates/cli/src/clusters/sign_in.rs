//! How Shepherd is to sign in to a cluster: from files, never from the command line, where others can read secrets.

use std::path::{Path, PathBuf};

use clap::Args;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::RotateCluster;

use crate::Failure;

/// One of: a kubeconfig; a token with an address; the cluster the server runs in.
#[derive(Debug, Clone, Args)]
#[group(id = "way", required = true, multiple = false, args = ["kubeconfig", "token_file", "in_cluster"])]
pub struct SignInArgs {
    /// A kubeconfig with a token or a client certificate
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// A file with the token of a service account there
    #[arg(long, value_name = "FILE", requires = "api_url")]
    token_file: Option<PathBuf>,
    /// The cluster the server runs in, as the account of its pod
    #[arg(long)]
    in_cluster: bool,
    /// Address of the API server, with --token-file
    #[arg(long, value_name = "URL", requires = "token_file")]
    api_url: Option<String>,
    /// PEM file of the authority that signs the API server's certificate
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
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
        let token = self.token_file.as_deref().map(text).transpose()?;
        Ok(RotateCluster {
            kubeconfig: self.kubeconfig.as_deref().map(text).transpose()?.map(Secret::from),
            token: token.map(|token| Secret::from(token.trim())),
            in_cluster: self.in_cluster.then_some(true),
            api_url: self.api_url.clone(),
            ca_pem: self.ca_file.as_deref().map(text).transpose()?,
            proxy_url: self.proxy.clone(),
        })
    }
}
