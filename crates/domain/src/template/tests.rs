use super::*;
use crate::reason::Coded;
use proptest::prelude::*;

fn variable(name: &str, default: Option<&str>, pattern: Option<&str>) -> Variable {
    Variable {
        name: name.into(),
        title: name.to_uppercase(),
        default: default.map(Into::into),
        pattern: pattern.map(Into::into),
    }
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
    let values = resolve(variables, &values(given))?;
    Template { user_data: text, variables }.render(&values, &["ssh-ed25519 AAAA a@b".into()], "web-01")
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
    let Err(TemplateError::Variables(errors)) = resolve(&web(), &given) else { panic!("taken") };
    let codes: Vec<_> = errors.iter().map(|error| (error.name.as_str(), error.code)).collect();
    assert_eq!(
        codes,
        [("colour", "VARIABLE_UNKNOWN"), ("user", "VARIABLE_MISMATCH"), ("page", "VARIABLE_MISSING")]
    );
    let error = TemplateError::Variables(errors);
    assert!(!error.to_string().contains("Secret!"));
    assert_eq!(error.params()["variables"][1]["code"], "VARIABLE_MISMATCH");
    for bad in ["\u{7}", "\r", &"x".repeat(4097)] {
        let errors = resolve(&[variable("page", None, None)], &values(&[("page", bad)])).unwrap_err();
        assert_eq!(errors.params()["variables"][0]["code"], "VARIABLE_INVALID");
    }
}

#[test]
fn a_pattern_matches_the_whole_value() {
    let numbers = [variable("n", None, Some("1|[0-9]+"))];
    assert!(resolve(&numbers, &values(&[("n", "42")])).is_ok());
    for bad in ["a1", "1a", "42\n", ""] {
        assert!(resolve(&numbers, &values(&[("n", bad)])).is_err(), "{bad:?}");
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
        Template { user_data, variables }.check(GuestFamily::Linux).map_err(|error| error.code())
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
    let windows = Template { user_data: "", variables: &[] }.check(GuestFamily::Windows);
    assert_eq!(windows.unwrap_err().code(), "GUEST_FAMILY_UNSUPPORTED");
}

#[test]
fn the_hash_leaves_the_host_out_and_nothing_else() {
    let variables = web();
    let template = Template { user_data: WEB, variables: &variables };
    let hash = |page: &str, keys: &[String]| {
        template.user_data_hash(&resolve(&variables, &values(&[("page", page)])).unwrap(), keys).unwrap()
    };
    assert_eq!(hash("a", &[]), hash("a", &[]));
    assert_ne!(hash("a", &[]), hash("b", &[]));
    assert_ne!(hash("a", &[]), hash("a", &["ssh-ed25519 AAAA".into()]));
    assert_eq!(
        content_hash(&serde_json::json!({"a": 1, "b": 2})).unwrap(),
        content_hash(&serde_json::json!({"b": 2, "a": 1})).unwrap()
    );
}

proptest! {
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
