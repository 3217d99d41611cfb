//! When a rollout is over, and when it is given up.
//!
//! A rollout that has brought nothing for as long as was agreed goes back by itself: the spec before it was agreed to as
//! well, and is known to serve. Progress is a member of the new spec that began to serve; as long as nobody of the new spec
//! is missing, time alone gives nothing up.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::planner::Planner;
use super::{Act, Class, Member};
use crate::reason::Reason;

/// A rollout that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rolling {
    /// When it began, or was let go on.
    pub since: DateTime<Utc>,
    /// People have it rest.
    pub paused: bool,
    /// There is a spec to go back to.
    pub back: bool,
    /// Since when somebody of the new spec is missing without a break.
    pub behind_since: Option<DateTime<Utc>>,
}

impl Planner<'_> {
    /// Somebody of the new spec is missing: on the way, failing, or not even made.
    pub(super) fn behind(&self) -> bool {
        let waits = |class: Class| {
            class.is_failing() || class.is_leaving() || matches!(class, Class::Starting | Class::Gone)
        };
        self.observed.rolling.is_some()
            && (self.newest().any(|(_, class)| waits(class)) || !self.alone().is_empty())
    }

    /// When the pool goes back unless something moves before.
    pub(super) fn rolls_back_at(&self) -> Option<DateTime<Utc>> {
        let rolling = self.observed.rolling.filter(|rolling| rolling.back && !rolling.paused)?;
        let seconds = Some(self.upkeep.rollout.rollback_seconds).filter(|seconds| *seconds > 0)?;
        if !self.behind() {
            return None;
        }
        let served = self.newest().filter(|(_, class)| *class == Class::Available);
        let last = served.map(|(m, _)| m.serving_since.unwrap_or(m.since)).max();
        let behind = rolling.behind_since.unwrap_or(self.now);
        // A clock that jumped back must not put it off.
        let progress = behind.max(rolling.since).max(last.unwrap_or(rolling.since)).min(self.now);
        Some(progress + TimeDelta::seconds(seconds))
    }

    /// Members of the newest spec that stay.
    fn newest(&self) -> impl Iterator<Item = (&Member, Class)> {
        self.members.iter().copied().filter(|(m, _)| m.revision == self.observed.revision && !m.leaving)
    }

    /// Gives the rollout up if its time is over.
    pub(super) fn give_up(&mut self) -> bool {
        let Some(due) = self.plan.rolls_back_at else { return false };
        if due > self.now {
            self.look(due);
            return false;
        }
        let seconds = self.upkeep.rollout.rollback_seconds;
        let text = format!("No member of the new spec began to serve for {seconds} seconds.");
        self.act(Act::RollBack, Reason::new("ROLLOUT_GIVEN_UP", text).with("seconds", seconds));
        true
    }

    /// Every member is of the newest spec and as many serve as there are to be.
    pub(super) fn rolled_out(&self) -> bool {
        self.plan.available >= self.observed.desired && self.newest().count() == self.members.len()
    }
}
