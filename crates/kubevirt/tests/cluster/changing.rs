//! Growing a VM's disk and judging a change before it is made.

use serde_json::json;
use shepherd_kubevirt::{Error, Outcome, Power};

use crate::site::{Site, id};

fn persistent(site: &Site, name: &str) -> serde_json::Value {
    let mut vm = site.manifest(name, "RerunOnFailure", &id(name));
    let disk = format!("{name}-root");
    vm["spec"]["template"]["spec"]["volumes"][0] = json!({ "name": "root", "dataVolume": { "name": disk } });
    vm["spec"]["dataVolumeTemplates"] = json!([{ "metadata": { "name": disk }, "spec": {
        "source": { "registry": { "url": "docker://demo" } },
        "storage": { "resources": { "requests": { "storage": "1Gi" } } },
    } }]);
    vm
}

#[tokio::test]
async fn a_disk_grows_once_and_only_that_of_the_vm_meant() {
    let site = Site::start().await;
    let created = site.cluster.create_vm(&persistent(&site, "a"), &id("a")).await.unwrap();
    let vm = site.vm("a", &created.vm().metadata.uid);
    site.until("a", Power::Running).await;
    let grow = async |bytes| site.cluster.grow_claim(&vm, "a-root", bytes).await;
    assert_eq!(grow(2 << 30).await.unwrap(), Outcome::Accepted);
    assert_eq!(grow(2 << 30).await.unwrap(), Outcome::Already);
    assert_eq!(grow(1 << 30).await.unwrap(), Outcome::Already, "it never shrinks");
    let none = site.cluster.grow_claim(&vm, "b-root", 1 << 30).await.unwrap_err();
    assert!(matches!(none, Error::NotFound { .. }), "{none:?}");
    let other = site.vm("a", "another");
    let foreign = site.cluster.grow_claim(&other, "a-root", 3 << 30).await.unwrap_err();
    assert!(matches!(foreign, Error::ForeignVm { .. }), "{foreign:?}");
}

#[tokio::test]
async fn a_change_is_judged_without_being_made() {
    let site = Site::start().await;
    let vm = site.create("a", "RerunOnFailure").await;
    site.until("a", Power::Running).await;
    let mut larger = site.manifest("a", "RerunOnFailure", &id("a"));
    larger["spec"]["template"]["spec"]["domain"]["memory"]["guest"] = json!("128Mi");
    site.cluster.dry_run_apply(&vm, &larger).await.unwrap();
    let now = site.cluster.get_vm(&site.namespace, "a").await.unwrap().unwrap();
    assert_eq!(now.requested().memory_bytes, Some(64 << 20));
    // A disk of nothing.
    larger["spec"]["template"]["spec"]["domain"]["devices"]["disks"] =
        json!([{ "name": "none", "disk": {} }]);
    let refused = site.cluster.dry_run_apply(&vm, &larger).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { .. }), "{refused:?}");
}
