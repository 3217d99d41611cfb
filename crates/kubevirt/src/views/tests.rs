//! Decoding of whole objects as clusters send them.

use super::*;

const VMI: &str = include_str!("../../tests/fixtures/vmi.json");
const VM: &str = include_str!("../../tests/fixtures/vm.json");

#[test]
fn a_vmi_is_decoded() {
    let vmi: Vmi = serde_json::from_str(VMI).unwrap();
    assert_eq!(vmi.metadata.name, "prod-shop-web-01");
    assert_eq!(vmi.metadata.resource_version, "4711");
    assert_eq!(vmi.metadata.vm_id(), Some("0195d2f0-0000-7000-8000-000000000001"));
    assert_eq!(vmi.status.phase, Phase::Running);
    assert_eq!(vmi.status.node_name.as_deref(), Some("node-7"));
    assert_eq!(vmi.address(), Some("10.0.2.2"));
    assert!(vmi.agent_connected());
    assert_eq!(vmi.status.guest_os.pretty_name.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
    assert_eq!(vmi.requested(), Requested { vcpus: Some(4), memory_bytes: Some(4 << 30) });
}

#[test]
fn a_vm_is_decoded() {
    let vm: Vm = serde_json::from_str(VM).unwrap();
    assert_eq!(vm.run_strategy(), RunStrategy::RerunOnFailure);
    assert_eq!(vm.instancetype(), Some("u1.small"));
    assert_eq!(vm.requested(), Requested { vcpus: Some(2), memory_bytes: Some(512 << 20) });
    assert!(vm.restart_required() && vm.start_pending());
    assert_eq!(vm.status.printable_status.as_deref(), Some("Running"));
    assert_eq!(vm.status.state_change_requests[0].action, StateChange::Stop);
}

/// What is kept of an instance decides how many a replica can hold while it lists.
#[test]
fn a_9_kb_vmi_sheds_managed_fields_and_most_of_its_size() {
    assert!(VMI.len() > 8000 && VMI.contains("managedFields"), "the fixture is as large as a real one");
    let kept = serde_json::to_string(&serde_json::from_str::<Vmi>(VMI).unwrap()).unwrap();
    for dropped in ["managedFields", "fieldsV1", "last-applied", "cloud-config", "ownerReferences"] {
        assert!(!kept.contains(dropped), "{dropped} is kept");
    }
    assert!(kept.len() * 5 < VMI.len(), "{} of {} bytes are kept", kept.len(), VMI.len());
}

#[test]
fn nulls_and_absent_parts_are_defaults() {
    for json in [
        r#"{"metadata":{"name":"a"}}"#,
        r#"{"metadata":{"name":"a"},"spec":{},"status":null}"#,
        r#"{"metadata":{"name":"a"},"status":{"conditions":null,"interfaces":null,"guestOSInfo":null,"phase":null}}"#,
    ] {
        let vmi: Vmi = serde_json::from_str(json).unwrap();
        assert_eq!(vmi.status.phase, Phase::Unset);
        let vm: Vm = serde_json::from_str(json).unwrap();
        assert!(vm.status.state_change_requests.is_empty());
    }
}

#[test]
fn hostile_texts_are_cleaned_and_lists_are_bounded() {
    let conditions = vec![serde_json::json!({ "type": "X", "message": "a\u{0}b".repeat(5000) }); 500];
    let json = serde_json::json!({ "metadata": { "name": "a" }, "status": { "conditions": conditions,
        "interfaces": vec![serde_json::json!({ "name": "i" }); 500] } });
    let vmi: Vmi = serde_json::from_value(json).unwrap();
    assert!(vmi.status.conditions.0.len() < 100 && vmi.status.interfaces.len() < 100);
    let message = &vmi.status.conditions.0[0].message;
    assert!(message.chars().count() <= 1024 && !message.contains('\0'));
}

#[test]
fn sizes_follow_kubevirts_defaulting() {
    let sized = |domain: serde_json::Value| {
        let json = serde_json::json!({ "metadata": { "name": "a" }, "spec": { "domain": domain } });
        serde_json::from_value::<Vmi>(json).unwrap().requested()
    };
    let limits = sized(serde_json::json!({ "resources": { "limits": { "cpu": "1500m", "memory": "1Gi" } } }));
    assert_eq!(limits, Requested { vcpus: Some(2), memory_bytes: Some(1 << 30) });
    let numbers = sized(serde_json::json!({ "resources": { "requests": { "cpu": 2, "memory": 1024 } } }));
    assert_eq!(numbers, Requested { vcpus: Some(2), memory_bytes: Some(1024) });
    assert_eq!(sized(serde_json::json!({ "devices": {} })), Requested::default());
    let absurd = serde_json::json!({ "cpu": { "cores": u32::MAX, "sockets": 2 } });
    assert_eq!(sized(absurd).vcpus, None, "an overflow is no size");
}
