//! `cluster add --check`: what a connection would be good for, before anything is registered.

use shepherd_contract::client::Client;
use shepherd_contract::types::{CheckCluster, ClusterCheckLine, ClusterMode, RotateCluster};
use shepherd_domain::ids::EnvironmentId;

use crate::output::Column;
use crate::{Failure, Output};

const COLUMNS: [Column<ClusterCheckLine>; 4] = [
    ("CHECK", |row| row.check.to_string()),
    ("STATE", |row| row.state.to_string()),
    ("CODE", |row| row.reason.code.clone()),
    ("SAYS", |row| row.reason.text.clone()),
];

/// Prints the checks; one that failed is the command's failure.
pub(super) async fn run(
    environment_id: EnvironmentId,
    mode: ClusterMode,
    given: RotateCluster,
    client: &Client,
    out: &Output,
) -> Result<(), Failure> {
    let body = CheckCluster {
        environment_id,
        mode: Some(mode),
        kubeconfig: given.kubeconfig,
        token: given.token,
        in_cluster: given.in_cluster,
        api_url: given.api_url,
        ca_pem: given.ca_pem,
        proxy_url: given.proxy_url,
    };
    let found = client.clusters().check_cluster(&body).await?;
    out.list(&found.checks, &COLUMNS)?;
    match found.usable {
        true => Ok(()),
        false => Err(Failure::Ended("this cluster cannot be used as it is".to_owned())),
    }
}
