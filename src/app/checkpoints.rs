//! Signed heads: when a head is signed, and the one that was signed last. Deliberately absent: what is signed
//! (`core::checkpoint`).

use std::collections::HashMap;
use std::sync::Mutex;

use everlog_core::checkpoint::{Checkpoint, LogKey, VerifierKey};
use everlog_core::ids::Size;

use crate::access::Organization;
use crate::app::Parts;
use crate::log::now_ms;
use crate::store::{OrgCode, StoreError};

/// How long a signed checkpoint serves a growing log, in milliseconds: a log is signed at most so often.
const CHECKPOINT_MS: u64 = 1_000;

/// The signed head of a log.
#[derive(Clone, Debug)]
pub struct SignedHead {
    /// When it was signed, in milliseconds since 1970; not part of what is signed.
    pub signed_ms: u64,
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
}

/// What signing has in common for all logs.
pub struct Checkpoints {
    key: LogKey,
    signed: Mutex<HashMap<OrgCode, SignedHead>>,
}

impl Checkpoints {
    pub(super) fn new(key: LogKey) -> Self {
        Self { key, signed: Mutex::default() }
    }

    /// The note of a log as it was when it was smaller; the caller knows that the signed head continues it.
    pub(super) fn sign_older(&self, checkpoint: &Checkpoint) -> String {
        self.key.sign(checkpoint)
    }
}

impl Parts {
    /// The signed head of a log; signed anew when the log grew, at most once a second.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn checkpoint(&self, org: &Organization) -> Result<SignedHead, StoreError> {
        self.checkpoint_covering(org, Size(0))
    }

    /// The same, of at least this size, whenever the last one was signed: what is proven must be under the signature.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn checkpoint_covering(&self, org: &Organization, least: Size) -> Result<SignedHead, StoreError> {
        let head = self.store.head(org.code())?;
        let mut signed = self.checkpoints.signed.lock().unwrap_or_else(|it| it.into_inner());
        let now = now_ms();
        if let Some(kept) = signed.get(&org.code())
            && (kept.checkpoint.size == head.size
                || (kept.checkpoint.size >= least && now < kept.signed_ms + CHECKPOINT_MS))
        {
            return Ok(kept.clone());
        }
        let row = &org.entry().row;
        let origin = format!("{}/log/{}", row.log_host, row.log_id);
        let checkpoint = Checkpoint { origin, size: head.size, root: head.frontier.root() };
        let note = self.checkpoints.key.sign(&checkpoint);
        let made = SignedHead { signed_ms: now, checkpoint, note };
        signed.insert(org.code(), made.clone());
        Ok(made)
    }

    /// The key that checkpoints are verified with.
    pub fn trusted_key(&self) -> VerifierKey {
        self.checkpoints.key.verifier().clone()
    }

    /// The same as one line.
    pub fn verifier_key(&self) -> String {
        self.checkpoints.key.verifier().to_string()
    }
}
