//! The catalogue: who may fill it, what it refuses, and who sees what of it.

use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Problem;
use shepherd_contract::types::{
    CancelRequest, CatalogueState, CreateEnvironment, CreateNamespace, CreateSize, CreateSystem,
    CreateTemplate, GuestFamily, ImageSource, ListNamespacesQuery, ListSizesQuery, ListTemplatesQuery,
    MemberRole, RootDisk, SetCatalogueState, SetMember, SizeContent, TemplateContent, TemplateSource,
    TemplateVariable,
};
use shepherd_domain::ids::{
    EnvironmentId, NamespaceId, SizeVersionId, SystemId, TemplateId, TemplateVersionId,
};
use shepherd_test_support::app::{Caller, TestApp, World, key};

fn problem<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Problem {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem,
        other => panic!("{other}"),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    problem(result).code.to_string()
}

fn environment(name: &str) -> CreateEnvironment {
    CreateEnvironment {
        name: name.into(),
        title: name.into(),
        protected: false,
        colour: "#1677ff".into(),
        position: Some(9),
        trash_days: None,
    }
}

fn image(image: &str) -> TemplateSource {
    TemplateSource::Image(ImageSource { image: image.into() })
}

fn content(user_data: &str) -> TemplateContent {
    TemplateContent {
        family: GuestFamily::Linux,
        root: RootDisk::Ephemeral,
        source: image("shepherd/demo:1"),
        user_data: user_data.into(),
        variables: vec![],
        min_disk_bytes: None,
        advanced: None,
    }
}

fn variable(name: &str, default: Option<&str>, pattern: Option<&str>) -> TemplateVariable {
    TemplateVariable {
        name: name.into(),
        title: name.into(),
        default: default.map(Into::into),
        pattern: pattern.map(Into::into),
        kind: None,
        min: None,
        max: None,
        choices: None,
    }
}

fn template(name: &str, content: TemplateContent) -> CreateTemplate {
    CreateTemplate {
        name: name.into(),
        title: "A guest".into(),
        description: None,
        environment_ids: None,
        content,
    }
}

fn to(state: CatalogueState) -> SetCatalogueState {
    SetCatalogueState { state, message: None, replacement_id: None }
}

fn size(name: &str) -> CreateSize {
    CreateSize { name: name.into(), description: None, environment_ids: None, content: numbers(1000) }
}

fn numbers(milli_vcpu: i64) -> SizeContent {
    SizeContent { milli_vcpu, memory_bytes: 256 << 20, disk_bytes: 1 << 30, compute: None }
}

fn namespace(name: &str, environment_id: EnvironmentId, systems: Option<Vec<SystemId>>) -> CreateNamespace {
    CreateNamespace { name: name.into(), environment_id, system_ids: systems }
}

async fn namespaces(who: &Caller) -> Vec<(String, Vec<String>)> {
    let page = who
        .catalogue()
        .list_namespaces(&ListNamespacesQuery::default())
        .await
        .expect("namespaces can be listed");
    let systems =
        |n: &shepherd_contract::types::Namespace| n.systems.iter().map(|s| s.name.clone()).collect();
    page.items.iter().map(|n| (n.name.clone(), systems(n))).collect()
}

async fn system(who: &Caller, name: &str) -> SystemId {
    let body = CreateSystem { name: name.into(), description: None, sample: None };
    who.systems().create_system(&key(), &body).await.expect("the System is made").id
}

#[tokio::test]
async fn an_administrator_fills_the_catalogue_and_everybody_reads_it() {
    let app = TestApp::start().await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    let catalogue = admin.catalogue();
    let stage = catalogue.create_environment(&key(), &environment("stage")).await.unwrap();
    catalogue.create_namespace(&key(), &namespace("web", stage.id, None)).await.unwrap();
    admin.templates().create_template(&key(), &template("debian", content(""))).await.unwrap();
    admin.sizes().create_size(&key(), &size("small")).await.unwrap();

    let seen = engineer.catalogue();
    let environments = seen.list_environments().await.unwrap().items;
    let names: Vec<_> =
        environments.iter().map(|e| (e.name.as_str(), e.namespace_count, e.vm_count)).collect();
    assert_eq!(names, [("test", 0, 0), ("prod", 0, 0), ("stage", 1, 0)], "in the order of their positions");
    assert_eq!(
        engineer.templates().list_templates(&ListTemplatesQuery::default()).await.unwrap().items[0].name,
        "debian"
    );
    assert_eq!(engineer.sizes().list_sizes(&ListSizesQuery::default()).await.unwrap().items[0].name, "small");
    assert_eq!(namespaces(&engineer).await, [("web".to_owned(), vec![])]);

    let refused = "PERMISSION_MISSING";
    assert_eq!(code(seen.create_environment(&key(), &environment("mine")).await), refused);
    assert_eq!(code(seen.create_namespace(&key(), &namespace("mine", stage.id, None)).await), refused);
    assert_eq!(
        code(engineer.templates().create_template(&key(), &template("mine", content(""))).await),
        refused
    );
    assert_eq!(code(engineer.sizes().create_size(&key(), &size("mine")).await), refused);
    assert_eq!(
        code(seen.delete_namespace(NamespaceId::new()).await),
        refused,
        "and learns not even what there is"
    );
    assert_eq!(code(app.anonymous().catalogue().list_environments().await), "UNAUTHENTICATED");

    let trail = app.audited(None).await;
    for action in ["environment.create", "namespace.create", "template.create", "size.create"] {
        let of: Vec<_> =
            trail.iter().filter(|l| l.action == action).map(|l| (&*l.actor, &*l.outcome)).collect();
        assert_eq!(of, [("admin", "success"), ("engineer", "denied")], "{action}");
    }
}

#[tokio::test]
async fn a_name_is_given_once_and_a_repetition_makes_nothing_new() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let catalogue = admin.catalogue();
    let once = key();
    let first = admin.sizes().create_size(&once, &size("small")).await.unwrap();
    assert_eq!(admin.sizes().create_size(&once, &size("small")).await.unwrap(), first);
    assert_eq!(code(admin.sizes().create_size(&key(), &size("small")).await), "NAME_TAKEN");
    assert_eq!(code(catalogue.create_environment(&key(), &environment("test")).await), "NAME_TAKEN");
    admin.templates().create_template(&key(), &template("debian", content(""))).await.unwrap();
    let taken = problem(admin.templates().create_template(&key(), &template("debian", content(""))).await);
    assert_eq!((taken.code.as_ref(), taken.errors[0].pointer.as_str()), ("NAME_TAKEN", "/name"));
    let web = catalogue.create_namespace(&key(), &namespace("web", app.test, None)).await.unwrap();
    let again = namespace("web", app.prod, None);
    assert_eq!(code(catalogue.create_namespace(&key(), &again).await), "NAME_TAKEN", "over all environments");
    catalogue.delete_namespace(web.id).await.unwrap();
    catalogue.create_namespace(&key(), &again).await.expect("a removed one's name is free");
}

#[tokio::test]
async fn a_closed_namespace_is_known_to_its_systems_alone() {
    let app = TestApp::start().await;
    let (admin, engineer, neighbour, auditor) =
        (app.admin().await, app.engineer().await, app.neighbour().await, app.auditor().await);
    let (shop, bank) = (system(&engineer, "shop").await, system(&neighbour, "bank").await);
    let make = async |name: &str, systems| {
        let body = namespace(name, app.test, systems);
        admin.catalogue().create_namespace(&key(), &body).await.unwrap().id
    };
    make("open", None).await;
    make("shared", Some(vec![shop, bank, shop])).await;
    let closed = make("vault", Some(vec![bank])).await;

    let owned = |list: &[(&str, &[&str])]| -> Vec<(String, Vec<String>)> {
        list.iter().map(|(n, s)| ((*n).to_owned(), s.iter().map(|s| (*s).to_owned()).collect())).collect()
    };
    assert_eq!(namespaces(&engineer).await, owned(&[("open", &[]), ("shared", &["shop"])]));
    let all = owned(&[("open", &[]), ("shared", &["bank", "shop"]), ("vault", &["bank"])]);
    assert_eq!(namespaces(&auditor).await, all);
    assert_eq!(namespaces(&admin).await, all);
    let counted = engineer.catalogue().list_environments().await.unwrap().items[0].namespace_count;
    assert_eq!(counted, 2, "what is hidden is not counted either");

    let viewer = SetMember { role: MemberRole::Viewer };
    neighbour.systems().set_member(bank, engineer.id, &viewer).await.unwrap();
    assert_eq!(namespaces(&engineer).await, all);
    let of_shop = ListNamespacesQuery { system_id: Some(shop), ..Default::default() };
    let usable = engineer.catalogue().list_namespaces(&of_shop).await.unwrap().items;
    assert_eq!(usable.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["open", "shared"]);

    let unknown = namespace("lost", app.test, Some(vec![shop, SystemId::new()]));
    let unknown = problem(admin.catalogue().create_namespace(&key(), &unknown).await);
    assert_eq!(
        (unknown.code.as_ref(), unknown.errors[0].pointer.as_str()),
        ("UNKNOWN_REFERENCE", "/system_ids/1")
    );
    let nowhere = namespace("lost", EnvironmentId::new(), None);
    assert_eq!(code(admin.catalogue().create_namespace(&key(), &nowhere).await), "UNKNOWN_REFERENCE");
    admin.catalogue().delete_namespace(closed).await.unwrap();
    assert_eq!(code(admin.catalogue().delete_namespace(closed).await), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_in_use_stays() {
    let world = World::start().await;
    let catalogue = world.admin.catalogue();
    let asked = world.ask().await;
    assert_eq!(
        code(catalogue.delete_namespace(world.namespace.id).await),
        "NAMESPACE_IN_USE",
        "an open request"
    );
    world
        .engineer
        .requests()
        .cancel_request(asked.id, &key(), &CancelRequest { reason: None })
        .await
        .unwrap();
    let vm = world.running_vm().await;
    assert_eq!(code(catalogue.delete_namespace(world.namespace.id).await), "NAMESPACE_IN_USE", "a VM");
    let used = catalogue.list_namespaces(&ListNamespacesQuery::default()).await.unwrap();
    assert_eq!((used.items[0].vm_count, used.items[0].id), (1, vm.namespace.id));
}

#[tokio::test]
async fn a_template_that_cannot_work_is_not_published() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let windows = TemplateContent { family: GuestFamily::Windows, ..content("<unattend/>") };
    let with = |user_data: &str, variables: Vec<TemplateVariable>| TemplateContent {
        variables,
        ..content(user_data)
    };
    let cases = [
        (windows, "TEMPLATE_NOT_UNATTEND", "/content/user_data"),
        (content("hello"), "TEMPLATE_NOT_CLOUD_CONFIG", "/content/user_data"),
        (content("#cloud-config\n{{ who }}\n"), "TEMPLATE_UNDECLARED", "/content/user_data"),
        (content("#cloud-config\n{% for x in y %}"), "TEMPLATE_SYNTAX", "/content/user_data"),
        (content("#cloud-config\na: [\n"), "TEMPLATE_YAML", "/content/user_data"),
        (
            with("#cloud-config\n", vec![variable("a", None, None), variable("a", None, None)]),
            "TEMPLATE_VARIABLE",
            "/content/variables/1",
        ),
        (
            with("#cloud-config\n", vec![variable("a", None, Some("("))]),
            "TEMPLATE_VARIABLE",
            "/content/variables/0",
        ),
        (
            with("#cloud-config\na: {{ a }}\n", vec![variable("a", Some("x"), Some("[0-9]+"))]),
            "TEMPLATE_VARIABLE",
            "/content/variables/0",
        ),
        (
            with("#cloud-config\na: {{ a }}\n", vec![variable("a", Some("{x: 1}"), None)]),
            "VARIABLE_BREAKS_YAML",
            "/content/user_data",
        ),
        (
            TemplateContent { source: image("a b; rm"), ..content("") },
            "IMAGE_INVALID",
            "/content/source/image",
        ),
    ];
    for (content, expected, pointer) in cases {
        let refused = problem(admin.templates().create_template(&key(), &template("bad", content)).await);
        assert_eq!((refused.code.as_ref(), refused.errors[0].pointer.as_str()), (expected, pointer));
    }
    assert!(admin.templates().list_templates(&ListTemplatesQuery::default()).await.unwrap().items.is_empty());
    assert!(app.audited(Some("template.create")).await.is_empty());
}

#[tokio::test]
async fn versions_follow_one_another_and_old_ones_are_withdrawn() {
    let app = TestApp::start().await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    let (catalogue, sizes) = (admin.templates(), admin.sizes());
    let named = variable("who", Some("world"), Some("[a-z]+"));
    let greeting = TemplateContent { variables: vec![named], ..content("#cloud-config\nmotd: {{ who }}\n") };
    let made = catalogue.create_template(&key(), &template("debian", greeting.clone())).await.unwrap();
    let once = key();
    let second = TemplateContent { source: image("shepherd/demo:2"), ..greeting };
    let both = catalogue.add_template_version(made.id, &once, &second).await.unwrap();
    assert_eq!(catalogue.add_template_version(made.id, &once, &second).await.unwrap(), both, "once is once");
    let shown: Vec<_> = both.versions.iter().map(|v| (v.version, v.source.clone())).collect();
    assert_eq!(shown, [(2, image("shepherd/demo:2")), (1, image("shepherd/demo:1"))]);
    assert_ne!(both.versions[0].content_hash, both.versions[1].content_hash);
    assert_eq!(both.versions[1], made.versions[0], "a version is never changed");

    let withdraw = to(CatalogueState::Withdrawn);
    let first = made.versions[0].id;
    let after = catalogue.set_template_version_state(first, &withdraw).await.unwrap();
    assert_eq!(after.versions[1].state, CatalogueState::Withdrawn);
    assert_eq!(engineer.templates().get_template(made.id).await.unwrap(), after);
    let refused = engineer.templates().set_template_version_state(first, &withdraw).await;
    assert_eq!(code(refused), "PERMISSION_MISSING");
    assert_eq!(
        code(catalogue.set_template_version_state(TemplateVersionId::new(), &withdraw).await),
        "NOT_FOUND"
    );
    assert_eq!(code(catalogue.add_template_version(TemplateId::new(), &key(), &second).await), "NOT_FOUND");
    assert_eq!(code(engineer.templates().get_template(TemplateId::new()).await), "NOT_FOUND");

    let small = sizes.create_size(&key(), &size("small")).await.unwrap();
    let (a, b) = (numbers(2000), numbers(3000));
    let (x, y) = (key(), key());
    let (a, b) =
        tokio::join!(sizes.add_size_version(small.id, &x, &a), sizes.add_size_version(small.id, &y, &b));
    assert!(a.is_ok() && b.is_ok(), "two at once follow one another");
    let listed = sizes.list_sizes(&ListSizesQuery::default()).await.unwrap().items;
    assert_eq!(listed[0].versions.iter().map(|v| v.version).collect::<Vec<_>>(), [3, 2, 1]);
    let old = to(CatalogueState::Deprecated);
    let after = sizes.set_size_version_state(small.versions[0].id, &old).await.unwrap();
    assert_eq!(after.versions[2].state, CatalogueState::Deprecated);
    assert_eq!(code(sizes.set_size_version_state(SizeVersionId::new(), &old).await), "NOT_FOUND");
    let trail: Vec<_> = app.audited(None).await.into_iter().map(|line| line.action).collect();
    for action in ["template.publish", "template.set_state", "size.publish", "size.set_state"] {
        assert!(trail.contains(&action.to_owned()), "{action}");
    }
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for name in ["c", "a", "e", "b", "d"] {
        admin.sizes().create_size(&key(), &size(name)).await.unwrap();
    }
    let (mut names, mut cursor) = (Vec::new(), None);
    loop {
        let query = ListSizesQuery { limit: Some(2), cursor, ..Default::default() };
        let page = admin.sizes().list_sizes(&query).await.unwrap();
        names.extend(page.items.into_iter().map(|size| size.name));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    let first = ListSizesQuery { limit: Some(2), ..Default::default() };
    let foreign = admin.sizes().list_sizes(&first).await.unwrap().next_cursor;
    for cursor in [foreign, Some("nonsense".into())] {
        let query = ListTemplatesQuery { cursor, ..Default::default() };
        assert_eq!(code(admin.templates().list_templates(&query).await), "CURSOR_INVALID");
    }
}
