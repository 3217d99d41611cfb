use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// The definition of RFC 6962, word for word.
fn naive(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => TreeHash::empty(),
        [one] => *one,
        many => {
            let mut k = 1;
            while k * 2 < many.len() {
                k *= 2;
            }
            TreeHash::node(naive(&many[..k]), naive(&many[k..]))
        }
    }
}

fn leaves(count: usize) -> Vec<TreeHash> {
    (0..count).map(|n| TreeHash::leaf(&n.to_be_bytes())).collect()
}

fn grown(leaves: &[TreeHash]) -> (Frontier, HashMap<Place, TreeHash>) {
    let (mut frontier, mut whole) = (Frontier::default(), HashMap::new());
    for leaf in leaves {
        frontier.append(*leaf, |place, hash| {
            assert!(whole.insert(place, hash).is_none(), "{place:?} is made once");
        });
    }
    (frontier, whole)
}

/// A proof made as a server makes it: from whole subtrees alone.
fn proven(ranges: &[std::ops::Range<u64>], whole: &HashMap<Place, TreeHash>) -> Vec<TreeHash> {
    let root = |range| proof::join(&proof::places(range).iter().map(|p| whole[p]).collect::<Vec<_>>());
    ranges.iter().map(root).collect()
}

#[test]
fn known_roots() {
    // The test vectors of Certificate Transparency.
    let inputs =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let leaves: Vec<_> = inputs.iter().map(|text| TreeHash::leaf(&hex::decode(text).unwrap())).collect();
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (count, root) in (1..).zip(roots) {
        assert_eq!(grown(&leaves[..count]).0.root().to_string(), root, "{count} leaves");
    }
    assert_eq!(Frontier::default().root(), TreeHash::empty());
}

#[test]
fn every_proof_of_small_trees_holds_and_no_other() {
    let all = leaves(40);
    for size in 1..=all.len() {
        let (frontier, whole) = grown(&all[..size]);
        let (n, root) = (size as u64, frontier.root());
        for index in 0..n {
            let path = proven(&proof::inclusion(index, n), &whole);
            let leaf = all[usize::try_from(index).unwrap()];
            assert!(proof::verify_inclusion(leaf, index, n, &path, root), "{index} of {n}");
            assert!(!proof::verify_inclusion(all[0], index + 1, n, &path, root), "{index} of {n}");
            assert!(!proof::verify_inclusion(TreeHash::empty(), index, n, &path, root));
            if let Some((_, short)) = path.split_last() {
                assert!(!proof::verify_inclusion(leaf, index, n, short, root));
            }
            let long = [path, vec![root]].concat();
            assert!(!proof::verify_inclusion(leaf, index, n, &long, root));
        }
        for old in 0..=size {
            let before = (old as u64, naive(&all[..old]));
            let path = proven(&proof::consistency(old as u64, n), &whole);
            assert!(proof::verify_consistency(before, (n, root), &path), "{old} begins {n}");
            let other = TreeHash::leaf(b"other");
            assert!(!proof::verify_consistency((before.0, other), (n, root), &path), "{old} of {n}");
            assert!(!proof::verify_consistency(before, (n, other), &path) || old == 0, "{old} of {n}");
            let long = [path, vec![root]].concat();
            assert!(!proof::verify_consistency(before, (n, root), &long), "{old} of {n}");
        }
    }
}

#[test]
fn a_frontier_is_read_back_or_refused() {
    let (frontier, _) = grown(&leaves(37));
    let bytes = frontier.to_bytes();
    assert_eq!(Frontier::from_bytes(37, &bytes), Some(frontier));
    assert_eq!(Frontier::from_bytes(36, &bytes), None);
    assert_eq!(Frontier::from_bytes(37, &bytes[1..]), None);
}

proptest! {
    #[test]
    fn growing_is_the_definition(count in 0_usize..600, cut in 0_usize..600) {
        let all = leaves(count);
        let (frontier, whole) = grown(&all);
        prop_assert_eq!(frontier.size(), count as u64);
        prop_assert_eq!(frontier.root(), naive(&all));
        for (place, hash) in whole {
            let from = usize::try_from(place.index << place.level).unwrap();
            prop_assert_eq!(hash, naive(&all[from..from + (1 << place.level)]));
        }
        // Stopped anywhere and read back, it grows on to the same.
        let (half, _) = grown(&all[..cut.min(count)]);
        let mut half = Frontier::from_bytes(half.size(), &half.to_bytes()).unwrap();
        all[cut.min(count)..].iter().for_each(|leaf| half.append(*leaf, |_, _| {}));
        prop_assert_eq!(half, frontier);
    }

    #[test]
    fn no_proof_survives_a_changed_byte(size in 2_u64..300, pick in any::<(u64, usize, u8)>()) {
        let all = leaves(usize::try_from(size).unwrap());
        let (frontier, whole) = grown(&all);
        let index = pick.0 % size;
        let mut path = proven(&proof::inclusion(index, size), &whole);
        let step = pick.1 % path.len();
        let mut bytes = *path[step].as_bytes();
        bytes[pick.1 % 32] ^= pick.2 | 1;
        path[step] = TreeHash::from_bytes(bytes);
        let leaf = all[usize::try_from(index).unwrap()];
        prop_assert!(!proof::verify_inclusion(leaf, index, size, &path, frontier.root()));
    }

    #[test]
    fn any_answer_is_checked_in_peace(sizes in any::<(u64, u64)>(), count in 0_usize..70) {
        let path = leaves(count);
        let root = TreeHash::empty();
        prop_assert!(!proof::verify_inclusion(root, sizes.0, sizes.1, &path, root));
        let _ = proof::verify_consistency((sizes.0, root), (sizes.1, root), &path);
        let ranges = proof::inclusion(sizes.0.min(sizes.1), sizes.0.max(sizes.1));
        prop_assert!(ranges.len() <= 64 && ranges.iter().all(|r| proof::places(r).len() <= 64));
    }
}
