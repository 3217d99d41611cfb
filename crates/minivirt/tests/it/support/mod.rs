//! An engine in this process and a plain HTTP client for it.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use shepherd_minivirt::{Config, Handle};
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub const VMS: &str = "/apis/kubevirt.io/v1/namespaces/default/virtualmachines";
pub const VMIS: &str = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances";
pub const SUB: &str = "/apis/subresources.kubevirt.io/v1/namespaces/default";
/// Longer than anything here takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

pub struct Engine {
    pub handle: Handle,
    task: JoinHandle<()>,
    pub client: Client,
    dir: Option<TempDir>,
}

impl Engine {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::simulated(dir.path());
        change(&mut config);
        let mut engine = Self::open(config).await;
        engine.dir = Some(dir);
        engine
    }

    pub async fn open(config: Config) -> Self {
        let (handle, task) = shepherd_minivirt::start(config).await.unwrap();
        let ca = reqwest::Certificate::from_pem(handle.ca_pem.as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([ca]).build().unwrap();
        Self { handle, task, client, dir: None }
    }

    /// Stops it and gives back its directory, to be opened again.
    pub async fn stop(mut self) -> TempDir {
        self.handle.stop();
        self.task.await.unwrap();
        self.dir.take().unwrap()
    }

    /// Stops one whose directory belongs to somebody else.
    pub async fn close(self) {
        self.handle.stop();
        self.task.await.unwrap();
    }

    pub fn dir(&self) -> &Path {
        self.dir.as_ref().unwrap().path()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.handle.url))
            .bearer_auth(&self.handle.admin_token)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).json(body).send().await.unwrap()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.request(Method::PUT, path).json(body).send().await.unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::DELETE, path).send().await.unwrap()).await
    }

    pub async fn patch(&self, path: &str, kind: &str, body: &Value) -> (u16, Value) {
        let request = self.request(Method::PATCH, path).header("content-type", format!("application/{kind}"));
        answer(request.body(body.to_string()).send().await.unwrap()).await
    }

    /// Polls until `done` accepts what `path` answers.
    pub async fn until(&self, path: &str, done: impl Fn(u16, &Value) -> bool) -> Value {
        let last = std::sync::Mutex::new(Value::Null);
        let poll = async {
            loop {
                let (code, body) = self.get(path).await;
                if done(code, &body) {
                    return body;
                }
                *last.lock().unwrap() = body;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(DEADLINE, poll).await {
            Ok(body) => body,
            Err(_) => panic!("{path} never became what was waited for; last: {:#}", last.lock().unwrap()),
        }
    }

    pub async fn until_status(&self, name: &str, status: &str) -> Value {
        self.until(&format!("{VMS}/{name}"), |_, vm| vm["status"]["printableStatus"] == status).await
    }

    pub async fn until_gone(&self, path: &str) {
        self.until(path, |code, _| code == 404).await;
    }

    /// Creates a VM and expects success.
    pub async fn create(&self, vm: &Value) -> Value {
        let (code, body) = self.post(VMS, vm).await;
        assert_eq!(code, 201, "{body:#}");
        body
    }
}

pub async fn answer(response: Response) -> (u16, Value) {
    let code = response.status().as_u16();
    let text = response.text().await.unwrap();
    (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A VM as Shepherd makes them.
pub fn vm(name: &str, strategy: &str) -> Value {
    vm_of(name, strategy, "registry/demo:1")
}

/// The same from another image.
pub fn vm_of(name: &str, strategy: &str, image: &str) -> Value {
    json!({
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": {"runStrategy": strategy, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {
                "domain": {"cpu": {"cores": 1}, "memory": {"guest": "64Mi"},
                    "devices": {"disks": [{"name": "root", "disk": {"bus": "virtio"}}],
                        "interfaces": [{"name": "default", "masquerade": {}}]}},
                "networks": [{"name": "default", "pod": {}}],
                "volumes": [{"name": "root", "containerDisk": {"image": image}}],
            }}}
    })
}

/// A WebSocket to a subresource; the status of the answer if it was refused.
pub async fn websocket(engine: &Engine, path: &str, protocol: Option<&str>) -> Result<Socket, u16> {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let url = format!("wss://{}{path}", engine.handle.address);
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {}", engine.handle.admin_token);
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    if let Some(protocol) = protocol {
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
    }
    let tcp = tokio::net::TcpStream::connect(engine.handle.address).await.unwrap();
    let tls = tls(&engine.handle.ca_pem).connect("127.0.0.1".try_into().unwrap(), tcp).await.unwrap();
    match tokio_tungstenite::client_async(request, tls).await {
        Ok((socket, response)) => {
            let chosen =
                response.headers().get("sec-websocket-protocol").map(|v| v.to_str().unwrap().to_owned());
            assert_eq!(chosen.as_deref(), protocol.map(|_| "plain.kubevirt.io"));
            Ok(socket)
        }
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{path}: {error}"),
    }
}

pub type Socket = tokio_tungstenite::WebSocketStream<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>;

fn tls(ca_pem: &str) -> tokio_rustls::TlsConnector {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    std::sync::Arc::new(config).into()
}

/// Everything that comes out of a socket until `until` is seen or it ends.
pub async fn read_until(socket: &mut Socket, until: &str) -> String {
    use futures::StreamExt;
    use tokio_tungstenite::tungstenite::Message;
    let mut seen = String::new();
    let read = async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Binary(bytes) = message {
                seen.push_str(&String::from_utf8_lossy(&bytes));
            }
            if seen.contains(until) {
                return;
            }
        }
    };
    let timely = tokio::time::timeout(DEADLINE, read).await.is_ok();
    assert!(timely && seen.contains(until), "waited for {until:?}, saw {seen:?}");
    seen
}

/// Types on the serial console of an instance and reads until an answer comes.
pub async fn console(engine: &Engine, name: &str, typed: &str, until: &str) -> String {
    use futures::SinkExt;
    use tokio_tungstenite::tungstenite::Message;
    let path = format!("{SUB}/virtualmachineinstances/{name}/console");
    let mut socket = websocket(engine, &path, Some("plain.kubevirt.io")).await.unwrap();
    let banner = read_until(&mut socket, "login: ").await;
    socket.send(Message::Binary(typed.as_bytes().to_vec().into())).await.unwrap();
    banner + &read_until(&mut socket, until).await
}
