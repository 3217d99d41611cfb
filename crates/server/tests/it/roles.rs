//! Roles that were made here: who may make which, and what a change of one does to those who hold it.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{AddBinding, CreateGroup, CreateRole, ListPeopleQuery, Role, UpdateRole};
use shepherd_test_support::app::{Caller, TestApp, key};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

fn new(name: &str, permissions: &[&str]) -> CreateRole {
    let permissions = permissions.iter().map(|p| (*p).to_owned()).collect();
    CreateRole { name: name.into(), title: name.into(), permissions }
}

fn set(permissions: &[&str]) -> UpdateRole {
    UpdateRole { title: None, permissions: Some(permissions.iter().map(|p| (*p).to_owned()).collect()) }
}

async fn give(by: &Caller, to: &Caller, role: &Role) {
    let body = AddBinding { role: role.name.clone(), environment_ids: vec![] };
    by.people().add_binding(to.id, &key(), &body).await.expect("it is given");
}

#[tokio::test]
async fn a_role_made_here_allows_what_it_says_from_the_next_call_on() {
    let app = TestApp::start().await;
    let (admin, ada, bo) =
        (app.admin().await, app.person("ada", "viewer").await, app.person("bo", "viewer").await);
    let role = admin.roles().create_role(&key(), &new("desk", &["user:read", "user:read"])).await.unwrap();
    assert_eq!((role.permissions.as_slice(), role.builtin), (["user:read".to_owned()].as_slice(), false));
    give(&admin, &ada, &role).await;
    let group = CreateGroup { name: "desk".into(), title: "Desk".into() };
    let group = admin.groups().create_group(&key(), &group).await.unwrap();
    admin.groups().add_group_member(group.id, bo.id).await.unwrap();
    let body = AddBinding { role: role.name.clone(), environment_ids: vec![] };
    admin.groups().add_group_binding(group.id, &key(), &body).await.unwrap();
    let everyone = ListPeopleQuery::default();
    for who in [&ada, &bo] {
        who.people().list_people(&everyone).await.expect("the role says so");
    }

    let narrowed = admin.roles().update_role(role.id, role.version, &set(&["policy:read"])).await.unwrap();
    for who in [&ada, &bo] {
        assert_eq!(code(who.people().list_people(&everyone).await), "PERMISSION_MISSING");
    }
    assert_eq!(code(admin.roles().update_role(role.id, role.version, &set(&["user:read"])).await), "STALE");
    assert_eq!(code(admin.roles().delete_role(role.id).await), "ROLE_IN_USE");
    let given = admin.groups().get_group(group.id).await.unwrap().bindings[0].id;
    admin.groups().remove_group_binding(group.id, given).await.unwrap();
    let held = admin.people().get_person(ada.id).await.unwrap().bindings;
    let own = held.iter().find(|b| b.role == "desk").unwrap().id;
    admin.people().remove_binding(ada.id, own).await.unwrap();
    admin.roles().delete_role(role.id).await.expect("nobody holds it");
    assert_eq!(code(admin.roles().get_role(narrowed.id).await), "NOT_FOUND");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let app = TestApp::start().await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    match admin.roles().create_role(&key(), &new("odd", &["vm:read", "vm:teleport"])).await {
        Err(ClientError::Problem(problem)) => {
            assert_eq!(
                (&*problem.errors[0].code, &*problem.errors[0].pointer),
                ("PERMISSION_UNKNOWN", "/permissions/1")
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(code(admin.roles().create_role(&key(), &new("viewer", &["vm:read"])).await), "NAME_TAKEN");
    assert_eq!(
        code(engineer.roles().create_role(&key(), &new("mine", &["vm:read"])).await),
        "PERMISSION_MISSING"
    );
    let shipped = engineer.roles().list_roles().await.unwrap().items;
    for role in &shipped {
        assert_eq!(
            code(admin.roles().update_role(role.id, role.version, &set(&["vm:read"])).await),
            "ROLE_BUILTIN"
        );
        assert_eq!(code(admin.roles().delete_role(role.id).await), "ROLE_BUILTIN");
    }
    let catalogue = engineer.roles().list_permissions().await.unwrap().items;
    assert!(
        shipped.iter().flat_map(|r| &r.permissions).all(|name| catalogue.iter().any(|p| p.name == *name))
    );
}

#[tokio::test]
async fn nobody_makes_or_gives_a_role_beyond_their_own() {
    let app = TestApp::start().await;
    let (admin, ada, bo) =
        (app.admin().await, app.person("ada", "viewer").await, app.person("bo", "viewer").await);
    let granter = new("granter", &["role:grant", "user:read", "user:manage"]);
    let granter = admin.roles().create_role(&key(), &granter).await.unwrap();
    give(&admin, &ada, &granter).await;

    let climb = ada.roles().create_role(&key(), &new("climb", &["cluster:manage"])).await;
    match climb {
        Err(ClientError::Problem(problem)) => {
            assert_eq!((problem.status, &*problem.code), (403, "GRANT_BEYOND_OWN"));
            assert_eq!(problem.params["permissions"][0], "cluster:manage");
        }
        other => panic!("{other:?}"),
    }
    let body = |role: &str| AddBinding { role: role.into(), environment_ids: vec![] };
    for role in ["platform-admin", "approver", "engineer"] {
        let own = ada.people().add_binding(ada.id, &key(), &body(role)).await;
        assert_eq!(code(own), "GRANT_BEYOND_OWN", "{role}");
    }
    ada.people().add_binding(bo.id, &key(), &body("granter")).await.expect("what they hold");
    let widened =
        ada.roles().update_role(granter.id, granter.version, &set(&["role:grant", "audit:read"])).await;
    assert_eq!(code(widened), "GRANT_BEYOND_OWN");
    let top = admin.people().get_person(admin.id).await.unwrap().bindings[0].id;
    assert_eq!(code(ada.people().remove_binding(admin.id, top).await), "GRANT_BEYOND_OWN");
}
