//! `apply -f`: makes the catalogue what files say.
//!
//! Applying twice changes nothing the second time. Each item is one change of its own, so a file that fails in the middle
//! has done what stands before; what was done is said either way. With `--dry-run` nothing is written and the same is said.

mod document;
mod places;
mod sizes;
mod templates;

use std::io::Read;

use clap::Args;
use serde::Serialize;
use shepherd_contract::client::Client;

use document::Document;

use crate::output::Column;
use crate::{Failure, Output};

#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// A file with YAML documents, or - for standard input; can be repeated
    #[arg(short = 'f', long = "filename", required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// What became of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Created,
    Changed,
    Unchanged,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        }
    }
}

#[derive(Debug, Serialize)]
struct Line {
    kind: &'static str,
    name: String,
    outcome: Outcome,
}

const COLUMNS: [Column<Line>; 3] = [
    ("KIND", |line| line.kind.to_owned()),
    ("NAME", |line| line.name.clone()),
    ("OUTCOME", |line| line.outcome.as_str().to_owned()),
];

pub(crate) async fn run(args: ApplyArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let mut documents = Vec::new();
    for path in &args.files {
        documents.extend(document::read(path, &text(path)?)?);
    }
    documents.sort_by_key(|document| !matches!(document, Document::Environment(_)));
    let mut lines = Vec::new();
    let mut failed = None;
    for document in documents {
        let (kind, name) = (document.kind(), document.name().to_owned());
        match apply(client, document, args.dry_run).await {
            Ok(outcome) => lines.push(Line { kind, name, outcome }),
            Err(failure) => {
                failed = Some((kind, name, failure));
                break;
            }
        }
    }
    if args.dry_run {
        out.remark("Nothing was written.");
    }
    out.list(&lines, &COLUMNS)?;
    match failed {
        None => Ok(()),
        Some((kind, name, failure)) => {
            out.remark(&format!("The {kind} {name} was not applied, nor what comes after it:"));
            Err(failure)
        }
    }
}

fn text(path: &str) -> Result<String, Failure> {
    if path == "-" {
        let mut text = String::new();
        let read = std::io::stdin().lock().read_to_string(&mut text);
        return read.map(|_| text).map_err(|error| Failure::local("standard input", error));
    }
    std::fs::read_to_string(path).map_err(|error| Failure::local(path, error))
}

async fn apply(client: &Client, document: Document, dry: bool) -> Result<Outcome, Failure> {
    match document {
        Document::Environment(wanted) => places::environment(client, wanted, dry).await,
        Document::Namespace(wanted) => places::namespace(client, wanted, dry).await,
        Document::Network(wanted) => places::network(client, wanted, dry).await,
        Document::Size(wanted) => sizes::apply(client, wanted, dry).await,
        Document::Template(wanted) => templates::apply(client, wanted, dry).await,
    }
}

/// What cannot be changed once it is there.
fn fixed(kind: &str, name: &str, what: &str) -> Failure {
    Failure::Ended(format!(
        "the {what} of the {kind} {name} is fixed and differs from the file; make another one"
    ))
}
