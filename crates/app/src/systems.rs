//! Systems and their members.

use shepherd_contract::types::{
    CreateSystem, Member, MemberList, MemberRole, PersonRef, SetMember, System, SystemPage, TransferCause,
    UpdateSystem,
};
use shepherd_domain::authz::{self, Permission, Platform, SystemScope};
use shepherd_domain::ids::{PrincipalId, SystemId};
use shepherd_store::bindings::Holder;
use shepherd_store::events::Event;
use shepherd_store::inbox_roles::{self, Doing, Place};
use shepherd_store::systems::{self as store, PersonRow, SystemRow};
use shepherd_store::{Tx, accounts};

use crate::change::{Audit, Begun, Change};
use crate::page::Ask;
use crate::transfers::orphaned;
use crate::{App, Cx, Error, Result};

/// Which Systems.
pub struct ListSystems<'a> {
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The Systems the caller may see, by name.
    pub async fn list_systems(&self, cx: &Cx, ask: ListSystems<'_>) -> Result<SystemPage> {
        let page: Ask<String> = Ask::new("systems", ask.cursor, ask.limit)?;
        let visible = cx.grants.visible(Permission::SystemRead);
        let mut conn = self.db.acquire().await?;
        let rows = store::list(&mut conn, &visible, ask.search, page.after.as_deref(), page.fetch()).await?;
        let (rows, next_cursor) = page.cut("systems", rows, |row| row.name.clone())?;
        Ok(SystemPage { items: rows.into_iter().map(|row| system(cx, row)).collect(), next_cursor })
    }

    /// One System.
    pub async fn get_system(&self, cx: &Cx, id: SystemId) -> Result<System> {
        let auth = self.authorize::<authz::ReadSystem, _>(cx, SystemScope(id)).await?;
        let mut conn = self.db.acquire().await?;
        Ok(system(cx, store::get(&mut conn, &auth).await?))
    }

    /// Makes a System; the caller becomes its owner, or the person who answers for the caller.
    pub async fn create_system(&self, cx: &Cx, body: CreateSystem) -> Result<System> {
        let auth = self.authorize::<authz::CreateSystem, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let description = body.description.unwrap_or_default();
        let sample = body.sample.unwrap_or(false);
        let id = store::create(change.tx(), &auth, &body.name, &description, sample, cx.actor.person)
            .await
            .map_err(|error| {
            Error::from(error).taken("system_name", || {
                Error::field("/name", "NAME_TAKEN", format!("There is a System named {} already.", body.name))
            })
        })?;
        let owner = person_ref(shepherd_store::people::reference(change.tx(), cx.actor.person).await?);
        let own = cx.actor.person == cx.actor.id;
        let made = System {
            id,
            name: body.name,
            description,
            owners: vec![owner],
            service_count: 0,
            vm_count: 0,
            my_role: Some(if own { MemberRole::Owner } else { MemberRole::Member }),
            sample,
            created_at: change.now().await?,
            version: 1,
        };
        change.event(Event::new("system", id, 1).system(id));
        change.commit(Audit::of("system", id, &made.name).system(id).after(&made), made).await
    }

    /// Changes the description.
    pub async fn update_system(
        &self,
        cx: &Cx,
        id: SystemId,
        version: i64,
        body: UpdateSystem,
    ) -> Result<System> {
        let auth = self.authorize::<authz::UpdateSystem, _>(cx, SystemScope(id)).await?;
        let before = self.get_system(cx, id).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(before) };
        let new = store::update(change.tx(), &auth, version, &body.description).await?.ok_or(Error::Stale)?;
        change.event(Event::new("system", id, new).system(id));
        let after = System { description: body.description, version: new, ..before.clone() };
        let entry = Audit::of("system", id, &after.name).system(id).before(&before).after(&after);
        change.commit(entry, after).await
    }

    /// Deletes a System that has no Services.
    pub async fn delete_system(&self, cx: &Cx, id: SystemId) -> Result<()> {
        let auth = self.authorize::<authz::DeleteSystem, _>(cx, SystemScope(id)).await?;
        let before = self.get_system(cx, id).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        if !store::delete(change.tx(), &auth).await? {
            let text = "This System still has Services; delete them first.";
            return Err(Error::conflict("SYSTEM_NOT_EMPTY", text));
        }
        change.event(Event::new("system", id, before.version + 1).system(id));
        change.commit(Audit::of("system", id, &before.name).system(id).before(&before), ()).await
    }

    /// Who belongs to it.
    pub async fn list_members(&self, cx: &Cx, id: SystemId) -> Result<MemberList> {
        let auth = self.authorize::<authz::ReadSystem, _>(cx, SystemScope(id)).await?;
        let mut conn = self.db.acquire().await?;
        store::get(&mut conn, &auth).await?;
        let rows = store::members(&mut conn, &auth).await?;
        let items = rows.into_iter().map(|row| Member {
            person: PersonRef { id: row.id, name: row.name, display_name: row.display_name },
            role: role(&row.role),
            since: row.since,
        });
        Ok(MemberList { items: items.collect() })
    }

    /// Adds a member or changes their role. A System keeps an active owner.
    pub async fn set_member(
        &self,
        cx: &Cx,
        id: SystemId,
        who: PrincipalId,
        body: SetMember,
    ) -> Result<Member> {
        let auth = self.authorize::<authz::ManageMembers, _>(cx, SystemScope(id)).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let set = async |tx: &mut Tx, _: SystemId, who: PrincipalId, role: &str| {
            store::set_member(tx, &auth, who, role).await
        };
        let Seated { before, member, entry } = seated(&mut change, id, who, body.role, set).await?;
        keep_an_owner(change.tx(), id).await?;
        let doing = Doing { given: true, actor: cx.actor.id };
        inbox_roles::place(change.tx(), Holder::Principal(who), Place::system(id), body.role.as_str(), doing)
            .await?;
        change.commit(entry.before(before).after(&member), member).await
    }

    /// Removes a member. When the last active owner leaves, somebody has to name a new one ([`crate::transfers`]).
    pub async fn remove_member(&self, cx: &Cx, id: SystemId, who: PrincipalId) -> Result<()> {
        let auth = self.authorize::<authz::ManageMembers, _>(cx, SystemScope(id)).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let person = shepherd_store::people::reference(change.tx(), who).await?;
        let before = store::remove_member(change.tx(), &auth, who).await?.ok_or(Error::NotFound)?;
        if before == MemberRole::Owner.as_str() {
            orphaned(&mut change, cx, who, Some(id), TransferCause::Removed).await?;
        }
        let doing = Doing { given: false, actor: cx.actor.id };
        inbox_roles::place(change.tx(), Holder::Principal(who), Place::system(id), &before, doing).await?;
        change.event(Event::new("system", id, 0).system(id));
        change.commit(Audit::of("system", id, person.name).system(id).before(before), ()).await
    }
}

/// A place that was just given, and the audit entry of it.
pub(crate) struct Seated {
    pub before: Option<String>,
    pub member: Member,
    pub entry: Audit,
}

/// The one way somebody comes to a place in a System: `set` writes the row, by a right that was checked or an approval.
pub(crate) async fn seated(
    change: &mut Change<'_>,
    id: SystemId,
    who: PrincipalId,
    role: MemberRole,
    set: impl AsyncFnOnce(&mut Tx, SystemId, PrincipalId, &str) -> shepherd_store::Result<Option<String>>,
) -> Result<Seated> {
    let person = shepherd_store::people::reference(change.tx(), who).await?;
    if role == MemberRole::Owner && !accounts::is_active_person(change.tx(), who).await? {
        let text = "The owner of a System must be an active person.";
        return Err(Error::field("/role", "OWNER_NOT_ACTIVE", text));
    }
    let before = set(change.tx(), id, who, role.as_str()).await?;
    change.event(Event::new("system", id, 0).system(id));
    let member = Member { person: person_ref(person), role, since: change.now().await? };
    Ok(Seated { before, entry: Audit::of("system", id, &member.person.name).system(id), member })
}

async fn keep_an_owner(tx: &mut Tx, id: SystemId) -> Result<()> {
    match store::owners(tx, id).await? {
        0 => Err(Error::conflict(
            "LAST_OWNER",
            "A System needs an active owner; make someone else owner first.",
        )),
        _ => Ok(()),
    }
}

pub(crate) fn person_ref(row: PersonRow) -> PersonRef {
    PersonRef { id: row.id, name: row.name, display_name: row.display_name }
}

/// Stored roles pass a CHECK; anything newer reads as the least.
fn role(text: &str) -> MemberRole {
    text.parse().unwrap_or(MemberRole::Viewer)
}

fn system(cx: &Cx, row: SystemRow) -> System {
    System {
        id: row.id,
        name: row.name,
        description: row.description,
        owners: row.owners.0.into_iter().map(person_ref).collect(),
        service_count: row.service_count,
        vm_count: row.vm_count,
        my_role: cx.grants.member_role(row.id).and_then(|r| r.as_str().parse().ok()),
        sample: row.sample,
        created_at: row.created_at,
        version: row.version,
    }
}
