use super::*;
use proptest::prelude::*;
use serde_json::json;

fn defaults() -> Vec<String> {
    DEFAULT_ALLOWED.iter().map(|path| (*path).to_owned()).collect()
}

fn fields(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
    pairs.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect()
}

fn code(pairs: &[(&str, Value)]) -> &'static str {
    check(&fields(pairs), &defaults()).err().map_or("", |error| error.code())
}

#[test]
fn what_admins_begin_with_can_be_on_the_list() {
    for path in DEFAULT_ALLOWED {
        assert_eq!(check_path(path), Ok(()), "{path}");
    }
}

#[test]
fn what_shepherd_renders_is_never_for_templates() {
    for path in ["volumes", "domain", "domain.memory.guest", "domain.cpu", "domain.devices.disks", "hostname"]
    {
        assert_eq!(check_path(path).unwrap_err().code(), "ADVANCED_PATH_RESERVED", "{path}");
    }
    for path in ["", ".", "a.", "a..b", "a[0]", "a/b", "a-b", "Domain", "a b", "__proto__", &"a.".repeat(101)]
    {
        assert_eq!(check_path(path).unwrap_err().code(), "ADVANCED_PATH_INVALID", "{path}");
    }
    assert_eq!(check_path("domain.memoryless"), Ok(()), "a name that only begins like one");
}

#[test]
fn only_listed_paths_with_plain_values_are_set() {
    assert_eq!(
        code(&[("domain.cpu.model", json!("host-passthrough")), ("evictionStrategy", json!("None"))]),
        ""
    );
    assert_eq!(code(&[("domain.cpu.features", json!("x"))]), "ADVANCED_PATH_NOT_ALLOWED");
    for value in
        [json!(null), json!([1]), json!(1.5), json!({"a": [1]}), json!("x".repeat(1100)), json!("a\u{7}")]
    {
        assert_eq!(code(&[("domain.cpu.model", value)]), "ADVANCED_VALUE_INVALID");
    }
    let broad = ["domain.features".to_owned()];
    let overlap =
        fields(&[("domain.features.acpi", json!({})), ("domain.features.acpi.enabled", json!(true))]);
    assert_eq!(check(&overlap, &broad).unwrap_err().code(), "ADVANCED_PATH_OVERLAPS");
    let many: BTreeMap<String, Value> =
        (0..31).map(|n| (format!("domain.features.f{n}"), json!(true))).collect();
    assert_eq!(check(&many, &broad), Err(AdvancedError::TooMany));
}

#[test]
fn fields_are_set_and_nothing_is_replaced() {
    let mut spec = json!({ "domain": { "cpu": { "cores": 2 } } });
    set(
        &mut spec,
        &fields(&[
            ("domain.cpu.model", json!("m")),
            ("domain.cpu.cores", json!(9)),
            ("domain.clock.timezone", json!("UTC")),
        ]),
    );
    assert_eq!(
        spec,
        json!({ "domain": { "cpu": { "cores": 2, "model": "m" }, "clock": { "timezone": "UTC" } } })
    );
}

#[test]
fn a_value_is_judged_by_the_clusters_own_schema() {
    let code = |schema: Value, value: Value| {
        let whole = json!({ "properties": { "domain": { "properties": { "x": schema } } } });
        against(&whole, "domain.x", &value).map_or("", |(code, _)| code)
    };
    assert_eq!(code(json!({ "type": "string" }), json!("a")), "");
    assert_eq!(code(json!({ "type": "string" }), json!(true)), "ADVANCED_VALUE_REFUSED");
    let object = json!({ "type": "object", "properties": { "enabled": { "type": "boolean" } } });
    assert_eq!(code(object.clone(), json!({ "enabled": true })), "");
    assert_eq!(code(object.clone(), json!({ "enabled": "yes" })), "ADVANCED_VALUE_REFUSED");
    assert_eq!(code(object, json!({ "other": true })), "ADVANCED_VALUE_REFUSED");
    assert_eq!(code(json!({ "type": "string", "enum": ["a", "b"] }), json!("c")), "ADVANCED_VALUE_REFUSED");
    let quantity = json!({ "x-kubernetes-int-or-string": true });
    assert_eq!(
        (code(quantity.clone(), json!(1)), code(quantity, json!(true))),
        ("", "ADVANCED_VALUE_REFUSED")
    );
    let unknown = |path| against(&json!({ "properties": { "a": { "type": "object" } } }), path, &json!(1));
    assert_eq!(unknown("b").unwrap().0, "ADVANCED_FIELD_UNKNOWN");
    assert_eq!(unknown("a.b").unwrap().0, "ADVANCED_FIELD_UNKNOWN");
    let open = json!({ "properties": { "a": { "x-kubernetes-preserve-unknown-fields": true } } });
    assert_eq!(against(&open, "a.b.c", &json!(1)), None, "what a cluster keeps as it is cannot be judged");
}

proptest! {
    #[test]
    fn no_field_that_may_be_allowed_ever_replaces_what_is_rendered(path in "[a-z]{1,8}(\\.[a-zA-Z]{1,8}){0,4}") {
        let rendered = json!({
            "domain": { "cpu": { "cores": 1 }, "memory": { "guest": "1Mi" }, "devices": { "disks": [] } },
            "hostname": "a", "networks": [], "volumes": [],
        });
        if check_path(&path).is_ok() {
            let mut spec = rendered.clone();
            set(&mut spec, &fields(&[(&path, json!("x"))]));
            for pointer in ["/domain/cpu/cores", "/domain/memory", "/domain/devices/disks", "/hostname", "/networks", "/volumes"] {
                prop_assert_eq!(spec.pointer(pointer), rendered.pointer(pointer));
            }
        }
    }
}
