//! File length: small files are what makes the rest of the rules possible to check by eye.

use std::fmt;

use super::Finding;
use super::source::Tree;

const MEDIAN: usize = 120;
const NINETIETH: usize = 300;
const MOST: usize = 500;

/// What people write by hand and read in review. Prose and data are as long as they need to be.
const KINDS: [&str; 9] = [".rs", ".ts", ".tsx", ".css", ".mjs", ".sql", ".sh", ".yaml", ".py"];

/// The lengths of all hand-written files, shortest first.
pub struct Sizes(Vec<(usize, String)>);

pub fn measure(tree: &Tree) -> Sizes {
    let written =
        tree.sources.iter().filter(|s| KINDS.iter().any(|kind| s.path.ends_with(kind)) && !s.generated());
    let mut sizes: Vec<_> = written.map(|s| (s.text.lines().count(), s.path.clone())).collect();
    sizes.sort();
    Sizes(sizes)
}

impl Sizes {
    fn percentile(&self, percent: usize) -> usize {
        self.0.get(self.0.len().saturating_sub(1) * percent / 100).map_or(0, |(lines, _)| *lines)
    }

    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<_> = self
            .0
            .iter()
            .filter(|(lines, _)| *lines > MOST)
            .map(|(lines, path)| {
                Finding::new(path, 0, format!("{lines} lines; {MOST} is the most: split it"))
            })
            .collect();
        for (percent, limit) in [(50, MEDIAN), (90, NINETIETH)] {
            let lines = self.percentile(percent);
            if lines > limit {
                let what =
                    format!("{percent}% of the files should have at most {limit} lines, but it is {lines}");
                findings.push(Finding::new("(all files)", 0, what));
            }
        }
        findings
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (files, median, ninetieth) = (self.0.len(), self.percentile(50), self.percentile(90));
        write!(f, "{files} hand-written files; lines: median {median}, 90% {ninetieth}")?;
        match self.0.last() {
            Some((lines, path)) => write!(f, ", most {lines} ({path})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found_and_a_generated_one_is_not() {
        let long = "x\n".repeat(501);
        let generated = format!("// Generated; do not edit.\n{long}");
        let tree = Tree::of(&[
            ("a.rs", &long),
            ("b.rs", &generated),
            ("c.md", &long),
            ("d.rs", "x\n"),
            ("e.rs", "x\n"),
        ]);
        let findings = measure(&tree).findings();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].path, "a.rs");
    }

    #[test]
    fn half_the_files_may_not_be_long() {
        let (short, middling) = ("x\n".repeat(100), "x\n".repeat(150));
        let tree = Tree::of(&[("a.rs", &short), ("b.rs", &middling), ("c.rs", &middling)]);
        assert!(measure(&tree).findings()[0].what.contains("50%"));
    }
}
