//! The tree against published vectors, against an implementation by others, and against forged proofs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use serde_json::Value;

use crate::hex;
use crate::merkle::*;

fn leaf_of(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(bytes).finalize().into()
}

fn leaf_at(index: u64) -> Hash {
    leaf_of(&index.to_be_bytes())
}

fn tree_of(size: u64) -> Tree {
    (0..size).map(leaf_at).collect()
}

fn hashes(texts: &[&str]) -> Vec<Hash> {
    texts.iter().map(|text| hex::decode(text).unwrap()).collect()
}

/// The eight leaves of the Certificate Transparency reference tests.
const CT_LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Their roots, by size from 1.
const CT_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const CT_1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const CT_2_3: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const CT_4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const CT_4_5: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const CT_4_7: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const CT_6_7: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";

#[test]
fn the_tree_of_certificate_transparency_is_reproduced() {
    let tree: Tree = CT_LEAVES.iter().map(|leaf| leaf_of(leaf)).collect();
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root(), EMPTY_ROOT);
    assert_eq!(<[u8; 32]>::from(Sha256::digest(b"")), EMPTY_ROOT);
    for (position, root) in hashes(&CT_ROOTS).into_iter().enumerate() {
        frontier.push(leaf_of(CT_LEAVES[position]));
        assert_eq!(frontier.root(), root);
        assert_eq!(tree.root_at(frontier.size()), Ok(root));
    }
    let inclusion = |index, size| tree.inclusion_proof(Seq(index), Size(size)).unwrap();
    assert_eq!(inclusion(0, 1), hashes(&[]));
    assert_eq!(inclusion(0, 8), hashes(&[CT_1, CT_2_3, CT_4_7]));
    assert_eq!(inclusion(5, 8), hashes(&[CT_4, CT_6_7, CT_ROOTS[3]]));
    assert_eq!(inclusion(2, 3), hashes(&[CT_ROOTS[1]]));
    assert_eq!(inclusion(1, 5), hashes(&[CT_ROOTS[0], CT_2_3, CT_4]));
    let consistency = |from, to| tree.consistency_proof(Size(from), Size(to)).unwrap();
    assert_eq!(consistency(1, 1), hashes(&[]));
    assert_eq!(consistency(1, 8), hashes(&[CT_1, CT_2_3, CT_4_7]));
    assert_eq!(consistency(6, 8), hashes(&[CT_4_5, CT_6_7, CT_ROOTS[3]]));
    assert_eq!(consistency(2, 5), hashes(&[CT_2_3, CT_4]));
}

/// The worked example gives a leaf, two roots and two proofs; the other leaves are not part of it.
#[test]
fn the_proofs_of_the_worked_example_hold() {
    let golden: Value = serde_json::from_str(include_str!("../../../vectors/leaf-v1.json")).unwrap();
    let hash = |value: &Value| -> Hash {
        BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
    };
    let proof = |name: &str| -> Vec<Hash> { golden[name].as_array().unwrap().iter().map(hash).collect() };
    let (leaf, root) = (hash(&golden["leaf_hash_b64"]), hash(&golden["root_b64"]));
    let inclusion = proof("inclusion_41_in_50");
    assert_eq!(verify_inclusion(&leaf, Seq(41), Size(50), &inclusion, &root), Ok(()));
    let old_root = hash(&golden["root_at_42_b64"]);
    assert_eq!(verify_consistency(Size(42), Size(50), &proof("consistency_42_50"), &old_root, &root), Ok(()));
    let wrong_index = verify_inclusion(&leaf, Seq(40), Size(50), &inclusion, &root);
    assert_eq!(wrong_index, Err(ProofError::RootMismatch));
}

/// Compares everything that a tree of this size answers with what an independent implementation answers.
fn agrees_with_the_oracle(oracle: &MemoryBackedTree<Sha256, [u8; 8]>, tree: &Tree, others: &[u64]) {
    let size = oracle.len();
    let root = tree.root_at(Size(size)).unwrap();
    assert_eq!(oracle.root().as_bytes().as_slice(), root, "root at {size}");
    for &other in others.iter().filter(|other| **other < size) {
        let proof = tree.inclusion_proof(Seq(other), Size(size)).unwrap();
        let theirs = oracle.prove_inclusion(usize::try_from(other).unwrap());
        assert_eq!(proof.as_flattened(), theirs.as_bytes(), "{other} in {size}");
        assert_eq!(verify_inclusion(&leaf_at(other), Seq(other), Size(size), &proof, &root), Ok(()));
        if other > 0 {
            let proof = tree.consistency_proof(Size(other), Size(size)).unwrap();
            let theirs = oracle.prove_consistency(usize::try_from(size - other).unwrap());
            assert_eq!(proof.as_flattened(), theirs.as_bytes(), "{other} to {size}");
            let old_root = tree.root_at(Size(other)).unwrap();
            assert_eq!(verify_consistency(Size(other), Size(size), &proof, &old_root, &root), Ok(()));
        }
    }
}

#[test]
fn roots_and_proofs_of_every_small_tree_are_those_of_an_independent_implementation() {
    const SIZE: u64 = 70;
    let tree = tree_of(SIZE);
    let mut oracle = MemoryBackedTree::new();
    let mut frontier = Frontier::new();
    let others: Vec<u64> = (0..SIZE).collect();
    for index in 0..SIZE {
        oracle.push(index.to_be_bytes());
        frontier.push(leaf_at(index));
        agrees_with_the_oracle(&oracle, &tree, &others);
        assert_eq!(frontier.root(), tree.root_at(frontier.size()).unwrap());
        assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Ok(frontier.clone()));
    }
    assert_eq!((tree.size(), tree.root()), (frontier.size(), frontier.root()));
}

/// A proof that is not the right one is refused: longer, shorter, elsewhere, of another leaf or root.
#[test]
fn every_forged_proof_of_a_small_tree_is_refused() {
    const SIZE: u64 = 20;
    let tree = tree_of(SIZE);
    for size in 1..=SIZE {
        let root = tree.root_at(Size(size)).unwrap();
        for index in 0..size {
            let proof = tree.inclusion_proof(Seq(index), Size(size)).unwrap();
            let check = |leaf: u64, at: u64, of: u64, proof: &[Hash], root: &Hash| {
                verify_inclusion(&leaf_at(leaf), Seq(at), Size(of), proof, root)
            };
            let longer = [&proof[..], &[[0; 32]]].concat();
            assert_eq!(check(index, index, size, &longer, &root), Err(ProofError::TooLong));
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(check(index, index, size, shorter, &root), Err(ProofError::TooShort));
                assert!(check(index, index, size, &proof[1..], &root).is_err());
            }
            for other in (0..SIZE).filter(|other| *other != index) {
                assert!(check(index, other, size, &proof, &root).is_err(), "{index} at {other} of {size}");
                assert!(check(other, index, size, &proof, &root).is_err());
            }
            assert!(check(index, index, size, &proof, &[0; 32]).is_err());
            for position in 0..proof.len() {
                let mut proof = proof.clone();
                proof[position][31] ^= 1;
                assert_eq!(check(index, index, size, &proof, &root), Err(ProofError::RootMismatch));
            }
        }
        let outside = verify_inclusion(&leaf_at(0), Seq(size), Size(size), &[], &root);
        assert_eq!(outside, Err(ProofError::OutsideTree { index: Seq(size), size: Size(size) }));
    }
}

#[test]
fn every_forged_continuation_of_a_small_tree_is_refused() {
    const SIZE: u64 = 20;
    let tree = tree_of(SIZE);
    for to in 2..=SIZE {
        let new_root = tree.root_at(Size(to)).unwrap();
        for from in 1..to {
            let old_root = tree.root_at(Size(from)).unwrap();
            let proof = tree.consistency_proof(Size(from), Size(to)).unwrap();
            let check = |proof: &[Hash], old: &Hash, new: &Hash| {
                verify_consistency(Size(from), Size(to), proof, old, new)
            };
            let longer = [&proof[..], &[[0; 32]]].concat();
            assert_eq!(check(&longer, &old_root, &new_root), Err(ProofError::TooLong));
            assert_eq!(check(&proof[..proof.len() - 1], &old_root, &new_root), Err(ProofError::TooShort));
            assert!(check(&proof[1..], &old_root, &new_root).is_err());
            assert!(check(&[], &old_root, &new_root).is_err());
            assert!(check(&proof, &[0; 32], &new_root).is_err());
            assert_eq!(check(&proof, &old_root, &[0; 32]), Err(ProofError::NewRootMismatch));
            for position in 0..proof.len() {
                let mut proof = proof.clone();
                proof[position][0] ^= 0x80;
                assert!(check(&proof, &old_root, &new_root).is_err());
            }
            let shrinks = verify_consistency(Size(to), Size(from), &proof, &new_root, &old_root);
            assert_eq!(shrinks, Err(ProofError::Shrinks { from: Size(to), to: Size(from) }));
        }
    }
}

#[test]
fn trees_of_one_size_are_one_tree_and_any_tree_continues_the_empty_one() {
    let (root, other) = (tree_of(5).root(), tree_of(6).root());
    let check = |from, to, proof: &[Hash], old: &Hash, new: &Hash| {
        verify_consistency(Size(from), Size(to), proof, old, new)
    };
    assert_eq!(check(5, 5, &[], &root, &root), Ok(()));
    assert_eq!(check(5, 5, &[], &root, &other), Err(ProofError::NewRootMismatch));
    assert_eq!(check(5, 5, &[root], &root, &root), Err(ProofError::TooLong));
    assert_eq!(check(0, 5, &[], &EMPTY_ROOT, &root), Ok(()));
    assert_eq!(check(0, 5, &[], &root, &root), Err(ProofError::OldRootMismatch));
    assert_eq!(check(0, 5, &[root], &EMPTY_ROOT, &root), Err(ProofError::TooLong));
    assert_eq!(check(0, 0, &[], &EMPTY_ROOT, &EMPTY_ROOT), Ok(()));
    assert_eq!(check(0, 0, &[], &EMPTY_ROOT, &root), Err(ProofError::NewRootMismatch));
}

#[test]
fn what_the_tree_does_not_hold_it_does_not_prove() {
    let tree = tree_of(5);
    let outside = Err(ProofError::OutsideTree { index: Seq(5), size: Size(5) });
    assert_eq!(tree.inclusion_proof(Seq(5), Size(5)), outside);
    assert!(tree.inclusion_proof(Seq(0), Size(6)).is_err());
    assert!(tree.inclusion_proof(Seq(0), Size(0)).is_err());
    assert!(tree.root_at(Size(u64::MAX)).is_err());
    assert!(tree.consistency_proof(Size(5), Size(u64::MAX)).is_err());
    let shrinks = Err(ProofError::Shrinks { from: Size(5), to: Size(4) });
    assert_eq!(tree.consistency_proof(Size(5), Size(4)), shrinks);
}

#[test]
fn a_frontier_of_another_length_or_beyond_the_limit_is_refused() {
    let bytes = tree_of_frontier(6).to_bytes();
    for length in (0..bytes.len()).chain([bytes.len() + 1, bytes.len() + 32]) {
        let mut bytes = bytes.clone();
        bytes.resize(length, 0);
        assert!(matches!(Frontier::from_bytes(&bytes), Err(FrontierError::WrongLength { .. })), "{length}");
    }
    let mut huge = vec![0xFF; 8 + 64 * 32];
    assert_eq!(Frontier::from_bytes(&huge), Err(FrontierError::TooLarge(Size(u64::MAX))));
    huge[0] = 0x7F;
    huge.truncate(8 + 63 * 32);
    let mut last = Frontier::from_bytes(&huge).unwrap();
    last.push([0; 32]);
    assert_eq!(last.size(), Size(1 << 63));
}

fn tree_of_frontier(size: u64) -> Frontier {
    let mut frontier = Frontier::new();
    (0..size).for_each(|index| frontier.push(leaf_at(index)));
    frontier
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn larger_trees_agree_with_an_independent_implementation(
        size in 71_u64..1_500, others in proptest::collection::vec(0_u64..1_500, 8),
    ) {
        let mut oracle = MemoryBackedTree::new();
        (0..size).for_each(|index| oracle.push(index.to_be_bytes()));
        agrees_with_the_oracle(&oracle, &tree_of(size), &others);
        prop_assert_eq!(tree_of_frontier(size).root(), tree_of(size).root());
    }
}

proptest! {
    /// What is remembered of one proof lets no other one through, good or bad, in whatever order they come.
    #[test]
    fn checking_many_proofs_is_checking_each(
        size in 1_u64..70,
        asked in prop::collection::vec((any::<u64>(), any::<prop::sample::Index>(), 0..6), 1..40),
    ) {
        let tree = tree_of(size);
        let mut many = InclusionVerifier::new(Size(size), tree.root());
        for (index, place, act) in asked {
            let index = Seq(index % size);
            let (mut leaf, mut proof) = (leaf_at(index.0), tree.inclusion_proof(index, Size(size)).unwrap());
            match act {
                0 if !proof.is_empty() => {
                    let place = place.index(proof.len());
                    proof[place][0] ^= 1;
                }
                1 => proof.push(leaf_at(0)),
                2 => drop(proof.pop()),
                3 => leaf[0] ^= 1,
                _ => {}
            }
            let alone = verify_inclusion(&leaf, index, Size(size), &proof, &tree.root());
            prop_assert_eq!(many.verify(&leaf, index, &proof), alone);
        }
    }

    #[test]
    fn arbitrary_proofs_never_panic_and_never_hold(
        index in any::<u64>(), from in any::<u64>(), to in any::<u64>(),
        proof in proptest::collection::vec(any::<Hash>(), 0..70), root in any::<Hash>(),
    ) {
        prop_assert!(verify_inclusion(&[1; 32], Seq(index), Size(to), &proof, &root).is_err());
        prop_assert!(verify_consistency(Size(from), Size(to), &proof, &[1; 32], &root).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_no_frontier_or_come_back_as_they_were(
        bytes in proptest::collection::vec(any::<u8>(), 0..200), size in 0_u64..16,
    ) {
        let sized = [&size.to_be_bytes()[..], &bytes].concat();
        for bytes in [bytes, sized] {
            if let Ok(frontier) = Frontier::from_bytes(&bytes) {
                prop_assert_eq!(frontier.to_bytes(), bytes);
                frontier.root();
            }
        }
    }
}
