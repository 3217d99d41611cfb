//! Server-side apply: ownership, conflicts, force, and what is no longer named.

use crate::support::{Engine, VMS, vm};
use serde_json::{Value, json};

async fn apply(engine: &Engine, manager: &str, force: bool, object: &Value) -> (u16, Value) {
    let name = object["metadata"]["name"].as_str().unwrap();
    let path = format!("{VMS}/{name}?fieldManager={manager}&force={force}");
    engine.patch(&path, "apply-patch+yaml", object).await
}

fn config(name: &str, fields: Value) -> Value {
    let mut config =
        json!({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": name}});
    config.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    config
}

fn managers(object: &Value) -> Vec<(&str, &str)> {
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    entries.iter().map(|e| (e["manager"].as_str().unwrap(), e["operation"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn apply_creates_then_changes_what_it_owns() {
    let engine = Engine::start().await;
    let mut wanted = vm("one", "Halted");
    let (code, made) = apply(&engine, "us", false, &wanted).await;
    assert_eq!(code, 201, "{made}");
    assert!(managers(&made).contains(&("us", "Apply")));
    wanted["spec"]["runStrategy"] = json!("Manual");
    let (code, changed) = apply(&engine, "us", false, &wanted).await;
    assert_eq!((code, changed["spec"]["runStrategy"].as_str()), (200, Some("Manual")));
    assert_eq!(changed["metadata"]["generation"], 2);
    let (_, again) = apply(&engine, "us", false, &wanted).await;
    assert_eq!(again["spec"], changed["spec"]);
}

#[tokio::test]
async fn a_field_of_another_manager_conflicts_unless_forced() {
    let engine = Engine::start().await;
    apply(&engine, "us", false, &vm("one", "Halted")).await;
    let theirs = config("one", json!({"spec": {"runStrategy": "Manual"}}));
    let (code, body) = apply(&engine, "them", false, &theirs).await;
    assert_eq!((code, body["reason"].as_str()), (409, Some("Conflict")));
    assert_eq!(body["message"], "Apply failed with 1 conflict: conflict with \"us\": .spec.runStrategy");
    let cause = &body["details"]["causes"][0];
    assert_eq!(
        (cause["reason"].as_str(), cause["field"].as_str()),
        (Some("FieldManagerConflict"), Some(".spec.runStrategy"))
    );
    let (code, taken) = apply(&engine, "them", true, &theirs).await;
    assert_eq!((code, taken["spec"]["runStrategy"].as_str()), (200, Some("Manual")));
    let (code, body) = apply(&engine, "us", false, &vm("one", "Halted")).await;
    assert_eq!(code, 409, "{body}");
}

#[tokio::test]
async fn the_same_value_is_shared() {
    let engine = Engine::start().await;
    apply(&engine, "us", false, &vm("one", "Halted")).await;
    let same = config("one", json!({"spec": {"runStrategy": "Halted"}}));
    let (code, body) = apply(&engine, "them", false, &same).await;
    assert_eq!(code, 200, "{body}");
    // One owner lets go: the other still holds the value.
    let (code, body) = apply(
        &engine,
        "them",
        false,
        &config("one", json!({"metadata": {"name": "one", "labels": {"a": "b"}}})),
    )
    .await;
    assert_eq!((code, body["spec"]["runStrategy"].as_str()), (200, Some("Halted")));
}

#[tokio::test]
async fn what_is_no_longer_named_goes_unless_others_hold_it() {
    let engine = Engine::start().await;
    let mut wanted = vm("one", "Halted");
    wanted["metadata"]["labels"] = json!({"keep": "1", "drop": "1"});
    wanted["spec"]["template"]["spec"]["volumes"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "extra", "emptyDisk": {"capacity": "1Gi"}}));
    apply(&engine, "us", false, &wanted).await;
    let mut less = vm("one", "Halted");
    less["metadata"]["labels"] = json!({"keep": "1"});
    let (code, body) = apply(&engine, "us", false, &less).await;
    assert_eq!(code, 200, "{body}");
    assert_eq!(body["metadata"]["labels"], json!({"keep": "1"}));
    let volumes = body["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    assert_eq!(volumes.len(), 1, "the volume this manager added is gone: {volumes:?}");
    assert!(body["spec"]["template"]["spec"]["domain"]["firmware"]["uuid"].is_string(), "defaults stay");
}

#[tokio::test]
async fn keyed_lists_merge_by_name() {
    let engine = Engine::start().await;
    apply(&engine, "us", false, &vm("one", "Halted")).await;
    let extra = json!({"spec": {"template": {"spec": {"domain": {"devices": {}},
        "volumes": [{"name": "extra", "emptyDisk": {"capacity": "1Gi"}}]}}}});
    let (code, body) = apply(&engine, "them", false, &config("one", extra)).await;
    assert_eq!(code, 200, "{body}");
    let names: Vec<&str> = body["spec"]["template"]["spec"]["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["root", "extra"]);
}

#[tokio::test]
async fn an_update_takes_ownership_and_status_is_apart() {
    let engine = Engine::start().await;
    apply(&engine, "us", false, &vm("one", "Halted")).await;
    engine.until_status("one", "Stopped").await;
    let patch = json!({"spec": {"runStrategy": "Manual"}});
    engine.patch(&format!("{VMS}/one?fieldManager=editor"), "merge-patch+json", &patch).await;
    let (code, body) = apply(&engine, "us", false, &vm("one", "Halted")).await;
    assert_eq!(code, 409);
    assert_eq!(
        body["message"],
        "Apply failed with 1 conflict: conflict with \"editor\" using kubevirt.io/v1: .spec.runStrategy"
    );
    let (_, now) = engine.get(&format!("{VMS}/one")).await;
    let status =
        now["metadata"]["managedFields"].as_array().unwrap().iter().find(|e| e["subresource"] == "status");
    assert_eq!(status.unwrap()["manager"], "virt-controller");
}

#[tokio::test]
async fn an_apply_says_who_it_is() {
    let engine = Engine::start().await;
    let (code, body) = engine.patch(&format!("{VMS}/one"), "apply-patch+yaml", &vm("one", "Halted")).await;
    assert_eq!(code, 422);
    assert!(body["message"].as_str().unwrap().contains("fieldManager"), "{body}");
}
