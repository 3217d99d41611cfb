use super::*;
use serde_json::json;

fn field(name: &str, kind: FieldKind) -> Field {
    Field { name: name.into(), kind, required: false, pattern: None, choices: Vec::new() }
}

fn asked() -> Vec<Field> {
    vec![
        Field { required: true, pattern: Some("CHG[0-9]{4}".into()), ..field("change", FieldKind::Text) },
        Field { choices: vec!["red".into(), "blue".into()], ..field("team", FieldKind::Choice) },
        field("count", FieldKind::Number),
        field("urgent", FieldKind::Boolean),
        field("until", FieldKind::Date),
    ]
}

fn given(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn faults(value: Value) -> Vec<(String, &'static str)> {
    let faults = check(&asked(), &given(value)).unwrap_err();
    faults.into_iter().map(|fault| (fault.name, fault.code)).collect()
}

#[test]
fn values_are_kept_in_one_form() {
    let values = check(
        &asked(),
        &given(json!({
            "change": " CHG0001 ", "team": "blue", "count": -3, "urgent": false, "until": "2026-02-28"
        })),
    );
    let expected = json!({
        "change": "CHG0001", "count": -3, "team": "blue", "until": "2026-02-28", "urgent": false
    });
    assert_eq!(json!(values.unwrap()), expected);
    let few = check(&asked(), &given(json!({ "change": "CHG0001", "team": "", "count": null })));
    assert_eq!(json!(few.unwrap()), json!({ "change": "CHG0001" }), "nothing is nothing");
}

#[test]
fn every_fault_is_told_at_once() {
    assert_eq!(faults(json!({})), [("change".to_owned(), "REQUIRED")]);
    let found = faults(json!({
        "change": "CHG1", "team": "green", "count": 1.5, "urgent": "yes", "until": "2026-2-28", "x": 1
    }));
    let codes: Vec<&str> = found.iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, ["FIELD_UNKNOWN", "PATTERN", "FIELD_CHOICE", "FIELD_TYPE", "FIELD_TYPE", "FIELD_TYPE"]);
    for bad in [json!("CHG0001\u{7}"), json!(7), json!("CHG0001\nCHG0002"), json!(["CHG0001"])] {
        assert_eq!(faults(json!({ "change": bad })).len(), 1, "{bad}");
    }
    for bad in ["2026-02-30", "26-02-01", "2026-02-01T00:00:00Z"] {
        assert_eq!(faults(json!({ "change": "CHG0001", "until": bad })).len(), 1, "{bad}");
    }
    assert_eq!(faults(json!({ "change": "CHG0001", "count": 1_i64 << 53 })).len(), 1);
}

#[test]
fn a_field_that_cannot_be_answered_cannot_be_defined() {
    let text = |pattern: &str| Field { pattern: Some(pattern.into()), ..field("a", FieldKind::Text) };
    for pattern in ["(", "a)|(b", &"(a{99}){99}".repeat(2), &"a".repeat(201)] {
        assert_eq!(check_definition(&text(pattern)), Err(DefinitionError::Pattern), "{pattern}");
    }
    assert_eq!(check_definition(&text("[a-z]+")), Ok(()));
    let number = Field { pattern: Some("1".into()), ..field("a", FieldKind::Number) };
    assert_eq!(check_definition(&number), Err(DefinitionError::PatternOfNoText));
    let choice = |of: &[&str]| Field {
        choices: of.iter().map(|text| (*text).to_owned()).collect(),
        ..field("a", FieldKind::Choice)
    };
    assert_eq!(check_definition(&choice(&[])), Err(DefinitionError::Choices));
    assert_eq!(check_definition(&choice(&["a", "a"])), Err(DefinitionError::ChoiceTwice));
    assert_eq!(check_definition(&choice(&["a", " "])), Err(DefinitionError::ChoiceTwice));
    assert_eq!(check_definition(&choice(&["a", "b"])), Ok(()));
    let list = Field { choices: vec!["a".into()], ..field("a", FieldKind::Text) };
    assert_eq!(check_definition(&list), Err(DefinitionError::Choices));
}
