//! Roles: named sets of permissions. Those that ship are never changed; others are made here.
//!
//! A role is changed everywhere at once, so whoever makes or changes one needs the right to give all that changes in
//! every environment. Names of permissions that this version does not know are refused, but kept where a newer version
//! wrote them.

use std::collections::BTreeSet;

use shepherd_contract::types::{
    CreateRole, MemberRole, PermissionInfo, PermissionKind, PermissionList, Role, RoleList, UpdateRole,
};
use shepherd_domain::authz::{self, Kind, Permission, Platform, Reach};
use shepherd_domain::ids::RoleId;
use shepherd_store::events::Event;
use shepherd_store::roles::{self as store, RoleRow};

use crate::bindings::may_give;
use crate::change::{Audit, Begun};
use crate::{App, Cx, Error, Result};

impl App {
    /// Every permission a role may have.
    pub async fn list_permissions(&self, _cx: &Cx) -> Result<PermissionList> {
        let items = Permission::ALL.iter().map(|p| PermissionInfo {
            name: p.as_str().to_owned(),
            kind: match p.kind() {
                Kind::Global => PermissionKind::Global,
                Kind::Resource => PermissionKind::Resource,
            },
            member_role: match p.kind() {
                Kind::Global => None,
                Kind::Resource => p.least().as_str().parse::<MemberRole>().ok(),
            },
            people_only: p.people_only(),
        });
        Ok(PermissionList { items: items.collect() })
    }

    /// The roles and what they allow.
    pub async fn list_roles(&self, _cx: &Cx) -> Result<RoleList> {
        let rows = store::list(&mut *self.db.acquire().await?).await?;
        Ok(RoleList { items: rows.into_iter().map(role).collect() })
    }

    /// One role.
    pub async fn get_role(&self, _cx: &Cx, id: RoleId) -> Result<Role> {
        Ok(role(store::get(&mut *self.db.acquire().await?, id).await?))
    }

    /// Makes a role.
    pub async fn create_role(&self, cx: &Cx, body: CreateRole) -> Result<Role> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let permissions = known(&body.permissions, &[])?;
        may_give(cx, &permissions, &Reach::All)?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let made = store::create(change.tx(), &auth, &body.name, &body.title, &permissions).await;
        let id = made.map_err(|error| {
            let text = format!("There is a role named {} already.", body.name);
            Error::from(error).taken("role_name_key", || Error::field("/name", "NAME_TAKEN", text))
        })?;
        let made = role(store::get(change.tx(), id).await?);
        change.event(Event::new("role", id, made.version));
        change.commit(Audit::of("role", id, &made.name).after(&made), made).await
    }

    /// Changes title or permissions. Whoever holds the role holds the new set with their next call.
    pub async fn update_role(&self, cx: &Cx, id: RoleId, version: i64, body: UpdateRole) -> Result<Role> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let before = role(store::hold(change.tx(), id).await?);
        own(&before)?;
        if before.version != version {
            return Err(Error::Stale);
        }
        let permissions = match &body.permissions {
            Some(names) => known(names, &before.permissions)?,
            None => before.permissions.clone(),
        };
        let (old, new): (BTreeSet<_>, BTreeSet<_>) =
            (before.permissions.iter().cloned().collect(), permissions.iter().cloned().collect());
        let changed: Vec<_> = old.symmetric_difference(&new).cloned().collect();
        may_give(cx, &changed, &Reach::All)?;
        let title = body.title.as_deref().unwrap_or(&before.title);
        store::update(change.tx(), &auth, id, title, &permissions).await?;
        let after = role(store::get(change.tx(), id).await?);
        change.event(Event::new("role", id, after.version));
        change.commit(Audit::of("role", id, &after.name).before(&before).after(&after), after).await
    }

    /// Deletes a role that nobody holds.
    pub async fn delete_role(&self, cx: &Cx, id: RoleId) -> Result<()> {
        let auth = self.authorize::<authz::GrantRoles, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let before = role(store::hold(change.tx(), id).await?);
        own(&before)?;
        may_give(cx, &before.permissions, &Reach::All)?;
        if !store::delete(change.tx(), &auth, id).await? {
            let text = "Somebody holds this role still; take it away from everybody first.";
            return Err(Error::conflict("ROLE_IN_USE", text));
        }
        change.event(Event::new("role", id, before.version + 1));
        change.commit(Audit::of("role", id, &before.name).before(&before), ()).await
    }
}

fn own(role: &Role) -> Result<()> {
    match role.builtin {
        false => Ok(()),
        true => {
            let text = "Roles that ship with Shepherd do not change; make one of your own.";
            Err(Error::conflict("ROLE_BUILTIN", text))
        }
    }
}

/// The names, each once and in order, all of them known or there before.
fn known(names: &[String], before: &[String]) -> Result<Vec<String>> {
    for (at, name) in names.iter().enumerate() {
        if name.parse::<Permission>().is_err() && !before.contains(name) {
            let text = "There is no permission of this name; GET /permissions lists them all.";
            return Err(Error::field(format!("/permissions/{at}"), "PERMISSION_UNKNOWN", text));
        }
    }
    Ok(names.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect())
}

fn role(row: RoleRow) -> Role {
    Role {
        id: row.id,
        name: row.name,
        title: row.title,
        builtin: row.builtin,
        permissions: row.permissions,
        version: row.version,
    }
}
