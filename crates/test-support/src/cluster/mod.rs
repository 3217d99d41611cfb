//! A cluster for one test: an embedded one, or a part of its own of a real one.
//!
//! Which of the two is the environment's choice, not the test's, so that every test can run on both: `minivirt` with
//! simulated guests is one per test; where `make test-kubernetes` runs us there is one real API server with KubeVirt's
//! control plane for all, and each test has a namespace and a forwarded address of its own there.

mod engine;
mod forward;
mod real;

use engine::Engine;
use real::Real;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shepherd_minivirt::Config;

/// A cluster that a test can take away and bring back: same objects, same address.
pub struct TestCluster {
    /// `https://address:port`
    pub url: String,
    /// PEM of its certificate authority.
    pub ca_pem: String,
    /// A token that may do everything.
    pub admin_token: String,
    /// The name of a namespace that is this test's; it is not made yet.
    pub namespace: String,
    world: World,
}

enum World {
    Embedded(Box<Engine>),
    Real(Real),
}

impl TestCluster {
    /// With guests that act at once.
    pub async fn start() -> Self {
        match Real::join().await {
            Some(real) => Self {
                url: real.url(),
                ca_pem: real.ca_pem.clone(),
                admin_token: real.admin_token.clone(),
                namespace: format!("apps-{}", real.mark),
                world: World::Real(real),
            },
            None => Self::start_with(|_| {}).await,
        }
    }

    /// An embedded one as a test wants it, wherever the test runs.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let engine = Engine::start_with(change).await;
        Self {
            url: engine.url.clone(),
            ca_pem: engine.ca_pem.clone(),
            admin_token: engine.admin_token.clone(),
            namespace: "apps".to_owned(),
            world: World::Embedded(Box::new(engine)),
        }
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> String {
        self.kubeconfig_of(&self.admin_token)
    }

    /// A kubeconfig with another token.
    pub fn kubeconfig_of(&self, token: &str) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let ca = STANDARD.encode(&self.ca_pem);
        json!({ "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test" } }],
            "clusters": [{ "name": "test", "cluster": { "server": self.url, "certificate-authority-data": ca } }],
            "users": [{ "name": "test", "user": { "token": token } }] })
        .to_string()
    }

    /// The token of somebody who may only look.
    pub async fn viewer_token(&self) -> String {
        match &self.world {
            World::Embedded(engine) => engine.viewer_token.clone(),
            World::Real(real) => real.viewer_token(self).await,
        }
    }

    /// Whether a namespace is this test's, and not another's that runs on the same cluster.
    pub fn owns(&self, namespace: &str) -> bool {
        match &self.world {
            World::Embedded(_) => true,
            World::Real(real) => namespace.ends_with(&real.mark),
        }
    }

    /// From now on nobody answers at its address.
    pub async fn go_down(&mut self) {
        match &mut self.world {
            World::Embedded(engine) => engine.go_down().await,
            World::Real(real) => real.go_down().await,
        }
    }

    /// It answers again, with everything it had.
    pub async fn come_back(&mut self) {
        match &mut self.world {
            World::Embedded(engine) => engine.come_back().await,
            World::Real(real) => real.come_back(false).await,
        }
        self.find();
    }

    /// It lives again, but only the test knows where.
    pub async fn come_back_elsewhere(&mut self) {
        match &mut self.world {
            World::Embedded(engine) => engine.come_back_elsewhere().await,
            World::Real(real) => real.come_back(true).await,
        }
        self.find();
    }

    fn find(&mut self) {
        self.url = match &self.world {
            World::Embedded(engine) => engine.url.clone(),
            World::Real(real) => real.url(),
        };
    }

    /// Asks the cluster as the administrator and without our client, as one would with `kubectl`.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let ca = reqwest::Certificate::from_pem(self.ca_pem.as_bytes()).expect("it is a certificate");
        let client = reqwest::Client::builder().tls_certs_only([ca]).build().expect("a client can be built");
        let mut request = client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.bearer_auth(&self.admin_token).send().await.expect("the cluster answers");
        let status = answer.status();
        let text = answer.text().await.expect("the cluster answers to the end");
        // A watch or a log is not JSON.
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// As [`TestCluster::call`], for what must succeed.
    pub async fn kubectl(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }
}
