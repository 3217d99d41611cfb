//! Giving roles to people, service accounts and groups, and taking them away.
//!
//! Nobody gives or takes what they could not have given ([`shepherd_domain::authz::NotYours`]), and the platform keeps an
//! active administrator, whichever way they hold that role.

use std::collections::BTreeSet;

use serde_json::json;
use shepherd_contract::types::{AddBinding, Binding, EnvironmentRef, GroupRef};
use shepherd_domain::authz::{self, NotYours, PLATFORM_ADMIN, Permission, Platform, Reach};
use shepherd_domain::ids::{BindingId, EnvironmentId, GroupId, PrincipalId};
use shepherd_domain::reason::Reason;
use shepherd_store::bindings::{self as store, Holder, NewBinding};
use shepherd_store::events::Event;
use shepherd_store::inbox_roles::{self, Doing};
use shepherd_store::people::{self, EnvironmentRow, GroupNameRow, HeldBinding};
use shepherd_store::{Tx, groups, roles};

use crate::change::{Audit, Begun};
use crate::{App, Cx, Error, Result};

impl App {
    /// Gives a role to a person or service account.
    pub async fn add_binding(&self, cx: &Cx, id: PrincipalId, body: AddBinding) -> Result<Binding> {
        self.give_role(cx, Holder::Principal(id), body).await
    }

    /// Gives a role to a group.
    pub async fn add_group_binding(&self, cx: &Cx, id: GroupId, body: AddBinding) -> Result<Binding> {
        self.give_role(cx, Holder::Group(id), body).await
    }

    /// Takes a role away from a person or service account; one that comes through a group is taken from the group.
    pub async fn remove_binding(&self, cx: &Cx, id: PrincipalId, binding: BindingId) -> Result<()> {
        self.take_role(cx, Holder::Principal(id), binding).await
    }

    /// Takes a role away from a group.
    pub async fn remove_group_binding(&self, cx: &Cx, id: GroupId, binding: BindingId) -> Result<()> {
        self.take_role(cx, Holder::Group(id), binding).await
    }

    async fn give_role(&self, cx: &Cx, holder: Holder, body: AddBinding) -> Result<Binding> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let wanted: BTreeSet<_> = body.environment_ids.iter().copied().collect();
        within_reach(cx, &wanted)?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let role = roles::by_name(change.tx(), &body.role).await?;
        let role =
            role.ok_or_else(|| Error::field("/role", "ROLE_UNKNOWN", "There is no role of this name."))?;
        let to = named(change.tx(), holder).await?;
        may_give(cx, &role.permissions, &reach(&wanted))?;
        if to.kind == "service_account" {
            for_people_only(&role.permissions)?;
        }
        let environments = known(change.tx(), &wanted).await?;
        let ids: Vec<_> = wanted.into_iter().collect();
        let new = NewBinding { holder, role: role.id, environments: &ids, granted_by: cx.actor.id };
        let given = store::grant(change.tx(), &auth, &new).await?;
        let given = given.ok_or_else(|| {
            let text = format!("{} holds this role in these environments already.", to.name);
            Error::conflict("ALREADY_GRANTED", text)
        })?;
        let made = Binding {
            id: given,
            role: role.name,
            all_environments: ids.is_empty(),
            environments: environments.into_iter().map(environment).collect(),
            group: to.group,
        };
        let environments: Vec<_> = ids.iter().map(|id| id.0).collect();
        let doing = Doing { given: true, actor: cx.actor.id };
        inbox_roles::role(change.tx(), holder, &made.role, &environments, doing).await?;
        change.event(to.event);
        change.commit(to.audit.after(&made), made).await
    }

    async fn take_role(&self, cx: &Cx, holder: Holder, binding: BindingId) -> Result<()> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        roles::lock_platform_admins(change.tx()).await?;
        let from = named(change.tx(), holder).await?;
        let taken = store::revoke(change.tx(), &auth, holder, binding).await?.ok_or(Error::NotFound)?;
        let environments = taken.environment_ids.iter().copied().map(EnvironmentId).collect();
        may_give(cx, &taken.permissions, &reach(&environments))?;
        if taken.role == PLATFORM_ADMIN {
            keep_an_admin(change.tx()).await?;
        }
        let doing = Doing { given: false, actor: cx.actor.id };
        inbox_roles::role(change.tx(), holder, &taken.role, &taken.environment_ids, doing).await?;
        change.event(from.event);
        let before = json!({ "role": taken.role, "environment_ids": taken.environment_ids });
        change.commit(from.audit.before(before), ()).await
    }
}

/// Whom a change of bindings is about.
struct Named {
    name: String,
    kind: String,
    group: Option<GroupRef>,
    event: Event,
    audit: Audit,
}

async fn named(tx: &mut Tx, holder: Holder) -> Result<Named> {
    Ok(match holder {
        Holder::Principal(id) => {
            let who = people::reference(tx, id).await?;
            let kind = people::kind(tx, id).await?;
            if !["person", "service_account"].contains(&kind.as_str()) {
                return Err(Error::NotFound);
            }
            let (event, audit) =
                (Event::new("person", id, 0).principal(id), Audit::of("person", id, &who.name));
            Named { name: who.name, kind, group: None, event, audit }
        }
        Holder::Group(id) => {
            let row = groups::one(tx, id).await?;
            let (event, audit) = (Event::new("group", id, row.version), Audit::of("group", id, &row.name));
            let group = GroupRef { id, name: row.name.clone(), title: row.title };
            Named { name: row.name, kind: "group".into(), group: Some(group), event, audit }
        }
    })
}

/// An empty set stands for every environment.
pub(crate) fn reach(environments: &BTreeSet<EnvironmentId>) -> Reach {
    match environments.is_empty() {
        true => Reach::All,
        false => Reach::Only(environments.clone()),
    }
}

/// Whether the caller may give, or take away, a role that allows this.
pub(crate) fn may_give(cx: &Cx, permissions: &[String], reach: &Reach) -> Result<()> {
    let (text, beyond) = match cx.grants.may_give(permissions, reach) {
        Ok(()) => return Ok(()),
        Err(NotYours::Reach) => return Err(beyond_reach()),
        Err(NotYours::Unknown) => {
            let text = "This role allows what this version does not know; only a platform administrator may give it.";
            (text.to_owned(), Vec::new())
        }
        Err(NotYours::Beyond(permissions)) => {
            let names: Vec<_> = permissions.iter().map(|p| p.as_str()).collect();
            let text = format!(
                "You may give and take only what you hold there yourself; this role also allows {}.",
                names.join(", ")
            );
            (text, names)
        }
    };
    Err(Error::Forbidden(Reason::new("GRANT_BEYOND_OWN", text).with("permissions", beyond)))
}

/// A service account never decides on requests, so it is not given a role that would let it.
pub(crate) fn for_people_only(permissions: &[String]) -> Result<()> {
    let only = |name: &String| name.parse().is_ok_and(Permission::people_only);
    match permissions.iter().find(|name| only(name)) {
        None => Ok(()),
        Some(name) => {
            let text = format!("This role allows {name}, which only people may hold.");
            Err(Error::Conflict(Reason::new("PEOPLE_ONLY", text).with("permission", name.as_str())))
        }
    }
}

fn within_reach(cx: &Cx, environments: &BTreeSet<EnvironmentId>) -> Result<()> {
    match cx.grants.holds_within(Permission::RoleGrant, &reach(environments)) {
        true => Ok(()),
        false => Err(beyond_reach()),
    }
}

fn beyond_reach() -> Error {
    let text = "You may give and take roles only in the environments that your own right to grant reaches.";
    Error::forbidden("GRANT_BEYOND_REACH", text)
}

/// The environments of these ids, all of which must exist. None stands for all environments and gives none.
async fn known(tx: &mut Tx, wanted: &BTreeSet<EnvironmentId>) -> Result<Vec<EnvironmentRow>> {
    let ids: Vec<_> = wanted.iter().copied().collect();
    let rows = store::environments(tx, Some(&ids)).await?;
    match rows.len() == ids.len() {
        true => Ok(rows),
        false => {
            let text = "One of these environments does not exist.";
            Err(Error::field("/environment_ids", "ENVIRONMENT_UNKNOWN", text))
        }
    }
}

/// To be asked after a change that may have taken an administrator away; the lock was taken before it.
pub(crate) async fn keep_an_admin(tx: &mut Tx) -> Result<()> {
    match roles::platform_admins(tx).await? {
        0 => {
            let text = "The platform needs an active administrator over all environments; make someone else one first.";
            Err(Error::conflict("LAST_PLATFORM_ADMIN", text))
        }
        _ => Ok(()),
    }
}

pub(crate) fn environment(row: EnvironmentRow) -> EnvironmentRef {
    EnvironmentRef {
        id: row.id,
        name: row.name,
        title: row.title,
        protected: row.protected,
        colour: row.colour,
    }
}

pub(crate) fn group_ref(row: GroupNameRow) -> GroupRef {
    GroupRef { id: row.id, name: row.name, title: row.title }
}

pub(crate) fn binding(held: HeldBinding) -> Binding {
    Binding {
        id: held.id,
        role: held.role,
        environments: held.environments.into_iter().map(environment).collect(),
        all_environments: held.all,
        group: held.group.map(group_ref),
    }
}
