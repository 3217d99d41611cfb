//! Decisions are numbered without gaps, say their status, and say what enforces them.

use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::links;
use super::source::{Source, Tree};

static NAMED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"`([\w.-]+(?:/[\w.-]+)+)`").expect("the pattern is a constant"));

const ENFORCED: &str = "Enforced by:";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let decisions =
        tree.sources.iter().filter(|s| s.path.starts_with("docs/adr/") && s.path.ends_with(".md"));
    let numbered: Vec<_> = decisions.filter(|s| !s.path.ends_with("/README.md")).collect();
    let mut findings = Vec::new();
    for (index, source) in numbered.iter().enumerate() {
        let expected = format!("docs/adr/{:04}-", index + 1);
        if !source.path.starts_with(&expected) {
            findings.push(Finding::new(&source.path, 0, format!("its number should be {:04}", index + 1)));
        }
        findings.extend(one(tree, source));
    }
    findings
}

fn one(tree: &Tree, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !source.text.contains("\nStatus: ") {
        findings.push(Finding::new(&source.path, 0, "it has no line `Status: ...`"));
    }
    let lines: Vec<_> = source.text.lines().collect();
    let Some(at) = lines.iter().position(|line| line.starts_with(ENFORCED)) else {
        findings.push(Finding::new(&source.path, 0, "it has no line `Enforced by: ...` (or `review only`)"));
        return findings;
    };
    // The paragraph goes on until a blank line.
    let paragraph: Vec<_> = lines[at..].iter().take_while(|line| !line.is_empty()).copied().collect();
    let paragraph = paragraph.join(" ");
    if paragraph.trim() == ENFORCED {
        findings.push(Finding::new(&source.path, at + 1, "it does not say what enforces it"));
    }
    for capture in NAMED.captures_iter(&paragraph) {
        if !links::exists(tree, &capture[1]) {
            findings.push(Finding::new(&source.path, at + 1, format!("{} does not exist", &capture[1])));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_status_and_enforcement_are_asked_for() {
        let good = "# 1. A\n\nStatus: accepted\n\nEnforced by: `xtask/src/a.rs` and\nreview.\n";
        let tree =
            Tree::of(&[("docs/adr/0001-a.md", good), ("docs/adr/README.md", ""), ("xtask/src/a.rs", "")]);
        assert_eq!(check(&tree), []);
        let bad = [
            ("docs/adr/0002-a.md", "Status"),
            ("docs/adr/0003-b.md", "\nStatus: x\nEnforced by: `no/such.rs`\n"),
        ];
        let found: Vec<_> = check(&Tree::of(&bad)).into_iter().map(|f| f.what).collect();
        assert!(found.iter().any(|what| what.contains("0001")), "{found:?}");
        assert!(found.iter().any(|what| what.contains("Enforced")), "{found:?}");
        assert!(found.iter().any(|what| what.contains("no/such.rs does not exist")), "{found:?}");
    }
}
