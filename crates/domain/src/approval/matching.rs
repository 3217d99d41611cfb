//! Who fills which requirement, where one person may qualify for several and counts for one.
//!
//! A maximum matching of people to the places of a stage, so that the order in which people spoke does not matter: an
//! approver who qualifies for two requirements moves to the other when someone comes who qualifies for one only. Stages
//! ask for a handful of people, so augmenting paths are fast enough.

/// How many places of each requirement are filled. `people` are the requirements each person qualifies for; indexes
/// that are no requirement are ignored.
pub(super) fn fill(slots: &[u32], people: &[&[usize]]) -> Vec<u32> {
    let places: Vec<usize> = slots
        .iter()
        .enumerate()
        .flat_map(|(index, slots)| {
            std::iter::repeat_n(index, usize::try_from(*slots).unwrap_or(0).min(people.len()))
        })
        .collect();
    let mut taken: Vec<Option<usize>> = vec![None; places.len()];
    for person in 0..people.len() {
        let mut seen = vec![false; places.len()];
        settle(person, people, &places, &mut taken, &mut seen);
    }
    let filled =
        |index| places.iter().zip(&taken).filter(|(place, by)| **place == index && by.is_some()).count();
    (0..slots.len()).map(|index| u32::try_from(filled(index)).unwrap_or(u32::MAX)).collect()
}

fn settle(
    person: usize,
    people: &[&[usize]],
    places: &[usize],
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for place in 0..places.len() {
        if seen[place] || !people[person].contains(&places[place]) {
            continue;
        }
        seen[place] = true;
        let free = match taken[place] {
            None => true,
            Some(other) => settle(other, people, places, taken, seen),
        };
        if free {
            taken[place] = Some(person);
            return true;
        }
    }
    false
}
