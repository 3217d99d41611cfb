//! The life of VMs on simulated guests, by run strategy.

mod support;

use serde_json::json;
use support::{Engine, SUB, VMIS, VMS, vm};

#[tokio::test]
async fn a_vm_boots_stops_starts_and_goes() {
    let engine = Engine::start().await;
    let created = engine.create(&vm("one", "RerunOnFailure")).await;
    assert_eq!(created["metadata"]["generation"], 1);
    assert!(created["spec"]["template"]["spec"]["domain"]["firmware"]["uuid"].is_string());

    let running = engine.until_status("one", "Running").await;
    assert_eq!(running["status"]["ready"], true);
    let (_, first) = engine.get(&format!("{VMIS}/one")).await;
    assert_eq!(first["status"]["phase"], "Running");
    let phases: Vec<&str> = first["status"]["phaseTransitionTimestamps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["phase"].as_str().unwrap())
        .collect();
    assert_eq!(phases, ["Pending", "Scheduling", "Scheduled", "Running"]);

    let (code, body) = engine.put(&format!("{SUB}/virtualmachines/one/start"), &json!({})).await;
    assert_eq!(code, 409);
    assert_eq!(
        body["message"],
        "Operation cannot be fulfilled on virtualmachine.kubevirt.io \"one\": VM is already running"
    );

    let (code, _) = engine.put(&format!("{SUB}/virtualmachines/one/stop"), &json!({})).await;
    assert_eq!(code, 202);
    let stopped = engine.until_status("one", "Stopped").await;
    assert_eq!(stopped["spec"]["runStrategy"], "RerunOnFailure", "stop keeps the strategy");
    engine.until_gone(&format!("{VMIS}/one")).await;

    let (code, _) = engine.put(&format!("{SUB}/virtualmachines/one/start"), &json!({})).await;
    assert_eq!(code, 202);
    engine.until_status("one", "Running").await;
    let (_, second) = engine.get(&format!("{VMIS}/one")).await;
    assert_ne!(first["metadata"]["uid"], second["metadata"]["uid"]);

    let (code, body) = engine.delete(&format!("{VMS}/one")).await;
    assert_eq!(code, 200);
    assert!(body["metadata"]["deletionTimestamp"].is_string());
    engine.until_gone(&format!("{VMS}/one")).await;
    engine.until_gone(&format!("{VMIS}/one")).await;
}
