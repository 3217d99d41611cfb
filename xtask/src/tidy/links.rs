//! Links between our documents lead somewhere.

use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::source::{Source, Tree};

static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").expect("the pattern is a constant"));

pub fn broken(tree: &Tree) -> Vec<Finding> {
    tree.sources.iter().filter(|source| source.path.ends_with(".md")).flat_map(|s| in_file(tree, s)).collect()
}

fn in_file(tree: &Tree, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for capture in LINK.captures_iter(&source.text) {
        let target = &capture[1];
        let path = target.split('#').next().unwrap_or_default();
        if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        let resolved = resolve(&source.path, path);
        if !exists(tree, &resolved) {
            let at = capture.get(0).map_or(0, |hit| hit.start());
            let line = source.text[..at].matches('\n').count() + 1;
            findings.push(Finding::new(&source.path, line, format!("the link leads nowhere: {target}")));
        }
    }
    findings
}

/// A file, or a folder with files in it.
pub fn exists(tree: &Tree, path: &str) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    tree.paths.contains(path)
        || tree.paths.range(folder.clone()..).next().is_some_and(|p| p.starts_with(&folder))
}

fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if link.starts_with('/') {
        parts.clear();
    }
    for part in link.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_where_they_stand() {
        let text = "[a](adr/0001-x.md#top) [up](../README.md) [b](../crates/) [web](https://example.org) [gone](no.md)";
        let tree = Tree::of(&[
            ("docs/a.md", text),
            ("docs/adr/0001-x.md", ""),
            ("README.md", ""),
            ("crates/a/b.rs", ""),
        ]);
        let findings = broken(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].what.ends_with("no.md"));
    }
}
