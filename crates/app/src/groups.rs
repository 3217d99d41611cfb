//! Groups: people and service accounts that hold roles and places together.
//!
//! Whoever joins a group gets all that it holds, so taking somebody in or out is giving or taking its roles and follows
//! the same rule. Groups are not nested: what somebody holds is found by one look.

use std::collections::BTreeSet;

use shepherd_contract::types::{
    CreateGroup, Group, GroupMember, GroupMemberPage, GroupPage, PersonRef, PrincipalKind, UpdateGroup,
};
use shepherd_domain::authz::{self, Permission, Platform, Reach};
use shepherd_domain::ids::{GroupId, PrincipalId};
use shepherd_store::events::Event;
use shepherd_store::groups::{self as store, GroupMemberRow, GroupRow};
use shepherd_store::inbox_roles::{self, Doing};
use shepherd_store::{Tx, approvers, people, roles};

use crate::bindings::{binding, for_people_only, keep_an_admin, may_give, reach};
use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// Part of a list of names.
pub struct ListNames<'a> {
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// Groups, by name.
    pub async fn list_groups(&self, cx: &Cx, ask: ListNames<'_>) -> Result<GroupPage> {
        let auth = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let page: Ask<String> = Ask::new("groups", ask.cursor, ask.limit)?;
        let mut conn = self.db.acquire().await?;
        let rows = store::list(&mut conn, &auth, ask.search, page.after.as_deref(), page.fetch()).await?;
        let (rows, next_cursor) = page.cut("groups", rows, |row| row.name.clone())?;
        Ok(GroupPage { items: rows.into_iter().map(group).collect(), next_cursor })
    }

    /// One group, with what it holds.
    pub async fn get_group(&self, cx: &Cx, id: GroupId) -> Result<Group> {
        let auth = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        Ok(group(store::get(&mut *self.db.acquire().await?, &auth, id).await?))
    }

    /// Makes an empty group that holds nothing.
    pub async fn create_group(&self, cx: &Cx, body: CreateGroup) -> Result<Group> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let id = store::create(change.tx(), &auth, &body.name, &body.title).await.map_err(|error| {
            let text = format!("There is a group named {} already.", body.name);
            Error::from(error).taken("user_group_name", || Error::field("/name", "NAME_TAKEN", text))
        })?;
        let made = group(store::one(change.tx(), id).await?);
        change.event(Event::new("group", id, made.version));
        change.commit(Audit::of("group", id, &made.name).after(&made), made).await
    }

    /// Changes the title. The name stays: scripts and policies know a group by it.
    pub async fn update_group(&self, cx: &Cx, id: GroupId, version: i64, body: UpdateGroup) -> Result<Group> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let before = group(store::one(change.tx(), id).await?);
        store::update(change.tx(), &auth, id, version, &body.title).await?.ok_or(Error::Stale)?;
        let after = group(store::one(change.tx(), id).await?);
        change.event(Event::new("group", id, after.version));
        change.commit(Audit::of("group", id, &after.name).before(&before).after(&after), after).await
    }

    /// Deletes a group that holds nothing.
    pub async fn delete_group(&self, cx: &Cx, id: GroupId) -> Result<()> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let before = group(store::one(change.tx(), id).await?);
        if approvers::asks_group(change.tx(), id).await? {
            let text =
                "A policy or an undecided request asks for the word of this group; change the policy first.";
            return Err(Error::conflict("GROUP_ASKED_FOR", text));
        }
        if !store::delete(change.tx(), &auth, id).await? {
            let text = "This group still holds a role or a place in a System; take those away first.";
            return Err(Error::conflict("GROUP_IN_USE", text));
        }
        change.event(Event::new("group", id, before.version + 1));
        change.commit(Audit::of("group", id, &before.name).before(&before), ()).await
    }

    /// Who is in it, by name.
    pub async fn list_group_members(
        &self,
        cx: &Cx,
        id: GroupId,
        ask: ListNames<'_>,
    ) -> Result<GroupMemberPage> {
        let auth = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let page: Ask<String> = Ask::new("group_members", ask.cursor, ask.limit)?;
        let mut conn = self.db.acquire().await?;
        store::get(&mut conn, &auth, id).await?;
        let after = page.after.as_deref();
        let rows = store::members(&mut conn, &auth, id, ask.search, after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("group_members", rows, |row| row.name.clone())?;
        Ok(GroupMemberPage { items: rows.into_iter().map(member).collect(), next_cursor })
    }

    /// Takes somebody in, which gives them all that the group holds.
    pub async fn add_group_member(&self, cx: &Cx, id: GroupId, who: PrincipalId) -> Result<GroupMember> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let held = may_give_all_of(change.tx(), cx, id).await?;
        let made = member(store::add_member(change.tx(), &auth, id, who).await?);
        if made.kind == PrincipalKind::ServiceAccount {
            for_people_only(&held.permissions)?;
        }
        let doing = Doing { given: true, actor: cx.actor.id };
        inbox_roles::group(change.tx(), id, who, doing).await?;
        change.event(Event::new("group", id, held.version));
        change.event(Event::new("person", who, 0).principal(who));
        change.commit(Audit::of("group", id, held.name).after(&made), made).await
    }

    /// Takes somebody out.
    pub async fn remove_group_member(&self, cx: &Cx, id: GroupId, who: PrincipalId) -> Result<()> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        roles::lock_platform_admins(change.tx()).await?;
        let held = may_give_all_of(change.tx(), cx, id).await?;
        let person = people::reference(change.tx(), who).await?;
        if !store::remove_member(change.tx(), &auth, id, who).await? {
            return Err(Error::NotFound);
        }
        if held.administers {
            keep_an_admin(change.tx()).await?;
        }
        let doing = Doing { given: false, actor: cx.actor.id };
        inbox_roles::group(change.tx(), id, who, doing).await?;
        change.event(Event::new("group", id, held.version));
        change.event(Event::new("person", who, 0).principal(who));
        let entry = Audit::of("group", id, held.name).before(crate::systems::person_ref(person));
        change.commit(entry, ()).await
    }
}

/// What joining a group gives.
struct Gives {
    name: String,
    version: i64,
    permissions: Vec<String>,
    administers: bool,
}

/// Checks that the caller could give every role that the group holds. The group is locked: it holds the same until the
/// commit.
async fn may_give_all_of(tx: &mut Tx, cx: &Cx, id: GroupId) -> Result<Gives> {
    shepherd_store::epochs::lock_group(tx, id).await?;
    let row = store::one(tx, id).await?;
    let mut gives =
        Gives { name: row.name, version: row.version, permissions: Vec::new(), administers: false };
    for held in store::roles(tx, id).await? {
        let environments: BTreeSet<_> = held.environment_ids.into_iter().collect();
        may_give(cx, &held.permissions, &reach(&environments))?;
        gives.administers |= held.role == authz::PLATFORM_ADMIN;
        gives.permissions.extend(held.permissions);
    }
    if approvers::asks_group(tx, id).await? {
        // The word of the group approves, wherever a rule asks for it.
        let word = vec![Permission::RequestApprove.as_str().to_owned()];
        may_give(cx, &word, &Reach::All)?;
        gives.permissions.extend(word);
    }
    Ok(gives)
}

pub(crate) fn group(row: GroupRow) -> Group {
    Group {
        id: row.id,
        name: row.name,
        title: row.title,
        member_count: row.member_count,
        bindings: row.bindings.0.into_iter().map(binding).collect(),
        created_at: row.created_at,
        version: row.version,
    }
}

fn member(row: GroupMemberRow) -> GroupMember {
    GroupMember {
        person: PersonRef { id: row.id, name: row.name, display_name: row.display_name },
        kind: row.kind.parse().unwrap_or(PrincipalKind::ServiceAccount),
        disabled: row.disabled,
        since: row.since,
    }
}
