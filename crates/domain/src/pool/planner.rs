//! From what is to be and what is seen to what is done about it, with the reason of each.
//!
//! The order is that of urgency: let go who was replaced, mend who fails, send away who is too many, bring the rest to the
//! newest spec, and fill empty places. One plan is one small step: it counts what it has planned as if it were done, and
//! the next look goes on from there.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Answer, Class, Hand, Member, Place, Rolling, Upkeep, classify};
use crate::ids::VmId;
use crate::reason::Reason;
use crate::states::VmState;

/// A pool as it is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The revision of its spec.
    pub revision: i64,
    /// How many members there are to be.
    pub desired: i64,
    /// The most it may ever be set to; with the surge, what is reserved for it.
    pub max: i64,
    /// People have it rest.
    pub paused: bool,
    /// The rollout that is under way.
    pub rolling: Option<Rolling>,
    /// Every VM that is not gone for good.
    pub members: Vec<Member>,
    /// What befell its places; those nothing befell are left out.
    pub places: BTreeMap<i64, Place>,
}

/// One thing to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Make a member.
    Create {
        /// At this place.
        ordinal: i64,
    },
    /// Start it, or start it anew.
    Restart {
        /// Which member.
        vm: VmId,
        /// Its place.
        ordinal: i64,
    },
    /// Have it stay only until another serves in its place.
    Relieve {
        /// Which member.
        vm: VmId,
        /// Its place.
        ordinal: i64,
    },
    /// Go back to the spec before the one that is being rolled out.
    RollBack,
    /// Take it away.
    Delete {
        /// Which member.
        vm: VmId,
        /// Its place.
        ordinal: i64,
        /// As a remedy: it counts against its place.
        remedy: bool,
    },
}

/// One thing to be done and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What.
    #[serde(flatten)]
    pub act: Act,
    /// Why.
    pub reason: Reason,
}

/// One member and how it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Which member.
    pub vm: VmId,
    /// Its place.
    pub ordinal: i64,
    /// How it is.
    pub class: Class,
}

/// What is to be done about a pool now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// In this order.
    pub acts: Vec<Planned>,
    /// What is left undone for now, and why.
    pub held_back: Vec<Reason>,
    /// What only people can mend.
    pub attention: Vec<Reason>,
    /// How each member is.
    pub members: Vec<Judged>,
    /// Members that serve.
    pub available: i64,
    /// Places whose past may be forgotten.
    pub settled: Vec<i64>,
    /// Every member is of the newest spec, and as many serve as there are to be.
    pub rolled_out: bool,
    /// A rollout is under way, and somebody of the new spec is missing.
    pub behind: bool,
    /// When a rollout that brings nothing is given up.
    pub rolls_back_at: Option<DateTime<Utc>>,
    /// When to look again, where something will be due by itself.
    pub look_again: Option<DateTime<Utc>>,
}

/// What to do about a pool now.
pub fn plan(upkeep: &Upkeep, observed: &Observed, now: DateTime<Utc>) -> Plan {
    let mut planner = Planner::new(upkeep, observed, now);
    planner.times();
    planner.empty_places();
    planner.plan.rolled_out = planner.rolled_out();
    planner.plan.behind = planner.behind();
    planner.plan.rolls_back_at = planner.rolls_back_at();
    if upkeep.unmanaged {
        planner.hold_back(Reason::new("POOL_UNMANAGED", "This pool is only looked at."));
    } else if observed.paused {
        planner.hold_back(Reason::new("POOL_PAUSED", "This pool rests until people let it go on."));
    } else if !planner.give_up() {
        planner.let_go();
        planner.mend();
        planner.shrink();
        planner.roll();
        planner.fill();
    }
    planner.plan
}

pub(super) struct Planner<'a> {
    pub(super) upkeep: &'a Upkeep,
    pub(super) observed: &'a Observed,
    pub(super) now: DateTime<Utc>,
    pub(super) members: Vec<(&'a Member, Class)>,
    pub(super) plan: Plan,
    /// Members something is planned for.
    pub(super) touched: BTreeSet<VmId>,
    /// Members that stay, after what is planned.
    pub(super) staying: BTreeSet<VmId>,
    /// Places members are planned for.
    pub(super) made: BTreeSet<i64>,
    /// VMs, with those planned; what cannot be deleted is left out.
    pub(super) existing: i64,
    /// The same with those.
    pub(super) reserved: i64,
    /// Members being restarted, recreated or made.
    pub(super) disrupted: i64,
    /// Members that serve, after what is planned.
    pub(super) available: i64,
}

impl<'a> Planner<'a> {
    fn new(upkeep: &'a Upkeep, observed: &'a Observed, now: DateTime<Utc>) -> Self {
        let mut members: Vec<_> =
            observed.members.iter().map(|member| (member, classify(member, upkeep, now))).collect();
        members.sort_by_key(|(member, _)| (member.ordinal, member.revision, member.vm));
        let count = |test: &dyn Fn(&Member, Class) -> bool| {
            let found = members.iter().filter(|(member, class)| test(member, *class)).count();
            i64::try_from(found).unwrap_or(i64::MAX)
        };
        let available = count(&|_, class| class == Class::Available);
        let stuck = count(&|_, class| class == Class::DeletingTooLong);
        let existing = count(&|_, _| true);
        Self {
            upkeep,
            observed,
            now,
            plan: Plan {
                members: members
                    .iter()
                    .map(|(m, class)| Judged { vm: m.vm, ordinal: m.ordinal, class: *class })
                    .collect(),
                available,
                ..Plan::default()
            },
            touched: BTreeSet::new(),
            made: BTreeSet::new(),
            staying: members
                .iter()
                .filter(|(m, class)| !m.leaving && !class.is_leaving())
                .map(|(m, _)| m.vm)
                .collect(),
            existing: existing - stuck,
            reserved: existing,
            disrupted: count(&|_, class| matches!(class, Class::Starting | Class::Deleting)),
            available,
            members,
        }
    }

    /// What time alone will change, and what it has already mended.
    fn times(&mut self) {
        for (member, class) in self.members.clone() {
            let after = match class {
                Class::Starting | Class::Deleting => self.upkeep.grace_seconds,
                Class::Unknown => self.upkeep.unknown_seconds,
                Class::DeletingTooLong => {
                    self.attention(named(member, "MEMBER_UNDELETABLE", "does not go away"));
                    continue;
                }
                Class::Available if !self.place(member.ordinal).is_clean() => self.upkeep.stable_seconds,
                _ => continue,
            };
            let since = match class {
                Class::Available => member.serving_since.map_or(member.since, |at| at.max(member.since)),
                _ => member.since,
            };
            let due = since + TimeDelta::seconds(after);
            if due > self.now {
                self.look(due);
            } else if class == Class::Available && !member.leaving {
                self.plan.settled.push(member.ordinal);
            }
        }
    }

    /// Places that nobody is at and nobody needs are forgiven by time alone.
    fn empty_places(&mut self) {
        let places: Vec<(i64, Place)> = self.observed.places.iter().map(|(n, place)| (*n, *place)).collect();
        for (ordinal, place) in places {
            let empty = self.members.iter().all(|(m, _)| m.ordinal != ordinal);
            let Some(last) = place.last_at.filter(|_| empty && self.staying() >= self.observed.desired)
            else {
                continue;
            };
            let due = last + TimeDelta::seconds(self.upkeep.stable_seconds);
            if due > self.now {
                self.look(due);
            } else {
                self.plan.settled.push(ordinal);
            }
        }
    }

    pub(super) fn place(&self, ordinal: i64) -> Place {
        self.observed.places.get(&ordinal).copied().unwrap_or_default()
    }

    pub(super) fn look(&mut self, at: DateTime<Utc>) {
        self.plan.look_again = Some(self.plan.look_again.map_or(at, |before| before.min(at)));
    }

    pub(super) fn hold_back(&mut self, reason: Reason) {
        self.plan.held_back.push(reason);
    }

    pub(super) fn attention(&mut self, reason: Reason) {
        self.plan.attention.push(reason);
    }

    pub(super) fn act(&mut self, act: Act, reason: Reason) {
        self.plan.acts.push(Planned { act, reason });
    }

    /// Takes a member away: it is there until it is gone, but no longer stays.
    pub(super) fn delete(&mut self, member: &Member, class: Class, remedy: bool, reason: Reason) {
        self.touched.insert(member.vm);
        self.staying.remove(&member.vm);
        self.available -= i64::from(class == Class::Available);
        // One that comes up is among them already.
        self.disrupted += i64::from(class != Class::Starting);
        self.act(Act::Delete { vm: member.vm, ordinal: member.ordinal, remedy }, reason);
    }

    /// Members that stay, with those planned.
    pub(super) fn staying(&self) -> i64 {
        i64::try_from(self.staying.len() + self.made.len()).unwrap_or(i64::MAX)
    }

    /// Why a member may not be taken away, whatever speaks for it.
    pub(super) fn kept(&self, member: &Member) -> Option<Reason> {
        if member.protected {
            return Some(named(member, "MEMBER_PROTECTED", "is protected from deletion"));
        }
        (member.persistent && !self.upkeep.disposable_disks)
            .then(|| named(member, "MEMBER_HAS_DISKS", "has disks that the pool does not call disposable"))
    }

    /// Those who stay only until they are replaced.
    fn let_go(&mut self) {
        let alone = i64::try_from(self.alone().len()).unwrap_or(i64::MAX);
        // Of those whom nobody relieves yet only as many are needed as there are too few others.
        let mut needless = self.staying() + alone - self.observed.desired;
        let leaving = |(member, class): &&(&Member, Class)| {
            member.leaving && !class.is_leaving() && *class != Class::Unknown && member.hand != Hand::Other
        };
        for (member, class) in self.members.clone().iter().filter(leaving).copied() {
            let serves = |(other, class): &(&Member, Class)| {
                other.ordinal == member.ordinal && !other.leaving && *class == Class::Available
            };
            let by_count = needless > 0
                && self.is_alone(member)
                && (class != Class::Available || self.available > self.upkeep.min_healthy);
            if self.members.iter().any(serves) || by_count {
                needless -= i64::from(by_count);
                let reason = named(member, "MEMBER_RELIEVED", "is not needed in its place any more");
                self.delete(member, class, false, reason);
            }
        }
    }

    /// Members that stay only until they are replaced, and nobody is there to do so.
    pub(super) fn alone(&self) -> Vec<(&'a Member, Class)> {
        let alone = |(member, class): &&(&Member, Class)| {
            member.leaving
                && !class.is_leaving()
                && !self.touched.contains(&member.vm)
                && self.is_alone(member)
        };
        self.members.iter().filter(alone).copied().collect()
    }

    fn is_alone(&self, member: &Member) -> bool {
        !self.made.contains(&member.ordinal)
            && !self.members.iter().any(|(m, _)| m.ordinal == member.ordinal && self.staying.contains(&m.vm))
    }

    /// Those who are not as they should be.
    fn mend(&mut self) {
        let failing =
            |(m, class): &&(&Member, Class)| class.is_failing() && m.revision == self.observed.revision;
        let failing = i64::try_from(self.members.iter().filter(failing).count()).unwrap_or(i64::MAX);
        let too_many = failing >= self.upkeep.too_many(self.observed.desired);
        if too_many {
            let text =
                format!("{failing} members fail; nothing is done about them until people have looked.");
            self.attention(Reason::new("TOO_MANY_FAILING", text).with("failing", failing));
        }
        for (member, class) in self.members.clone() {
            if class == Class::Gone {
                self.bury(member);
            } else if !self.answered_by_roll(member, class) && !member.leaving {
                self.remedy(member, class, too_many);
            }
        }
    }

    /// What its cluster has no more needs only to be said so.
    fn bury(&mut self, member: &Member) {
        if member.hand == Hand::Other {
            return;
        }
        match self.place(member.ordinal).remedy_at(self.upkeep, self.now).filter(|_| !member.leaving) {
            Some(due) => self.back_off(member, due),
            None => {
                let reason = named(member, "MEMBER_GONE", "is no longer in its cluster");
                self.delete(member, Class::Gone, true, reason);
            }
        }
    }

    fn remedy(&mut self, member: &Member, class: Class, too_many: bool) {
        let Some((answer, code, text)) = self.answer(class) else { return };
        // A pool's own start that does not come to its end may be cut short; another's work never.
        let busy = match member.hand {
            Hand::Nobody => false,
            Hand::Pool => class != Class::StartingTooLong,
            Hand::Other => true,
        };
        if answer == Answer::Keep || busy {
            return;
        }
        let place = self.place(member.ordinal);
        let reason = named(member, code, text);
        if too_many {
            return self.hold_back(reason);
        }
        if let Some(due) = self.delay(member, class) {
            self.look(due);
            let reason =
                named(member, "MEMBER_UNHEALTHY_WAITS", "does not serve; it is given time to recover");
            return self.hold_back(reason.with("until", due.to_rfc3339()));
        }
        if let Some(due) = place.remedy_at(self.upkeep, self.now) {
            return self.back_off(member, due);
        }
        let again = answer == Answer::Restart
            && place.restarts < self.upkeep.restarts
            && member.hand == Hand::Nobody
            // One that was never up is not worth another start.
            && member.state == VmState::Active;
        if !again && let Some(kept) = self.kept(member) {
            return self.attention(kept);
        }
        if self.disrupted >= self.upkeep.max_disrupted {
            let text = "Other members are being restarted, recreated or made; it waits its turn.";
            return self.hold_back(Reason { text: text.into(), ..named(member, "MEMBER_WAITS_TURN", "") });
        }
        if again {
            self.touched.insert(member.vm);
            self.disrupted += 1;
            self.act(Act::Restart { vm: member.vm, ordinal: member.ordinal }, reason);
        } else {
            self.delete(member, class, true, reason);
        }
    }

    /// Until when one that does not serve is left alone.
    fn delay(&self, member: &Member, class: Class) -> Option<DateTime<Utc>> {
        let since = member.failing_since.filter(|_| class == Class::Unhealthy)?;
        let due = since + TimeDelta::seconds(self.upkeep.health.delay_seconds);
        (due > self.now).then_some(due)
    }

    fn back_off(&mut self, member: &Member, due: DateTime<Utc>) {
        self.look(due);
        let reason = named(member, "MEMBER_BACK_OFF", "failed here before; the next attempt waits");
        self.hold_back(reason.with("until", due.to_rfc3339()));
    }

    fn answer(&self, class: Class) -> Option<(Answer, &'static str, &'static str)> {
        let answers = &self.upkeep.answers;
        Some(match class {
            Class::StartingTooLong => {
                (answers.starting_too_long, "MEMBER_STARTING_TOO_LONG", "did not come up in time")
            }
            Class::Unhealthy => (answers.unhealthy, "MEMBER_UNHEALTHY", "runs and does not serve"),
            Class::Failed => (answers.failed, "MEMBER_FAILED", "failed"),
            Class::Stopped => (answers.stopped, "MEMBER_STOPPED", "stopped by itself"),
            Class::Held => (answers.held, "MEMBER_HELD", "was stopped by a person"),
            Class::Paused => (answers.paused, "MEMBER_PAUSED", "is paused"),
            Class::UnknownTooLong => (answers.unknown, "MEMBER_UNKNOWN", "cannot be made out"),
            Class::Available
            | Class::Starting
            | Class::Unknown
            | Class::Deleting
            | Class::DeletingTooLong
            | Class::Gone => return None,
        })
    }
}

/// A statement about one member.
pub(super) fn named(member: &Member, code: &'static str, what: &str) -> Reason {
    let reason = Reason::new(code, format!("The member at place {} {what}.", member.ordinal));
    reason.with("ordinal", member.ordinal).with("vm_id", member.vm.to_string())
}
