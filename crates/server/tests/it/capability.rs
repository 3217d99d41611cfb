//! What a cluster can do, what waits for it, and other credentials for it while work is under way.

use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{
    BreakerState, ClusterMode, GetClusterManifestQuery, KubeVirtSupport, PowerState, RequestState,
    RotateCluster,
};
use shepherd_domain::ids::ClusterId;
use shepherd_test_support::app::{Recorder, SOON, World};
use shepherd_test_support::{wait_for, wait_until};

use crate::stories::{start, stop};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem.code.to_string(),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_says_what_it_can_do_and_what_our_account_may() {
    let world = World::start().await;
    let found = world.admin.capability().get_cluster_capability(world.cluster.id).await.unwrap();
    assert_eq!(found.support, KubeVirtSupport::Supported, "{:?}", found.kubevirt);
    assert!(found.probed_at.is_some() && found.kubernetes_version.is_some());
    assert!(found.nodes.iter().any(|node| node.schedulable && node.memory_bytes > 0), "{:?}", found.nodes);
    assert!(found.rights.iter().all(|right| right.allowed), "it is the administrator's: {:?}", found.rights);
    assert!(found.rights.iter().any(|right| right.mode == ClusterMode::Govern && !right.why.is_empty()));

    // With an account that may only look, the page says which rights are missing, and why they are wanted.
    let weak = world.site.kubeconfig_of(&world.site.viewer_token().await);
    let body = RotateCluster { kubeconfig: Some(Secret::from(weak)), ..Default::default() };
    world.admin.clusters().rotate_cluster(world.cluster.id, &body).await.unwrap();
    let again = world.admin.capability().probe_cluster(world.cluster.id).await.unwrap();
    assert!(again.probed_at > found.probed_at);
    let create = again.rights.iter().find(|r| r.verb == "create" && r.resource == "virtualmachines").unwrap();
    assert!(!create.allowed && create.mode == ClusterMode::Govern, "{create:?}");

    assert_eq!(
        code(world.engineer.capability().get_cluster_capability(world.cluster.id).await),
        "PERMISSION_MISSING"
    );
    let auditor = world.app.auditor().await;
    assert!(auditor.capability().get_cluster_capability(world.cluster.id).await.is_ok());
    assert_eq!(code(auditor.capability().probe_cluster(world.cluster.id).await), "PERMISSION_MISSING");
    assert_eq!(code(world.admin.capability().get_cluster_work(ClusterId::new()).await), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_is_printed_for_who_reads_clusters() {
    let world = World::start().await;
    let ask =
        |mode, namespaces: &str| GetClusterManifestQuery { mode, namespaces: Some(namespaces.to_owned()) };
    let manifests = world.admin.capability();
    let observe = manifests.get_cluster_manifest(&ask(ClusterMode::Observe, "")).await.unwrap().yaml;
    assert!(observe.contains("kind: ClusterRole\n") && !observe.contains("verbs: [\"create\"]"));
    let govern = manifests.get_cluster_manifest(&ask(ClusterMode::Govern, "apps, data")).await.unwrap().yaml;
    assert!(govern.contains("namespace: data\n") && govern.contains("ValidatingAdmissionPolicyBinding"));
    let bad = manifests.get_cluster_manifest(&ask(ClusterMode::Govern, "apps,x: y")).await;
    assert_eq!(code(bad), "NAMESPACE_INVALID");
    let refused = world.engineer.capability().get_cluster_manifest(&ask(ClusterMode::Observe, "")).await;
    assert_eq!(code(refused), "PERMISSION_MISSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_cluster_that_is_away_is_told_with_its_breaker() {
    let mut world = World::start().await;
    let vm = world.running_vm().await;
    let work = || world.admin.capability();
    let calm = work().get_cluster_work(world.cluster.id).await.unwrap();
    assert_eq!(
        (calm.breaker, calm.waiting_count, calm.permits_free),
        (BreakerState::Closed, 0, calm.permits)
    );
    assert_eq!(calm.outside, [], "nobody else has written it");
    world.patched_by("kubectl-edit", &vm.name).await;
    let told = wait_for("the other writer to be told", SOON, async || {
        let outside = world.admin.capability().get_cluster_work(world.cluster.id).await.unwrap().outside;
        if outside.is_empty() { Err("nobody") } else { Ok(outside) }
    })
    .await;
    assert_eq!((told[0].vm.id, told[0].writers.as_slice()), (vm.id, ["kubectl-edit".to_owned()].as_slice()));

    world.site.go_down().await;
    world.unreachable().await;
    let asked = stop(&world.engineer, &vm).await.unwrap();
    let waiting = wait_for("the stop to wait and the breaker to open", SOON, async || {
        let work = world.admin.capability().get_cluster_work(world.cluster.id).await.unwrap();
        if work.waiting_count == 1 && work.breaker != BreakerState::Closed {
            Ok(work)
        } else {
            Err(format!("{work:?}"))
        }
    })
    .await;
    assert_eq!((waiting.waiting[0].vm.id, waiting.waiting[0].request_number), (vm.id, Some(asked.number)));
    assert!(waiting.waiting[0].not_after > waiting.waiting[0].since && waiting.failures > 0);

    world.site.come_back().await;
    world.reaches(asked.id, RequestState::Succeeded).await;
    wait_until("the breaker to close", SOON, async || {
        let work = world.admin.capability().get_cluster_work(world.cluster.id).await.unwrap();
        work.breaker == BreakerState::Closed && work.waiting_count == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_rotated_under_way_and_nothing_is_lost() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let recorder = Recorder::before(&world.site).await;
    let off = stop(&world.engineer, &vm).await.unwrap();
    let body =
        RotateCluster { kubeconfig: Some(Secret::from(recorder.kubeconfig.as_str())), ..Default::default() };
    let rotated = world.admin.clusters().rotate_cluster(world.cluster.id, &body).await.unwrap();
    assert_eq!(rotated.api_url, recorder.api_url);
    world.reaches(off.id, RequestState::Succeeded).await;
    wait_until("the watch to go through the new way", SOON, async || {
        recorder.seen().iter().any(|request| request.contains("watch=true"))
    })
    .await;
    let on = start(&world.engineer, &vm).await.unwrap();
    world.reaches(on.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Running).await;
    assert!(recorder.seen().iter().any(|request| request.starts_with("PUT ") && request.contains("/start")));
    world.assert_true().await;
}
