//! `cluster list`, `cluster add`.

use std::path::PathBuf;

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{Cluster, ListClustersQuery, RegisterCluster};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the clusters
    List {
        /// Part of the name
        search: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Register a cluster
    Add {
        name: String,
        /// The environment all its VMs are in
        #[arg(long)]
        environment: String,
        /// A kubeconfig with a token or a client certificate
        #[arg(long, value_name = "FILE")]
        kubeconfig: PathBuf,
    },
}

const COLUMNS: [Column<Cluster>; 7] = [
    ("NAME", |row| row.name.clone()),
    ("ENVIRONMENT", |row| row.environment.name.clone()),
    ("HEALTH", |row| row.health.to_string()),
    ("KUBEVIRT", |row| row.kubevirt_version.clone().unwrap_or_default()),
    ("VMS", |row| row.vm_count.to_string()),
    ("HEARD", |row| row.observed_at.as_ref().map(time).unwrap_or_default()),
    ("ADDRESS", |row| row.api_url.clone()),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { search, limit } => {
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let q = search.clone();
                let query = ListClustersQuery { cursor, limit: Some(limit), q, ..Default::default() };
                client.clusters().list_clusters(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Add { name, environment, kubeconfig } => {
            let text = std::fs::read_to_string(&kubeconfig);
            let text = text.map_err(|error| Failure::local(kubeconfig.display(), error))?;
            let environment_id = resolve::environment(client, &environment).await?;
            let body = RegisterCluster { name, environment_id, kubeconfig: Secret::from(text), sample: None };
            out.one(&client.clusters().register_cluster(&body).await?, &COLUMNS)
        }
    }
}
