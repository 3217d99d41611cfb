//! Objects behave as on a Kubernetes API server: versions, conflicts, finalizers, owners, dry runs.

use crate::support::{Engine, VMIS, VMS, answer, vm};
use reqwest::Method;
use serde_json::{Value, json};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

fn secret(name: &str) -> Value {
    json!({"metadata": {"name": name}, "stringData": {"a": "b"}})
}

#[tokio::test]
async fn create_fills_metadata_and_refuses_doubles() {
    let engine = Engine::start().await;
    let (code, made) = engine.post(SECRETS, &secret("one")).await;
    assert_eq!(code, 201);
    assert_eq!(made["data"]["a"], "Yg==");
    for field in ["uid", "creationTimestamp", "resourceVersion", "namespace"] {
        assert!(made["metadata"][field].is_string(), "{field}");
    }
    let (code, body) = engine.post(SECRETS, &secret("one")).await;
    assert_eq!((code, &body["reason"]), (409, &json!("AlreadyExists")));
    assert_eq!(body["message"], "secrets \"one\" already exists");
    let (code, body) = engine.post(SECRETS, &json!({"metadata": {"generateName": "gen-"}})).await;
    assert_eq!(code, 201);
    let name = body["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("gen-") && name.len() == 9, "{name}");
    let (code, body) = engine.post("/api/v1/namespaces/nowhere/secrets", &secret("one")).await;
    assert_eq!((code, body["message"].as_str()), (404, Some("namespaces \"nowhere\" not found")));
}

#[tokio::test]
async fn hostile_bodies_are_refused_with_a_reason() {
    let engine = Engine::start().await;
    for (body, code) in [
        (json!([]), 400),
        (json!("text"), 400),
        (json!({"metadata": {}}), 422),
        (json!({"metadata": {"name": "UPPER"}}), 422),
        (json!({"metadata": {"name": "../etc"}}), 422),
        (json!({"metadata": "name"}), 400),
        (json!({"metadata": {"name": "x", "labels": {"a": 1}}}), 400),
        (json!({"metadata": {"name": "x", "labels": {"a b": "c"}}}), 422),
        (json!({"metadata": {"name": "x", "namespace": "other"}}), 400),
        (json!({"metadata": {"name": "x", "resourceVersion": "4"}}), 400),
        (json!({"metadata": {"name": "x", "finalizers": "f"}}), 400),
        (json!({"kind": "Pod", "metadata": {"name": "x"}}), 400),
        (json!({"data": 1, "metadata": {"name": "x"}}), 422),
        (json!({"data": {"a": "not base64!"}, "metadata": {"name": "x"}}), 400),
    ] {
        let (got, answer) = engine.post(SECRETS, &body).await;
        assert_eq!(got, code, "{body}: {answer}");
        assert_eq!(answer["kind"], "Status", "{body}");
    }
    let big = engine.request(Method::POST, SECRETS).body(vec![b' '; 4 << 20]).send().await.unwrap();
    assert_eq!(answer(big).await.0, 413);
    let odd = engine.request(Method::POST, SECRETS).header("content-type", "text/html").body("<p>");
    assert_eq!(answer(odd.send().await.unwrap()).await.0, 415);
    let broken = engine.request(Method::POST, SECRETS).header("content-type", "application/json").body("{");
    assert_eq!(answer(broken.send().await.unwrap()).await.0, 400);
}

#[tokio::test]
async fn a_stale_version_conflicts_and_a_blind_replace_is_refused() {
    let engine = Engine::start().await;
    let made = engine.create(&vm("one", "Halted")).await;
    let path = format!("{VMS}/one");
    let mut labelled = engine.until(&path, |_, vm| vm["status"]["printableStatus"] == "Stopped").await;
    labelled["metadata"]["labels"] = json!({"a": "b"});
    let (code, stored) = engine.put(&path, &labelled).await;
    assert_eq!(code, 200, "{stored}");
    assert_eq!(stored["metadata"]["generation"], made["metadata"]["generation"], "labels are not spec");
    let (code, body) = engine.put(&path, &labelled).await;
    assert_eq!(code, 409);
    assert_eq!(
        body["message"],
        "Operation cannot be fulfilled on virtualmachines.kubevirt.io \"one\": the object has been modified; please apply your changes to the latest version and try again"
    );
    labelled["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    let (code, body) = engine.put(&path, &labelled).await;
    assert_eq!(code, 422);
    assert!(body["message"].as_str().unwrap().contains("must be specified for an update"), "{body}");
}

#[tokio::test]
async fn a_write_that_changes_nothing_makes_no_version() {
    let engine = Engine::start().await;
    engine.post(SECRETS, &secret("one")).await;
    let patch = json!({"metadata": {"labels": {"a": "b"}}});
    let (_, first) = engine.patch(&format!("{SECRETS}/one"), "merge-patch+json", &patch).await;
    let (_, again) = engine.patch(&format!("{SECRETS}/one"), "merge-patch+json", &patch).await;
    assert_eq!(first["metadata"]["resourceVersion"], again["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn spec_and_status_are_written_apart() {
    let engine = Engine::start().await;
    let mut with_status = vm("one", "Halted");
    with_status["status"] = json!({"printableStatus": "Running"});
    let made = engine.create(&with_status).await;
    assert!(made["status"].is_null() || made["status"]["printableStatus"] != "Running");
    let path = format!("{VMS}/one");
    engine.until_status("one", "Stopped").await;
    let patch =
        json!({"spec": {"runStrategy": "Manual"}, "status": {"memoryDumpRequest": {"claimName": "c"}}});
    let (_, main) = engine.patch(&path, "merge-patch+json", &patch).await;
    assert_eq!(
        (main["spec"]["runStrategy"].as_str(), main["status"].get("memoryDumpRequest")),
        (Some("Manual"), None)
    );
    assert_eq!(main["metadata"]["generation"], 2);
    let patch =
        json!({"spec": {"runStrategy": "Always"}, "status": {"memoryDumpRequest": {"claimName": "c"}}});
    let (code, status) = engine.patch(&format!("{path}/status"), "merge-patch+json", &patch).await;
    assert_eq!(code, 200, "{status}");
    assert_eq!(status["spec"]["runStrategy"], "Manual");
    assert_eq!(status["status"]["memoryDumpRequest"]["claimName"], "c");
    let (code, _) = engine.get(&format!("{VMIS}/one/status")).await;
    assert_eq!(code, 404, "instances have no status path");
}

#[tokio::test]
async fn patches_of_each_kind() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Halted")).await;
    let path = format!("{VMS}/one");
    let tested = json!([{"op": "test", "path": "/spec/runStrategy", "value": "Halted"},
        {"op": "replace", "path": "/spec/runStrategy", "value": "Manual"}]);
    let (code, body) = engine.patch(&path, "json-patch+json", &tested).await;
    assert_eq!((code, body["spec"]["runStrategy"].as_str()), (200, Some("Manual")));
    let (code, body) = engine.patch(&path, "json-patch+json", &tested).await;
    assert_eq!(code, 422);
    assert_eq!(body["message"], "the server rejected our request due to an error in our request");
    let (code, _) = engine.patch(&path, "strategic-merge-patch+json", &json!({})).await;
    assert_eq!(code, 415);
    let (code, body) = engine.patch(&path, "merge-patch+json", &json!({"metadata": {"uid": "other"}})).await;
    assert_eq!(code, 409, "{body}");
    let (code, _) = engine.patch(&format!("{VMS}/none"), "merge-patch+json", &json!({})).await;
    assert_eq!(code, 404);
}

#[tokio::test]
async fn finalizers_keep_an_object_until_they_go() {
    let engine = Engine::start().await;
    let mut held = secret("held");
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    engine.post(SECRETS, &held).await;
    let path = format!("{SECRETS}/held");
    let (code, body) = engine.delete(&path).await;
    assert_eq!(code, 200);
    assert!(body["metadata"]["deletionTimestamp"].is_string());
    let more = json!({"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}});
    let (code, body) = engine.patch(&path, "merge-patch+json", &more).await;
    assert_eq!(code, 422, "{body}");
    let (code, _) = engine.post(SECRETS, &secret("held")).await;
    assert_eq!(code, 409, "the name is taken until it is gone");
    let (code, _) = engine.patch(&path, "merge-patch+json", &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!(code, 200);
    assert_eq!(engine.get(&path).await.0, 404);
}

#[tokio::test]
async fn deletion_checks_its_preconditions() {
    let engine = Engine::start().await;
    let (_, made) = engine.post(SECRETS, &secret("one")).await;
    let path = format!("{SECRETS}/one");
    let wrong = json!({"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}});
    let (code, body) = answer(engine.request(Method::DELETE, &path).json(&wrong).send().await.unwrap()).await;
    assert_eq!(code, 409);
    assert!(body["message"].as_str().unwrap().contains("Precondition failed: UID"), "{body}");
    let right = json!({"preconditions": {"uid": made["metadata"]["uid"]}});
    let (code, body) = answer(engine.request(Method::DELETE, &path).json(&right).send().await.unwrap()).await;
    assert_eq!((code, body["status"].as_str()), (200, Some("Success")));
}

#[tokio::test]
async fn a_dry_run_judges_and_stores_nothing() {
    let engine = Engine::start().await;
    let (code, body) = engine.post(&format!("{VMS}?dryRun=All"), &vm("one", "Always")).await;
    assert_eq!(code, 201, "{body}");
    assert_eq!(engine.get(&format!("{VMS}/one")).await.0, 404);
    let (code, _) = engine.post(&format!("{VMS}?dryRun=All"), &vm("one", "Sometimes")).await;
    assert_eq!(code, 422);
    engine.create(&vm("one", "Halted")).await;
    let (code, _) = engine.post(&format!("{VMS}?dryRun=All"), &vm("one", "Halted")).await;
    assert_eq!(code, 409);
    let (code, _) = engine.delete(&format!("{VMS}/one?dryRun=All")).await;
    assert_eq!((code, engine.get(&format!("{VMS}/one")).await.0), (200, 200));
    let (code, _) = engine.post(&format!("{VMS}?dryRun=Some"), &vm("two", "Halted")).await;
    assert_eq!(code, 422);
}

fn owned(name: &str, owner: &Value) -> Value {
    json!({"metadata": {"name": name, "ownerReferences": [{"apiVersion": "v1", "kind": "Secret",
        "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "blockOwnerDeletion": true}]}})
}

#[tokio::test]
async fn dependents_follow_their_owner() {
    let engine = Engine::start().await;
    let (_, owner) = engine.post(SECRETS, &secret("owner")).await;
    engine.post(SECRETS, &owned("child", &owner)).await;
    engine.delete(&format!("{SECRETS}/owner")).await;
    engine.until_gone(&format!("{SECRETS}/child")).await;
    // An owner that never was: collected as well.
    engine.post(SECRETS, &owned("stray", &owner)).await;
    engine.until_gone(&format!("{SECRETS}/stray")).await;
}

#[tokio::test]
async fn orphans_stay_and_foreground_waits() {
    let engine = Engine::start().await;
    let (_, owner) = engine.post(SECRETS, &secret("owner")).await;
    engine.post(SECRETS, &owned("child", &owner)).await;
    engine.delete(&format!("{SECRETS}/owner?propagationPolicy=Orphan")).await;
    engine.until_gone(&format!("{SECRETS}/owner")).await;
    let (code, child) = engine.get(&format!("{SECRETS}/child")).await;
    assert_eq!((code, child["metadata"].get("ownerReferences")), (200, None));

    let (_, owner) = engine.post(SECRETS, &secret("owner")).await;
    let mut held = owned("held", &owner);
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    engine.post(SECRETS, &held).await;
    engine.delete(&format!("{SECRETS}/owner?propagationPolicy=Foreground")).await;
    engine.until(&format!("{SECRETS}/held"), |_, o| o["metadata"]["deletionTimestamp"].is_string()).await;
    assert_eq!(engine.get(&format!("{SECRETS}/owner")).await.0, 200, "it waits for its dependent");
    engine
        .patch(&format!("{SECRETS}/held"), "merge-patch+json", &json!({"metadata": {"finalizers": null}}))
        .await;
    engine.until_gone(&format!("{SECRETS}/owner")).await;
}

#[tokio::test]
async fn a_namespace_takes_its_content_along() {
    let engine = Engine::start().await;
    engine.post("/api/v1/namespaces", &json!({"metadata": {"name": "shop"}})).await;
    let inside = "/apis/kubevirt.io/v1/namespaces/shop/virtualmachines";
    let (code, _) = engine.post(inside, &vm("one", "Always")).await;
    assert_eq!(code, 201);
    engine.until(&format!("{inside}/one"), |_, vm| vm["status"]["printableStatus"] == "Running").await;
    let (code, _) = engine.delete("/api/v1/namespaces/shop").await;
    assert_eq!(code, 200);
    engine.until_gone("/api/v1/namespaces/shop").await;
    assert_eq!(engine.get(&format!("{inside}/one")).await.0, 404);
}

#[tokio::test]
async fn lists_page_select_and_delete() {
    let engine = Engine::start().await;
    for n in 0..7 {
        let mut one = secret(&format!("s{n}"));
        one["metadata"]["labels"] = json!({"parity": if n % 2 == 0 { "even" } else { "odd" }});
        engine.post(SECRETS, &one).await;
    }
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let (code, page) = engine.get(&format!("{SECRETS}?limit=3&continue={token}")).await;
        assert_eq!(code, 200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        names.extend(items.iter().map(|i| i["metadata"]["name"].as_str().unwrap().to_owned()));
        token = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["s0", "s1", "s2", "s3", "s4", "s5", "s6"]);
    let (_, odd) = engine.get(&format!("{SECRETS}?labelSelector=parity%3Dodd")).await;
    assert_eq!(odd["items"].as_array().unwrap().len(), 3);
    let (_, one) = engine.get(&format!("{SECRETS}?fieldSelector=metadata.name%3Ds4")).await;
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    let (code, body) = engine.get(&format!("{VMS}?fieldSelector=spec.running%3Dx")).await;
    assert_eq!((code, body["message"].as_str()), (400, Some("field label not supported: spec.running")));
    let (code, _) = engine.get(&format!("{SECRETS}?continue=rubbish")).await;
    assert_eq!(code, 400);
    engine.delete(&format!("{SECRETS}?labelSelector=parity%3Deven")).await;
    let (_, left) = engine.get(SECRETS).await;
    assert_eq!(left["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn objects_have_a_size_limit_however_they_grow() {
    let engine = Engine::start().await;
    engine.post(SECRETS, &secret("one")).await;
    let path = format!("{SECRETS}/one");
    let mut doubling =
        vec![json!({"op": "add", "path": "/metadata/annotations", "value": {"a": "x".repeat(1000)}})];
    for n in 0..40 {
        let to = format!("/metadata/annotations{n}");
        doubling.push(json!({"op": "copy", "from": "/metadata", "path": to}));
    }
    let (code, body) = engine.patch(&path, "json-patch+json", &json!(doubling)).await;
    assert!([413, 422].contains(&code), "{code}");
    assert_eq!(body["kind"], "Status");
    let big = json!({"metadata": {"name": "big"}, "stringData": {"a": "x".repeat(2 << 20)}});
    assert_eq!(engine.post(SECRETS, &big).await.0, 413);
    let (code, _) = engine.delete("/api/v1/namespaces/default").await;
    assert_eq!(code, 403, "a cluster keeps its default namespace");
}
