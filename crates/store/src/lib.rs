//! Everything Shepherd keeps: queries, migrations, the event order, leases and sealed secrets.
//!
//! One file per resource, named as in the other layers. Each write takes a [`Tx`], so that a use case
//! decides what commits together; each read takes a `&mut PgConnection` or a [`Db`]. SQL lives here and nowhere else;
//! HTTP, Kubernetes and the decision who may do what do not live here.
//!
//! All time is the database's `app_now()` ([`clock`]), all order the event table's ([`events`]).

pub mod audit;
pub mod callers;
pub mod clock;
pub mod consoles;
pub mod db;
pub mod decisions;
pub mod error;
pub mod events;
pub mod idempotency;
pub mod inventory;
pub mod lease;
pub mod operations;
pub mod people;
pub mod policies;
pub mod quota;
pub mod request_facts;
pub mod requests;
pub mod secrets;
pub mod services;
pub mod sessions;
pub mod systems;
pub mod throttle;
pub mod vms;

pub use db::{Db, DbConfig, Tx};
pub use error::{Result, StoreError};
