//! Refusals and races that a well-behaved server does not produce on demand.

use serde_json::{Value, json};

use super::*;
use crate::VM_ID_ANNOTATION;
use crate::scripted::{Answer, cluster};

fn manifest() -> Value {
    json!({ "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
        "metadata": { "name": "a", "namespace": "n", "annotations": { VM_ID_ANNOTATION: "id-1" } } })
}

fn vm(uid: &str, id: &str) -> Answer {
    let json = json!({ "metadata": { "name": "a", "namespace": "n", "uid": uid, "annotations": { VM_ID_ANNOTATION: id } } });
    Answer::ok(json.to_string())
}

fn refusal(code: u16, reason: &str, message: &str) -> Answer {
    Answer::new(
        code,
        json!({ "kind": "Status", "reason": reason, "message": message, "code": code }).to_string(),
    )
}

fn exists() -> Answer {
    refusal(409, "AlreadyExists", r#"virtualmachines.kubevirt.io "a" already exists"#)
}

fn the_vm() -> VmRef {
    VmRef::new("n", "a", "u1")
}

#[tokio::test]
async fn a_repeated_create_continues_with_ours() {
    let (cluster, seen) = cluster(vec![exists(), vm("u1", "id-1")]);
    let Created::Existing(vm) = cluster.create_vm(&manifest(), "id-1").await.unwrap() else {
        panic!("not ours")
    };
    assert_eq!(vm.metadata.uid, "u1");
    assert!(seen.lock().unwrap()[0].contains("fieldValidation=Strict"));
}

#[tokio::test]
async fn a_foreign_vm_is_refused() {
    let (cluster, _) = cluster(vec![exists(), vm("u9", "id-9")]);
    let error = cluster.create_vm(&manifest(), "id-1").await.unwrap_err();
    assert!(matches!(&error, Error::ForeignVm { uid: Some(uid), .. } if uid == "u9"), "{error:?}");
}

#[tokio::test]
async fn a_name_freed_in_between_is_tried_once_more() {
    let gone = refusal(404, "NotFound", "not found");
    let (cluster, _) = cluster(vec![exists(), gone, vm("u2", "id-1")]);
    assert!(matches!(cluster.create_vm(&manifest(), "id-1").await.unwrap(), Created::Fresh(_)));
}

#[tokio::test]
async fn a_manifest_without_our_id_is_never_sent() {
    let (cluster, seen) = cluster(vec![]);
    assert!(matches!(cluster.create_vm(&manifest(), "id-2").await, Err(Error::Invalid { .. })));
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_conflict_that_is_not_about_the_name_stays_one() {
    let (cluster, _) = cluster(vec![refusal(409, "Conflict", "try again")]);
    assert!(matches!(cluster.create_vm(&manifest(), "id-1").await, Err(Error::Conflict { .. })));
}

#[tokio::test]
async fn delete_reads_gone_foreign_and_conflict_apart() {
    let conflict =
        || refusal(409, "Conflict", "Precondition failed: UID in precondition: u1, UID in object meta: u2");
    let gone = || refusal(404, "NotFound", "not found");
    for (answers, expected) in [
        (vec![gone()], "gone"),
        (vec![conflict(), gone()], "gone"),
        (vec![conflict(), vm("u2", "id-2")], "FOREIGN_VM"),
        (vec![conflict(), vm("u1", "id-1")], "CLUSTER_CONFLICT"),
        (vec![vm("u1", "id-1")], "started"),
    ] {
        let (cluster, _) = cluster(answers);
        let outcome = match cluster.delete_vm(&the_vm()).await {
            Ok(Deletion::Gone) => "gone",
            Ok(Deletion::Started) => "started",
            Err(error) => error.code(),
        };
        assert_eq!(outcome, expected);
    }
}

#[tokio::test]
async fn power_never_touches_a_foreign_vm() {
    for call in ["start", "stop", "restart", "pause", "unpause", "halt"] {
        let (cluster, seen) = cluster(vec![vm("u2", "id-2")]);
        let vm = the_vm();
        let result = match call {
            "start" => cluster.start(&vm).await.map(|_| ()),
            "stop" => cluster.stop(&vm, None).await.map(|_| ()),
            "restart" => cluster.restart(&vm, None, false).await.map(|_| ()),
            "pause" => cluster.pause(&vm).await.map(|_| ()),
            "unpause" => cluster.unpause(&vm).await.map(|_| ()),
            _ => cluster.power_off_spec(&vm).await.map(|_| ()),
        };
        assert!(matches!(result, Err(Error::ForeignVm { .. })), "{call}");
        assert_eq!(seen.lock().unwrap().len(), 1, "{call} sent nothing after the look");
    }
}

#[tokio::test]
async fn a_restart_repeated_after_a_crash_does_not_restart_twice() {
    let instance = json!({ "metadata": { "name": "a", "namespace": "n", "uid": "run-2" } });
    let (cluster, seen) = cluster(vec![vm("u1", "id-1"), Answer::ok(instance.to_string())]);
    assert_eq!(cluster.restart(&the_vm(), Some("run-1"), false).await.unwrap(), Outcome::Already);
    assert!(seen.lock().unwrap().iter().all(|request| request.starts_with("GET")));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_hangs_meets_the_deadline() {
    let (cluster, _) = cluster(vec![]);
    let error = cluster.get_vm("n", "a").await.unwrap_err();
    assert_eq!((error.code(), error.retryable()), ("CLUSTER_TIMEOUT", true));
}

#[tokio::test]
async fn an_answer_that_does_not_decode_is_not_quoted() {
    let (cluster, _) = cluster(vec![Answer::ok(r#"{"metadata":{"name":"a"},"spec":{"running":"SECRET"}}"#)]);
    let error = cluster.get_vm("n", "a").await.unwrap_err();
    assert_eq!(error.code(), "CLUSTER_PROTOCOL_ERROR");
    assert!(!format!("{error:?}").contains("SECRET"));
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let flood = Answer { status: 200, pieces: vec!["x".repeat(8 << 20); 12], open: true };
    let (cluster, _) = cluster(vec![flood]);
    assert_eq!(cluster.get_vm("n", "a").await.unwrap_err().code(), "CLUSTER_PROTOCOL_ERROR");
}

#[tokio::test]
async fn a_namespace_going_away_is_a_conflict() {
    let namespace = json!({ "metadata": { "name": "n", "deletionTimestamp": "2026-01-01T00:00:00Z" } });
    let (cluster, _) = cluster(vec![Answer::ok(namespace.to_string())]);
    assert_eq!(cluster.ensure_namespace("n").await.unwrap_err().code(), "CLUSTER_CONFLICT");
}

#[tokio::test]
async fn an_observed_cluster_is_never_sent_a_write() {
    let (mut observed, seen) =
        cluster(vec![vm("u1", "id-1"), vm("u1", "id-1"), vm("u1", "id-1"), vm("u1", "id-1")]);
    observed.mode = shepherd_domain::states::ClusterMode::Observe;
    let secret = json!({ "metadata": { "name": "s", "namespace": "n" }, "data": {} });
    let vm = the_vm();
    let refused = [
        observed.create_vm(&manifest(), "id-1").await.map(|_| ()),
        observed.dry_run_create(&manifest(), "id-1").await.map(|_| ()),
        observed.ensure_secret(&secret).await,
        observed.delete_vm(&vm).await.map(|_| ()),
        observed.start(&vm).await.map(|_| ()),
        observed.stop(&vm, None).await.map(|_| ()),
        observed.power_off_spec(&vm).await.map(|_| ()),
    ];
    for result in refused {
        assert_eq!(result.unwrap_err().code(), "CLUSTER_READ_ONLY");
    }
    assert!(seen.lock().unwrap().iter().all(|request| request.starts_with("GET ")), "{seen:?}");
}
