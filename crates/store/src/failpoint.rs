//! Places at which a test ends the process, to see what a restart makes of it.
//!
//! Only with the feature `failpoints`, which no shipped build has: without it a point is nothing at all. What happens
//! at a point is the test's to say (`fail::cfg_callback`); the names are [`COMMIT_BEFORE`], [`COMMIT_AFTER`] and
//! [`CLUSTER_ACTED`]. Not here: errors on purpose, which tests cause from outside.

/// All of a transaction is written and nothing is decided yet.
pub const COMMIT_BEFORE: &str = "commit.before";
/// The transaction has committed and nobody has been told.
pub const COMMIT_AFTER: &str = "commit.after";
/// A cluster has done what it was asked to, and that is not written down yet.
pub const CLUSTER_ACTED: &str = "cluster.acted";

/// Passes a point.
#[inline]
pub fn pass(point: &'static str) {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(point);
    #[cfg(not(feature = "failpoints"))]
    let _ = point;
}
