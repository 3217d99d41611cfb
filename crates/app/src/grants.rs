//! Places in one Service or one VM, and those of groups in a System. Owners give and take them.
//!
//! A place in a System counts in its Services and VMs, one in a Service in its VMs; none of them counts without a role
//! that allows the thing in that environment. A System is owned as a whole and by people, so that somebody answers for
//! it by name: such a place is `member` or `viewer`.

use serde_json::json;
use shepherd_contract::types::{
    CreateGrant, Grant, GrantPage, GrantRole, GroupRef, PersonRef, ServiceRef, SystemRef, VmRef,
};
use shepherd_domain::authz::{self, Authorized, ManageMembers, SystemScope};
use shepherd_domain::ids::{GrantId, ServiceId, SystemId, VmId};
use shepherd_store::bindings::Holder;
use shepherd_store::events::Event;
use shepherd_store::grants::{self as store, GrantRow, Spot};
use shepherd_store::inbox_roles::{self, Doing, Place};
use shepherd_store::{Tx, groups, people, services, vms};

use crate::change::{Audit, Begun, Change};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// Who needs more is better given a place in the Service or the System.
const MOST: i64 = 1000;

/// Part of a list.
pub struct ListGrants<'a> {
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// Places of groups in a System, and of anybody in its Services and VMs.
    pub async fn list_system_grants(&self, cx: &Cx, id: SystemId, ask: ListGrants<'_>) -> Result<GrantPage> {
        let auth = self.authorize::<authz::ReadSystem, _>(cx, SystemScope(id)).await?;
        self.page_of_grants(&auth, ask).await
    }

    /// Places in a Service and at its VMs.
    pub async fn list_service_grants(
        &self,
        cx: &Cx,
        id: ServiceId,
        ask: ListGrants<'_>,
    ) -> Result<GrantPage> {
        let scope = services::scope(&mut *self.db.acquire().await?, id).await?;
        let auth = self.authorize::<authz::ReadService, _>(cx, scope).await?;
        self.page_of_grants(&auth, ask).await
    }

    /// Places at a VM.
    pub async fn list_vm_grants(&self, cx: &Cx, id: VmId, ask: ListGrants<'_>) -> Result<GrantPage> {
        let scope = vms::scope(&mut *self.db.acquire().await?, id).await?;
        let auth = self.authorize::<authz::ReadVm, _>(cx, scope).await?;
        self.page_of_grants(&auth, ask).await
    }

    async fn page_of_grants<A, R: authz::Resource>(
        &self,
        auth: &Authorized<A, R>,
        ask: ListGrants<'_>,
    ) -> Result<GrantPage> {
        let page: Ask<GrantId> = Ask::new("grants", ask.cursor, ask.limit)?;
        let rows = store::list(&mut *self.db.acquire().await?, auth, page.after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("grants", rows, |row| row.id)?;
        Ok(GrantPage { items: rows.into_iter().map(grant).collect(), next_cursor })
    }

    /// Gives a place, or changes the role of one.
    pub async fn create_grant(&self, cx: &Cx, body: CreateGrant) -> Result<Grant> {
        let (auth, spot) = self.spot(cx, &body).await?;
        let holder = holder(&body)?;
        if let (Holder::Principal(_), Spot { service: None, .. }) = (holder, spot) {
            let text = "A person gets a place in a whole System as its member: PUT /systems/{id}/members.";
            return Err(Error::field("/principal_id", "USE_MEMBERS", text));
        }
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        exists(change.tx(), holder).await?;
        let (row, before) = store::set(change.tx(), &auth, spot, holder, body.role.as_str()).await?;
        if store::count(change.tx(), holder).await? > MOST {
            let text = format!("Nobody has more than {MOST} places; give one in the Service or the System.");
            return Err(Error::conflict("TOO_MANY_GRANTS", text));
        }
        let made = grant(row);
        told(&mut change, cx, &made, true).await?;
        for event in events(&made) {
            change.event(event);
        }
        let entry = audit(&made).before(before.map(|role| json!({ "role": role }))).after(&made);
        change.commit(entry, made).await
    }

    /// Takes a place away.
    pub async fn remove_grant(&self, cx: &Cx, id: GrantId) -> Result<()> {
        let system = store::system_of(&mut *self.db.acquire().await?, id).await?;
        let auth = self.authorize::<authz::ManageMembers, _>(cx, SystemScope(system)).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let taken = grant(store::remove(change.tx(), &auth, id).await?.ok_or(Error::NotFound)?);
        told(&mut change, cx, &taken, false).await?;
        for event in events(&taken) {
            change.event(event);
        }
        change.commit(audit(&taken).before(&taken), ()).await
    }

    /// The one place that is named, with the right to give places there.
    async fn spot(
        &self,
        cx: &Cx,
        body: &CreateGrant,
    ) -> Result<(Authorized<ManageMembers, SystemScope>, Spot)> {
        let (system, spot) = match (body.system_id, body.service_id, body.vm_id) {
            (Some(system), None, None) => (system, Spot { service: None, vm: None }),
            (None, Some(service), None) => {
                let scope = services::scope(&mut *self.db.acquire().await?, service).await?;
                (scope.system, Spot { service: Some(service), vm: None })
            }
            (None, None, Some(vm)) => {
                let scope = vms::scope(&mut *self.db.acquire().await?, vm).await?;
                (scope.system, Spot { service: Some(scope.service), vm: Some(vm) })
            }
            _ => {
                let text = "Name exactly one of system_id, service_id and vm_id.";
                return Err(Error::field("/system_id", "ONE_PLACE", text));
            }
        };
        Ok((self.authorize::<authz::ManageMembers, _>(cx, SystemScope(system)).await?, spot))
    }
}

fn holder(body: &CreateGrant) -> Result<Holder> {
    match (body.principal_id, body.group_id) {
        (Some(id), None) => Ok(Holder::Principal(id)),
        (None, Some(id)) => Ok(Holder::Group(id)),
        _ => {
            let text = "Name exactly one of principal_id and group_id.";
            Err(Error::field("/principal_id", "ONE_HOLDER", text))
        }
    }
}

async fn exists(tx: &mut Tx, holder: Holder) -> Result<()> {
    match holder {
        Holder::Group(id) => groups::one(tx, id).await.map(drop)?,
        Holder::Principal(id) => match people::kind(tx, id).await?.as_str() {
            "person" | "service_account" => {}
            _ => return Err(Error::NotFound),
        },
    }
    Ok(())
}

/// Tells whoever has the place, or had it.
async fn told(change: &mut Change<'_>, cx: &Cx, grant: &Grant, given: bool) -> Result<()> {
    let place = Place {
        system: grant.system.id,
        service: grant.service.as_ref().map(|service| service.id),
        vm: grant.vm.as_ref().map(|vm| vm.id),
    };
    let holder = match (&grant.person, &grant.group) {
        (Some(person), _) => Holder::Principal(person.id),
        (None, Some(group)) => Holder::Group(group.id),
        (None, None) => return Ok(()),
    };
    let doing = Doing { given, actor: cx.actor.id };
    Ok(inbox_roles::place(change.tx(), holder, place, grant.role.as_str(), doing).await?)
}

/// Everybody of the System looks again, and so does the one who was given or lost a place.
fn events(grant: &Grant) -> impl Iterator<Item = Event> + use<> {
    let system = Event::new("system", grant.system.id, 0).system(grant.system.id);
    let person = grant.person.as_ref().map(|p| Event::new("person", p.id, 0).principal(p.id));
    [Some(system), person].into_iter().flatten()
}

fn audit(grant: &Grant) -> Audit {
    let name = match (&grant.person, &grant.group) {
        (Some(person), _) => &person.name,
        (None, Some(group)) => &group.name,
        (None, None) => return Audit::about("grant"),
    };
    Audit::of("grant", grant.id, name).system(grant.system.id).vm(grant.vm.as_ref().map(|vm| vm.id))
}

fn grant(row: GrantRow) -> Grant {
    Grant {
        id: row.id,
        system: SystemRef { id: row.system_id, name: row.system_name },
        service: row.service_id.map(|id| ServiceRef { id, name: row.service_name.unwrap_or_default() }),
        vm: row.vm_id.map(|id| VmRef { id, name: row.vm_name.unwrap_or_default() }),
        person: row.principal_id.map(|id| PersonRef {
            id,
            name: row.principal_name.unwrap_or_default(),
            display_name: row.principal_display.unwrap_or_default(),
        }),
        group: row.group_id.map(|id| GroupRef {
            id,
            name: row.group_name.unwrap_or_default(),
            title: row.group_title.unwrap_or_default(),
        }),
        role: row.role.parse().unwrap_or(GrantRole::Viewer),
        since: row.since,
    }
}
