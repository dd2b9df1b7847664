//! Proofs of many events of one log at one size: what lies together is read once.
//!
//! Deliberately absent: signing, and memory that grows with the log. One block of leaves is held, and what the right edge of
//! the tree is made of.

use std::collections::HashMap;
use std::ops::Range;

use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::merkle::{inclusion_proof, node_hash};

use crate::read::Reader;
use crate::read::proof::{Fault, KEPT_LEAVES};
use crate::store::{OrgCode, StoreError};

/// Makes the proofs of events that ascend; others cost as much as one alone.
pub(super) struct Prover {
    org: OrgCode,
    size: Size,
    block: Block,
    /// Roots of the small subtrees at the right edge, which the path of every other block ends with.
    edge: HashMap<(u64, u64), Hash>,
}

/// The leaves of a perfect subtree of `KEPT_LEAVES`, as far as the log has them, and the roots above them.
#[derive(Default)]
struct Block {
    span: Range<u64>,
    /// The leaves, then the roots of pairs, of fours, and so on.
    levels: Vec<Vec<Hash>>,
}

impl Prover {
    pub(super) fn new(org: OrgCode, size: Size) -> Self {
        Self { org, size, block: Block::default(), edge: HashMap::new() }
    }

    /// The inclusion proof of an event that the log has at the size.
    pub(super) fn inclusion(&mut self, reader: &Reader, seq: Seq) -> Result<Vec<Hash>, StoreError> {
        if !self.block.span.contains(&seq.0) {
            self.block = Block::read(reader, self.org, seq, self.size)?;
        }
        let (block, edge) = (&self.block, &mut self.edge);
        let proof = inclusion_proof(seq, self.size, |span| -> Result<Hash, Fault> {
            if span.end - span.start >= KEPT_LEAVES {
                return Ok(reader.subtree(self.org, span)?);
            }
            if let Some(root) = block.root(&span) {
                return Ok(root);
            }
            if let Some(root) = edge.get(&(span.start, span.end)) {
                return Ok(*root);
            }
            let root = reader.subtree(self.org, span.clone())?;
            edge.insert((span.start, span.end), root);
            Ok(root)
        });
        proof.map_err(|why| match why {
            Fault::Outside => StoreError::Corrupt(format!("event {seq} is not in the log of {}", self.size)),
            Fault::Store(why) => why,
        })
    }
}

impl Block {
    fn read(reader: &Reader, org: OrgCode, seq: Seq, size: Size) -> Result<Self, StoreError> {
        let start = seq.0 / KEPT_LEAVES * KEPT_LEAVES;
        let span = start..size.0.min(start + KEPT_LEAVES);
        let leaves = reader.store.leaf_hashes(org, Seq(span.start), Size(span.end))?;
        if leaves.len() as u64 != span.end.saturating_sub(span.start) {
            return Err(StoreError::Corrupt(format!("leaves are missing below {}", span.end)));
        }
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let pairs = below.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1]));
            levels.push(pairs.collect());
        }
        Ok(Self { span, levels })
    }

    /// The root of a perfect subtree of this block.
    fn root(&self, span: &Range<u64>) -> Option<Hash> {
        let length = span.end.checked_sub(span.start)?;
        let place = span.start.checked_sub(self.span.start)?.checked_div(length)?;
        self.levels.get(length.ilog2() as usize)?.get(usize::try_from(place).ok()?).copied()
    }
}
