//! A work queue of keys.
//!
//! A key that is queued twice is worked once; a key queued while it is worked is worked again afterwards, never by
//! two workers at once. Failures come back with a growing delay.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::api::status::ApiError;
use crate::store::Key;

const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// What a sync wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing until something changes.
    Wait,
    /// To look again after this long, whatever happens.
    After(Duration),
}

/// A queue; clones share it.
#[derive(Clone, Default)]
pub struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ready: Notify,
}

#[derive(Default)]
struct State {
    order: VecDeque<Key>,
    queued: HashSet<Key>,
    active: HashSet<Key>,
    failures: HashMap<Key, u32>,
}

impl Queue {
    /// Queues a key.
    pub fn add(&self, key: Key) {
        let mut state = self.lock();
        if state.queued.insert(key.clone()) && !state.active.contains(&key) {
            state.order.push_back(key);
            self.0.ready.notify_one();
        }
    }

    /// Queues a key later.
    pub fn add_after(&self, key: Key, delay: Duration) {
        let queue = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            queue.add(key);
        });
    }

    /// Starts workers that call `sync` for each key.
    pub fn spawn<F, S>(&self, workers: usize, stopping: CancellationToken, sync: F)
    where
        F: Fn(Key) -> S + Send + Sync + 'static,
        S: Future<Output = Result<Next, ApiError>> + Send + 'static,
    {
        let sync = Arc::new(sync);
        for _ in 0..workers {
            let (queue, sync, stopping) = (self.clone(), sync.clone(), stopping.clone());
            tokio::spawn(async move {
                loop {
                    let key = tokio::select! {
                        key = queue.take() => key,
                        () = stopping.cancelled() => return,
                    };
                    let outcome = tokio::select! {
                        outcome = sync(key.clone()) => outcome,
                        () = stopping.cancelled() => return,
                    };
                    queue.finish(key, outcome);
                }
            });
        }
    }

    async fn take(&self) -> Key {
        loop {
            let ready = self.0.ready.notified();
            if let Some(key) = self.pop() {
                return key;
            }
            ready.await;
        }
    }

    fn pop(&self) -> Option<Key> {
        let mut state = self.lock();
        let key = state.order.pop_front()?;
        state.queued.remove(&key);
        state.active.insert(key.clone());
        if !state.order.is_empty() {
            // Wakes the next worker: a notification is for one, and may have been for several keys.
            self.0.ready.notify_one();
        }
        Some(key)
    }

    fn finish(&self, key: Key, outcome: Result<Next, ApiError>) {
        let again = {
            let mut state = self.lock();
            state.active.remove(&key);
            if state.queued.contains(&key) {
                state.order.push_back(key.clone());
                self.0.ready.notify_one();
            }
            match outcome {
                Ok(next) => {
                    state.failures.remove(&key);
                    next
                }
                Err(error) => {
                    let failures = state.failures.entry(key.clone()).or_default();
                    let delay = (FIRST_RETRY * 2_u32.saturating_pow(*failures)).min(LAST_RETRY);
                    *failures = (*failures + 1).min(16);
                    tracing::warn!(resource = key.resource, namespace = key.namespace, name = key.name, %error, "sync failed");
                    Next::After(delay)
                }
            }
        };
        if let Next::After(delay) = again {
            self.add_after(key, delay);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
