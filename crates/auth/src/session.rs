//! How long being signed in lasts, and when it must be proved again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// What is dangerous wants a sign-in this recent.
pub const STEP_UP_WITHIN: Duration = Duration::from_secs(5 * 60);

/// The limits of a session.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Without a request for this long it ends.
    pub idle: Duration,
    /// It ends this long after signing in, whatever happens.
    pub absolute: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(8 * 3600), absolute: Duration::from_secs(7 * 24 * 3600) }
    }
}

impl SessionLimits {
    /// When a session ends that was begun and last used at these moments.
    pub fn ends_at(&self, begun: DateTime<Utc>, used: DateTime<Utc>) -> DateTime<Utc> {
        later(begun, self.absolute).min(later(used, self.idle))
    }
}

/// True when the person proved who they are recently enough for what is dangerous.
pub fn is_recent(auth_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now < later(auth_at, STEP_UP_WITHIN)
}

fn later(moment: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn idling_ends_it_and_so_does_age() {
        let limits = SessionLimits { idle: Duration::from_secs(100), absolute: Duration::from_secs(1000) };
        assert_eq!(limits.ends_at(at(0), at(0)), at(100));
        assert_eq!(limits.ends_at(at(0), at(500)), at(600));
        assert_eq!(limits.ends_at(at(0), at(950)), at(1000));
    }

    #[test]
    fn a_recent_sign_in_is_one_of_the_last_five_minutes() {
        assert!(is_recent(at(0), at(299)));
        assert!(!is_recent(at(0), at(300)));
    }

    #[test]
    fn absurd_limits_do_not_overflow() {
        let limits = SessionLimits { idle: Duration::MAX, absolute: Duration::MAX };
        assert_eq!(limits.ends_at(at(0), at(0)), DateTime::<Utc>::MAX_UTC);
    }
}
