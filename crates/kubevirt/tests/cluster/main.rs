//! The client against a cluster over real TLS, HTTP and WebSockets: the embedded engine, or where
//! `make test-kubernetes` runs it, a real API server with KubeVirt's own control plane.
//!
//! The client is written against Kubernetes and KubeVirt; where the engine differs from them, the engine is
//! wrong. What only a broken cluster does is tested in the crate with a scripted one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and its helpers are not marked as tests")]

mod changing;
mod connecting;
mod consoles;
mod powering;
mod probing;
mod rights;
mod site;
mod watching;
mod writing;
