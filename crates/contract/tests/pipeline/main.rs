//! The path of a request, proved on a contract of its own (`tests/sample`) that has every construct once.
//!
//! Nothing here is about Shepherd's operations; those are proved where they are implemented.

#![expect(clippy::unwrap_used, reason = "clippy does not take the helpers of an integration test for a test")]

#[path = "../sample/src/client/mod.rs"]
#[rustfmt::skip]
#[allow(dead_code, unused_imports)]
mod client;
#[path = "../sample/src/operations.rs"]
#[rustfmt::skip]
#[allow(dead_code)]
mod operations;
#[path = "../sample/src/server/mod.rs"]
#[rustfmt::skip]
#[allow(unused_imports)]
mod server;
#[path = "../sample/src/types/mod.rs"]
#[rustfmt::skip]
#[allow(dead_code, unused_imports)]
mod types;

mod answers;
mod cancel;
mod harbour;
mod over_http;
mod refusals;
