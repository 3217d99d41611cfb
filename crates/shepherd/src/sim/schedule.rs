//! From faults to moments: what changes when. Faults that overlap in a cluster add up; of two that set the same thing, the
//! later one in the file counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use shepherd_minivirt::faults::Effects;

use super::clusters::Fleet;
use super::faults::Fault;
use super::world::World;
use crate::failure::Failure;
use crate::up::Progress;

/// A point in time at which something begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Since time started.
    pub at: Duration,
    /// What is said about it.
    pub says: Vec<String>,
    /// What is wrong from now on, for each cluster where that changes.
    pub effects: BTreeMap<usize, Effects>,
}

/// The moments of faults, in order.
pub fn of(faults: &[Fault], world: &World) -> Vec<Moment> {
    let names = world.names();
    let ends = |fault: &Fault| fault.from + fault.lasts;
    let times: BTreeSet<Duration> = faults.iter().flat_map(|fault| [fault.from, ends(fault)]).collect();
    let moment = |at: Duration| {
        let (mut says, mut effects) = (Vec::new(), BTreeMap::new());
        for fault in faults.iter().filter(|fault| fault.from == at || ends(fault) == at) {
            let where_ =
                fault.clusters.iter().map(|index| names[*index].as_str()).collect::<Vec<_>>().join(", ");
            says.push(match fault.from == at {
                true => format!("{where_}: {}, for {:?}", fault.says, fault.lasts),
                false => format!("{where_}: {} is over", fault.says),
            });
            for cluster in &fault.clusters {
                let all = faults.iter().filter(|other| other.from <= at && at < ends(other));
                let here = all.filter(|other| other.clusters.contains(cluster));
                effects
                    .insert(*cluster, here.fold(Effects::default(), |sum, fault| add(sum, &fault.effects)));
            }
        }
        Moment { at, says, effects }
    };
    times.into_iter().map(moment).collect()
}

fn add(sum: Effects, more: &Effects) -> Effects {
    Effects {
        unreachable: sum.unreachable || more.unreachable,
        hang: sum.hang || more.hang,
        refuse: more.refuse.or(sum.refuse),
        slow: more.slow.or(sum.slow),
        drop_watches: more.drop_watches.or(sum.drop_watches),
        expire: more.expire.or(sum.expire),
        skew: if more.skew == 0 { sum.skew } else { more.skew },
        stale: sum.stale || more.stale,
        deaths: more.deaths.or(sum.deaths),
    }
}

/// The moments as lines, for those who only want to read them.
pub fn table(moments: &[Moment]) -> String {
    let mut text = String::new();
    for moment in moments {
        for line in &moment.says {
            let _ = writeln!(text, "{:>8.1} s  {line}", moment.at.as_secs_f64());
        }
    }
    text
}

/// Lets them happen.
pub async fn play(moments: &[Moment], fleet: &Fleet, say: &Progress) -> Result<(), Failure> {
    let start = tokio::time::Instant::now();
    for moment in moments {
        tokio::time::sleep_until(start + moment.at).await;
        for (cluster, effects) in &moment.effects {
            fleet.set(*cluster, effects.clone())?;
        }
        for line in &moment.says {
            say.line(line);
        }
    }
    if !moments.is_empty() {
        say.line("no more faults; the clusters stay until Ctrl-C");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(cluster: usize, from: u64, lasts: u64, effects: Effects) -> Fault {
        let (from, lasts) = (Duration::from_secs(from), Duration::from_secs(lasts));
        Fault { says: "fault".to_owned(), clusters: vec![cluster], from, lasts, effects }
    }

    #[test]
    fn faults_that_overlap_add_up_and_end_one_by_one() {
        let hang = Effects { hang: true, ..Effects::default() };
        let slow = Effects { slow: Some(Duration::from_secs(1)), ..Effects::default() };
        let faults =
            [fault(0, 10, 20, hang.clone()), fault(0, 20, 20, slow.clone()), fault(1, 20, 10, hang.clone())];
        let moments = of(&faults, &World { seed: 0, clusters: 2, vms: 0 });
        let brief: Vec<_> =
            moments.iter().map(|moment| (moment.at.as_secs(), moment.effects.clone())).collect();
        let both = Effects { hang: true, ..slow.clone() };
        let healthy = Effects::default();
        assert_eq!(
            brief,
            [
                (10, BTreeMap::from([(0, hang.clone())])),
                (20, BTreeMap::from([(0, both), (1, hang)])),
                (30, BTreeMap::from([(0, slow), (1, healthy.clone())])),
                (40, BTreeMap::from([(0, healthy)])),
            ]
        );
        assert!(table(&moments).contains("    30.0 s  sim-02: fault is over\n"), "{}", table(&moments));
    }
}
