//! Creating, comparing, applying and deleting, each as if a process had died after it.

use reqwest::Method;
use serde_json::json;
use shepherd_kubevirt::views::RunStrategy;
use shepherd_kubevirt::{Created, Deletion, Error, Namespaced, Power};

use crate::site::{Site, eventually, id};

#[tokio::test]
async fn a_create_is_made_once_and_then_found() {
    let site = Site::start().await;
    let body = site.manifest("a", "RerunOnFailure", "id-1");
    let Created::Fresh(first) = site.cluster.create_vm(&body, "id-1").await.unwrap() else {
        panic!("not fresh")
    };
    let Created::Existing(again) = site.cluster.create_vm(&body, "id-1").await.unwrap() else {
        panic!("made twice")
    };
    assert!(!first.metadata.uid.is_empty());
    assert_eq!(first.metadata.uid, again.metadata.uid);
}

#[tokio::test]
async fn a_vm_of_someone_else_is_foreign_and_left_alone() {
    let site = Site::start().await;
    let theirs = site.create("a", "Halted").await;
    let error = site.cluster.create_vm(&site.manifest("a", "Always", "id-2"), "id-2").await.unwrap_err();
    assert_eq!(error.code(), "FOREIGN_VM");
    let stale = site.vm("a", "00000000-0000-4000-8000-000000000000");
    for error in [
        site.cluster.delete_vm(&stale).await.unwrap_err(),
        site.cluster.start(&stale).await.unwrap_err(),
        site.cluster.power_off_spec(&stale).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "FOREIGN_VM");
    }
    let vm = site.cluster.get_exactly(&theirs).await.unwrap();
    assert_eq!((vm.run_strategy(), vm.metadata.is_deleting()), (RunStrategy::Halted, false));
}

#[tokio::test]
async fn concurrent_creates_make_one_vm() {
    let site = Site::start().await;
    let body = site.manifest("a", "Halted", "id-1");
    let all = futures::future::join_all((0..8).map(|_| site.cluster.create_vm(&body, "id-1"))).await;
    let all: Vec<Created> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(all.iter().filter(|created| matches!(created, Created::Fresh(_))).count(), 1);
    assert!(all.iter().all(|created| created.vm().metadata.uid == all[0].vm().metadata.uid));
}

#[tokio::test]
async fn a_dry_run_says_what_a_create_would_and_stores_nothing() {
    let site = Site::start().await;
    site.cluster.dry_run_create(&site.manifest("a", "RerunOnFailure", "id-1"), "id-1").await.unwrap();
    assert!(site.cluster.get_vm(&site.namespace, "a").await.unwrap().is_none());

    let error =
        site.cluster.dry_run_create(&site.manifest("a", "Sometimes", "id-1"), "id-1").await.unwrap_err();
    let Error::Invalid { causes, .. } = &error else { panic!("{error:?}") };
    assert_eq!(causes[0].field, "spec.runStrategy");

    let mut unknown = site.manifest("a", "Halted", "id-1");
    unknown["spec"]["template"]["spec"]["foo"] = json!(1);
    let error = site.cluster.dry_run_create(&unknown, "id-1").await.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "unknown fields are refused: {error:?}");

    site.create("b", "Halted").await;
    let error = site.cluster.dry_run_create(&site.manifest("b", "Halted", "id-1"), "id-1").await.unwrap_err();
    assert_eq!(error.code(), "FOREIGN_VM");
}

#[tokio::test]
async fn a_missing_namespace_is_not_found_until_ensured() {
    let site = Site::start().await;
    let mut body = site.manifest("a", "Halted", "id-1");
    let team = format!("team-{}", site.namespace);
    body["metadata"]["namespace"] = json!(team);
    assert!(matches!(site.cluster.create_vm(&body, "id-1").await, Err(Error::NotFound { .. })));
    assert_eq!(site.cluster.ensure_namespace(&team).await.unwrap(), Namespaced::Created);
    assert_eq!(site.cluster.ensure_namespace(&team).await.unwrap(), Namespaced::Present);
    // Somebody else's, which becomes ours.
    let theirs = format!("theirs-{}", site.namespace);
    let made = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": theirs } });
    site.there.kubectl(Method::POST, "/api/v1/namespaces", Some(made)).await;
    assert_eq!(site.cluster.ensure_namespace(&theirs).await.unwrap(), Namespaced::Labelled);
    assert_eq!(site.cluster.ensure_namespace(&theirs).await.unwrap(), Namespaced::Present);
    assert!(site.cluster.create_vm(&body, "id-1").await.is_ok());
}

#[tokio::test]
async fn an_apply_changes_what_it_names() {
    let site = Site::start().await;
    let vm = site.create("a", "Halted").await;
    let mut changed = site.manifest("a", "Halted", &id("a"));
    changed["spec"]["template"]["spec"]["domain"]["memory"]["guest"] = json!("128Mi");
    let applied = site.cluster.apply_vm(&vm, &changed).await.unwrap();
    assert_eq!(applied.requested().memory_bytes, Some(128 << 20));
    assert_eq!(applied.metadata.uid, vm.uid);
    let again = site.cluster.apply_vm(&vm, &changed).await.unwrap();
    assert_eq!(again.metadata.generation, applied.metadata.generation, "a repeated apply changes nothing");
}

#[tokio::test]
async fn an_apply_keeps_what_others_have_set() {
    let site = Site::start().await;
    let vm = site.create("a", "Halted").await;
    let path = format!("/apis/kubevirt.io/v1/namespaces/{}/virtualmachines/a", site.namespace);
    // Controllers write it too, so that somebody may have to look again.
    eventually("their change", async || {
        let mut theirs = site.there.kubectl(Method::GET, &path, None).await;
        theirs["metadata"]["labels"] = json!({ "cost-centre": "4711" });
        theirs["spec"]["template"]["metadata"]["annotations"]["example.com/backup"] = json!("daily");
        theirs["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(7);
        site.there.call(Method::PUT, &path, Some(theirs)).await.0.is_success()
    })
    .await;
    let mut changed = site.manifest("a", "Halted", &id("a"));
    changed["spec"]["template"]["spec"]["domain"]["memory"]["guest"] = json!("128Mi");
    let applied = site.cluster.apply_vm(&vm, &changed).await.unwrap();
    assert_eq!(applied.requested().memory_bytes, Some(128 << 20));
    let now = site.there.kubectl(Method::GET, &path, None).await;
    assert_eq!(now["metadata"]["labels"]["cost-centre"], "4711");
    assert_eq!(now["spec"]["template"]["metadata"]["annotations"]["example.com/backup"], "daily");
    assert_eq!(now["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 7);
}

#[tokio::test]
async fn power_off_spec_sets_the_strategy_and_keeps_the_rest() {
    let site = Site::start().await;
    let vm = site.create("a", "RerunOnFailure").await;
    site.until("a", Power::Running).await;
    let full = site.manifest("a", "RerunOnFailure", &id("a"));
    site.cluster.apply_vm(&vm, &full).await.unwrap();
    let halted = site.cluster.power_off_spec(&vm).await.unwrap();
    assert_eq!(halted.run_strategy(), RunStrategy::Halted);
    assert_eq!(halted.requested().memory_bytes, Some(64 << 20), "the partial apply removed nothing");
    assert_eq!(halted.metadata.vm_id(), Some(id("a").as_str()));
    site.until("a", Power::Stopped).await;
    site.cluster.power_off_spec(&vm).await.unwrap();
    site.cluster.set_run_strategy(&vm, &RunStrategy::RerunOnFailure).await.unwrap();
    site.until("a", Power::Running).await;
}

#[tokio::test]
async fn an_apply_never_creates() {
    let site = Site::start().await;
    let vm = site.create("a", "Halted").await;
    assert_eq!(site.cluster.delete_vm(&vm).await.unwrap(), Deletion::Started);
    site.until("a", Power::Missing).await;
    let error = site.cluster.apply_vm(&vm, &site.manifest("a", "Halted", &id("a"))).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    assert!(site.cluster.get_vm(&site.namespace, "a").await.unwrap().is_none());
}

#[tokio::test]
async fn a_running_vm_is_deleted_and_a_repeat_is_done() {
    let site = Site::start().await;
    let vm = site.create("a", "RerunOnFailure").await;
    site.until("a", Power::Running).await;
    assert_eq!(site.cluster.delete_vm(&vm).await.unwrap(), Deletion::Started);
    eventually("the VM and its instance to be gone", async || site.power("a").await == Power::Missing).await;
    assert_eq!(site.cluster.delete_vm(&vm).await.unwrap(), Deletion::Gone);

    let later = site.create("a", "Halted").await;
    assert_ne!(later.uid, vm.uid);
    assert_eq!(site.cluster.delete_vm(&vm).await.unwrap_err().code(), "FOREIGN_VM", "the later VM is safe");
}
