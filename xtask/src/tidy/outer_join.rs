//! Columns of an outer join must say themselves whether they may be null.
//!
//! sqlx guesses it from the query plan, and guesses wrong when the planner turns a LEFT JOIN round; then a row
//! without a match is a panic in production that no test on small tables sees. An override, `as "name?"` or
//! `as "name!"`, takes the guess away.

use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::rust::literals;
use super::source::{Source, Tree};

static JOIN: LazyLock<Regex> = LazyLock::new(|| rule(r"(?i)\b(?:left|full)\s+(?:outer\s+)?join\s+"));
static ALIAS: LazyLock<Regex> = LazyLock::new(|| rule(r"(?i)^\s*(?:as\s+)?([a-z_]\w*)\s+(?:on|using)\b"));
static OVERRIDE: LazyLock<Regex> = LazyLock::new(|| rule(r#"(?i)\bas\s+\\?"\w+[?!]"#));
static MACRO: LazyLock<Regex> = LazyLock::new(|| rule(r"\bquery(?:_as|_scalar)?!\s*\("));

fn rule(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

pub fn unmarked(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let checked = |source: &&Source| source.path.starts_with("crates/") && MACRO.is_match(&source.text);
    for source in tree.rust().filter(checked) {
        for literal in literals(&source.text) {
            for column in columns_without_override(&literal.text) {
                let what = format!("outer-joined column `{column}` needs `as \"name?\"` or `as \"name!\"`");
                findings.push(Finding::new(&source.path, literal.line, what));
            }
        }
    }
    findings
}

fn columns_without_override(sql: &str) -> Vec<String> {
    let aliases: Vec<String> = JOIN.find_iter(sql).filter_map(|join| alias(&sql[join.end()..])).collect();
    if aliases.is_empty() {
        return Vec::new();
    }
    let items = select_list(sql).into_iter().filter(|item| !OVERRIDE.is_match(item));
    let outer = |item: &String| aliases.iter().any(|alias| mentions(item, alias));
    items.filter(outer).map(|item| item.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The name that the joined table or subquery goes by.
fn alias(after_join: &str) -> Option<String> {
    let after_join =
        after_join.trim_start().trim_start_matches("lateral").trim_start_matches("LATERAL").trim_start();
    let table_end = if after_join.starts_with('(') {
        closing(after_join)? + 1
    } else {
        after_join.find(|c: char| c.is_whitespace())?
    };
    let (table, rest) = after_join.split_at(table_end);
    let found =
        ALIAS.captures(rest).and_then(|captures| captures.get(1)).map(|name| name.as_str().to_owned());
    found.filter(|name| !["on", "using"].contains(&name.to_lowercase().as_str())).or(Some(table.to_owned()))
}

fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.bytes().position(|byte| {
        depth += match byte {
            b'(' => 1,
            b')' => -1,
            _ => 0,
        };
        depth == 0
    })
}

fn mentions(item: &str, alias: &str) -> bool {
    item.match_indices(&format!("{alias}.")).any(|(at, _)| {
        let before = item[..at].bytes().next_back();
        !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
    })
}

/// The items of the outermost SELECT, or of RETURNING; what is in brackets is part of its item.
fn select_list(sql: &str) -> Vec<String> {
    let (mut items, mut item, mut word) = (Vec::new(), String::new(), String::new());
    let (mut depth, mut inside) = (0, false);
    for c in sql.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            match (depth, word.to_lowercase().as_str()) {
                (0, "select" | "returning") => (inside, item) = (true, String::new()),
                (0, "from") if inside => {
                    item.truncate(item.len() - word.len());
                    items.push(std::mem::take(&mut item));
                    inside = false;
                }
                _ => {}
            }
            word.clear();
        }
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 && inside => {
                items.push(std::mem::take(&mut item));
                continue;
            }
            _ => {}
        }
        item.push(c);
    }
    if inside {
        items.push(item);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_an_outer_join_without_override_is_found() {
        let sql = r#"select a.id, p.name, s.name as "system?", (select 1 from q) as n from audit a
            left join principal p on p.id = a.actor_id left outer join system as s on s.id = a.system_id"#;
        assert_eq!(columns_without_override(sql), ["p.name"]);
    }

    #[test]
    fn overrides_inner_joins_and_names_that_only_look_alike_are_fine() {
        let marked =
            r#"select coalesce(p.name, 'x') as "name!", map.id from map left join p on p.id = map.p"#;
        assert_eq!(columns_without_override(marked), Vec::<String>::new());
        assert_eq!(columns_without_override("select b.x from a join b on true"), Vec::<String>::new());
    }

    #[test]
    fn subqueries_are_known_by_their_alias() {
        let sql = "with w as (select 1) select last.at from a left join lateral (select at from b where (true)) last on true";
        assert_eq!(columns_without_override(sql), ["last.at"]);
    }

    #[test]
    fn only_checked_queries_are_looked_at() {
        let sql = r#""select p.name from a left join p on p.a = a.id""#;
        let tree = Tree::of(&[
            ("crates/a.rs", &format!("query_as!(Row, {sql})")),
            ("crates/b.rs", &format!("query({sql})")),
        ]);
        assert_eq!(unmarked(&tree).iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["crates/a.rs"]);
    }
}
