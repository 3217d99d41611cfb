//! Proofs about a tree, as the subtrees that make them up, and their checks (RFC 9162, sections 2.1.3 and 2.1.4).
//!
//! A proof is a list of subtrees by the range of their leaves. Making one needs the root of each range, which
//! [`places`] takes apart into whole subtrees that can be looked up. Checking needs nothing but the hashes.

use std::ops::Range;

use super::frontier::fold;
use super::{Place, TreeHash};

/// The ranges whose roots prove that leaf `index` is in the tree of `size` leaves, from the leaf upward. Empty when it
/// is not, or is the only one.
pub fn inclusion(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    if index >= size {
        return path;
    }
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(middle..to);
            to = middle;
        } else {
            path.push(from..middle);
            from = middle;
        }
    }
    path.reverse();
    path
}

/// The ranges whose roots prove that the tree of `old` leaves begins the tree of `new` leaves. Empty when `old` is 0,
/// `new`, or more.
pub fn consistency(old: u64, new: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    if old == 0 || old >= new {
        return path;
    }
    let (mut from, mut to) = (0, new);
    // Whether what is left is a subtree of the old tree that the checker can make from its old root.
    let mut known = true;
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(middle..to);
            to = middle;
        } else {
            path.push(from..middle);
            from = middle;
            known = false;
        }
    }
    if !known {
        path.push(from..to);
    }
    path.reverse();
    path
}

/// The largest power of two smaller than `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The whole subtrees that a range of a proof consists of, from left to right, which is the largest first.
pub fn places(range: &Range<u64>) -> Vec<Place> {
    let mut places = Vec::new();
    let mut from = range.start;
    while from < range.end {
        let level = u64::BITS - 1 - (range.end - from).leading_zeros();
        places.push(Place { level, index: from >> level });
        from += 1 << level;
    }
    places
}

/// The root over the whole subtrees that [`places`] named, in that order.
pub fn join(hashes: &[TreeHash]) -> TreeHash {
    fold(hashes)
}

/// Whether the path proves `leaf` at `index` of the tree with this size and root.
pub fn verify_inclusion(leaf: TreeHash, index: u64, size: u64, path: &[TreeHash], root: TreeHash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = TreeHash::node(*step, hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = TreeHash::node(hash, *step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// Whether the path proves that the tree `old` (size and root) begins the tree `new`.
pub fn verify_consistency(old: (u64, TreeHash), new: (u64, TreeHash), path: &[TreeHash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    if old_size == 0 || old_size > new_size {
        return old_size == 0 && path.is_empty() && old_root == TreeHash::empty();
    }
    let mut steps = path.iter().copied();
    let first = if old_size.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut before, mut after) = (first, first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = TreeHash::node(step, before);
            after = TreeHash::node(step, after);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            after = TreeHash::node(after, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && before == old_root && after == new_root
}
