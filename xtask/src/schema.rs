//! `cargo xtask schema`: the schema that the migrations make, as one file that a reviewer can read.
//!
//! The file is what `pg_dump` says about an empty database after all migrations, less what depends on the
//! version of server and tool; so it is the same on every PostgreSQL that we support.
//!
//! It always uses the private server, even where `DATABASE_URL` is set: `pg_dump` must not be older than the
//! server, and the private one is of the same installation.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use shepherd_local_postgres::Role;

use crate::pg::Pg;

const HEADER: &str = "-- The schema that db/migrations make. Written by `cargo xtask schema`; do not edit.\n";

#[derive(clap::Args)]
pub struct Args {
    /// Fail if db/schema.sql is not up to date, and show the difference
    #[arg(long)]
    check: bool,
}

pub fn run(root: &Path, args: &Args) -> Result<()> {
    let pg = Pg::private(root)?;
    let database = format!("shepherd_schema_{}", std::process::id());
    let dump = crate::block_on(async {
        pg.create(&database, true).await?;
        pg.migrate(root, &database).await
    })
    .and_then(|()| dump(&pg, &database));
    crate::block_on(pg.execute("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")))?;
    let schema = format!("{HEADER}\n{}", normalise(&dump?));

    let path = root.join("db/schema.sql");
    if !args.check {
        fs::write(&path, schema)?;
        println!("wrote db/schema.sql");
        return Ok(());
    }
    if fs::read_to_string(&path).unwrap_or_default() == schema {
        println!("db/schema.sql is what the migrations make");
        return Ok(());
    }
    let made = tempfile::NamedTempFile::new()?;
    fs::write(made.path(), schema)?;
    let _ = Command::new("diff").arg("-u").arg(&path).arg(made.path()).status();
    bail!("db/schema.sql is not what the migrations make: run `cargo xtask schema` and review the change");
}

fn dump(pg: &Pg, database: &str) -> Result<String> {
    let output = Command::new(pg.pg_dump()?)
        .args([
            "--schema-only",
            "--no-owner",
            "--no-comments",
            "--exclude-table=_sqlx_migrations",
            "--dbname",
        ])
        .arg(pg.url(Role::Superuser, database)?)
        .output()
        .context("pg_dump")?;
    ensure!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Drops settings, comments, psql's own commands and blank lines between statements.
fn normalise(dump: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in dump.lines().map(str::trim_end) {
        let noise = line.starts_with("--")
            || line.starts_with("SET ")
            || line.starts_with('\\')
            || line.starts_with("SELECT pg_catalog.set_config(");
        let second_blank = line.is_empty() && lines.last().is_none_or(|last| last.is_empty());
        if !noise && !second_blank {
            lines.push(line);
        }
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_the_tool_is_dropped() {
        let dump = "--\n-- PostgreSQL database dump\n--\n\\restrict x\n\nSET statement_timeout = 0;\n\
                    SELECT pg_catalog.set_config('search_path', '', false);\n\nCREATE TABLE a (\n    b int\n);\n\n\n\
                    --\n-- done\n--\n\nCREATE TABLE c ();\n\n\\unrestrict x\n";
        assert_eq!(normalise(dump), "CREATE TABLE a (\n    b int\n);\n\nCREATE TABLE c ();\n");
    }
}
