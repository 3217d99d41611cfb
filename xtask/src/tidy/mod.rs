//! `cargo xtask tidy`: the house rules that neither compiler nor clippy knows.
//!
//! Each rule is a function from the tree to what it found, in a file of its own with its tests. There is no list
//! of exceptions: a rule that needs one is wrong.

mod adr;
mod crates;
mod dependencies;
mod links;
mod outer_join;
mod rust;
mod size;
mod source;
mod sql;
mod words;

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use source::Tree;

#[derive(clap::Args)]
pub struct Args {}

/// Something to put right.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from 1; 0 is the file as a whole.
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

pub fn run(root: &Path, _args: &Args) -> Result<()> {
    let tree = Tree::read(root)?;
    let sizes = size::measure(&tree);
    let mut findings = sizes.findings();
    for rule in [
        rust::module_docs,
        sql::forbidden,
        outer_join::unmarked,
        words::forbidden,
        links::broken,
        adr::check,
        crates::direction,
        dependencies::documented,
    ] {
        findings.extend(rule(&tree));
    }
    findings.sort();
    println!("{sizes}");
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => bail!("tidy: {count} to put right"),
    }
}
