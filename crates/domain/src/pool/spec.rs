//! What a pool is, as people agree to it: how many, of what, and how they are kept.
//!
//! It stands in a request's canonical form like any other spec. Inside its bounds the pool acts alone; another spec or
//! other bounds are another request. How many there are to be just now is not part of it, only the bounds are.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Answers, Checks, Victim};
use crate::ids::PoolId;
use crate::names::PoolName;
use crate::quota::{self, Amount};
use crate::reason::{Coded, params};
use crate::spec::CreateSpec;

/// The most members a pool may have.
pub const MAX_MEMBERS: i64 = 500;
/// The longest a time of the upkeep may be: a week.
const MAX_SECONDS: i64 = 7 * 24 * 3600;

/// How many, of what, and how they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSpec {
    /// The fewest members it may be set to.
    pub min: i64,
    /// The most.
    pub max: i64,
    /// What each member is made of. Its user data is rendered for each: see [`super::member_values`].
    pub member: CreateSpec,
    /// How they are kept.
    #[serde(default)]
    pub upkeep: Upkeep,
}

/// How members are kept. Times are seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Upkeep {
    /// Only looks on and says what it would do.
    pub unmanaged: bool,
    /// Disks that outlive a stop may be lost with their member.
    pub disposable_disks: bool,
    /// How long a member may take to come up, or to go.
    pub grace_seconds: i64,
    /// How long a member may not be made out before that is answered.
    pub unknown_seconds: i64,
    /// How long a member has to serve for what befell its place before to be forgotten.
    pub stable_seconds: i64,
    /// How many restarts are tried at one place before its member is recreated.
    pub restarts: i64,
    /// How many members may come up at a time.
    pub parallel: i64,
    /// Members that serve are never taken away below this many.
    pub min_healthy: i64,
    /// How many members may be restarted or recreated at a time.
    pub max_disrupted: i64,
    /// From so many failing members on nothing is restarted or recreated and people are called; 0 means half of those
    /// there are to be, and two at least.
    pub failing_limit: i64,
    /// How members are asked whether they serve.
    pub health: Checks,
    /// How remedies at one place are spaced.
    pub back_off: BackOff,
    /// How another spec reaches the members.
    pub rollout: Rollout,
    /// Who goes when there are too many; what comes first weighs most.
    pub scale_down: Vec<Victim>,
    /// What is done about a member, by how it is.
    pub answers: Answers,
}

/// The pause between remedies at one place, doubled with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackOff {
    /// After the first.
    pub first_seconds: i64,
    /// At most.
    pub longest_seconds: i64,
}

/// How another spec reaches the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rollout {
    /// How many VMs there may be beyond what there are to be.
    pub surge: i64,
    /// How many members may be missing meanwhile.
    pub unavailable: i64,
    /// How long it may wait for a member of the new spec to serve before the pool goes back by itself; 0: for ever.
    pub rollback_seconds: i64,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            unmanaged: false,
            disposable_disks: false,
            grace_seconds: 600,
            unknown_seconds: 900,
            stable_seconds: 300,
            restarts: 1,
            parallel: 10,
            min_healthy: 0,
            max_disrupted: 1,
            failing_limit: 0,
            health: Checks::default(),
            back_off: BackOff::default(),
            rollout: Rollout::default(),
            scale_down: vec![Victim::Unhealthy, Victim::OldestSpec, Victim::Newest],
            answers: Answers::default(),
        }
    }
}

impl Default for BackOff {
    fn default() -> Self {
        Self { first_seconds: 10, longest_seconds: 600 }
    }
}

impl Default for Rollout {
    fn default() -> Self {
        Self { surge: 1, unavailable: 0, rollback_seconds: 0 }
    }
}

/// A new pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolCreateSpec {
    /// What it is called in its Service.
    pub name: PoolName,
    /// How many members at first.
    pub desired: i64,
    /// The pool.
    pub pool: PoolSpec,
}

/// An existing pool, changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolChangeSpec {
    /// Which pool.
    pub pool_id: PoolId,
    /// The revision of its spec this was made from; once the pool has another, this no longer applies.
    pub revision: i64,
    /// What it was then.
    pub from: PoolSpec,
    /// What it is to be.
    pub to: PoolSpec,
}

/// A pool that goes, and its members with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolDeleteSpec {
    /// Which pool.
    pub pool_id: PoolId,
}

/// A pool that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Not 0 <= min <= max.
    #[error(
        "a pool has between 0 and {MAX_MEMBERS} members, and its min is not above its max; it says {min} and {max}"
    )]
    Bounds {
        /// The fewest.
        min: i64,
        /// The most.
        max: i64,
    },
    /// How many there are to be is not between them.
    #[error(
        "{desired} members are asked for, and the pool may have {min} to {max}; ask to change its bounds for more"
    )]
    Desired {
        /// How many.
        desired: i64,
        /// The fewest.
        min: i64,
        /// The most.
        max: i64,
    },
    /// An amount of the upkeep is none.
    #[error("{field} must be from {least} to {most}")]
    Range {
        /// Its name.
        field: &'static str,
        /// The least it may be.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A check that cannot be asked.
    #[error("{text}")]
    Check {
        /// Where, below `health`.
        at: String,
        /// What to do about it.
        text: &'static str,
    },
    /// No new spec could ever reach a member.
    #[error(
        "a rollout needs a surge of 1 at least, or members that may be missing without falling below min_healthy"
    )]
    RolloutStuck,
}

impl PoolError {
    /// The field at fault, in the body of a request.
    pub fn pointer(&self) -> String {
        match self {
            Self::Bounds { .. } => "/max".to_owned(),
            Self::Desired { .. } => "/desired".to_owned(),
            Self::Range { field, .. } => format!("/upkeep/{}", field.replace('.', "/")),
            Self::Check { at, .. } => format!("/upkeep/health/{at}"),
            Self::RolloutStuck => "/upkeep/rollout".to_owned(),
        }
    }
}

impl Coded for PoolError {
    fn code(&self) -> &'static str {
        match self {
            Self::Bounds { .. } => "POOL_BOUNDS_INVALID",
            Self::Desired { .. } => "POOL_OUT_OF_BOUNDS",
            Self::Range { .. } => "POOL_UPKEEP_INVALID",
            Self::Check { .. } => "POOL_CHECK_INVALID",
            Self::RolloutStuck => "POOL_ROLLOUT_STUCK",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::Bounds { min, max } => params([("min", (*min).into()), ("max", (*max).into())]),
            Self::Desired { desired, min, max } => {
                params([("desired", (*desired).into()), ("min", (*min).into()), ("max", (*max).into())])
            }
            Self::Range { field, least, most } => {
                params([("field", (*field).into()), ("least", (*least).into()), ("most", (*most).into())])
            }
            Self::Check { text, .. } => params([("detail", (*text).into())]),
            Self::RolloutStuck => Map::new(),
        }
    }
}

impl PoolSpec {
    /// Whether a pool can be like this.
    ///
    /// # Errors
    /// [`PoolError`] that names the field.
    pub fn check(&self) -> Result<(), PoolError> {
        if self.min < 0 || self.max < 1 || self.min > self.max || self.max > MAX_MEMBERS {
            return Err(PoolError::Bounds { min: self.min, max: self.max });
        }
        self.upkeep.check(self.min)
    }

    /// Whether it may be set to so many.
    ///
    /// # Errors
    /// [`PoolError::Desired`].
    pub const fn allows(&self, desired: i64) -> Result<(), PoolError> {
        if desired < self.min || desired > self.max {
            return Err(PoolError::Desired { desired, min: self.min, max: self.max });
        }
        Ok(())
    }

    /// The most VMs it ever has at a time.
    pub const fn most(&self) -> i64 {
        self.max.saturating_add(self.upkeep.rollout.surge)
    }

    /// What it uses more once it is like `to`, in every dimension in which it does.
    pub fn growth(&self, to: &Self) -> Vec<Amount> {
        let before = self.amounts();
        let had = |a: &Amount| before.iter().find(|b| b.dimension == a.dimension).map_or(0, |b| b.amount);
        let more = to.amounts().into_iter().map(|a| Amount { amount: a.amount - had(&a), ..a });
        more.filter(|a| a.amount > 0).collect()
    }

    /// The same pool with other members.
    #[must_use]
    pub fn of(&self, member: CreateSpec) -> Self {
        Self { member, ..self.clone() }
    }

    /// What is reserved while members of all of these are there: the most of each dimension.
    pub fn amounts_of_all<'a>(all: impl IntoIterator<Item = &'a Self>) -> Vec<Amount> {
        let mut most: Vec<Amount> = vec![];
        for amount in all.into_iter().flat_map(Self::amounts) {
            match most.iter_mut().find(|m| m.dimension == amount.dimension) {
                Some(known) => known.amount = known.amount.max(amount.amount),
                None => most.push(amount),
            }
        }
        most
    }

    /// What all of them use: this is reserved, whatever there is just now.
    pub fn amounts(&self) -> Vec<Amount> {
        let of_one = quota::amounts(&self.member).into_iter();
        of_one.map(|a| Amount { amount: a.amount.saturating_mul(self.most()), ..a }).collect()
    }
}

impl Upkeep {
    fn check(&self, min: i64) -> Result<(), PoolError> {
        let ranges = [
            ("grace_seconds", self.grace_seconds, 10, MAX_SECONDS),
            ("unknown_seconds", self.unknown_seconds, 60, MAX_SECONDS),
            ("stable_seconds", self.stable_seconds, 10, MAX_SECONDS),
            ("restarts", self.restarts, 0, 100),
            ("parallel", self.parallel, 1, 100),
            ("min_healthy", self.min_healthy, 0, min),
            ("max_disrupted", self.max_disrupted, 1, MAX_MEMBERS),
            ("failing_limit", self.failing_limit, 0, MAX_MEMBERS),
            ("back_off.first_seconds", self.back_off.first_seconds, 1, MAX_SECONDS),
            (
                "back_off.longest_seconds",
                self.back_off.longest_seconds,
                self.back_off.first_seconds,
                MAX_SECONDS,
            ),
            ("rollout.surge", self.rollout.surge, 0, 100),
            ("rollout.unavailable", self.rollout.unavailable, 0, MAX_MEMBERS),
            ("rollout.rollback_seconds", self.rollout.rollback_seconds, 0, MAX_SECONDS),
        ];
        if let Some((field, _, least, most)) = ranges
            .into_iter()
            .chain(self.health.ranges())
            .find(|(_, is, least, most)| is < least || is > most)
        {
            return Err(PoolError::Range { field, least, most });
        }
        self.health.check()?;
        if self.rollout.surge == 0 && (self.rollout.unavailable == 0 || self.min_healthy >= min.max(1)) {
            return Err(PoolError::RolloutStuck);
        }
        Ok(())
    }

    /// From how many failing members on people are called instead of going on.
    pub fn too_many(&self, desired: i64) -> i64 {
        match self.failing_limit {
            0 => (desired + 1).div_euclid(2).max(2),
            limit => limit,
        }
    }
}
