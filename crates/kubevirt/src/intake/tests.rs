use super::*;

/// A CA made for this test; it signs nothing.
const CA: &str = include_str!("../../tests/fixtures/ca.pem");

fn encoded(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn kubeconfig(cluster: &str, user: &str) -> SecretString {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: main\n\
         contexts:\n- name: main\n  context: {{cluster: c, user: u, namespace: default}}\n\
         clusters:\n- name: c\n  cluster: {{{cluster}}}\n\
         users:\n- name: u\n  user: {{{user}}}\n- name: other\n  user: {{exec: {{command: /bin/false}}}}\n"
    )
    .into()
}

fn good_cluster() -> String {
    format!("server: 'https://10.0.0.1:6443/', certificate-authority-data: {}", encoded(CA))
}

#[test]
fn a_token_kubeconfig_is_rebuilt() {
    let intake = parse_kubeconfig(&kubeconfig(&good_cluster(), "token: abc"), None).unwrap();
    assert_eq!(intake.config.api_url, "https://10.0.0.1:6443");
    assert_eq!(intake.config.ca_pem.as_deref(), Some(CA));
    assert_eq!(intake.context, "main");
    let Credentials::Token(token) = &intake.config.credentials else { panic!("no token") };
    assert_eq!(token.expose_secret(), "abc");
}

#[test]
fn json_is_taken_as_well() {
    let text = serde_json::json!({
        "contexts": [{ "name": "x", "context": { "cluster": "c", "user": "u" } }],
        "clusters": [{ "name": "c", "cluster": { "server": "https://h", "insecure-skip-tls-verify": false } }],
        "users": [{ "name": "u", "user": { "token": "abc" } }],
    });
    assert!(parse_kubeconfig(&text.to_string().into(), None).is_ok(), "the only context is chosen");
}

#[test]
fn what_could_run_read_or_redirect_is_refused_by_name() {
    let cases = [
        ("", "exec: {command: sh}", "KUBECONFIG_EXEC_REFUSED"),
        ("", "auth-provider: {name: gcp}", "KUBECONFIG_AUTH_PROVIDER_REFUSED"),
        ("", "tokenFile: /etc/shadow", "KUBECONFIG_FILE_PATH_REFUSED"),
        ("", "client-certificate: /a, client-key: /b", "KUBECONFIG_FILE_PATH_REFUSED"),
        ("", "username: a, password: b", "KUBECONFIG_BASIC_AUTH_REFUSED"),
        ("", "token: abc, as: admin", "KUBECONFIG_IMPERSONATION_REFUSED"),
        ("", "token: abc, new-thing: 1", "KUBECONFIG_FIELD_UNKNOWN"),
        (
            "",
            "token: abc, client-certificate-data: YQ==, client-key-data: YQ==",
            "KUBECONFIG_TWO_CREDENTIALS",
        ),
        ("", "client-certificate-data: YQ==", "KUBECONFIG_FIELD_MISSING"),
        ("", "client-certificate-data: YQ==, client-key-data: YQ==", "CLUSTER_CLIENT_CERTIFICATE_INVALID"),
        ("", "token: 'a b'", "CLUSTER_TOKEN_INVALID"),
        ("", "token: [a]", "KUBECONFIG_FIELD_NOT_TEXT"),
        ("", "", "KUBECONFIG_NO_CREDENTIALS"),
        (", proxy-url: http://evil", "token: abc", "KUBECONFIG_PROXY_REFUSED"),
        (", insecure-skip-tls-verify: true", "token: abc", "KUBECONFIG_INSECURE_TLS_REFUSED"),
        (", certificate-authority: /etc/passwd", "token: abc", "KUBECONFIG_FILE_PATH_REFUSED"),
        (", tls-server-name: 'a b'", "token: abc", "CLUSTER_SERVER_NAME_INVALID"),
    ];
    for (cluster, user, code) in cases {
        let file = kubeconfig(&format!("{}{cluster}", good_cluster()), user);
        let error = parse_kubeconfig(&file, None).unwrap_err();
        assert_eq!(error.code(), code, "cluster {cluster:?} user {user:?}");
    }
}

#[test]
fn addresses_and_authorities_are_checked() {
    for (cluster, code) in [
        ("server: 'http://10.0.0.1'", "CLUSTER_URL_INVALID"),
        ("tls-server-name: a", "KUBECONFIG_FIELD_MISSING"),
        ("server: 'https://h', certificate-authority-data: '***'", "KUBECONFIG_FIELD_NOT_BASE64"),
        ("server: 'https://h', certificate-authority-data: YWJj", "CLUSTER_CA_INVALID"),
    ] {
        assert_eq!(
            parse_kubeconfig(&kubeconfig(cluster, "token: abc"), None).unwrap_err().code(),
            code,
            "{cluster}"
        );
    }
}

#[test]
fn contexts_are_found_or_missed() {
    let file = kubeconfig(&good_cluster(), "token: abc");
    assert!(parse_kubeconfig(&file, Some("main")).is_ok());
    assert_eq!(parse_kubeconfig(&file, Some("nope")).unwrap_err(), IntakeError::NoContext);
}

#[test]
fn bad_yaml_is_refused_without_quoting_it() {
    let error = parse_kubeconfig(&"users:\n- name: [SECRET\n".to_owned().into(), None).unwrap_err();
    assert_eq!(error.code(), "KUBECONFIG_NOT_YAML");
    assert!(!error.to_string().contains("SECRET") && !format!("{error:?}").contains("SECRET"));
    for text in ["", "just text", "- a", "{}"] {
        assert!(parse_kubeconfig(&text.to_owned().into(), None).is_err(), "{text}");
    }
}

#[test]
fn alias_bombs_and_large_files_are_refused() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let below = format!("*a{},", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    assert!(parse_kubeconfig(&bomb.into(), None).is_err());
    assert_eq!(parse_kubeconfig(&"x".repeat(MAX_FILE + 1).into(), None).unwrap_err(), IntakeError::TooLarge);
}
