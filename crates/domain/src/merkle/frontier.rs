//! The right edge of a growing tree.

use super::{Place, TreeHash};

/// The roots of the whole subtrees a tree of this size consists of, the largest first: one for each bit of the size.
/// All that is needed to append, at most 64 nodes however many leaves there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<TreeHash>,
}

impl Frontier {
    /// The frontier of `size` leaves from its parts; `None` when their number is not that of the size.
    pub fn new(size: u64, peaks: Vec<TreeHash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// From its peaks one behind the other.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (peaks, rest) = bytes.as_chunks::<{ TreeHash::LEN }>();
        Self::new(size, peaks.iter().copied().map(TreeHash::from_bytes).collect()).filter(|_| rest.is_empty())
    }

    /// Its peaks one behind the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|peak| *peak.as_bytes()).collect()
    }

    /// How many leaves there are, and the position of the next.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and tells every subtree that became whole by it, the leaf itself first.
    pub fn append(&mut self, leaf: TreeHash, mut whole: impl FnMut(Place, TreeHash)) {
        let mut place = Place { level: 0, index: self.size };
        let mut hash = leaf;
        whole(place, hash);
        // Each low bit that is set is a subtree as large as the one just made whole, to its left.
        while place.index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            place = Place { level: place.level + 1, index: place.index >> 1 };
            hash = TreeHash::node(left, hash);
            whole(place, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> TreeHash {
        fold(&self.peaks)
    }
}

/// The root over subtrees side by side, the largest first.
pub(super) fn fold(peaks: &[TreeHash]) -> TreeHash {
    let root = peaks.iter().rev().copied().reduce(|right, left| TreeHash::node(left, right));
    root.unwrap_or_else(TreeHash::empty)
}
