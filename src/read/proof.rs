//! Proofs that an event is in a log, and that a log continues an older one: hashes that lead to a root, and the roots.
//!
//! Deliberately absent: signing. The roots of large perfect subtrees never change and are kept in memory, a hash for
//! every `KEPT_LEAVES / 2` events; everything below is read from the store.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Mutex;

use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::merkle::{Frontier, ProofError, consistency_proof, inclusion_proof, node_hash, tree_root};

use crate::access::Organization;
use crate::read::{ReadError, Reader};
use crate::store::{OrgCode, StoreError};

/// Leaves of the smallest subtree whose root is kept; a power of two. Fewer are read and hashed at once.
pub(super) const KEPT_LEAVES: u64 = 256;

/// The roots of perfect subtrees, by log and the leaves they span. A perfect subtree of a log never changes.
#[derive(Debug, Default)]
pub(super) struct Trees(Mutex<HashMap<(OrgCode, u64, u64), Hash>>);

/// Why there is no proof.
pub(super) enum Fault {
    /// The tree is smaller.
    Outside,
    Store(StoreError),
}

impl From<ProofError> for Fault {
    fn from(_: ProofError) -> Self {
        Self::Outside
    }
}

impl From<StoreError> for Fault {
    fn from(why: StoreError) -> Self {
        Self::Store(why)
    }
}

impl Reader {
    /// The inclusion proof (RFC 6962, section 2.1.1) of an event in the log as it was at `size`; `None` where it is not in
    /// it. Only for readers of everything.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn inclusion(
        &self,
        org: &Organization,
        seq: Seq,
        size: Size,
    ) -> Result<Option<Vec<Hash>>, ReadError> {
        match inclusion_proof(seq, size, |span| Ok::<_, Fault>(self.subtree(org.code(), span)?)) {
            Ok(path) => Ok(Some(path)),
            Err(Fault::Outside) => Ok(None),
            Err(Fault::Store(why)) => Err(why.into()),
        }
    }

    /// The proof (RFC 6962, section 2.1.2) that the log at size `to` continues that at size `from`; `None` where `from` is
    /// the larger. Only for readers of everything.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn consistency(
        &self,
        org: &Organization,
        from: Size,
        to: Size,
    ) -> Result<Option<Vec<Hash>>, ReadError> {
        match consistency_proof(from, to, |span| Ok::<_, Fault>(self.subtree(org.code(), span)?)) {
            Ok(proof) => Ok(Some(proof)),
            Err(Fault::Outside) => Ok(None),
            Err(Fault::Store(why)) => Err(why.into()),
        }
    }

    /// The root that the log had at this size, which it has reached.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn root(&self, org: &Organization, size: Size) -> Result<Hash, StoreError> {
        tree_root(size, |span| self.subtree(org.code(), span))
    }

    /// The root of a perfect subtree.
    pub(super) fn subtree(&self, org: OrgCode, span: Range<u64>) -> Result<Hash, StoreError> {
        let length = span.end - span.start;
        if length < KEPT_LEAVES {
            return self.hashed(org, span);
        }
        let key = (org, span.start, span.end);
        let kept = self.trees.0.lock().unwrap_or_else(|it| it.into_inner()).get(&key).copied();
        if let Some(root) = kept {
            return Ok(root);
        }
        let root = if length == KEPT_LEAVES {
            self.hashed(org, span)?
        } else {
            let middle = span.start + length / 2;
            let left = self.subtree(org, span.start..middle)?;
            node_hash(&left, &self.subtree(org, middle..span.end)?)
        };
        self.trees.0.lock().unwrap_or_else(|it| it.into_inner()).insert(key, root);
        Ok(root)
    }

    fn hashed(&self, org: OrgCode, span: Range<u64>) -> Result<Hash, StoreError> {
        let leaves = self.store.leaf_hashes(org, Seq(span.start), Size(span.end))?;
        if leaves.len() as u64 != span.end - span.start {
            return Err(StoreError::Corrupt(format!("leaves are missing below {}", span.end)));
        }
        let mut tree = Frontier::new();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        Ok(tree.root())
    }
}
