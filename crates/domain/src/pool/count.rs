//! Too many members, and too few.

use std::collections::BTreeSet;

use super::planner::{Planner, named};
use super::{Act, Answer, Class, Hand, Member, Victim};
use crate::reason::Reason;

impl Planner<'_> {
    /// Those who are too many.
    pub(super) fn shrink(&mut self) {
        let mut over = self.staying() - self.observed.desired;
        if over <= 0 {
            return;
        }
        let free = |(m, class): &(&Member, Class)| {
            self.staying.contains(&m.vm)
                && !self.touched.contains(&m.vm)
                && m.hand != Hand::Other
                && *class != Class::Unknown
                && self.kept(m).is_none()
        };
        let mut victims: Vec<(&Member, Class)> = self.members.iter().copied().filter(free).collect();
        victims.sort_by_key(|(member, class)| {
            let weigh = |victim: &Victim| match victim {
                Victim::Unhealthy => i64::from(*class == Class::Available),
                Victim::OldestSpec if member.revision == self.observed.revision => i64::MAX,
                Victim::OldestSpec => member.revision,
                Victim::Newest => -member.created_at.timestamp_micros(),
                Victim::Oldest => member.created_at.timestamp_micros(),
            };
            let weights: Vec<i64> = self.upkeep.scale_down.iter().map(weigh).collect();
            // Whom people stopped or froze they want to look at: those go last.
            let wanted = matches!(class, Class::Held | Class::Paused);
            (wanted, weights, -member.ordinal, member.vm)
        });
        for (member, class) in victims {
            if over == 0 {
                return;
            }
            if class == Class::Available && self.available <= self.upkeep.min_healthy {
                continue;
            }
            over -= 1;
            let reason = named(member, "POOL_ABOVE_DESIRED", "is one more than there are to be");
            self.delete(member, class, false, reason);
        }
        if over > 0 {
            let text = format!("{over} members are too many, and none of them may be taken away.");
            self.attention(Reason::new("POOL_CANNOT_SHRINK", text).with("over", over));
        }
    }

    /// Places nobody stays at.
    pub(super) fn fill(&mut self) {
        let mut taken: BTreeSet<i64> = self
            .members
            .iter()
            .filter(|(m, _)| self.staying.contains(&m.vm))
            .map(|(m, _)| m.ordinal)
            .collect();
        taken.extend(&self.made);
        let missing = self.observed.desired - self.staying();
        if missing <= 0 {
            return;
        }
        // A place somebody is leaving comes before one that was never there.
        let left: BTreeSet<i64> =
            self.members.iter().map(|(m, _)| m.ordinal).filter(|ordinal| !taken.contains(ordinal)).collect();
        let fresh = (0..).filter(|ordinal| !taken.contains(ordinal) && !left.contains(ordinal));
        let wait = self.upkeep.answers.deleting == Answer::Keep;
        let places = left.iter().copied().chain(fresh).take(usize::try_from(missing).unwrap_or(0));
        for ordinal in places.collect::<Vec<_>>() {
            let before =
                self.members.iter().filter(|(m, _)| m.ordinal == ordinal).copied().collect::<Vec<_>>();
            if wait
                && before.iter().any(|(m, class)| *class == Class::Deleting || self.touched.contains(&m.vm))
            {
                continue;
            }
            if let Some(due) = self.place(ordinal).create_at(self.upkeep, self.now) {
                self.look(due);
                let text = format!("No member could be made at place {ordinal}; the next attempt waits.");
                let reason = Reason::new("PLACE_BACK_OFF", text).with("ordinal", ordinal);
                self.hold_back(reason.with("until", due.to_rfc3339()));
                continue;
            }
            let surge = self.upkeep.rollout.surge;
            if self.existing >= self.observed.desired + surge || self.reserved >= self.observed.max + surge {
                let text = "There are as many VMs as there may be; one has to go first.";
                if self.make_room() {
                    return;
                }
                self.hold_back(Reason::new("POOL_FULL", text).with("ordinal", ordinal));
                return;
            }
            if self.disrupted_by_start() >= self.upkeep.parallel {
                let text = "As many members come up as may at a time.";
                self.hold_back(Reason::new("POOL_STARTS_LIMITED", text).with("ordinal", ordinal));
                return;
            }
            self.create(ordinal, before.is_empty());
        }
    }

    /// Has one go that only waits to be relieved, where so many may be missing.
    fn make_room(&mut self) -> bool {
        let missing = self.observed.desired - self.available;
        let spared = missing < self.upkeep.rollout.unavailable && self.available > self.upkeep.min_healthy;
        let goes = |(m, class): &(&Member, Class)| {
            m.hand != Hand::Other
                && !matches!(class, Class::Unknown | Class::Held | Class::Paused)
                && (*class != Class::Available || spared)
        };
        let Some((member, class)) = self.alone().into_iter().find(goes) else { return false };
        self.delete(member, class, false, named(member, "MEMBER_OUTDATED", "is of an older spec"));
        true
    }

    pub(super) fn create(&mut self, ordinal: i64, fresh: bool) {
        self.made.insert(ordinal);
        self.existing += 1;
        self.reserved += 1;
        self.disrupted += 1;
        let (code, text) = match fresh {
            true => ("POOL_BELOW_DESIRED", "There are fewer members than there are to be"),
            false => ("MEMBER_REPLACED", "Another takes the place of one that goes"),
        };
        let text = format!("{text}: place {ordinal}.");
        self.act(Act::Create { ordinal }, Reason::new(code, text).with("ordinal", ordinal));
    }

    fn disrupted_by_start(&self) -> i64 {
        let starting = self.members.iter().filter(|(_, class)| *class == Class::Starting).count();
        let planned = self
            .plan
            .acts
            .iter()
            .filter(|planned| matches!(planned.act, Act::Create { .. } | Act::Restart { .. }));
        i64::try_from(starting + planned.count()).unwrap_or(i64::MAX)
    }
}
