//! The statements that Shepherd runs for one call, as the database heard them.
//!
//! The floor of the reads runs the same ones. Written down by hand they would soon be others; so calls are made while
//! PostgreSQL logs statements with their parameters, and what it logged exactly as often is taken. What Shepherd does
//! beside answering (leases, the queue) happens at times of its own.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::{Deserialize, Serialize};
use shepherd_local_postgres::Role;

use super::World;
use crate::stage::http::Connection;

/// Calls made to tell their statements from others.
const CALLS: usize = 40;

/// One statement; parameters in PostgreSQL's text form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    pub sql: String,
    pub parameters: Vec<Option<String>>,
}

/// A call, what it asks of the database, and what it answers.
#[derive(Clone, Serialize, Deserialize)]
pub struct Recording {
    pub path: String,
    pub statements: Vec<Statement>,
    pub answer: String,
}

/// Records what each of these costs the database.
pub async fn record(world: &mut World, paths: &[String]) -> Result<Vec<Recording>> {
    begin(world).await?;
    let recorded = watch(world, paths).await;
    end(world).await?;
    recorded
}

/// From now on PostgreSQL logs every statement of `serve`.
pub async fn begin(world: &mut World) -> Result<()> {
    world.stage.sql(&format!("{} set log_statement = 'all'", role(world))).await?;
    world.restart().await
}

/// Back to what is measured.
pub async fn end(world: &mut World) -> Result<()> {
    world.stage.sql(&format!("{} reset log_statement", role(world))).await?;
    world.restart().await
}

fn role(world: &World) -> String {
    format!("alter role {} in database {}", Role::App.name(), world.stage.database())
}

async fn watch(world: &World, paths: &[String]) -> Result<Vec<Recording>> {
    let mut browser = Connection::open(world.serving.address, world.people.browser.clone()).await?;
    let mut recordings = Vec::new();
    for path in paths {
        // Some are made only the first time, such as looking up types.
        browser.fetch(path).await?;
        let from = mark(world)?;
        let mut answer = Vec::new();
        for _ in 0..CALLS {
            answer = browser.fetch(path).await?.to_vec();
        }
        let statements = repeated(&since(world, from)?, CALLS);
        ensure!(!statements.is_empty(), "PostgreSQL logged no statement for {path}");
        recordings.push(Recording { path: path.clone(), statements, answer: String::from_utf8(answer)? });
    }
    Ok(recordings)
}

/// Where the log is now.
pub fn mark(world: &World) -> Result<u64> {
    Ok(std::fs::metadata(world.stage.home.join("log"))?.len())
}

/// What was logged since.
pub fn since(world: &World, from: u64) -> Result<Vec<Statement>> {
    let bytes = std::fs::read(world.stage.home.join("log"))?;
    let new = bytes.get(usize::try_from(from)?..).context("the log has shrunk")?;
    Ok(statements(&String::from_utf8_lossy(new)))
}

/// The statements that occur once for each call, or a whole number of times, in order.
fn repeated(heard: &[Statement], calls: usize) -> Vec<Statement> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for statement in heard {
        *counts.entry(&statement.sql).or_default() += 1;
    }
    let mut taken: Vec<Statement> = Vec::new();
    for statement in heard {
        let times = counts.get(statement.sql.as_str()).copied().unwrap_or_default();
        if times.is_multiple_of(calls) && !taken.iter().any(|other| other.sql == statement.sql) {
            taken.extend(std::iter::repeat_n(statement.clone(), times / calls));
        }
    }
    taken
}

/// What PostgreSQL wrote for `log_statement = all`: `execute NAME: SQL` or `statement: SQL`, further lines behind a tab, then a DETAIL line
/// with the parameters of the same process.
fn statements(log: &str) -> Vec<Statement> {
    let Ok(line) =
        Regex::new(r"^\S+ \S+ \S+ \[(\d+)\] (LOG|DETAIL):  (?:execute [^:]*|statement|[Pp]arameters): (.*)$")
    else {
        return Vec::new();
    };
    let joined = log.replace("\n\t", " ");
    let mut statements: Vec<Statement> = Vec::new();
    let mut last: HashMap<String, usize> = HashMap::new();
    for found in joined.lines().filter_map(|text| line.captures(text)) {
        let [process, kind, rest] = [1, 2, 3].map(|group| found.get(group).map_or("", |text| text.as_str()));
        if kind == "LOG" {
            last.insert(process.to_owned(), statements.len());
            statements.push(Statement { sql: rest.to_owned(), parameters: Vec::new() });
        } else if let Some(statement) = last.get(process).and_then(|index| statements.get_mut(*index)) {
            statement.parameters = parameters(rest);
        }
    }
    statements
}

/// `$1 = 'it''s', $2 = NULL`.
fn parameters(text: &str) -> Vec<Option<String>> {
    let Ok(one) = Regex::new(r"\$\d+ = (?:(NULL)|'((?:[^']|'')*)')") else { return Vec::new() };
    one.captures_iter(text).map(|found| found.get(2).map(|value| value.as_str().replace("''", "'"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_for_each_call_is_found() {
        let call = "2026-01-01 00:00:00.000 UTC [7] LOG:  execute sqlx_s_1: select a,\n\tb from t where a = $1 and b = $2\n\
                    2026-01-01 00:00:00.000 UTC [7] DETAIL:  Parameters: $1 = 'it''s', $2 = NULL\n";
        let other = "2026-01-01 00:00:00.000 UTC [9] LOG:  execute sqlx_s_2: select now()\n";
        let found = repeated(&statements(&[call, other, call].concat()), 2);
        let sql = "select a, b from t where a = $1 and b = $2".to_owned();
        assert_eq!(found, [Statement { sql, parameters: vec![Some("it's".into()), None] }]);
    }
}
