//! Whether the files that a log names are there and have their hashes. Deliberately absent: what files are that it does not
//! name; they are counted and harm nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use everlog_core::hex;
use everlog_core::ids::Seq;
use everlog_core::leaf::Hash;
use everlog_core::process::State;

use crate::blobs::{BlobError, Blobs};
use crate::fsck::chain::Told;
use crate::fsck::row::{Attached, attached};
use crate::log::Projection;
use crate::store::process::{ProcessFilter, ProcessOrder, ProcessPage, every_seq};
use crate::store::{OrgCode, Store, StoreError};

/// How many files are read at once. More would wait for the disk or the bucket, which has an end of those whom it answers.
const READERS_MAX: usize = 16;
/// How many processes are read together, and how many events of one.
const GROUP_PROCESSES: u64 = 500;
const GROUP_EVENTS: usize = 500;

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

/// How many files lie there that no process names.
pub(super) fn count_unnamed(
    blobs: &Blobs,
    org: OrgCode,
    named: &[&(Seq, Attached)],
) -> Result<u64, StoreError> {
    let named: BTreeSet<Hash> = named.iter().map(|(_, file)| file.sha256).collect();
    let there =
        blobs.all(org).map_err(|why| StoreError::Io { doing: "list documents", source: Box::new(why) });
    Ok(there?.iter().filter(|(hash, _)| !named.contains(hash)).count() as u64)
}

/// The files that the processes of a log name, each with the keys of those that do.
///
/// # Errors
/// When the store cannot be read.
pub fn named_now(store: &dyn Store, org: OrgCode) -> Result<BTreeMap<Hash, Vec<String>>, StoreError> {
    let mut named: BTreeMap<Hash, Vec<String>> = BTreeMap::new();
    let mut page =
        ProcessPage { order: ProcessOrder::Made, descending: false, skip: 0, take: GROUP_PROCESSES };
    loop {
        let rows = store.processes(org, &ProcessFilter::default(), page)?;
        for row in &rows {
            let (state, process) = (row.decoded()?, row.process.as_ref());
            let attached = state.document.iter().chain(&state.trail);
            for hash in attached.filter_map(|it| hex::decode::<32>(&it.sha256)) {
                named.entry(hash).or_default().extend(process.map(|process| process.key.clone()));
            }
        }
        if (rows.len() as u64) < page.take {
            return Ok(named);
        }
        page.skip += page.take;
    }
}

/// Whether a file that these processes name must be there: not all of them know it from history alone.
///
/// # Errors
/// When the store cannot be read.
pub fn is_due(
    store: &dyn Store,
    org: OrgCode,
    hash: &Hash,
    processes: &[String],
) -> Result<bool, StoreError> {
    for key in processes {
        for group in every_seq(store, org, key)?.chunks(GROUP_EVENTS) {
            for row in store.rows(org, group)? {
                if attached(&row.event()?).is_some_and(|file| file.sha256 == *hash && file.is_due) {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
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
