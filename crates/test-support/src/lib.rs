//! What the tests of all crates share: a database and a cluster of one's own, and waiting for a condition.
//!
//! The database is a real PostgreSQL, always; there is no mock and no "skipped, no server found". Nothing here
//! ships. The feature `app` adds the whole program with people in it, for the tests of the crates above `app`.

#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "cluster")]
mod cluster;
#[cfg(feature = "db")]
mod db;
#[cfg(feature = "db")]
mod server;
mod settings;
mod wait;

#[cfg(feature = "cluster")]
pub use cluster::TestCluster;
#[cfg(feature = "db")]
pub use db::TestDb;
pub use wait::{wait_for, wait_until};
