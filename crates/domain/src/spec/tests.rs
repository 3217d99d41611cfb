use super::*;
use crate::compute::{Gpu, HugePages};
use crate::ids::{NetworkId, SecretId};
use crate::network::NetworkKind;
use crate::reason::Coded;
use crate::source::HttpSource;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

/// A small Linux VM with fixed ids, for tests here and elsewhere.
pub(crate) fn sample() -> CreateSpec {
    let id = |n: u128| Uuid::from_u128(n);
    CreateSpec {
        system_id: SystemId(id(1)),
        service_id: ServiceId(id(2)),
        environment_id: EnvironmentId(id(3)),
        namespace_id: NamespaceId(id(4)),
        template_version_id: TemplateVersionId(id(5)),
        size_version_id: SizeVersionId(id(6)),
        milli_vcpu: 1500,
        memory_bytes: 256 << 20,
        disk_bytes: 10 << 30,
        family: GuestFamily::Linux,
        root: RootDisk::Ephemeral,
        source: DiskSource::Image("registry.example/demo:1".into()),
        compute: Compute::default(),
        networks: vec![],
        advanced: BTreeMap::new(),
        zone: None,
        apart_from: vec![],
        storage_class: None,
        volume_mode: None,
        variables: BTreeMap::from([("page".into(), "hello".into()), ("a".into(), "b".into())]),
        secrets: BTreeMap::new(),
        user_data_hash: ContentHash::of(b"#cloud-config\n"),
        labels: BTreeMap::new(),
        ssh_keys: vec![SshKey {
            id: SshKeyId(id(7)),
            principal_id: PrincipalId(id(8)),
            fingerprint: "SHA256:abc".into(),
        }],
    }
}

/// The same with everything that is left out where it is nothing.
pub(crate) fn full() -> CreateSpec {
    CreateSpec {
        root: RootDisk::Persistent,
        zone: Some("zone-a".into()),
        apart_from: vec![VmId(Uuid::from_u128(40)), VmId(Uuid::from_u128(41))],
        storage_class: Some("fast".into()),
        volume_mode: Some(VolumeMode::Block),
        advanced: BTreeMap::from([("domain.cpu.model".into(), "host-passthrough".into())]),
        secrets: BTreeMap::from([("password".into(), SecretId(Uuid::from_u128(30)))]),
        source: DiskSource::Http(HttpSource {
            url: "https://images.example/debian.qcow2".into(),
            checksum: Some(format!("sha256:{}", "0".repeat(64))),
            cert_config_map: Some("our-ca".into()),
        }),
        milli_vcpu: 2000,
        memory_bytes: 4 << 30,
        compute: Compute {
            hugepages: Some(HugePages::OneGi),
            gpus: vec![Gpu { device: "nvidia.com/A10".into(), count: 2 }],
            dedicated_cpu: true,
            ..Compute::default()
        },
        networks: vec![
            Attachment {
                network_id: NetworkId(Uuid::from_u128(20)),
                kind: NetworkKind::Multus,
                definition: Some("infra/vlan-7".into()),
            },
            Attachment {
                network_id: NetworkId(Uuid::from_u128(21)),
                kind: NetworkKind::Pod,
                definition: None,
            },
        ],
        ..sample()
    }
}

fn hash(spec: CreateSpec) -> SpecHash {
    canonical(&Spec::Create(Box::new(spec))).unwrap().hash
}

#[test]
fn the_canonical_form_is_pinned() {
    let spec = canonical(&Spec::Stop(StopSpec {
        vm_id: VmId(Uuid::from_u128(9)),
        force: true,
        grace_seconds: None,
    }))
    .unwrap();
    let text = r#"{"force":true,"operation":"vm.stop","spec_version":1,"vm_id":"00000000-0000-0000-0000-000000000009"}"#;
    assert_eq!(String::from_utf8(spec.bytes.clone()).unwrap(), text);
    assert_eq!(spec.hash, SpecHash::of(text.as_bytes()));
    insta::assert_snapshot!(hash(sample()).to_string(), @"8c930a58768d0ea1ac63002b97247fb96ed41c439bf4ce901b08a5df4cf689b7");
}

#[test]
fn a_spec_reads_back() {
    let vm_id = VmId(Uuid::from_u128(9));
    for spec in [
        Spec::Create(Box::new(sample())),
        Spec::Create(Box::new(full())),
        Spec::Start(VmSpec { vm_id }),
        Spec::Stop(StopSpec { vm_id, force: false, grace_seconds: None }),
        Spec::Restart(VmSpec { vm_id }),
        Spec::Pause(VmSpec { vm_id }),
        Spec::Unpause(VmSpec { vm_id }),
        Spec::Stop(StopSpec { vm_id, force: false, grace_seconds: Some(5) }),
        Spec::Delete(VmSpec { vm_id }),
        Spec::Restore(VmSpec { vm_id }),
        Spec::Purge(VmSpec { vm_id }),
        Spec::Console(ConsoleSpec { vm_id, kind: ConsoleKind::Vnc }),
    ] {
        let stored = canonical(&spec).unwrap();
        assert_eq!(from_bytes(&stored.bytes).unwrap(), spec);
        assert_eq!(from_json(stored.json.clone()).unwrap(), spec);
        assert_eq!(stored.json["operation"], spec.operation().as_str());
        assert_eq!(spec.vm_id().is_none(), spec.as_create().is_some());
    }
}

#[test]
fn answers_are_in_the_hash_and_change_nothing_where_there_are_none() {
    let spec = Spec::Start(VmSpec { vm_id: VmId(Uuid::from_u128(9)) });
    let plain = canonical(&spec).unwrap();
    assert_eq!(with_fields(&spec, &Default::default()).unwrap(), plain);
    let answers = |text: &str| [("change".to_owned(), Value::from(text)), ("b".to_owned(), 7.into())].into();
    let one = with_fields(&spec, &answers("CHG0001")).unwrap();
    let two = with_fields(&spec, &answers("CHG0002")).unwrap();
    assert!(one.hash != plain.hash && one.hash != two.hash);
    let text = r#"{"fields":{"b":7,"change":"CHG0001"},"operation":"vm.start","spec_version":1,"vm_id":"00000000-0000-0000-0000-000000000009"}"#;
    assert_eq!(String::from_utf8(one.bytes.clone()).unwrap(), text);
    assert_eq!(from_bytes(&one.bytes).unwrap(), spec);
    assert_eq!(fields_of(&one.json), answers("CHG0001"));
    assert!(fields_of(&plain.json).is_empty());
}

#[test]
fn what_cannot_be_read_has_a_code() {
    let mut json = canonical(&Spec::Create(Box::new(sample()))).unwrap().json;
    json["spec_version"] = 2.into();
    assert_eq!(from_json(json.clone()).unwrap_err().code(), "SPEC_VERSION_UNKNOWN");
    json["spec_version"] = 1.into();
    json["surprise"] = true.into();
    assert_eq!(from_json(json).unwrap_err().code(), "SPEC_UNREADABLE");
    assert_eq!(from_bytes(b"{").unwrap_err().code(), "SPEC_UNREADABLE");
    assert_eq!(from_json(Value::Null).unwrap_err().code(), "SPEC_VERSION_UNKNOWN");
}

#[test]
fn numbers_that_json_would_bend_are_refused() {
    for amount in [-1, 1 << 53, i64::MAX] {
        let spec = Spec::Create(Box::new(CreateSpec { memory_bytes: amount, ..sample() }));
        assert_eq!(canonical(&spec).unwrap_err().code(), "SPEC_NUMBER_INVALID");
    }
}

#[test]
fn every_field_is_in_the_hash() {
    assert_eq!(changes_the_hash(sample()), 17);
    assert_eq!(changes_the_hash(full()), 25);
    let gpu = |device: &str| Gpu { device: device.into(), count: 1 };
    let gpus = |gpus| Compute { gpus, ..Compute::default() };
    let (one, two) = (gpus(vec![gpu("a/b"), gpu("c/d")]), gpus(vec![gpu("c/d"), gpu("a/b")]));
    let with = |compute| hash(CreateSpec { compute, ..sample() });
    assert_eq!(with(one), with(two), "devices have no order");
    let others = |n: [u128; 3]| n.map(|n| VmId(Uuid::from_u128(n))).to_vec();
    let apart = |apart_from| hash(CreateSpec { apart_from, ..sample() });
    assert_eq!(apart(others([1, 2, 2])), apart(others([2, 1, 1])), "nor have neighbours");
    let turned = CreateSpec { networks: full().networks.into_iter().rev().collect(), ..full() };
    assert_ne!(hash(turned), hash(full()), "interfaces have one");
}

/// How many fields there are, after each was seen to be in the hash.
fn changes_the_hash(spec: CreateSpec) -> usize {
    let first = canonical(&Spec::Create(Box::new(spec))).unwrap();
    let fields: Vec<String> = first.json.as_object().unwrap().keys().cloned().collect();
    for field in fields.iter().filter(|field| !["operation", "spec_version"].contains(&field.as_str())) {
        let mut json = first.json.clone();
        json[field] = match &json[field] {
            Value::Number(number) => (number.as_i64().unwrap() + 1).into(),
            Value::Object(_) if field == "http" => serde_json::json!({"url": "https://other.example/a"}),
            Value::Object(_) if field == "compute" => serde_json::json!({"dedicated_cpu": true}),
            Value::Object(_) if field == "secrets" => serde_json::json!({"other": Uuid::from_u128(31)}),
            Value::Object(_) => serde_json::json!({"other": "value"}),
            Value::Array(_) => serde_json::json!([]),
            Value::String(text) => Value::String(other_text(field, text)),
            other => panic!("{field} holds {other}"),
        };
        let changed = canonical(&from_json(json).unwrap()).unwrap();
        assert_ne!(changed.hash, first.hash, "{field} is not in the hash");
    }
    fields.len()
}

#[test]
fn a_spec_of_before_networks_reads_and_keeps_its_bytes() {
    let text = include_str!("before_networks.json").trim_end();
    let read = from_bytes(text.as_bytes()).unwrap();
    assert_eq!(read, Spec::Create(Box::new(sample())));
    assert_eq!(canonical(&read).unwrap().bytes, text.as_bytes());
}

fn other_text(field: &str, text: &str) -> String {
    match field {
        "family" => "windows".into(),
        "root" if text == "persistent" => "ephemeral".into(),
        "root" => "persistent".into(),
        "volume_mode" => "filesystem".into(),
        "user_data_hash" => ContentHash::of(b"other").to_string(),
        _ if field.ends_with("_id") => Uuid::from_u128(99).to_string(),
        _ => format!("{text}x"),
    }
}

proptest! {
    #[test]
    fn the_order_of_inputs_never_matters(
        mut variables in prop::collection::vec(("[a-z]{1,8}", ".{0,20}"), 0..8),
        keys in prop::collection::vec(0_u128..50, 0..8),
        seed in 0_usize..1000,
    ) {
        variables.sort();
        variables.dedup_by(|a, b| a.0 == b.0);
        let key = |n: &u128| SshKey {
            id: SshKeyId(Uuid::from_u128(*n)), principal_id: PrincipalId(Uuid::from_u128(1)), fingerprint: n.to_string(),
        };
        let mut spec = sample();
        spec.variables = variables.iter().cloned().collect();
        spec.ssh_keys = keys.iter().map(key).collect();
        let first = hash(spec.clone());
        spec.variables = variables.into_iter().rev().collect();
        spec.ssh_keys = keys.iter().rev().chain(keys.iter().take(seed % 3)).map(key).collect();
        prop_assert_eq!(hash(spec), first);
    }

    #[test]
    fn different_amounts_have_different_hashes(a in 0_i64..1 << 53, b in 0_i64..1 << 53) {
        prop_assume!(a != b);
        prop_assert_ne!(
            hash(CreateSpec { disk_bytes: a, ..sample() }), hash(CreateSpec { disk_bytes: b, ..sample() })
        );
        prop_assert_ne!(
            hash(CreateSpec { disk_bytes: a, milli_vcpu: b, ..sample() }),
            hash(CreateSpec { disk_bytes: b, milli_vcpu: a, ..sample() })
        );
    }
}
