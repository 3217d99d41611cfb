use super::*;
use crate::compute::Compute;
use crate::ids::SecretId;
use crate::source::{DiskSource, PvcSource};
use crate::spec::tests::{full, sample};
use crate::states::GuestFamily;
use proptest::prelude::*;
use uuid::Uuid;

fn names() -> Names {
    Names {
        vm: "team-shop-web-01".into(),
        namespace: "team".parse().unwrap(),
        system: "shop".parse().unwrap(),
        service: "web".parse().unwrap(),
        environment: "test".parse().unwrap(),
        vm_id: VmId(Uuid::from_u128(1)),
        request_id: RequestId(Uuid::from_u128(2)),
    }
}

fn rendered(spec: &CreateSpec, user_data: &str) -> Manifest {
    render(spec, &names(), user_data).unwrap()
}

#[test]
fn an_ephemeral_vm() {
    let manifest = rendered(&sample(), "#cloud-config\nhostname: \"team-shop-web-01\"\n");
    insta::assert_json_snapshot!("ephemeral", manifest.vm);
    assert_eq!(manifest.secret, None);
}

#[test]
fn a_persistent_vm_with_long_user_data() {
    let spec = CreateSpec { root: RootDisk::Persistent, ..sample() };
    let manifest = rendered(&spec, &"#".repeat(MAX_INLINE_USER_DATA + 1));
    insta::assert_json_snapshot!("persistent", manifest.vm);
    let mut secret = manifest.owned_secret("uid-1").unwrap();
    let data = secret["data"]["userdata"].take();
    assert_eq!(STANDARD.decode(data.as_str().unwrap()).unwrap().len(), MAX_INLINE_USER_DATA + 1);
    insta::assert_json_snapshot!("secret", secret);
}

#[test]
fn a_vm_with_everything() {
    insta::assert_json_snapshot!("everything", rendered(&full(), "#cloud-config\n").vm["spec"]);
}

#[test]
fn where_it_may_run_is_added_to_what_its_template_says() {
    let own = json!({ "requiredDuringSchedulingIgnoredDuringExecution": [{ "topologyKey": "rack" }] });
    let advanced =
        [("nodeSelector", json!({ "disk": "ssd" })), ("affinity", json!({ "podAntiAffinity": own }))];
    let spec = CreateSpec {
        zone: Some("zone-b".into()),
        apart_from: vec![VmId(Uuid::from_u128(9))],
        advanced: advanced.map(|(path, value)| (path.to_owned(), value)).into(),
        ..sample()
    };
    let guest = rendered(&spec, "").vm["spec"]["template"]["spec"].take();
    insta::assert_json_snapshot!("affinity", json!([guest["nodeSelector"], guest["affinity"]]));
    let plain = rendered(&sample(), "").vm["spec"]["template"]["spec"].take();
    assert!(plain.get("nodeSelector").is_none() && plain.get("affinity").is_none());
}

#[test]
fn an_overcommitted_vm_that_is_a_copy() {
    let spec = CreateSpec {
        root: RootDisk::Persistent,
        source: DiskSource::Pvc(PvcSource { namespace: "golden".into(), name: "debian-13".into() }),
        compute: Compute {
            request_milli_cpu: Some(250),
            request_memory_bytes: Some(128 << 20),
            ..Compute::default()
        },
        ..sample()
    };
    let vm = rendered(&spec, "").vm;
    insta::assert_json_snapshot!("overcommitted", vm["spec"]["template"]["spec"]["domain"]["resources"]);
    insta::assert_json_snapshot!("clone", vm["spec"]["dataVolumeTemplates"][0]["spec"]);
}

#[test]
fn a_windows_vm_is_set_up_from_an_answer_file() {
    let spec = CreateSpec { family: GuestFamily::Windows, ..sample() };
    let manifest = rendered(&spec, "<unattend/>");
    insta::assert_json_snapshot!("windows", manifest.vm["spec"]["template"]["spec"]);
    let secret = manifest.secret.unwrap();
    assert_eq!(secret["metadata"]["name"], "team-shop-web-01-sysprep");
    assert_eq!(secret["data"], json!({ "autounattend.xml": STANDARD.encode("<unattend/>") }));
    let bare = rendered(&spec, "");
    assert_eq!(bare.secret, None);
    assert_eq!(bare.vm["spec"]["template"]["spec"]["volumes"].as_array().unwrap().len(), 1);
}

#[test]
fn a_secret_value_stands_in_the_secret_alone_and_can_be_taken_out() {
    let secrets = std::collections::BTreeMap::from([("password".to_owned(), SecretId(Uuid::from_u128(4)))]);
    let mut manifest = rendered(&CreateSpec { secrets, ..sample() }, "#cloud-config\npassword: hunter2\n");
    assert!(!manifest.vm.to_string().contains("hunter2"));
    let whole = manifest.clone();
    let content = manifest.take_content().unwrap();
    assert!(content.contains("hunter2"));
    let kept = serde_json::to_string(&manifest).unwrap();
    assert!(!kept.contains(&STANDARD.encode(&content)), "{kept}");
    manifest.fill(&content);
    assert_eq!(manifest, whole);
    assert_eq!(rendered(&sample(), "").take_content(), None);
}

#[test]
fn user_data_of_exactly_the_limit_stays_inside() {
    assert_eq!(rendered(&sample(), &"#".repeat(MAX_INLINE_USER_DATA)).secret, None);
}

#[test]
fn the_request_is_on_the_vm_and_not_in_its_template() {
    let manifest = rendered(&sample(), "");
    let request = names().request_id.to_string();
    assert_eq!(manifest.vm["metadata"]["annotations"][REQUEST], request);
    assert!(!manifest.vm["spec"].to_string().contains(&request));
    for labels in [&manifest.vm["metadata"]["labels"], &manifest.vm["spec"]["template"]["metadata"]["labels"]]
    {
        assert_eq!(labels[VM_ID], names().vm_id.to_string());
        assert_eq!(labels.as_object().unwrap().len(), 4);
    }
}

#[test]
fn what_cannot_run_is_refused_with_a_code() {
    let code = |spec: CreateSpec| render(&spec, &names(), "").unwrap_err().code();
    assert_eq!(code(CreateSpec { memory_bytes: 0, ..sample() }), "SIZE_INVALID");
    assert_eq!(code(CreateSpec { root: RootDisk::Persistent, disk_bytes: 0, ..sample() }), "SIZE_INVALID");
    let image = |text: &str| DiskSource::Image(text.into());
    assert_eq!(code(CreateSpec { source: image("a b"), ..sample() }), "IMAGE_INVALID");
    assert_eq!(code(CreateSpec { root: RootDisk::Ephemeral, ..full() }), "SOURCE_NEEDS_DISK");
    assert_eq!(code(CreateSpec { memory_bytes: (4 << 30) + 1, ..full() }), "SIZE_INVALID");
    let nameless = Names { vm: String::new(), ..names() };
    assert_eq!(render(&sample(), &nameless, "").unwrap_err().code(), "NAME_INVALID");
}

#[test]
fn debug_shows_no_user_data() {
    let shown = format!("{:?}", rendered(&sample(), "#cloud-config\npassword: hunter2\n"));
    assert!(shown.contains("team-shop-web-01") && !shown.contains("hunter2"), "{shown}");
}

proptest! {
    #[test]
    fn every_disk_has_its_volume_and_every_interface_its_network(
        milli in 1..512_000_i64, memory in 1..1_i64 << 44, disk in 1..1_i64 << 46, persistent in any::<bool>(),
        user_data in "[ -~\n]{0,4000}",
    ) {
        let root = if persistent { RootDisk::Persistent } else { RootDisk::Ephemeral };
        let spec = CreateSpec { milli_vcpu: milli, memory_bytes: memory, disk_bytes: disk, root, ..sample() };
        let manifest = rendered(&spec, &user_data);
        let guest = &manifest.vm["spec"]["template"]["spec"];
        let names = |list: &Value| -> Vec<String> {
            list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
        };
        prop_assert_eq!(names(&guest["domain"]["devices"]["disks"]), names(&guest["volumes"]));
        prop_assert_eq!(names(&guest["domain"]["devices"]["interfaces"]), names(&guest["networks"]));
        let cores = guest["domain"]["cpu"]["cores"].as_i64().unwrap();
        prop_assert!(cores * 1000 >= milli && (cores - 1) * 1000 < milli);
        prop_assert_eq!(manifest.secret.is_some(), user_data.len() > MAX_INLINE_USER_DATA);
        prop_assert_eq!(manifest.vm["spec"].get("dataVolumeTemplates").is_some(), persistent);
    }
}
