//! Watching one cluster for as long as its lease is ours.

use std::time::Duration;

use futures::StreamExt;
use shepherd_domain::ids::ClusterId;
use shepherd_jobs::Breaker;
use shepherd_kubevirt::{WatchEvent, WatchOptions};
use shepherd_store::lease::{self, Lease};
use shepherd_store::{StoreError, cluster_status};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::mirror::Mirror;
use crate::{App, Error, Result};

/// How long a lease lasts without renewal: as long as a cluster goes unwatched when its watcher dies.
const TTL: Duration = Duration::from_secs(10);
/// How often the lease is renewed and freshness is written.
const BEAT: Duration = Duration::from_secs(3);
/// News is gathered for so long, so that a burst is one transaction.
const GATHER: Duration = Duration::from_millis(20);
/// Rows of one transaction.
const ROWS: usize = 500;
/// How often what a cluster can do is asked again.
const PROBE: Duration = Duration::from_secs(300);
/// The longest a probe may keep the watch waiting at its start.
const FIRST_PROBE: Duration = Duration::from_secs(10);

impl App {
    /// Watches a cluster whenever its lease can be had, until told to stop.
    pub(super) async fn watch_cluster(self, cluster: ClusterId, stop: CancellationToken) {
        let me = Uuid::now_v7();
        while !stop.is_cancelled() {
            match self.try_lease(cluster, me).await {
                Ok(Some(lease)) => {
                    let result = self.watch_under(cluster, lease.clone(), &stop).await;
                    if let Err(error) = result {
                        tracing::warn!(cluster.id = %cluster, code = error.code(), %error, "a watch ended");
                    }
                    self.give_up(&lease).await;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(cluster.id = %cluster, %error, "no lease could be asked for"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }

    async fn try_lease(&self, cluster: ClusterId, me: Uuid) -> Result<Option<Lease>> {
        let name = format!("watch:{cluster}");
        Ok(lease::acquire(&mut *self.db.acquire().await?, &name, me, TTL).await?)
    }

    async fn give_up(&self, lease: &Lease) {
        let release = async { lease::release(&mut *self.db.acquire().await?, lease).await };
        if let Err(error) = release.await {
            tracing::debug!(%error, "the lease was not given back; it will expire");
        }
    }

    async fn watch_under(
        &self,
        cluster: ClusterId,
        mut lease: Lease,
        stop: &CancellationToken,
    ) -> Result<()> {
        let link = self.link(cluster).await?;
        // What it can do is worth knowing before VMs are placed there, but not worth waiting long for.
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = timeout(FIRST_PROBE, self.probe_cluster(cluster)) => {}
        }
        let mut news = link.cluster.watch(&WatchOptions::default());
        let mut mirror = Mirror::default();
        // Grows with every list and from watcher to watcher.
        let mut generation = lease.epoch << 24;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_probe = Instant::now() + PROBE;
        let mut write_at: Option<Instant> = None;
        let mut trouble: Option<String> = None;
        let mut heard = false;
        let mut uncounted = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = beat.tick() => {
                    lease::renew(&mut *self.db.acquire().await?, &mut lease, TTL).await?;
                    self.write_status(&lease, cluster, link.breaker(), trouble.as_deref(), mirror.ready()).await?;
                    if std::mem::take(&mut uncounted) {
                        self.count_unmanaged(&lease, cluster).await?;
                    }
                    if Instant::now() >= next_probe {
                        next_probe = Instant::now() + PROBE;
                        let (app, id) = (self.clone(), cluster);
                        tokio::spawn(async move { app.probe_cluster(id).await });
                    }
                }
                event = news.next() => {
                    let Some(event) = event else { return Ok(()) };
                    if let WatchEvent::Trouble { error, .. } = &event {
                        let first = trouble.is_none();
                        trouble = Some(error.to_string());
                        if first {
                            self.write_status(&lease, cluster, link.breaker(), trouble.as_deref(), false).await?;
                        }
                    } else if trouble.take().is_some() {
                        self.write_status(&lease, cluster, link.breaker(), None, mirror.ready()).await?;
                    }
                    if mirror.take(event) {
                        generation += 1;
                    }
                    if mirror.pending() && write_at.is_none() {
                        write_at = Some(Instant::now() + GATHER);
                    }
                }
                () = sleep_until(write_at.unwrap_or_else(Instant::now)), if write_at.is_some() => {
                    write_at = None;
                    uncounted = true;
                    self.write_all(&mut lease, cluster, generation, &mut mirror).await?;
                    // The first time nobody should wait for the next beat to hear that the cluster is there.
                    if !std::mem::replace(&mut heard, true) {
                        self.write_status(&lease, cluster, Breaker::Closed, None, true).await?;
                    }
                }
            }
        }
    }

    async fn write_all(
        &self,
        lease: &mut Lease,
        cluster: ClusterId,
        generation: i64,
        mirror: &mut Mirror,
    ) -> Result<()> {
        let mut renewed = Instant::now();
        while mirror.pending() {
            // The first list of a large cluster takes longer than the lease lasts. Another replica would take it over, begin
            // anew, and lose it in the same way.
            if renewed.elapsed() >= BEAT {
                renewed = Instant::now();
                lease::renew(&mut *self.db.acquire().await?, lease, TTL).await?;
            }
            let changes = mirror.drain(ROWS);
            if let Err(error) = self.write_seen(lease, cluster, generation, &changes).await {
                if lost(&error) {
                    return Err(error);
                }
                tracing::warn!(cluster.id = %cluster, code = error.code(), %error, "what was seen could not be written");
                mirror.again(changes);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Ok(())
    }

    async fn write_status(
        &self,
        lease: &Lease,
        cluster: ClusterId,
        breaker: Breaker,
        trouble: Option<&str>,
        heard: bool,
    ) -> Result<()> {
        let breaker = match breaker {
            Breaker::Closed => "closed",
            Breaker::Open { .. } => "open",
            Breaker::HalfOpen => "half_open",
        };
        let health = match (trouble, heard) {
            (Some(_), _) => "unreachable",
            (None, true) => "healthy",
            // Nothing heard yet and nothing wrong: what the probe or the watcher before found stands. A cluster that
            // just answered would else take no VM until its first list is in.
            (None, false) => return Ok(()),
        };
        let mut change = self.system_change().await?;
        let status =
            cluster_status::Heard { health, message: trouble, breaker, fresh: trouble.is_none() && heard };
        if cluster_status::write(change.tx(), lease, cluster, &status).await? {
            let environment = shepherd_store::clusters::environment(change.tx(), cluster).await?;
            change.event(shepherd_store::events::Event::new("cluster", cluster, 0).environment(environment));
        }
        change.commit_progress().await
    }
}

fn lost(error: &Error) -> bool {
    match error {
        Error::Internal(cause) => matches!(cause.downcast_ref(), Some(StoreError::LeaseLost { .. })),
        _ => false,
    }
}
