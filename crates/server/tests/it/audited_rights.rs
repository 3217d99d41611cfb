//! Every audited operation about rights is called once, and leaves a line in the trail (see [`super::audited`]).

use shepherd_contract::operations::OperationId;
use shepherd_contract::types::{AddBinding, CreateGroup, UpdateGroup};
use shepherd_test_support::app::{TestApp, key};

use super::audited::Trail;

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
