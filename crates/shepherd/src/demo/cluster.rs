//! The cluster itself, asked past Shepherd: what is really there.

use serde_json::Value;

use crate::failure::Failure;
use crate::instance::{Instance, LOCAL};

/// Names of all VMs on the cluster `local`, by its own API.
pub async fn vm_names(instance: &Instance) -> Result<Vec<String>, Failure> {
    let cluster = instance.clusters.iter().find(|cluster| cluster.name == LOCAL);
    let cluster = cluster.ok_or_else(|| Failure::new("DEMO", "there is no cluster local"))?;
    let odd = |what: &str| Failure::new("DEMO", format!("the cluster's kubeconfig has no {what}"));
    // minivirt writes its kubeconfig as JSON, which is YAML too.
    let config: Value = serde_json::from_str(&cluster.kubeconfig()?).map_err(|_| odd("JSON"))?;
    let text = |pointer: &str| config.pointer(pointer).and_then(Value::as_str).ok_or_else(|| odd(pointer));
    let ca = cluster.ca_pem()?;
    let ca = reqwest::Certificate::from_pem(ca.as_bytes())
        .map_err(|error| Failure::io("the cluster's CA", error))?;
    let http = reqwest::Client::builder().tls_certs_only([ca]).build();
    let http = http.map_err(|error| Failure::io("the HTTP client", error))?;
    let url = format!("{}/apis/kubevirt.io/v1/virtualmachines", text("/clusters/0/cluster/server")?);
    let asked = async {
        let answer = http.get(url).bearer_auth(text("/users/0/user/token")?).send().await;
        let answer = answer.and_then(reqwest::Response::error_for_status);
        answer
            .map_err(|error| Failure::io("the cluster", error))?
            .json::<Value>()
            .await
            .map_err(|e| Failure::io("the cluster", e))
    };
    let list = asked.await?;
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> =
        items.iter().filter_map(|vm| Some(vm["metadata"]["name"].as_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}
