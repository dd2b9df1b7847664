//! Bytes of documents on the disk: kept, found whole, and never left behind. Deliberately absent: who may have them.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use everlog::blobs::{BlobError, Blobs, Placed, Step};
use everlog::store::OrgCode;
use everlog_core::hex::Hex;
use everlog_core::leaf::Hash;
use sha2::{Digest, Sha256};

const ORG: OrgCode = OrgCode(3);
const OTHER: OrgCode = OrgCode(4);

fn open(data: &Path) -> Arc<Blobs> {
    Arc::new(Blobs::open(data).unwrap())
}

fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn place(blobs: &Arc<Blobs>, org: OrgCode, bytes: &[u8]) -> Placed {
    let mut upload = blobs.begin(org).unwrap();
    upload.write(bytes).unwrap();
    upload.place().unwrap()
}

/// Every file below a directory, by its path in it.
fn files(data: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![data.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path)
            } else {
                found.push(path.strip_prefix(data).unwrap().to_owned())
            }
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        fs::create_dir_all(to.join(&file).parent().unwrap()).unwrap();
        fs::copy(from.join(&file), to.join(&file)).unwrap();
    }
    fs::create_dir_all(to).unwrap();
}

fn sweep(data: &Path, named: &[Hash]) -> Arc<Blobs> {
    let blobs = open(data);
    blobs.sweep(&|_| Ok(named.iter().copied().collect::<HashSet<_>>())).unwrap();
    blobs
}

#[test]
fn bytes_come_back_whole_and_for_their_organization_only() {
    let data = tempfile::tempdir().unwrap();
    let blobs = open(data.path());
    place(&blobs, ORG, b"abc").named();
    assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
    assert!(matches!(blobs.read(OTHER, &hash(b"abc")), Err(BlobError::Missing(_))));
    let sha256 = Hex(&hash(b"abc")).to_string();
    let path = PathBuf::from(format!("blobs/3/{}/{sha256}", &sha256[..2]));
    assert_eq!(files(data.path()), std::slice::from_ref(&path));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data.path().join(&path)), 0o600);
    assert!(path.ancestors().skip(1).take(3).all(|it| mode(&data.path().join(it)) == 0o700));
    assert_eq!(blobs.all(ORG).unwrap(), [hash(b"abc")]);
    assert_eq!(blobs.all(OTHER).unwrap(), Vec::<Hash>::new());
}

#[test]
fn bytes_that_have_rotted_are_never_given() {
    let data = tempfile::tempdir().unwrap();
    let blobs = open(data.path());
    place(&blobs, ORG, b"abc").named();
    let path = data.path().join(&files(data.path())[0]);
    for rotten in [&b"abd"[..], b"ab", b"abcd", b""] {
        fs::write(&path, rotten).unwrap();
        assert!(matches!(blobs.read(ORG, &hash(b"abc")), Err(BlobError::Damaged { .. })));
        assert!(matches!(blobs.open_checked(ORG, &hash(b"abc")), Err(BlobError::Damaged { .. })));
    }
    // Brought again they are well again, and a refusal does not take them from whoever had them.
    place(&blobs, ORG, b"abc").refused();
    assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
}

/// A kill at any step leaves either bytes that the log names or, after the next start, nothing.
#[test]
fn a_kill_at_any_step_leaves_no_bytes_that_nobody_names() {
    let data = tempfile::tempdir().unwrap();
    let blobs = open(data.path());
    let mut left = Vec::new();
    let mut keep = |step: Option<Step>| {
        let copied = tempfile::tempdir().unwrap();
        copy(data.path(), copied.path());
        left.push((step, copied));
    };
    let mut upload = blobs.begin(ORG).unwrap();
    upload.write(b"abc").unwrap();
    keep(None);
    let placed = upload.place_watched(&mut |step| keep(Some(step))).unwrap();
    assert_eq!(left.len(), 4, "every step was seen");
    for (step, copied) in &left {
        assert!(!files(copied.path()).is_empty(), "{step:?}: something is left");
        // Killed before the log had it.
        let blobs = sweep(copied.path(), &[]);
        assert!(blobs.all(ORG).unwrap().is_empty(), "{step:?}");
        assert_eq!(files(copied.path()), Vec::<PathBuf>::new(), "{step:?}");
    }
    // Killed when the log had it, before the mark went.
    let blobs = sweep(data.path(), &[hash(b"abc")]);
    assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
    assert_eq!(files(data.path()).len(), 1, "the mark is gone");
    drop(placed);
    assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
}

/// The log is asked only where there is doubt: a start does not read every process there is.
#[test]
fn a_start_after_a_clean_end_does_not_ask_the_log() {
    let data = tempfile::tempdir().unwrap();
    let blobs = open(data.path());
    place(&blobs, ORG, b"abc").named();
    drop(blobs.begin(OTHER).unwrap());
    let blobs = open(data.path());
    blobs.sweep(&|org| panic!("{org:?} was asked")).unwrap();
    assert_eq!(blobs.all(ORG).unwrap().len(), 1);
}

#[test]
fn what_nobody_got_named_goes_and_what_anybody_got_named_stays() {
    let data = tempfile::tempdir().unwrap();
    let blobs = open(data.path());
    let is_there = || blobs.read(ORG, &hash(b"abc")).is_ok();
    place(&blobs, ORG, b"abc").refused();
    assert!(!is_there() && files(data.path()).is_empty());
    // Two at once: the one that is refused does not take away what the other one needs, whoever ends first.
    for is_refused_first in [true, false] {
        let (first, second) = (place(&blobs, ORG, b"abc"), place(&blobs, ORG, b"abc"));
        if is_refused_first {
            first.refused();
            assert!(is_there());
            second.named();
        } else {
            first.named();
            second.refused();
        }
        assert!(is_there());
        assert_eq!(files(data.path()).len(), 1);
        fs::remove_file(data.path().join(&files(data.path())[0])).unwrap();
    }
    // Named long ago: a later refusal takes nothing away.
    place(&blobs, ORG, b"abc").named();
    place(&blobs, ORG, b"abc").refused();
    assert!(is_there());
}

/// An answer that never came leaves the decision to the next start, which asks the log.
#[test]
fn bytes_whose_fate_is_unknown_wait_for_the_next_start() {
    for is_named in [true, false] {
        let data = tempfile::tempdir().unwrap();
        let blobs = open(data.path());
        drop(place(&blobs, ORG, b"abc"));
        assert!(blobs.read(ORG, &hash(b"abc")).is_ok());
        // What comes later and is refused does not hide that the log must be asked.
        place(&blobs, ORG, b"abc").refused();
        let blobs = sweep(data.path(), if is_named { &[[0; 32]] } else { &[] });
        assert!(blobs.read(ORG, &hash(b"abc")).is_err());
        let data = tempfile::tempdir().unwrap();
        drop(place(&open(data.path()), ORG, b"abc"));
        let blobs = sweep(data.path(), &[hash(b"abc")]);
        assert!(blobs.read(ORG, &hash(b"abc")).is_ok());
    }
}

#[test]
fn many_at_once_leave_one_file_and_no_mark() {
    let data = tempfile::tempdir().unwrap();
    let blobs = open(data.path());
    std::thread::scope(|scope| {
        for number in 0..16 {
            let blobs = &blobs;
            scope.spawn(move || {
                for round in 0..8 {
                    let placed = place(blobs, ORG, format!("{}", round % 2).as_bytes());
                    assert!(blobs.read(ORG, &placed.sha256()).is_ok());
                    if number == 0 { placed.named() } else { placed.refused() }
                }
            });
        }
    });
    assert_eq!(blobs.all(ORG).unwrap().len(), 2);
    assert_eq!(files(data.path()).len(), 2);
}
