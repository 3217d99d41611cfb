//! `cargo xtask db prepare`: writes `.sqlx`, what PostgreSQL said about each checked query.
//!
//! The macros of sqlx ask a live database and, where `SQLX_OFFLINE_DIR` is set, write down its answer; that is
//! all `cargo sqlx prepare` does too. Builds without `DATABASE_URL` read the answers from `.sqlx`.
//!
//! The check compiles every query against the schema of the migrations, so a query that no longer fits fails
//! there; then it compares the answers. Whether a column may be null is left out of that comparison: it is
//! guessed from the plan, which may differ between versions of PostgreSQL.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use shepherd_local_postgres::Role;

use crate::pg::Pg;

const MACROS: [&str; 4] = ["query!(", "query_as!(", "query_scalar!(", "query_file"];

#[derive(clap::Args)]
pub struct Args {
    /// Fail if .sqlx is not up to date
    #[arg(long)]
    check: bool,
}

pub fn run(root: &Path, pg: &Pg, args: &Args) -> Result<()> {
    let database = format!("shepherd_prepare_{}", std::process::id());
    let answers = tempfile::tempdir()?;
    let result = crate::block_on(async {
        pg.create(&database, true).await?;
        pg.migrate(root, &database).await
    })
    .and_then(|()| {
        for package in packages_with_queries(root)? {
            compile(root, &package, &pg.url(Role::Superuser, &database)?, answers.path())?;
        }
        Ok(())
    });
    crate::block_on(pg.execute("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")))?;
    result?;

    let committed = root.join(".sqlx");
    let (new, old) = (read(answers.path())?, read(&committed)?);
    if args.check {
        return check(&new, &old);
    }
    fs::create_dir_all(&committed)?;
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fs::remove_file(committed.join(name))?;
    }
    for (name, text) in &new {
        fs::write(committed.join(name), text)?;
    }
    println!(".sqlx holds {} queries", new.len());
    Ok(())
}

/// Compiles one library so that its macros run again, whatever was built before. Its dependencies are not
/// built again: the extra flag is for the one crate only.
fn compile(root: &Path, package: &str, url: &str, answers: &Path) -> Result<()> {
    let nonce = fs::metadata(answers)?.modified()?.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let status = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["rustc", "--quiet", "--profile", "check", "--lib", "--package", package, "--"])
        .args(["--cfg", &format!("sqlx_prepare=\"{}\"", nonce.as_nanos())])
        .env("DATABASE_URL", url)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", answers)
        .status()
        .context("cargo")?;
    ensure!(status.success(), "{package} does not compile against the schema of the migrations");
    Ok(())
}

fn packages_with_queries(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join("crates"))? {
        let dir = entry?.path();
        let mut sources = Vec::new();
        rust_files(&dir.join("src"), &mut sources)?;
        let uses = |path: &PathBuf| {
            fs::read_to_string(path).is_ok_and(|text| MACROS.iter().any(|m| text.contains(m)))
        };
        if sources.iter().any(uses) {
            found.push(format!("shepherd-{}", dir.file_name().unwrap_or_default().to_string_lossy()));
        }
    }
    found.sort();
    Ok(found)
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// File name to text of each answer in a folder.
fn read(dir: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let entry = entry?;
        files.insert(entry.file_name().to_string_lossy().into_owned(), fs::read_to_string(entry.path())?);
    }
    Ok(files)
}

fn check(new: &BTreeMap<String, String>, old: &BTreeMap<String, String>) -> Result<()> {
    let mut wrong = Vec::new();
    for (name, text) in new {
        match old.get(name) {
            None => wrong.push(format!("missing: {}", query(text))),
            Some(known) if !same_answer(text, known) => wrong.push(format!("changed: {}", query(text))),
            Some(_) => {}
        }
    }
    wrong.extend(
        old.iter()
            .filter(|(name, _)| !new.contains_key(*name))
            .map(|(_, text)| format!("unused: {}", query(text))),
    );
    if wrong.is_empty() {
        println!(".sqlx is up to date ({} queries)", new.len());
        return Ok(());
    }
    bail!(".sqlx is not up to date: run `cargo xtask db prepare`\n  {}", wrong.join("\n  "));
}

fn same_answer(a: &str, b: &str) -> bool {
    let parse = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).ok()?;
        value.get_mut("describe")?.as_object_mut()?.remove("nullable");
        Some(value)
    };
    parse(a).is_some() && parse(a) == parse(b)
}

/// The query's text on one line, shortened.
fn query(answer: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    let text = value["query"].as_str().unwrap_or("unreadable");
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str =
        r#"{"query":"SELECT 1","describe":{"columns":[{"name":"a"}],"nullable":[true]},"hash":"x"}"#;

    fn files(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn missing_changed_and_unused_answers_are_named() {
        let changed = ANSWER.replace("\"a\"", "\"b\"");
        let error = |new: &[_], old: &[_]| check(&files(new), &files(old)).unwrap_err().to_string();
        assert!(error(&[("q", ANSWER)], &[]).contains("missing: SELECT 1"));
        assert!(error(&[("q", ANSWER)], &[("q", &changed)]).contains("changed: SELECT 1"));
        assert!(error(&[], &[("q", ANSWER)]).contains("unused: SELECT 1"));
    }

    #[test]
    fn the_guess_about_null_does_not_count() {
        let other = ANSWER.replace("[true]", "[false]");
        assert!(check(&files(&[("q", ANSWER)]), &files(&[("q", &other)])).is_ok());
    }
}
