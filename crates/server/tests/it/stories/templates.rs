//! Templates as their authors and users meet them: values of kinds, secrets nobody sees again, trials, Windows.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::{Problem, Secret};
use shepherd_contract::types::*;
use shepherd_domain::ids::{SecretId, TemplateVersionId};
use shepherd_test_support::app::{Caller, World, key};
use shepherd_test_support::wait_until;

const PASSWORD: &str = "correct horse battery staple";

fn problem<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Problem {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem,
        other => panic!("{other}"),
    }
}

fn variable(name: &str, kind: VariableKind) -> TemplateVariable {
    TemplateVariable {
        name: name.into(),
        title: name.into(),
        default: None,
        pattern: None,
        kind: Some(kind),
        min: None,
        max: None,
        choices: None,
    }
}

fn content(family: GuestFamily, user_data: &str, variables: Vec<TemplateVariable>) -> TemplateContent {
    TemplateContent {
        family,
        root: RootDisk::Ephemeral,
        source: TemplateSource::Image(ImageSource { image: "shepherd/demo:1".into() }),
        user_data: user_data.into(),
        variables,
        min_disk_bytes: None,
        advanced: None,
    }
}

async fn publish(world: &World, content: TemplateContent) -> TemplateVersionId {
    let body = CreateTemplate {
        name: "special".into(),
        title: "Special".into(),
        description: None,
        environment_ids: None,
        content,
    };
    let made = world.admin.templates().create_template(&key(), &body).await.expect("it is published");
    made.versions[0].id
}

async fn keep(who: &Caller, value: &str) -> SecretId {
    let body = CreateSecret { value: Secret::from(value) };
    who.secrets().create_secret(&body).await.expect("it is kept").id
}

fn given(pairs: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn named(id: SecretId) -> Option<BTreeMap<String, SecretId>> {
    Some(BTreeMap::from([("password".to_owned(), id)]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_reaches_its_guest_and_nobody_else() {
    let world = World::start().await;
    let user_data = "#cloud-config\npassword: \"{{ password }}\"\n";
    let strict = TemplateVariable {
        pattern: Some("[a-z ]{12,}".into()),
        ..variable("password", VariableKind::Secret)
    };
    let template = publish(&world, content(GuestFamily::Linux, user_data, vec![strict])).await;
    let wish = RequestVm { template_version_id: template, ..world.wish() };
    let requests = world.engineer.requests();

    let plain = RequestVm { variables: given(&[("password", PASSWORD)]), ..wish.clone() };
    let refused = problem(requests.preflight_vm(&plain).await);
    assert_eq!(
        (refused.code.as_ref(), refused.errors[0].code.as_ref()),
        ("VARIABLES_INVALID", "VARIABLE_IS_SECRET")
    );
    assert_eq!(problem(requests.preflight_vm(&wish).await).errors[0].code, "VARIABLE_MISSING");
    let short = RequestVm { secret_ids: named(keep(&world.engineer, "short").await), ..wish.clone() };
    let refused = problem(requests.preflight_vm(&short).await);
    let fault = &refused.errors[0];
    assert_eq!((fault.pointer.as_str(), fault.code.as_ref()), ("/secret_ids/password", "VARIABLE_MISMATCH"));
    assert!(!format!("{refused:?}").contains("short"));
    let foreign = RequestVm { secret_ids: named(keep(&world.approver, PASSWORD).await), ..wish.clone() };
    let refused = problem(requests.preflight_vm(&foreign).await);
    assert_eq!(
        (refused.code.as_ref(), refused.errors[0].pointer.as_str()),
        ("UNKNOWN_REFERENCE", "/secret_ids/password")
    );

    let id = keep(&world.engineer, PASSWORD).await;
    let wish = RequestVm { secret_ids: named(id), ..wish };
    let judged = requests.preflight_vm(&wish).await.expect("it is judged");
    assert_eq!(judged.spec["secrets"]["password"], json!(id));
    let asked = requests.request_vm(&key(), &wish).await.expect("it is taken up");
    assert_eq!(asked.spec_hash, judged.spec_hash, "kept once, named twice");
    world.approve(&asked).await;
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = done.vm.expect("it has one");

    let secret = world.secret_of(&vm.name).await;
    let user_data = secret["data"]["userdata"].as_str().expect("user data");
    let user_data = STANDARD.decode(user_data).expect("base64");
    let user_data = String::from_utf8(user_data).expect("text");
    assert!(user_data.contains(&format!("password: \"{PASSWORD}\"")), "the guest gets it");
    assert!(!world.manifest(&vm.name).await.to_string().contains(PASSWORD));
    let found = world.app.rows_holding(PASSWORD).await;
    assert!(found.is_empty(), "the books hold it readable in {found:?}");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_of_its_kind_or_it_is_refused_where_it_stands() {
    let world = World::start().await;
    let variables = vec![
        TemplateVariable { min: Some(1), max: Some(9), ..variable("workers", VariableKind::Integer) },
        TemplateVariable {
            choices: Some(vec!["dev".into(), "live".into()]),
            default: Some("dev".into()),
            ..variable("stage", VariableKind::Choice)
        },
        variable("debug", VariableKind::Boolean),
    ];
    let user_data = "#cloud-config\nworkers: {{ workers }}\nstage: {{ stage }}\ndebug: {{ debug }}\n";
    let template = publish(&world, content(GuestFamily::Linux, user_data, variables)).await;
    let wish = |values: &[(&str, &str)]| RequestVm {
        template_version_id: template,
        variables: given(values),
        ..world.wish()
    };
    let requests = world.engineer.requests();
    let bad = wish(&[("workers", "10"), ("stage", "prod"), ("debug", "maybe"), ("colour", "red")]);
    let refused = problem(requests.request_vm(&key(), &bad).await);
    let faults: Vec<_> = refused.errors.iter().map(|e| (e.pointer.as_str(), e.code.as_ref())).collect();
    assert_eq!(
        faults,
        [
            ("/variables/colour", "VARIABLE_UNKNOWN"),
            ("/variables/workers", "VARIABLE_OUT_OF_RANGE"),
            ("/variables/stage", "VARIABLE_MISMATCH"),
            ("/variables/debug", "VARIABLE_MISMATCH"),
        ]
    );
    let good = wish(&[("workers", "3"), ("debug", "true")]);
    let judged = requests.preflight_vm(&good).await.expect("it is judged");
    assert_eq!(judged.spec["variables"], json!({ "workers": "3", "stage": "dev", "debug": "true" }));
    let shown = world.engineer.templates().list_templates(&Default::default()).await.unwrap().items;
    let shown = shown.iter().find(|t| t.name == "special").unwrap();
    assert_eq!(shown.versions[0].variables[0].max, Some(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_tries_values_before_publishing() {
    let world = World::start().await;
    let user_data = "#cloud-config\nmotd: {{ motd }}\npassword: {{ password }}\n";
    let variables = vec![variable("motd", VariableKind::Text), variable("password", VariableKind::Secret)];
    let trial = |user_data: &str, values: &[(&str, &str)]| PreviewTemplate {
        content: content(GuestFamily::Linux, user_data, variables.clone()),
        variables: given(values),
        ssh_keys: Some(vec!["ssh-ed25519 AAAA ada@laptop".into()]),
        hostname: Some("team-shop-web-01".into()),
    };
    let templates = world.admin.templates();
    let body = trial(user_data, &[("motd", "hello"), ("password", PASSWORD)]);
    let shown = templates.preview_template(&body).await.expect("it renders").user_data;
    for line in
        ["motd: hello", "password: <secret>", "hostname: \"team-shop-web-01\"", "ssh-ed25519 AAAA ada@laptop"]
    {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(!shown.contains(PASSWORD));
    for (text, values, code, pointer) in [
        (user_data, &[("motd", "hello")][..], "VARIABLES_INVALID", "/variables/password"),
        (user_data, &[("motd", "[a]"), ("password", "x")], "VARIABLE_BREAKS_YAML", "/content/user_data"),
        ("#cloud-config\na: {{ who }}\n", &[], "TEMPLATE_UNDECLARED", "/content/user_data"),
    ] {
        let refused = problem(templates.preview_template(&trial(text, values)).await);
        assert_eq!((refused.code.as_ref(), refused.errors[0].pointer.as_str()), (code, pointer));
    }
    let broken = trial("#cloud-config\nmotd: hi\nusers: [\n", &[("motd", "x"), ("password", "x")]);
    let refused = problem(templates.preview_template(&broken).await);
    assert_eq!(
        (refused.code.as_ref(), refused.params["line"].is_null()),
        ("TEMPLATE_YAML", false),
        "and says the line"
    );
    let refused = world.engineer.templates().preview_template(&body).await;
    assert_eq!(super::code(refused), "PERMISSION_MISSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_is_set_up_from_an_answer_file() {
    let world = World::start().await;
    let answers = "<?xml version=\"1.0\"?>\n<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\n\
        <ComputerName>{{ computer_name }}</ComputerName><Owner>{{ owner }}</Owner>\n</unattend>\n";
    let owner = variable("owner", VariableKind::Text);
    let template = publish(&world, content(GuestFamily::Windows, answers, vec![owner])).await;
    let wish = RequestVm {
        template_version_id: template,
        variables: given(&[("owner", "A & B <c>")]),
        ..world.wish()
    };
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.expect("it is taken up");
    world.approve(&asked).await;
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let vm = done.vm.expect("it has one");
    let spec: Value = world.manifest(&vm.name).await["spec"]["template"]["spec"].clone();
    assert_eq!(
        spec["volumes"][1],
        json!({ "name": "sysprep", "sysprep": { "secret": { "name": format!("{}-sysprep", vm.name) } } })
    );
    assert_eq!(
        spec["domain"]["devices"]["disks"][1],
        json!({ "name": "sysprep", "cdrom": { "bus": "sata" } })
    );
    assert!(spec["domain"]["features"]["hyperv"].is_object());
    let file = world.secret_of(&vm.name).await["data"]["autounattend.xml"].clone();
    let file = STANDARD.decode(file.as_str().expect("a file")).expect("base64");
    let file = String::from_utf8(file).expect("text");
    assert!(file.contains("<Owner>A &amp; B &lt;c&gt;</Owner>"), "{file}");
    assert!(
        file.contains("<ComputerName>apps-shop-redis</ComputerName>")
            || file.contains("redis-01</ComputerName>"),
        "{file}"
    );
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_sets_what_is_listed_and_its_cluster_knows() {
    let world = World::start().await;
    let templates = world.admin.templates();
    let setting = |path: &str, value: Value| {
        let mut fields = serde_json::Map::new();
        fields.insert(path.to_owned(), value);
        CreateTemplate {
            name: "tuned".into(),
            title: "Tuned".into(),
            description: None,
            environment_ids: None,
            content: TemplateContent {
                advanced: Some(fields),
                // Too long for the VM's own object, as the world's own template.
                ..content(
                    GuestFamily::Linux,
                    &format!("#cloud-config\n{}", "# and so on\n".repeat(200)),
                    vec![],
                )
            },
        }
    };
    for (path, value, code) in [
        ("domain.cpu.features", json!("x"), "ADVANCED_PATH_NOT_ALLOWED"),
        ("domain.devices.disks", json!("x"), "ADVANCED_PATH_RESERVED"),
        ("domain.cpu[0]", json!("x"), "ADVANCED_PATH_INVALID"),
        ("domain.cpu.model", json!(["x"]), "ADVANCED_VALUE_INVALID"),
    ] {
        let refused = problem(templates.create_template(&key(), &setting(path, value)).await);
        assert_eq!(refused.code, code);
        assert_eq!(refused.errors[0].pointer, format!("/content/advanced/{path}"));
    }
    let paths = templates.get_advanced_paths().await.unwrap();
    let wrong = SetAdvancedPaths { paths: vec!["evictionStrategy".into(), "volumes".into()] };
    let refused = problem(templates.set_advanced_paths(paths.version, &wrong).await);
    assert_eq!(
        (refused.code.as_ref(), refused.errors[0].pointer.as_ref()),
        ("ADVANCED_PATH_RESERVED", "/paths/1")
    );

    let odd = templates
        .create_template(&key(), &setting("domain.cpu.model", json!(true)))
        .await
        .expect("it is saved");
    assert_eq!(odd.warnings[0].code, "FIELDS_REFUSED", "and warned of");
    let wish = RequestVm { template_version_id: odd.versions[0].id, ..world.wish() };
    // The probe learns what the cluster's KubeVirt knows some time after the cluster was registered.
    wait_until("the value to be judged by the cluster's own schema", Duration::from_secs(60), async || {
        let judged = world.engineer.requests().preflight_vm(&wish).await.expect("it is judged");
        judged.placement[0].reasons[0].code == "ADVANCED_VALUE_REFUSED"
    })
    .await;

    let body = setting("domain.cpu.model", json!("host-passthrough")).content;
    let good = templates.add_template_version(odd.id, &key(), &body).await.expect("it is saved");
    assert!(good.warnings.is_empty(), "{:?}", good.warnings);
    let wish = RequestVm { template_version_id: good.versions[0].id, ..world.wish() };
    let asked = world.engineer.requests().request_vm(&key(), &wish).await.expect("it is taken up");
    world.approve(&asked).await;
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    let manifest = world.manifest(&done.vm.expect("it has one").name).await;
    let cpu = manifest["spec"]["template"]["spec"]["domain"]["cpu"].clone();
    assert_eq!(cpu, json!({ "cores": 1, "model": "host-passthrough" }));

    let fewer = SetAdvancedPaths { paths: vec!["evictionStrategy".into()] };
    templates.set_advanced_paths(paths.version, &fewer).await.expect("it is changed");
    assert_eq!(super::code(templates.set_advanced_paths(paths.version, &fewer).await), "STALE");
    let again = RequestVm { another: Some(true), ..wish };
    let refused = problem(world.engineer.requests().request_vm(&key(), &again).await);
    assert_eq!(refused.code, "ADVANCED_PATH_NOT_ALLOWED");
    world.assert_true().await;
}
