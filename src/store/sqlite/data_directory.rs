//! The data directory: made, recognised, and held by one process. Deliberately absent: what is in the files.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::store::StoreError;
use crate::store::sqlite::put_back;

/// The file that holds the truth.
pub(super) const TRUTH: &str = "truth.db";
/// The file whose lock says that a process uses the directory.
pub(super) const LOCK: &str = "lock";
/// How often a lock that another holds is asked for: a process that is just being started has copies of our files for a
/// moment, and one that is stopping gives its lock back soon.
const LOCK_TRIES: u32 = 50;
/// How long is waited in between.
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// What an otherwise empty directory may hold: our lock, what a restore that was killed left, and what a file system puts
/// into its root.
const ALLOWED_IN_EMPTY: &[&str] = &[LOCK, put_back::GROWING, put_back::CLAIM, "lost+found"];
/// The owner may do everything, nobody else anything.
pub(super) const DIRECTORY_MODE: u32 = 0o700;
/// The owner may read and write, nobody else anything.
const FILE_MODE: u32 = 0o600;

/// `EVLG`: what our files carry in SQLite's header.
pub(super) const APPLICATION_ID: i32 = 0x4556_4c47;
/// How every SQLite file begins.
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Length of the header of an SQLite file.
const HEADER_BYTES: usize = 100;
/// Where the application id stands in it, big-endian.
const APPLICATION_ID_AT: usize = 68;

/// A data directory that is ours alone as long as this lives.
pub(super) struct DataDirectory {
    path: PathBuf,
    /// Held for life; closing the file gives the lock back, also when the process is killed.
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory where there is none, refuses one that is not ours, and takes it.
    ///
    /// A directory that is refused is left as it was found.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let refused = |error: io::Error| refusal(path, &error);
        create(path).map_err(refused)?;
        // Where there is a lock it is taken before the truth is looked at: closing a file gives up every lock that this
        // process has on it, also those of a store that is open. Where there is none, none is left in what is refused.
        let held = path.join(LOCK).exists().then(|| hold(path)).transpose()?;
        // Who put something back and was killed held the lock, so that it is there.
        if held.is_some() {
            put_back::finish(path).map_err(refused)?;
        }
        recognise(path)?;
        let lock = match held {
            Some(lock) => lock,
            None => hold(path)?,
        };
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(FILE_MODE)
            .open(path.join(TRUTH))
            .map_err(refused)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The directory's own path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the file that holds the truth.
    pub(super) fn truth(&self) -> PathBuf {
        self.path.join(TRUTH)
    }

    /// Makes the names in the directory durable.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        sync(&self.path).map_err(|error| refusal(&self.path, &error))
    }
}

/// Why the operating system does not let us use the directory, in words for the operator.
pub fn refusal(path: &Path, error: &io::Error) -> StoreError {
    let path = path.display();
    StoreError::Directory(match error.kind() {
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => format!("{path} is not a directory"),
        ErrorKind::PermissionDenied => format!("no permission to write in the data directory {path}"),
        ErrorKind::ReadOnlyFilesystem => format!("the data directory {path} is on a read-only file system"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("no space is left for the data directory {path}")
        }
        _ => format!("the data directory {path} cannot be used: {error}"),
    })
}

/// Takes the lock, and makes its file where there is none.
pub(super) fn hold(path: &Path) -> Result<File, StoreError> {
    let refused = |error: io::Error| refusal(path, &error);
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(FILE_MODE);
    let lock = options.open(path.join(LOCK)).map_err(refused)?;
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(refused(error)),
        }
    }
    let path = path.display();
    Err(StoreError::Directory(format!("the data directory {path} is in use by another process")))
}

/// Makes the directory and those above it, each durable in its parent.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    let missing: Vec<&Path> = path.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    if missing.is_empty() && !path.is_dir() {
        return Err(ErrorKind::NotADirectory.into());
    }
    for directory in missing.into_iter().rev() {
        DirBuilder::new().mode(DIRECTORY_MODE).create(directory)?;
        sync(directory.parent().unwrap_or(Path::new("/")))?;
    }
    Ok(())
}

/// Makes a directory's entries durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Refuses a directory that something else has filled. Reads only.
pub(super) fn recognise(path: &Path) -> Result<(), StoreError> {
    match File::open(path.join(TRUTH)) {
        Ok(truth) => recognise_truth(path, truth),
        Err(error) if error.kind() == ErrorKind::NotFound => recognise_empty(path),
        Err(error) => Err(refusal(path, &error)),
    }
}

/// A directory without truth must be empty: what lies there may be another program's, or the rest of a lost log.
fn recognise_empty(path: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(path).map_err(|error| refusal(path, &error))? {
        let name = entry.map_err(|error| refusal(path, &error))?.file_name();
        if !ALLOWED_IN_EMPTY.iter().any(|allowed| OsStr::new(allowed) == name) {
            return Err(StoreError::Directory(format!(
                "{} is not empty and holds no {TRUTH}: it is not a data directory of everlog",
                path.display()
            )));
        }
    }
    Ok(())
}

/// The header of an SQLite file says whose it is. An empty file is ours: we were killed while making it.
fn recognise_truth(path: &Path, mut truth: File) -> Result<(), StoreError> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    truth
        .by_ref()
        .take(HEADER_BYTES as u64)
        .read_to_end(&mut header)
        .map_err(|error| refusal(path, &error))?;
    let ours = header.starts_with(SQLITE_MAGIC)
        && header.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4) == Some(&APPLICATION_ID.to_be_bytes());
    if !(header.is_empty() || ours) {
        return Err(StoreError::Directory(format!("{} was not made by everlog", path.join(TRUTH).display())));
    }
    Ok(())
}
