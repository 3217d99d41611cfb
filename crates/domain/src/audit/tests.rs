use super::*;
use proptest::prelude::*;
use serde_json::json;

fn record() -> AuditRecord {
    let at = DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap();
    AuditRecord {
        actor_id: Some(PrincipalId(Uuid::from_u128(1))),
        actor_name: "eve".into(),
        source_address: Some("127.0.0.1".into()),
        after: Some(json!({"name": "shop", "password": "hunter2", "size": 3})),
        ..AuditRecord::new(at, "system.create", AuditOutcome::Success).about(
            "system",
            SystemId(Uuid::nil()),
            "shop",
        )
    }
}

#[test]
fn the_leaf_is_the_hash_of_pinned_bytes() {
    let sealed = seal(record()).unwrap();
    let nil = Uuid::nil();
    let expected = format!(
        r#"{{"action":"system.create","actor_id":"00000000-0000-0000-0000-000000000001","actor_name":"eve","after":{{"name":"shop","password":"[redacted]","size":3}},"at":"2023-11-14T22:13:20.123456Z","before":null,"code":null,"environment_id":null,"on_behalf_of":null,"outcome":"success","request_id":null,"resource_id":"{nil}","resource_kind":"system","resource_name":"shop","source_address":"127.0.0.1","system_id":null,"v":1,"vm_id":null}}"#
    );
    assert_eq!(String::from_utf8_lossy(sealed.canonical()), expected);
    assert_eq!(sealed.leaf(), LeafHash::of(expected.as_bytes()));
}

#[test]
fn what_is_written_is_what_was_sealed() {
    let sealed = seal(record()).unwrap();
    assert_eq!(sealed.record().after.as_ref().unwrap()["password"], REDACTED);
    assert_eq!(sealed.record().at.timestamp_subsec_nanos(), 123_456_000);
    assert_eq!(seal(sealed.record().clone()).unwrap(), sealed);
}

#[test]
fn hostile_names_can_be_stored() {
    let typed = format!("\0{}", "x".repeat(100_000));
    let sealed = seal(AuditRecord { actor_name: typed, ..record() }).unwrap();
    assert!(sealed.record().actor_name.starts_with('\u{fffd}'));
    assert_eq!(sealed.record().actor_name.chars().count(), 300);
}

#[test]
fn every_column_is_in_the_leaf() {
    let first = seal(record()).unwrap().leaf();
    let id = Uuid::from_u128(9);
    let changes: [fn(&mut AuditRecord, Uuid); 17] = [
        |r, _| r.at += chrono::TimeDelta::microseconds(1),
        |r, id| r.actor_id = Some(PrincipalId(id)),
        |r, _| r.actor_name.push('x'),
        |r, id| r.on_behalf_of = Some(PrincipalId(id)),
        |r, _| r.action.push('x'),
        |r, _| r.outcome = AuditOutcome::Denied,
        |r, _| r.resource_kind.push('x'),
        |r, _| r.resource_id = None,
        |r, _| r.resource_name.push('x'),
        |r, id| r.system_id = Some(SystemId(id)),
        |r, id| r.environment_id = Some(EnvironmentId(id)),
        |r, id| r.vm_id = Some(VmId(id)),
        |r, id| r.request_id = Some(RequestId(id)),
        |r, _| r.source_address = None,
        |r, _| r.code = Some("X".into()),
        |r, _| r.before = Some(json!({})),
        |r, _| r.after = None,
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut changed = record();
        change(&mut changed, id);
        assert_ne!(seal(changed).unwrap().leaf(), first, "change {index} is not in the leaf");
    }
}

#[test]
fn secrets_go_and_what_is_about_them_stays() {
    let value = json!({
        "Password": "a", "new_password": "b", "apiToken": "c", "kubeconfig": {"users": ["d"]}, "userData": "e",
        "user_data": "e", "clientSecret": "f", "PRIVATE_KEY": "g", "ssh": "-----BEGIN PRIVATE KEY-----\nh",
        "cloud": "#cloud-config\npassword: i", "nested": [{"x": {"secret": ["j"]}}],
        "object": {"kind": "Secret", "data": {"k": "azEy"}, "metadata": {"name": "kept"}},
        "token_id": "kept", "user_data_hash": "kept", "must_change_password": true, "password_changed_at": "kept",
        "secret_name": "kept", "tokens": null, "name": "kept", "nul": "a\u{0}b",
    });
    let shown = redact(&value);
    let text = shown.to_string();
    for secret in
        ["\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\"", "\"f\"", "\"g\"", "\nh", "\"j\"", "azEy", ": i"]
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(text.matches("kept").count(), 6, "{text}");
    assert_eq!(shown["must_change_password"], true);
    assert_eq!(shown["nul"], "a\u{fffd}b");
    assert_eq!(shown.as_object().unwrap().len(), value.as_object().unwrap().len());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let key = prop_oneof![Just("password".to_owned()), Just("apiToken".to_owned()), "[a-zA-Z_]{1,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn redacting_is_final_and_leaves_no_secret(value in any_json()) {
        let once = redact(&value);
        prop_assert_eq!(&redact(&once), &once);
        fn secrets(value: &Value) -> bool {
            match value {
                Value::Object(fields) => fields.iter().any(|(key, value)| {
                    let secret = key == "password" || key == "apiToken";
                    let shown = !value.is_boolean() && value.as_str() != Some("") && value != REDACTED;
                    (secret && shown) || secrets(value)
                }),
                Value::Array(items) => items.iter().any(secrets),
                _ => false,
            }
        }
        prop_assert!(!secrets(&once));
    }
}
