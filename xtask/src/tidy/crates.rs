//! The arrows between our crates point one way.
//!
//! What each may depend on is written down here, so that a new arrow is a decision and not an accident. Tests
//! are free, except those of minivirt: it must stay usable without the rest.

use toml::{Table, Value};

use super::Finding;
use super::source::Tree;

/// Each crate's folder below `crates/`, and the ones it may use.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("minivirt", &[]),
    ("local-postgres", &[]),
    ("contract", &["domain"]),
    ("store", &["domain"]),
    ("kubevirt", &["domain"]),
    ("auth", &["domain", "store"]),
    ("jobs", &["domain", "store"]),
    ("app", &["auth", "contract", "domain", "jobs", "kubevirt", "store"]),
    ("server", &["app", "auth", "contract", "domain", "jobs", "kubevirt", "store"]),
    ("cli", &["contract", "domain"]),
    (
        "shepherd",
        &[
            "app",
            "auth",
            "cli",
            "contract",
            "domain",
            "jobs",
            "kubevirt",
            "local-postgres",
            "minivirt",
            "server",
            "store",
        ],
    ),
    (
        "test-support",
        &[
            "app",
            "auth",
            "contract",
            "domain",
            "jobs",
            "kubevirt",
            "local-postgres",
            "minivirt",
            "server",
            "store",
        ],
    ),
    ("fuzz", &["kubevirt", "minivirt"]),
    ("xtask", &["local-postgres"]),
];

/// Libraries that stand for a decision, and the crates that it lets use them.
const RESERVED: [(&str, &[&str]); 6] = [
    // The bench measures reads against a bare server of axum.
    ("axum", &["contract", "minivirt", "server", "xtask"]),
    ("kube", &["kubevirt"]),
    ("redb", &["minivirt"]),
    ("riverqueue", &["jobs"]),
    // `domain` only lends its types to queries, behind a feature.
    ("sqlx", &["domain", "jobs", "store", "test-support", "xtask"]),
    // Whoever waits for something is not pure.
    (
        "tokio",
        &[
            "app",
            "auth",
            "cli",
            "contract",
            "jobs",
            "kubevirt",
            "minivirt",
            "server",
            "shepherd",
            "store",
            "test-support",
            "xtask",
        ],
    ),
];

pub fn direction(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.sources.iter().filter(|s| s.path.ends_with("/Cargo.toml"));
    let mut findings = Vec::new();
    for source in manifests {
        let name = source.path.trim_start_matches("crates/").trim_end_matches("/Cargo.toml");
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            findings.push(Finding::new(
                &source.path,
                0,
                "a new crate: say what it may use in xtask/src/tidy/crates.rs",
            ));
            continue;
        };
        let Ok(manifest) = source.text.parse::<Table>() else {
            findings.push(Finding::new(&source.path, 0, "it is not TOML"));
            continue;
        };
        let sections: &[&str] = match name {
            "minivirt" => &["dependencies", "build-dependencies", "dev-dependencies"],
            _ => &["dependencies", "build-dependencies"],
        };
        for (library, users) in RESERVED {
            let used = ["dependencies", "build-dependencies"]
                .iter()
                .any(|section| uses(&manifest, section, library));
            if used && !users.contains(&name) {
                findings.push(Finding::new(&source.path, 0, format!("{name} must not use {library}")));
            }
        }
        for used in sections.iter().flat_map(|section| ours(&manifest, section)) {
            if !allowed.contains(&used.as_str()) {
                findings.push(Finding::new(&source.path, 0, format!("{name} must not depend on {used}")));
            }
        }
    }
    findings
}

fn ours(manifest: &Table, section: &str) -> Vec<String> {
    let table = manifest.get(section).and_then(Value::as_table);
    let names = table.into_iter().flat_map(Table::keys);
    names.filter_map(|name| name.strip_prefix("shepherd-")).map(str::to_owned).collect()
}

fn uses(manifest: &Table, section: &str, library: &str) -> bool {
    manifest.get(section).and_then(Value::as_table).is_some_and(|table| table.contains_key(library))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        direction(&Tree::of(&[(path, text)])).into_iter().map(|f| f.what).collect()
    }

    #[test]
    fn an_arrow_upward_is_found() {
        let uses_store = "[dependencies]\nshepherd-store.workspace = true\n";
        assert_eq!(found("crates/domain/Cargo.toml", uses_store), ["domain must not depend on store"]);
        assert!(found("crates/app/Cargo.toml", uses_store).is_empty());
    }

    #[test]
    fn tests_are_free_but_not_those_of_minivirt() {
        let tests = "[dev-dependencies]\nshepherd-test-support.workspace = true\n";
        assert!(found("crates/domain/Cargo.toml", tests).is_empty());
        assert_eq!(found("crates/minivirt/Cargo.toml", tests), ["minivirt must not depend on test-support"]);
    }

    #[test]
    fn reserved_libraries_are_used_where_their_decision_says() {
        let uses_river = "[dependencies]\nriverqueue.workspace = true\n";
        assert_eq!(found("crates/app/Cargo.toml", uses_river), ["app must not use riverqueue"]);
        assert!(found("crates/jobs/Cargo.toml", uses_river).is_empty());
    }

    #[test]
    fn a_new_crate_must_be_placed() {
        assert!(found("crates/extra/Cargo.toml", "")[0].starts_with("a new crate"));
    }
}
