//! minivirt as a process of its own, and a client that goes to it directly, past Shepherd.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use reqwest::{Certificate, Client, Method, StatusCode};
use serde_json::Value;
use tokio::sync::mpsc;

use super::Stage;
use super::child::Child;
use super::http::text;

const KUBEVIRT: &str = "/apis/kubevirt.io/v1/namespaces";
const SUBRESOURCES: &str = "/apis/subresources.kubevirt.io/v1/namespaces";
/// Longer than it takes to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What runs guests.
pub enum Runtime {
    Simulated,
    /// Real guests, from the images in this folder.
    Qemu(PathBuf),
}

pub struct Cluster {
    _child: Child,
    pub kubeconfig: String,
    pub client: Direct,
}

/// A client of a cluster's own API.
#[derive(Clone)]
pub struct Direct {
    http: Client,
    url: String,
    token: String,
}

impl Cluster {
    pub async fn start(stage: &Stage, name: &'static str, runtime: &Runtime) -> Result<Self> {
        let data = stage.dir.path().join(name);
        let listen = super::free_address()?.to_string();
        let mut command = Command::new(&stage.shepherd);
        command.args(["minivirt", "serve", "--listen", &listen, "--data"]).arg(&data);
        match runtime {
            Runtime::Simulated => command.args(["--runtime", "simulated"]),
            Runtime::Qemu(images) => {
                command.args(["--runtime", "qemu", "--stop-guests", "--images"]).arg(images)
            }
        };
        let mut child = Child::start(name, &mut command, stage.dir.path())?;
        let kubeconfig = written(&mut child, &data.join("kubeconfig")).await?;
        let client = Direct::new(&kubeconfig)?;
        Ok(Self { _child: child, kubeconfig, client })
    }
}

/// The file is there when the cluster serves.
async fn written(child: &mut Child, path: &Path) -> Result<String> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Ok(text) = std::fs::read_to_string(path) {
            return Ok(text);
        }
        child.check()?;
        if Instant::now() > end {
            bail!("{} was never written", path.display());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Direct {
    fn new(kubeconfig: &str) -> Result<Self> {
        let config: Value = serde_json::from_str(kubeconfig)?;
        let ca = text(&config, "/clusters/0/cluster/certificate-authority-data")?;
        let ca = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, ca)?;
        let http = Client::builder().tls_certs_only([Certificate::from_pem(&ca)?]).build()?;
        let url = text(&config, "/clusters/0/cluster/server")?;
        Ok(Self { http, url, token: text(&config, "/users/0/user/token")? })
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request =
            self.http.request(method.clone(), format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let (status, bytes) = (answer.status(), answer.bytes().await?);
        if !status.is_success() && status != StatusCode::CONFLICT {
            bail!("{method} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        }
        Ok(if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? })
    }

    /// What happens to instances in a namespace from now on, each with the moment at which it was heard.
    pub async fn watch(&self, namespace: &str) -> Result<mpsc::UnboundedReceiver<(Instant, Value)>> {
        let path = format!("{KUBEVIRT}/{namespace}/virtualmachineinstances");
        let now = self.call(Method::GET, &format!("{path}?limit=1"), None).await?;
        let version = text(&now, "/metadata/resourceVersion")?;
        let url = format!("{}{path}?watch=true&resourceVersion={version}", self.url);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await?.error_for_status()?;
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let (mut chunks, mut text) = (answer.bytes_stream(), Vec::new());
            while let Some(Ok(chunk)) = chunks.next().await {
                let heard = Instant::now();
                text.extend_from_slice(&chunk);
                while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = text.drain(..=end).collect();
                    let Ok(event) = serde_json::from_slice(&line) else { continue };
                    if sender.send((heard, event)).is_err() {
                        return;
                    }
                }
            }
        });
        Ok(receiver)
    }
}

/// Where VMs of a namespace are.
pub fn vms(namespace: &str) -> String {
    format!("{KUBEVIRT}/{namespace}/virtualmachines")
}

/// A verb on a VM, such as `stop`.
pub fn verb(namespace: &str, name: &str, verb: &str) -> String {
    format!("{SUBRESOURCES}/{namespace}/virtualmachines/{name}/{verb}")
}

/// The next news of an instance that is as wanted.
pub async fn heard(
    news: &mut mpsc::UnboundedReceiver<(Instant, Value)>,
    name: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Result<(Instant, Value)> {
    let search = async {
        loop {
            let (at, event) = news.recv().await.context("the watch ended")?;
            if event["object"]["metadata"]["name"] == name && wanted(&event) {
                return Ok((at, event));
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(120), search).await.context("it was never heard of")?
}
