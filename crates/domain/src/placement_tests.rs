use super::*;
use crate::spec::tests::sample;
use proptest::prelude::*;
use uuid::Uuid;

fn environment(n: u128) -> EnvironmentId {
    EnvironmentId(Uuid::from_u128(n))
}

fn demand() -> Demand {
    Demand { environment_id: environment(1), milli_vcpu: 1000, memory_bytes: 100, needs: BTreeSet::new() }
}

fn cluster(name: &str, free: Option<i64>) -> ClusterFacts {
    ClusterFacts {
        id: ClusterId(Uuid::from_u128(u128::from(name.as_bytes()[0]))),
        name: name.into(),
        environment_id: environment(1),
        accepts_vms: true,
        health: ClusterHealth::Healthy,
        kubevirt_version: Some("v1.6.0".into()),
        free_milli_vcpu: free.map(|free| free * 10),
        free_memory_bytes: free,
        capabilities: BTreeSet::new(),
    }
}

fn codes(candidate: &Candidate) -> Vec<&str> {
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
