//! People and their roles: who may add and disable whom, and who must stay.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    AddBinding, CreatePerson, CreateSystem, ListPeopleQuery, ListSystemsQuery, UpdatePerson,
};
use shepherd_domain::ids::EnvironmentId;
use shepherd_test_support::app::{TestApp, key};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

fn disable() -> UpdatePerson {
    UpdatePerson { disabled: Some(true), ..Default::default() }
}

fn named(name: &str) -> CreatePerson {
    CreatePerson {
        name: name.into(),
        display_name: name.to_uppercase(),
        email: Some(format!("{name}@example.org")),
    }
}

fn role(role: &str, environments: &[EnvironmentId]) -> AddBinding {
    AddBinding { role: role.into(), environment_ids: environments.to_vec() }
}

#[tokio::test]
async fn only_who_manages_people_adds_them() {
    let app = TestApp::start().await;
    let (admin, engineer, auditor) = (app.admin().await, app.engineer().await, app.auditor().await);
    assert_eq!(code(engineer.people().create_person(&named("eve")).await), "PERMISSION_MISSING");
    assert_eq!(code(auditor.people().create_person(&named("eve")).await), "PERMISSION_MISSING");
    assert_eq!(code(engineer.people().list_people(&ListPeopleQuery::default()).await), "PERMISSION_MISSING");
    auditor.people().list_people(&ListPeopleQuery::default()).await.expect("an auditor reads");

    let made = admin.people().create_person(&named("eve")).await.unwrap().person;
    assert_eq!((made.name.as_str(), made.bindings.len(), made.version), ("eve", 0, 1));
    assert_eq!(code(admin.people().create_person(&named("eve")).await), "NAME_TAKEN");
    let denied = app.audited(Some("user.create")).await.into_iter().filter(|line| line.outcome == "denied");
    let denied: Vec<_> = denied.map(|line| line.actor).collect();
    assert_eq!(denied, ["engineer", "auditor"], "refusals are in the trail");
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once() {
    let app = TestApp::start().await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    let body = shepherd_contract::types::CreateToken { name: "ci".into(), days: 30 };
    let script = app.with_token(&engineer.me().create_token(&body).await.unwrap().secret);
    script.me().get_me().await.expect("not yet");

    let off = admin.people().update_person(engineer.id, 1, &disable()).await.unwrap();
    assert!(off.disabled);
    assert_eq!(code(engineer.me().get_me().await), "SESSION_EXPIRED");
    assert_eq!(code(script.me().get_me().await), "UNAUTHENTICATED");

    let on = UpdatePerson { disabled: Some(false), ..Default::default() };
    assert_eq!(code(admin.people().update_person(engineer.id, 1, &on).await), "STALE");
    admin.people().update_person(engineer.id, off.version, &on).await.unwrap();
    engineer.me().get_me().await.expect("and back");
}

#[tokio::test]
async fn a_new_initial_password_ends_what_was_open() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let ada = app.account("ada", "engineer", Some("four sheep graze in the rain")).await;
    let browser = app.sign_in("ada", "four sheep graze in the rain").await.unwrap();
    let reset = admin.people().reset_password(ada).await.unwrap();
    assert_eq!(code(browser.me().get_me().await), "SESSION_EXPIRED");
    assert_eq!(code(app.sign_in("ada", "four sheep graze in the rain").await.map(drop)), "SIGN_IN_FAILED");
    let again = app.sign_in("ada", reset.password.expose()).await.unwrap();
    assert!(again.session().get_session().await.unwrap().must_change_password);
}

#[tokio::test]
async fn roles_come_and_go_with_the_next_request() {
    let app = TestApp::start().await;
    let (admin, auditor) = (app.admin().await, app.auditor().await);
    let shop = CreateSystem { name: "shop".into(), description: None, sample: None };
    assert_eq!(code(auditor.systems().create_system(&key(), &shop).await), "PERMISSION_MISSING");

    let once = key();
    let given = admin.people().add_binding(auditor.id, &once, &role("engineer", &[app.test])).await.unwrap();
    assert_eq!(
        (given.role.as_str(), given.environments.len(), given.all_environments),
        ("engineer", 1, false)
    );
    let repeated =
        admin.people().add_binding(auditor.id, &once, &role("engineer", &[app.test])).await.unwrap();
    assert_eq!(repeated, given);
    let other = admin.people().add_binding(admin.id, &once, &role("engineer", &[app.test])).await;
    assert_eq!(
        code(other),
        "IDEMPOTENCY_KEY_REUSED",
        "the same words about another person are another request"
    );
    auditor.systems().create_system(&key(), &shop).await.expect("at once");

    admin.people().remove_binding(auditor.id, given.id).await.unwrap();
    let bank = CreateSystem { name: "bank".into(), description: None, sample: None };
    assert_eq!(
        code(auditor.systems().create_system(&key(), &bank).await),
        "PERMISSION_MISSING",
        "at once, too"
    );
    assert_eq!(code(admin.people().remove_binding(auditor.id, given.id).await), "NOT_FOUND");
}

#[tokio::test]
async fn what_cannot_be_granted_is_said() {
    let app = TestApp::start().await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    let grant = async |body| code(admin.people().add_binding(engineer.id, &key(), &body).await);
    assert_eq!(grant(role("wizard", &[])).await, "ROLE_UNKNOWN");
    assert_eq!(grant(role("viewer", &[EnvironmentId::new()])).await, "ENVIRONMENT_UNKNOWN");
    assert_eq!(grant(role("engineer", &[])).await, "ALREADY_GRANTED");
    let mine = engineer.people().add_binding(engineer.id, &key(), &role("platform-admin", &[])).await;
    assert_eq!(code(mine), "PERMISSION_MISSING");
}

#[tokio::test]
async fn who_administers_one_environment_grants_in_no_other() {
    let app = TestApp::start().await;
    let (admin, auditor, engineer) = (app.admin().await, app.auditor().await, app.engineer().await);
    admin.people().add_binding(auditor.id, &key(), &role("platform-admin", &[app.test])).await.unwrap();
    let grant = async |body| auditor.people().add_binding(engineer.id, &key(), &body).await;
    grant(role("approver", &[app.test])).await.expect("where they administer");
    assert_eq!(code(grant(role("approver", &[app.test, app.prod])).await), "GRANT_BEYOND_REACH");
    assert_eq!(code(grant(role("approver", &[])).await), "GRANT_BEYOND_REACH");
    let everywhere = admin.people().get_person(admin.id).await.unwrap().bindings[0].id;
    assert_eq!(code(auditor.people().remove_binding(admin.id, everywhere).await), "GRANT_BEYOND_REACH");
}

#[tokio::test]
async fn the_platform_keeps_an_administrator() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let mine = admin.people().get_person(admin.id).await.unwrap();
    assert_eq!(
        code(admin.people().remove_binding(admin.id, mine.bindings[0].id).await),
        "LAST_PLATFORM_ADMIN"
    );
    assert_eq!(
        code(admin.people().update_person(admin.id, mine.version, &disable()).await),
        "LAST_PLATFORM_ADMIN"
    );

    let second = app.person("second", "platform-admin").await;
    // Each takes the other's place away at the same time: one of them must stay.
    let (people, others) = (admin.people(), second.people());
    let theirs = people.get_person(second.id).await.unwrap();
    let (a, b) = (disable(), disable());
    let (one, two) = tokio::join!(
        people.update_person(second.id, theirs.version, &a),
        others.update_person(admin.id, mine.version, &b)
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
}

#[tokio::test]
async fn people_are_paged_and_found() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for name in ["bo", "cy", "di"] {
        admin.people().create_person(&named(name)).await.unwrap();
    }
    let mut ask = ListPeopleQuery { limit: Some(3), ..Default::default() };
    let first = admin.people().list_people(&ask).await.unwrap();
    ask.cursor = first.next_cursor.clone();
    let second = admin.people().list_people(&ask).await.unwrap();
    let names: Vec<_> = first.items.iter().chain(&second.items).map(|p| p.name.as_str()).collect();
    assert_eq!((names.as_slice(), second.next_cursor), (["admin", "bo", "cy", "di"].as_slice(), None));
    let ask = ListPeopleQuery { q: Some("Cy".into()), ..Default::default() };
    assert_eq!(admin.people().list_people(&ask).await.unwrap().items.len(), 1);
    let foreign = ListSystemsQuery { cursor: first.next_cursor, ..Default::default() };
    assert_eq!(
        code(admin.systems().list_systems(&foreign).await),
        "CURSOR_INVALID",
        "a cursor belongs to its list"
    );
}

#[tokio::test]
async fn roles_say_what_they_allow() {
    let app = TestApp::start().await;
    let roles = app.engineer().await.roles().list_roles().await.unwrap().items;
    let names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["platform-admin", "approver", "engineer", "operator", "auditor", "viewer"]);
    let known = |name: &String| name.parse::<shepherd_domain::authz::Permission>().is_ok();
    assert!(
        roles.iter().all(|role| role.permissions.iter().all(known)),
        "a shipped role names a permission that is none"
    );
}
