use super::*;
use crate::ids::SecretId;
use crate::reason::Coded;
use proptest::prelude::*;

fn variable(name: &str, default: Option<&str>, pattern: Option<&str>) -> Variable {
    Variable {
        name: name.into(),
        title: name.to_uppercase(),
        default: default.map(Into::into),
        pattern: pattern.map(Into::into),
        kind: VariableKind::Text,
        min: None,
        max: None,
        choices: vec![],
    }
}

fn of_kind(name: &str, kind: VariableKind) -> Variable {
    Variable { kind, ..variable(name, None, None) }
}

fn linux<'a>(user_data: &'a str, variables: &'a [Variable]) -> Template<'a> {
    Template { family: GuestFamily::Linux, user_data, variables }
}

fn windows<'a>(user_data: &'a str, variables: &'a [Variable]) -> Template<'a> {
    Template { family: GuestFamily::Windows, user_data, variables }
}

/// Values of texts alone.
fn plain(
    variables: &[Variable],
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, TemplateError> {
    resolve(variables, given, &BTreeMap::new()).map(|resolved| resolved.values)
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const WEB: &str = "#cloud-config
users:
  - name: \"{{ user }}\"
    ssh_authorized_keys: {{ ssh_authorized_keys }}
write_files:
  - path: /srv/index.html
    permissions: 0644
    content: |
      Hello from {{ hostname }}: {{ page }}
      {% raw %}{{ not a variable }} ${#list}{% endraw %}
";

fn web() -> Vec<Variable> {
    vec![variable("user", Some("demo"), Some("[a-z]{1,16}")), variable("page", None, None)]
}

fn render(text: &str, variables: &[Variable], given: &[(&str, &str)]) -> Result<String, TemplateError> {
    let values = plain(variables, &values(given))?;
    linux(text, variables).render(&values, &["ssh-ed25519 AAAA a@b".into()], "web-01")
}

fn code(text: &str, variables: &[Variable], given: &[(&str, &str)]) -> &'static str {
    render(text, variables, given).unwrap_err().code()
}

#[test]
fn a_template_is_filled_in_and_otherwise_kept() {
    let expected = r#"#cloud-config
users:
  - name: "demo"
    ssh_authorized_keys: ["ssh-ed25519 AAAA a@b"]
write_files:
  - path: /srv/index.html
    permissions: 0644
    content: |
      Hello from web-01: hi
      {{ not a variable }} ${#list}
hostname: "web-01"
"#;
    assert_eq!(render(WEB, &web(), &[("page", "hi")]).unwrap(), expected);
}

#[test]
fn keys_and_host_name_are_added_where_the_template_does_not_place_them() {
    let text = render("#cloud-config\nruncmd: [ls]", &[], &[]).unwrap();
    assert_eq!(
        text,
        "#cloud-config\nruncmd: [ls]\nhostname: \"web-01\"\nssh_authorized_keys:\n  - \"ssh-ed25519 AAAA a@b\"\n"
    );
    let own = render("#cloud-config\nfqdn: a.example\n", &[], &[]).unwrap();
    assert!(!own.contains("hostname"));
    let empty = render("", &[], &[]).unwrap();
    assert!(empty.starts_with("#cloud-config\nhostname: \"web-01\"\n"));
    assert!(render("#cloud-config\n# nothing yet\n", &[], &[]).unwrap().contains("AAAA"));
}

#[test]
fn every_bad_value_is_named_and_none_is_shown() {
    let given = values(&[("user", "Secret!"), ("colour", "red")]);
    let Err(TemplateError::Variables(errors)) = plain(&web(), &given) else { panic!("taken") };
    let codes: Vec<_> = errors.iter().map(|error| (error.name.as_str(), error.code)).collect();
    assert_eq!(
        codes,
        [("colour", "VARIABLE_UNKNOWN"), ("user", "VARIABLE_MISMATCH"), ("page", "VARIABLE_MISSING")]
    );
    let error = TemplateError::Variables(errors);
    assert!(!error.to_string().contains("Secret!"));
    assert_eq!(error.params()["variables"][1]["code"], "VARIABLE_MISMATCH");
    for bad in ["\u{7}", "\r", &"x".repeat(4097)] {
        let errors = plain(&[variable("page", None, None)], &values(&[("page", bad)])).unwrap_err();
        assert_eq!(errors.params()["variables"][0]["code"], "VARIABLE_INVALID");
    }
}

#[test]
fn a_pattern_matches_the_whole_value() {
    let numbers = [variable("n", None, Some("1|[0-9]+"))];
    assert!(plain(&numbers, &values(&[("n", "42")])).is_ok());
    for bad in ["a1", "1a", "42\n", ""] {
        assert!(plain(&numbers, &values(&[("n", bad)])).is_err(), "{bad:?}");
    }
}

#[test]
fn a_value_cannot_leave_its_place() {
    let page = [variable("page", None, None)];
    for template in [
        "#cloud-config\na: {{ page }}\n",
        "#cloud-config\na: \"{{ page }}\"\n",
        "#cloud-config\na: [{{ page }}]\n",
    ] {
        for attack in [
            "x\nruncmd: [reboot]",
            "x\"\nruncmd: [\"reboot",
            "x, y",
            "{b: c}",
            "[x]",
            "x]\nb: [y",
            "*anchor",
            "x: y",
        ] {
            match render(template, &page, &[("page", attack)]) {
                Err(error) => assert_eq!(error.code(), "VARIABLE_BREAKS_YAML", "{template} {attack}"),
                Ok(text) => {
                    let parsed = cloud_config::parse(&text).unwrap();
                    assert!(parsed.get("runcmd").is_none(), "{text}");
                    let place = if parsed["a"].is_array() { &parsed["a"][0] } else { &parsed["a"] };
                    assert_eq!(place, attack, "{text}");
                }
            }
        }
    }
}

#[test]
fn a_value_that_looks_like_a_template_is_text() {
    let page = [variable("page", None, None)];
    let text = render("#cloud-config\na: \"{{ page }}\"\n", &page, &[("page", "{{ hostname }}")]).unwrap();
    assert!(text.contains("a: \"{{ hostname }}\""));
}

#[test]
fn a_template_can_do_nothing_but_variables() {
    for body in [
        "a: {{ 'x' * 9 }}",
        "a: {{ page | upper }}",
        "a: {{ page.x }}",
        "a: {{ range(9) }}",
        "a: {{ page() }}",
        "a: {% if page %}x{% endif %}",
        "a: {% for i in page %}x{% endfor %}",
        "a: {% set x = 1 %}",
        "a: {% include 'x' %}",
        "a: {# x #}",
        "a: {{ page{% raw %} * 9{% endraw %} }}",
        "a: '{{.Names}}'",
        "a: {{",
        "a: }}",
        "a: {{ {{ page }} }}",
    ] {
        let text = format!("#cloud-config\n{body}\n");
        let error = render(&text, &[variable("page", None, None)], &[("page", "v")]).unwrap_err();
        assert_eq!(error, TemplateError::Syntax { line: 2 }, "{body}");
    }
    assert_eq!(code("#cloud-config\na: {{ b }}{{ c }}\n", &[], &[]), "TEMPLATE_UNDECLARED");
}

#[test]
fn what_is_no_cloud_config_is_refused() {
    for (text, expected) in [
        ("a: b\n", "TEMPLATE_NOT_CLOUD_CONFIG"),
        ("#!/bin/sh\n", "TEMPLATE_NOT_CLOUD_CONFIG"),
        ("#cloud-config\n- a\n", "TEMPLATE_YAML"),
        ("#cloud-config\na: [\n", "TEMPLATE_YAML"),
        ("#cloud-config\na: 1\na: 2\n", "TEMPLATE_YAML"),
        ("#cloud-config\n{a: b}\n", "TEMPLATE_YAML"),
        ("#cloud-config\na: b\n...\n", "TEMPLATE_YAML"),
        ("#cloud-config\na: b\n---\nc: d\n", "TEMPLATE_YAML"),
        ("#cloud-config\nssh_authorized_keys: [mine]\n", "TEMPLATE_RESERVED_KEY"),
    ] {
        assert_eq!(code(text, &[], &[]), expected, "{text}");
    }
    let bomb = "#cloud-config\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
        c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
        e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    assert_eq!(code(bomb, &[], &[]), "TEMPLATE_YAML");
}

#[test]
fn size_is_limited_before_and_after() {
    assert_eq!(code(&"#".repeat(MAX_USER_DATA + 1), &[], &[]), "TEMPLATE_TOO_LARGE");
    let text = format!("#cloud-config\na: \"{}\"\n", "{{ page }}".repeat(1000));
    let big = "x".repeat(4096);
    assert_eq!(code(&text, &[variable("page", None, None)], &[("page", &big)]), "TEMPLATE_TOO_LARGE");
}

#[test]
fn a_template_is_checked_when_it_is_published() {
    let check = |user_data: &str, variables: &[Variable]| {
        linux(user_data, variables).check().map_err(|error| error.code())
    };
    assert_eq!(check(WEB, &web()), Ok(()));
    assert_eq!(check(WEB, &[]), Err("TEMPLATE_UNDECLARED"));
    for bad in [
        variable("Name", None, None),
        variable("hostname", None, None),
        variable("page", None, Some("(")),
        variable("page", None, Some("a)|(b")),
        variable("page", None, Some("(a{99}){99}")),
        variable("page", Some("b"), Some("a")),
    ] {
        assert_eq!(check("", std::slice::from_ref(&bad)), Err("TEMPLATE_VARIABLE"), "{bad:?}");
    }
    assert_eq!(check("", &[variable("a", None, None), variable("a", None, None)]), Err("TEMPLATE_VARIABLE"));
    assert_eq!(
        check("#cloud-config\na: {{ a }}\n", &[variable("a", Some("[x]"), None)]),
        Err("VARIABLE_BREAKS_YAML")
    );
}

#[test]
fn the_hash_leaves_the_host_out_and_nothing_else() {
    let variables = web();
    let template = linux(WEB, &variables);
    let hash = |page: &str, keys: &[String]| {
        let resolved = resolve(&variables, &values(&[("page", page)]), &BTreeMap::new()).unwrap();
        template.user_data_hash(&resolved, keys).unwrap()
    };
    assert_eq!(hash("a", &[]), hash("a", &[]));
    assert_ne!(hash("a", &[]), hash("b", &[]));
    assert_ne!(hash("a", &[]), hash("a", &["ssh-ed25519 AAAA".into()]));
    assert_eq!(
        content_hash(&serde_json::json!({"a": 1, "b": 2})).unwrap(),
        content_hash(&serde_json::json!({"b": 2, "a": 1})).unwrap()
    );
}

#[test]
fn a_value_is_one_of_its_kind() {
    let integer = Variable { min: Some(-5), max: Some(80), ..of_kind("v", VariableKind::Integer) };
    let choice = Variable { choices: vec!["a".into(), "b c".into()], ..of_kind("v", VariableKind::Choice) };
    let boolean = of_kind("v", VariableKind::Boolean);
    let code = |variable: &Variable, value: &str| match plain(
        std::slice::from_ref(variable),
        &values(&[("v", value)]),
    ) {
        Ok(_) => "",
        Err(TemplateError::Variables(errors)) => errors[0].code,
        Err(other) => other.code(),
    };
    for (variable, good) in
        [(&integer, &["-5", "0", "80"][..]), (&choice, &["a", "b c"]), (&boolean, &["true", "false"])]
    {
        for value in good {
            assert_eq!(code(variable, value), "", "{value}");
        }
    }
    for (variable, bad, expected) in [
        (&integer, "-6", "VARIABLE_OUT_OF_RANGE"),
        (&integer, "81", "VARIABLE_OUT_OF_RANGE"),
        (&integer, "07", "VARIABLE_MISMATCH"),
        (&integer, "+7", "VARIABLE_MISMATCH"),
        (&integer, "1.5", "VARIABLE_MISMATCH"),
        (&integer, "99999999999999999999", "VARIABLE_MISMATCH"),
        (&choice, "A", "VARIABLE_MISMATCH"),
        (&choice, "", "VARIABLE_MISMATCH"),
        (&boolean, "yes", "VARIABLE_MISMATCH"),
    ] {
        assert_eq!(code(variable, bad), expected, "{bad}");
    }
}

#[test]
fn a_declaration_says_what_belongs_to_its_kind() {
    let detail = |variable: Variable| match linux("", &[variable]).check() {
        Err(TemplateError::Declaration { detail, .. }) => detail,
        other => panic!("{other:?}"),
    };
    for bad in [
        Variable { default: Some("x".into()), ..of_kind("v", VariableKind::Secret) },
        Variable { pattern: Some("x".into()), ..of_kind("v", VariableKind::Integer) },
        Variable { min: Some(1), ..of_kind("v", VariableKind::Text) },
        Variable { min: Some(2), max: Some(1), ..of_kind("v", VariableKind::Integer) },
        Variable { choices: vec!["a".into()], ..of_kind("v", VariableKind::Text) },
        of_kind("v", VariableKind::Choice),
        Variable { choices: vec!["a".into(), "a".into()], ..of_kind("v", VariableKind::Choice) },
        Variable { default: Some("maybe".into()), ..of_kind("v", VariableKind::Boolean) },
        of_kind("computer_name", VariableKind::Text),
    ] {
        assert!(!detail(bad).is_empty());
    }
    let old: Variable =
        serde_json::from_str(r#"{"name":"a","title":"A","default":null,"pattern":null}"#).unwrap();
    assert_eq!(old.kind, VariableKind::Text);
    assert_eq!(serde_json::to_value(&old).unwrap().as_object().unwrap().len(), 4, "and is written as it was");
}

#[test]
fn a_secret_is_known_by_its_id_alone() {
    let variables = [of_kind("password", VariableKind::Secret), variable("page", None, None)];
    let id = SecretId(uuid::Uuid::from_u128(5));
    let given = BTreeMap::from([("password".to_owned(), id)]);
    let resolved = resolve(&variables, &values(&[("page", "hi")]), &given).unwrap();
    assert_eq!((resolved.values.len(), resolved.secrets["password"]), (1, id));
    assert_eq!(resolved.shown()["password"], id.to_string());
    let template = linux("#cloud-config\npassword: {{ password }}\n", &variables);
    let hash = template.user_data_hash(&resolved, &[]).unwrap();
    let other = BTreeMap::from([("password".to_owned(), SecretId(uuid::Uuid::from_u128(6)))]);
    let other = resolve(&variables, &values(&[("page", "hi")]), &other).unwrap();
    assert_ne!(template.user_data_hash(&other, &[]).unwrap(), hash);
    let codes = |values: BTreeMap<String, String>, secrets| match resolve(&variables, &values, &secrets) {
        Err(TemplateError::Variables(errors)) => errors.into_iter().map(|e| e.code).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let page = BTreeMap::from([("page".to_owned(), id)]);
    assert_eq!(
        codes(values(&[("password", "hunter2"), ("page", "hi")]), BTreeMap::new()),
        ["VARIABLE_IS_SECRET"]
    );
    assert_eq!(codes(BTreeMap::new(), page), ["VARIABLE_MISSING", "VARIABLE_NOT_SECRET"]);
    let strict = Variable { pattern: Some("[a-z]{20,}".into()), ..variables[0].clone() };
    let error = judge(&strict, "hunter2").unwrap().unwrap();
    assert!(error.code == "VARIABLE_MISMATCH" && !error.to_string().contains("hunter2"));
}

const ANSWERS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="specialize">
    <component name="Microsoft-Windows-Shell-Setup">
      <ComputerName>{{ computer_name }}</ComputerName>
      <RegisteredOwner note="{{ owner }}">{{ owner }}</RegisteredOwner>
    </component>
  </settings>
</unattend>
"#;

#[test]
fn an_answer_file_is_filled_in_and_values_are_escaped() {
    let owner = [variable("owner", None, None)];
    let template = windows(ANSWERS, &owner);
    assert_eq!(template.check(), Ok(()));
    let text = template.render(&values(&[("owner", "A & <B> \"C\"")]), &[], "team-shop-windows-01").unwrap();
    assert!(text.contains("<ComputerName>shop-windows-01</ComputerName>"), "{text}");
    assert!(
        text.contains("<RegisteredOwner note=\"A &amp; &lt;B&gt; &quot;C&quot;\">A &amp; &lt;B&gt;"),
        "{text}"
    );
    assert_eq!(windows("", &[]).render(&BTreeMap::new(), &[], "a").unwrap(), "");
    let keys = ["ssh-ed25519 AAAA a@b".to_owned()];
    assert_eq!(
        template.render(&values(&[("owner", "x")]), &keys, "a").unwrap_err().code(),
        "SSH_KEYS_NOT_TAKEN"
    );
    let code = |text: &str| windows(text, &owner).check().unwrap_err().code();
    assert_eq!(code("<unattend/>"), "TEMPLATE_NOT_UNATTEND");
    assert_eq!(code("<a xmlns='urn:schemas-microsoft-com:unattend'/>"), "TEMPLATE_NOT_UNATTEND");
    assert_eq!(code("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "TEMPLATE_XML");
    assert_eq!(code("#cloud-config\n"), "TEMPLATE_XML");
    assert_eq!(windows("<a>\n<b>\n</a>", &[]).check(), Err(TemplateError::Xml { line: Some(3) }));
    assert_eq!(code(&ANSWERS.replace("owner", "other")), "TEMPLATE_UNDECLARED");
    assert_eq!(
        linux("#cloud-config\na: {{ computer_name }}\n", &[]).check().unwrap_err().code(),
        "TEMPLATE_UNDECLARED"
    );
}

proptest! {
    #[test]
    fn whatever_the_value_the_xml_keeps_its_elements(value in any::<String>(), markup in "[ -~]{0,30}") {
        let owner = [variable("owner", None, None)];
        let aside = ANSWERS.replace("</settings>", "</settings><!-- {{ owner }} -->");
        for value in [value, markup, "--><evil/><!--".into(), "]]>".into()] {
            for text in [ANSWERS, &aside] {
                if let Ok(text) = windows(text, &owner).render(&values(&[("owner", &value)]), &[], "host") {
                    let document = unattend::parse(&text).unwrap();
                    prop_assert_eq!(document.descendants().filter(|n| n.is_element()).count(), 5);
                }
            }
        }
    }

    #[test]
    fn whatever_the_value_the_yaml_keeps_its_keys(value in any::<String>(), plain in "[ -~\n]{0,40}") {
        let page = [variable("page", None, None)];
        let text = "#cloud-config\na: {{ page }}\nb: \"{{ page }}\"\nc: ['{{ page }}', d]\n";
        for value in [value, plain] {
            if let Ok(text) = render(text, &page, &[("page", &value)]) {
                let parsed = cloud_config::parse(&text).unwrap();
                let keys: Vec<_> = parsed.as_object().unwrap().keys().map(String::as_str).collect();
                prop_assert_eq!(keys, ["a", "b", "c", "hostname", "ssh_authorized_keys"]);
                prop_assert_eq!(parsed["c"].as_array().map(Vec::len), Some(2));
            }
        }
    }

    #[test]
    fn any_text_is_a_template_or_a_coded_error(body in "[a-z {}%#:\\[\\]\n\"'-]{0,60}") {
        let text = format!("#cloud-config\n{body}");
        if let Err(error) = render(&text, &[], &[]) {
            prop_assert!(!error.code().is_empty());
        }
    }
}
