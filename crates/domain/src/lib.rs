//! The rules of Shepherd as pure functions.
//!
//! A request goes through these modules in about this order: [`names`] and [`template`] read what is asked for,
//! [`compute`] and [`network`] hold what the catalogue can offer, [`spec`] gives it one form and a hash, [`policy`] says who must agree, [`quota`] what it uses, [`placement`]
//! where it can go; [`approval`] judges each decision; [`manifest`] renders what is sent to the cluster and
//! [`plan`] says how the work proceeds; [`rights`] says what our account needs there and [`owner`] who may own what nobody governs; [`pool`] keeps groups of VMs; [`audit`] seals what happened and [`merkle`] puts it into one tree. [`states`] holds the words all of them
//! use, [`reason`] the coded statements they answer with, [`authz`] who may do what.
//!
//! Invariants: nothing here does I/O, reads a clock or knows HTTP, SQL or Kubernetes clients; the time
//! is an argument. Every other crate may depend on this one; it depends on none of them.

#[macro_use]
pub mod states;
pub mod advanced;
pub mod approval;
pub mod audit;
pub mod authz;
pub mod batch;
pub mod compute;
pub mod cursor;
pub mod fields;
pub mod hash;
pub mod ids;
pub mod inbox;
pub mod manifest;
pub mod merkle;
pub mod names;
pub mod network;
pub mod note;
pub mod owner;
pub mod placement;
pub mod plan;
pub mod policy;
pub mod pool;
pub mod quota;
pub mod reason;
pub mod rights;
pub mod source;
pub mod spec;
pub mod support;
pub mod target;
pub mod template;
