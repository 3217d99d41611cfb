//! What the catalogue lets people choose: where an item may be used, what takes a withdrawn one's place, and sizes and
//! networks that a cluster must have before anybody may ask for them.

use std::collections::BTreeMap;

use serde_json::json;
use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Problem;
use shepherd_contract::types::*;
use shepherd_test_support::app::{World, key};

const GIB: i64 = 1 << 30;

fn problem<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Problem {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem,
        other => panic!("{other}"),
    }
}

fn codes(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.code.as_str()).collect()
}

async fn preflight(world: &World, wish: &RequestVm) -> Preflight {
    world.engineer.requests().preflight_vm(wish).await.expect("it is judged")
}

/// The template the world begins with.
async fn template_of(world: &World) -> Template {
    let all = world.admin.templates().list_templates(&Default::default()).await.expect("a list");
    all.items.into_iter().next().expect("the world has one")
}

fn special() -> SizeContent {
    SizeContent {
        milli_vcpu: 2000,
        memory_bytes: 2 * GIB,
        disk_bytes: GIB,
        compute: Some(SizeCompute {
            dedicated_cpu: Some(true),
            hugepages: Some("1Gi".into()),
            gpus: Some(vec![Gpu { device: "nvidia.com/A10".into(), count: 2 }]),
            ..SizeCompute::default()
        }),
    }
}

fn size(name: &str, content: SizeContent) -> CreateSize {
    CreateSize { name: name.into(), description: None, environment_ids: None, content }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_used_where_it_may_be() {
    let world = World::start().await;
    let template = template_of(&world).await;
    let only_prod =
        UpdateTemplate { environment_ids: Some(vec![world.app.prod]), ..UpdateTemplate::default() };
    let templates = world.admin.templates();
    let edited =
        templates.update_template(template.id, template.version, &only_prod).await.expect("it is changed");
    assert_eq!(edited.environments[0].name, "prod");
    let stale = templates.update_template(template.id, template.version, &only_prod).await;
    assert_eq!(super::code(stale), "STALE");
    let refused = problem(world.engineer.requests().request_vm(&key(), &world.wish()).await);
    assert_eq!(refused.code, "NOT_FOR_ENVIRONMENT");
    assert_eq!(
        (&refused.params["what"], &refused.params["environment"]),
        (&json!("template"), &json!("test"))
    );
    assert_eq!(codes(&preflight(&world, &world.wish()).await.problems), ["NOT_FOR_ENVIRONMENT"]);
    let here = ListTemplatesQuery { environment_id: Some(world.app.test), ..Default::default() };
    assert!(world.engineer.templates().list_templates(&here).await.unwrap().items.is_empty());
    let nowhere = UpdateTemplate {
        environment_ids: Some(vec![shepherd_domain::ids::EnvironmentId::new()]),
        ..UpdateTemplate::default()
    };
    let unknown = problem(templates.update_template(template.id, edited.version, &nowhere).await);
    assert_eq!(
        (unknown.code.as_ref(), unknown.errors[0].pointer.as_str()),
        ("UNKNOWN_REFERENCE", "/environment_ids/0")
    );
    let everywhere = UpdateTemplate { environment_ids: Some(vec![]), ..UpdateTemplate::default() };
    templates.update_template(template.id, edited.version, &everywhere).await.expect("it is changed");
    world.ask().await;
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_use_says_why_and_what_to_take() {
    let world = World::start().await;
    let sizes = world.admin.sizes();
    let content = SizeContent { milli_vcpu: 500, memory_bytes: GIB, disk_bytes: GIB, compute: None };
    let better = sizes.create_size(&key(), &size("better", content)).await.expect("the size is made");
    let state = |state, replacement: uuid::Uuid| SetCatalogueState {
        state,
        message: Some("It is slow.".into()),
        replacement_id: Some(replacement),
    };
    let old = state(CatalogueState::Deprecated, better.versions[0].id.0);
    let shown = sizes.set_size_version_state(world.size, &old).await.expect("the state is set");
    let replacement = shown.versions[0].replacement.as_ref().expect("it has one");
    assert_eq!((replacement.name.as_str(), replacement.version), ("better", 1));
    let judged = preflight(&world, &world.wish()).await;
    assert_eq!((codes(&judged.warnings), codes(&judged.problems)), (vec!["DEPRECATED"], vec![]));
    assert_eq!(judged.warnings[0].params["replacement"], "better@1");
    assert_eq!(judged.warnings[0].params["message"], "It is slow.");

    let gone = state(CatalogueState::Withdrawn, better.versions[0].id.0);
    sizes.set_size_version_state(world.size, &gone).await.expect("the state is set");
    let refused = problem(world.engineer.requests().request_vm(&key(), &world.wish()).await);
    assert_eq!((refused.code.as_ref(), &refused.params["replacement"]), ("WITHDRAWN", &json!("better@1")));

    for (body, code) in [
        (state(CatalogueState::Withdrawn, world.size.0), "REPLACEMENT_IS_ITSELF"),
        (state(CatalogueState::Withdrawn, uuid::Uuid::now_v7()), "UNKNOWN_REFERENCE"),
        (state(CatalogueState::Active, better.versions[0].id.0), "REPLACEMENT_OF_ACTIVE"),
    ] {
        let refused = problem(sizes.set_size_version_state(world.size, &body).await);
        assert_eq!((refused.code.as_ref(), refused.errors[0].pointer.as_str()), (code, "/replacement_id"));
    }
    let round = state(CatalogueState::Deprecated, world.size.0);
    let refused = problem(sizes.set_size_version_state(better.versions[0].id, &round).await);
    assert_eq!(refused.code, "REPLACEMENT_NOT_ACTIVE");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_no_cluster_can_hold_is_warned_of_and_refused_with_reasons() {
    let world = World::start().await;
    let made =
        world.admin.sizes().create_size(&key(), &size("special", special())).await.expect("it is saved");
    assert_eq!(codes(&made.warnings), ["SIZE_FITS_NOWHERE"]);
    let shown = world.admin.sizes().get_size(made.id).await.unwrap();
    assert!(shown.warnings.is_empty(), "said when it is saved");
    let wish = RequestVm { size_version_id: made.versions[0].id, ..world.wish() };
    let judged = preflight(&world, &wish).await;
    assert_eq!(codes(&judged.problems), ["NO_PLACEMENT"]);
    let expected = ["DEDICATED_CPU_MISSING", "HUGEPAGES_MISSING", "GPU_MISSING"];
    assert_eq!(codes(&judged.placement[0].reasons), expected);
    let refused = problem(world.engineer.requests().request_vm(&key(), &wish).await);
    assert_eq!(refused.code, "NO_PLACEMENT");
    let reasons =
        refused.params["reasons"].as_array().expect("reasons").iter().map(|r| r["code"].as_str().unwrap());
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
    assert!(world.engineer.requests().list_requests(&Default::default()).await.unwrap().items.is_empty());
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_has_it_runs_it_as_kubevirt_expects_unless_its_policy_says_no() {
    let world = World::start_on(|config| {
        let own = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        config.node_extras.labels = own(&[("cpumanager", "true")]);
        config.node_extras.allocatable = own(&[("hugepages-1Gi", "4Gi"), ("nvidia.com/A10", "2")]);
    })
    .await;
    let made =
        world.admin.sizes().create_size(&key(), &size("special", special())).await.expect("it is saved");
    assert_eq!(codes(&made.warnings), Vec::<&str>::new());
    let wish = RequestVm { size_version_id: made.versions[0].id, ..world.wish() };
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.expect("it is taken up");
    world.approve(&asked).await;
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = world.does(done.vm.expect("it has one").id, PowerState::Running).await;
    let domain = world.manifest(&vm.name).await["spec"]["template"]["spec"]["domain"].clone();
    assert_eq!(domain["cpu"], json!({ "cores": 2, "dedicatedCpuPlacement": true }));
    assert_eq!(domain["memory"], json!({ "guest": "2048Mi", "hugepages": { "pageSize": "1Gi" } }));
    let gpu = |name: &str| json!({ "name": name, "deviceName": "nvidia.com/A10" });
    assert_eq!(domain["devices"]["gpus"], json!([gpu("gpu0"), gpu("gpu1")]));

    let before = world.admin.clusters().get_cluster(world.cluster.id).await.unwrap();
    let capacity = before.capacity.as_ref().expect("it was probed");
    assert_eq!(capacity.committed_milli_vcpu, 20_000, "whole cores weigh ten times");
    let policy = ClusterPolicy { gpus: false, ..before.policy.clone() };
    let body = UpdateCluster { policy: Some(policy), ..Default::default() };
    world.admin.clusters().update_cluster(before.id, before.version, &body).await.expect("it is changed");
    let judged = preflight(&world, &RequestVm { another: Some(true), ..wish }).await;
    assert_eq!(codes(&judged.placement[0].reasons), ["NOT_LET_IN"]);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn overcommitted_memory_waits_for_a_cluster_that_lets_it() {
    let world = World::start().await;
    let compute = SizeCompute {
        request_milli_cpu: Some(200),
        request_memory_bytes: Some(64 << 20),
        ..SizeCompute::default()
    };
    let content =
        SizeContent { milli_vcpu: 1000, memory_bytes: 128 << 20, disk_bytes: GIB, compute: Some(compute) };
    let made = world.admin.sizes().create_size(&key(), &size("dense", content)).await.expect("it is saved");
    let wish = RequestVm { size_version_id: made.versions[0].id, ..world.wish() };
    let judged = preflight(&world, &wish).await;
    assert_eq!(codes(&judged.placement[0].reasons), ["OVERCOMMIT_TOO_HIGH"]);
    let before = world.admin.clusters().get_cluster(world.cluster.id).await.unwrap();
    let policy = ClusterPolicy { memory_overcommit_percent: 200, ..before.policy.clone() };
    let body = UpdateCluster { policy: Some(policy), ..Default::default() };
    world.admin.clusters().update_cluster(before.id, before.version, &body).await.expect("it is changed");
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.expect("it is taken up");
    world.approve(&asked).await;
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = done.vm.expect("it has one");
    let domain = world.manifest(&vm.name).await["spec"]["template"]["spec"]["domain"].clone();
    assert_eq!(domain["resources"]["requests"], json!({ "cpu": "200m", "memory": "64Mi" }));
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_kubevirt_would_not_take_is_not_saved() {
    let world = World::start().await;
    let bad = |change: fn(&mut SizeContent)| {
        let mut content = special();
        change(&mut content);
        size("bad", content)
    };
    for (body, code, pointer) in [
        (bad(|c| c.milli_vcpu = 1500), "DEDICATED_CPU_NOT_WHOLE", "/content/milli_vcpu"),
        (bad(|c| c.memory_bytes += 1), "HUGEPAGES_NOT_DIVISIBLE", "/content/memory_bytes"),
        (
            bad(|c| c.compute.as_mut().unwrap().request_milli_cpu = Some(1000)),
            "DEDICATED_CPU_OVERCOMMITTED",
            "/content/compute/request_milli_cpu",
        ),
        (
            bad(|c| c.compute.as_mut().unwrap().gpus = Some(vec![Gpu { device: "A10".into(), count: 1 }])),
            "GPU_NAME_INVALID",
            "/content/compute/gpus/0/device",
        ),
        (
            bad(|c| c.compute.as_mut().unwrap().hugepages = Some("4Ki".into())),
            "VALIDATION_FAILED",
            "/content/compute/hugepages",
        ),
    ] {
        let refused = problem(world.admin.sizes().create_size(&key(), &body).await);
        assert_eq!((refused.code.as_ref(), refused.errors[0].pointer.as_str()), (code, pointer));
    }
    assert_eq!(world.admin.sizes().list_sizes(&Default::default()).await.unwrap().items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_are_chosen_where_they_are() {
    let world = World::start().await;
    let networks = world.admin.networks();
    let vlan = |name: &str, environment_id, definition: &str| CreateNetwork {
        name: name.into(),
        title: name.into(),
        description: None,
        environment_id,
        definition: definition.into(),
    };
    let here =
        networks.create_network(&key(), &vlan("vlan-7", world.app.test, "infra/vlan-7")).await.unwrap();
    let there =
        networks.create_network(&key(), &vlan("vlan-9", world.app.prod, "infra/vlan-7")).await.unwrap();
    let twice =
        problem(networks.create_network(&key(), &vlan("vlan-8", world.app.test, "infra/vlan-7")).await);
    assert_eq!((twice.code.as_ref(), twice.errors[0].pointer.as_str()), ("NAME_TAKEN", "/definition"));
    let wrong = problem(networks.create_network(&key(), &vlan("vlan-8", world.app.test, "In/fra/7")).await);
    assert_eq!(wrong.code, "NETWORK_DEFINITION_INVALID");
    assert_eq!(
        super::code(
            world.engineer.networks().create_network(&key(), &vlan("mine", world.app.test, "a")).await
        ),
        "PERMISSION_MISSING"
    );
    let usable = ListNetworksQuery { environment_id: Some(world.app.test), ..Default::default() };
    let usable = world.engineer.networks().list_networks(&usable).await.unwrap().items;
    assert_eq!(usable.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["pod", "vlan-7"]);
    let pod = usable[0].clone();

    let wish = |ids: &[shepherd_domain::ids::NetworkId]| RequestVm {
        network_ids: Some(ids.to_vec()),
        ..world.wish()
    };
    let plain = preflight(&world, &world.wish()).await;
    assert_eq!(preflight(&world, &wish(&[pod.id])).await.spec_hash, plain.spec_hash, "what one has anyway");
    let judged = preflight(&world, &wish(&[here.id, pod.id])).await;
    assert_eq!(judged.spec["networks"][0]["definition"], "infra/vlan-7");
    assert_eq!(codes(&judged.placement[0].reasons), ["CAPABILITY_MISSING"]);
    assert_eq!(judged.placement[0].reasons[0].params["capability"], "multus");
    let judged = preflight(&world, &wish(&[there.id])).await;
    assert_eq!(codes(&judged.problems), ["NOT_FOR_ENVIRONMENT", "NO_PLACEMENT"]);
    let refused = problem(world.engineer.requests().preflight_vm(&wish(&[pod.id, pod.id])).await);
    assert_eq!(
        (refused.code.as_ref(), refused.errors[0].pointer.as_str()),
        ("NETWORK_TWICE", "/network_ids")
    );
    let unknown = shepherd_domain::ids::NetworkId::new();
    let refused = problem(world.engineer.requests().preflight_vm(&wish(&[pod.id, unknown])).await);
    assert_eq!(
        (refused.code.as_ref(), refused.errors[0].pointer.as_str()),
        ("UNKNOWN_REFERENCE", "/network_ids/1")
    );

    let gone = UpdateNetwork {
        state: Some(CatalogueState::Withdrawn),
        message: Some("Use VLAN 7.".into()),
        ..UpdateNetwork::default()
    };
    networks.update_network(pod.id, pod.version, &gone).await.expect("it is withdrawn");
    let refused = problem(world.engineer.requests().request_vm(&key(), &world.wish()).await);
    assert_eq!((refused.code.as_ref(), &refused.params["message"]), ("WITHDRAWN", &json!("Use VLAN 7.")));
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_disk_comes_from_elsewhere_and_never_with_a_password() {
    let world = World::start().await;
    let http = HttpSource {
        url: "https://images.example/debian.qcow2".into(),
        checksum: None,
        cert_config_map: None,
    };
    let with = |root, source| TemplateContent {
        family: GuestFamily::Linux,
        root,
        source,
        user_data: String::new(),
        variables: vec![],
        min_disk_bytes: None,
        advanced: None,
    };
    let template = |content| CreateTemplate {
        name: "import".into(),
        title: "Imported".into(),
        description: None,
        environment_ids: None,
        content,
    };
    let secret = HttpSource { url: "https://ada:hunter2@images.example/debian.qcow2".into(), ..http.clone() };
    let pvc = PvcSource { namespace: "Golden".into(), name: "debian".into() };
    for (content, code, pointer) in [
        (with(RootDisk::Ephemeral, TemplateSource::Http(http.clone())), "SOURCE_NEEDS_DISK", "/content/root"),
        (
            with(RootDisk::Persistent, TemplateSource::Http(secret)),
            "SOURCE_URL_INVALID",
            "/content/source/url",
        ),
        (
            with(RootDisk::Persistent, TemplateSource::Pvc(pvc)),
            "SOURCE_NAME_INVALID",
            "/content/source/namespace",
        ),
    ] {
        let refused = problem(world.admin.templates().create_template(&key(), &template(content)).await);
        assert_eq!((refused.code.as_ref(), refused.errors[0].pointer.as_str()), (code, pointer));
        assert!(!format!("{refused:?}").contains("hunter2"));
    }
    let content = with(RootDisk::Persistent, TemplateSource::Http(http));
    let made =
        world.admin.templates().create_template(&key(), &template(content)).await.expect("it is saved");
    let wish = RequestVm { template_version_id: made.versions[0].id, ..world.wish() };
    let judged = preflight(&world, &wish).await;
    assert_eq!(judged.spec["http"]["url"], "https://images.example/debian.qcow2");
    assert!(judged.problems.is_empty() && judged.placement[0].eligible, "the cluster imports");
    world.assert_true().await;
}
