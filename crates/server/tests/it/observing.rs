//! A cluster that is only observed: everything there is seen, and nothing is ever written.

use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{
    ClusterMode, HintSource, ListUnmanagedVmsQuery, PowerState, RegisterCluster, RotateCluster, UnmanagedVm,
    UpdateCluster,
};
use shepherd_test_support::app::{Caller, Recorder, SOON, World, register};
use shepherd_test_support::{wait_for, wait_until};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem.code.to_string(),
        other => panic!("{other}"),
    }
}

async fn unmanaged(who: &Caller, query: ListUnmanagedVmsQuery) -> Vec<UnmanagedVm> {
    who.unmanaged().list_unmanaged_vms(&query).await.expect("they can be listed").items
}

fn names(vms: &[UnmanagedVm]) -> Vec<&str> {
    vms.iter().map(|vm| vm.name.as_str()).collect()
}

/// The two questions about our own rights, which Kubernetes asks by POST and stores nothing for.
const REVIEWS: [&str; 2] = [
    "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_observed_cluster_shows_all_it_has_and_is_never_written_to() {
    let world = World::start().await;
    let governed = world.running_vm().await;
    world.owned_vm("ledger", "ada").await;
    world.strange_vm("lonely").await;
    let recorder = Recorder::before(&world.site).await;

    let body = RegisterCluster {
        mode: Some(ClusterMode::Observe),
        ..register("seen", world.app.prod, &recorder.kubeconfig)
    };
    let seen = world.admin.clusters().register_cluster(&body).await.expect("it registers");
    assert_eq!(seen.mode, ClusterMode::Observe);
    let there = || ListUnmanagedVmsQuery {
        cluster_id: Some(seen.id),
        namespace: Some(world.namespace.name.clone()),
        ..Default::default()
    };
    let vms = wait_for("all its VMs to be listed", SOON, async || {
        let vms = unmanaged(&world.admin, there()).await;
        if vms.len() == 3 { Ok(vms) } else { Err(vms.len()) }
    })
    .await;
    // A VM that the other registration governs is nobody's here: an id on it is a claim, and the books know it elsewhere.
    assert_eq!(names(&vms), [governed.name.as_str(), "ledger", "lonely"]);
    let ledger = &vms[1];
    assert_eq!((ledger.hints[0].source, ledger.hints[0].value.as_str()), (HintSource::Label, "ada"));
    assert!(
        ledger.hints.iter().any(|hint| hint.source == HintSource::Annotation && hint.value == "payments")
    );
    assert!(ledger.hints.iter().any(|hint| hint.source == HintSource::NamespaceLabel), "{:?}", ledger.hints);
    assert_eq!((ledger.milli_vcpu, ledger.memory_bytes), (Some(2000), Some(128 << 20)));
    assert_eq!((ledger.disk_count, ledger.disk_bytes), (1, Some(3 << 30)));
    assert_eq!(
        (ledger.power, ledger.namespace.as_str(), ledger.stale),
        (PowerState::Stopped, world.namespace.name.as_str(), false)
    );
    assert!(ledger.born_at.is_some() && ledger.observed_at.is_some());
    assert!(!ledger.writers.is_empty(), "who wrote it is told");

    let found = |query| async { names(&unmanaged(&world.admin, query).await).join(" ") };
    assert_eq!(found(ListUnmanagedVmsQuery { q: Some("PAYMENTS".into()), ..there() }).await, "ledger");
    assert_eq!(found(ListUnmanagedVmsQuery { q: Some("lonel".into()), ..there() }).await, "lonely");
    assert_eq!(
        found(ListUnmanagedVmsQuery { power: Some(PowerState::Running), ..there() }).await,
        governed.name
    );
    assert_eq!(found(ListUnmanagedVmsQuery { namespace: Some("elsewhere".into()), ..there() }).await, "");
    let long_ago = "2020-01-01T00:00:00Z".parse().ok();
    assert_eq!(found(ListUnmanagedVmsQuery { born_before: long_ago, ..there() }).await, "");

    // It is watched, not read once.
    world.strange_vm("newcomer").await;
    world.kubectl_delete("lonely").await;
    wait_until("the list to follow", SOON, async || {
        found(there()).await == format!("{} ledger newcomer", governed.name)
    })
    .await;
    wait_until("the count to follow", SOON, async || {
        let shown = world.admin.clusters().get_cluster(seen.id).await.unwrap().unmanaged_count;
        shown >= 3
    })
    .await;
    world
        .admin
        .clusters()
        .rotate_cluster(
            seen.id,
            &RotateCluster {
                kubeconfig: Some(Secret::from(recorder.kubeconfig.as_str())),
                ..Default::default()
            },
        )
        .await
        .expect("other credentials are taken");

    let requests = recorder.seen();
    assert!(requests.iter().any(|request| request.contains("watch=true")), "it was watched");
    let written: Vec<_> = requests
        .iter()
        .filter(|request| !request.starts_with("GET ") && !REVIEWS.contains(&request.as_str()))
        .collect();
    assert_eq!(written, Vec::<&String>::new(), "nothing was written");
    let into_guests = requests.iter().filter(|r| r.contains("/virtualmachineinstances/")).count();
    assert_eq!(into_guests, 0, "and nobody's console was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_placed_on_an_observed_cluster_until_it_is_governed() {
    let world = World::start().await;
    let (clusters, id) = (world.admin.clusters(), world.cluster.id);
    let to = |mode| UpdateCluster { mode: Some(mode), ..UpdateCluster::default() };
    let version = clusters.get_cluster(id).await.unwrap().version;
    let observed = clusters.update_cluster(id, version, &to(ClusterMode::Observe)).await.unwrap();
    let preflight = world.engineer.requests().preflight_vm(&world.wish()).await.unwrap();
    assert_eq!(preflight.placement[0].reasons[0].code, "CLUSTER_OBSERVED");

    let governed = clusters.update_cluster(id, observed.version, &to(ClusterMode::Govern)).await.unwrap();
    world.healthy().await;
    world.running_vm().await;
    let back = clusters.update_cluster(id, governed.version, &to(ClusterMode::Observe)).await;
    assert_eq!(code(back), "CLUSTER_IN_USE");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_a_cluster_sees_none_of_its_vms() {
    let world = World::start().await;
    for name in ["a", "b", "c"] {
        world.owned_vm(name, "ada").await;
        world.sees(name).await;
    }
    let refused = world.engineer.unmanaged().list_unmanaged_vms(&ListUnmanagedVmsQuery::default()).await;
    assert_eq!(code(refused), "PERMISSION_MISSING");
    let reader = world.app.person("reader", "auditor").await;
    world.app.only_in("reader", world.app.prod).await;
    let here = || ListUnmanagedVmsQuery {
        namespace: Some(world.namespace.name.clone()),
        ..ListUnmanagedVmsQuery::default()
    };
    assert!(unmanaged(&reader, here()).await.is_empty());
    world.app.only_in("reader", world.app.test).await;
    let first = ListUnmanagedVmsQuery { limit: Some(2), ..here() };
    let page = reader.unmanaged().list_unmanaged_vms(&first).await.unwrap();
    assert_eq!(names(&page.items), ["a", "b"]);
    let next = ListUnmanagedVmsQuery { cursor: page.next_cursor, ..first };
    assert_eq!(names(&unmanaged(&reader, next).await), ["c"]);
}
