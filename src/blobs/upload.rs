//! Bytes on their way to their place: taken in, placed, and named or refused. Deliberately absent: where the place is, and who
//! else wants the same bytes meanwhile (`blobs`).

use std::fs;
use std::io::Write as _;
use std::sync::Arc;

use everlog_core::leaf::Hash;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::blobs::directory::make_mark;
use crate::blobs::{BlobError, Blobs, BucketFault, failed};
use crate::store::OrgCode;

/// A step on the way of bytes to their place, told when it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The file is whole, without a name.
    Synced,
    /// The mark is durable.
    Marked,
    /// The bytes have their place, durably.
    Placed,
}

/// What the log says of bytes that have their place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Named,
    Refused,
    Unsure,
    /// It was not asked: the bytes may have their place, or come to it later, and nobody said so.
    NotPlaced,
}

/// Bytes that are being taken in. Dropped, they are gone.
pub struct Upload {
    blobs: Arc<Blobs>,
    org: OrgCode,
    file: NamedTempFile,
    hasher: Sha256,
    size: u64,
}

impl Upload {
    /// None yet, which will grow in this file.
    pub(super) fn new(blobs: Arc<Blobs>, org: OrgCode, file: NamedTempFile) -> Self {
        Self { blobs, org, file, hasher: Sha256::new(), size: 0 }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.file.write_all(bytes).map_err(failed("written"))?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes were taken so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All bytes taken so far, as the disk has them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read_back(&self) -> Result<Vec<u8>, BlobError> {
        fs::read(self.file.path()).map_err(failed("read"))
    }

    /// Gives the bytes their place; they are durable when this returns. The log is to name them next.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn place(self) -> Result<Placed, BlobError> {
        self.place_watched(&mut |_| ())
    }

    /// The same, telling every step when it is done: what lies on the disk then is what a kill would leave.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn place_watched(self, told: &mut dyn FnMut(Step)) -> Result<Placed, BlobError> {
        let Self { blobs, org, file, hasher, size } = self;
        let sha256: Hash = hasher.finalize().into();
        let doing = failed("written");
        file.as_file().sync_all().map_err(&doing)?;
        told(Step::Synced);
        // From here on whoever ends without these bytes leaves them to us.
        blobs.hold(org, &sha256);
        let mut placed = Placed { blobs: Arc::clone(&blobs), org, sha256, size, verdict: Verdict::NotPlaced };
        let mark = blobs.mark(org, &sha256);
        let is_new = make_mark(&mark).map_err(&doing)?;
        blobs.note(org, &sha256, |waiting| waiting.is_marked |= is_new);
        told(Step::Marked);
        let is_damaged = match blobs.open_checked(org, &sha256) {
            Ok(_) => None,
            Err(why @ (BlobError::Io { .. } | BlobError::Bucket { .. })) => {
                // Nothing was sent.
                placed.verdict = Verdict::Refused;
                return Err(why);
            }
            Err(why) => Some(matches!(why, BlobError::Damaged { .. })),
        };
        if let Some(is_damaged) = is_damaged {
            if let Err(why) = blobs.place.put(org, &sha256, file) {
                if matches!(why, BlobError::Bucket { fault: BucketFault::Busy, .. }) {
                    placed.verdict = Verdict::Refused;
                }
                return Err(why);
            }
            // What lay there damaged may be named already; well again, it stays.
            blobs.note(org, &sha256, |waiting| waiting.is_ours |= !is_damaged);
        }
        told(Step::Placed);
        placed.verdict = Verdict::Unsure;
        Ok(placed)
    }
}

/// Bytes that have their place and wait to be named. Dropped without a word, they wait for the next start, which asks the
/// log: what a log was told may be in it, whatever its answer was.
pub struct Placed {
    blobs: Arc<Blobs>,
    org: OrgCode,
    sha256: Hash,
    size: u64,
    verdict: Verdict,
}

impl Placed {
    /// Their hash.
    pub fn sha256(&self) -> Hash {
        self.sha256
    }

    /// How many they are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The log names them: they stay.
    pub fn named(mut self) {
        self.verdict = Verdict::Named;
    }

    /// The log has refused to name them: they go, unless they were there before or somebody else gets them named.
    pub fn refused(mut self) {
        self.verdict = Verdict::Refused;
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        if let Err(why) = self.blobs.end(self.org, &self.sha256, self.verdict) {
            // The mark is still there or harms nobody: whoever asks after doubts goes on here.
            tracing::warn!(error = &why as &dyn std::error::Error, "a file is taken away later");
        }
    }
}
