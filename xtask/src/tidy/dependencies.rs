//! Each dependency has a line in docs/dependencies.md that says what it is for, and each line a dependency.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::Finding;
use super::source::Tree;

const DOCUMENT: &str = "docs/dependencies.md";

pub fn documented(tree: &Tree) -> Vec<Finding> {
    let Some(document) = tree.get(DOCUMENT) else {
        return vec![Finding::new(DOCUMENT, 0, "it is missing")];
    };
    let declared = cargo(tree).into_iter().chain(npm(tree)).collect::<BTreeSet<_>>();
    let described: BTreeSet<_> = document.text.lines().filter_map(described).collect();
    let missing = declared.difference(&described).map(|name| format!("no line for {name}"));
    let stale = described.difference(&declared).map(|name| format!("{name} is not a dependency"));
    let mut findings: Vec<_> = missing.chain(stale).map(|what| Finding::new(DOCUMENT, 0, what)).collect();
    findings.extend(unused(tree));
    findings
}

/// The name in a line "| name | what for | why this one | licence |".
fn described(line: &str) -> Option<String> {
    let cells: Vec<_> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    let [name, rest @ ..] = cells.as_slice() else { return None };
    let header = name.starts_with("--") || name.starts_with(char::is_uppercase);
    (rest.len() == 3 && !header && rest.iter().all(|cell| !cell.is_empty()))
        .then(|| name.trim_matches('`').to_owned())
}

fn workspace(tree: &Tree) -> Table {
    let root: Table = tree.get("Cargo.toml").and_then(|s| s.text.parse().ok()).unwrap_or_default();
    let table = root.get("workspace").and_then(|w| w.get("dependencies")).and_then(Value::as_table);
    table.cloned().unwrap_or_default()
}

fn cargo(tree: &Tree) -> Vec<String> {
    let external = workspace(tree).into_iter().filter(|(_, value)| value.get("path").is_none());
    external.map(|(name, _)| name).collect()
}

fn npm(tree: &Tree) -> Vec<String> {
    let package: serde_json::Value =
        tree.get("web/package.json").and_then(|s| serde_json::from_str(&s.text).ok()).unwrap_or_default();
    let sections = ["dependencies", "devDependencies"].map(|section| package[section].as_object().cloned());
    sections.into_iter().flatten().flat_map(|section| section.into_iter().map(|(name, _)| name)).collect()
}

/// Declared for the workspace and used by no crate.
fn unused(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.sources.iter().filter(|s| s.path.ends_with("/Cargo.toml"));
    let mut used = BTreeSet::new();
    for manifest in manifests.filter_map(|s| s.text.parse::<Table>().ok()) {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            used.extend(
                manifest.get(section).and_then(Value::as_table).into_iter().flat_map(Table::keys).cloned(),
            );
        }
    }
    let idle = workspace(tree).into_iter().map(|(name, _)| name).filter(|name| !used.contains(name));
    idle.map(|name| Finding::new("Cargo.toml", 0, format!("no crate uses {name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_stale_and_unused_dependencies_are_found() {
        let tree = Tree::of(&[
            (
                "Cargo.toml",
                "[workspace.dependencies]\na = \"1\"\nb = \"1\"\nmine = { path = \"crates/mine\" }\n",
            ),
            ("crates/mine/Cargo.toml", "[dependencies]\na.workspace = true\nmine.workspace = true\n"),
            ("web/package.json", r#"{"dependencies": {"@x/y": "1"}}"#),
            (
                DOCUMENT,
                "| Crate | For | Why | Licence |\n|--|--|--|--|\n| a | x | y | MIT |\n| `@x/y` | x | y | MIT |\n| old | x | y | MIT |\n",
            ),
        ]);
        let found: Vec<_> = documented(&tree).into_iter().map(|f| f.what).collect();
        assert_eq!(found, ["no line for b", "old is not a dependency", "no crate uses b"]);
    }
}
