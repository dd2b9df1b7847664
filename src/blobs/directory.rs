//! Bytes by organization and hash in the data directory. Deliberately absent: whether anybody names them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use everlog_core::hex::{self, Hex};
use everlog_core::leaf::Hash;
use tempfile::NamedTempFile;

use crate::blobs::{BlobError, NEW, failed};
use crate::store::OrgCode;

/// The owner may do everything, nobody else anything.
const DIRECTORY_MODE: u32 = 0o700;
/// The owner may read and write, nobody else anything.
const FILE_MODE: u32 = 0o600;

/// The place of bytes whose home is the data directory.
pub(super) struct Directory {
    root: PathBuf,
}

impl Directory {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The file with these bytes, if they are what they were.
    pub fn open(&self, org: OrgCode, sha256: &Hash) -> Result<File, BlobError> {
        File::open(self.place(org, sha256)).map_err(|why| match why.kind() {
            ErrorKind::NotFound => BlobError::Missing(*sha256),
            _ => failed("read")(why),
        })
    }

    /// Gives a synced file its place, durably.
    pub fn put(&self, org: OrgCode, sha256: &Hash, file: NamedTempFile) -> Result<(), BlobError> {
        let doing = failed("written");
        let place = self.place(org, sha256);
        let directory = place.parent().unwrap_or(&self.root);
        make_directory(directory).map_err(&doing)?;
        file.persist(&place).map_err(|why| doing(why.error))?;
        sync(directory).map_err(&doing)
    }

    /// Takes bytes away, durably; none that are not there.
    pub fn remove(&self, org: OrgCode, sha256: &Hash) -> Result<(), BlobError> {
        let doing = failed("deleted");
        let place = self.place(org, sha256);
        remove_file(&place).map_err(&doing)?;
        match place.parent() {
            Some(directory) if directory.exists() => sync(directory).map_err(&doing),
            _ => Ok(()),
        }
    }

    /// The hashes of all bytes of an organization, and how many they are.
    pub fn all(&self, org: OrgCode) -> Result<Vec<(Hash, u64)>, BlobError> {
        let doing = failed("listed");
        let mut found = Vec::new();
        for directory in entries(&self.of(org)).map_err(&doing)? {
            if directory.file_name().is_some_and(|name| name == NEW) {
                continue;
            }
            for path in entries(&directory).map_err(&doing)? {
                // What lies in another place than its own is nothing that is found again.
                let Some(hash) = hash_of(&path).filter(|hash| path == self.place(org, hash)) else {
                    continue;
                };
                // What is taken away meanwhile is not there.
                let bytes = fs::metadata(&path).map_or(0, |found| found.len());
                found.push((hash, bytes));
            }
        }
        Ok(found)
    }

    fn of(&self, org: OrgCode) -> PathBuf {
        self.root.join(org.0.to_string())
    }

    fn place(&self, org: OrgCode, sha256: &Hash) -> PathBuf {
        self.of(org).join(Hex(&sha256[..1]).to_string()).join(Hex(sha256).to_string())
    }
}

/// The hash that a file's name says.
pub(super) fn hash_of(path: &Path) -> Option<Hash> {
    hex::decode(path.file_name()?.to_str()?)
}

/// What is in a directory; nothing when it is not there.
pub(super) fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(why) => Err(why),
    }
}

/// Makes a directory that may be there, durable in its parent.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync),
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(why),
    }
}

/// Makes a mark, durable in its directory; whether it was not there before.
pub(super) fn make_mark(path: &Path) -> io::Result<bool> {
    let is_new = match OpenOptions::new().create_new(true).write(true).mode(FILE_MODE).open(path) {
        Ok(_) => true,
        Err(why) if why.kind() == ErrorKind::AlreadyExists => false,
        Err(why) => return Err(why),
    };
    path.parent().map_or(Ok(()), sync)?;
    Ok(is_new)
}

/// Writes a file that only its owner reads, synced, but for its name.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(FILE_MODE);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Removes a file that may be gone.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

/// Makes a directory's entries durable.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
