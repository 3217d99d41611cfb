//! Typed partial views of what a cluster says: the fields we read and nothing else.
//!
//! A whole VMI as a generic object costs 30 times the memory of its view, most of it `managedFields`. Views
//! ignore unknown fields, read null as absent and clean every text (length, control characters: PostgreSQL
//! refuses NUL), so that one odd object cannot stop an inventory.

mod condition;
mod de;
mod disks;
mod meta;
mod quantity;
mod vm;
mod vmi;

pub use condition::{Condition, Conditions, Truth};
pub use disks::Disks;
pub use meta::Meta;
pub use quantity::{bytes, millis};
pub use vm::{RunStrategy, StartFailure, StateChange, StateChangeRequest, Vm, VmSpec, VmStatus};
pub use vmi::{GuestOs, Interface, Migration, Phase, Requested, Vmi, VmiStatus};

pub(crate) use de::text;

#[cfg(test)]
mod tests;
