//! The planner against a small world that obeys it, where members die, hang, are stopped by people and get lost from
//! sight: whatever happens, its promises hold; and once nothing happens any more, it comes to rest at what was asked.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::tests::{at, serving};
use super::*;
use crate::ids::VmId;
use crate::states::{PowerState, VmState};

/// Seconds between two looks.
const TICK: i64 = 15;
/// How long a boot or a deletion takes.
const SLOW: i64 = 40;

#[derive(Clone, Debug)]
enum Event {
    Die(usize, PowerState),
    Vanish(usize),
    Hang(usize),
    Stop(usize),
    LoseSight(bool),
    Scale(i64),
    Change { broken: bool },
    Pause(bool),
    PauseRollout(bool),
    Nothing,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let power = prop_oneof![Just(PowerState::Failed), Just(PowerState::CrashLoop), Just(PowerState::Stopped)];
    let one = prop_oneof![
        3 => (any::<usize>(), power).prop_map(|(n, p)| Event::Die(n, p)),
        2 => any::<usize>().prop_map(Event::Vanish),
        2 => any::<usize>().prop_map(Event::Hang),
        1 => any::<usize>().prop_map(Event::Stop),
        1 => any::<bool>().prop_map(Event::LoseSight),
        1 => (0..6_i64).prop_map(Event::Scale),
        1 => any::<bool>().prop_map(|broken| Event::Change { broken }),
        1 => any::<bool>().prop_map(Event::Pause),
        1 => any::<bool>().prop_map(Event::PauseRollout),
        8 => Just(Event::Nothing),
    ];
    prop::collection::vec(one, 0..60)
}

fn upkeeps() -> impl Strategy<Value = Upkeep> {
    let rollouts = prop_oneof![Just((1, 0)), Just((0, 1)), Just((2, 1)), Just((1, 2))];
    let back = prop_oneof![Just(0), Just(100), Just(400)];
    (rollouts, 0..3_i64, 1..4_i64, 0..3_i64, any::<bool>(), 0..90_i64, back).prop_map(
        |(
            (surge, unavailable),
            restarts,
            max_disrupted,
            min_healthy,
            wait,
            delay_seconds,
            rollback_seconds,
        )| Upkeep {
            grace_seconds: 120,
            health: Checks { delay_seconds, ..Checks::default() },
            stable_seconds: 60,
            restarts,
            max_disrupted,
            min_healthy,
            rollout: Rollout { surge, unavailable, rollback_seconds },
            answers: Answers {
                deleting: if wait { Answer::Keep } else { Answer::Recreate },
                ..Answers::default()
            },
            ..Upkeep::default()
        },
    )
}

struct World {
    upkeep: Upkeep,
    seen: Observed,
    now: i64,
    /// Specs whose members never come up.
    broken: BTreeSet<i64>,
    /// The newest spec that was ever agreed to, and the one to go back to.
    newest: i64,
    before: Option<i64>,
    /// What is on its way: until when.
    moving: BTreeMap<VmId, i64>,
}

impl World {
    fn new(upkeep: Upkeep) -> Self {
        let seen = Observed { revision: 1, desired: 3, max: 6, ..Observed::default() };
        Self {
            upkeep,
            seen,
            now: 0,
            broken: BTreeSet::new(),
            newest: 1,
            before: None,
            moving: BTreeMap::new(),
        }
    }

    fn happen(&mut self, event: &Event) {
        let count = self.seen.members.len();
        let now = self.now;
        let one = |n: &usize, members: &mut Vec<Member>, change: &dyn Fn(&mut Member)| {
            if count > 0 && members[n % count].state == VmState::Active {
                change(&mut members[n % count]);
                members[n % count].since = at(now);
            }
        };
        match event {
            Event::Die(n, power) => one(n, &mut self.seen.members, &|m| m.power = Some(*power)),
            Event::Vanish(n) => one(n, &mut self.seen.members, &|m| m.power = None),
            Event::Hang(n) => one(n, &mut self.seen.members, &|m| {
                (m.health, m.failing_since) = (Health::Unhealthy, Some(at(now)));
            }),
            Event::Stop(n) => one(n, &mut self.seen.members, &|m| {
                m.power = Some(PowerState::Stopped);
                m.held = true;
            }),
            Event::LoseSight(lost) => self.seen.members.iter_mut().for_each(|m| m.reachable = !lost),
            Event::Scale(to) => self.seen.desired = *to,
            Event::Change { broken } => self.change(*broken),
            Event::PauseRollout(paused) => {
                if let Some(rolling) = &mut self.seen.rolling {
                    (rolling.paused, rolling.since) = (*paused, at(now));
                }
            }
            Event::Pause(paused) => self.seen.paused = *paused,
            Event::Nothing => {}
        }
    }

    fn change(&mut self, broken: bool) {
        // Whoever did not come to its end is nothing to go back to.
        self.before = match self.seen.rolling {
            Some(rolling) if rolling.back => self.before,
            Some(_) => None,
            None => Some(self.seen.revision),
        };
        self.newest += 1;
        self.seen.revision = self.newest;
        self.seen.rolling = Some(Rolling {
            since: at(self.now),
            paused: false,
            back: self.before.is_some(),
            behind_since: None,
        });
        if broken {
            self.broken.insert(self.newest);
        }
    }

    /// One look, what follows from it, and the time until the next.
    fn tick(&mut self) -> Plan {
        let now = at(self.now);
        let plan = plan(&self.upkeep, &self.seen, now);
        self.promises(&plan);
        for planned in &plan.acts {
            self.carry_out(planned.act);
        }
        for ordinal in &plan.settled {
            self.seen.places.remove(ordinal);
        }
        if plan.rolled_out && plan.acts.is_empty() {
            self.seen.rolling = None;
        }
        if let Some(rolling) = &mut self.seen.rolling {
            rolling.behind_since = plan.behind.then(|| rolling.behind_since.unwrap_or(now));
        }
        let mut staying = BTreeSet::new();
        for m in self.seen.members.iter().filter(|m| !m.leaving && m.state != VmState::Deleting) {
            assert!(staying.insert(m.ordinal), "two members stay at place {}", m.ordinal);
        }
        self.now += TICK;
        self.go_on();
        plan
    }

    fn carry_out(&mut self, act: Act) {
        let now = at(self.now);
        match act {
            Act::Create { ordinal } => {
                let new = Member {
                    revision: self.seen.revision,
                    state: VmState::Creating,
                    power: None,
                    since: now,
                    created_at: now,
                    hand: Hand::Pool,
                    ..serving(ordinal)
                };
                self.moving.insert(new.vm, self.now + SLOW);
                self.seen.members.push(new);
            }
            Act::Restart { vm, ordinal } => {
                let place = self.seen.places.entry(ordinal).or_default();
                *place = place.restarted(now);
                self.moving.insert(vm, self.now + SLOW);
                let member = self.member(vm);
                (member.power, member.since, member.hand) = (Some(PowerState::Starting), now, Hand::Pool);
            }
            Act::Relieve { vm, .. } => self.member(vm).leaving = true,
            Act::RollBack => {
                let before = self.before.take().expect("only where there is one to go back to");
                self.seen.revision = before;
                self.seen.rolling =
                    Some(Rolling { since: now, paused: false, back: false, behind_since: None });
                for m in self.seen.members.iter_mut().filter(|m| m.state != VmState::Deleting) {
                    m.leaving = m.revision != before;
                }
            }
            Act::Delete { vm, ordinal, remedy } => {
                if remedy {
                    let place = self.seen.places.entry(ordinal).or_default();
                    *place = place.recreated(now);
                }
                self.moving.insert(vm, self.now + SLOW);
                let member = self.member(vm);
                (member.state, member.since, member.hand) = (VmState::Deleting, now, Hand::Pool);
            }
        }
    }

    fn member(&mut self, vm: VmId) -> &mut Member {
        self.seen.members.iter_mut().find(|m| m.vm == vm).expect("acts name members that are there")
    }

    /// What is on its way arrives.
    fn go_on(&mut self) {
        let (now, moving, broken) = (self.now, &mut self.moving, &self.broken);
        self.seen.members.retain_mut(|m| {
            if moving.get(&m.vm).is_none_or(|due| *due > now) {
                return true;
            }
            moving.remove(&m.vm);
            if m.state == VmState::Deleting {
                return false;
            }
            // One half of what is broken does not boot, the other boots and never serves.
            let (power, health) = match (broken.contains(&m.revision), m.revision % 2) {
                (true, 0) => (PowerState::CrashLoop, Health::Unchecked),
                (true, _) => (PowerState::Running, Health::NotYet),
                (false, _) => (PowerState::Running, Health::Healthy),
            };
            *m = Member {
                state: VmState::Active,
                power: Some(power),
                since: at(now),
                hand: Hand::Nobody,
                health,
                failing_since: (health == Health::NotYet).then_some(at(now)),
                serving_since: (health == Health::Healthy).then_some(at(now)),
                ..m.clone()
            };
            true
        });
    }

    fn promises(&self, plan: &Plan) {
        let class: BTreeMap<VmId, Class> = plan.members.iter().map(|j| (j.vm, j.class)).collect();
        let classes = |test: &dyn Fn(Class) -> bool| class.values().filter(|c| test(**c)).count() as i64;
        let of = |test: &dyn Fn(&Act) -> bool| plan.acts.iter().filter(|p| test(&p.act)).count() as i64;
        let said = plan.acts.iter().map(|p| &p.reason).chain(&plan.held_back).chain(&plan.attention);
        assert!(said.clone().all(|reason| !reason.code.is_empty() && !reason.text.is_empty()));
        if self.seen.paused {
            assert_eq!(plan.acts, []);
        }
        if plan.acts.iter().any(|planned| planned.act == Act::RollBack) {
            let rolling = self.seen.rolling.expect("one is under way");
            let waited = (at(self.now) - rolling.since).num_seconds();
            assert!(rolling.back && !rolling.paused && waited >= self.upkeep.rollout.rollback_seconds);
            assert_eq!(plan.acts.len(), 1);
        }
        // Never more than is reserved, and never more than surge beyond what there are to be when one is made.
        let (created, existing) =
            (of(&|act| matches!(act, Act::Create { .. })), self.seen.members.len() as i64);
        let surge = self.upkeep.rollout.surge;
        assert!(created == 0 || existing + created <= self.seen.max + surge);
        let stuck = classes(&|c| c == Class::DeletingTooLong);
        assert!(created == 0 || existing - stuck + created <= self.seen.desired + surge);
        // What serves is never taken away below the floor.
        let taken = of(&|act| {
            matches!(act, Act::Delete { vm, .. } if class[vm] == Class::Available
            && !self.seen.members.iter().any(|m| m.vm == *vm && m.leaving))
        });
        let available = classes(&|c| c == Class::Available);
        assert!(taken == 0 || available - taken >= self.upkeep.min_healthy, "{plan:?}");
        // Remedies at a time, and none when too many fail.
        let remedies = of(&|act| match act {
            Act::Restart { .. } => true,
            Act::Delete { vm, remedy, .. } => *remedy && class[vm] != Class::Gone,
            _ => false,
        });
        let under_way = classes(&|c| matches!(c, Class::Starting | Class::Deleting));
        assert!(remedies == 0 || remedies + under_way <= self.upkeep.max_disrupted, "{plan:?}");
        if plan.attention.iter().any(|reason| reason.code == "TOO_MANY_FAILING") {
            assert_eq!(remedies, 0);
        }
        // Nobody is disturbed who is out of sight, on the way out, or kept by a person.
        for planned in &plan.acts {
            if let Act::Restart { vm, .. } | Act::Delete { vm, .. } | Act::Relieve { vm, .. } = planned.act {
                let class = class[&vm];
                assert!(class != Class::Unknown && !class.is_leaving(), "{plan:?}");
                let shrinks =
                    planned.reason.code == "POOL_ABOVE_DESIRED" || planned.reason.code == "MEMBER_RELIEVED";
                assert!(class != Class::Held || shrinks, "{plan:?}");
                let member = self.seen.members.iter().find(|m| m.vm == vm).expect("it is one of them");
                let waited = member.failing_since.is_none_or(|since| {
                    (at(self.now) - since).num_seconds() >= self.upkeep.health.delay_seconds
                });
                assert!(planned.reason.code != "MEMBER_UNHEALTHY" || waited, "{plan:?}");
            }
        }
    }

    /// People mend what only people can.
    fn mend(&mut self) {
        self.seen.paused = false;
        // Without a surge one more than the floor is needed to exchange any: such a spec is refused.
        let floor = self.upkeep.min_healthy + i64::from(self.upkeep.rollout.surge == 0);
        self.seen.desired = self.seen.desired.max(floor);
        if self.broken.contains(&self.seen.revision) {
            self.change(false);
        }
        if let Some(rolling) = &mut self.seen.rolling {
            rolling.paused = false;
        }
        for m in self.seen.members.iter_mut().filter(|m| m.state == VmState::Active) {
            (m.reachable, m.held) = (true, false);
            if m.power.is_some() && !self.broken.contains(&m.revision) {
                (m.power, m.health, m.failing_since) = (Some(PowerState::Running), Health::Healthy, None);
            }
        }
        self.seen.members.iter_mut().for_each(|m| m.reachable = true);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_its_promises_hold_and_it_comes_to_rest(upkeep in upkeeps(), events in events()) {
        let mut world = World::new(upkeep);
        for event in &events {
            world.happen(event);
            world.tick();
        }
        world.mend();
        // Longer than every pause and every place one after the other.
        for _ in 0..800 {
            world.tick();
        }
        let plan = world.tick();
        prop_assert_eq!(&plan.acts, &[], "{:?}", world.seen);
        prop_assert_eq!(plan.available, world.seen.desired, "{:?} {:?}", plan, world.seen);
        prop_assert!(world.seen.members.iter().all(|m| m.revision == world.seen.revision && !m.leaving), "{:?} {:?}", plan, world.seen);
        prop_assert!(world.seen.places.is_empty());
        // And again: the same sight, the same rest.
        prop_assert_eq!(world.tick().acts, vec![]);
    }

    #[test]
    fn what_never_serves_is_given_up_and_the_pool_is_as_it_was(upkeep in upkeeps(), odd in any::<bool>()) {
        let rollout = Rollout { rollback_seconds: 400, ..upkeep.rollout };
        let mut world = World::new(Upkeep { rollout, ..upkeep });
        world.seen.desired = 4;
        for _ in 0..400 {
            world.tick();
        }
        // One half of what is broken does not boot, the other boots and never serves.
        world.newest += i64::from(odd);
        world.change(true);
        for _ in 0..1200 {
            let plan = world.tick();
            prop_assert!(plan.available >= world.upkeep.min_healthy, "{:?}", plan);
        }
        let plan = world.tick();
        prop_assert_eq!((world.seen.revision, plan.available), (1, 4), "{:?} {:?}", plan, world.seen);
        prop_assert!(world.seen.members.iter().all(|m| m.revision == 1 && !m.leaving), "{:?}", world.seen);
    }

    #[test]
    fn a_pool_that_is_only_looked_at_is_never_touched(events in events()) {
        let mut world = World::new(Upkeep { unmanaged: true, ..Upkeep::default() });
        world.seen.members = vec![serving(0), serving(1)];
        for event in &events {
            world.happen(event);
            prop_assert_eq!(world.tick().acts, vec![]);
        }
    }
}
