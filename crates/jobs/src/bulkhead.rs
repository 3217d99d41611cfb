//! A wall around each cluster: permits, a deadline and a circuit breaker, so that a dead or slow cluster takes
//! neither the workers nor the patience of the others.
//!
//! The state is of this process alone: each replica learns by itself that a cluster is down, and nothing is written.
//! Time is tokio's, since a host's pause is no business deadline.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};

/// The limits of one bulkhead.
#[derive(Clone, Copy, Debug)]
pub struct BulkheadConfig {
    /// Calls at the same time; and as many workers may stand in line for them.
    pub permits: usize,
    /// How long a worker stands in line.
    pub patience: Duration,
    /// How long one call may take.
    pub deadline: Duration,
    /// So many failures in a row open the breaker.
    pub failures: u32,
    /// How long it stays open at first; doubles with each failed probe.
    pub pause: Duration,
    pub longest_pause: Duration,
}

impl Default for BulkheadConfig {
    fn default() -> Self {
        Self {
            permits: 8,
            patience: Duration::from_millis(250),
            deadline: Duration::from_secs(10),
            failures: 5,
            pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// What the breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Everything.
    Closed,
    /// Nothing, for this long.
    Open { retry_after: Duration },
    /// One call, whose result decides.
    HalfOpen,
}

/// A bulkhead at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    pub breaker: Breaker,
    /// Calls in a row that failed; as many as open the breaker, while it is not closed.
    pub failures: u32,
    pub permits: usize,
    /// Permits that nobody holds.
    pub free: usize,
}

/// Why a call did not bring a result.
#[derive(Debug, thiserror::Error)]
pub enum Refused<E> {
    /// Too many calls are under way already.
    #[error("too many calls are under way")]
    Full,
    /// The breaker is open: the last calls failed.
    #[error("not tried, because the last calls failed; retry after {retry_after:?}")]
    Open { retry_after: Duration },
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    /// The call itself failed.
    #[error(transparent)]
    Failed(E),
}

impl<E> Refused<E> {
    /// When to try again, for a job to snooze.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Full => Some(Duration::from_millis(250)),
            Self::Open { retry_after } => Some(*retry_after),
            Self::Deadline(_) | Self::Failed(_) => None,
        }
    }
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, pause: Duration },
    Probing { pause: Duration },
}

/// Permits, deadline and breaker around the calls to one cluster.
#[derive(Debug)]
pub struct Bulkhead {
    config: BulkheadConfig,
    permits: Semaphore,
    line: Semaphore,
    state: Mutex<State>,
}

impl Bulkhead {
    pub fn new(config: BulkheadConfig) -> Self {
        let (permits, line) = (Semaphore::new(config.permits), Semaphore::new(config.permits));
        Self { config, permits, line, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// What the breaker would do now.
    pub fn breaker(&self) -> Breaker {
        match *self.lock() {
            State::Closed { .. } => Breaker::Closed,
            State::Open { until, .. } if until > Instant::now() => {
                Breaker::Open { retry_after: until - Instant::now() }
            }
            State::Open { .. } | State::Probing { .. } => Breaker::HalfOpen,
        }
    }

    /// How busy and how troubled it is now.
    pub fn load(&self) -> Load {
        let failures = match *self.lock() {
            State::Closed { failures } => failures,
            State::Open { .. } | State::Probing { .. } => self.config.failures,
        };
        let free = self.permits.available_permits();
        Load { breaker: self.breaker(), failures, permits: self.config.permits, free }
    }

    /// Calls if a permit is free, or soon will be. For workers, which must not wait for one cluster while others have
    /// work: the line is short, moves on within a moment, and nobody joins it once a call has failed.
    ///
    /// `is_outage` says which errors speak against the cluster: a refused request is an answer, not an outage.
    pub async fn try_call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        is_outage: impl Fn(&E) -> bool,
    ) -> Result<T, Refused<E>> {
        let _permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => self.soon().await.ok_or(Refused::Full)?,
        };
        self.guarded(call, is_outage).await
    }

    /// A permit that gets free while a worker has patience. Coming back later costs it several commits, so a cluster
    /// that is merely busy is worth a moment.
    async fn soon(&self) -> Option<SemaphorePermit<'_>> {
        if !matches!(*self.lock(), State::Closed { failures: 0 }) {
            return None;
        }
        let _place = self.line.try_acquire().ok()?;
        timeout(self.config.patience, self.permits.acquire()).await.ok()?.ok()
    }

    /// Calls as soon as a permit is free, waiting for it as long as a call may take. For a person who waits.
    pub async fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        is_outage: impl Fn(&E) -> bool,
    ) -> Result<T, Refused<E>> {
        let until = Instant::now() + self.config.deadline;
        let permit = timeout_at(until, self.permits.acquire()).await;
        let _permit = permit.map_err(|_| Refused::Full)?.map_err(|_| Refused::Full)?;
        self.guarded(call, is_outage).await
    }

    async fn guarded<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        is_outage: impl Fn(&E) -> bool,
    ) -> Result<T, Refused<E>> {
        let ticket = self.admit().map_err(|retry_after| Refused::Open { retry_after })?;
        match timeout(self.config.deadline, call).await {
            Ok(Ok(value)) => {
                ticket.succeeded();
                Ok(value)
            }
            Ok(Err(error)) => {
                match is_outage(&error) {
                    true => ticket.failed(),
                    false => ticket.succeeded(),
                }
                Err(Refused::Failed(error))
            }
            Err(_) => {
                ticket.failed();
                Err(Refused::Deadline(self.config.deadline))
            }
        }
    }

    fn admit(&self) -> Result<Ticket<'_>, Duration> {
        let now = Instant::now();
        let mut state = self.lock();
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { until, .. } if until > now => return Err(until - now),
            State::Open { pause, .. } => {
                *state = State::Probing { pause };
                true
            }
            // The probe will tell soon enough.
            State::Probing { pause } => return Err(pause.min(self.config.pause)),
        };
        Ok(Ticket { bulkhead: self, probe, settled: false })
    }

    fn settle(&self, probe: bool, succeeded: bool) {
        let mut state = self.lock();
        *state = match (&*state, succeeded) {
            // The result of a call that began before the breaker opened says nothing about the cluster now.
            (State::Open { .. } | State::Probing { .. }, _) if !probe => return,
            (_, true) => State::Closed { failures: 0 },
            (State::Closed { failures }, false) if failures + 1 < self.config.failures => {
                State::Closed { failures: failures + 1 }
            }
            (State::Closed { .. }, false) => self.open(self.config.pause),
            (State::Open { pause, .. } | State::Probing { pause }, false) => {
                self.open((*pause * 2).min(self.config.longest_pause))
            }
        };
    }

    fn open(&self, pause: Duration) -> State {
        State::Open { until: Instant::now() + pause, pause }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing can panic while it is held, so a poisoned lock still holds a whole state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way. A probe that is dropped without a result lets the next caller probe.
struct Ticket<'a> {
    bulkhead: &'a Bulkhead,
    probe: bool,
    settled: bool,
}

impl Ticket<'_> {
    fn succeeded(mut self) {
        self.settled = true;
        self.bulkhead.settle(self.probe, true);
    }

    fn failed(mut self) {
        self.settled = true;
        self.bulkhead.settle(self.probe, false);
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if self.settled || !self.probe {
            return;
        }
        let mut state = self.bulkhead.lock();
        if let State::Probing { pause } = *state {
            *state = State::Open { until: Instant::now(), pause };
        }
    }
}

/// A bulkhead for each cluster, made when first asked for.
#[derive(Debug)]
pub struct Bulkheads<K> {
    config: BulkheadConfig,
    walls: Mutex<HashMap<K, Arc<Bulkhead>>>,
}

impl<K: Eq + Hash> Bulkheads<K> {
    pub fn new(config: BulkheadConfig) -> Self {
        Self { config, walls: Mutex::new(HashMap::new()) }
    }

    pub fn of(&self, key: K) -> Arc<Bulkhead> {
        let mut walls = self.walls.lock().unwrap_or_else(PoisonError::into_inner);
        walls.entry(key).or_insert_with(|| Arc::new(Bulkhead::new(self.config))).clone()
    }

    /// Forgets a cluster that was removed.
    pub fn remove(&self, key: &K) {
        self.walls.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests;
