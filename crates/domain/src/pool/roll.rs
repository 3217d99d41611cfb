//! How another spec reaches the members: a few at a time, and no further than the new ones hold.

use super::planner::{Planner, named};
use super::{Act, Class, Hand, Member};
use crate::reason::Reason;

impl Planner<'_> {
    /// Whether a member gets the newest spec rather than a remedy: one of an older spec that does not serve is replaced
    /// by the rollout, and mending it would only be in the way.
    pub(super) fn answered_by_roll(&self, member: &Member, class: Class) -> bool {
        member.revision != self.observed.revision
            && class.is_failing()
            && !self.observed.rolling.is_some_and(|rolling| rolling.paused)
    }

    /// Brings members to the newest spec.
    pub(super) fn roll(&mut self) {
        let outdated = |(m, class): &&(&Member, Class)| {
            m.revision != self.observed.revision
                && self.staying.contains(&m.vm)
                && !self.touched.contains(&m.vm)
                && !matches!(class, Class::Held | Class::Unknown | Class::UnknownTooLong | Class::Paused)
        };
        let mut outdated: Vec<(&Member, Class)> = self.members.iter().filter(outdated).copied().collect();
        if outdated.is_empty() {
            return;
        }
        if self.observed.rolling.is_some_and(|rolling| rolling.paused) {
            let text = "The rollout rests until people let it go on.";
            return self.hold_back(Reason::new("ROLLOUT_PAUSED", text));
        }
        let newest = |(m, class): &&(&Member, Class)| {
            m.revision == self.observed.revision && (class.is_failing() || *class == Class::Gone)
        };
        if let Some((failing, _)) = self.members.iter().find(newest).copied() {
            let reason =
                named(failing, "ROLLOUT_HALTED", "is of the new spec and does not serve; no other gets it");
            return self.attention(reason);
        }
        // Those who do not serve lose nothing; of the others the last place first.
        outdated.sort_by_key(|(m, class)| (*class == Class::Available, -m.ordinal));
        for (member, class) in outdated {
            if member.hand == Hand::Other {
                continue;
            }
            if let Some(kept) = self.kept(member) {
                self.attention(kept);
                continue;
            }
            if !self.replace(member, class) {
                let text = "The next member gets the new spec when those before it serve.";
                return self.hold_back(Reason::new("ROLLOUT_WAITS", text).with("ordinal", member.ordinal));
            }
        }
    }

    /// Members that come up with an older spec: whoever waits for them waits for nothing.
    fn outdated_starts(&self) -> i64 {
        let starts = |(m, class): &&(&Member, Class)| {
            *class == Class::Starting && m.revision != self.observed.revision && !self.touched.contains(&m.vm)
        };
        i64::try_from(self.members.iter().filter(starts).count()).unwrap_or(i64::MAX)
    }

    /// Replaces one member if that may be now.
    fn replace(&mut self, member: &Member, class: Class) -> bool {
        let reason = named(member, "MEMBER_OUTDATED", "is of an older spec");
        let rollout = self.upkeep.rollout;
        let at_once = rollout.surge.saturating_add(rollout.unavailable);
        // Who is relieved and has nobody in their place yet comes first: an act is one step, and the look after it goes on.
        let awaited = i64::try_from(self.alone().len()).unwrap_or(i64::MAX);
        if class != Class::Available {
            if self.disrupted - self.outdated_starts() >= at_once {
                return false;
            }
            self.delete(member, class, false, reason);
            return true;
        }
        let room = self.existing + awaited < self.observed.desired + rollout.surge
            && self.reserved + awaited < self.observed.max + rollout.surge
            // Only as many as are on their way may be taken on trust.
            && self.disrupted + awaited < at_once;
        if room {
            self.touched.insert(member.vm);
            self.staying.remove(&member.vm);
            self.act(Act::Relieve { vm: member.vm, ordinal: member.ordinal }, reason);
            self.create(member.ordinal, false);
            return true;
        }
        let missing = self.observed.desired - self.available;
        if missing < rollout.unavailable && self.available > self.upkeep.min_healthy {
            self.delete(member, class, false, reason);
            return true;
        }
        false
    }
}
