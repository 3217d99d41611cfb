use super::*;
use std::collections::BTreeMap;

use crate::compute::{Gpu, HugePages};
use crate::spec::tests::{full, sample};
use proptest::prelude::*;
use uuid::Uuid;

pub(super) fn environment(n: u128) -> EnvironmentId {
    EnvironmentId(Uuid::from_u128(n))
}

pub(super) fn demand() -> Demand {
    Demand {
        environment_id: environment(1),
        milli_vcpu: 1000,
        memory_bytes: 100,
        compute: Compute::default(),
        advanced: BTreeMap::new(),
        needs: BTreeSet::new(),
        zone: None,
        neighbours: vec![],
        storage: None,
    }
}

pub(super) fn cluster(name: &str, free: Option<i64>) -> ClusterFacts {
    ClusterFacts {
        id: ClusterId(Uuid::from_u128(u128::from(name.as_bytes()[0]))),
        name: name.into(),
        environment_id: environment(1),
        mode: ClusterMode::Govern,
        accepts_vms: true,
        health: ClusterHealth::Healthy,
        kubevirt_version: Some("v1.6.0".into()),
        free_milli_vcpu: free.map(|free| free * 10),
        free_memory_bytes: free,
        capabilities: BTreeSet::new(),
        ability: Ability::default(),
        layout: Layout::default(),
        taken_in_zone: Taken::default(),
        policy: ClusterPolicy::default(),
        schema: None,
    }
}

pub(super) fn codes(candidate: &Candidate) -> Vec<&str> {
    candidate.reasons.iter().map(|reason| reason.code.as_ref()).collect()
}

#[test]
fn the_one_with_most_room_comes_first_and_unknown_room_last() {
    let clusters = [
        cluster("b", Some(200)),
        cluster("d", None),
        cluster("c", Some(900)),
        cluster("a", Some(200)),
        ClusterFacts { health: ClusterHealth::Degraded, ..cluster("e", Some(9000)) },
    ];
    let placed = place(&demand(), &clusters);
    let names: Vec<_> = placed.iter().map(|candidate| candidate.cluster.as_str()).collect();
    assert_eq!(names, ["c", "a", "b", "d", "e"]);
    assert!(placed.iter().all(|candidate| candidate.eligible));
    assert_eq!(codes(&placed[0]), ["FITS"]);
    assert_eq!(codes(&placed[4]), ["FITS", "CLUSTER_DEGRADED"]);
}

#[test]
fn every_reason_against_is_named() {
    let full = ClusterFacts {
        environment_id: environment(2),
        accepts_vms: false,
        health: ClusterHealth::Unreachable,
        ..cluster("a", Some(99))
    };
    let wants = Demand { needs: BTreeSet::from(["gpu".to_owned()]), ..demand() };
    let placed = place(&wants, &[full]);
    assert!(!placed[0].eligible);
    assert_eq!(
        codes(&placed[0]),
        [
            "WRONG_ENVIRONMENT",
            "CLUSTER_CLOSED",
            "CLUSTER_UNREACHABLE",
            "NOT_ENOUGH_MEMORY",
            "NOT_ENOUGH_CPU",
            "CAPABILITY_MISSING",
        ]
    );
    assert_eq!(placed[0].reasons[3].params["free"], 99);
    assert_eq!(placed[0].reasons[5].params["capability"], "gpu");
}

#[test]
fn a_cluster_never_heard_from_takes_nothing() {
    let unknown = ClusterFacts { health: ClusterHealth::Unknown, ..cluster("a", None) };
    assert_eq!(codes(&place(&demand(), &[unknown])[0]), ["CLUSTER_UNREACHABLE"]);
}

#[test]
fn an_observed_cluster_takes_nothing_however_empty_it_is() {
    let observed = ClusterFacts { mode: ClusterMode::Observe, ..cluster("a", Some(1 << 40)) };
    assert_eq!(codes(&place(&demand(), std::slice::from_ref(&observed))[0]), ["CLUSTER_OBSERVED"]);
    assert!(!fits_nowhere(&demand(), &[observed]).is_empty());
}

#[test]
fn exactly_enough_is_enough() {
    assert!(place(&demand(), &[cluster("a", Some(100))])[0].eligible);
}

#[test]
fn a_persistent_root_needs_image_import() {
    let spec = CreateSpec { root: RootDisk::Persistent, environment_id: environment(1), ..sample() };
    let able = ClusterFacts {
        capabilities: BTreeSet::from([DATA_VOLUMES.to_owned()]),
        ..cluster("b", Some(1 << 40))
    };
    let placed = place(&Demand::of(&spec), &[cluster("a", Some(1 << 40)), able]);
    assert_eq!((placed[0].cluster.as_str(), placed[0].eligible), ("b", true));
    assert_eq!(codes(&placed[1]), ["CAPABILITY_MISSING"]);
}

proptest! {
    #[test]
    fn the_order_of_facts_never_matters_and_no_cluster_is_lost(
        rows in prop::collection::vec(
            ("[a-h]", prop::option::of(0..300_i64), prop::sample::select(ClusterHealth::ALL), any::<bool>()), 0..8,
        ),
    ) {
        let mut clusters: Vec<ClusterFacts> = rows
            .into_iter()
            .map(|(name, free, health, accepts_vms)| ClusterFacts { health, accepts_vms, ..cluster(&name, free) })
            .collect();
        clusters.sort_by(|a, b| a.name.cmp(&b.name));
        clusters.dedup_by(|a, b| a.name == b.name);
        let placed = place(&demand(), &clusters);
        prop_assert_eq!(placed.len(), clusters.len());
        prop_assert!(placed.is_sorted_by_key(|candidate| !candidate.eligible));
        prop_assert!(placed.iter().all(|candidate| !candidate.reasons.is_empty()));
        let json = serde_json::to_string(&placed).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Vec<Candidate>>(&json).unwrap(), &placed);
        clusters.reverse();
        prop_assert_eq!(place(&demand(), &clusters), placed);
    }
}

/// What a size with everything needs: two whole cores, a page of one GiB, two devices, some overcommitted memory.
fn special() -> Demand {
    Demand {
        milli_vcpu: 2000,
        memory_bytes: 1 << 30,
        compute: Compute {
            dedicated_cpu: true,
            hugepages: Some(HugePages::OneGi),
            gpus: vec![Gpu { device: "nvidia.com/A10".into(), count: 2 }],
            ..Compute::default()
        },
        ..demand()
    }
}

fn able() -> Ability {
    Ability {
        milli_cpu: Some(2000),
        memory_bytes: Some(1),
        dedicated_cpu: true,
        hugepages: BTreeMap::from([("1Gi".into(), 1 << 30)]),
        devices: BTreeMap::from([("nvidia.com/A10".into(), 2)]),
    }
}

#[test]
fn what_no_node_has_is_said_thing_by_thing() {
    let empty = cluster("a", None);
    assert_eq!(
        codes(&place(&special(), std::slice::from_ref(&empty))[0]),
        ["DEDICATED_CPU_MISSING", "HUGEPAGES_MISSING", "GPU_MISSING"]
    );
    let full = ClusterFacts { ability: able(), ..empty.clone() };
    assert!(place(&special(), std::slice::from_ref(&full))[0].eligible, "and its pages are not its memory");
    assert_eq!(fits_nowhere(&special(), &[empty, full]), []);
    for (less, code) in [
        (Ability { milli_cpu: Some(1999), ..able() }, "NO_NODE_LARGE_ENOUGH"),
        (Ability { hugepages: BTreeMap::from([("2Mi".into(), 1 << 40)]), ..able() }, "HUGEPAGES_MISSING"),
        (Ability { devices: BTreeMap::from([("nvidia.com/A10".into(), 1)]), ..able() }, "GPU_MISSING"),
    ] {
        let reasons = fits_nowhere(&special(), &[ClusterFacts { ability: less, ..cluster("b", None) }]);
        assert_eq!(reasons.iter().map(|reason| reason.code.as_ref()).collect::<Vec<_>>(), [code]);
    }
    assert_eq!(fits_nowhere(&special(), &[]), [], "with no cluster there is nothing to say");
}

#[test]
fn a_cluster_takes_what_its_policy_lets_in() {
    let overcommitted = Demand {
        milli_vcpu: 4000,
        memory_bytes: 2 << 30,
        compute: Compute {
            request_milli_cpu: Some(1000),
            request_memory_bytes: Some(1 << 30),
            ..Compute::default()
        },
        ..demand()
    };
    let strict = cluster("a", None);
    let placed = place(&overcommitted, std::slice::from_ref(&strict));
    assert_eq!(codes(&placed[0]), ["OVERCOMMIT_TOO_HIGH"]);
    assert_eq!(
        (&placed[0].reasons[0].params["what"], &placed[0].reasons[0].params["percent"]),
        (&"memory".into(), &200.into())
    );
    let lax = ClusterPolicy { memory_overcommit_percent: 200, ..ClusterPolicy::default() };
    assert!(place(&overcommitted, &[ClusterFacts { policy: lax, ..strict.clone() }])[0].eligible);
    let tight = ClusterPolicy { cpu_overcommit_percent: 999, ..ClusterPolicy::default() };
    let plain = place(&demand(), &[ClusterFacts { policy: tight, ..strict.clone() }]);
    assert_eq!(codes(&plain[0]), ["OVERCOMMIT_TOO_HIGH"], "KubeVirt's own ratio is one too");
    let none =
        ClusterPolicy { dedicated_cpu: false, hugepages: false, gpus: false, ..ClusterPolicy::default() };
    let placed = place(&special(), &[ClusterFacts { policy: none, ability: able(), ..strict }]);
    assert_eq!(codes(&placed[0]), ["NOT_LET_IN", "NOT_LET_IN", "NOT_LET_IN"]);
}

#[test]
fn what_a_pod_asks_for_is_what_it_takes() {
    let room = ClusterFacts {
        free_memory_bytes: Some(1 << 30),
        free_milli_vcpu: Some(10_000),
        ..cluster("a", None)
    };
    let room = ClusterFacts {
        policy: ClusterPolicy { memory_overcommit_percent: 200, ..ClusterPolicy::default() },
        ..room
    };
    let half = |request| Demand {
        milli_vcpu: 2000,
        memory_bytes: 2 << 30,
        compute: Compute {
            request_milli_cpu: Some(request),
            request_memory_bytes: Some(1 << 30),
            ..Compute::default()
        },
        ..demand()
    };
    assert!(place(&half(1000), std::slice::from_ref(&room))[0].eligible);
    assert_eq!(codes(&place(&half(1001), &[room])[0]), ["NOT_ENOUGH_CPU"]);
}

#[test]
fn a_network_of_multus_needs_multus() {
    let spec = CreateSpec {
        compute: Compute::default(),
        advanced: BTreeMap::new(),
        zone: None,
        storage_class: None,
        ..full()
    };
    let placed = place(
        &Demand::of(&spec),
        &[ClusterFacts { environment_id: spec.environment_id, ..cluster("a", None) }],
    );
    let capabilities: Vec<_> = placed[0].reasons.iter().map(|r| r.params["capability"].clone()).collect();
    assert_eq!(capabilities, ["data_volumes", "multus"]);
}

#[test]
fn a_field_goes_where_it_is_known() {
    let fields = BTreeMap::from([("domain.cpu.model".to_owned(), Value::from("host-passthrough"))]);
    let wants = Demand { advanced: fields, ..demand() };
    let schema = |kind: &str| {
        let model = serde_json::json!({ "properties": { "model": { "type": kind } } });
        Some(serde_json::json!({ "properties": { "domain": { "properties": { "cpu": model } } } }))
    };
    for (schema, expected) in [
        (None, "ADVANCED_SCHEMA_UNKNOWN"),
        (schema("string"), "FITS"),
        (schema("boolean"), "ADVANCED_VALUE_REFUSED"),
        (Some(serde_json::json!({ "properties": {} })), "ADVANCED_FIELD_UNKNOWN"),
    ] {
        let placed = place(&wants, &[ClusterFacts { schema, ..cluster("a", Some(100)) }]);
        assert_eq!(codes(&placed[0]), [expected]);
    }
}
