//! SQL that would break a decision: a clock that is not `app_now()`, and `OFFSET`.
//!
//! `app_now()` is the only time that tests and the simulator can move; an offset reads and throws away what it
//! skips, and skips wrongly while rows are added (cursors do neither).

use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::rust::literals;
use super::source::Tree;

static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    rule(
        r"(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)|\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b",
    )
});
static OFFSET: LazyLock<Regex> = LazyLock::new(|| rule(r"(?i)\boffset\s+(\$\d|\d|\{|:\w)"));
static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    rule(r"(?is)\b(select|insert\s+into|update|delete\s+from|set|values|where|interval|returning)\b")
});

fn rule(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

pub fn forbidden(tree: &Tree) -> Vec<Finding> {
    let migrations =
        tree.sources.iter().filter(|s| s.path.starts_with("db/migrations/") && s.path.ends_with(".sql"));
    let in_migrations = migrations.flat_map(|s| {
        let text = blank_comments(&blank_definition(&s.text));
        offences(&s.path, 1, &text)
    });
    // The queue runs on the real clock, whoever moves ours, and no business deadline lives in it. The harness is
    // outside the product; tests compare with the real clock on purpose.
    let outside = ["crates/jobs/", "crates/test-support/"];
    let product = |path: &str| {
        path.starts_with("crates/")
            && !outside.iter().any(|o| path.starts_with(o))
            && !path.contains("/tests/")
    };
    let in_code = tree.rust().filter(|s| product(&s.path)).flat_map(|s| {
        let statements = literals(&s.text).into_iter().filter(|literal| STATEMENT.is_match(&literal.text));
        statements.flat_map(|literal| offences(&s.path, literal.line, &literal.text)).collect::<Vec<_>>()
    });
    in_migrations.chain(in_code).collect()
}

fn offences(path: &str, first_line: usize, sql: &str) -> Vec<Finding> {
    let line = |at: usize| first_line + sql[..at].matches('\n').count();
    let clocks = CLOCK.find_iter(sql).map(|hit| {
        Finding::new(path, line(hit.start()), format!("{}: business time is app_now()", hit.as_str()))
    });
    let offsets =
        OFFSET.find_iter(sql).map(|hit| Finding::new(path, line(hit.start()), "OFFSET: page by a cursor"));
    clocks.chain(offsets).collect()
}

/// The body of the one function that may read the clock, as blanks.
fn blank_definition(sql: &str) -> String {
    let Some(start) = sql.find("CREATE FUNCTION app_now()") else { return sql.to_owned() };
    let Some(end) = sql[start..].match_indices("$$").nth(1).map(|(at, _)| start + at) else {
        return sql.to_owned();
    };
    let blank: String = sql[start..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
    format!("{}{blank}{}", &sql[..start], &sql[end..])
}

fn blank_comments(sql: &str) -> String {
    sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(usize, String)> {
        forbidden(&Tree::of(&[(path, text)])).into_iter().map(|f| (f.line, f.what)).collect()
    }

    #[test]
    fn only_the_definition_of_app_now_reads_the_clock() {
        let definition = "-- now() is not for us\nCREATE FUNCTION app_now() RETURNS timestamptz AS $$\nSELECT clock_timestamp()\n$$;\n";
        assert_eq!(found("db/migrations/1.sql", definition), []);
        let table = format!("{definition}CREATE TABLE a (at timestamptz DEFAULT now());\n");
        let expected = (5, "now(): business time is app_now()".to_owned());
        assert_eq!(found("db/migrations/1.sql", &table), [expected]);
    }

    #[test]
    fn queries_are_searched_and_prose_and_tests_are_not() {
        let code = "// where now()\nlet a = \"select app_now()\";\nlet b = \"select 1\nwhere at < current_timestamp\";\nlet c = \"now() is a word\";";
        assert_eq!(found("crates/store/src/a.rs", code).iter().map(|f| f.0).collect::<Vec<_>>(), [4]);
        assert_eq!(found("crates/store/tests/a.rs", code), []);
    }

    #[test]
    fn offset_is_found_and_a_column_of_that_name_is_not() {
        assert_eq!(found("crates/store/src/a.rs", "\"select 1 limit $1 OFFSET $2\"").len(), 1);
        assert_eq!(found("crates/store/src/a.rs", "\"select offset_micros, utc_offset from a\""), []);
    }
}
