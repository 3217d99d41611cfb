//! An embedded, single-node engine that speaks the Kubernetes and KubeVirt APIs.
//!
//! It lets Shepherd run on a laptop, in CI and in a trial without Kubernetes; production registers real KubeVirt
//! clusters. Parts are named as in KubeVirt: `api` (front door), `controller` (VM to VMI), `handler` (VMI to
//! guest), `launcher` (guests). The crate stands alone: it depends on no other crate of this workspace.
//!
//! Not here: scheduling over nodes, pods, live migration, storage classes.

mod admission;
mod api;
mod bootstrap;
mod claims;
pub mod cli;
mod clock;
mod config;
mod controller;
mod engine;
pub mod faults;
mod fields;
mod files;
mod handler;
pub mod images;
pub mod launcher;
mod object;
mod objects;
pub mod populate;
mod quantity;
mod schema;
pub mod store;
mod tls;
mod version;

#[cfg(any(test, fuzzing))]
pub use api::fuzzing;
pub use config::{Config, FurtherNode, NodeExtras, QemuOptions, RuntimeKind};
pub use engine::{EngineError, Handle, serve, start};
