//! The engine with real guests, through its API: what a user of KubeVirt would do.

use crate::guests::{StateDir, image_dir};
use crate::support::{Engine, SUB, VMIS, VMS, read_until, vm_of, websocket};
use serde_json::{Value, json};
use shepherd_minivirt::{Config, QemuOptions, RuntimeKind};

fn config(state: &StateDir) -> Config {
    let mut config = Config::simulated(state.path());
    config.runtime = RuntimeKind::Qemu(QemuOptions { images: vec![image_dir()], ..QemuOptions::default() });
    config
}

fn with_seed(mut vm: Value) -> Value {
    let spec = &mut vm["spec"]["template"]["spec"];
    spec["domain"]["memory"]["guest"] = json!("128Mi");
    let user_data = "#cloud-config\nuser: dev\npassword: open sesame\n";
    let seed = json!({"name": "seed", "cloudInitNoCloud": {"userData": user_data}});
    spec["volumes"].as_array_mut().unwrap().push(seed);
    let disk = json!({"name": "seed", "disk": {"bus": "virtio"}});
    spec["domain"]["devices"]["disks"].as_array_mut().unwrap().push(disk);
    vm
}

#[tokio::test]
async fn a_vm_boots_for_real_survives_the_engine_and_is_deleted() {
    let state = StateDir::new();
    let engine = Engine::open(config(&state)).await;
    engine.create(&with_seed(vm_of("web-01", "RerunOnFailure", crate::guests::IMAGE))).await;
    let connected = |_, vmi: &Value| {
        vmi["status"]["conditions"]
            .as_array()
            .is_some_and(|all| all.iter().any(|c| c["type"] == "AgentConnected" && c["status"] == "True"))
    };
    let vmi = engine.until(&format!("{VMIS}/web-01"), connected).await;
    assert_eq!(vmi["status"]["phase"], "Running");
    let ip = vmi["status"]["interfaces"][0]["ipAddress"].as_str().unwrap_or_default();
    assert!(ip.starts_with("127.77."), "{vmi:#}");
    let page = reqwest::get(format!("http://{ip}:8080/")).await.unwrap().text().await.unwrap();
    assert!(page.contains("<h1>web-01</h1>"), "{page}");

    let path = format!("{SUB}/virtualmachineinstances/web-01/console");
    let mut console = websocket(&engine, &path, None).await.unwrap();
    read_until(&mut console, "web-01 login: ").await;
    drop(console);

    engine.close().await;
    let engine = Engine::open(config(&state)).await;
    let again = engine.until(&format!("{VMIS}/web-01"), connected).await;
    assert_eq!(again["metadata"]["uid"], vmi["metadata"]["uid"]);
    let page = reqwest::get(format!("http://{ip}:8080/")).await.unwrap().status();
    assert_eq!(page, 200);

    engine.delete(&format!("{VMS}/web-01")).await;
    engine.until_gone(&format!("{VMIS}/web-01")).await;
    assert!(reqwest::get(format!("http://{ip}:8080/")).await.is_err(), "the guest still serves");
}

#[tokio::test]
async fn a_vm_whose_image_is_not_there_says_so() {
    let state = StateDir::new();
    let engine = Engine::open(config(&state)).await;
    engine.create(&with_seed(vm_of("lost", "RerunOnFailure", "no/such:1"))).await;
    let waits = |_, vm: &Value| {
        ["ErrImagePull", "ImagePullBackOff"].iter().any(|status| vm["status"]["printableStatus"] == *status)
    };
    let text = engine.until(&format!("{VMS}/lost"), waits).await.to_string();
    assert!(text.contains("image add"), "{text}");
    engine.delete(&format!("{VMS}/lost")).await;
    engine.until_gone(&format!("{VMS}/lost")).await;
}
