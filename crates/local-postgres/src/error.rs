//! What can go wrong, each with what to do about it: these texts are read by a newcomer on the first run.

use std::path::PathBuf;

/// Why there is no private PostgreSQL server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither the system nor the set-up folder has a usable PostgreSQL.
    #[error(
        "no PostgreSQL {minimum} or newer found (looked in {looked}{}). Run scripts/setup.sh runtime, or install Debian's \
         postgresql package, or set DATABASE_URL",
        found.map(|v| format!("; version {v} is too old")).unwrap_or_default()
    )]
    NotFound {
        /// Oldest major version that serves.
        minimum: u32,
        /// The places that were searched.
        looked: String,
        /// The newest version that was found and refused.
        found: Option<u32>,
    },
    /// The data folder was made by another major version than any that is installed.
    #[error(
        "the data in {} was made by PostgreSQL {data}, which is not installed (found: {installed}). Install that version, \
         or move the folder away to start empty",
        path.display()
    )]
    WrongVersion {
        /// The data folder.
        path: PathBuf,
        /// Major version of the data.
        data: u32,
        /// Major versions that are installed.
        installed: String,
    },
    /// We are root, PostgreSQL refuses root, and there is no account to run it as.
    #[error(
        "PostgreSQL does not run as root and the system account 'shepherd' is missing. Run scripts/setup.sh runtime"
    )]
    NoAccount,
    /// A program of PostgreSQL failed; its own words follow.
    #[error("{program} failed: {message}")]
    Program {
        /// Name of the program, such as `initdb`.
        program: String,
        /// The end of what it printed.
        message: String,
    },
    /// `DATABASE_URL` cannot be read. The URL itself is not repeated: it may hold a password.
    #[error("the database URL is not valid: {message}")]
    Url {
        /// What is wrong with it.
        message: String,
    },
    /// A file or folder of ours could not be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being used.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
}

pub(crate) trait At<T> {
    /// Names the path in an I/O error, which the standard library does not.
    fn at(self, path: impl Into<PathBuf>) -> Result<T, Error>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, Error> {
        self.map_err(|source| Error::Io { path: path.into(), source })
    }
}
