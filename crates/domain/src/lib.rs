//! The rules of Shepherd as pure functions: names, states, canonical specs and hashes, permissions,
//! approval, placement, quota arithmetic and manifest rendering.
//!
//! Invariants: nothing here does I/O, reads a clock or knows HTTP, SQL or Kubernetes clients; the time
//! is an argument. Every other crate may depend on this one; it depends on none of them.

#[macro_use]
pub mod states;
pub mod approval;
pub mod authz;
pub mod hash;
pub mod ids;
pub mod manifest;
pub mod names;
pub mod placement;
pub mod plan;
pub mod policy;
pub mod quota;
pub mod reason;
pub mod spec;
pub mod template;
