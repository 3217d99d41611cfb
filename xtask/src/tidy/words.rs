//! Words that must not be committed: places of one machine, hosts that packages came from, work put off, and
//! tests switched off.

use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::source::{Source, Tree};

struct Rule {
    pattern: Regex,
    what: &'static str,
    applies: fn(&str) -> bool,
}

fn everywhere(_: &str) -> bool {
    true
}

fn not_a_cargo_lock(path: &str) -> bool {
    path != "Cargo.lock"
}

fn code(path: &str) -> bool {
    [".rs", ".ts", ".tsx", ".mjs", ".sql", ".sh", ".css"].iter().any(|end| path.ends_with(end))
}

fn script(path: &str) -> bool {
    [".ts", ".tsx", ".mjs"].iter().any(|end| path.ends_with(end))
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |pattern, what, applies| Rule {
        pattern: Regex::new(pattern).expect("the pattern is a constant"),
        what,
        applies,
    };
    vec![
        rule(r"/(home|Users|work)/[a-z][\w-]*|/tmp/[a-z][\w-]*/[\w-]", "a path of one machine", everywhere),
        rule(
            r"registry\.npmjs|pypi\.org|pythonhosted\.org|(index|static)\.crates\.io|deb\.debian\.org|proxy\.golang\.org",
            "the host of a package registry; clients know their own",
            not_a_cargo_lock,
        ),
        rule(r"\bDESIGN(\.md)? ?\d", "a document that is not in the repository: name the ADR", everywhere),
        rule(r"\b(TODO|FIXME|XXX|HACK)\b", "work put off: do it or open an issue", code),
        rule(r"#\[ignore\b", "a test switched off", code),
        rule(r"\b(it|test|describe)\.(skip|only|fixme|todo)\b", "a test switched off or all others", script),
    ]
});

pub fn forbidden(tree: &Tree) -> Vec<Finding> {
    // These files name what they forbid.
    tree.sources
        .iter()
        .filter(|source| !source.path.starts_with("xtask/src/tidy/"))
        .flat_map(offences)
        .collect()
}

fn offences(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|rule| (rule.applies)(&source.path)) {
        for hit in rule.pattern.find_iter(&source.text) {
            let line = source.text[..hit.start()].matches('\n').count() + 1;
            findings.push(Finding::new(&source.path, line, format!("`{}`: {}", hit.as_str(), rule.what)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        forbidden(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn machine_paths_and_registry_hosts_are_found() {
        assert_eq!(found("docs/a.md", "see /home/ann/shepherd/x"), 1);
        assert_eq!(found("web/package-lock.json", "\"resolved\": \"https://registry.npmjs.org/a\""), 1);
        assert_eq!(found("README.md", "data is below /var/lib/shepherd"), 0);
    }

    #[test]
    fn work_put_off_and_tests_switched_off_are_found() {
        assert_eq!(found("a.rs", "// TODO: later\n#[ignore]\n"), 2);
        assert_eq!(found("a.test.ts", "it.only('x')"), 1);
        assert_eq!(found("a.rs", "let iterator = it.skip(1); // methodology"), 0);
    }
}
