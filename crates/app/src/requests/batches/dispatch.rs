//! Beginning children, one transaction each, as long as there is room: people take turns.

use serde_json::json;
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::Spec;
use shepherd_domain::states::AuditOutcome;
use shepherd_store::batch_dispatch::{self as store, Turn};
use shepherd_store::events::Event;
use shepherd_store::requests::{self, Move};
use shepherd_store::{quota, vms};

use super::super::submit::request_event;
use super::super::view::Whole;
use super::settle::settle;
use crate::change::{Audit, Change};
use crate::{App, Error, Result};

/// How many are begun in one wake-up; the rest has its turn in the next.
const AT_ONCE: usize = 200;

impl App {
    /// Begins children until nothing waits or there is no room. `true` asks to be woken again at once.
    pub async fn dispatch(&self) -> Result<bool> {
        for _ in 0..AT_ONCE {
            if !self.dispatch_one().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn dispatch_one(&self) -> Result<bool> {
        let mut change = self.system_change().await?;
        let Some(turn) = store::next(change.tx()).await? else { return Ok(false) };
        let child = Whole::load(change.tx(), turn.child).await?;
        let why = match self.begin_child(&mut change, &child, &turn).await {
            Ok(()) => {
                let entry = entry(&child).action("batch.begin").after(json!({ "state": "approved" }));
                change.commit(entry, ()).await?;
                return Ok(true);
            }
            Err(Error::Conflict(reason) | Error::Invalid { reason, .. }) => reason,
            // A cluster that is away; with a cause it would be the database.
            Err(Error::Unavailable { reason, cause: None }) => reason,
            Err(other) => return Err(other),
        };
        drop(change);
        self.fail_child(&turn, &why).await?;
        Ok(true)
    }

    async fn begin_child(&self, change: &mut Change<'_>, child: &Whole, turn: &Turn) -> Result<()> {
        let spec = child.effective()?;
        match (&spec, child.row.vm_id) {
            // Its VM was made before, and failed: that one is worked on further, and no second one is made.
            (Spec::Create(_), Some(vm)) => {
                let held = vms::hold(change.tx(), vm).await?;
                if held.state != "failed" {
                    let text = "The VM of this row is not as its failure left it; look at the VM itself.";
                    return Err(Error::Conflict(
                        Reason::new("VM_NOT_FAILED", text).with("state", held.state),
                    ));
                }
                vms::set_state(change.tx(), vm, "creating", None).await?;
                self.begin(change, child, vm, &spec, json!({})).await?;
                let to = Move { state: "approved", decided: true, ..Move::default() };
                let version = requests::advance(change.tx(), child.row.id, &to).await?;
                change.event(request_event(child, version));
            }
            _ => self.approved(change, child, turn.cluster).await?,
        }
        store::taken(change.tx(), turn).await?;
        change.event(batch_event(child, turn));
        Ok(())
    }

    /// It cannot begin: that is its end, and the others go on.
    async fn fail_child(&self, turn: &Turn, why: &Reason) -> Result<()> {
        let mut change = self.system_change().await?;
        requests::lock(change.tx(), turn.child).await?;
        let child = Whole::load(change.tx(), turn.child).await?;
        if child.row.state != "pending" {
            return Ok(());
        }
        let to = Move { state: "failed", closed: true, failure: Some(why), ..Move::default() };
        let version = requests::advance(change.tx(), turn.child, &to).await?;
        if child.row.vm_id.is_none() {
            quota::release_request(change.tx(), turn.child).await?;
        }
        change.event(request_event(&child, version));
        settle(&mut change, turn.child).await?;
        let entry =
            entry(&child).action("batch.begin").outcome(AuditOutcome::Failed).code(why.code.to_string());
        change.commit(entry.after(json!({ "state": "failed", "failure": why })), ()).await
    }
}

/// Its batch has changed, but nothing that its version counts.
fn batch_event(child: &Whole, turn: &Turn) -> Event {
    let row = &child.row;
    Event::new("request", turn.batch, 0)
        .system(row.system_id)
        .service(row.service_id)
        .environment(row.environment_id)
}

fn entry(child: &Whole) -> Audit {
    let row = &child.row;
    Audit::of("request", row.id, format!("R-{}", row.number))
        .system(row.system_id)
        .environment(row.environment_id)
        .vm(row.vm_id)
        .request(row.id)
}
