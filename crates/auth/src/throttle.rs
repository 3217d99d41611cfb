//! How failed sign-ins slow down the next ones: arithmetic only, the counts live in the database for all replicas.
//!
//! Two counts are kept: per user name, against guessing one person's password from many places, and per address, against
//! trying many people from one. The delay is short enough that nobody can lock a colleague out for long by failing in
//! their name.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

/// How one count turns into delays.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Failures that cost nothing: people mistype.
    pub free: u32,
    /// The delay after the first failure that costs; doubles with each.
    pub first: Duration,
    pub longest: Duration,
    /// Without a failure for this long, the count starts anew.
    pub window: Duration,
}

pub const BY_NAME: Policy = Policy {
    free: 5,
    first: Duration::from_secs(2),
    longest: Duration::from_secs(120),
    window: Duration::from_secs(15 * 60),
};

pub const BY_ADDRESS: Policy = Policy {
    free: 30,
    first: Duration::from_secs(2),
    longest: Duration::from_secs(600),
    window: Duration::from_secs(15 * 60),
};

/// A stored count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    pub failures: u32,
    pub last_failure: DateTime<Utc>,
    pub blocked_until: Option<DateTime<Utc>>,
}

impl Policy {
    /// The delay that so many failures in a row earn.
    pub fn delay(&self, failures: u32) -> Duration {
        match failures.checked_sub(self.free) {
            None | Some(0) => Duration::ZERO,
            Some(over) => {
                self.first.saturating_mul(1_u32.checked_shl(over - 1).unwrap_or(u32::MAX)).min(self.longest)
            }
        }
    }

    /// The count after another failure.
    pub fn after_failure(&self, before: Option<Attempts>, now: DateTime<Utc>) -> Attempts {
        let failures = match before {
            Some(before) if now < later(before.last_failure, self.window) => {
                before.failures.saturating_add(1)
            }
            _ => 1,
        };
        let delay = self.delay(failures);
        let blocked_until = (!delay.is_zero()).then(|| later(now, delay));
        Attempts { failures, last_failure: now, blocked_until }
    }
}

impl Attempts {
    /// How long the next attempt must still wait; it is then refused without looking at the password.
    pub fn wait(&self, now: DateTime<Utc>) -> Option<Duration> {
        let left = (self.blocked_until? - now).to_std().ok()?;
        (!left.is_zero()).then_some(left)
    }
}

/// The key of a user name. Hashed: what people type there is sometimes their password. Unknown names count too, or
/// the delay would tell which exist.
pub fn name_key(name: &str) -> String {
    let digest = Sha256::digest(name.trim().to_lowercase().as_bytes());
    let head: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("name:{head}")
}

/// The key of an address. IPv6 counts by /64, since one host has them all.
pub fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => format!("addr:{v4}"),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("addr:{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn later(moment: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn failures(policy: &Policy, moments: impl IntoIterator<Item = i64>) -> Attempts {
        let mut count = None;
        for moment in moments {
            count = Some(policy.after_failure(count, at(moment)));
        }
        count.unwrap()
    }

    #[test]
    fn mistyping_is_free_and_persistence_is_not() {
        assert_eq!(failures(&BY_NAME, 0..5).wait(at(5)), None);
        let sixth = failures(&BY_NAME, 0..6);
        assert_eq!(sixth.wait(at(5)), Some(Duration::from_secs(2)));
        assert_eq!(sixth.wait(at(7)), None, "the wait is over at its end");
        assert_eq!(failures(&BY_NAME, 0..8).wait(at(7)), Some(Duration::from_secs(8)));
        assert_eq!(failures(&BY_NAME, 0..200).wait(at(199)), Some(BY_NAME.longest));
    }

    #[test]
    fn a_quiet_quarter_of_an_hour_is_forgiven() {
        let before = failures(&BY_NAME, 0..20);
        let after = BY_NAME.after_failure(Some(before), at(19 + 900));
        assert_eq!(after.failures, 1);
        assert_eq!(after.wait(at(19 + 900)), None);
    }

    #[test]
    fn keys_fold_what_is_the_same_and_hide_names() {
        assert_eq!(name_key(" Ada "), name_key("ada"));
        assert!(!name_key("hunter2").contains("hunter2"));
        assert_eq!(address_key("::ffff:10.0.0.1".parse().unwrap()), address_key("10.0.0.1".parse().unwrap()));
        assert_eq!(
            address_key("2001:db8:1:2:3::1".parse().unwrap()),
            address_key("2001:db8:1:2:ffff::9".parse().unwrap())
        );
        assert_ne!(
            address_key("2001:db8:1:2::1".parse().unwrap()),
            address_key("2001:db8:1:3::1".parse().unwrap())
        );
    }

    proptest! {
        #[test]
        fn another_failure_never_shortens_the_delay(count in any::<u32>()) {
            for policy in [BY_NAME, BY_ADDRESS] {
                prop_assert!(policy.delay(count) <= policy.delay(count.saturating_add(1)));
                prop_assert!(policy.delay(count) <= policy.longest);
            }
        }
    }
}
