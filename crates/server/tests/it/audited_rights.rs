//! Every audited operation about rights and secrets is called once, and leaves a line in the trail (see [`super::audited`]).

use shepherd_contract::operations::OperationId;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::*;
use shepherd_test_support::app::{TestApp, key};

use super::audited::Trail;
use super::systems::made;

#[tokio::test]
async fn roles() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let roles = admin.roles();
    let body =
        CreateRole { name: "desk".into(), title: "Desk".into(), permissions: vec!["user:read".into()] };
    let desk = trail.leaves(OperationId::CreateRole, &admin, roles.create_role(&key(), &body)).await;
    let body = UpdateRole { title: Some("Help desk".into()), permissions: None };
    trail.leaves(OperationId::UpdateRole, &admin, roles.update_role(desk.id, desk.version, &body)).await;
    trail.leaves(OperationId::DeleteRole, &admin, roles.delete_role(desk.id)).await;
    trail.has_all_of("roles");
}

#[tokio::test]
async fn accounts() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let accounts = admin.accounts();
    let body = CreateServiceAccount { name: "bot".into(), display_name: "Bot".into(), owner_id: admin.id };
    let call = key();
    let call = accounts.create_service_account(&call, &body);
    let bot = trail.leaves(OperationId::CreateServiceAccount, &admin, call).await;
    let body = UpdateServiceAccount { display_name: Some("Robot".into()), ..Default::default() };
    let call = accounts.update_service_account(bot.id, bot.version, &body);
    trail.leaves(OperationId::UpdateServiceAccount, &admin, call).await;
    let body = CreateToken { name: "ci".into(), days: 1 };
    let call = accounts.create_service_account_token(bot.id, &body);
    let made = trail.leaves(OperationId::CreateServiceAccountToken, &admin, call).await;
    let call = accounts.revoke_service_account_token(bot.id, made.token.id);
    trail.leaves(OperationId::RevokeServiceAccountToken, &admin, call).await;
    trail.has_all_of("accounts");
}

#[tokio::test]
async fn grants() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    let shop = made(&engineer, "shop").await;
    let body = CreateGroup { name: "team".into(), title: "Team".into() };
    let team = admin.groups().create_group(&key(), &body).await.unwrap();
    let body = CreateGrant {
        system_id: Some(shop.id),
        service_id: None,
        vm_id: None,
        principal_id: None,
        group_id: Some(team.id),
        role: GrantRole::Member,
    };
    let call = async { engineer.grants().create_grant(&key(), &body).await };
    let place = trail.leaves(OperationId::CreateGrant, &engineer, call).await;
    trail.leaves(OperationId::RemoveGrant, &engineer, engineer.grants().remove_grant(place.id)).await;
    trail.has_all_of("grants");
}

#[tokio::test]
async fn membership() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let (engineer, neighbour) = (app.engineer().await, app.neighbour().await);
    made(&engineer, "shop").await;
    let body = JoinSystem { system: "shop".into(), role: MemberRole::Member, reason: None, fields: None };
    let call = async { neighbour.membership().join_system(&key(), &body).await };
    trail.leaves(OperationId::JoinSystem, &neighbour, call).await;
    let body = LookupHolder { kind: HolderKind::Person, name: neighbour.name.clone() };
    let call = async { engineer.membership().lookup_holder(&body).await };
    trail.leaves(OperationId::LookupHolder, &engineer, call).await;
    trail.has_all_of("membership");
}

#[tokio::test]
async fn transfers() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    let shop = made(&engineer, "shop").await;
    engineer.systems().remove_member(shop.id, engineer.id).await.unwrap();
    let open = admin.transfers().list_transfers(&ListTransfersQuery::default()).await.unwrap().items;
    let body = ResolveTransfer { owner_id: engineer.id };
    let call = async { admin.transfers().resolve_transfer(open[0].id, &key(), &body).await };
    trail.leaves(OperationId::ResolveTransfer, &admin, call).await;
    trail.has_all_of("transfers");
}

#[tokio::test]
async fn groups() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let groups = admin.groups();
    let body = CreateGroup { name: "ops".into(), title: "Ops".into() };
    let ops = trail.leaves(OperationId::CreateGroup, &admin, groups.create_group(&key(), &body)).await;
    let body = UpdateGroup { title: "Operations".into() };
    trail.leaves(OperationId::UpdateGroup, &admin, groups.update_group(ops.id, ops.version, &body)).await;
    let body = AddBinding { role: "viewer".into(), environment_ids: vec![] };
    let call = key();
    let call = groups.add_group_binding(ops.id, &call, &body);
    let held = trail.leaves(OperationId::AddGroupBinding, &admin, call).await;
    trail.leaves(OperationId::AddGroupMember, &admin, groups.add_group_member(ops.id, admin.id)).await;
    let call = groups.remove_group_member(ops.id, admin.id);
    trail.leaves(OperationId::RemoveGroupMember, &admin, call).await;
    let call = groups.remove_group_binding(ops.id, held.id);
    trail.leaves(OperationId::RemoveGroupBinding, &admin, call).await;
    trail.leaves(OperationId::DeleteGroup, &admin, groups.delete_group(ops.id)).await;
    trail.has_all_of("groups");
}

#[tokio::test]
async fn secrets() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let engineer = app.engineer().await;
    let body = CreateSecret { value: Secret::from("hunter2") };
    trail.leaves(OperationId::CreateSecret, &engineer, engineer.secrets().create_secret(&body)).await;
    trail.has_all_of("secrets");
}

#[tokio::test]
async fn inbox() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let engineer = app.engineer().await;
    let body = MarkInbox { read: true, numbers: None, up_to: None };
    trail.leaves(OperationId::MarkInbox, &engineer, engineer.inbox().mark_inbox(&key(), &body)).await;
    trail.has_all_of("inbox");
}
