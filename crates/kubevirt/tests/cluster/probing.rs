//! What a cluster says it is and can do, and what it leaves out.

use shepherd_domain::rights::RIGHTS;
use shepherd_kubevirt::Capability;

use crate::site::Site;

#[tokio::test]
async fn a_whole_cluster_is_described() {
    let site = Site::start().await;
    let found = site.cluster.probe(&site.namespace).await.unwrap();
    assert!(found.kubernetes.known().is_some(), "{found:?}");
    let kubevirt = found.kubevirt.known().unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!((kubevirt.phase.as_str(), kubevirt.available), ("Deployed", true));
    assert!(found.virt_api.known().and_then(|version| version.minor()).is_some());
    assert!(found.groups.known().unwrap().iter().any(|group| group.name == "kubevirt.io"));
    assert!(found.cdi.known().is_some());
    let nodes = found.nodes.known().unwrap_or_else(|| panic!("{found:?}"));
    assert!(nodes.len() == 1 && nodes[0].schedulable && nodes[0].memory_bytes > 0, "{nodes:?}");
    let access = found.access.known().unwrap();
    assert_eq!(access.len(), RIGHTS.len());
    assert!(access.iter().all(|answer| answer.allowed), "{access:?}");
}

#[tokio::test]
async fn a_probe_survives_the_database() {
    let site = Site::start().await;
    let found = site.cluster.probe(&site.namespace).await.unwrap();
    let stored = serde_json::to_value(&found).unwrap();
    assert_eq!(serde_json::from_value::<Capability>(stored).unwrap(), found);
}

#[tokio::test]
async fn an_account_that_may_only_look_is_told_so_and_still_sees() {
    let site = Site::start().await;
    let looker = site.with_token(&site.there.viewer_token().await);
    let found = looker.probe(&site.namespace).await.unwrap();
    let access = found.access.known().unwrap_or_else(|| panic!("{found:?}"));
    let may = |verb: &str, resource: &str| {
        access.iter().find(|answer| answer.verb == verb && answer.resource == resource).unwrap().allowed
    };
    assert!(may("list", "virtualmachines") && !may("create", "virtualmachines"), "{access:?}");
    assert!(!may("update", "virtualmachines/start"));
    let refused = looker.ensure_namespace("new").await.unwrap_err();
    assert_eq!(refused.code(), "CLUSTER_FORBIDDEN", "{refused:?}");
}

#[tokio::test]
async fn a_refused_token_is_an_error_and_not_an_empty_probe() {
    let site = Site::start().await;
    let error = site.with_token("wrong").probe(&site.namespace).await.unwrap_err();
    assert_eq!(error.code(), "CLUSTER_UNAUTHORIZED");
}

#[tokio::test]
async fn a_cluster_that_is_gone_is_an_error_and_not_an_empty_probe() {
    let mut site = Site::start().await;
    site.there.go_down().await;
    let error = site.cluster.probe(&site.namespace).await.unwrap_err();
    assert!(error.retryable(), "{error:?}");
}
