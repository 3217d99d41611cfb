//! Finding the one person or group of a name, for whoever gives places and may not list people.
//!
//! Only an exact name is answered, every look is recorded in the audit, and looks are counted: whoever owns a System can
//! let in whom they know, and cannot copy the list of everybody. Asking to belong to a System is in
//! [`crate::requests`].

use std::time::Duration;

use serde_json::json;
use shepherd_contract::types::{GroupRef, Holder, HolderKind, LookupHolder};
use shepherd_domain::authz::{Denied, Permission};
use shepherd_domain::reason::Reason;
use shepherd_store::{lookup, throttle};

use crate::change::{self, Audit, Begun};
use crate::systems::person_ref;
use crate::{App, Cx, Error, Result};

/// Looks in a minute.
const LOOKS: i32 = 30;

impl App {
    /// The holder of exactly this name.
    pub async fn lookup_holder(&self, cx: &Cx, body: LookupHolder) -> Result<Holder> {
        if !may_look(cx) {
            change::record_denial(self, cx, Permission::SystemManageMembers).await;
            return Err(Denied::Missing(Permission::SystemManageMembers).into());
        }
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        if !throttle::allow(change.tx(), &format!("lookup:{}", cx.actor.person), LOOKS, 60).await? {
            change.commit_progress().await?;
            let text = format!("You looked for {LOOKS} people within a minute; come back in a minute.");
            return Err(Error::Throttled {
                reason: Reason::new("TOO_MANY_LOOKUPS", text).with("limit", LOOKS).with("minutes", 1),
                retry_after: Duration::from_secs(60),
            });
        }
        let name = body.name.trim();
        let mut found = Holder { person: None, group: None };
        match body.kind {
            HolderKind::Person => found.person = lookup::person(change.tx(), name).await?.map(person_ref),
            HolderKind::Group => {
                found.group = lookup::group(change.tx(), name).await?.map(|row| GroupRef {
                    id: row.id,
                    name: row.name,
                    title: row.title,
                });
            }
        }
        let hit = found.person.is_some() || found.group.is_some();
        let entry = Audit::about("people").after(json!({ "kind": body.kind, "name": name, "found": hit }));
        change.commit(entry, ()).await?;
        match hit {
            true => Ok(found),
            false => Err(Error::NotFound),
        }
    }
}

/// Whoever gives places somewhere.
fn may_look(cx: &Cx) -> bool {
    let owned = cx.grants.visible(Permission::SystemManageMembers);
    !owned.systems.is_empty() && owned.as_member()
}
