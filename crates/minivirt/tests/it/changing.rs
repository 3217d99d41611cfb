//! A VM that is changed while its guest runs: what the guest has, what the VM says, and disks that grow.

use crate::support::{Engine, SUB, VMIS, VMS, vm};
use serde_json::{Value, json};

const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array().into_iter().flatten().find(|c| c["type"] == kind)
}

#[tokio::test]
async fn a_running_guest_keeps_what_it_has_until_it_is_restarted() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "RerunOnFailure")).await;
    let before = engine.until_status("one", "Running").await;
    assert_eq!(condition(&before, "RestartRequired"), None);
    let labels = json!({"metadata": {"labels": {"tier": "cache"}}});
    engine.patch(&format!("{VMS}/one"), "merge-patch+json", &labels).await;
    let more = json!({"spec": {"template": {"spec": {"domain": {"memory": {"guest": "128Mi"}}}}}});
    let (code, body) = engine.patch(&format!("{VMS}/one"), "merge-patch+json", &more).await;
    assert_eq!(code, 200, "{body}");
    let changed = engine
        .until(&format!("{VMS}/one"), |_, vm| {
            condition(vm, "RestartRequired").is_some_and(|c| c["status"] == "True")
        })
        .await;
    assert_eq!(changed["status"]["printableStatus"], "Running");
    let (_, guest) = engine.get(&format!("{VMIS}/one")).await;
    assert_eq!(guest["spec"]["domain"]["memory"]["guest"], "64Mi");

    let (code, _) = engine.put(&format!("{SUB}/virtualmachines/one/restart"), &json!({})).await;
    assert_eq!(code, 202);
    engine
        .until(&format!("{VMIS}/one"), |_, guest| {
            guest["spec"]["domain"]["memory"]["guest"] == "128Mi" && guest["status"]["phase"] == "Running"
        })
        .await;
    engine.until(&format!("{VMS}/one"), |_, vm| condition(vm, "RestartRequired").is_none()).await;
}

#[tokio::test]
async fn a_claim_grows_and_never_shrinks_and_goes_with_its_vm() {
    let engine = Engine::start().await;
    let mut wanted = vm("one", "RerunOnFailure");
    wanted["spec"]["template"]["spec"]["volumes"][0] =
        json!({"name": "root", "dataVolume": {"name": "one-root"}});
    wanted["spec"]["dataVolumeTemplates"] = json!([{"metadata": {"name": "one-root"}, "spec": {
        "source": {"registry": {"url": "docker://registry/demo:1"}},
        "storage": {"resources": {"requests": {"storage": "1Gi"}}}}}]);
    engine.create(&wanted).await;
    engine.until_status("one", "Running").await;
    let path = format!("{CLAIMS}/one-root");
    let (_, claim) = engine.get(&path).await;
    assert_eq!(claim["status"]["phase"], "Bound");
    assert_eq!(claim["metadata"]["ownerReferences"][0]["kind"], "DataVolume");

    let size = |text: &str| json!({"spec": {"resources": {"requests": {"storage": text}}}});
    let (code, body) = engine.patch(&path, "merge-patch+json", &size("512Mi")).await;
    assert_eq!(code, 422, "{body}");
    assert!(body["message"].as_str().unwrap().contains("can not be less than status.capacity"), "{body}");
    let (code, grown) = engine.patch(&path, "merge-patch+json", &size("2Gi")).await;
    assert_eq!((code, &grown["status"]["capacity"]["storage"]), (200, &json!("2Gi")));

    engine.delete(&format!("{VMS}/one")).await;
    engine.until_gone(&path).await;
}
