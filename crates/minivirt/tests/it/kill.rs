//! What survives: a stop, and a kill -9 in the middle of work.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{DEADLINE, Engine, VMIS, VMS, vm};
use serde_json::{Value, json};
use shepherd_minivirt::{Config, RuntimeKind};

fn slow(config: &mut Config) {
    let ms = Duration::from_millis;
    config.runtime = RuntimeKind::Simulated(shepherd_minivirt::launcher::simulated::Simulation {
        boot: (ms(50), ms(400)),
        shutdown: (ms(50), ms(200)),
        seed: 7,
    });
}

#[tokio::test]
async fn a_reopened_engine_goes_on() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "RerunOnFailure")).await;
    engine.until_status("one", "Running").await;
    let (_, before) = engine.get(&format!("{VMIS}/one")).await;
    let (_, list) = engine.get(VMS).await;
    let (ca, token) = (engine.handle.ca_pem.clone(), engine.handle.admin_token.clone());
    let dir = engine.stop().await;

    let engine = Engine::open(Config::simulated(dir.path())).await;
    assert_eq!((&engine.handle.ca_pem, &engine.handle.admin_token), (&ca, &token));
    let (_, after) = engine.get(&format!("{VMIS}/one")).await;
    assert_eq!(before["metadata"]["uid"], after["metadata"]["uid"]);
    assert_eq!(after["status"]["phase"], "Running");
    let version = |v: &Value| v["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(version(&engine.get(VMS).await.1) >= version(&list));
    let (code, _) =
        engine.put(&format!("{}/virtualmachines/one/stop", crate::support::SUB), &json!({})).await;
    assert_eq!(code, 202);
    engine.until_status("one", "Stopped").await;
}

#[tokio::test]
async fn an_engine_that_syncs_to_disk_reopens_at_once() {
    let durable = |config: &mut Config| config.durability = shepherd_minivirt::store::Durability::Disk;
    let engine = Engine::start_with(durable).await;
    engine.create(&vm("one", "Always")).await;
    let dir = engine.stop().await;
    let mut config = Config::simulated(dir.path());
    durable(&mut config);
    let engine = Engine::open(config).await;
    engine.until_status("one", "Running").await;
}

#[tokio::test]
async fn one_directory_has_one_engine() {
    let engine = Engine::start().await;
    let second = shepherd_minivirt::start(Config::simulated(engine.dir())).await;
    let error = second.err().expect("the directory is taken").to_string();
    assert!(error.contains("another minivirt uses"), "{error}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let engine = Engine::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::simulated(dir.path());
    config.listen = engine.handle.address;
    let error = shepherd_minivirt::start(config).await.err().expect("the port is taken").to_string();
    assert!(error.contains(&engine.handle.address.to_string()) && error.contains("--listen"), "{error}");
}

/// In the working directory of the process below, which is this program again.
const CHILD: &str = "engine-child";

/// Runs an engine until it is killed, where the tests below start it as a process of its own; else there is nothing to do.
#[tokio::test]
async fn child() {
    if !Path::new(CHILD).exists() {
        return;
    }
    let mut config = Config::simulated(std::env::current_dir().unwrap());
    slow(&mut config);
    let (_handle, task) = shepherd_minivirt::start(config).await.unwrap();
    task.await.unwrap();
}

/// Killed when the test fails, too.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn spawn(dir: &Path) -> (Process, String) {
    let _ = std::fs::remove_file(dir.join("kubeconfig"));
    std::fs::write(dir.join(CHILD), "").unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--nocapture"])
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let written = async {
        loop {
            if let Ok(text) = std::fs::read(dir.join("kubeconfig")) {
                let config: Value = serde_json::from_slice(&text).unwrap();
                return config["clusters"][0]["cluster"]["server"].as_str().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let url = tokio::time::timeout(DEADLINE, written).await.expect("the engine starts");
    (Process(child), url)
}

/// VMs are made while the engine is killed again and again; in the end each that was acknowledged exists once, runs
/// once, and no guest is left over.
#[tokio::test]
async fn kill_9_during_creates_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..4 {
        let (process, url) = spawn(dir.path()).await;
        let ca = reqwest::Certificate::from_pem(&std::fs::read(dir.path().join("ca.crt")).unwrap()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
        let tokens: Value =
            serde_json::from_slice(&std::fs::read(dir.path().join("tokens.json")).unwrap()).unwrap();
        for n in 0..15 {
            let name = format!("vm-{round}-{n}");
            let request =
                client.post(format!("{url}{VMS}")).bearer_auth(tokens[0]["token"].as_str().unwrap());
            let response = request.json(&vm(&name, "RerunOnFailure")).send().await.unwrap();
            assert_eq!(response.status(), 201);
            acknowledged.push(name);
        }
        // Some have booted by now, some are in the middle of it, some have not begun.
        drop(process);
    }
    let mut config = Config::simulated(dir.path());
    slow(&mut config);
    let engine = Engine::open(config).await;
    for name in &acknowledged {
        engine.until_status(name, "Running").await;
    }
    let (_, vmis) = engine.get(VMIS).await;
    assert_eq!(vmis["items"].as_array().unwrap().len(), acknowledged.len());
    let uids: std::collections::BTreeSet<String> = vmis["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|vmi| format!("{}.json", vmi["metadata"]["uid"].as_str().unwrap()))
        .collect();
    let guests: std::collections::BTreeSet<String> = std::fs::read_dir(dir.path().join("simulated"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    assert_eq!(guests, uids, "one guest for each instance, and none besides");
}

#[tokio::test]
async fn kill_9_during_stops_and_deletes_finishes_both() {
    let dir = tempfile::tempdir().unwrap();
    let (process, url) = spawn(dir.path()).await;
    let ca = reqwest::Certificate::from_pem(&std::fs::read(dir.path().join("ca.crt")).unwrap()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    let tokens: Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("tokens.json")).unwrap()).unwrap();
    let token = tokens[0]["token"].as_str().unwrap();
    let at = |path: String| format!("{url}{path}");
    for n in 0..20 {
        let body = vm(&format!("vm-{n}"), "RerunOnFailure");
        client.post(at(VMS.to_owned())).bearer_auth(token).json(&body).send().await.unwrap();
    }
    let running = async {
        loop {
            let list = client.get(at(VMIS.to_owned())).bearer_auth(token).send().await.unwrap();
            let list: Value = list.json().await.unwrap();
            let items = list["items"].as_array().unwrap();
            if items.iter().filter(|i| i["status"]["phase"] == "Running").count() == 20 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, running).await.expect("all VMs run");
    for n in 0..20 {
        let response = if n % 2 == 0 {
            client.delete(at(format!("{VMS}/vm-{n}"))).bearer_auth(token).send().await.unwrap()
        } else {
            let path = at(format!("{}/virtualmachines/vm-{n}/stop", crate::support::SUB));
            client.put(path).bearer_auth(token).send().await.unwrap()
        };
        assert!(response.status().is_success());
    }
    drop(process);

    let mut config = Config::simulated(dir.path());
    slow(&mut config);
    let engine = Engine::open(config).await;
    for n in 0..20 {
        let path = format!("{VMS}/vm-{n}");
        if n % 2 == 0 {
            engine.until_gone(&path).await;
        } else {
            engine.until_status(&format!("vm-{n}"), "Stopped").await;
        }
        engine.until_gone(&format!("{VMIS}/vm-{n}")).await;
    }
    let left = async {
        while std::fs::read_dir(dir.path().join("simulated")).unwrap().count() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, left).await.expect("no guest is left over");
}
