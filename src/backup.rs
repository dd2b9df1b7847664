//! Backups: a directory with everything that a data directory cannot make anew, and a manifest by which it is checked.
//!
//! ```text
//! everlog-backup.json      what is in the backup, with sizes and hashes: renamed into its place last
//! state-7/truth.db         one state of the truth, without a log beside it
//! state-7/signed/          what was signed last, as it was before that state
//! state-7/checkpoints/     the head of every log at exactly its size in truth.db, signed
//! state-7/erasures.jsonl   the ledger of erasures, as it was behind that state
//! state-7/*.key            unless they were left out
//! state-7/bucket           where the documents lay, if in a bucket
//! blobs/                   documents by their hashes, shared by one state and the next
//! ```
//! The next backup makes `state-8` beside it, and the manifest names either the one or the other: killed at any moment, a
//! backup holds. What no manifest names is removed by the next one.
//!
//! Deliberately absent: the index, which is made anew, and any place but a directory.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use everlog_core::hex::Hex;
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::merkle::Frontier;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::blobs::BlobError;
use crate::directory::{DirectoryError, Entry};
use crate::fsck::check_row;
use crate::store::{Store, StoreError};

mod documents;
pub mod make;
pub mod put;

/// The manifest.
pub const MANIFEST: &str = "everlog-backup.json";
/// The form of backups that this version makes and reads.
pub const FORMAT: &str = "everlog-backup/v1";
/// The ledger of erasures in a data directory.
const LEDGER: &str = crate::ledger::FILE;
/// The signed heads of a backup, by log.
const CHECKPOINTS: &str = "checkpoints";
/// The file that holds the truth.
const TRUTH: &str = "truth.db";
/// What the names of key files end in.
const KEY_SUFFIX: &str = ".key";
/// How many rows are read together.
const GROUP_ROWS: usize = 1_000;
/// How many bytes are read together.
const PIECE_BYTES: usize = 256 * 1024;
/// Largest manifest that is read, in bytes: a line a document, of two hundred bytes.
const MANIFEST_BYTES_MAX: u64 = 1 << 30;

/// What is in a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The program that made it.
    pub version: String,
    /// When it was made, in words …
    pub made_at: String,
    /// … and in milliseconds since 1970.
    pub made_ms: u64,
    /// The directory of its state.
    pub state: String,
    /// Whether only what was new was read.
    pub is_incremental: bool,
    /// Whether the keys are in it.
    pub has_keys: bool,
    /// Its logs.
    pub logs: Vec<LogLine>,
    /// What its logs name and was not there as it was, in words: not in it, or only as the backup before had it.
    pub faults: Vec<String>,
    /// Its files.
    pub files: Vec<FileLine>,
}

/// A log in a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// Whose it is.
    pub organization: String,
    /// Its identity.
    pub log_id: String,
    /// How many events it holds.
    pub size: Size,
    /// The key that its checkpoint is verified with.
    pub key: String,
}

/// A file in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileLine {
    /// Where it lies, from the backup's directory.
    pub path: String,
    /// How long it is.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

/// Why a backup cannot be made or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be used.
    #[error("{path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the backup is not what the manifest says.
    #[error("{path} in the backup is damaged: {why}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// An event is not what its leaf says.
    #[error("event {seq} of {organization} is damaged: {why}")]
    Event {
        /// Whose log.
        organization: String,
        /// The first bad event.
        seq: Seq,
        /// What is wrong.
        why: String,
    },
    /// Something in words.
    #[error("{0}")]
    Refused(String),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Documents cannot be read or kept.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// An organization cannot be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The key that signs cannot be used.
    #[error("what the backup holds cannot be signed")]
    Key(#[from] crate::app::KeyFileError),
}

/// What is being done, for a bar of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The truth is copied, in pages or events.
    Truth,
    /// Events are read again.
    Events,
    /// Files are copied, in bytes.
    Files,
}

/// Hears how far a phase has come, and of how much.
pub type Told<'a> = &'a (dyn Fn(Phase, u64, u64) + Sync);

fn used(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |source| BackupError::Io { path: path.to_owned(), source }
}

impl Manifest {
    /// The manifest of a backup; nothing where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is not one of this version.
    pub fn read(backup: &Path) -> Result<Option<Self>, BackupError> {
        let path = backup.join(MANIFEST);
        let mut bytes = Vec::new();
        match File::open(&path) {
            Ok(file) => {
                file.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes).map_err(used(&path))?;
            }
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(used(&path)(why)),
        }
        let damaged = |why: String| BackupError::Damaged { path: MANIFEST.to_owned(), why };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|why| damaged(why.to_string()))?;
        if manifest.format != FORMAT {
            return Err(damaged(format!("it is of the form {}, not {FORMAT}", manifest.format)));
        }
        let is_plain = |path: &str| {
            !path.is_empty() && Path::new(path).components().all(|it| matches!(it, Component::Normal(_)))
        };
        let paths = manifest.files.iter().map(|file| &file.path).chain([&manifest.state]);
        if let Some(path) = paths.into_iter().find(|path| !is_plain(path)) {
            return Err(damaged(format!("it names {path}, which is no file of a backup")));
        }
        Ok(Some(manifest))
    }

    /// Gives it its name in a backup: from then on it holds.
    ///
    /// # Errors
    /// When it would name a file twice, so that nothing could be put back, or cannot be written.
    pub fn write(&self, backup: &Path) -> Result<(), BackupError> {
        let mut places = HashSet::new();
        if let Some(file) = self.files.iter().find(|file| !places.insert(self.place_of(file))) {
            let why = format!("the backup would hold {} twice; the one before is as it was", file.path);
            return Err(BackupError::Refused(why));
        }
        let path = backup.join(MANIFEST);
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|why| used(&path)(why.into()))?;
        bytes.push(b'\n');
        let new = backup.join(format!("{MANIFEST}.new"));
        crate::signed::replace_file(backup, &new, &path, &bytes, 0o600).map_err(used(&path))
    }

    /// Where a file lies in a data directory.
    fn place_of<'a>(&self, file: &'a FileLine) -> &'a str {
        let state = file.path.strip_prefix(&self.state).and_then(|rest| rest.strip_prefix('/'));
        state.unwrap_or(&file.path)
    }

    /// How many events its logs hold.
    pub fn events(&self) -> u64 {
        self.logs.iter().map(|log| log.size.0).sum()
    }

    /// How long its files are together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Reads the events of a log from the end of a tree on, by the way on which everybody reads, and lets the tree grow to the
/// head's, which it must become.
fn read_again(
    store: &dyn Store,
    org: &Entry,
    mut tree: Frontier,
    read: &dyn Fn(u64),
) -> Result<(), BackupError> {
    let head = store.head(org.row.code)?;
    let bad = |seq, why: &str| BackupError::Event {
        organization: org.row.id.to_string(),
        seq,
        why: why.to_owned(),
    };
    let mut received_ms = 0;
    while tree.size() < head.size {
        let rows = store.scan(org.row.code, Seq(tree.size().0), GROUP_ROWS)?;
        for row in &rows {
            let next = Seq(tree.size().0);
            if row.seq != next {
                return Err(bad(next, "it is missing"));
            }
            if let Some(why) = check_row(org, row, received_ms) {
                return Err(bad(next, &why));
            }
            received_ms = row.received_ms;
            tree.push(row.leaf_hash);
        }
        if rows.is_empty() {
            return Err(bad(Seq(tree.size().0), "it is missing"));
        }
        read(rows.len() as u64);
    }
    if tree != head.frontier {
        return Err(BackupError::Refused(format!("the head of {} is not that of its events", org.row.id)));
    }
    Ok(())
}

/// Copies a file that nobody wrote to before; gives its length and hash. It is durable, but for its name.
fn copy_file(from: &Path, to: &Path, told: &mut dyn FnMut(u64)) -> Result<(u64, Hash), BackupError> {
    copy_opened(from, File::open(from).map_err(used(from))?, to, told)
}

/// The same of an open file, which is called `from` should it fail.
fn copy_opened(
    from: &Path,
    mut source: File,
    to: &Path,
    told: &mut dyn FnMut(u64),
) -> Result<(u64, Hash), BackupError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(0o600);
    let mut target = options.open(to).map_err(used(to))?;
    let (mut hasher, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let count = source.read(&mut piece).map_err(used(from))?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { break };
        target.write_all(read).map_err(used(to))?;
        hasher.update(read);
        bytes += read.len() as u64;
        told(read.len() as u64);
    }
    target.sync_all().map_err(used(to))?;
    Ok((bytes, hasher.finalize().into()))
}

/// Length and hash of a file.
fn hash_file(path: &Path) -> Result<(u64, Hash), BackupError> {
    let mut file = File::open(path).map_err(used(path))?;
    let (mut hasher, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let count = file.read(&mut piece).map_err(used(path))?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        bytes += read.len() as u64;
    }
    Ok((bytes, hasher.finalize().into()))
}

fn line(path: String, (bytes, sha256): (u64, Hash)) -> FileLine {
    FileLine { path, bytes, sha256: Hex(&sha256).to_string() }
}

/// Makes a directory that may be there, and those above it.
fn make_directory(path: &Path) -> Result<(), BackupError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(used(path))
}

/// The entries of a directory; none where it is not there.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, BackupError> {
    match fs::read_dir(directory) {
        Ok(entries) => {
            let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
            let mut paths = paths.map_err(used(directory))?;
            paths.sort();
            Ok(paths)
        }
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(why) => Err(used(directory)(why)),
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn sync(directory: &Path) -> Result<(), BackupError> {
    File::open(directory).and_then(|it| it.sync_all()).map_err(used(directory))
}
