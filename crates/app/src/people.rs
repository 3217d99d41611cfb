//! People: accounts. The roles they hold are given in [`crate::bindings`].
//!
//! The platform keeps an administrator: what would take the last one away is refused. Disabling the last owner of a System
//! opens a transfer ([`crate::transfers`]).

use secrecy::{ExposeSecret, SecretString};
use shepherd_auth::password;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{
    CreatePerson, InitialPassword, MemberRole, Membership, NewPerson, Person, PersonPage, PrincipalKind,
    ServiceRef, SystemRef, TransferCause, UpdatePerson, VmRef,
};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::ids::{PrincipalId, ServiceId, VmId};
use shepherd_store::events::Event;
use shepherd_store::people::{self as store, HeldMembership, PrincipalRow};
use shepherd_store::{Tx, roles, sessions, transfers};

use crate::bindings::{binding, group_ref, keep_an_admin};
use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::transfers::orphaned;
use crate::{App, Cx, Error, Result};

/// Which people.
pub struct ListPeople<'a> {
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// People and service accounts, by name.
    pub async fn list_people(&self, cx: &Cx, ask: ListPeople<'_>) -> Result<PersonPage> {
        let auth = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let page: Ask<String> = Ask::new("people", ask.cursor, ask.limit)?;
        let mut conn = self.db.acquire().await?;
        let rows = store::list(&mut conn, &auth, ask.search, page.after.as_deref(), page.fetch()).await?;
        let (rows, next_cursor) = page.cut("people", rows, |row| row.name.clone())?;
        Ok(PersonPage { items: rows.into_iter().map(person).collect(), next_cursor })
    }

    /// One person, with what they hold.
    pub async fn get_person(&self, cx: &Cx, id: PrincipalId) -> Result<Person> {
        let auth = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        Ok(person(store::get(&mut *self.db.acquire().await?, &auth, id).await?))
    }

    /// Adds a local account. Its initial password is in this answer and nowhere else.
    pub async fn create_person(&self, cx: &Cx, body: CreatePerson) -> Result<NewPerson> {
        self.authorize::<authz::ManageUsers, _>(cx, Platform).await?;
        let see = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let (password, hash) = self.initial_password().await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let new = store::NewPerson {
            name: &body.name,
            display_name: &body.display_name,
            email: body.email.as_deref(),
            password_hash: &hash,
            must_change: true,
            sample: false,
        };
        let id = insert(change.tx(), &new).await?;
        let made = person(store::get(change.tx(), &see, id).await?);
        change.event(Event::new("person", id, made.version));
        change.commit(Audit::of("person", id, &made.name).after(&made), ()).await?;
        Ok(NewPerson { person: made, password })
    }

    /// Renames, disables or enables.
    pub async fn update_person(
        &self,
        cx: &Cx,
        id: PrincipalId,
        version: i64,
        body: UpdatePerson,
    ) -> Result<Person> {
        let auth = self.authorize::<authz::ManageUsers, _>(cx, Platform).await?;
        let see = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let disabling = body.disabled == Some(true);
        if disabling {
            roles::lock_platform_admins(change.tx()).await?;
        }
        let before = person(store::get(change.tx(), &see, id).await?);
        let name = body.display_name.as_deref();
        let new = store::update(change.tx(), &auth, id, version, name, body.disabled).await?;
        new.ok_or(Error::Stale)?;
        if disabling && before.bindings.iter().any(|b| b.role == authz::PLATFORM_ADMIN) {
            keep_an_admin(change.tx()).await?;
        }
        match body.disabled {
            Some(true) => orphaned(&mut change, cx, id, None, TransferCause::Disabled).await?,
            Some(false) => transfers::close(change.tx(), id).await?,
            None => {}
        }
        let after = person(store::get(change.tx(), &see, id).await?);
        change.event(Event::new("person", id, after.version).principal(id));
        change.commit(Audit::of("person", id, &after.name).before(&before).after(&after), after).await
    }

    /// Sets a new initial password and ends every session.
    pub async fn reset_password(&self, cx: &Cx, id: PrincipalId) -> Result<InitialPassword> {
        self.authorize::<authz::ManageUsers, _>(cx, Platform).await?;
        let see = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let (password, hash) = self.initial_password().await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let who = person(store::get(change.tx(), &see, id).await?);
        if who.kind != PrincipalKind::Person {
            return Err(Error::conflict(
                "NOT_A_PERSON",
                "Only people have passwords; give this account a token.",
            ));
        }
        sessions::set_password(change.tx(), id, &hash, true).await?;
        sessions::revoke_others(change.tx(), id, None).await?;
        change.event(Event::new("session", id, who.version).principal(id));
        change.commit(Audit::of("person", id, &who.name), ()).await?;
        Ok(InitialPassword { password })
    }

    pub(crate) async fn initial_password(&self) -> Result<(Secret, String)> {
        let password = password::initial()?;
        let hash = self.hasher.hash(SecretString::from(password.expose_secret())).await?;
        Ok((Secret::from(password.expose_secret()), hash))
    }
}

/// Adds the account, or says that the name is taken.
pub(crate) async fn insert(tx: &mut Tx, new: &store::NewPerson<'_>) -> Result<PrincipalId> {
    store::create(tx, new).await.map_err(|error| {
        let text = format!("There is an account named {} already; names are never used twice.", new.name);
        Error::from(error).taken("principal_name_key", || Error::field("/name", "NAME_TAKEN", text))
    })
}

/// Stored kinds and roles pass a CHECK; anything newer reads as what can do least.
fn person(row: PrincipalRow) -> Person {
    let membership = |held: HeldMembership| Membership {
        system: SystemRef { id: held.system_id, name: held.system_name },
        service: held.service.map(|row| ServiceRef { id: ServiceId(row.id), name: row.name }),
        vm: held.vm.map(|row| VmRef { id: VmId(row.id), name: row.name }),
        group: held.group.map(group_ref),
        role: held.role.parse().unwrap_or(MemberRole::Viewer),
    };
    Person {
        id: row.id,
        kind: row.kind.parse().unwrap_or(PrincipalKind::ServiceAccount),
        name: row.name,
        display_name: row.display_name,
        email: row.email,
        disabled: row.disabled,
        sample: row.sample,
        created_at: row.created_at,
        bindings: row.bindings.0.into_iter().map(binding).collect(),
        memberships: row.memberships.0.into_iter().map(membership).collect(),
        version: row.version,
    }
}
