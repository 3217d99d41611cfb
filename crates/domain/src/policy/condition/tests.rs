use super::*;
use crate::policy::Input;
use crate::reason::Coded;
use proptest::prelude::*;

fn full() -> Input {
    check::samples().swap_remove(0)
}

fn says(text: &str, input: &Input) -> Result<bool, String> {
    let program = Program::read(text).map_err(|error| error.code().to_owned())?;
    program.holds(&Scope::new(input)).map_err(|error| error.detail)
}

#[test]
fn conditions_hold_as_they_read() {
    let mut input = full();
    input.now = "2026-03-06T17:30:00Z".parse().unwrap();
    for (text, expected) in [
        ("true", true),
        ("request.operation == 'vm.create'", true),
        ("request.milli_vcpu > 2000 && request.memory_bytes >= 8589934592", true),
        ("request.disk_bytes > 40 * 1024 * 1024 * 1024", false),
        ("environment.protected && environment.name in ['prod', 'stage']", true),
        ("requester.groups.exists(g, g.startsWith('platform'))", true),
        ("requester.roles.all(r, r != 'approver')", true),
        ("'engineer' in requester.roles ? request.copies > 2 : false", true),
        ("has(request.fields.change_number) && request.fields.change_number == 'C-1'", true),
        ("has(request.fields.cost_centre)", false),
        ("request.field_names == ['change_number']", true),
        ("request.fields['change_number'].size() == 3", true),
        ("requester.roles.filter(r, r.endsWith('er')).size() == 2", true),
        ("requester.roles.exists(r, requester.groups.exists(g, g.contains(r)))", false),
        ("size.milli_vcpu == request.milli_vcpu && size.name == 'medium'", true),
        ("service.system == 'shop' && service.name == 'web'", true),
        ("!quota.exceeded || cost.hourly == 0", true),
        // Friday, half past one on Saturday in Shanghai.
        ("now.getDayOfWeek() == 5 && now.getDayOfWeek('Asia/Shanghai') == 6", true),
        ("now.getHours() >= 16 && now < timestamp('2027-01-01T00:00:00Z')", true),
        ("now - duration('1h') < now", true),
    ] {
        assert_eq!(says(text, &input), Ok(expected), "{text}");
        check(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn what_cannot_be_saved_says_why() {
    let long = format!("'{}' == ''", "x".repeat(2000));
    let wide = vec!["1 == 1"; 200].join(" || ");
    let deep = format!("{}1{} == []", "[".repeat(200), "]".repeat(200));
    let left = format!("1{} > 0", " + 1".repeat(100));
    let ternaries = format!("{}true", "true ? true : ".repeat(40));
    for (text, code) in [
        ("", "POLICY_CONDITION_SYNTAX"),
        ("request.", "POLICY_CONDITION_SYNTAX"),
        ("request.milli_vcpu >", "POLICY_CONDITION_SYNTAX"),
        ("'open", "POLICY_CONDITION_SYNTAX"),
        ("a.?b", "POLICY_CONDITION_SYNTAX"),
        ("request.milli_cpu > 1", "POLICY_CONDITION_UNKNOWN_NAME"),
        ("false && request.cpu > 1", "POLICY_CONDITION_UNKNOWN_NAME"),
        ("user == 'kim'", "POLICY_CONDITION_UNKNOWN_NAME"),
        ("requester.name.first == 'kim'", "POLICY_CONDITION_UNKNOWN_NAME"),
        ("request.milli_vcpu + 1", "POLICY_CONDITION_TYPE"),
        ("request.milli_vcpu", "POLICY_CONDITION_TYPE"),
        ("request.milli_vcpu == 1 || 'text'", "POLICY_CONDITION_TYPE"),
        ("request.milli_vcpu > 'many'", "POLICY_CONDITION_TYPE"),
        ("false && request.milli_vcpu > 'many'", "POLICY_CONDITION_TYPE"),
        ("requester.name.matches('^k.*')", "POLICY_CONDITION_UNSUPPORTED"),
        ("env('HOME') == ''", "POLICY_CONDITION_UNSUPPORTED"),
        ("google.protobuf.Timestamp{seconds: 1} == now", "POLICY_CONDITION_UNSUPPORTED"),
        (&long, "POLICY_CONDITION_TOO_LARGE"),
        (&wide, "POLICY_CONDITION_TOO_LARGE"),
        (&deep, "POLICY_CONDITION_TOO_NESTED"),
        (&left, "POLICY_CONDITION_TOO_NESTED"),
        (&ternaries, "POLICY_CONDITION_TOO_NESTED"),
        ("[1].exists(a, [1].exists(b, [1].exists(c, a == b && b == c)))", "POLICY_CONDITION_TOO_NESTED"),
    ] {
        assert_eq!(check(text).map_err(|error| error.code()), Err(code), "{text}");
    }
    let Err(ConditionError::Syntax { line, column, .. }) = check("true &&\n  * 3") else {
        panic!("it was read")
    };
    assert_eq!((line, column), (2, 3));
}

#[test]
fn what_only_some_inputs_lack_is_a_warning_and_no_answer_later() {
    let warnings = check("request.fields.change_number.startsWith('C')").unwrap();
    assert_eq!(warnings[0].code, "POLICY_CONDITION_MAY_FAIL");
    for (text, detail) in [
        ("request.fields.other == 'x'", "there is no other"),
        ("requester.groups[7] == 'x'", "an index out of range"),
        ("1 / (request.copies - 3) == 1", "a division by zero"),
        ("request.memory_bytes * request.memory_bytes > 0", "a number out of range"),
        ("request.fields.all(name, name != '')", "a macro runs over a list of at most 100 items"),
    ] {
        assert_eq!(says(text, &full()), Err(detail.to_owned()), "{text}");
    }
    let mut input = full();
    input.requester_groups = (0..101).map(|n| format!("g{n}")).collect();
    assert!(says("requester.groups.exists(g, g == 'g100')", &input).is_err());
    assert_eq!(says("'g100' in requester.groups", &input), Ok(true));
}

/// The worst that is admitted runs on a worker of any stack, in a debug build too.
#[test]
fn the_deepest_condition_finds_room() {
    let mut deep = "true".to_owned();
    for _ in 0..15 {
        deep = format!("!(false || {deep})");
    }
    let roles = "requester.roles.exists(r, requester.groups.exists(g, (((((r + g + r + g))))) == g))";
    for text in [deep, roles.to_owned()] {
        let run = move || says(&text, &full());
        let small = std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap();
        assert!(small.join().unwrap().is_ok());
    }
}

#[test]
fn what_a_rule_read_is_told_with_its_values() {
    let rule = |condition| crate::policy::PolicyVersion {
        policy: "a".into(),
        version: 1,
        title: "A".into(),
        effect: crate::states::PolicyEffect::Deny,
        enforcement: crate::states::Enforcement::Hard,
        operations: vec![],
        condition,
        stages: vec![],
        reason_code: "A".into(),
        override_role: None,
        pending: None,
    };
    let text =
        "requester.groups.exists(g, g == service.name) && has(request.fields.other) && now.getHours() > 1";
    let read = read_by(&rule(Condition::of(Some(true), Some(text.into()))), &full());
    let names: Vec<_> = read.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "environment.protected",
            "now",
            "request.fields.other",
            "request.operation",
            "requester.groups",
            "service.name"
        ]
    );
    assert_eq!(read[2].1, serde_json::Value::Null);
    assert_eq!(read[4].1, serde_json::json!(["platform-team"]));
    assert_eq!(read_by(&rule(Condition::Always), &full()).len(), 1);
}

fn fragment() -> impl Strategy<Value = String> {
    let words = vec![
        "request",
        "requester",
        ".",
        "groups",
        "fields",
        "exists",
        "all",
        "map",
        "filter",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "?",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "==",
        "<",
        "in",
        "has",
        "g",
        "1",
        "9223372036854775807",
        "'x'",
        "\"",
        "'",
        "r'",
        "b'\\xff'",
        "\\",
        "1.5",
        "1u",
        "true",
        "null",
        " ",
        "\n",
        "//",
        "é",
        "名",
        "size",
        "now",
        "@range",
        "timestamp",
        "duration",
        "0x",
        "1e999",
        "`",
    ];
    prop_oneof![
        3 => prop::collection::vec(prop::sample::select(words), 0..40).prop_map(|words| words.concat()),
        1 => any::<String>(),
        1 => ("[(\\[{!-]{1,5}", 1..300_usize).prop_map(|(text, times)| text.repeat(times)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_text_breaks_anything(text in fragment()) {
        let _ = check(&text);
        if let Ok(program) = Program::read(&text) {
            let scope = Scope::new(&full());
            prop_assert_eq!(program.holds(&scope), program.holds(&scope));
        }
    }
}
