//! People, a catalogue and Systems, made through the API as their owners would make them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shepherd_local_postgres::Role;

use super::http::{Connection, Credential, text};
use super::{Serving, Stage};

const API: &str = "/api/v1";
/// One row of numbers for names is locked by each Service; an organisation has many of them.
const SERVICES: usize = 16;

/// A path of the API.
pub fn api(path: &str) -> String {
    format!("{API}{path}")
}

/// Who is there, and what a request for a VM has to name.
pub struct Organisation {
    pub admin: Credential,
    pub engineer: Credential,
    /// The engineer's browser.
    pub browser: Credential,
    pub approver: Credential,
    template: String,
    size: String,
    services: Vec<String>,
}

/// An environment with one namespace and one cluster, all of the same name.
pub struct Place {
    pub namespace: String,
    namespace_id: String,
}

impl Organisation {
    pub async fn make(stage: &Stage, serving: &Serving) -> Result<Self> {
        let initial = stage.run(stage.command(Role::App).args(["admin", "create", "admin"]))?;
        let address = serving.address;
        let (admin, _) = settle(address, "admin", &initial).await?;
        let mut boss = Connection::open(address, admin.clone()).await?;
        let (engineer, browser) = hire(&mut boss, address, "engineer", &["engineer"]).await?;
        let (approver, _) = hire(&mut boss, address, "approver", &["approver"]).await?;
        exempt(&mut boss, address, &engineer).await?;

        let template = made(&mut boss, "/templates", template(), "/versions/0/id").await?;
        let size = json!({"milli_vcpu": 100, "memory_bytes": 128 << 20, "disk_bytes": 1 << 30});
        let size =
            made(&mut boss, "/sizes", json!({"name": "small", "content": size}), "/versions/0/id").await?;

        let mut owner = Connection::open(address, engineer.clone()).await?;
        let system = made(&mut owner, "/systems", json!({"name": "shop"}), "/id").await?;
        let mut services = Vec::new();
        for number in 0..SERVICES {
            let service = json!({"system_id": system, "name": format!("s{number}")});
            services.push(made(&mut owner, "/services", service, "/id").await?);
        }
        Ok(Self { admin, engineer, browser, approver, template, size, services })
    }

    /// A place for VMs on a cluster, which is registered and heard from.
    pub async fn place(&self, serving: &Serving, name: &str, kubeconfig: &str) -> Result<Place> {
        let mut boss = Connection::open(serving.address, self.admin.clone()).await?;
        let environment = json!({"name": name, "title": name, "protected": false, "colour": "#52c41a"});
        let environment = made(&mut boss, "/environments", environment, "/id").await?;
        let namespace = json!({"name": name, "environment_id": environment});
        let namespace_id = made(&mut boss, "/namespaces", namespace, "/id").await?;
        let body = json!({"name": name, "environment_id": environment, "kubeconfig": kubeconfig});
        let id = made(&mut boss, "/clusters", body, "/id").await?;
        let healthy = |cluster: &Value| cluster["health"] == "healthy";
        until(&mut boss, &api(&format!("/clusters/{id}")), healthy).await?;
        Ok(Place { namespace: name.to_owned(), namespace_id })
    }

    /// What the engineer asks for. Each of them is another VM of one of the Services.
    pub fn wish(&self, place: &Place, number: usize) -> Result<Value> {
        let service = self.services.get(number % self.services.len()).context("no service")?;
        Ok(json!({
            "service_id": service, "namespace_id": place.namespace_id, "template_version_id": self.template,
            "size_version_id": self.size, "reason": "benchmark", "another": true,
        }))
    }
}

/// One person stands for many here: what one may ask for in an hour would end a measurement.
async fn exempt(boss: &mut Connection, address: SocketAddr, who: &Credential) -> Result<()> {
    let me = Connection::open(address, who.clone()).await?.get(&api("/me")).await?;
    let path = api(&format!("/limits/exemptions/{}", text(&me, "/id")?));
    boss.put(&path, &json!({"reason": "benchmark"})).await?;
    Ok(())
}

fn template() -> Value {
    let user_data = "#cloud-config\nhostname: {{ hostname }}\n";
    let content = json!({"family": "linux", "root": "ephemeral",
        "source": {"kind": "image", "image": "shepherd/demo:1"}, "user_data": user_data,
        "variables": []});
    json!({"name": "demo", "title": "Demo", "content": content})
}

async fn made(caller: &mut Connection, path: &str, body: Value, pointer: &str) -> Result<String> {
    text(&caller.post(&api(path), &body).await?, pointer)
}

/// An account with these roles everywhere, settled: its token and its browser.
pub async fn hire(
    boss: &mut Connection,
    address: SocketAddr,
    name: &str,
    roles: &[&str],
) -> Result<(Credential, Credential)> {
    let made = boss.post(&api("/people"), &json!({"name": name, "display_name": name})).await?;
    let (id, initial) = (text(&made, "/person/id")?, text(&made, "/password")?);
    for role in roles {
        let binding = json!({"role": role, "environment_ids": []});
        boss.post(&api(&format!("/people/{id}/bindings")), &binding).await?;
    }
    settle(address, name, &initial).await
}

/// Signs in, chooses a password, signs in with it and makes a token: that and the browser's cookie.
async fn settle(address: SocketAddr, name: &str, initial: &str) -> Result<(Credential, Credential)> {
    let chosen = format!("{}-{}", uuid::Uuid::new_v4(), name);
    let cookie = sign_in(address, name, initial).await?;
    let mut browser = Connection::open(address, cookie).await?;
    browser.post(&api("/me/password"), &json!({"current": initial, "new": chosen})).await?;
    let cookie = sign_in(address, name, &chosen).await?;
    let mut browser = Connection::open(address, cookie.clone()).await?;
    let token = browser.post(&api("/me/tokens"), &json!({"name": "bench", "days": 1})).await?;
    Ok((Credential::Token(text(&token, "/secret")?), cookie))
}

async fn sign_in(address: SocketAddr, name: &str, password: &str) -> Result<Credential> {
    let mut nobody = Connection::open(address, Credential::Nobody).await?;
    let body = json!({"name": name, "password": password});
    let (_, cookie) = nobody.send(hyper::Method::POST, &api("/session"), &body).await?;
    Ok(Credential::Cookie(cookie.context("signing in set no cookie")?))
}

/// Asks until the answer is as wanted.
pub async fn until(caller: &mut Connection, path: &str, done: impl Fn(&Value) -> bool) -> Result<Value> {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let value = caller.get(path).await?;
        if done(&value) {
            return Ok(value);
        }
        anyhow::ensure!(Instant::now() < end, "{path} never became what was waited for: {value}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
