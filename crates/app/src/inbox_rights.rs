//! Inboxes follow rights: who comes to hold a right is asked about what waits already, and who loses it is not asked any
//! more.
//!
//! Read out of the event order, by the reconciler, so that no way of changing rights can forget it and nothing is done
//! twice for a change of thousands. Nobody sees too much in the meantime: what a row shows is judged when it is read.

use shepherd_domain::ids::RequestId;
use shepherd_store::events;
use shepherd_store::inbox_fan as store;

use crate::{App, Result};

/// Events of one read, and reads of one round.
const PAGE: u16 = 500;
const READS: usize = 20;
/// Requests that are settled in one transaction.
const BATCH: i64 = 50;

impl App {
    /// One round.
    pub(crate) async fn follow_rights(&self) -> Result<()> {
        let before = store::position(&mut *self.db.acquire().await?).await?;
        let (mut at, mut moved) = (before, false);
        for _ in 0..READS {
            let page = events::read_since(&self.db, at, PAGE).await?;
            moved |= page.restored || page.events.iter().any(|event| of_rights(&event.kind));
            at = page.horizon;
            if page.events.len() < usize::from(PAGE) {
                break;
            }
        }
        if moved {
            self.ask_anew().await?;
        }
        if at != before {
            let mut tx = self.db.begin().await?;
            store::read_up_to(&mut tx, at).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Asks whoever can decide now about everything that waits.
    async fn ask_anew(&self) -> Result<()> {
        let mut after = 0;
        loop {
            let mut tx = self.db.begin().await?;
            let locked = store::lock_pending(&mut tx, after, BATCH).await?;
            let Some((_, last)) = locked.last() else { return Ok(()) };
            after = *last;
            let ids: Vec<RequestId> = locked.into_iter().map(|(id, _)| id).collect();
            store::settle(&mut tx, &ids, None).await?;
            tx.commit().await?;
        }
    }
}

/// Whether such a change may be one of what somebody holds.
fn of_rights(kind: &str) -> bool {
    let resource = kind.split('.').next().unwrap_or_default();
    ["person", "principal", "group", "role", "binding", "system", "member", "transfer"].contains(&resource)
}
