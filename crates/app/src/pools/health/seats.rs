//! How many are asked at a time: of one replica in all, and through one cluster.
//!
//! A cluster has few permits for all that is asked of it; checks take at most half of them, so that work on VMs never
//! waits behind checks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shepherd_domain::ids::ClusterId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Probes of one replica at a time.
const IN_ALL: usize = 256;
/// Lookups in one cluster at a time.
const OF_A_CLUSTER: usize = 4;

pub(super) struct Seats {
    all: Arc<Semaphore>,
    clusters: Mutex<HashMap<ClusterId, Arc<Semaphore>>>,
}

impl Seats {
    pub fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(IN_ALL)), clusters: Mutex::default() }
    }

    /// One among all; nobody closes them.
    pub async fn one(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// One at a cluster.
    pub async fn at(&self, cluster: ClusterId) -> Option<OwnedSemaphorePermit> {
        let seats = {
            let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(clusters.entry(cluster).or_insert_with(|| Arc::new(Semaphore::new(OF_A_CLUSTER))))
        };
        seats.acquire_owned().await.ok()
    }
}
