use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::tests::{cluster, codes, demand};
use super::*;
use crate::ids::VmId;
use crate::states::VolumeMode;

const ROOM: i64 = 1 << 40;

fn zone(nodes: i64, memory: i64) -> Zone {
    Zone { nodes, milli_vcpu: ROOM, memory_bytes: memory, ability: Ability::default() }
}

/// A cluster of these zones: how many nodes and how much memory each.
fn zoned(name: &str, zones: &[(&str, i64, i64)]) -> ClusterFacts {
    let layout = Layout {
        nodes: Some(zones.iter().map(|(_, nodes, _)| nodes).sum()),
        zones: zones
            .iter()
            .map(|(name, nodes, memory)| ((*name).to_owned(), zone(*nodes, *memory)))
            .collect(),
        storage: None,
    };
    ClusterFacts { layout, ..cluster(name, Some(ROOM)) }
}

fn in_zone(name: &str) -> Demand {
    Demand { zone: Some(name.into()), ..demand() }
}

/// A VM of the cluster `at` on this node of this zone.
fn other(n: u128, at: &ClusterFacts, node: Option<&str>, zone: Option<&str>) -> Neighbour {
    Neighbour {
        vm: VmId(Uuid::from_u128(n)),
        name: format!("vm-{n}"),
        cluster: at.id,
        node: node.map(Into::into),
        zone: zone.map(Into::into),
    }
}

fn apart(neighbours: Vec<Neighbour>) -> Demand {
    Demand { neighbours, ..demand() }
}

#[test]
fn a_zone_is_there_has_room_and_large_nodes_or_the_cluster_is_out() {
    let there = zoned("a", &[("east", 1, 100), ("west", 1, 99)]);
    assert!(place(&in_zone("east"), std::slice::from_ref(&there))[0].eligible, "exactly enough is enough");
    let placed = place(&in_zone("west"), std::slice::from_ref(&there));
    assert_eq!(codes(&placed[0]), ["ZONE_SHORT_OF_MEMORY"]);
    assert_eq!(
        (&placed[0].reasons[0].params["free"], &placed[0].reasons[0].params["zone"]),
        (&99.into(), &"west".into())
    );
    let placed = place(&in_zone("north"), std::slice::from_ref(&there));
    assert_eq!(codes(&placed[0]), ["ZONE_MISSING"]);
    assert_eq!(placed[0].reasons[0].params["zones"], serde_json::json!(["east", "west"]));
    let taken = Taken { milli_vcpu: 0, memory_bytes: 1 };
    let full = ClusterFacts { taken_in_zone: taken, ..there.clone() };
    assert_eq!(codes(&place(&in_zone("east"), &[full])[0]), ["ZONE_SHORT_OF_MEMORY"]);
    assert_eq!(codes(&place(&in_zone("east"), &[cluster("b", None)])[0]), ["ZONES_UNKNOWN"]);

    let mut small = there;
    small.layout.zones.get_mut("east").unwrap().ability.memory_bytes = Some(99);
    assert_eq!(codes(&place(&in_zone("east"), std::slice::from_ref(&small))[0]), ["NO_NODE_LARGE_ENOUGH"]);
    assert!(place(&demand(), &[small])[0].eligible, "the rest of the cluster has larger ones");
}

#[test]
fn another_cluster_is_better_than_another_zone_and_that_than_another_node() {
    let zones: &[_] = &[("east", 1, ROOM), ("west", 1, ROOM)];
    let (far, zoned, near) = (zoned("c", zones), zoned("b", zones), zoned("a", &[("east", 2, ROOM)]));
    // The one with most room comes last, so that only the distance explains the order.
    let near = ClusterFacts { free_memory_bytes: Some(4 * ROOM), ..near };
    let zoned = ClusterFacts { free_memory_bytes: Some(2 * ROOM), ..zoned };
    let wants =
        apart(vec![other(1, &zoned, Some("n1"), Some("east")), other(2, &near, Some("n1"), Some("east"))]);
    let placed = place(&wants, &[near, zoned, far]);
    let said: Vec<_> = placed.iter().map(|c| (c.cluster.as_str(), codes(c)[1])).collect();
    assert_eq!(said, [("c", "APART_BY_CLUSTER"), ("b", "APART_BY_ZONE"), ("a", "APART_BY_NODE")]);
    assert_eq!(codes(&place(&demand(), &[cluster("a", None)])[0]), ["FITS"], "nobody asked");
}

#[test]
fn where_there_is_no_other_node_it_cannot_be_apart() {
    let two = zoned("a", &[("east", 1, ROOM), ("west", 1, ROOM)]);
    let both = vec![other(1, &two, Some("n1"), Some("east")), other(2, &two, Some("n2"), Some("west"))];
    let placed = place(&apart(both.clone()), std::slice::from_ref(&two));
    assert_eq!(codes(&placed[0]), ["NO_NODE_APART"]);
    assert_eq!(placed[0].reasons[0].params["vms"], serde_json::json!(["vm-1", "vm-2"]));
    let same = vec![other(1, &two, Some("n1"), Some("east")), other(2, &two, Some("n1"), Some("east"))];
    assert!(place(&apart(same), std::slice::from_ref(&two))[0].eligible, "they share a node themselves");
    // One that does not run takes no node, unless there is only one.
    let stopped = |at: &ClusterFacts| apart(vec![other(1, at, None, None)]);
    assert_eq!(codes(&place(&stopped(&two), std::slice::from_ref(&two))[0]), ["FITS", "APART_BY_NODE"]);
    let one = zoned("b", &[("east", 1, ROOM)]);
    assert_eq!(codes(&place(&stopped(&one), std::slice::from_ref(&one))[0]), ["NO_NODE_APART"]);
    // A zone that was asked for narrows it.
    let east = Demand { neighbours: both[..1].to_vec(), ..in_zone("east") };
    assert_eq!(codes(&place(&east, std::slice::from_ref(&two))[0]), ["NO_NODE_APART"]);
    let west = Demand { neighbours: both[..1].to_vec(), ..in_zone("west") };
    assert_eq!(codes(&place(&west, &[two])[0]), ["FITS", "APART_BY_ZONE"]);
    let unseen = cluster("c", None);
    assert!(
        place(&stopped(&unseen), std::slice::from_ref(&unseen))[0].eligible,
        "nobody could count its nodes"
    );
}

fn stored(class: Option<&str>, mode: Option<VolumeMode>) -> Demand {
    Demand { storage: Some(StorageWish { class: class.map(Into::into), mode }), ..demand() }
}

fn with_storage(policy: ClusterPolicy) -> ClusterFacts {
    let offer = |name: &str, default, modes: &[VolumeMode]| StorageOffer {
        name: name.into(),
        default,
        modes: modes.to_vec(),
    };
    let storage = vec![
        offer("slow", true, &[]),
        offer("fast", false, &[VolumeMode::Block, VolumeMode::Filesystem]),
        offer("raw", false, &[VolumeMode::Block]),
    ];
    let layout = Layout { storage: Some(storage), ..Layout::default() };
    ClusterFacts { layout, policy, ..cluster("a", None) }
}

#[test]
fn storage_is_there_and_let_or_the_cluster_is_out() {
    let free = with_storage(ClusterPolicy::default());
    let code = |demand: &Demand, cluster: &ClusterFacts| {
        codes(&place(demand, std::slice::from_ref(cluster))[0]).join(" ")
    };
    assert_eq!(code(&stored(None, None), &free), "FITS");
    assert_eq!(code(&stored(Some("fast"), Some(VolumeMode::Filesystem)), &free), "FITS");
    assert_eq!(code(&stored(Some("other"), None), &free), "STORAGE_CLASS_MISSING");
    assert_eq!(code(&stored(Some("raw"), Some(VolumeMode::Filesystem)), &free), "VOLUME_MODE_MISSING");
    assert_eq!(code(&stored(Some("slow"), Some(VolumeMode::Block)), &free), "FITS", "nobody knows its modes");

    let files = ClusterPolicy { volume_modes: vec![VolumeMode::Filesystem], ..ClusterPolicy::default() };
    let files = with_storage(files);
    assert_eq!(code(&stored(Some("fast"), None), &files), "VOLUME_MODE_NOT_LET", "its usual one");
    assert_eq!(code(&stored(None, None), &files), "FITS", "Kubernetes' usual one");
    let only =
        with_storage(ClusterPolicy { storage_classes: vec!["fast".into()], ..ClusterPolicy::default() });
    assert_eq!(code(&stored(None, None), &only), "STORAGE_CLASS_NOT_LET");
    assert_eq!(code(&stored(Some("fast"), None), &only), "FITS");

    let mut bare = only;
    bare.layout.storage.as_mut().unwrap()[0].default = false;
    assert_eq!(code(&stored(None, None), &bare), "STORAGE_NO_DEFAULT");
    bare.layout.storage = Some(vec![]);
    assert_eq!(code(&stored(None, None), &bare), "FITS", "volumes may lie ready");
    bare.layout.storage = None;
    assert_eq!(code(&stored(None, None), &bare), "STORAGE_UNKNOWN", "its policy cannot be kept");
    bare.policy = ClusterPolicy::default();
    assert_eq!(code(&stored(None, None), &bare), "FITS");
    assert_eq!(code(&stored(Some("fast"), None), &bare), "STORAGE_UNKNOWN");
    assert_eq!(code(&demand(), &bare), "FITS", "who brings no disk asks for none");
}

#[test]
fn a_cluster_may_keep_networks_and_fields_out() {
    let policy = ClusterPolicy { multus: false, advanced: false, ..ClusterPolicy::default() };
    let closed = ClusterFacts {
        policy,
        capabilities: [MULTUS.to_owned()].into(),
        schema: Some(serde_json::json!({ "properties": { "x": { "type": "boolean" } } })),
        ..cluster("a", None)
    };
    let wants = Demand {
        needs: [MULTUS.to_owned()].into(),
        advanced: BTreeMap::from([("x".to_owned(), true.into())]),
        ..demand()
    };
    assert_eq!(codes(&place(&wants, &[closed])[0]), ["NOT_LET_IN", "NOT_LET_IN"]);
}

proptest! {
    #[test]
    fn who_asks_for_less_is_never_refused_more(
        rows in prop::collection::vec(
            ("[a-f]", prop::collection::btree_map("[x-z]", (0..3_i64, 0..300_i64), 0..3)), 1..6,
        ),
        others in prop::collection::vec((0..6_usize, prop::option::of(0..3_u8), prop::option::of("[x-z]")), 0..4),
        wanted in prop::option::of("[x-z]"),
    ) {
        let mut clusters: Vec<ClusterFacts> = rows.iter().map(|(name, zones)| {
            let zones: Vec<_> = zones.iter().map(|(zone, (nodes, memory))| (zone.as_str(), *nodes, *memory)).collect();
            zoned(name, &zones)
        }).collect();
        clusters.sort_by(|a, b| a.name.cmp(&b.name));
        clusters.dedup_by(|a, b| a.name == b.name);
        let neighbours = others.iter().enumerate().map(|(n, (at, node, zone))| {
            let node = node.map(|node| format!("n{node}"));
            other(n as u128, &clusters[at % clusters.len()], node.as_deref(), zone.as_deref())
        }).collect();
        let picky = Demand { zone: wanted, neighbours, ..demand() };
        let placed = place(&picky, &clusters);
        prop_assert_eq!(placed.len(), clusters.len());
        prop_assert!(placed.is_sorted_by_key(|candidate| !candidate.eligible));
        for candidate in placed.iter().filter(|candidate| candidate.eligible) {
            let at = clusters.iter().find(|cluster| cluster.id == candidate.cluster_id).unwrap();
            if let Some(zone) = &picky.zone {
                prop_assert!(at.layout.zones[zone].memory_bytes >= picky.memory_bytes);
            }
        }
        let modest = place(&demand(), &clusters);
        let takes = |placed: &[Candidate], id| placed.iter().any(|c| c.cluster_id == id && c.eligible);
        for cluster in &clusters {
            prop_assert!(takes(&modest, cluster.id) || !takes(&placed, cluster.id));
        }
        clusters.reverse();
        prop_assert_eq!(place(&picky, &clusters), placed);
    }
}
