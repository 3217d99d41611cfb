//! Registering clusters that are often started anew, such as simulated ones.

use shepherd_contract::client::Client;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{ClusterMode, ListClustersQuery, RegisterCluster, RotateCluster};
use shepherd_domain::ids::EnvironmentId;

use crate::{Failure, Globals, connect, resolve};

/// Registers clusters in the server somebody is signed in to.
pub async fn enrol(
    globals: &Globals,
    environment: &str,
    mode: ClusterMode,
    clusters: &[(String, Secret)],
) -> Result<(), Failure> {
    let client = connect::client(globals)?;
    let environment = resolve::environment(&client, environment).await?;
    for (name, kubeconfig) in clusters {
        enrol_one(&client, name, environment, mode, kubeconfig.clone(), false).await?;
    }
    Ok(())
}

/// Registers a cluster, or tells the server the new address of one that it knows by this name: ports of a machine can be
/// taken by others meanwhile.
pub async fn enrol_one(
    client: &Client,
    name: &str,
    environment_id: EnvironmentId,
    mode: ClusterMode,
    kubeconfig: Secret,
    sample: bool,
) -> Result<(), Failure> {
    let query = ListClustersQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    let there = client.clusters().list_clusters(&query).await?;
    match there.items.iter().find(|row| row.name == name) {
        None => {
            let body = RegisterCluster {
                name: name.to_owned(),
                environment_id,
                mode: Some(mode),
                kubeconfig: Some(kubeconfig),
                token: None,
                in_cluster: None,
                api_url: None,
                ca_pem: None,
                proxy_url: None,
                sample: sample.then_some(true),
            };
            client.clusters().register_cluster(&body).await?;
        }
        Some(row) if !kubeconfig.expose().contains(row.api_url.trim_end_matches('/')) => {
            let body = RotateCluster { kubeconfig: Some(kubeconfig), ..Default::default() };
            client.clusters().rotate_cluster(row.id, &body).await?;
        }
        Some(_) => {}
    }
    Ok(())
}
