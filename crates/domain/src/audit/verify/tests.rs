use chrono::DateTime;
use proptest::prelude::*;

use super::super::export::{Reader, checkpoint_line, leaf_line};
use super::super::{AuditRecord, SealedAudit, seal};
use super::*;
use crate::note::NoteSigner;
use crate::states::AuditOutcome;

const LOG: &str = "shepherd/log";

fn signer() -> NoteSigner {
    NoteSigner::from_seed(LOG, &[1; 32]).unwrap()
}

fn event(number: u64) -> SealedAudit {
    told(&format!("n{number}"))
}

fn told(actor: &str) -> SealedAudit {
    let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let record =
        AuditRecord { actor_name: actor.to_owned(), ..AuditRecord::new(at, "a.b", AuditOutcome::Success) };
    seal(record).unwrap()
}

fn leaf_text(position: u64, event: &SealedAudit) -> Vec<u8> {
    leaf_of(LOG, position, event)
}

fn leaf_of(log: &str, position: u64, event: &SealedAudit) -> Vec<u8> {
    let mut out = Vec::new();
    leaf_line(&mut out, log, position, event.leaf(), Some(std::str::from_utf8(event.canonical()).unwrap()))
        .unwrap();
    out
}

/// An export of `count` leaves with a checkpoint after every `every`, and the witness's view of it.
fn export(count: u64, every: u64) -> (Vec<Vec<u8>>, Vec<(u64, TreeHash)>) {
    export_of(count, every, event)
}

/// The same of a history of one's own making.
fn export_of(
    count: u64,
    every: u64,
    event: impl Fn(u64) -> SealedAudit,
) -> (Vec<Vec<u8>>, Vec<(u64, TreeHash)>) {
    let (mut lines, mut witness, mut tree, mut leaves) =
        (Vec::new(), Vec::new(), Frontier::default(), Vec::new());
    let mut previous = 0;
    for position in 0..count {
        let event = event(position);
        lines.push(leaf_text(position, &event));
        tree.append(TreeHash::leaf(event.leaf().as_bytes()), |_, _| {});
        leaves.push(event.leaf());
        if (position + 1) % every == 0 || position + 1 == count {
            let note = Checkpoint { origin: LOG.into(), size: tree.size(), root: tree.root() };
            let line = CheckpointLine {
                origin: LOG.into(),
                size: tree.size(),
                previous,
                note: note.sign(&[&signer()]),
                keys: vec![signer().key().to_string()],
                frontier: tree.to_bytes(),
                leaves: std::mem::take(&mut leaves),
            };
            previous = tree.size();
            let mut text = Vec::new();
            checkpoint_line(&mut text, &line).unwrap();
            lines.push(text);
            witness.push((tree.size(), tree.root()));
        }
    }
    (lines, witness)
}

fn verify(lines: &[Vec<u8>], expected: Expectations) -> Result<Report, Finding> {
    let (mut reader, mut verifier) = (Reader::new(LOG), Verifier::new(expected));
    for line in lines {
        verifier.take(if line.ends_with(b"\n") { reader.read(line) } else { Err(LineFault::Torn) })?;
    }
    verifier.finish()
}

fn trusting(witnessed: &[(u64, TreeHash)]) -> Expectations {
    let keys = Some(vec![signer().key().clone()]);
    Expectations { keys, witnessed: witnessed.to_vec(), ..Expectations::default() }
}

fn first_bad(lines: &[Vec<u8>], witnessed: &[(u64, TreeHash)]) -> (u64, &'static str) {
    let finding = verify(lines, trusting(witnessed)).unwrap_err();
    (finding.leaf.unwrap(), finding.what.code())
}

/// Where a leaf's line is.
fn at(leaf: u64, every: u64) -> usize {
    usize::try_from(leaf + leaf / every).unwrap()
}

#[test]
fn what_was_not_touched_is_proven() {
    let (lines, witness) = export(23, 5);
    let report = verify(&lines, trusting(&witness)).unwrap();
    assert_eq!((report.from, report.to, report.checkpoints, report.witnessed), (0, 23, 5, 5));
    assert_eq!(report.root, witness.last().unwrap().1);
    // Without a key of one's own it is only consistent.
    assert!(verify(&lines, Expectations::default()).is_ok());
    // From a checkpoint on, beginning with that checkpoint.
    let later = Expectations { from: 10, ..trusting(&witness) };
    assert_eq!(verify(&lines[at(10, 5) - 1..], later.clone()).unwrap().from, 10);
    assert_eq!(verify(&lines, later).unwrap_err().leaf, Some(10));
}

#[test]
fn whatever_is_done_to_an_export_the_first_bad_leaf_is_named() {
    let (lines, witness) = export(23, 5);
    let case = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut changed = lines.clone();
        change(&mut changed);
        first_bad(&changed, &witness)
    };
    let (eight, other) = (at(8, 5), event(99));
    // Flip a byte.
    assert_eq!(case(&|l| l[eight][200] ^= 1), (8, "AUDIT_CHANGED"));
    // Drop, at the beginning, in the middle, before a checkpoint.
    assert_eq!(case(&|l| drop(l.remove(0))), (0, "AUDIT_LEAF_MISSING"));
    assert_eq!(case(&|l| drop(l.remove(eight))), (8, "AUDIT_LEAF_MISSING"));
    assert_eq!(case(&|l| drop(l.remove(at(9, 5)))), (9, "AUDIT_LEAF_MISSING"));
    // Reorder.
    assert_eq!(case(&|l| l.swap(at(6, 5), at(8, 5))), (6, "AUDIT_LEAF_MISSING"));
    // Repeat.
    assert_eq!(case(&|l| l.insert(eight, l[at(5, 5)].clone())), (8, "AUDIT_OUT_OF_ORDER"));
    // Truncate: in a line, between leaves, after an older checkpoint, down to nothing.
    assert_eq!(case(&|l| l.truncate(at(22, 5))), (22, "AUDIT_TRUNCATED"));
    assert_eq!(case(&|l| l.truncate(l.len() - 1)), (23, "AUDIT_TRUNCATED"));
    assert_eq!(case(&|l| l.truncate(at(10, 5))), (10, "AUDIT_TRUNCATED"));
    assert_eq!(case(&|l| l.clear()), (0, "AUDIT_TRUNCATED"));
    // Splice: a sound line of another event, singly and over what follows.
    assert_eq!(case(&|l| l[eight] = leaf_text(8, &other)), (8, "AUDIT_REPLACED"));
    assert_eq!(
        case(&|l| (6..10).for_each(|n| l[at(n, 5)] = leaf_text(n, &event(n + 1)))),
        (6, "AUDIT_REPLACED"),
        "dropped and closed up"
    );
    // Replaced first and flipped later: the first is named, not the louder one.
    let two = |l: &mut Vec<Vec<u8>>| {
        l[at(6, 5)] = leaf_text(6, &other);
        l[eight][200] ^= 1;
    };
    assert_eq!(case(&two), (6, "AUDIT_REPLACED"));
    // A checkpoint that is gone or changed.
    assert_eq!(case(&|l| drop(l.remove(at(10, 5) - 1))), (5, "AUDIT_CHECKPOINT"));
    assert_eq!(case(&|l| l[at(10, 5) - 1][2] ^= 1), (10, "AUDIT_CHANGED"), "where it should stand");
    let resigned = |l: &mut Vec<Vec<u8>>| {
        let text = String::from_utf8(l[at(10, 5) - 1].clone()).unwrap();
        l[at(10, 5) - 1] = text.replace("\\n10\\n", "\\n11\\n").into_bytes();
    };
    assert_eq!(case(&resigned), (5, "AUDIT_SIGNATURE"), "nothing proves its leaves");
}

#[test]
fn an_export_signed_by_another_is_refused() {
    let (lines, _) = export(7, 5);
    let stranger = NoteSigner::from_seed(LOG, &[2; 32]).unwrap().key().clone();
    let expected = Expectations { keys: Some(vec![stranger]), ..Expectations::default() };
    let finding = verify(&lines, expected).unwrap_err();
    assert_eq!((finding.leaf, finding.what.code()), (Some(0), "AUDIT_SIGNATURE"));
}

#[test]
fn a_witness_remembers_what_the_log_has_forgotten() {
    let (lines, witness) = export(23, 5);
    let short = &lines[..at(20, 5)];
    assert_eq!(first_bad(short, &witness), (20, "AUDIT_TRUNCATED"));
    let older = Expectations { may_be_older: true, ..trusting(&witness) };
    assert_eq!(verify(short, older).unwrap().to, 20);
    // The log was rewritten with its own key.
    let mut other = witness.clone();
    other[1].1 = TreeHash::empty();
    assert_eq!(first_bad(&lines, &other), (5, "AUDIT_REWRITTEN"));
    // What the witness saw between two checkpoints of the export is compared too.
    other[1] = (7, TreeHash::empty());
    assert_eq!(first_bad(&lines, &other), (5, "AUDIT_REWRITTEN"));
}

/// How somebody changes an export.
#[derive(Clone, Copy, Debug)]
enum Hand {
    Flip,
    Drop,
    Repeat,
    /// Two leaves change places.
    Reorder,
    /// The end is cut off, in a line or after one.
    Truncate,
    /// A sound line of another event stands in a leaf's place.
    Replace,
    /// So do several, while the checkpoints stay.
    SpliceLeaves,
    /// From here on it is another history of the same log, signed by the same key.
    SpliceHistory,
    /// A line of another log stands between.
    SpliceLog,
}

const HANDS: [Hand; 9] = [
    Hand::Flip,
    Hand::Drop,
    Hand::Repeat,
    Hand::Reorder,
    Hand::Truncate,
    Hand::Replace,
    Hand::SpliceLeaves,
    Hand::SpliceHistory,
    Hand::SpliceLog,
];

/// Changes the export at a leaf; says which leaf is then the first that is not as it was, or that nothing proves any more.
fn meddle(lines: &mut Vec<Vec<u8>>, hand: Hand, (count, every): (u64, u64), leaf: u64, pick: usize) -> u64 {
    let line = at(leaf, every);
    let further = leaf + pick as u64 % (count - leaf);
    let elsewhere = |n: u64| told(&format!("elsewhere {n}"));
    match hand {
        Hand::Flip => {
            let byte = pick % (lines[line].len() - 1);
            lines[line][byte] ^= 1 << (pick % 7);
        }
        Hand::Drop => drop(lines.remove(line)),
        Hand::Repeat => {
            lines.insert(line, lines[line].clone());
            return leaf + 1;
        }
        Hand::Reorder if further == leaf => return meddle(lines, Hand::Repeat, (count, every), leaf, pick),
        Hand::Reorder => lines.swap(line, at(further, every)),
        Hand::Truncate => {
            lines.truncate(line + 1);
            let length = pick % lines[line].len();
            lines[line].truncate(length);
            lines.retain(|line| !line.is_empty());
        }
        Hand::Replace => lines[line] = leaf_text(leaf, &elsewhere(leaf)),
        Hand::SpliceLeaves => {
            (leaf..=further).for_each(|n| lines[at(n, every)] = leaf_text(n, &elsewhere(n)));
        }
        Hand::SpliceHistory => {
            let (other, _) = export_of(count, every, elsewhere);
            lines.splice(line.., other[line..].iter().cloned());
            // What stood before it under the same checkpoint has lost its proof.
            return leaf / every * every;
        }
        Hand::SpliceLog => lines.insert(line, leaf_of("another/log", leaf, &event(leaf))),
    }
    leaf
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn whoever_meddles_with_any_leaf_is_found_at_it(
        count in 1_u64..40, every in 1_u64..9, hand in prop::sample::select(&HANDS[..]), at in any::<u64>(), pick in any::<usize>(),
    ) {
        let (mut lines, witness) = export(count, every);
        let expected = meddle(&mut lines, hand, (count, every), at % count, pick);
        let finding = verify(&lines, trusting(&witness)).unwrap_err();
        prop_assert_eq!(finding.leaf, Some(expected), "{:?}", finding);
        match hand {
            Hand::Truncate => prop_assert_eq!(finding.what.code(), "AUDIT_TRUNCATED"),
            Hand::SpliceLog => prop_assert_eq!(finding.what.code(), "AUDIT_SPLICED"),
            _ => {}
        }
    }
}
