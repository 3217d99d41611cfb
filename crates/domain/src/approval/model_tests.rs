//! Random histories of decisions, wishes for changes, edits and ends, judged by an independent reading of the rule.

use std::collections::{BTreeMap, BTreeSet};

use super::tests::{hash, permission, person, record, request, yes};
use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Action {
    Decide {
        person: u128,
        verdict: Verdict,
        /// How many wordings ago the person looked.
        age: u8,
    },
    Edit {
        person: u128,
        /// Only what is not in the hash was changed.
        same_hash: bool,
        /// What policy asks for now.
        needed: Vec<u32>,
        /// Whether the application remembered to void what was said. A new hash must do where it did not.
        voids: bool,
    },
    End(RequestEvent),
}

fn stages() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(1..3_u32, 1..4)
}

fn action() -> impl Strategy<Value = Action> {
    let verdict = prop_oneof![
        18 => Just(Verdict::Approve),
        1 => Just(Verdict::Reject),
        2 => Just(Verdict::RequestChanges),
    ];
    let end = prop::sample::select(&[RequestEvent::Cancel, RequestEvent::Expire][..]);
    prop_oneof![
        24 => (0..7_u128, verdict, 0..2_u8)
            .prop_map(|(person, verdict, age)| Action::Decide { person, verdict, age }),
        4 => (0..7_u128, any::<bool>(), stages(), any::<bool>())
            .prop_map(|(person, same_hash, needed, voids)| Action::Edit { person, same_hash, needed, voids }),
        1 => end.prop_map(Action::End),
    ]
}

/// People 0..=4 hold everything, 5 only the first stage's permission, 6 nothing.
fn holds(n: u128, who: &Who) -> bool {
    n < 5 || (n == 5 && *who == permission("approve:1"))
}

/// The request, and beside it what an onlooker noted.
struct Model {
    view: RequestView,
    /// Hashes of all wordings so far, the last one standing.
    hashes: Vec<u8>,
    barred: BTreeSet<u128>,
    needed: Vec<u32>,
    /// Who approved which stage of the wording that stands.
    taken: Vec<(i32, u128)>,
    ends: Vec<RequestState>,
}

impl Model {
    fn new(needed: Vec<u32>) -> Self {
        let (view, barred) = (request(&needed), BTreeSet::from([0]));
        Self { view, hashes: vec![1], barred, needed, taken: Vec::new(), ends: Vec::new() }
    }

    fn apply(&mut self, action: Action) -> Result<(), TestCaseError> {
        match action {
            Action::Decide { person, verdict, age } => self.decide(person, verdict, age)?,
            Action::Edit { person: n, same_hash, needed, voids } => {
                let before = self.view.state;
                let Ok(after) = may_edit(before) else { return Ok(()) };
                prop_assert!(matches!(before, RequestState::Pending | RequestState::ChangesRequested));
                let standing = *self.hashes.last().unwrap();
                let next = if same_hash { standing } else { self.hashes.iter().max().unwrap() + 1 };
                self.hashes.push(next);
                self.barred.insert(n);
                self.taken.clear();
                let decisions = std::mem::take(&mut self.view.decisions);
                let editors = std::mem::take(&mut self.view.editors);
                self.view = RequestView { state: after, spec_hash: hash(next), ..request(&needed) };
                self.view.editors = editors.into_iter().chain([person(n)]).collect();
                self.view.decisions = decisions;
                self.view.decisions.iter_mut().for_each(|d| d.void |= same_hash || voids);
                self.needed = needed;
            }
            Action::End(event) => {
                if let Ok(after) = self.view.state.apply(event) {
                    self.view.state = after;
                    self.ends.push(after);
                }
            }
        }
        Ok(())
    }

    fn decide(&mut self, n: u128, verdict: Verdict, age: u8) -> Result<(), TestCaseError> {
        let standing = *self.hashes.last().unwrap();
        let seen = self.hashes[self.hashes.len().saturating_sub(1 + usize::from(age))];
        let word = Word { verdict, spec_hash: hash(seen), ..yes(n) };
        let Ok(effect) = decide(&self.view, &word, |who| holds(n, who)) else { return Ok(()) };
        prop_assert_eq!(self.view.state, RequestState::Pending);
        prop_assert!(seen == standing && !self.barred.contains(&n));
        let position = self.view.stages.iter().find(|s| s.id == effect.stage_id).unwrap().position;
        let allowed = holds(n, &permission(&format!("approve:{position}")));
        prop_assert!(allowed);
        match verdict {
            Verdict::Approve => self.taken.push((position, n)),
            Verdict::Reject => prop_assert_eq!(effect.request, RequestState::Rejected),
            Verdict::RequestChanges => prop_assert_eq!(effect.request, RequestState::ChangesRequested),
        }
        record(&mut self.view, &word, &effect);
        if self.view.state.is_terminal() {
            self.ends.push(self.view.state);
        }
        Ok(())
    }

    /// Approved is what enough distinct people approved in the wording that stands, and nothing else.
    fn check(&self) -> Result<(), TestCaseError> {
        let mut people: BTreeMap<i32, BTreeSet<u128>> = BTreeMap::new();
        for (position, n) in &self.taken {
            people.entry(*position).or_default().insert(*n);
        }
        let given = |position: &i32| people.get(position).map_or(0, BTreeSet::len);
        let enough =
            self.needed.iter().zip(1..).all(|(needed, position)| given(&position) >= *needed as usize);
        let distinct: BTreeSet<u128> = self.taken.iter().map(|(_, n)| *n).collect();
        prop_assert_eq!(distinct.len(), self.taken.len(), "one person counted twice");
        prop_assert!(distinct.is_disjoint(&self.barred), "who asked or edited had a say");
        if self.view.state == RequestState::Approved {
            prop_assert!(enough);
        } else if self.view.state == RequestState::Pending {
            prop_assert!(!enough);
        }
        prop_assert!(self.ends.len() <= 1, "two ends: {:?}", self.ends);
        prop_assert_eq!(self.ends.is_empty(), !self.view.state.is_terminal());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn approved_means_enough_distinct_people_on_the_wording_that_stands(
        needed in stages(),
        actions in prop::collection::vec(action(), 0..40),
    ) {
        let mut model = Model::new(needed);
        for action in actions {
            model.apply(action)?;
            model.check()?;
        }
    }
}
