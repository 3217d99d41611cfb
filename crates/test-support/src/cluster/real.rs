//! One test's part of a real cluster, which `tests/kubernetes/world` has started for all of them.

use std::net::SocketAddr;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::TestCluster;
use super::forward::Forward;
use crate::settings;

/// What a test has of the cluster.
pub(super) struct Real {
    /// The end of the name of every namespace of this test.
    pub(super) mark: String,
    pub(super) ca_pem: String,
    pub(super) admin_token: String,
    server: SocketAddr,
    forward: Forward,
}

impl Real {
    /// None where tests are to run on the embedded cluster.
    pub(super) async fn join() -> Option<Self> {
        let home = settings::kubernetes()?;
        let read = |name: &str| {
            let path = Path::new(&home).join(name);
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let kubeconfig: Value = serde_json::from_str(&read("kubeconfig")).expect("the world writes JSON");
        let text = |at: &str| kubeconfig.pointer(at).and_then(Value::as_str).expect("it is there").to_owned();
        let server = text("/clusters/0/cluster/server");
        let server = server.trim_start_matches("https://").parse().expect("it is an address");
        let mark = Uuid::new_v4().simple().to_string()[..8].to_owned();
        Some(Self {
            mark,
            ca_pem: read("cluster-ca.crt"),
            admin_token: text("/users/0/user/token"),
            server,
            forward: Forward::open(SocketAddr::from(([127, 0, 0, 1], 0)), server).await,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("https://{}", self.forward.address)
    }

    pub(super) async fn go_down(&mut self) {
        self.forward.close().await;
    }

    pub(super) async fn come_back(&mut self, elsewhere: bool) {
        let mut at = self.forward.address;
        if elsewhere {
            at.set_port(0);
        }
        self.forward = Forward::open(at, self.server).await;
    }

    /// An account with KubeVirt's own role for those who look, in the whole cluster.
    pub(super) async fn viewer_token(&self, cluster: &TestCluster) -> String {
        let name = format!("looker-{}", self.mark);
        let accounts = "/api/v1/namespaces/default/serviceaccounts";
        let account = json!({ "metadata": { "name": name } });
        cluster.kubectl(Method::POST, accounts, Some(account)).await;
        for role in ["view", "kubevirt.io:view"] {
            let binding = json!({
                "metadata": { "name": format!("{name}-{}", role.replace([':', '.'], "-")) },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
                "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": "default" }],
            });
            let path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
            cluster.kubectl(Method::POST, path, Some(binding)).await;
        }
        let path = format!("{accounts}/{name}/token");
        let made = cluster.kubectl(Method::POST, &path, Some(json!({ "spec": {} }))).await;
        made["status"]["token"].as_str().expect("it is signed").to_owned()
    }
}

impl Drop for Real {
    /// Others run on the same machine, so what the test leaves goes: its namespaces, with everything in them.
    fn drop(&mut self) {
        let (server, ca, token) = (self.server, self.ca_pem.clone(), self.admin_token.clone());
        let mark = self.mark.clone();
        let clean = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            let _ = runtime.block_on(clean(server, &ca, &token, &mark));
        });
        let _ = clean.join();
    }
}

async fn clean(server: SocketAddr, ca: &str, token: &str, mark: &str) -> reqwest::Result<()> {
    let ca = reqwest::Certificate::from_pem(ca.as_bytes())?;
    let client = reqwest::Client::builder().tls_certs_only([ca]).build()?;
    let namespaces = format!("https://{server}/api/v1/namespaces");
    let list: Value = client.get(&namespaces).bearer_auth(token).send().await?.json().await?;
    for namespace in list["items"].as_array().into_iter().flatten() {
        let Some(name) = namespace["metadata"]["name"].as_str().filter(|name| name.ends_with(mark)) else {
            continue;
        };
        client.delete(format!("{namespaces}/{name}")).bearer_auth(token).send().await?;
    }
    Ok(())
}
