//! The developer's tasks: `cargo xtask --help`.
//!
//! What needs the workspace's own knowledge is here; what only strings programs together is in `scripts/` and
//! the Makefile. Nothing here may depend on a crate that queries or generated code must compile for: these
//! tasks are what repairs them.

mod bench;
mod codegen;
mod db;
mod fuzz;
mod pg;
mod prepare;
mod schema;
mod stage;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Shepherd's development tasks")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure the release build and print one table; see docs/benchmarks.md
    Bench(bench::Args),
    /// Write the contract crate, the reference page and the TypeScript types from api/*.yaml, or check them
    Codegen(codegen::Args),
    /// The development database: start, stop, migrate, and the checked queries
    Db(db::Args),
    /// Fuzz the API from its own contract; see scripts/schemathesis.sh
    Fuzz(fuzz::Args),
    /// Write db/schema.sql from the migrations, or check that it is what they make
    Schema(schema::Args),
    /// Check the house rules that neither compiler nor clippy knows
    Tidy(tidy::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let root = root()?;
    match task {
        Task::Bench(args) => bench::run(&root, &args),
        Task::Codegen(args) => codegen::run(&root, &args),
        Task::Db(args) => db::run(&root, &args),
        Task::Fuzz(args) => fuzz::run(&root, &args),
        Task::Schema(args) => schema::run(&root, &args),
        Task::Tidy(args) => tidy::run(&root, &args),
    }
}

/// The workspace's folder.
fn root() -> anyhow::Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?)
}

/// Tasks are programs of their own; those that talk to a database bring a small runtime.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
