//! Bytes of documents, wherever they lie: kept, found whole, and never left behind. Every case runs on every place.
//! Deliberately absent: who may have them; what only a bucket can do wrong (`s3`).

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use everlog::blobs::{BlobError, Blobs, LATE_TIME_MAX, Placed, Step};
use everlog::store::OrgCode;
use everlog_core::hex::Hex;
use everlog_core::leaf::Hash;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::s3::Prefix;

const ORG: OrgCode = OrgCode(3);
const OTHER: OrgCode = OrgCode(4);

/// A data directory, and the bucket that holds its documents if one does.
struct Ground {
    data: TempDir,
    prefix: Option<Prefix>,
}

/// What a kill would leave.
struct Left {
    data: TempDir,
    objects: Vec<(String, Vec<u8>)>,
}

impl Ground {
    fn new(prefix: Option<Prefix>) -> Self {
        Self { data: tempfile::tempdir().unwrap(), prefix }
    }

    fn open(&self) -> Arc<Blobs> {
        self.open_in(self.data.path())
    }

    fn open_in(&self, data: &Path) -> Arc<Blobs> {
        let access = self.prefix.as_ref().map(Prefix::access).unwrap_or_default();
        Arc::new(Blobs::open_at(data, self.prefix.as_ref().map(|it| &it.url), &access).unwrap())
    }

    fn sweep(&self, data: &Path, named: &[Hash]) -> Arc<Blobs> {
        let blobs = self.open_in(data);
        let named = |_| Ok(named.iter().copied().collect::<HashSet<_>>());
        blobs.sweep(&named).unwrap();
        if blobs.settle_doubts(&named, Instant::now()).unwrap() {
            // What was sent to a bucket may come late, and is asked after again.
            assert!(self.prefix.is_some());
            assert!(!blobs.settle_doubts(&named, Instant::now() + LATE_TIME_MAX).unwrap());
        }
        blobs
    }

    /// Every file and every object, but for what says where they lie.
    fn files(&self, data: &Path) -> Vec<PathBuf> {
        let mut files = files(data);
        files.retain(|path| !path.ends_with("blobs/bucket"));
        let objects = self.prefix.iter().flat_map(Prefix::documents);
        files.extend(objects.map(|key| Path::new("blobs").join(key)));
        files
    }

    fn all(&self) -> Vec<PathBuf> {
        self.files(self.data.path())
    }

    /// Puts other bytes into the place of some.
    fn spoil(&self, place: &Path, bytes: &[u8]) {
        match &self.prefix {
            None => fs::write(self.data.path().join(place), bytes).unwrap(),
            Some(prefix) => prefix.put(place.strip_prefix("blobs").unwrap().to_str().unwrap(), bytes),
        }
    }

    fn take(&self, place: &Path) {
        match &self.prefix {
            None => fs::remove_file(self.data.path().join(place)).unwrap(),
            Some(prefix) => prefix.delete(place.strip_prefix("blobs").unwrap().to_str().unwrap()),
        }
    }

    fn left(&self) -> Left {
        let data = tempfile::tempdir().unwrap();
        copy(self.data.path(), data.path());
        let with_bytes = |prefix: &Prefix| -> Vec<_> {
            prefix.documents().into_iter().map(|key| (key.clone(), prefix.get(&key))).collect()
        };
        Left { data, objects: self.prefix.as_ref().map(with_bytes).unwrap_or_default() }
    }

    /// Makes the bucket what it was.
    fn revive(&self, left: &Left) {
        let Some(prefix) = &self.prefix else { return };
        prefix.documents().iter().for_each(|key| prefix.delete(key));
        left.objects.iter().for_each(|(key, bytes)| prefix.put(key, bytes));
    }
}

/// Runs a case with documents in the data directory, and with documents in a bucket.
fn everywhere(case: impl Fn(&Ground)) {
    case(&Ground::new(None));
    if let Some(prefix) = Prefix::new() {
        case(&Ground::new(Some(prefix)));
    }
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

#[test]
fn bytes_come_back_whole_and_for_their_organization_only() {
    everywhere(|ground| {
        let blobs = ground.open();
        place(&blobs, ORG, b"abc").named();
        assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
        assert!(matches!(blobs.read(OTHER, &hash(b"abc")), Err(BlobError::Missing(_))));
        let sha256 = Hex(&hash(b"abc")).to_string();
        assert_eq!(ground.all(), [PathBuf::from(format!("blobs/3/{}/{sha256}", &sha256[..2]))]);
        assert_eq!(blobs.all(ORG).unwrap(), [(hash(b"abc"), 3)]);
        assert_eq!(blobs.all(OTHER).unwrap(), []);
        blobs.delete(ORG, &hash(b"abc")).unwrap();
        blobs.delete(ORG, &hash(b"abc")).unwrap();
        assert_eq!(ground.all(), Vec::<PathBuf>::new());
    });
}

/// Files are for their owner alone, whatever they are.
#[test]
fn nobody_else_may_look_into_the_directory_of_documents() {
    everywhere(|ground| {
        place(&ground.open(), ORG, b"abc").named();
        let found = files(ground.data.path());
        assert_eq!(found.len(), 1, "a document, or what says where they lie");
        let path = ground.data.path().join(&found[0]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        let mut above = path.ancestors().skip(1).take_while(|it| *it != ground.data.path());
        assert!(above.all(|it| mode(it) == 0o700));
    });
}

#[test]
fn bytes_that_have_rotted_are_never_given() {
    everywhere(|ground| {
        let blobs = ground.open();
        place(&blobs, ORG, b"abc").named();
        let path = ground.all().remove(0);
        for rotten in [&b"abd"[..], b"ab", b"abcd", b""] {
            ground.spoil(&path, rotten);
            assert!(matches!(blobs.read(ORG, &hash(b"abc")), Err(BlobError::Damaged { .. })));
            assert!(matches!(blobs.open_checked(ORG, &hash(b"abc")), Err(BlobError::Damaged { .. })));
        }
        // Brought again they are well again, and a refusal does not take them from whoever had them.
        place(&blobs, ORG, b"abc").refused();
        assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
    });
}

/// A kill at any step leaves either bytes that the log names or, after the next start, nothing.
#[test]
fn a_kill_at_any_step_leaves_no_bytes_that_nobody_names() {
    everywhere(|ground| {
        let blobs = ground.open();
        let mut left = Vec::new();
        let mut upload = blobs.begin(ORG).unwrap();
        upload.write(b"abc").unwrap();
        left.push((None, ground.left()));
        let placed = upload.place_watched(&mut |step| left.push((Some(step), ground.left()))).unwrap();
        let steps: Vec<_> = left.iter().filter_map(|(step, _)| *step).collect();
        assert_eq!(steps, [Step::Synced, Step::Marked, Step::Placed]);
        let whole = ground.left();
        for (step, left) in &left {
            ground.revive(left);
            let data = left.data.path();
            assert!(!ground.files(data).is_empty(), "{step:?}: something is left");
            // Killed before the log had it.
            let blobs = ground.sweep(data, &[]);
            assert!(blobs.all(ORG).unwrap().is_empty(), "{step:?}");
            assert_eq!(ground.files(data), Vec::<PathBuf>::new(), "{step:?}");
        }
        // Killed when the log had it, before the mark went.
        ground.revive(&whole);
        let blobs = ground.sweep(ground.data.path(), &[hash(b"abc")]);
        assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
        assert_eq!(ground.all().len(), 1, "the mark is gone");
        drop(placed);
        assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
    });
}

/// The log is asked only where there is doubt: a start does not read every process there is.
#[test]
fn a_start_after_a_clean_end_does_not_ask_the_log() {
    everywhere(|ground| {
        let blobs = ground.open();
        place(&blobs, ORG, b"abc").named();
        drop(blobs.begin(OTHER).unwrap());
        let blobs = ground.open();
        blobs.sweep(&|org| panic!("{org:?} was asked")).unwrap();
        assert_eq!(blobs.all(ORG).unwrap().len(), 1);
    });
}

#[test]
fn what_nobody_got_named_goes_and_what_anybody_got_named_stays() {
    everywhere(|ground| {
        let blobs = ground.open();
        let is_there = || blobs.read(ORG, &hash(b"abc")).is_ok();
        place(&blobs, ORG, b"abc").refused();
        assert!(!is_there() && ground.all().is_empty());
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
            let all = ground.all();
            assert_eq!(all.len(), 1);
            ground.take(&all[0]);
        }
        // Named long ago: a later refusal takes nothing away.
        place(&blobs, ORG, b"abc").named();
        place(&blobs, ORG, b"abc").refused();
        assert!(is_there());
    });
}

/// An answer that never came leaves the decision to the next start, which asks the log.
#[test]
fn bytes_whose_fate_is_unknown_wait_for_the_next_start() {
    everywhere(|ground| {
        let blobs = ground.open();
        for named in [&[][..], &[[0; 32]]] {
            drop(place(&blobs, ORG, b"abc"));
            assert!(blobs.read(ORG, &hash(b"abc")).is_ok());
            // What comes later and is refused does not hide that the log must be asked.
            place(&blobs, ORG, b"abc").refused();
            let blobs = ground.sweep(ground.data.path(), named);
            assert!(blobs.read(ORG, &hash(b"abc")).is_err());
        }
        drop(place(&blobs, ORG, b"abc"));
        let blobs = ground.sweep(ground.data.path(), &[hash(b"abc")]);
        assert!(blobs.read(ORG, &hash(b"abc")).is_ok());
        assert_eq!(ground.all().len(), 1);
    });
}

#[test]
fn many_at_once_leave_one_file_and_no_mark() {
    everywhere(|ground| {
        let blobs = ground.open();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let blobs = &blobs;
                scope.spawn(move || {
                    for round in 0..4 {
                        let placed = place(blobs, ORG, format!("{}", round % 2).as_bytes());
                        assert!(blobs.read(ORG, &placed.sha256()).is_ok());
                        if number == 0 { placed.named() } else { placed.refused() }
                    }
                });
            }
        });
        assert_eq!(blobs.all(ORG).unwrap().len(), 2);
        assert_eq!(ground.all().len(), 2);
    });
}
