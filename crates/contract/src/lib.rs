//! The API contract in Rust: types, the operation table, and behind features the server traits and the client.
//!
//! `types`, `operations`, `server` and `client` are written by `cargo xtask codegen` from `api/*.yaml` and are not
//! edited by hand; `runtime` is written by hand and holds what does not differ between operations. An operation that
//! nobody implements does not compile: it is a method of its tag's trait. Nothing here knows a business rule.

pub mod runtime;

// Generated code has the generator's layout; rustfmt and matters of taste do not apply to it.
#[cfg(feature = "client")]
#[rustfmt::skip]
#[allow(clippy::too_many_arguments)]
pub mod client;
#[rustfmt::skip]
pub mod operations;
#[cfg(feature = "server")]
#[rustfmt::skip]
#[allow(clippy::too_many_arguments, unused_imports)]
pub mod server;
#[rustfmt::skip]
#[allow(clippy::large_enum_variant, unused_imports)]
pub mod types;

/// The path under which the API is served.
pub const BASE_PATH: &str = "/api/v1";
