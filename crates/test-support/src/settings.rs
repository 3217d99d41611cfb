//! What tests take from their environment; the only place that reads it.

use std::path::{Path, PathBuf};

/// A superuser's URL of the server to test on. `DATABASE_URL` is also what the macros of sqlx use.
#[expect(
    clippy::disallowed_methods,
    reason = "test programs have no command line of ours to declare a setting on"
)]
pub(crate) fn database_url() -> Option<String> {
    std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())
}

/// The workspace's folder.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
