//! One member as it is seen, and the one word for how it is.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Upkeep;
use crate::ids::VmId;
use crate::states::{PowerState, VmState};

text_enum! {
    /// What its checks say of a member.
    #[derive(Default)]
    strict Health {
        /// Nothing is checked but that its guest runs.
        Unchecked = "unchecked",
        /// They have not said enough yet.
        #[default]
        Awaited = "awaited",
        /// It does not serve, and has not since its guest was started.
        NotYet = "not_yet",
        /// It serves.
        Healthy = "healthy",
        /// It served and does not any more.
        Unhealthy = "unhealthy",
    }
}

text_enum! {
    /// Whose work is under way on a member.
    strict Hand {
        /// Nobody's.
        Nobody = "nobody",
        /// The pool's own.
        Pool = "pool",
        /// Someone else's; the pool waits.
        Other = "other",
    }
}

text_enum! {
    /// How a member is: each member is exactly one of these.
    strict Class {
        /// Runs and serves.
        Available = "available",
        /// On its way up, or down by itself, and within its grace.
        Starting = "starting",
        /// Not there when its grace was over.
        StartingTooLong = "starting_too_long",
        /// Runs and does not serve.
        Unhealthy = "unhealthy",
        /// Ended in failure.
        Failed = "failed",
        /// Stopped, and nobody asked for that.
        Stopped = "stopped",
        /// Stopped by a person, who keeps it so.
        Held = "held",
        /// Frozen.
        Paused = "paused",
        /// Cannot be made out.
        Unknown = "unknown",
        /// Not for long, though its cluster answers.
        UnknownTooLong = "unknown_too_long",
        /// On its way out.
        Deleting = "deleting",
        /// On its way out when its grace was over.
        DeletingTooLong = "deleting_too_long",
        /// Its cluster has no such VM any more.
        Gone = "gone",
    }
}

impl Class {
    /// Speaks against what it is made of: a rollout stops at it, and many of them stop the remedies.
    pub const fn is_failing(self) -> bool {
        matches!(self, Self::StartingTooLong | Self::Unhealthy | Self::Failed | Self::Stopped)
    }

    /// On its way out.
    pub const fn is_leaving(self) -> bool {
        matches!(self, Self::Deleting | Self::DeletingTooLong)
    }
}

/// What is known of one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which VM.
    pub vm: VmId,
    /// Its place, from 0. Two have the same while one replaces the other.
    pub ordinal: i64,
    /// The revision of the pool's spec it was made of.
    pub revision: i64,
    /// Where it stands in the books.
    pub state: VmState,
    /// Its cluster was heard from lately, so that what it does not list is not there.
    pub reachable: bool,
    /// What its cluster says; none where it has no such VM.
    pub power: Option<PowerState>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// A person stopped it and did not start it again.
    pub held: bool,
    /// Not to be deleted.
    pub protected: bool,
    /// Holds data that a deletion loses.
    pub persistent: bool,
    /// Stays until the one that takes its place serves.
    pub leaving: bool,
    /// What its checks say.
    pub health: Health,
    /// Since when they fail.
    pub failing_since: Option<DateTime<Utc>>,
    /// Since when they say that it serves.
    pub serving_since: Option<DateTime<Utc>>,
    /// Whose work is under way on it.
    pub hand: Hand,
}

/// How a member is.
pub fn classify(member: &Member, upkeep: &Upkeep, now: DateTime<Utc>) -> Class {
    let within = |seconds: i64| now - member.since < TimeDelta::seconds(seconds);
    let grace = within(upkeep.grace_seconds);
    let by_grace = |early, late| if grace { early } else { late };
    match (member.state, member.power) {
        (VmState::Deleting | VmState::Trashed | VmState::Deleted, _) => {
            return by_grace(Class::Deleting, Class::DeletingTooLong);
        }
        // What is not there cannot be held.
        (_, Some(PowerState::Missing) | None) if member.reachable => {}
        _ if member.held => return Class::Held,
        // Whatever was last seen there is no news.
        _ if !member.reachable => return Class::Unknown,
        _ => {}
    }
    match (member.state, member.power) {
        (VmState::Failed, _) => Class::Failed,
        (VmState::Unknown, _) | (_, Some(PowerState::Unknown)) => {
            if within(upkeep.unknown_seconds) {
                Class::Unknown
            } else {
                Class::UnknownTooLong
            }
        }
        (_, Some(PowerState::Deleting)) => by_grace(Class::Deleting, Class::DeletingTooLong),
        (_, Some(PowerState::Running | PowerState::Migrating)) => match member.health {
            Health::Unchecked | Health::Healthy => Class::Available,
            Health::Unhealthy => Class::Unhealthy,
            Health::NotYet => by_grace(Class::Starting, Class::Unhealthy),
            // Nobody could ask it, which says nothing about it.
            Health::Awaited if grace => Class::Starting,
            Health::Awaited if within(upkeep.unknown_seconds) => Class::Unknown,
            Health::Awaited => Class::UnknownTooLong,
        },
        (_, Some(PowerState::Paused)) => Class::Paused,
        (_, Some(PowerState::CrashLoop | PowerState::Failed)) => Class::Failed,
        (VmState::Creating | VmState::Restoring, _)
        | (_, Some(PowerState::Starting | PowerState::Stopping)) => {
            by_grace(Class::Starting, Class::StartingTooLong)
        }
        // It was told to start and has not been seen to.
        (_, Some(PowerState::Stopped)) if member.hand == Hand::Pool => {
            by_grace(Class::Starting, Class::StartingTooLong)
        }
        (_, Some(PowerState::Stopped)) => Class::Stopped,
        (_, Some(PowerState::Missing) | None) => Class::Gone,
    }
}
