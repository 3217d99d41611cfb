//! Groups over HTTP.

use shepherd_app::Cx;
use shepherd_app::groups::ListNames;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::groups::GroupsApi;
use shepherd_contract::types::{
    AddBinding, Binding, CreateGroup, Group, GroupMember, GroupMemberPage, GroupPage, ListGroupMembersQuery,
    ListGroupsQuery, UpdateGroup,
};
use shepherd_domain::ids::{BindingId, GroupId, PrincipalId};

use crate::Server;
use crate::problems::Fault;

impl GroupsApi for Server {
    async fn list_groups(&self, cx: Cx, query: ListGroupsQuery) -> Result<GroupPage, Fault> {
        let ask =
            ListNames { search: query.q.as_deref(), cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_groups(&cx, ask).await?)
    }

    async fn create_group(&self, cx: Cx, body: CreateGroup) -> Result<Group, Fault> {
        Ok(self.app.create_group(&cx, body).await?)
    }

    async fn get_group(&self, cx: Cx, id: GroupId) -> Result<Group, Fault> {
        Ok(self.app.get_group(&cx, id).await?)
    }

    async fn update_group(
        &self,
        cx: Cx,
        id: GroupId,
        version: IfMatch,
        body: UpdateGroup,
    ) -> Result<Group, Fault> {
        Ok(self.app.update_group(&cx, id, version.0, body).await?)
    }

    async fn delete_group(&self, cx: Cx, id: GroupId) -> Result<(), Fault> {
        Ok(self.app.delete_group(&cx, id).await?)
    }

    async fn list_group_members(
        &self,
        cx: Cx,
        id: GroupId,
        query: ListGroupMembersQuery,
    ) -> Result<GroupMemberPage, Fault> {
        let ask =
            ListNames { search: query.q.as_deref(), cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_group_members(&cx, id, ask).await?)
    }

    async fn add_group_member(&self, cx: Cx, id: GroupId, who: PrincipalId) -> Result<GroupMember, Fault> {
        Ok(self.app.add_group_member(&cx, id, who).await?)
    }

    async fn remove_group_member(&self, cx: Cx, id: GroupId, who: PrincipalId) -> Result<(), Fault> {
        Ok(self.app.remove_group_member(&cx, id, who).await?)
    }

    async fn add_group_binding(&self, cx: Cx, id: GroupId, body: AddBinding) -> Result<Binding, Fault> {
        Ok(self.app.add_group_binding(&cx, id, body).await?)
    }

    async fn remove_group_binding(&self, cx: Cx, id: GroupId, binding: BindingId) -> Result<(), Fault> {
        Ok(self.app.remove_group_binding(&cx, id, binding).await?)
    }
}
