//! Bytes that belong to processes, by organization and SHA-256: the documents that are signed, and what is made of them.
//!
//! Deliberately absent: which process they belong to and who may have them. The log names bytes by their hash; what it does
//! not name is as if it had never been here.
//!
//! How bytes get their place, worked once. t0 a file without a name grows under `new/`. t1 it is synced. t2 a mark of its
//! hash stands in `new/`, durable. t3 the file is renamed to its place, durable. t4 the log names the hash. t5 the mark goes.
//! Killed before t3, the next start removes a file without a name. Killed between t3 and t4, the mark tells the next start
//! to ask the log, which does not name the hash, and the bytes go. Killed after t4, they stay.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use everlog_core::hex::{self, Hex};
use everlog_core::leaf::Hash;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::store::{OrgCode, StoreError};

/// The directory in the data directory.
pub const DIRECTORY: &str = "blobs";
/// Where files of an organization lie that have no place yet, and marks.
const NEW: &str = "new";
/// What the name of a file ends in until it has its place.
const PART: &str = ".part";
/// The owner may do everything, nobody else anything.
const DIRECTORY_MODE: u32 = 0o700;
/// The owner may read and write, nobody else anything.
const FILE_MODE: u32 = 0o600;
/// How many bytes are read together.
const PIECE_BYTES: usize = 64 * 1024;

/// Why bytes cannot be kept or given back.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The disk failed.
    #[error("the blobs of the data directory cannot be {doing}")]
    Io {
        /// What was being done with them.
        doing: &'static str,
        /// The system's own error.
        #[source]
        source: io::Error,
    },
    /// There are no such bytes.
    #[error("the bytes with the SHA-256 {} are not there", Hex(.0))]
    Missing(Hash),
    /// What is there is not what was written.
    #[error("the bytes with the SHA-256 {} are damaged: theirs is {}", Hex(.stored), Hex(.computed))]
    Damaged {
        /// By which they are kept.
        stored: Hash,
        /// What they give now.
        computed: Hash,
    },
    /// The log could not be asked what it names.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn failed(doing: &'static str) -> impl Fn(io::Error) -> BlobError {
    move |source| BlobError::Io { doing, source }
}

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

/// The bytes of every organization. Calls may run at once, on any thread; all wait for the disk.
pub struct Blobs {
    root: PathBuf,
    /// What has its place, or is about to, and is not known to be named.
    waiting: Mutex<HashMap<(OrgCode, Hash), Waiting>>,
}

#[derive(Default)]
struct Waiting {
    /// How many want these bytes to be there.
    holders: usize,
    /// Whether one of them brought the file.
    is_ours: bool,
    /// Whether one of them made the mark. One that was there before is left: it tells of an older doubt.
    is_marked: bool,
    is_named: bool,
    is_unsure: bool,
}

/// What the log says of bytes that have their place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Named,
    Refused,
    Unsure,
}

impl Blobs {
    /// The blobs of a data directory, which its caller holds.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn open(data: &Path) -> Result<Self, BlobError> {
        let root = data.join(DIRECTORY);
        make_directory(&root).map_err(failed("made a directory for"))?;
        Ok(Self { root, waiting: Mutex::default() })
    }

    /// Begins to take bytes in.
    ///
    /// # Errors
    /// When no file can be made.
    pub fn begin(self: &Arc<Self>, org: OrgCode) -> Result<Upload, BlobError> {
        let new = self.of(org).join(NEW);
        let doing = failed("written");
        make_directory(&self.of(org)).and_then(|()| make_directory(&new)).map_err(&doing)?;
        let file = tempfile::Builder::new().prefix("").suffix(PART).tempfile_in(&new).map_err(&doing)?;
        Ok(Upload { blobs: Arc::clone(self), org, file, hasher: Sha256::new(), size: 0 })
    }

    /// The bytes with this hash, which they are seen to have.
    ///
    /// # Errors
    /// When they are not there, or not what they were.
    pub fn read(&self, org: OrgCode, sha256: &Hash) -> Result<Vec<u8>, BlobError> {
        let mut bytes = Vec::new();
        self.open_one(org, sha256)?.read_to_end(&mut bytes).map_err(failed("read"))?;
        let computed = Sha256::digest(&bytes).into();
        if computed != *sha256 {
            return Err(BlobError::Damaged { stored: *sha256, computed });
        }
        Ok(bytes)
    }

    /// The file of the bytes with this hash, at its beginning. All of it is read before, in pieces, and seen to have the hash.
    ///
    /// # Errors
    /// When they are not there, or not what they were.
    pub fn open_checked(&self, org: OrgCode, sha256: &Hash) -> Result<File, BlobError> {
        let mut file = self.open_one(org, sha256)?;
        let (mut hasher, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
        loop {
            let read = file.read(&mut piece).map_err(failed("read"))?;
            if read == 0 {
                break;
            }
            hasher.update(&piece[..read]);
        }
        let computed = hasher.finalize().into();
        if computed != *sha256 {
            return Err(BlobError::Damaged { stored: *sha256, computed });
        }
        file.rewind().map_err(failed("read"))?;
        Ok(file)
    }

    fn open_one(&self, org: OrgCode, sha256: &Hash) -> Result<File, BlobError> {
        File::open(self.place(org, sha256)).map_err(|why| match why.kind() {
            ErrorKind::NotFound => BlobError::Missing(*sha256),
            _ => failed("read")(why),
        })
    }

    /// The hashes of all bytes of an organization that have their place, in no order.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn all(&self, org: OrgCode) -> Result<Vec<Hash>, BlobError> {
        let mut found = Vec::new();
        for directory in entries(&self.of(org)).map_err(failed("listed"))? {
            if directory.file_name().is_some_and(|name| name == NEW) {
                continue;
            }
            let files = entries(&directory).map_err(failed("listed"))?;
            found.extend(files.iter().filter_map(|path| hex::decode(path.file_name()?.to_str()?)));
        }
        Ok(found)
    }

    /// Removes bytes that the log no longer names; none that are not there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete(&self, org: OrgCode, sha256: &Hash) -> Result<(), BlobError> {
        self.remove(org, sha256).map_err(failed("deleted"))
    }

    /// Removes what a crash has left: files without a name, and bytes that the log was about to name and does not. `named`
    /// gives every hash that a log names; it is asked only where there is doubt. Nothing may be taken in meanwhile.
    ///
    /// # Errors
    /// When the disk or the log cannot be read.
    pub fn sweep(
        &self,
        named: &dyn Fn(OrgCode) -> Result<HashSet<Hash>, StoreError>,
    ) -> Result<(), BlobError> {
        let doing = failed("swept");
        for directory in entries(&self.root).map_err(&doing)? {
            let code = directory.file_name().and_then(|name| name.to_str()?.parse().ok());
            let Some(org) = code.map(OrgCode) else { continue };
            let left = entries(&directory.join(NEW)).map_err(&doing)?;
            let marks: Vec<Hash> =
                left.iter().filter_map(|path| hex::decode(path.file_name()?.to_str()?)).collect();
            let named = if marks.is_empty() { HashSet::new() } else { named(org)? };
            for hash in marks.iter().filter(|hash| !named.contains(*hash)) {
                self.remove(org, hash).map_err(&doing)?;
            }
            left.iter().try_for_each(|path| remove_file(path)).map_err(&doing)?;
        }
        Ok(())
    }

    fn of(&self, org: OrgCode) -> PathBuf {
        self.root.join(org.0.to_string())
    }

    fn place(&self, org: OrgCode, sha256: &Hash) -> PathBuf {
        self.of(org).join(Hex(&sha256[..1]).to_string()).join(Hex(sha256).to_string())
    }

    fn mark(&self, org: OrgCode, sha256: &Hash) -> PathBuf {
        self.of(org).join(NEW).join(Hex(sha256).to_string())
    }

    /// Takes bytes away, durably.
    fn remove(&self, org: OrgCode, sha256: &Hash) -> io::Result<()> {
        let place = self.place(org, sha256);
        remove_file(&place)?;
        match place.parent() {
            Some(directory) if directory.exists() => sync(directory),
            _ => Ok(()),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<(OrgCode, Hash), Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, org: OrgCode, sha256: &Hash, note: impl FnOnce(&mut Waiting)) {
        self.waiting().get_mut(&(org, *sha256)).map(note).unwrap_or_default();
    }

    /// One holder less. The last one to go takes the mark away, and the bytes too when nobody got them named.
    fn end(&self, org: OrgCode, sha256: &Hash, verdict: Verdict) -> io::Result<()> {
        let mut all = self.waiting();
        let Some(waiting) = all.get_mut(&(org, *sha256)) else { return Ok(()) };
        waiting.holders -= 1;
        waiting.is_named |= verdict == Verdict::Named;
        waiting.is_unsure |= verdict == Verdict::Unsure;
        if waiting.holders > 0 {
            return Ok(());
        }
        let is_to_go = waiting.is_ours && !waiting.is_unsure && !waiting.is_named;
        let is_settled = waiting.is_named || (waiting.is_marked && !waiting.is_unsure);
        all.remove(&(org, *sha256));
        // Still under the lock: whoever wants these bytes next finds them there or gone.
        if is_to_go {
            self.remove(org, sha256)?;
        }
        if is_settled {
            remove_file(&self.mark(org, sha256))?;
        }
        Ok(())
    }
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
        blobs.waiting().entry((org, sha256)).or_default().holders += 1;
        let placed = Placed { blobs: Arc::clone(&blobs), org, sha256, size, verdict: Verdict::Unsure };
        let mark = blobs.mark(org, &sha256);
        let is_new = make_mark(&mark).map_err(&doing)?;
        blobs.note(org, &sha256, |waiting| waiting.is_marked |= is_new);
        told(Step::Marked);
        let found = blobs.open_checked(org, &sha256);
        if let Err(why @ BlobError::Io { .. }) = found {
            return Err(why);
        }
        if let Err(why) = found {
            let place = blobs.place(org, &sha256);
            let is_damaged = matches!(why, BlobError::Damaged { .. });
            let directory = place.parent().unwrap_or(&blobs.root);
            make_directory(directory).map_err(&doing)?;
            file.persist(&place).map_err(|why| doing(why.error))?;
            sync(directory).map_err(&doing)?;
            // What lay there damaged may be named already; well again, it stays.
            blobs.note(org, &sha256, |waiting| waiting.is_ours |= !is_damaged);
        }
        told(Step::Placed);
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
            // The mark is still there or harms nobody: the next start goes on here.
            tracing::warn!(error = &why as &dyn std::error::Error, "a file is left to the next start");
        }
    }
}

/// What is in a directory; nothing when it is not there.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(why) => Err(why),
    }
}

/// Makes a directory that may be there, durable in its parent.
fn make_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync),
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(why),
    }
}

/// Makes a mark, durable in its directory; whether it was not there before.
fn make_mark(path: &Path) -> io::Result<bool> {
    let is_new = match OpenOptions::new().create_new(true).write(true).mode(FILE_MODE).open(path) {
        Ok(_) => true,
        Err(why) if why.kind() == ErrorKind::AlreadyExists => false,
        Err(why) => return Err(why),
    };
    path.parent().map_or(Ok(()), sync)?;
    Ok(is_new)
}

/// Removes a file that may be gone.
fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

/// Makes a directory's entries durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
