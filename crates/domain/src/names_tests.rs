use super::*;
use proptest::prelude::*;

#[test]
fn good_names_are_taken_as_they_are() {
    for name in ["a", "shop", "shop-2", "a1-b2-c3", "abcdefghijklmno"] {
        assert_eq!(name.parse::<SystemName>().unwrap().as_str(), name);
    }
}

#[test]
fn bad_names_are_refused_with_a_code() {
    for name in ["", "-", "1a", "a-", "-a", "a--b", "A", "a_b", "a.b", "ä", "abcdefghijklmnop", "a b", "a\n"]
    {
        let error = name.parse::<ServiceName>().unwrap_err();
        assert_eq!(error.code(), "NAME_INVALID", "{name}");
        assert_eq!(error.params()["max"], 15);
    }
    assert!("a".repeat(24).parse::<NamespaceName>().is_ok());
    assert!("a".repeat(25).parse::<NamespaceName>().is_err());
    let hostile = "x".repeat(100_000).parse::<EnvironmentName>().unwrap_err();
    assert!(hostile.to_string().len() < 400);
}

#[test]
fn a_vm_name_has_two_digits_or_more() {
    let prefix = vm_prefix(&"team-a".parse().unwrap(), &"shop".parse().unwrap(), &"web".parse().unwrap());
    assert_eq!(vm_name(&prefix, 1).unwrap(), "team-a-shop-web-01");
    assert_eq!(vm_name(&prefix, 123).unwrap(), "team-a-shop-web-123");
    assert_eq!(vm_name(&prefix, 0).unwrap_err().code(), "NAMES_EXHAUSTED");
    assert_eq!(short_name("team-a-shop-web-01", "team-a", "shop"), "web-01");
    assert_eq!(short_name("adopted", "team-a", "shop"), "adopted");
}

#[test]
fn json_is_checked_too() {
    assert!(serde_json::from_str::<NamespaceName>("\"Nope\"").is_err());
    assert_eq!(serde_json::to_string(&"ok".parse::<NamespaceName>().unwrap()).unwrap(), "\"ok\"");
}

fn label(max: usize) -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,6}){0,4}".prop_filter("length", move |s| s.len() <= max)
}

proptest! {
    #[test]
    fn a_vm_name_is_always_a_label_within_63(
        namespace in label(24), system in label(15), service in label(15), number in 1..=LONGEST_NUMBER,
    ) {
        let prefix = vm_prefix(
            &namespace.parse().unwrap(), &system.parse().unwrap(), &service.parse().unwrap(),
        );
        let name = vm_name(&prefix, number).unwrap();
        prop_assert!(name.len() <= MAX_VM_NAME && is_label(&name, MAX_VM_NAME));
        prop_assert_eq!(short_name(&name, &namespace, &system), format!("{service}-{number:02}"));
    }

    #[test]
    fn any_text_is_a_name_or_an_error(text in ".{0,40}") {
        let label = regex_like(&text);
        prop_assert_eq!(text.parse::<SystemName>().is_ok(), label && text.len() <= 15);
    }
}

/// The database's CHECK, written another way.
fn regex_like(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(|part| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

#[test]
fn the_longest_name_fits_exactly() {
    let prefix = vm_prefix(
        &"n".repeat(24).parse().unwrap(),
        &"s".repeat(15).parse().unwrap(),
        &"v".repeat(15).parse().unwrap(),
    );
    assert_eq!(vm_name(&prefix, 999_999).unwrap().len(), 63);
    assert!(vm_name(&prefix, 1_000_000).is_err());
}
