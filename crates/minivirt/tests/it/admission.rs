//! What KubeVirt's webhooks and schema refuse, in their words.

use crate::support::{Engine, VMIS, VMS, answer, vm};
use reqwest::Method;
use serde_json::{Value, json};

/// A VM with one thing changed, by JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut vm = vm("one", "Halted");
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = vm.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(list) => list.push(value),
        parent => parent[field] = value,
    }
    vm
}

#[tokio::test]
async fn webhook_rules_have_kubevirts_texts() {
    let engine = Engine::start().await;
    let spec = "/spec/template/spec";
    let cases = [
        (
            with("/spec/running", json!(true)),
            "spec.running",
            "Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead",
        ),
        (with("/spec/runStrategy", Value::Null), "spec.running", "RunStrategy must be specified"),
        (with("/spec/runStrategy", json!("Foo")), "spec.runStrategy", "Invalid RunStrategy (Foo)"),
        (
            with(&format!("{spec}/domain/devices/disks/-"), json!({"name": "d"})),
            "spec.template.spec.domain.devices.disks[1].name",
            "spec.template.spec.domain.devices.disks[1].Name 'd' not found.",
        ),
        (
            with(&format!("{spec}/volumes/-"), json!({"name": "v"})),
            "spec.template.spec.volumes[1]",
            "spec.template.spec.volumes[1] must have exactly one source type set",
        ),
        (
            with(&format!("{spec}/volumes/-"), json!({"name": "root", "emptyDisk": {"capacity": "1Gi"}})),
            "spec.template.spec.volumes[1].name",
            "spec.template.spec.volumes[1] and spec.template.spec.volumes[0] must not have the same Name.",
        ),
        (
            with(
                &format!("{spec}/domain/resources"),
                json!({"requests": {"memory": "128M"}, "limits": {"memory": "96M"}}),
            ),
            "spec.template.spec.domain.resources.requests.memory",
            "spec.template.spec.domain.resources.requests.memory '128M' is greater than spec.template.spec.domain.resources.limits.memory '96M'",
        ),
        (
            with(&format!("{spec}/domain/machine"), json!({"type": "foo"})),
            "spec.template.spec.domain.machine.type",
            "spec.template.spec.domain.machine.type is not supported: foo (allowed values: [q35* pc-q35*])",
        ),
        (
            with(
                &format!("{spec}/volumes/-"),
                json!({"name": "c", "cloudInitNoCloud": {"userData": "x".repeat(2049)}}),
            ),
            "spec.template.spec.volumes[1].cloudInitNoCloud",
            "spec.template.spec.volumes[1].cloudInitNoCloud userdata exceeds 2048 byte limit. Should use UserDataSecretRef for larger data.",
        ),
        (
            with(&format!("{spec}/evictionStrategy"), json!("Foo")),
            "spec.template.spec.evictionStrategy",
            "spec.template.spec.evictionStrategy is set with an unrecognized option: Foo",
        ),
    ];
    for (body, field, message) in cases {
        let (code, answer) = engine.post(VMS, &body).await;
        assert_eq!((code, answer["reason"].as_str()), (422, Some("Invalid")), "{message}: {answer}");
        let wanted = format!(
            "admission webhook \"virtualmachine-validator.kubevirt.io\" denied the request: {message}"
        );
        assert_eq!(answer["message"], wanted);
        let cause = &answer["details"]["causes"][0];
        assert_eq!((cause["field"].as_str(), cause["message"].as_str()), (Some(field), Some(message)));
    }
    let (code, answer) = engine.post(VMS, &with(&format!("{spec}/networks"), json!([]))).await;
    assert_eq!(code, 422);
    assert!(
        answer["message"].as_str().unwrap().ends_with("Masquerade interface only implemented with pod network, spec.template.spec.domain.devices.interfaces[0].name 'default' not found."),
        "{answer}"
    );
    let (_, left) = engine.get(VMS).await;
    assert_eq!(left["items"], json!([]));
}

#[tokio::test]
async fn updates_are_judged_too() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Halted")).await;
    let bad = json!({"spec": {"runStrategy": "Foo"}});
    let (code, body) = engine.patch(&format!("{VMS}/one"), "merge-patch+json", &bad).await;
    assert_eq!(code, 422, "{body}");
}

#[tokio::test]
async fn a_missing_template_is_the_mutators_affair() {
    let engine = Engine::start().await;
    let (code, body) =
        engine.post(VMS, &json!({"metadata": {"name": "x"}, "spec": {"runStrategy": "Halted"}})).await;
    assert_eq!(code, 422);
    assert_eq!(
        body["message"],
        "admission webhook \"virtualmachines-mutator.kubevirt.io\" denied the request: spec.template in body is required"
    );
}

#[tokio::test]
async fn unknown_and_repeated_fields_by_validation_level() {
    let engine = Engine::start().await;
    let mut odd = vm("odd", "Halted");
    odd["spec"]["template"]["spec"]["foo"] = json!(1);
    let (code, body) = engine.post(&format!("{VMS}?fieldValidation=Strict"), &odd).await;
    assert_eq!(code, 400);
    assert_eq!(
        body["message"],
        "VirtualMachine in version \"v1\" cannot be handled as a VirtualMachine: strict decoding error: unknown field \"spec.template.spec.foo\""
    );
    let warned = engine.request(Method::POST, VMS).json(&odd).send().await.unwrap();
    assert_eq!(warned.status(), 201);
    assert!(warned.headers()["warning"].to_str().unwrap().contains("spec.template.spec.foo"));
    let stored = answer(warned).await.1;
    assert!(stored["spec"]["template"]["spec"].get("foo").is_none(), "it is pruned");
    let twice =
        r#"{"metadata":{"name":"x"},"spec":{"runStrategy":"Halted","runStrategy":"Always","template":{}}}"#;
    let request = engine.request(Method::POST, &format!("{VMS}?fieldValidation=Strict"));
    let (code, body) =
        answer(request.header("content-type", "application/json").body(twice).send().await.unwrap()).await;
    assert_eq!(code, 400);
    assert!(body["message"].as_str().unwrap().contains("duplicate field \"spec.runStrategy\""), "{body}");
}

#[tokio::test]
async fn types_and_required_fields_come_from_the_schema() {
    let engine = Engine::start().await;
    for (pointer, value, message) in [
        (
            "/spec/runStrategy",
            json!(1),
            "admission webhook \"virtualmachines-mutator.kubevirt.io\" denied the request: spec.runStrategy in body must be of type string: \"integer\"",
        ),
        (
            "/spec/template/spec/domain/devices",
            Value::Null,
            "admission webhook \"virtualmachines-mutator.kubevirt.io\" denied the request: spec.template.spec.domain.devices in body is required",
        ),
        (
            "/spec/template/spec/volumes",
            json!("all"),
            "admission webhook \"virtualmachines-mutator.kubevirt.io\" denied the request: spec.template.spec.volumes in body must be of type array: \"string\"",
        ),
    ] {
        let (code, body) = engine.post(VMS, &with(pointer, value)).await;
        assert_eq!((code, body["message"].as_str()), (422, Some(message)));
    }
}

#[tokio::test]
async fn instances_get_defaults_and_are_not_for_clients_to_change() {
    let engine = Engine::start().await;
    let mut spec = vm("one", "Halted")["spec"]["template"]["spec"].clone();
    for field in ["networks", "domain/devices/interfaces"] {
        let (parent, name) = field.rsplit_once('/').unwrap_or(("", field));
        let parent =
            if parent.is_empty() { &mut spec } else { spec.pointer_mut(&format!("/{parent}")).unwrap() };
        parent.as_object_mut().unwrap().remove(name);
    }
    spec["domain"]["devices"]["disks"] = json!([]);
    let instance = json!({"metadata": {"name": "one"}, "spec": spec, "status": {"phase": "Running"}});
    let (code, made) = engine.post(VMIS, &instance).await;
    assert_eq!(code, 201, "{made}");
    assert_eq!(made["status"]["phase"], "Pending", "a client cannot give a status");
    assert_eq!(
        made["spec"]["domain"]["devices"]["disks"],
        json!([{"name": "root", "disk": {"bus": "sata"}}])
    );
    assert_eq!(made["spec"]["domain"]["devices"]["interfaces"], json!([{"name": "default", "bridge": {}}]));
    let cpu = json!({ "cores": 1, "model": "host-model" });
    assert_eq!(made["spec"]["domain"]["cpu"], cpu, "what a topology leaves out is left out");
    assert_eq!(made["spec"]["volumes"][0]["containerDisk"]["imagePullPolicy"], "IfNotPresent");
    let path = format!("{VMIS}/one");
    engine.until(&path, |_, vmi| vmi["status"]["phase"] == "Running").await;
    let change = json!({"spec": {"hostname": "other"}});
    let (code, body) = engine.patch(&path, "merge-patch+json", &change).await;
    assert_eq!(code, 422);
    assert!(body["message"].as_str().unwrap().ends_with("update of VMI object is restricted"), "{body}");
    let (code, body) = engine.patch(&path, "merge-patch+json", &json!({"status": {"phase": "Failed"}})).await;
    assert_eq!((code, body["status"]["phase"].as_str()), (200, Some("Running")), "silently reverted");
    let label = json!({"metadata": {"labels": {"kubevirt.io/nodeName": "elsewhere"}}});
    assert_eq!(engine.patch(&path, "merge-patch+json", &label).await.0, 422);
    let (code, body) =
        engine.post(VMIS, &json!({"metadata": {"name": "two"}, "spec": {"domain": {"devices": {}}}})).await;
    assert_eq!(code, 422);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("no memory requested, at least one of 'spec.domain.memory.guest'"),
        "{body}"
    );
    engine.delete(&path).await;
    engine.until_gone(&path).await;
}
