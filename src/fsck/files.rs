//! Whether the files that a log names are there and have their hashes. Deliberately absent: files that it does not name; the
//! next start sweeps those.

use std::thread;

use everlog_core::hex;
use everlog_core::ids::Seq;
use everlog_core::leaf::Hash;
use everlog_core::process::State;

use crate::blobs::{BlobError, Blobs};
use crate::fsck::chain::Told;
use crate::fsck::row::Attached;
use crate::log::Projection;
use crate::store::{OrgCode, StoreError};

/// How many files are read at once. More would wait for the disk or the bucket, which has an end of those whom it answers.
const READERS_MAX: usize = 16;

/// The files that events name and that their processes still do.
pub(super) fn named<'a>(
    projection: &Projection,
    all: &'a [(Seq, Attached)],
) -> Result<Vec<&'a (Seq, Attached)>, StoreError> {
    let mut named = Vec::new();
    for file in all {
        let Some(row) = projection.rows.get(file.1.subject.as_str()) else { continue };
        if names(&row.decoded()?, &file.1.sha256) {
            named.push(file);
        }
    }
    Ok(named)
}

/// Whether a process names these bytes as its document or its Audit Trail.
pub fn names(state: &State, hash: &Hash) -> bool {
    let attached = state.document.iter().chain(&state.trail);
    attached.filter_map(|it| hex::decode::<32>(&it.sha256)).any(|it| it == *hash)
}

/// What is wrong, and with the file of which event. Files are read at once.
pub(super) fn check(
    blobs: &Blobs,
    org: OrgCode,
    named: &[&(Seq, Attached)],
    workers: usize,
) -> Result<Told, StoreError> {
    let share = named.len().div_ceil(workers.clamp(1, READERS_MAX)).max(1);
    let checked: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> =
            named.chunks(share).map(|share| scope.spawn(move || check_share(blobs, org, share))).collect();
        // What a thread panics with, the scope passes on.
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let mut faults = Told::new();
    for share in checked {
        faults.extend(share?);
    }
    Ok(faults)
}

fn check_share(blobs: &Blobs, org: OrgCode, named: &[&(Seq, Attached)]) -> Result<Told, StoreError> {
    let mut faults = Told::new();
    for (seq, file) in named {
        faults.extend(check_one(blobs, org, file)?.map(|what| (*seq, what)));
    }
    Ok(faults)
}

/// What is wrong with one file.
///
/// # Errors
/// When the disk does not answer.
pub fn check_one(blobs: &Blobs, org: OrgCode, file: &Attached) -> Result<Option<String>, StoreError> {
    match blobs.open_checked(org, &file.sha256) {
        Ok(_) => Ok(None),
        Err(BlobError::Missing(_)) if !file.is_due => Ok(None),
        Err(why @ (BlobError::Missing(_) | BlobError::Damaged { .. })) => {
            Ok(Some(format!("its file is not what it names: {why}")))
        }
        Err(why) => Err(StoreError::Io { doing: "read a document", source: Box::new(why) }),
    }
}
