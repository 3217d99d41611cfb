//! Slowing down who guesses passwords.
//!
//! An attempt is counted as a failure before the password is looked at and taken back when it was right: a thousand
//! attempts at once are then refused like a thousand in a row. Names and addresses count apart, on every replica
//! together. The arithmetic is `shepherd_auth::throttle`; hashing happens outside any transaction.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use shepherd_auth::throttle::{Attempts, BY_ADDRESS, BY_NAME, Policy, address_key, name_key};
use shepherd_domain::reason::Reason;
use shepherd_store::throttle::{self as store, CountRow};
use shepherd_store::{Tx, clock};

use crate::{App, Error, Result};

/// An attempt that was counted and may go on.
pub(crate) struct Attempt {
    name: String,
    address: Option<String>,
}

impl App {
    /// Counts an attempt to prove to be `name`, or refuses it because there were too many.
    pub(crate) async fn attempt(&self, name: &str, source: Option<IpAddr>) -> Result<Attempt> {
        let attempt = Attempt { name: name_key(name), address: source.map(address_key) };
        let keys: Vec<_> = std::iter::once(attempt.name.clone()).chain(attempt.address.clone()).collect();
        let mut tx = self.db.begin().await?;
        let now = clock::now(&mut tx).await?;
        let counts = store::lock(&mut tx, &keys).await?;
        if let Some(wait) = counts.iter().filter_map(|count| attempts(count)?.wait(now)).max() {
            return Err(throttled(wait));
        }
        for count in &counts {
            let policy = if count.key == attempt.name { BY_NAME } else { BY_ADDRESS };
            store::save(&mut tx, &failed(count, policy, now)).await?;
        }
        tx.commit().await?;
        Ok(attempt)
    }
}

impl Attempt {
    /// The password was right: the name starts anew, and the address gets this one attempt back. It does not start
    /// anew, or one account of one's own would be enough to guess others' for ever.
    pub(crate) async fn succeeded(&self, tx: &mut Tx) -> Result<()> {
        store::clear(tx, &self.name).await?;
        if let Some(address) = &self.address {
            store::take_back(tx, address).await?;
        }
        Ok(())
    }
}

fn attempts(count: &CountRow) -> Option<Attempts> {
    Some(Attempts {
        failures: u32::try_from(count.failures).ok().filter(|failures| *failures > 0)?,
        last_failure: count.last_failure,
        blocked_until: count.blocked_until,
    })
}

fn failed(count: &CountRow, policy: Policy, now: DateTime<Utc>) -> CountRow {
    let after = policy.after_failure(attempts(count), now);
    CountRow {
        key: count.key.clone(),
        failures: i32::try_from(after.failures).unwrap_or(i32::MAX),
        last_failure: after.last_failure,
        blocked_until: after.blocked_until,
    }
}

fn throttled(wait: Duration) -> Error {
    let text = "There were too many wrong passwords; wait a little and try again.";
    Error::Throttled { reason: Reason::new("TOO_MANY_ATTEMPTS", text), retry_after: wait }
}
