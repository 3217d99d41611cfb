//! Whether an export is whole and unchanged, line after line, in constant memory.
//!
//! Each leaf must stand at its position; at each checkpoint the leaves since the one before must make the signed root.
//! The checkpoint's line names those leaves too, and that list is proven by the same root: so where a leaf was replaced
//! by another sound one, the list tells which. The first leaf that is not as it was is named, not the line on which it
//! showed. What a witness has seen must be there: without one, an export that was cut off at an older checkpoint looks
//! like an older export.
//! Not here: reading files, and reading lines ([`super::export::Reader`]).

mod finding;

use std::collections::{BTreeSet, VecDeque};

use super::export::{CheckpointLine, Line, LineFault, MAX_BATCH};
use crate::hash::LeafHash;
use crate::merkle::{Frontier, TreeHash};
use crate::note::{Checkpoint, NoteKey};

pub use finding::{Finding, Tampering};

/// What verification starts from.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// The keys that are trusted; `None` believes those that the export brings.
    pub keys: Option<Vec<NoteKey>>,
    /// Checkpoints that a witness has seen, by size.
    pub witnessed: Vec<(u64, TreeHash)>,
    /// The first leaf the export should have.
    pub from: u64,
    /// The witness may have seen more than the export has.
    pub may_be_older: bool,
}

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The first leaf.
    pub from: u64,
    /// One more than the last.
    pub to: u64,
    /// Leaves whose content is no longer kept; their hashes are proven.
    pub expired: u64,
    /// Signed checkpoints that were reached.
    pub checkpoints: u64,
    /// Checkpoints of the witness that were compared.
    pub witnessed: u64,
    /// The root over everything.
    pub root: TreeHash,
    /// The keys that the export names, as text.
    pub keys: BTreeSet<String>,
}

/// Takes the lines of an export in their order.
#[derive(Debug)]
pub struct Verifier {
    expected: Expectations,
    witnessed: VecDeque<(u64, TreeHash)>,
    /// The tree up to the last checkpoint; `None` before the first line.
    proven: Option<Frontier>,
    /// The leaves since, in order.
    window: Vec<(LeafHash, TreeHash)>,
    /// What was found, until the next checkpoint has said whether something is wrong before it.
    held: Option<Finding>,
    lines: u64,
    report: Report,
}

impl Verifier {
    /// Before the first line.
    pub fn new(expected: Expectations) -> Self {
        let mut witnessed = expected.witnessed.clone();
        witnessed.sort_by_key(|(size, _)| *size);
        let from = expected.from;
        let report = Report {
            from,
            to: from,
            expired: 0,
            checkpoints: 0,
            witnessed: 0,
            root: TreeHash::empty(),
            keys: BTreeSet::new(),
        };
        let witnessed = witnessed.into_iter().filter(|(size, _)| *size >= from).collect();
        Self { expected, witnessed, proven: None, window: Vec::new(), held: None, lines: 0, report }
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// What is wrong, at the latest with the checkpoint after it. Nothing may be taken after that.
    pub fn take(&mut self, line: Result<Line, LineFault>) -> Result<(), Finding> {
        self.lines += 1;
        if self.held.is_some() {
            return self.look_back(line);
        }
        match line {
            Ok(Line::Leaf { position, leaf, node, expired }) => self.leaf(position, leaf, node, expired),
            Ok(Line::Checkpoint(line)) => return self.checkpoint(&line),
            Err(fault) => self.hold(Tampering::Line(fault)),
        }
        Ok(())
    }

    /// After the last line.
    ///
    /// # Errors
    /// The end of the export is missing, or what was found in its last leaves.
    pub fn finish(mut self) -> Result<Report, Finding> {
        if let Some(finding) = self.held {
            return Err(finding);
        }
        if self.proven.is_none() || !self.window.is_empty() {
            return Err(self.finding(Tampering::Truncated));
        }
        self.report.to = self.next();
        if let Some((size, _)) = self.witnessed.back().filter(|_| !self.expected.may_be_older) {
            return Err(self.finding(Tampering::Shorter { witnessed: *size }));
        }
        self.report.root = self.proven.map(|tree| tree.root()).unwrap_or_else(TreeHash::empty);
        Ok(self.report)
    }

    /// The position of the next leaf.
    fn next(&self) -> u64 {
        let proven = self.proven.as_ref().map_or(self.expected.from, Frontier::size);
        proven + self.window.len() as u64
    }

    fn finding(&self, what: Tampering) -> Finding {
        Finding { leaf: Some(self.next()), line: self.lines, what }
    }

    fn hold(&mut self, what: Tampering) {
        self.held = Some(self.finding(what));
    }

    fn leaf(&mut self, position: u64, leaf: LeafHash, node: TreeHash, expired: bool) {
        if self.proven.is_none() && self.expected.from == 0 {
            self.proven = Some(Frontier::default());
        }
        let next = self.next();
        match position {
            _ if self.proven.is_none() => self.hold(Tampering::NoStart),
            _ if self.window.len() == MAX_BATCH => self.hold(Tampering::NoCheckpoint),
            position if position == next => {
                self.window.push((leaf, node));
                self.report.expired += u64::from(expired);
            }
            position if position > next => self.hold(Tampering::Missing { found: position }),
            position => self.hold(Tampering::Repeated { found: position }),
        }
    }

    /// Something was found; only a checkpoint can say more.
    fn look_back(&mut self, line: Result<Line, LineFault>) -> Result<(), Finding> {
        let first = match (&self.held, line) {
            (Some(held), Ok(Line::Checkpoint(line))) => self.first_replaced(&line, held),
            // Whoever took the checkpoint away as well has to live with what was found.
            (Some(held), _) if self.lines - held.line > 2 * MAX_BATCH as u64 => held.clone(),
            _ => return Ok(()),
        };
        Err(first)
    }

    /// The first leaf that was replaced before what was found already.
    fn first_replaced(&self, line: &CheckpointLine, held: &Finding) -> Finding {
        let before = self.proven.clone().unwrap_or_default();
        if line.previous != before.size() || self.open(line).is_err() || !listed(&before, line) {
            return held.clone();
        }
        match self.replaced(line) {
            Some(leaf) if held.leaf.is_none_or(|known| leaf < known) => {
                Finding { leaf: Some(leaf), line: self.lines, what: Tampering::Replaced }
            }
            _ => held.clone(),
        }
    }

    /// The first leaf of the window that is not the one in the list.
    fn replaced(&self, line: &CheckpointLine) -> Option<u64> {
        let same = self.window.iter().zip(&line.leaves).take_while(|((leaf, _), listed)| leaf == *listed);
        let same = same.count();
        let compared = self.window.len().min(line.leaves.len());
        (same < compared).then(|| line.previous + same as u64)
    }

    /// What its note says, if a key that counts has signed it.
    fn open(&self, line: &CheckpointLine) -> Result<Checkpoint, Tampering> {
        let brought: Vec<NoteKey>;
        let keys = match &self.expected.keys {
            Some(keys) => keys,
            None => {
                brought = line.keys.iter().filter_map(|key| key.parse().ok()).collect();
                &brought
            }
        };
        let checkpoint = Checkpoint::open(&line.note, keys).map_err(Tampering::Note)?;
        match checkpoint.size == line.size && checkpoint.origin == line.origin {
            true => Ok(checkpoint),
            false => Err(Tampering::OtherNote),
        }
    }

    fn checkpoint(&mut self, line: &CheckpointLine) -> Result<(), Finding> {
        let Some(before) = self.proven.clone() else { return self.start(line) };
        // A fault of the line itself shows at the first leaf that it should prove.
        let at = |leaf: u64, what| Finding { leaf: Some(leaf), line: self.lines, what };
        if line.previous != before.size() {
            return Err(at(before.size(), Tampering::CheckpointMissing { previous: line.previous }));
        }
        let note = self.open(line).map_err(|what| at(before.size(), what))?;
        let mut tree = before.clone();
        let mut witness_differs = None;
        for (_, node) in &self.window {
            tree.append(*node, |_, _| {});
            witness_differs = witness_differs.or_else(|| self.contradicted(&tree));
        }
        if (tree.size(), tree.root()) != (note.size, note.root) {
            let whole = listed(&before, line);
            return Err(match self.replaced(line).filter(|_| whole) {
                Some(leaf) => at(leaf, Tampering::Replaced),
                None if whole && tree.size() < note.size => {
                    at(tree.size(), Tampering::Missing { found: note.size })
                }
                None if whole => at(note.size, Tampering::Repeated { found: tree.size() }),
                None => at(before.size(), Tampering::Unproven { to: note.size }),
            });
        }
        let same = line.leaves.iter().eq(self.window.iter().map(|(leaf, _)| leaf));
        if !same || line.frontier != tree.to_bytes() {
            return Err(at(before.size(), Tampering::CheckpointAltered));
        }
        if let Some(size) = witness_differs {
            return Err(at(before.size(), Tampering::Contradicted { size }));
        }
        self.report.checkpoints += 1;
        self.report.keys.extend(line.keys.iter().cloned());
        while self.witnessed.front().is_some_and(|(size, _)| *size <= tree.size()) {
            self.witnessed.pop_front();
            self.report.witnessed += 1;
        }
        self.proven = Some(tree);
        self.window.clear();
        Ok(())
    }

    /// The export begins behind a checkpoint.
    fn start(&mut self, line: &CheckpointLine) -> Result<(), Finding> {
        if line.size != self.expected.from {
            return Err(self.finding(Tampering::Missing { found: line.size }));
        }
        let tree = Frontier::from_bytes(line.size, &line.frontier);
        let note = self.open(line).map_err(|what| self.finding(what))?;
        let Some(tree) = tree.filter(|tree| tree.root() == note.root) else {
            return Err(self.finding(Tampering::CheckpointAltered));
        };
        if let Some(size) = self.contradicted(&tree) {
            return Err(self.finding(Tampering::Contradicted { size }));
        }
        while self.witnessed.front().is_some_and(|(size, _)| *size <= tree.size()) {
            self.witnessed.pop_front();
            self.report.witnessed += 1;
        }
        self.proven = Some(tree);
        Ok(())
    }

    /// Whether a witness has seen another tree of this size.
    fn contradicted(&self, tree: &Frontier) -> Option<u64> {
        let at = self.witnessed.partition_point(|(size, _)| *size < tree.size());
        let seen = self.witnessed.range(at..).take_while(|(size, _)| *size == tree.size());
        let root = tree.root();
        seen.filter(|(_, witnessed)| *witnessed != root).map(|(size, _)| *size).next()
    }
}

/// Whether the list of leaves in the line makes the root that its note says.
fn listed(before: &Frontier, line: &CheckpointLine) -> bool {
    let mut tree = before.clone();
    line.leaves.iter().for_each(|leaf| tree.append(TreeHash::leaf(leaf.as_bytes()), |_, _| {}));
    Checkpoint::peek(&line.note).is_ok_and(|note| (note.size, note.root) == (tree.size(), tree.root()))
}

#[cfg(test)]
mod tests;
