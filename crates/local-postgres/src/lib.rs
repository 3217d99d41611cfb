//! Finds a PostgreSQL installation on this machine and runs a private server from it.
//!
//! `shepherd up`, `cargo xtask db` and the test harness all need "a PostgreSQL, whatever it takes", and must
//! agree on where it is and how it is started; that agreement is this crate.
//!
//! Invariants: the server listens on 127.0.0.1 only and wants a password that only the owner of its folder
//! can read; it never runs as root; starting is idempotent and safe from several processes at once.
//!
//! Not here: the schema, migrations, connections. A `DATABASE_URL` given by the operator goes before all of this
//! and is the caller's business; [`roles_sql`] prepares such a server as a private one is prepared.

mod account;
mod error;
mod home;
mod installation;
mod role;
mod server;

pub use account::Account;
pub use error::Error;
pub use home::private_home;
pub use installation::{Installation, MINIMUM_VERSION};
pub use role::{Role, role_url, roles_sql};
pub use server::{Durability, Server};
