//! Client for any KubeVirt cluster: typed partial views, writes that can be repeated, watch, console
//! streams and a capability probe.
//!
//! Invariants:
//! * every call has a deadline and a bound on the bytes it reads; a cluster is hostile until proven otherwise;
//! * a write to an existing VM names its UID, so that a foreign VM of the same name is never touched;
//! * every write may be repeated after a crash and then reports that there was nothing left to do;
//! * the cluster's own words are kept apart as [`Detail`] and never decide what a person is told.
//!
//! Not here: requests, users, permits, retries and circuit breaking (the job facade's), and any cache:
//! the watch streams into the caller's database.

pub mod config;
pub mod console;
mod detail;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod intake;
mod path;
pub mod probe;
pub mod state;
mod transport;
pub mod views;
mod watch;
mod write;

mod connect;
#[cfg(test)]
mod scripted;

pub use config::{ClusterConfig, ConfigError, Credentials, Deadlines};
pub use connect::{Cluster, VmRef};
pub use console::{Channel, ConsoleStream};
pub use detail::Detail;
pub use error::{Cause, Error, Reach};
pub use intake::{Intake, parse_kubeconfig};
pub use probe::Capability;
pub use state::{Observed, Power, observed};
pub use views::{Vm, Vmi};
pub use watch::{Kind, Object, Unreadable, WatchEvent, WatchOptions};
pub use write::{Created, Deletion, DryRun, Namespaced, Outcome};

/// Annotation on a VM that carries our VM id. The create-or-compare rule reads it: a VM without it, or with
/// another id, is foreign and is never written to.
pub const VM_ID_ANNOTATION: &str = "shepherd.dev/vm-id";

/// Label on namespaces that Shepherd governs.
pub const GOVERNED_LABEL: &str = "shepherd.dev/governed";

/// Field manager of our creates and full applies.
pub const FIELD_MANAGER: &str = "shepherd";
