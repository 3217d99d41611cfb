//! Witnesses: places outside of the database that remember checkpoints, so that rewriting the log shows.
//!
//! A witness is told every checkpoint in order, and only those that its last one begins: a log that contradicts what a
//! witness has seen is not told to it but reported. Here is the file that is only appended to; whatever else remembers
//! checkpoints (another server, a printer) takes the same two steps.

use std::fmt;
use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use shepherd_domain::merkle::proof;
use shepherd_domain::note::Checkpoint;
use shepherd_store::audit_export as store;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use crate::audit_seal::broken;
use crate::{App, Error, Result};

/// Checkpoints that are read at a time.
const PAGE: i64 = 100;
/// The end of a file in which its last whole line is looked for; a line is some 500 bytes.
const TAIL: u64 = 16 * 1024;

/// A file with one checkpoint a line, as JSON.
pub(crate) struct FileWitness {
    path: PathBuf,
    /// The last checkpoint in it, once it was read.
    last: Option<Checkpoint>,
    read: bool,
}

#[derive(Serialize, Deserialize)]
struct WitnessLine {
    time: String,
    checkpoint: String,
}

impl fmt::Display for FileWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl FileWitness {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, last: None, read: false }
    }

    /// What it has seen last.
    async fn last(&mut self) -> std::io::Result<Option<Checkpoint>> {
        if !self.read {
            self.last = match tokio::fs::File::open(&self.path).await {
                Ok(file) => last_in(file).await?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            self.read = true;
        }
        Ok(self.last.clone())
    }

    async fn add(&mut self, lines: &str, last: Checkpoint) -> std::io::Result<()> {
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.append(true).read(true).create(true).open(&self.path).await?;
        // A line that broke off with the machine stays what it is; the next one begins on a line of its own.
        let torn = match file.seek(std::io::SeekFrom::End(-1)).await {
            Ok(_) => file.read_u8().await? != b'\n',
            Err(_) => false,
        };
        file.write_all(format!("{}{lines}", if torn { "\n" } else { "" }).as_bytes()).await?;
        file.sync_data().await?;
        self.last = Some(last);
        Ok(())
    }
}

async fn last_in(mut file: tokio::fs::File) -> std::io::Result<Option<Checkpoint>> {
    let length = file.metadata().await?.len();
    file.seek(std::io::SeekFrom::Start(length.saturating_sub(TAIL))).await?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).await?;
    let lines = end.split(|byte| *byte == b'\n').rev();
    Ok(lines
        .filter_map(|line| serde_json::from_slice::<WitnessLine>(line).ok())
        .find_map(|line| Checkpoint::peek(&line.checkpoint).ok()))
}

impl App {
    /// Tells a witness what it has not seen.
    pub(crate) async fn tell(&self, witness: &mut FileWitness) -> Result<()> {
        let unreadable = |error: std::io::Error| Error::Internal(Box::new(error));
        loop {
            let last = witness.last().await.map_err(unreadable)?;
            let seen = last.as_ref().map_or(0, |last| i64::try_from(last.size).unwrap_or(i64::MAX));
            let mut conn = self.db.acquire().await?;
            let rows = store::checkpoints_after(&mut conn, seen, i64::MAX, PAGE).await?;
            drop(conn);
            let Some(first) = rows.first() else { return Ok(()) };
            if let Some(last) = &last {
                self.goes_on(last, &first.note).await?;
            }
            let mut lines = String::new();
            for row in &rows {
                let line = WitnessLine { time: text(row.created_at), checkpoint: row.note.clone() };
                lines.push_str(&serde_json::to_string(&line)?);
                lines.push('\n');
            }
            let newest = rows.last().and_then(|row| Checkpoint::peek(&row.note).ok());
            let newest = newest.ok_or_else(|| broken("a stored checkpoint is none"))?;
            witness.add(&lines, newest).await.map_err(unreadable)?;
        }
    }

    /// Whether the log still begins with what the witness has seen.
    async fn goes_on(&self, last: &Checkpoint, next: &str) -> Result<()> {
        let next = Checkpoint::peek(next).map_err(|_| broken("a stored checkpoint is none"))?;
        let path = self.subtrees(&proof::consistency(last.size, next.size)).await?;
        let same = last.origin == next.origin
            && proof::verify_consistency((last.size, last.root), (next.size, next.root), &path);
        match same {
            true => Ok(()),
            false => Err(Error::conflict(
                "AUDIT_REWRITTEN",
                "The audit log contradicts what the witness has seen; keep its file and compare both.",
            )),
        }
    }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
