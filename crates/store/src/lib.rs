//! Everything Shepherd keeps: queries, migrations, the event order, leases and sealed secrets.
//!
//! One file per resource, named as in the other layers. Each write takes a [`Tx`], so that a use case
//! decides what commits together; each read takes a `&mut PgConnection` or a [`Db`]. SQL lives here and nowhere else;
//! HTTP, Kubernetes and the decision who may do what do not live here.
//!
//! All time is the database's `app_now()` ([`clock`]), all order the event table's ([`events`]).

pub mod access;
pub mod accounts;
pub mod advanced_paths;
pub mod alternatives;
mod announce;
pub mod approvers;
pub mod audit;
pub mod audit_export;
pub mod audit_keys;
pub mod audit_retention;
pub mod audit_seal;
pub mod audit_words;
pub mod batch_dispatch;
pub mod batch_names;
pub mod batches;
pub mod bindings;
pub mod callers;
pub mod calling_off;
pub mod capability;
pub mod catalogue;
pub mod clock;
pub mod cluster_links;
pub mod cluster_namespaces;
pub mod cluster_status;
pub mod clusters;
pub mod comments;
pub mod consoles;
pub mod db;
pub mod decisions;
pub mod drafts;
pub mod environments;
pub mod epochs;
pub mod error;
pub mod events;
pub mod failpoint;
pub mod grants;
pub mod groups;
pub mod home;
pub mod idempotency;
pub mod inbox;
pub mod inbox_fan;
pub mod inbox_roles;
pub mod inventory;
pub mod lease;
pub mod limits;
pub mod lookup;
pub mod namespaces;
pub mod networks;
pub mod operations;
pub mod pending;
pub mod people;
pub mod placement;
pub mod policies;
pub mod pool_health;
pub mod pool_rollouts;
pub mod pool_work;
pub mod pools;
pub mod provision;
pub mod quota;
pub mod request_edits;
pub mod request_facts;
pub mod request_fields;
pub mod request_lists;
mod request_scope;
pub mod request_secrets;
pub mod requests;
pub mod roles;
pub mod secrets;
pub mod services;
pub mod sessions;
pub mod sizes;
pub mod ssh_keys;
pub mod systems;
pub mod templates;
pub mod throttle;
pub mod timeline;
pub mod transfers;
pub mod trash;
pub mod unmanaged;
pub mod vm_changes;
pub mod vm_lists;
pub mod vms;

pub use db::{Db, DbConfig, Tx};
pub use error::{Result, StoreError};
/// A database connection, pooled or of a transaction: what read functions take.
pub use sqlx::PgConnection as Conn;
