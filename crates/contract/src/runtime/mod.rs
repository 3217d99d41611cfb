//! What the generated code stands on, written by hand.
//!
//! The rest of this crate is written by `cargo xtask codegen` from `api/*.yaml`. Everything that does not differ from
//! operation to operation lives here instead, so that the generated files stay dull: they say which operation, which
//! types and which method, and nothing else. No business rule and no SQL belongs here.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
mod conform;
mod operation;
mod patch;
mod problem;
#[cfg(feature = "validate")]
mod response;
#[cfg(feature = "validate")]
mod schema;
mod secret;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "validate")]
mod validate;

#[cfg(feature = "server")]
pub use conform::{ValidateResponses, Violations};
pub use operation::{Compiled, Document, Operation, Payload, Permission, Precondition, Stream};
pub use patch::Patch;
pub use problem::{FieldError, Problem, ProblemBody};
#[cfg(feature = "validate")]
pub use response::validate_response;
pub use secret::Secret;

/// A text that is not a value of a closed enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a value of {0}")]
pub struct UnknownValue(pub &'static str);
