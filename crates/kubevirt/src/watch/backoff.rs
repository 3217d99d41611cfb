//! Pauses between attempts: doubling, with jitter, so that replicas do not knock together.

use std::time::Duration;

use rand::Rng;

pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// The next pause: between half and all of the doubled one, and never shorter than the cluster asks for.
    pub(super) fn pause(&mut self, asked: Option<Duration>) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        let jittered = doubled.mul_f64(rand::rng().random_range(0.5..=1.0));
        asked.map_or(jittered, |asked| asked.max(jittered))
    }

    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_start_over() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(1));
        let mut backoff = Backoff::new(first, longest);
        assert!(backoff.pause(None) <= first);
        let later: Vec<_> = (0..40).map(|_| backoff.pause(None)).collect();
        assert!(later[10..].iter().all(|pause| *pause >= longest / 2 && *pause <= longest));
        backoff.reset();
        assert!(backoff.pause(None) <= first);
        assert_eq!(backoff.pause(Some(Duration::from_secs(9))), Duration::from_secs(9));
    }
}
