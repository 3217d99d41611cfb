//! One write of what was seen: rows, events and wake-ups, in one transaction under the lease.

use shepherd_domain::ids::{ClusterId, VmId};
use shepherd_jobs::{Job, JobKind};
use shepherd_store::events::Event;
use shepherd_store::inbox_fan;
use shepherd_store::inventory::{self as store, Changed};
use shepherd_store::lease::Lease;
use shepherd_store::{operations, pools};

use super::mirror::Changes;
use crate::{App, Result};

impl App {
    pub(super) async fn write_seen(
        &self,
        lease: &Lease,
        cluster: ClusterId,
        generation: i64,
        changes: &Changes,
    ) -> Result<()> {
        let mut change = self.system_change().await?;
        let mut moved: Vec<Changed> =
            store::upsert(change.tx(), lease, cluster, generation, &changes.seen).await?;
        moved.extend(store::remove(change.tx(), lease, cluster, &changes.gone).await?);
        if changes.sweep {
            moved.extend(store::sweep(change.tx(), lease, cluster, generation).await?);
        }
        for vm in &moved {
            change.event(
                Event::new("vm", vm.vm, 0).system(vm.system).service(vm.service).environment(vm.environment),
            );
        }
        let failed: Vec<VmId> = moved.iter().filter(|vm| vm.failed).map(|vm| vm.vm).collect();
        if !failed.is_empty() {
            inbox_fan::vms_failed(change.tx(), &failed).await?;
        }
        let ids: Vec<VmId> = moved.iter().map(|vm| vm.vm).collect();
        let mut jobs: Vec<Job> =
            operations::next_of_vms(change.tx(), &ids).await?.into_iter().map(Job::operation).collect();
        let pools = pools::of_vms(change.tx(), &ids).await?;
        jobs.extend(pools.into_iter().map(|id| Job::new(JobKind::Reconcile, id)));
        shepherd_jobs::enqueue_all(change.tx(), &jobs).await?;
        change.commit_progress().await
    }

    /// Counts what nobody governs there, for the pages that only show how many.
    pub(super) async fn count_unmanaged(&self, lease: &Lease, cluster: ClusterId) -> Result<()> {
        let mut change = self.system_change().await?;
        if store::count_unmanaged(change.tx(), lease, cluster).await? {
            let environment = shepherd_store::clusters::environment(change.tx(), cluster).await?;
            change.event(Event::new("cluster", cluster, 0).environment(environment));
        }
        change.commit_progress().await
    }
}
