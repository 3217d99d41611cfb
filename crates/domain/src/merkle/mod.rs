//! The tree over a log that only grows (RFC 6962, RFC 9162): its root says what all leaves are and in which order.
//!
//! Leaves and nodes are hashed under different prefixes, so that neither can be taken for the other. [`Frontier`]
//! appends in constant memory; [`proof`] says which subtrees prove that a leaf is in a tree ([`proof::inclusion`]) or
//! that one tree begins another ([`proof::consistency`]), and checks such proofs.
//! Not here: what a leaf stands for, who signs a root ([`crate::audit::checkpoint`]), and where nodes are kept.

mod frontier;
pub mod proof;

use std::fmt;

use sha2::{Digest, Sha256};

pub use frontier::Frontier;

/// A node of the tree: a leaf, a subtree's root, or the root of all.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHash([u8; Self::LEN]);

impl TreeHash {
    /// Bytes of a node.
    pub const LEN: usize = 32;

    /// The node of a leaf with these contents.
    pub fn leaf(contents: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(contents).finalize().into())
    }

    /// The node over two others.
    pub fn node(left: Self, right: Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }

    /// The root of a tree without leaves.
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The stored form.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// From the stored form; any 32 bytes are a node.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreeHash({self})")
    }
}

/// A whole subtree of `2^level` leaves, the `index`-th of its size from the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub level: u32,
    pub index: u64,
}

#[cfg(test)]
mod tests;
