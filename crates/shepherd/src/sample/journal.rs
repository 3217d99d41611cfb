//! What of the sample organisation is done. Idempotency-Keys last a day; this lasts as long as the instance.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::failure::Failure;

pub struct Journal {
    path: PathBuf,
    state: Mutex<(BTreeSet<String>, File)>,
}

impl Journal {
    /// Opens it. A fresh organisation begins a fresh journal: the old one was about another database.
    pub fn open(path: PathBuf, fresh: bool) -> Result<Self, Failure> {
        let failed = |error| Failure::io(path.display(), error);
        let done = match fresh {
            true => BTreeSet::new(),
            // A last line that was cut off names nothing, and its step is done again.
            false => std::fs::read_to_string(&path).unwrap_or_default().lines().map(str::to_owned).collect(),
        };
        let file = OpenOptions::new().create(true).append(!fresh).write(true).truncate(fresh).open(&path);
        let file = file.map_err(failed)?;
        Ok(Self { path, state: Mutex::new((done, file)) })
    }

    /// Whether a step is done.
    pub fn has(&self, step: &str) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.contains(step)
    }

    /// Notes that a step is done.
    pub fn note(&self, step: &str) -> Result<(), Failure> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, file) = &mut *state;
        writeln!(file, "{step}").map_err(|error| Failure::io(self.path.display(), error))?;
        done.insert(step.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_remembers_until_the_organisation_is_a_fresh_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        Journal::open(path.clone(), true).unwrap().note("web-1").unwrap();
        let again = Journal::open(path.clone(), false).unwrap();
        again.note("web-2").unwrap();
        assert!(again.has("web-1") && again.has("web-2"));
        assert!(!Journal::open(path, true).unwrap().has("web-1"));
    }
}
