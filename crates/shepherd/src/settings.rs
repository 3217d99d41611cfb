//! Settings that several commands share. What is secret can be given as a file, so that it is in no process list.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;

use crate::failure::Failure;

/// How to reach the database.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// Address of the PostgreSQL database (15 to 18)
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = secret, help_heading = "Database")]
    database_url: Option<SecretString>,
    /// A file that holds the address instead
    #[arg(long, env = "DATABASE_URL_FILE", conflicts_with = "database_url", help_heading = "Database")]
    database_url_file: Option<PathBuf>,
}

impl Database {
    /// The address, wherever it is given.
    pub fn url(&self) -> Result<SecretString, Failure> {
        match (&self.database_url, &self.database_url_file) {
            (Some(url), _) => Ok(url.clone()),
            (None, Some(path)) => read_secret(path),
            (None, None) => {
                let text = "no database is named; set DATABASE_URL or --database-url-file, or use `shepherd up`, which brings its own";
                Err(Failure::new("DATABASE_UNAVAILABLE", text))
            }
        }
    }

    /// The address if one is given.
    pub fn given(&self) -> Result<Option<SecretString>, Failure> {
        match (&self.database_url, &self.database_url_file) {
            (None, None) => Ok(None),
            _ => self.url().map(Some),
        }
    }
}

/// Where the root keys are.
#[derive(Debug, Clone, Args)]
pub struct RootKeys {
    /// A file with a root key (32 bytes in base64); several for rotation, the first seals
    #[arg(
        long = "root-key-file",
        value_name = "FILE",
        env = "SHEPHERD_ROOT_KEY_FILE",
        value_delimiter = ',',
        help_heading = "Secrets"
    )]
    pub files: Vec<PathBuf>,
}

impl RootKeys {
    /// Reads them. Without one nothing starts.
    pub fn load(&self) -> Result<shepherd_store::secrets::Keyring, Failure> {
        shepherd_store::secrets::Keyring::from_files(&self.files).map_err(|error| {
            match self.files.is_empty() {
                true => Failure::new(
                    "ROOT_KEY_MISSING",
                    format!(
                        "{error}: --root-key-file or SHEPHERD_ROOT_KEY_FILE. Make one with: \
                 (umask 077; head -c 32 /dev/urandom | base64 > root.key)"
                    ),
                ),
                false => error.into(),
            }
        })
    }
}

/// For flags whose value must not be printed.
pub fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text))
}

/// The first line of a file.
pub fn read_secret(path: &Path) -> Result<SecretString, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::io(path.display(), error))?;
    Ok(SecretString::from(text.lines().next().unwrap_or_default().trim()))
}
