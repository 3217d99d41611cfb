//! Batches: up to 500 of one operation, asked for and decided on together, carried out one by one.
//!
//! Invariants: rows are numbered from 1 without gaps and their names are distinct; a table is read whole before a fault is
//! told, and then all faults are; the one hash people decide on covers name, order and spec hash of every child, so that
//! no child can be added, dropped, moved or changed afterwards; a batch has ended when nothing of it waits or runs.
//! Not here: what a row's names mean (the catalogue's rows), and who is admitted next (the store, over all replicas).

mod table;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::hash::{ContentHash, SpecHash};
use crate::reason::Reason;
use crate::states::RequestState;

pub use table::read_table;

/// How many children a batch may have.
pub const MOST: usize = 500;
/// How long the name of a row may be, in characters.
pub const LONGEST_NAME: usize = 63;

/// One VM of a batch as it was asked for: what is not said is as in the rest of the batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// 1 for the first.
    pub number: u32,
    /// What people call it; a VM's own name comes from its Service.
    pub name: String,
    /// Another size: `name` or `name@version`.
    pub size: Option<String>,
    /// Another template: `name` or `name@version`.
    pub template: Option<String>,
    /// Another namespace.
    pub namespace: Option<String>,
    /// Another root disk, in bytes.
    pub disk_bytes: Option<i64>,
    /// Template variables, over those of the batch.
    pub variables: BTreeMap<String, String>,
    /// What is asked for beside it, over that of the batch; still as text.
    pub fields: BTreeMap<String, String>,
}

/// What is wrong with one place of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The row; 0 is the header.
    pub row: u32,
    /// The column by name; empty for the whole row.
    pub column: String,
    /// Stable.
    pub code: &'static str,
    /// What to do about it.
    pub text: String,
}

impl RowFault {
    /// A fault in a row.
    pub fn new(row: u32, column: &str, code: &'static str, text: impl Into<String>) -> Self {
        Self { row, column: column.to_owned(), code, text: text.into() }
    }
}

/// Rows from a count. In the pattern `{n}` stands for the number, `{nn}` and `{nnn}` for it with leading zeros; a pattern
/// without a place for it gets `-{n}` at its end.
///
/// # Errors
/// A fault of the pattern, or of the count.
pub fn expand(count: u32, pattern: &str) -> Result<Vec<Row>, RowFault> {
    if count == 0 || usize::try_from(count).map_or(true, |count| count > MOST) {
        return Err(RowFault::new(0, "count", "BATCH_SIZE", format!("Ask for 1 to {MOST} at a time.")));
    }
    let pattern = match ["{n}", "{nn}", "{nnn}"].iter().any(|place| pattern.contains(place)) {
        true => pattern.to_owned(),
        false => format!("{pattern}-{{n}}"),
    };
    let rows = (1..=count).map(|number| Row { number, name: numbered(&pattern, number), ..Row::default() });
    let rows: Vec<Row> = rows.collect();
    match rows.iter().find_map(|row| bad_name(&row.name)) {
        Some((code, text)) => Err(RowFault::new(0, "name_pattern", code, text)),
        None => Ok(rows),
    }
}

fn numbered(pattern: &str, number: u32) -> String {
    pattern
        .replace("{nnn}", &format!("{number:03}"))
        .replace("{nn}", &format!("{number:02}"))
        .replace("{n}", &number.to_string())
}

/// Why this cannot be the name of a row.
fn bad_name(name: &str) -> Option<(&'static str, String)> {
    if name.trim().is_empty() {
        return Some(("ROW_NAME_MISSING", "Give each row a name, to know it by.".to_owned()));
    }
    let longest = name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control);
    longest.then(|| {
        let text =
            format!("A row's name has at most {LONGEST_NAME} characters, and none that cannot be seen.");
        ("ROW_NAME_INVALID", text)
    })
}

/// What the parent's spec says of its children: the hash over name and spec hash of each, in order. Lengths come first, so
/// that no two lists have the same bytes.
pub fn root<'a>(children: impl IntoIterator<Item = (&'a str, SpecHash)>) -> ContentHash {
    let mut bytes = String::new();
    for (name, hash) in children {
        // Writing to a string does not fail.
        let _ = writeln!(bytes, "{}:{name}:{hash}", name.len());
    }
    ContentHash::of(bytes.as_bytes())
}

/// How the children of a batch stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not begun.
    pub waiting: i64,
    /// Under way.
    pub running: i64,
    /// Carried out.
    pub done: i64,
    /// Not carried out: failed, or not in time.
    pub failed: i64,
    /// Called off, or refused with the whole.
    pub cancelled: i64,
}

impl Counts {
    /// Counts states, as the store does in SQL.
    pub fn of(states: impl IntoIterator<Item = RequestState>) -> Self {
        let mut counts = Self::default();
        for state in states {
            match state {
                RequestState::Approved | RequestState::Executing => counts.running += 1,
                RequestState::Succeeded => counts.done += 1,
                RequestState::Failed | RequestState::Expired => counts.failed += 1,
                RequestState::Cancelled | RequestState::Rejected => counts.cancelled += 1,
                RequestState::Draft
                | RequestState::Pending
                | RequestState::ChangesRequested
                | RequestState::Unknown => counts.waiting += 1,
            }
        }
        counts
    }

    /// All of them.
    pub const fn total(&self) -> i64 {
        self.waiting + self.running + self.done + self.failed + self.cancelled
    }

    /// Where an approved batch ends, if it has ended: in success with nothing failed, cancelled if nothing was done at all.
    pub fn end(&self) -> Option<(RequestState, Option<Reason>)> {
        if self.waiting + self.running > 0 {
            return None;
        }
        Some(match (self.failed, self.done) {
            (0, 0) => (RequestState::Cancelled, None),
            (0, _) => (RequestState::Succeeded, None),
            (failed, done) => {
                let text = format!(
                    "{failed} of {} failed and {done} succeeded; those that failed can be tried again.",
                    self.total()
                );
                let reason = Reason::new("BATCH_PARTLY_FAILED", text);
                let reason = reason.with("failed", failed).with("done", done).with("total", self.total());
                (RequestState::Failed, Some(reason))
            }
        })
    }
}

#[cfg(test)]
mod tests;
