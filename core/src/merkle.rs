//! One log's Merkle tree (RFC 6962): its frontier, roots, proofs, and how a stranger checks them.
//!
//! Deliberately absent: where hashes are stored. Proofs ask for the hashes of perfect subtrees and take them
//! from wherever the caller keeps them.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::ids::{Seq, Size};
use crate::leaf::Hash;

/// The root of the empty tree: SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Largest tree: what a store can count with signed 64-bit integers.
pub const TREE_SIZE_MAX: Size = Size(i64::MAX as u64);

/// `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [0x01; 1 + 2 * size_of::<Hash>()];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// What is needed of a tree to append to it and to know its root: the roots of its perfect subtrees.
///
/// There is one for each bit that is set in the size, the largest subtree first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// Why bytes are not a frontier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// Not the length that the size in front asks for.
    #[error("the frontier has {actual} bytes, but {expected} are needed")]
    WrongLength {
        /// Bytes that the size asks for; those of the size alone when it is cut short.
        expected: usize,
        /// Bytes given.
        actual: usize,
    },
    /// More leaves than [`TREE_SIZE_MAX`].
    #[error("a tree holds at most {TREE_SIZE_MAX} leaves, not {0}")]
    TooLarge(Size),
}

impl Frontier {
    /// The frontier of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        // Each bit that the increment clears is a perfect subtree that becomes the left half of a larger one.
        let mut root = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = node_hash(&left, &root);
            }
        }
        self.roots.push(root);
        // It begins at or below TREE_SIZE_MAX, and nobody appends 2^63 leaves.
        self.size += 1;
    }

    /// The number of leaves.
    pub fn size(&self) -> Size {
        Size(self.size)
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let from_the_right = self.roots.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
    }

    /// The size as eight bytes, big-endian, and the roots, the largest subtree first.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.size.to_be_bytes(), self.roots.as_flattened()].concat()
    }

    /// Reads what [`Frontier::to_bytes`] wrote, and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let Some((size, roots)) = bytes.split_first_chunk() else {
            return Err(FrontierError::WrongLength { expected: size_of::<u64>(), actual: bytes.len() });
        };
        let size = u64::from_be_bytes(*size);
        if size > TREE_SIZE_MAX.0 {
            return Err(FrontierError::TooLarge(Size(size)));
        }
        let (roots, rest) = roots.as_chunks();
        if roots.len() != size.count_ones() as usize || !rest.is_empty() {
            let expected = size_of::<u64>() + size.count_ones() as usize * size_of::<Hash>();
            return Err(FrontierError::WrongLength { expected, actual: bytes.len() });
        }
        Ok(Self { size, roots: roots.to_vec() })
    }
}

/// Why a proof cannot be made, or proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is not in a tree of this size.
    #[error("index {index} is not in a tree of size {size}")]
    OutsideTree {
        /// The index asked for.
        index: Seq,
        /// The size of the tree.
        size: Size,
    },
    /// A tree never gets smaller.
    #[error("a tree of size {to} does not continue one of size {from}")]
    Shrinks {
        /// The older size.
        from: Size,
        /// The newer size.
        to: Size,
    },
    /// Hashes are missing from the proof.
    #[error("the proof is too short")]
    TooShort,
    /// The proof has hashes that nothing needs.
    #[error("the proof is too long")]
    TooLong,
    /// Leaf and proof lead to another root.
    #[error("the proof leads to another root")]
    RootMismatch,
    /// The proof leads to another root of the older tree.
    #[error("the proof leads to another root of the older tree")]
    OldRootMismatch,
    /// The proof leads to another root of the newer tree, or two trees of one size differ.
    #[error("the proof leads to another root of the newer tree")]
    NewRootMismatch,
}

/// The inclusion proof of the leaf at `index` in the tree of `size` (RFC 6962, section 2.1.1).
///
/// `read` gives the root of a perfect subtree by the leaves it spans: as many as a power of two, beginning
/// at a multiple of that; a single leaf's is its leaf hash.
pub fn inclusion_proof<E: From<ProofError>>(
    index: Seq,
    size: Size,
    mut read: impl FnMut(Range<u64>) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if !size.holds(index) {
        return Err(ProofError::OutsideTree { index, size }.into());
    }
    let mut span = 0..size.0;
    let mut siblings = Vec::new();
    while span.end - span.start > 1 {
        let middle = split(&span);
        if index.0 < middle {
            siblings.push(middle..span.end);
            span.end = middle;
        } else {
            siblings.push(span.start..middle);
            span.start = middle;
        }
    }
    siblings.into_iter().rev().map(|sibling| root_of(sibling, &mut read)).collect()
}

/// The proof that the tree of size `to` continues that of size `from` (RFC 6962, section 2.1.2).
///
/// Empty when one of them holds everything that the other does: equal sizes, or nothing at all.
/// `read` is that of [`inclusion_proof`].
pub fn consistency_proof<E: From<ProofError>>(
    from: Size,
    to: Size,
    mut read: impl FnMut(Range<u64>) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if from > to {
        return Err(ProofError::Shrinks { from, to }.into());
    }
    if from == Size(0) || from == to {
        return Ok(Vec::new());
    }
    let mut span = 0..to.0;
    let mut parts = Vec::new();
    while span.end != from.0 {
        let middle = split(&span);
        if from.0 <= middle {
            parts.push(middle..span.end);
            span.end = middle;
        } else {
            parts.push(span.start..middle);
            span.start = middle;
        }
    }
    if span.start > 0 {
        parts.push(span);
    }
    parts.into_iter().rev().map(|part| root_of(part, &mut read)).collect()
}

/// The root of the tree of `size`; `read` is that of [`inclusion_proof`].
pub fn tree_root<E>(size: Size, mut read: impl FnMut(Range<u64>) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == Size(0) {
        return Ok(EMPTY_ROOT);
    }
    root_of(0..size.0, &mut read)
}

/// Where a span of two or more leaves divides: after the largest power of two below its length.
fn split(span: &Range<u64>) -> u64 {
    let length = span.end - span.start;
    span.start + (1 << (length - 1).ilog2())
}

/// The root over a span that divides the way a tree does, read as perfect subtrees.
fn root_of<E>(span: Range<u64>, read: &mut impl FnMut(Range<u64>) -> Result<Hash, E>) -> Result<Hash, E> {
    if (span.end - span.start).is_power_of_two() {
        return read(span);
    }
    let middle = split(&span);
    let left = read(span.start..middle)?;
    let right = root_of(middle..span.end, read)?;
    Ok(node_hash(&left, &right))
}

/// Checks that the leaf is at `index` in the tree of `size` with this root (RFC 9162, section 2.1.3.2).
pub fn verify_inclusion(
    leaf: &Hash,
    index: Seq,
    size: Size,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    InclusionVerifier::new(size, *root).verify(leaf, index, proof)
}

/// Checks many leaves of one tree. Ways to the root that meet are walked once: events that lie together cost a few hashes
/// each, however large the tree is.
#[derive(Clone, Debug)]
pub struct InclusionVerifier {
    size: Size,
    root: Hash,
    /// The steps of the last way that led to the root.
    steps: Vec<Step>,
}

/// A place on the way from a leaf to the root, and what it meets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    node: u64,
    last: u64,
    hash: Hash,
    sibling: Hash,
}

impl InclusionVerifier {
    /// For the tree of `size` with this root.
    pub fn new(size: Size, root: Hash) -> Self {
        Self { size, root, steps: Vec::new() }
    }

    /// Checks that the leaf is at `index` (RFC 9162, section 2.1.3.2).
    pub fn verify(&mut self, leaf: &Hash, index: Seq, proof: &[Hash]) -> Result<(), ProofError> {
        let Self { size, root, .. } = *self;
        if !size.holds(index) {
            return Err(ProofError::OutsideTree { index, size });
        }
        let mut node = index.0;
        let mut last = size.0 - 1;
        let mut hash = *leaf;
        let mut steps = Vec::with_capacity(proof.len());
        for (position, sibling) in proof.iter().enumerate() {
            if last == 0 {
                return Err(ProofError::TooLong);
            }
            let step = Step { node, last, hash, sibling: *sibling };
            if let Some(rest) = self.known(&step, &proof[position..]) {
                // From the same place, with the same hashes to come, the way leads to the root again.
                steps.extend_from_slice(rest);
                self.steps = steps;
                return Ok(());
            }
            steps.push(step);
            if node % 2 == 1 || node == last {
                hash = node_hash(sibling, &hash);
                climb_to_right_child(&mut node, &mut last);
            } else {
                hash = node_hash(&hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::TooShort);
        }
        if hash != root {
            return Err(ProofError::RootMismatch);
        }
        self.steps = steps;
        Ok(())
    }

    /// The rest of the last way from this step on, if it is the same one.
    fn known(&self, step: &Step, siblings: &[Hash]) -> Option<&[Step]> {
        let rest = &self.steps[self.steps.len().checked_sub(siblings.len())?..];
        let is_same = rest.first() == Some(step) && rest.iter().map(|it| &it.sibling).eq(siblings);
        is_same.then_some(rest)
    }
}

/// Checks that the newer tree begins with every leaf of the older one (RFC 9162, section 2.1.4.2).
///
/// Two trees of one size must be one tree, and any tree continues the empty one; both need an empty proof.
pub fn verify_consistency(
    from: Size,
    to: Size,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    if from > to {
        return Err(ProofError::Shrinks { from, to });
    }
    if from == Size(0) || from == to {
        return verify_without_proof(from, to, proof, old_root, new_root);
    }
    // An older tree that is one perfect subtree is its own first hash.
    let (first, rest) = match proof {
        _ if from.0.is_power_of_two() => (old_root, proof),
        [first, rest @ ..] => (first, rest),
        [] => return Err(ProofError::TooShort),
    };
    let mut node = from.0 - 1;
    let mut last = to.0 - 1;
    let trailing = node.trailing_ones();
    node >>= trailing;
    last >>= trailing;
    let (mut old, mut new) = (*first, *first);
    for hash in rest {
        if last == 0 {
            return Err(ProofError::TooLong);
        }
        if node % 2 == 1 || node == last {
            old = node_hash(hash, &old);
            new = node_hash(hash, &new);
            climb_to_right_child(&mut node, &mut last);
        } else {
            new = node_hash(&new, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::TooShort);
    }
    if old != *old_root {
        return Err(ProofError::OldRootMismatch);
    }
    if new != *new_root {
        return Err(ProofError::NewRootMismatch);
    }
    Ok(())
}

/// Passes the levels on which the last node has no sibling: it stands for itself there.
fn climb_to_right_child(node: &mut u64, last: &mut u64) {
    let levels = if *node == 0 { 0 } else { node.trailing_zeros() };
    *node >>= levels;
    *last >>= levels;
}

fn verify_without_proof(
    from: Size,
    to: Size,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::TooLong);
    }
    if from == Size(0) && *old_root != EMPTY_ROOT {
        return Err(ProofError::OldRootMismatch);
    }
    if from == to && old_root != new_root {
        return Err(ProofError::NewRootMismatch);
    }
    Ok(())
}

/// A whole tree in memory, for a verifier and for logs that fit; a store reads single subtrees instead.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The roots of the complete perfect subtrees: leaf hashes first, each level half as long.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in &mut self.levels {
            level.push(hash);
            match level.as_slice() {
                [.., left, right] if level.len().is_multiple_of(2) => hash = node_hash(left, right),
                _ => return,
            }
        }
        self.levels.push(vec![hash]);
    }

    /// The number of leaves.
    pub fn size(&self) -> Size {
        Size(self.levels.first().map_or(0, |leaves| leaves.len() as u64))
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        // The tree always holds its own size.
        self.root_at(self.size()).unwrap_or(EMPTY_ROOT)
    }

    /// The root that the tree had at this size.
    pub fn root_at(&self, size: Size) -> Result<Hash, ProofError> {
        tree_root(size, |span| self.subtree(span))
    }

    /// The proof of the leaf at `index` in the tree as it was at `size`.
    pub fn inclusion_proof(&self, index: Seq, size: Size) -> Result<Vec<Hash>, ProofError> {
        inclusion_proof(index, size, |span| self.subtree(span))
    }

    /// The proof that the tree at size `to` continues that at size `from`.
    pub fn consistency_proof(&self, from: Size, to: Size) -> Result<Vec<Hash>, ProofError> {
        consistency_proof(from, to, |span| self.subtree(span))
    }

    fn subtree(&self, span: Range<u64>) -> Result<Hash, ProofError> {
        let level = (span.end - span.start).ilog2();
        let hashes = self.levels.get(level as usize);
        let position = usize::try_from(span.start >> level).ok();
        let hash = hashes.zip(position).and_then(|(hashes, position)| hashes.get(position));
        hash.copied().ok_or(ProofError::OutsideTree { index: Seq(span.end - 1), size: self.size() })
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}

#[cfg(test)]
mod tests;
