//! What befell one place of a pool since a member last served there for long: the memory behind spacing and the ladder.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{BackOff, Upkeep};

/// A place's past. The default is a place nothing has befallen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Restarts and recreations.
    pub remedies: i64,
    /// Restarts of the member that is there now.
    pub restarts: i64,
    /// Creations that could not even begin.
    pub refused: i64,
    /// When the last of all that was.
    pub last_at: Option<DateTime<Utc>>,
}

impl Place {
    /// After its member was started anew.
    #[must_use]
    pub const fn restarted(self, now: DateTime<Utc>) -> Self {
        Self { remedies: self.remedies + 1, restarts: self.restarts + 1, last_at: Some(now), ..self }
    }

    /// After its member was given up, for whatever comes next.
    #[must_use]
    pub const fn recreated(self, now: DateTime<Utc>) -> Self {
        Self { remedies: self.remedies + 1, restarts: 0, last_at: Some(now), ..self }
    }

    /// After a member could not be made.
    #[must_use]
    pub const fn refused(self, now: DateTime<Utc>) -> Self {
        Self { refused: self.refused + 1, last_at: Some(now), ..self }
    }

    /// Nothing has befallen it that would still count.
    pub const fn is_clean(&self) -> bool {
        self.remedies == 0 && self.refused == 0
    }

    /// When the next remedy may be tried; `None`: now.
    pub(super) fn remedy_at(&self, upkeep: &Upkeep, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.after(self.remedies, upkeep.back_off, now)
    }

    /// When a member may be made there; `None`: now.
    pub(super) fn create_at(&self, upkeep: &Upkeep, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.after(self.refused, upkeep.back_off, now)
    }

    fn after(&self, times: i64, back_off: BackOff, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let doubled = u32::try_from(times.checked_sub(1)?).ok()?.min(32);
        let pause = back_off.first_seconds.saturating_mul(1 << doubled).min(back_off.longest_seconds);
        // A clock that jumped back must not keep a place empty for longer than its pause.
        let last = self.last_at?.min(now);
        let due = last + TimeDelta::seconds(pause);
        (due > now).then_some(due)
    }
}
