//! The PostgreSQL programs on this machine.
//!
//! Order: the system's own packages from version 15 on, newest first, then the one that set-up unpacked into
//! `.dev/postgres`. Existing data decides otherwise: it is opened by the version that made it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// The oldest major version that Shepherd works on.
pub const MINIMUM_VERSION: u32 = 15;

const SYSTEM: &str = "/usr/lib/postgresql";

/// One set of PostgreSQL programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Folder of `postgres`, `initdb`, `pg_ctl`, `psql`, `pg_dump`; absolute and without links.
    pub bin: PathBuf,
    /// Major version, such as 18.
    pub version: u32,
}

impl Installation {
    /// All that serve, best first. `extra` are folders with a `bin` in them, such as `.dev/postgres`.
    pub fn all(extra: &[PathBuf]) -> Result<Vec<Self>, Error> {
        let found = discover(Path::new(SYSTEM), extra);
        let (usable, old): (Vec<_>, Vec<_>) = found.into_iter().partition(|i| i.version >= MINIMUM_VERSION);
        if usable.is_empty() {
            let looked = [Path::new(SYSTEM)].into_iter().chain(extra.iter().map(PathBuf::as_path));
            return Err(Error::NotFound {
                minimum: MINIMUM_VERSION,
                looked: looked.map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "),
                found: old.first().map(|i| i.version),
            });
        }
        Ok(usable)
    }

    /// The one to use for the data folder `data`: the version that made it, or the first if it is empty.
    pub fn for_data(data: &Path, extra: &[PathBuf]) -> Result<Self, Error> {
        let all = Self::all(extra)?;
        let made_by =
            fs::read_to_string(data.join("PG_VERSION")).ok().and_then(|text| text.trim().parse().ok());
        choose(all, made_by).map_err(|(data_version, all)| Error::WrongVersion {
            path: data.to_path_buf(),
            data: data_version,
            installed: all.iter().map(|i| i.version.to_string()).collect::<Vec<_>>().join(", "),
        })
    }

    /// The path of one of the programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

fn choose(all: Vec<Installation>, made_by: Option<u32>) -> Result<Installation, (u32, Vec<Installation>)> {
    let index = match made_by {
        None => Some(0),
        Some(version) => all.iter().position(|i| i.version == version),
    };
    match index.and_then(|i| all.get(i)) {
        Some(found) => Ok(found.clone()),
        None => Err((made_by.unwrap_or_default(), all)),
    }
}

fn discover(system: &Path, extra: &[PathBuf]) -> Vec<Installation> {
    let mut found: Vec<_> = fs::read_dir(system)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            let bin = path.join("bin");
            bin.join("initdb").is_file().then_some(Installation { bin, version })
        })
        .collect();
    found.sort_by_key(|i| std::cmp::Reverse(i.version));
    found.extend(extra.iter().filter_map(|dir| probe(&dir.join("bin"))));
    found
}

/// Asks the programs themselves, because a folder's name says nothing about its version.
fn probe(bin: &Path) -> Option<Installation> {
    let bin = bin.canonicalize().ok()?;
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    Some(Installation { version: major(&String::from_utf8_lossy(&output.stdout))?, bin })
}

/// The major version in `postgres (PostgreSQL) 18.4 (Debian ...)`.
fn major(text: &str) -> Option<u32> {
    text.split(") ").nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(version: u32) -> Installation {
        Installation { bin: PathBuf::from(format!("/x/{version}")), version }
    }

    #[test]
    fn versions_are_read_from_releases_and_betas() {
        assert_eq!(major("postgres (PostgreSQL) 18.4\n"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("nonsense"), None);
    }

    #[test]
    fn data_is_opened_by_the_version_that_made_it() {
        let all = || vec![installation(15), installation(18)];
        assert_eq!(choose(all(), None).unwrap().version, 15);
        assert_eq!(choose(all(), Some(18)).unwrap().version, 18);
        assert_eq!(choose(all(), Some(16)).unwrap_err().0, 16);
    }

    #[test]
    fn the_newest_system_version_comes_first_and_folders_without_programs_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        for version in ["9.6", "15", "17", "18"] {
            fs::create_dir_all(dir.path().join(version).join("bin")).unwrap();
        }
        for version in ["15", "17"] {
            fs::write(dir.path().join(version).join("bin/initdb"), "").unwrap();
        }
        let versions: Vec<_> = discover(dir.path(), &[]).iter().map(|i| i.version).collect();
        assert_eq!(versions, [17, 15]);
    }
}
