//! The client against the embedded engine over real TLS, HTTP and WebSockets.
//!
//! The client is written against Kubernetes and KubeVirt; where the engine differs from them, the engine is
//! wrong. What only a broken cluster does is tested in the crate with a scripted one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and its helpers are not marked as tests")]

mod changing;
mod connecting;
mod consoles;
mod powering;
mod probing;
mod site;
mod watching;
mod writing;
