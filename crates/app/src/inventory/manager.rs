//! Which clusters this process tries to watch: all of them; their leases share them out among the replicas.

use std::collections::HashMap;
use std::time::Duration;

use shepherd_domain::ids::ClusterId;
use shepherd_store::cluster_links;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{App, Result};

/// How soon a cluster that was registered or removed is noticed.
const LOOK: Duration = Duration::from_secs(1);

impl App {
    /// Watches every cluster until told to stop.
    pub async fn watch_clusters(self, stop: CancellationToken) {
        let mut running: HashMap<ClusterId, (i64, CancellationToken)> = HashMap::new();
        let watchers = TaskTracker::new();
        while !stop.is_cancelled() {
            if let Err(error) = self.share_out(&mut running, &watchers, &stop).await {
                tracing::warn!(code = error.code(), %error, "the clusters could not be listed");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        // They give their leases back, so that another replica need not wait for them to expire.
        watchers.close();
        watchers.wait().await;
    }

    async fn share_out(
        &self,
        running: &mut HashMap<ClusterId, (i64, CancellationToken)>,
        watchers: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<()> {
        let wanted: HashMap<ClusterId, i64> =
            cluster_links::all(&mut *self.db.acquire().await?).await?.into_iter().collect();
        // A changed version may be a changed address or credentials: begin anew with those.
        running.retain(|id, (version, token)| {
            let keep = wanted.get(id) == Some(version);
            if !keep {
                token.cancel();
            }
            keep
        });
        for (id, version) in wanted {
            running.entry(id).or_insert_with(|| {
                let token = stop.child_token();
                watchers.spawn(self.clone().watch_cluster(id, token.clone()));
                (version, token)
            });
        }
        Ok(())
    }
}
