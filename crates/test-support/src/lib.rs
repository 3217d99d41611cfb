//! What the tests of all crates share: a database of one's own, and waiting for a condition.
//!
//! The database is a real PostgreSQL, always; there is no mock and no "skipped, no server found". Nothing here
//! ships. Clients, people and clusters for whole-program tests build on this and do not belong in it.

mod db;
mod server;
mod settings;
mod wait;

pub use db::TestDb;
pub use wait::{wait_for, wait_until};
