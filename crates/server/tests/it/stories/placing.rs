//! Where VMs run: zones, staying apart from others, and what their disks are of. What is asked for is judged, decided
//! on, and what the cluster does.

use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Problem;
use shepherd_contract::types::*;
use shepherd_test_support::app::{World, key};

const ZONE: &str = "topology.kubernetes.io/zone";

fn nowhere() -> PlaceWish {
    PlaceWish { zone: None, apart_from: None, storage_class: None, volume_mode: None }
}

fn problem<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Problem {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem,
        other => panic!("{other}"),
    }
}

fn codes(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.code.as_str()).collect()
}

/// Two nodes, each in a zone of its own.
async fn two_zones() -> World {
    World::start_on(|config| {
        config.node_extras.labels.insert(ZONE.into(), "east".into());
        config.add_node("minivirt-2", Some("west"));
    })
    .await
}

fn wish(world: &World, place: PlaceWish) -> RequestVm {
    RequestVm { another: Some(true), place: Some(place), ..world.wish() }
}

async fn running(world: &World, place: PlaceWish) -> (Request, Vm) {
    let asked =
        world.engineer.requests().request_vm(&key(), &wish(world, place)).await.expect("it is taken up");
    world.approve(&asked).await;
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = world.does(done.vm.as_ref().expect("it has one").id, PowerState::Running).await;
    (done, vm)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_runs_in_its_zone_and_another_stays_apart_from_it() {
    let world = two_zones().await;
    let environment_id = world.app.test;
    let query = GetPlacementChoicesQuery { environment_id };
    let choices = world.engineer.catalogue().get_placement_choices(&query).await.expect("anybody may know");
    assert_eq!(choices.zones, ["east", "west"]);
    let classes: Vec<_> = choices.storage_classes.iter().map(|class| class.name.as_str()).collect();
    assert_eq!(classes, ["raw", "standard"]);

    let (done, first) = running(&world, PlaceWish { zone: Some("west".into()), ..nowhere() }).await;
    assert_eq!(done.place.expect("it says so").zone.as_deref(), Some("west"));
    assert_eq!(first.node.as_deref(), Some("minivirt-2"));
    let selector = world.manifest(&first.name).await["spec"]["template"]["spec"]["nodeSelector"].clone();
    assert_eq!(selector[ZONE], "west");

    let apart = PlaceWish { apart_from: Some(vec![first.id]), ..nowhere() };
    let judged = world.engineer.requests().preflight_vm(&wish(&world, apart.clone())).await.expect("judged");
    assert_eq!(codes(&judged.placement[0].reasons), ["FITS", "APART_BY_ZONE"]);
    let (done, second) = running(&world, apart.clone()).await;
    assert_eq!(done.place.expect("it says so").apart_from[0].name, first.name);
    assert_eq!(second.node.as_deref(), Some("minivirt"));

    // A third has no node left that is neither's.
    let both = PlaceWish { apart_from: Some(vec![first.id, second.id]), ..nowhere() };
    let refused = problem(world.engineer.requests().request_vm(&key(), &wish(&world, both)).await);
    assert_eq!(refused.code, "NO_PLACEMENT");
    assert_eq!(refused.params["reasons"][0]["code"], "NO_NODE_APART");

    let capability = world.admin.capability().get_cluster_capability(world.cluster.id).await.unwrap();
    let taken: Vec<_> =
        capability.zones.iter().map(|zone| (zone.name.as_str(), zone.taken_milli_vcpu)).collect();
    assert_eq!(taken, [("east", 1000), ("west", 1000)]);
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_nowhere_is_refused_with_its_reason() {
    let world = two_zones().await;
    let ask = async |place: PlaceWish| {
        problem(world.engineer.requests().request_vm(&key(), &wish(&world, place)).await)
    };
    let refused = ask(PlaceWish { zone: Some("north".into()), ..nowhere() }).await;
    assert_eq!(refused.params["reasons"][0]["code"], "ZONE_MISSING");
    assert_eq!(refused.params["reasons"][0]["params"]["zones"], serde_json::json!(["east", "west"]));
    let stranger = shepherd_domain::ids::VmId::new();
    let refused = ask(PlaceWish { apart_from: Some(vec![stranger]), ..nowhere() }).await;
    assert_eq!(
        (refused.errors[0].pointer.as_str(), refused.errors[0].code.as_ref()),
        ("/place/apart_from/0", "UNKNOWN_REFERENCE")
    );
    let refused = ask(PlaceWish { zone: Some("no zone".into()), ..nowhere() }).await;
    assert_eq!(
        (refused.errors[0].pointer.as_str(), refused.code.as_ref()),
        ("/place/zone", "VALIDATION_FAILED")
    );
    let refused = ask(PlaceWish { storage_class: Some("raw".into()), ..nowhere() }).await;
    assert_eq!(refused.errors[0].code, "STORAGE_NEEDS_DISK");
    assert!(world.engineer.requests().list_requests(&Default::default()).await.unwrap().items.is_empty());
    world.assert_true().await;
}

/// A template whose disk outlives its guest.
async fn persistent(world: &World) -> RequestVm {
    let content = TemplateContent {
        family: GuestFamily::Linux,
        root: RootDisk::Persistent,
        source: TemplateSource::Image(ImageSource { image: "shepherd/demo:1".into() }),
        // Long enough for a Secret of its own, as the books expect of every VM here.
        user_data: format!("#cloud-config\n{}", "# and so on\n".repeat(200)),
        variables: vec![],
        min_disk_bytes: None,
        advanced: None,
    };
    let body = CreateTemplate {
        name: "kept".into(),
        title: "Kept".into(),
        description: None,
        environment_ids: None,
        content,
    };
    let made = world.admin.templates().create_template(&key(), &body).await.expect("it is made");
    RequestVm { template_version_id: made.versions[0].id, another: Some(true), ..world.wish() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_is_of_the_storage_that_was_asked_for_and_that_the_cluster_lets_it_use() {
    let world = World::start_on(|_| {}).await;
    let base = persistent(&world).await;
    let of = |class: &str, volume_mode| RequestVm {
        place: Some(PlaceWish { storage_class: Some(class.into()), volume_mode, ..nowhere() }),
        ..base.clone()
    };
    let reasons = async |wish: &RequestVm| {
        let judged = world.engineer.requests().preflight_vm(wish).await.expect("it is judged");
        codes(&judged.placement[0].reasons).join(" ")
    };
    assert_eq!(reasons(&base).await, "FITS");
    assert_eq!(reasons(&of("other", None)).await, "STORAGE_CLASS_MISSING");
    assert_eq!(reasons(&of("raw", Some(VolumeMode::Filesystem))).await, "VOLUME_MODE_MISSING");

    let asked = of("raw", Some(VolumeMode::Block));
    let asked = world.engineer.requests().request_vm(&key(), &asked).await.expect("it is taken up");
    world.approve(&asked).await;
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = world.does(done.vm.expect("it has one").id, PowerState::Running).await;
    let volume = world.manifest(&vm.name).await["spec"]["dataVolumeTemplates"][0]["spec"]["storage"].clone();
    assert_eq!((&volume["storageClassName"], &volume["volumeMode"]), (&"raw".into(), &"Block".into()));

    let before = world.admin.clusters().get_cluster(world.cluster.id).await.unwrap();
    let policy = ClusterPolicy { storage_classes: vec!["raw".into()], ..before.policy.clone() };
    let body = UpdateCluster { policy: Some(policy), ..Default::default() };
    world.admin.clusters().update_cluster(before.id, before.version, &body).await.expect("it is changed");
    assert_eq!(reasons(&base).await, "STORAGE_CLASS_NOT_LET", "its default one is not among them");
    assert_eq!(reasons(&of("raw", None)).await, "FITS");
    let query = GetPlacementChoicesQuery { environment_id: world.app.test };
    let choices = world.engineer.catalogue().get_placement_choices(&query).await.unwrap();
    assert_eq!(choices.storage_classes.len(), 1, "only what may be chosen is offered");
    let policy = ClusterPolicy { volume_modes: vec![VolumeMode::Filesystem], ..before.policy.clone() };
    let after = world.admin.clusters().get_cluster(world.cluster.id).await.unwrap();
    let body = UpdateCluster { policy: Some(policy), ..Default::default() };
    world.admin.clusters().update_cluster(after.id, after.version, &body).await.expect("it is changed");
    assert_eq!(reasons(&of("raw", None)).await, "VOLUME_MODE_NOT_LET");
    world.assert_true().await;
}
