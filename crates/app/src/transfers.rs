//! A System always has an active owner: when the last one is disabled or leaves, a transfer waits until somebody who
//! manages people names a new one. Nobody names themselves: whoever runs the platform does not walk into a System by it.

use serde_json::json;
use shepherd_contract::types::{
    MemberRole, PersonRef, ResolveTransfer, SystemRef, Transfer, TransferCause, TransferPage,
};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::ids::{PrincipalId, SystemId, TransferId};
use shepherd_store::accounts;
use shepherd_store::bindings::Holder;
use shepherd_store::events::Event;
use shepherd_store::inbox_roles::{self, Doing, Place};
use shepherd_store::transfers::{self as store, TransferRow};

use crate::change::{Audit, Begun, Change};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// Which transfers.
pub struct ListTransfers<'a> {
    pub open: Option<bool>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// Systems that wait for a new owner, or did; oldest first.
    pub async fn list_transfers(&self, cx: &Cx, ask: ListTransfers<'_>) -> Result<TransferPage> {
        let auth = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let page: Ask<TransferId> = Ask::new("transfers", ask.cursor, ask.limit)?;
        let mut conn = self.db.acquire().await?;
        let rows = store::list(&mut conn, &auth, ask.open, page.after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("transfers", rows, |row| row.id)?;
        Ok(TransferPage { items: rows.into_iter().map(transfer).collect(), next_cursor })
    }

    /// Names a new owner.
    pub async fn resolve_transfer(&self, cx: &Cx, id: TransferId, body: ResolveTransfer) -> Result<Transfer> {
        let auth = self.authorize::<authz::ManageUsers, _>(cx, Platform).await?;
        let see = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let before = transfer(store::get(change.tx(), &see, id).await?);
        if body.owner_id == cx.actor.person {
            let text = "Name somebody else: nobody makes themselves an owner.";
            return Err(Error::field("/owner_id", "TRANSFER_TO_SELF", text));
        }
        if !accounts::is_active_person(change.tx(), body.owner_id).await? {
            let text = "The owner of a System must be an active person.";
            return Err(Error::field("/owner_id", "OWNER_NOT_ACTIVE", text));
        }
        if !store::resolve(change.tx(), &auth, id, body.owner_id).await? {
            return Err(Error::conflict("TRANSFER_CLOSED", "This System has an owner again already."));
        }
        let after = transfer(store::get(change.tx(), &see, id).await?);
        let system = after.system.id;
        let (holder, place) = (Holder::Principal(body.owner_id), Place::system(system));
        let doing = Doing { given: true, actor: cx.actor.id };
        inbox_roles::place(change.tx(), holder, place, MemberRole::Owner.as_str(), doing).await?;
        change.event(Event::new("transfer", id, 2));
        change.event(Event::new("system", system, 0).system(system));
        change.event(Event::new("person", body.owner_id, 0).principal(body.owner_id));
        let entry = Audit::of("system", system, &after.system.name).system(system);
        change.commit(entry.before(&before).after(&after), after).await
    }
}

/// To be called when somebody is an active owner no more: opens a transfer for each System that has none left.
pub(crate) async fn orphaned(
    change: &mut Change<'_>,
    cx: &Cx,
    former: PrincipalId,
    only: Option<SystemId>,
    cause: TransferCause,
) -> Result<()> {
    let orphans = store::open(change.tx(), former, only, cause.as_str(), cx.actor.id).await?;
    for orphan in orphans {
        change.event(Event::new("transfer", orphan.transfer, 1));
        let entry = Audit::of("system", orphan.system, orphan.name)
            .action("system.orphaned")
            .system(orphan.system)
            .after(json!({ "transfer": orphan.transfer, "former_owner": former, "cause": cause }));
        change.record(entry).await?;
    }
    Ok(())
}

fn transfer(row: TransferRow) -> Transfer {
    Transfer {
        id: row.id,
        system: SystemRef { id: row.system_id, name: row.system_name },
        former_owner: PersonRef {
            id: row.former_id,
            name: row.former_name,
            display_name: row.former_display,
        },
        cause: row.cause.parse().unwrap_or(TransferCause::Removed),
        opened_at: row.opened_at,
        new_owner: row.owner_id.map(|id| PersonRef {
            id,
            name: row.owner_name.unwrap_or_default(),
            display_name: row.owner_display.unwrap_or_default(),
        }),
        resolved_at: row.resolved_at,
    }
}
