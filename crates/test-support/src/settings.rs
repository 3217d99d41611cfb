//! What tests take from their environment; the only place that reads it.

#[cfg(feature = "db")]
use std::path::Path;
#[cfg(any(feature = "cluster", feature = "db"))]
use std::path::PathBuf;

/// A superuser's URL of the server to test on. `DATABASE_URL` is also what the macros of sqlx use.
#[cfg(feature = "db")]
#[expect(
    clippy::disallowed_methods,
    reason = "test programs have no command line of ours to declare a setting on"
)]
pub(crate) fn database_url() -> Option<String> {
    std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())
}

/// The directory of the real cluster to test on; without it tests bring their own, embedded one.
#[cfg(feature = "cluster")]
#[expect(
    clippy::disallowed_methods,
    reason = "test programs have no command line of ours to declare a setting on"
)]
pub(crate) fn kubernetes() -> Option<PathBuf> {
    std::env::var("SHEPHERD_TEST_KUBERNETES").ok().filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The workspace's folder.
#[cfg(feature = "db")]
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
