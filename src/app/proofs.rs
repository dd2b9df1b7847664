//! Proofs under a signature, of the size that is asked for. Deliberately absent: the tree (`read`), and how a proof is written
//! (`core::proof`).

use everlog_core::checkpoint::Checkpoint;
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::merkle::verify_consistency;
use everlog_core::proof::Proof;
use everlog_core::query::ParamError;

use crate::access::Organization;
use crate::app::Parts;
use crate::app::checkpoints::SignedHead;
use crate::read::ReadError;
use crate::store::StoreError;

impl Parts {
    /// The proof of an event in the log as it was at `size`, else under the signed head; `None` when the log does not hold
    /// it. Only for readers of everything.
    ///
    /// # Errors
    /// Names `size` when the log was never so large, or did not hold the event then.
    pub fn inclusion_proof(
        &self,
        org: &Organization,
        seq: Seq,
        size: Option<Size>,
    ) -> Result<Option<Proof>, ReadError> {
        // Of the last position there could be, the size through it is no number any more.
        let through = Size(seq.0.saturating_add(1));
        let head = self.checkpoint_covering(org, size.unwrap_or(through).max(through))?;
        if !head.checkpoint.size.holds(seq) {
            return Ok(None);
        }
        let (size, note) = match size {
            None => (head.checkpoint.size, head.cosigned_note()),
            Some(size) if !(size.holds(seq) && size <= head.checkpoint.size) => {
                let sizes = format!("a size from {through} to {}", head.checkpoint.size);
                return Err(ParamError::expected("size", sizes).into());
            }
            Some(size) => (size, self.note_at(org, size, &head)?),
        };
        let path = self.reader.inclusion(org, seq, size)?;
        Ok(path.map(|path| Proof::new(seq, path, note)))
    }

    /// The proof that the log at size `to`, else at that of the signed head, continues the log at size `from`; and that
    /// size. Only for readers of everything.
    ///
    /// # Errors
    /// Names the size that the log never had, or `from` when it is the larger.
    pub fn consistency_proof(
        &self,
        org: &Organization,
        from: Size,
        to: Option<Size>,
    ) -> Result<(Size, Vec<Hash>), ReadError> {
        let signed = self.checkpoint_covering(org, to.unwrap_or(from))?.checkpoint.size;
        let to = to.unwrap_or(signed);
        if !(Size(1) <= to && to <= signed) {
            return Err(ParamError::expected("to", format!("a size from 1 to {signed}")).into());
        }
        let sizes = || ParamError::expected("from", format!("a size from 1 to {to}"));
        if from == Size(0) {
            return Err(sizes().into());
        }
        let proof = self.reader.consistency(org, from, to)?.ok_or_else(sizes)?;
        Ok((to, proof))
    }

    /// The signed note of the log as it was at a size that the signed head continues, with what witnesses say of it where that
    /// is known. An older head that is signed once more
    /// is the one that was signed then: what does not lead to the signed root gets no signature.
    fn note_at(&self, org: &Organization, size: Size, head: &SignedHead) -> Result<String, ReadError> {
        let cosigned = self.cosigned_checkpoint(org)?;
        let mut known = [Some(head), cosigned.as_ref()].into_iter().flatten();
        if let Some(known) = known.find(|known| known.checkpoint.size == size) {
            return Ok(known.cosigned_note());
        }
        let Checkpoint { origin, size: signed, root: signed_root } = &head.checkpoint;
        let root = self.reader.root(org, size)?;
        let proof = self.reader.consistency(org, size, *signed)?.unwrap_or_default();
        verify_consistency(size, *signed, &proof, &root, signed_root).map_err(|why| {
            StoreError::Corrupt(format!("the log at {size} does not lead to its head at {signed}: {why}"))
        })?;
        Ok(self.checkpoints.sign_older(&Checkpoint { origin: origin.clone(), size, root }))
    }
}
