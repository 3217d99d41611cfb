//! Groups: what is held together comes and goes with joining and leaving, and nobody gives what they do not hold.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    AddBinding, CreateGroup, Group, ListGroupMembersQuery, ListGroupsQuery, UpdateGroup, UpdatePerson,
};
use shepherd_domain::ids::{EnvironmentId, GroupId};
use shepherd_test_support::app::{Caller, TestApp, key};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

async fn group(by: &Caller, name: &str) -> Group {
    let body = CreateGroup { name: name.into(), title: name.to_uppercase() };
    by.groups().create_group(&key(), &body).await.expect("the group is made")
}

async fn give(
    by: &Caller,
    to: GroupId,
    role: &str,
    environments: &[EnvironmentId],
) -> Result<(), ClientError> {
    let body = AddBinding { role: role.into(), environment_ids: environments.to_vec() };
    by.groups().add_group_binding(to, &key(), &body).await.map(drop)
}

#[tokio::test]
async fn whoever_joins_holds_what_the_group_holds() {
    let app = TestApp::start().await;
    let (admin, viewer) = (app.admin().await, app.person("ada", "viewer").await);
    let auditors = group(&admin, "auditors").await;
    give(&admin, auditors.id, "auditor", &[]).await.unwrap();
    assert_eq!(code(viewer.people().list_people(&Default::default()).await), "PERMISSION_MISSING");

    admin.groups().add_group_member(auditors.id, viewer.id).await.unwrap();
    let again = admin.groups().add_group_member(auditors.id, viewer.id).await.unwrap();
    assert_eq!(again.person.name, "ada", "to be taken in twice is to be in");
    viewer.people().list_people(&Default::default()).await.expect("with the next call");
    let seen = admin.people().get_person(viewer.id).await.unwrap();
    let through: Vec<_> =
        seen.bindings.iter().map(|b| (&*b.role, b.group.as_ref().map(|g| &*g.name))).collect();
    assert_eq!(through, [("auditor", Some("auditors")), ("viewer", None)]);
    let theirs = seen.bindings.iter().find(|b| b.group.is_some()).unwrap().id;
    assert_eq!(
        code(admin.people().remove_binding(viewer.id, theirs).await),
        "NOT_FOUND",
        "it is the group's"
    );

    admin.groups().remove_group_member(auditors.id, viewer.id).await.unwrap();
    assert_eq!(code(viewer.people().list_people(&Default::default()).await), "PERMISSION_MISSING");
    assert_eq!(code(admin.groups().remove_group_member(auditors.id, viewer.id).await), "NOT_FOUND");
}

#[tokio::test]
async fn a_role_of_a_group_reaches_only_its_environments() {
    let app = TestApp::start().await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    let ops = group(&admin, "ops").await;
    admin.groups().add_group_member(ops.id, engineer.id).await.unwrap();
    give(&admin, ops.id, "approver", &[app.test]).await.unwrap();
    assert_eq!(code(give(&admin, ops.id, "approver", &[app.test]).await), "ALREADY_GRANTED");
    let reached = engineer.session().get_session().await.unwrap().global_environments;
    assert!(reached.iter().any(|e| e.id == app.test));
    let shown = admin.groups().get_group(ops.id).await.unwrap();
    let binding = &shown.bindings[0];
    assert_eq!((binding.environments.len(), binding.all_environments, shown.member_count), (1, false, 1));
    admin.groups().remove_group_binding(ops.id, binding.id).await.unwrap();
    let session = engineer.session().get_session().await.unwrap();
    assert!(!session.permissions.contains(&"request:approve".to_owned()), "at once");
}

#[tokio::test]
async fn nobody_gives_through_a_group_what_they_do_not_hold() {
    let app = TestApp::start().await;
    let (admin, ada, bo) = (app.admin().await, app.auditor().await, app.person("bo", "viewer").await);
    let (top, testers) = (group(&admin, "top").await, group(&admin, "testers").await);
    give(&admin, top.id, "platform-admin", &[]).await.unwrap();
    give(&admin, testers.id, "approver", &[app.test]).await.unwrap();
    let there = AddBinding { role: "platform-admin".into(), environment_ids: vec![app.test] };
    admin.people().add_binding(ada.id, &key(), &there).await.unwrap();
    assert_eq!(code(ada.groups().add_group_member(top.id, ada.id).await), "GRANT_BEYOND_REACH");
    ada.groups().add_group_member(testers.id, bo.id).await.expect("where they administer");
    assert_eq!(code(give(&ada, testers.id, "viewer", &[app.prod]).await), "GRANT_BEYOND_REACH");
    let body = CreateGroup { name: "mine".into(), title: "Mine".into() };
    assert_eq!(code(bo.groups().create_group(&key(), &body).await), "PERMISSION_MISSING");
    assert_eq!(code(bo.groups().list_groups(&ListGroupsQuery::default()).await), "PERMISSION_MISSING");
}

#[tokio::test]
async fn the_platform_keeps_an_administrator_whichever_way_they_are_one() {
    let app = TestApp::start().await;
    let (admin, second) = (app.admin().await, app.person("second", "viewer").await);
    let admins = group(&admin, "admins").await;
    give(&admin, admins.id, "platform-admin", &[]).await.unwrap();
    admin.groups().add_group_member(admins.id, second.id).await.unwrap();
    let own = admin.people().get_person(admin.id).await.unwrap().bindings[0].id;
    admin.people().remove_binding(admin.id, own).await.expect("the other is one through the group");

    let binding = second.groups().get_group(admins.id).await.unwrap().bindings[0].id;
    let last = "LAST_PLATFORM_ADMIN";
    assert_eq!(code(second.groups().remove_group_member(admins.id, second.id).await), last);
    assert_eq!(code(second.groups().remove_group_binding(admins.id, binding).await), last);
    let me = second.people().get_person(second.id).await.unwrap();
    let off = UpdatePerson { disabled: Some(true), display_name: None };
    assert_eq!(code(second.people().update_person(me.id, me.version, &off).await), last);
    assert_eq!(code(second.groups().delete_group(admins.id).await), "GROUP_IN_USE");
}

#[tokio::test]
async fn groups_are_edited_paged_and_deleted_when_they_hold_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let mut made = Vec::new();
    for name in ["aa", "bb", "cc"] {
        made.push(group(&admin, name).await);
    }
    let taken = CreateGroup { name: "aa".into(), title: "x".into() };
    assert_eq!(code(admin.groups().create_group(&key(), &taken).await), "NAME_TAKEN");
    let title = UpdateGroup { title: "First".into() };
    let first = admin.groups().update_group(made[0].id, made[0].version, &title).await.unwrap();
    assert_eq!((&*first.title, first.version), ("First", 2));
    assert_eq!(code(admin.groups().update_group(made[0].id, 1, &title).await), "STALE");

    let mut ask = ListGroupsQuery { limit: Some(2), ..Default::default() };
    let page = admin.groups().list_groups(&ask).await.unwrap();
    ask.cursor = page.next_cursor;
    let rest = admin.groups().list_groups(&ask).await.unwrap();
    assert_eq!((page.items.len(), rest.items.len(), rest.next_cursor), (2, 1, None));
    admin.groups().add_group_member(made[1].id, admin.id).await.unwrap();
    let members =
        admin.groups().list_group_members(made[1].id, &ListGroupMembersQuery::default()).await.unwrap();
    assert_eq!(members.items[0].person.name, "admin");

    admin.groups().delete_group(made[1].id).await.expect("its members hold nothing by it");
    assert_eq!(code(admin.groups().get_group(made[1].id).await), "NOT_FOUND");
    assert_eq!(code(admin.groups().add_group_member(made[1].id, admin.id).await), "NOT_FOUND");
    group(&admin, "bb").await;
}
