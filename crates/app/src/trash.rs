//! The trash empties itself: what has been in it for its time is purged, unless somebody wants it back.

use chrono::TimeDelta;
use serde_json::json;
use shepherd_domain::plan;
use shepherd_domain::states::{AuditOutcome, RequestOperation};
use shepherd_jobs::Job;
use shepherd_store::events::Event;
use shepherd_store::operations::{self, NewOperation};
use shepherd_store::{trash, vms};

use crate::change::Audit;
use crate::{App, Result};

/// How many in one round of the reconciler.
const BATCH: usize = 50;
/// How long a purge may wait for its cluster; after that it begins anew.
const VALID: TimeDelta = TimeDelta::hours(24);

impl App {
    /// Begins the purge of what is due. Returns how many were begun.
    pub async fn purge_due(&self) -> Result<usize> {
        for begun in 0..BATCH {
            let mut change = self.system_change().await?;
            let Some(vm) = trash::lock_due(change.tx()).await? else { return Ok(begun) };
            let target = vms::target(change.tx(), vm).await?;
            let steps = plan::steps_of(RequestOperation::Purge, false);
            let steps: Vec<&str> = steps.iter().map(|step| step.as_str()).collect();
            let new = NewOperation {
                vm,
                operation: RequestOperation::Purge.as_str(),
                cause_kind: "system",
                cause_id: vm.0,
                params: &json!({ "was": "trashed" }),
                valid_seconds: VALID.num_seconds() as f64,
                steps: &steps,
            };
            let (id, number) = operations::insert(change.tx(), &new).await?;
            vms::set_state(change.tx(), vm, "deleting", None).await?;
            shepherd_jobs::enqueue(change.tx(), Job::operation(id)).await?;
            change.event(
                Event::new("vm", vm, 0)
                    .system(target.system)
                    .service(target.service)
                    .environment(target.environment),
            );
            let entry = Audit::of("vm", vm, &target.name)
                .action("vm.purge")
                .outcome(AuditOutcome::Intent)
                .system(target.system)
                .environment(target.environment)
                .vm(vm)
                .code("TRASH_TIME_OVER")
                .after(json!({ "operation": number }));
            change.commit(entry, ()).await?;
        }
        Ok(BATCH)
    }
}
