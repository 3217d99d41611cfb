//! The export of the audit log: one line of JSON for each leaf and each checkpoint (CloudEvents 1.0, data in OCSF).
//!
//! A line is a function of what is proven: position, leaf hash and canonical bytes, or a checkpoint's note and what
//! it covers. [`Reader`] makes it anew from those and compares, so that no byte of a line can be changed unseen, not in
//! the parts that only a SIEM looks at either. For that the rendering of a version is frozen: whoever wants another one
//! adds a version and keeps this one, or exports that were made before do not verify any more.
//! Not here: whether lines that are sound are also in order and all there ([`super::verify`]).

mod ocsf;
mod read;
mod write;

pub use read::{Line, LineFault, Reader};
pub use write::{Unrendered, checkpoint_line, leaf_line};

use crate::hash::LeafHash;

/// The type of a line with a leaf's content.
const EVENT: &str = "shepherd.audit.event.v1";
/// The type of a line with a leaf whose content is no longer kept.
const EXPIRED: &str = "shepherd.audit.expired.v1";
/// The type of a line with a checkpoint.
const CHECKPOINT: &str = "shepherd.audit.checkpoint.v1";

/// The most leaves that one checkpoint adds, so that its line has a bounded length.
pub const MAX_BATCH: usize = 4096;

/// A checkpoint as it is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointLine {
    /// Which log.
    pub origin: String,
    /// How many leaves it covers.
    pub size: u64,
    /// How many the checkpoint before it covers.
    pub previous: u64,
    /// The signed note.
    pub note: String,
    /// The keys that may have signed it. Without one from elsewhere they prove nothing about who signed.
    pub keys: Vec<String>,
    /// The peaks of the tree ([`crate::merkle::Frontier::to_bytes`]): verification can begin behind this line.
    pub frontier: Vec<u8>,
    /// The leaves since the checkpoint before. They are proven by the root, so that a leaf that was replaced can be named.
    pub leaves: Vec<LeafHash>,
}

#[cfg(test)]
mod tests;
