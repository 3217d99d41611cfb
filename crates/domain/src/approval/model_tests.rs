//! Random histories of decisions and edits, judged by an independent reading of the rule.

use std::collections::{BTreeMap, BTreeSet};

use super::tests::{hash, person, record, request};
use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Action {
    Decide {
        person: u128,
        approve: bool,
        hash: u8,
    },
    /// The edit's author, and whether the application remembered to void the approvals.
    Edit {
        person: u128,
        voids: bool,
    },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => (0..7_u128, prop::bool::weighted(0.9), 0..2_u8)
            .prop_map(|(person, approve, hash)| Action::Decide { person, approve, hash }),
        1 => (0..7_u128, any::<bool>()).prop_map(|(person, voids)| Action::Edit { person, voids }),
    ]
}

/// People 0..=4 hold everything, 5 only the first stage's permission, 6 nothing.
fn holds(n: u128, permission: &str) -> bool {
    n < 5 || (n == 5 && permission == "approve:1")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn approved_means_enough_distinct_people_on_the_current_hash(
        needed in prop::collection::vec(1..3_u32, 1..4),
        actions in prop::collection::vec(action(), 0..30),
    ) {
        let mut view = request(&needed);
        let (mut version, mut barred) = (1_u8, BTreeSet::from([0]));
        // Stage, and who was taken for it with which version of the spec.
        let mut taken: Vec<(i32, u128, u8)> = Vec::new();
        for action in actions {
            match action {
                Action::Edit { person: n, voids } if view.state == RequestState::Pending => {
                    version += 1;
                    barred.insert(n);
                    view.spec_hash = hash(version);
                    view.editors.push(person(n));
                    view.decisions.iter_mut().for_each(|decision| decision.void |= voids);
                }
                Action::Edit { .. } => {}
                Action::Decide { person: n, approve, hash: age } => {
                    let seen = version.saturating_sub(age);
                    let verdict = if approve { Verdict::Approve } else { Verdict::Reject };
                    let word = Word { person: person(n), verdict, spec_hash: hash(seen), confirm_name: None };
                    let result = decide(&view, &word, |permission| holds(n, permission));
                    let Ok(effect) = result else { continue };
                    prop_assert_eq!(view.state, RequestState::Pending);
                    prop_assert!(seen == version && !barred.contains(&n));
                    let position = view.stages.iter().find(|s| s.id == effect.stage_id).unwrap().position;
                    let allowed = holds(n, &format!("approve:{position}"));
                    prop_assert!(allowed);
                    if approve {
                        taken.push((position, n, seen));
                    } else {
                        prop_assert_eq!(effect.request, RequestState::Rejected);
                    }
                    record(&mut view, &word, &effect);
                }
            }
        }
        let counting = taken.iter().filter(|(_, n, seen)| *seen == version && !barred.contains(n));
        let mut people: BTreeMap<i32, BTreeSet<u128>> = BTreeMap::new();
        counting.clone().for_each(|(position, n, _)| { people.entry(*position).or_default().insert(*n); });
        let enough = needed.iter().zip(1..).all(|(needed, position)| {
            people.get(&position).map_or(0, BTreeSet::len) >= *needed as usize
        });
        let all: BTreeSet<u128> = counting.clone().map(|(_, n, _)| *n).collect();
        prop_assert_eq!(all.len(), counting.count(), "one person counted twice");
        prop_assert_eq!(
            view.state == RequestState::Approved, enough && view.state != RequestState::Rejected
        );
    }
}
