//! The last signed head of every log, in a file of its own beside the store: what a restored store is measured against.
//!
//! A file is written anew, synced, renamed into its place, and the directory synced, before anybody is given what was signed.
//! Worked once: t0 a head of 7 is signed. t1 its file is renamed. t2 the directory is synced. t3 the note is given out.
//! Killed before t1, the file says what it said before, and nobody has seen 7; after t1 it says 7, which the store holds.
//! Deliberately absent: judging what is found (`app::checkpoints`).

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everlog_core::hex;
use everlog_core::leaf::LogId;
use everlog_core::merkle::Frontier;
use serde::{Deserialize, Serialize};

use crate::store::StoreError;

/// The directory in the data directory.
pub const DIRECTORY: &str = "signed";
/// What a file that is not in its place yet ends with.
const NEW: &str = ".new";
/// The form of the files that this version writes and reads.
const VERSION: u32 = 1;
/// Largest file that is read, in bytes: two notes with as many cosignatures as there may be, and a frontier.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// A signed head with what is needed to go on from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it was signed, in milliseconds since 1970.
    pub signed_ms: u64,
    /// What was read and verified before it was signed: its size, and by its root everything below.
    pub frontier: Frontier,
    /// The signed note.
    pub note: String,
    /// The newest head that witnesses have cosigned: this one, or one before it.
    pub cosigned: Option<Cosigned>,
}

/// A signed head that witnesses have cosigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosigned {
    /// When it was signed, in milliseconds since 1970.
    pub signed_ms: u64,
    /// The signed note.
    pub note: String,
    /// What witnesses say of it: a line each.
    pub cosignatures: Vec<String>,
}

/// The same as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    signed_ms: u64,
    frontier: String,
    note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cosigned: Option<Cosigned>,
}

/// Why nothing is known of the last signed head.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The file cannot be read.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// It is not what was written.
    #[error("it is not what was written: {0}")]
    Malformed(String),
}

/// The files.
#[derive(Debug)]
pub struct SignedHeads {
    directory: PathBuf,
    /// Held while a file is replaced, so that of two at once the smaller does not come last.
    replacing: Mutex<()>,
}

/// What lies there, by log.
pub type Found = HashMap<LogId, Result<Kept, KeptError>>;

impl SignedHeads {
    /// Opens the directory, or makes it, and reads what is there. Says whether it was made.
    ///
    /// # Errors
    /// When it can be neither read nor made.
    pub fn open(data: &Path) -> Result<(Self, Found, bool), StoreError> {
        let directory = data.join(DIRECTORY);
        let fault = |source: io::Error| io_fault("open the directory of signed heads", source);
        let is_new = match DirBuilder::new().mode(0o700).create(&directory) {
            Ok(()) => true,
            Err(why) if why.kind() == ErrorKind::AlreadyExists => false,
            Err(why) => return Err(fault(why)),
        };
        if is_new {
            File::open(data).and_then(|data| data.sync_all()).map_err(fault)?;
        }
        let found = found(&directory).map_err(fault)?;
        Ok((Self { directory, replacing: Mutex::default() }, found, is_new))
    }

    /// What lies there of one log, read again.
    pub fn kept(&self, log_id: &LogId) -> Option<Result<Kept, KeptError>> {
        match read(&self.directory.join(log_id.to_string())) {
            Err(KeptError::Io(why)) if why.kind() == ErrorKind::NotFound => None,
            read => Some(read),
        }
    }

    /// Puts a head into the place of the one before. When this returns it is there whatever happens.
    ///
    /// # Errors
    /// When it cannot be written, which leaves the one before; or when the one before is larger, or of the same size and
    /// another: then something else than this process has written it.
    pub fn replace(&self, log_id: &LogId, kept: &Kept) -> Result<(), StoreError> {
        let _turn = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.directory.join(log_id.to_string());
        match read(&place) {
            Ok(before) => {
                let (old, new) = (before.frontier.size(), kept.frontier.size());
                let is_other = old == new && before.frontier != kept.frontier;
                if old > new || is_other {
                    let what =
                        format!("a head of {new} may not follow the signed head of {old} of log {log_id}");
                    return Err(StoreError::Corrupt(what));
                }
            }
            Err(KeptError::Io(why)) if why.kind() == ErrorKind::NotFound => {}
            Err(why) => {
                return Err(StoreError::Corrupt(format!("the signed head of log {log_id}: {why}")));
            }
        }
        self.write(&place, kept).map_err(|why| io_fault("keep a signed head", why))
    }

    fn write(&self, place: &Path, kept: &Kept) -> io::Result<()> {
        let mut new = place.as_os_str().to_owned();
        new.push(NEW);
        let written = Written {
            version: VERSION,
            signed_ms: kept.signed_ms,
            frontier: STANDARD.encode(kept.frontier.to_bytes()),
            note: kept.note.clone(),
            cosigned: kept.cosigned.clone(),
        };
        let mut bytes = serde_json::to_vec_pretty(&written)?;
        bytes.push(b'\n');
        replace_file(&self.directory, Path::new(&new), place, &bytes, 0o600)
    }
}

/// What lies in a data directory, which is left as it is; nothing where nothing was ever signed.
///
/// # Errors
/// When the directory is there and cannot be read.
pub fn found_in(data: &Path) -> Result<Found, StoreError> {
    match found(&data.join(DIRECTORY)) {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(Found::new()),
        found => found.map_err(|why| io_fault("read the directory of signed heads", why)),
    }
}

fn found(directory: &Path) -> io::Result<Found> {
    let mut found = Found::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // What has another name is no head: an operator's note, or what a kill left half written.
        if let Some(log_id) = hex::decode(name) {
            found.insert(LogId(log_id), read(&path));
        }
    }
    Ok(found)
}

/// Puts a file into the place of another, whole and durable, or not at all.
pub fn replace_file(directory: &Path, new: &Path, place: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(mode).open(new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(new, place)?;
    File::open(directory)?.sync_all()
}

fn io_fault(doing: &'static str, source: io::Error) -> StoreError {
    StoreError::Io { doing, source: source.into() }
}

fn read(path: &Path) -> Result<Kept, KeptError> {
    let malformed = |why: &dyn std::fmt::Display| KeptError::Malformed(why.to_string());
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    let written: Written = serde_json::from_slice(&bytes).map_err(|why| malformed(&why))?;
    if written.version != VERSION {
        return Err(malformed(&format!("its version is {}, not {VERSION}", written.version)));
    }
    let frontier = STANDARD.decode(&written.frontier).map_err(|why| malformed(&why))?;
    let frontier = Frontier::from_bytes(&frontier).map_err(|why| malformed(&why))?;
    // The note says the same, under a signature that an older key may have made: what was kept must agree with itself.
    let size = frontier.size().to_string();
    let root = STANDARD.encode(frontier.root());
    if !written.note.split('\n').skip(1).take(2).eq([size.as_str(), root.as_str()]) {
        return Err(malformed(&"its note and its frontier are of different trees"));
    }
    let Written { signed_ms, note, cosigned, .. } = written;
    Ok(Kept { signed_ms, frontier, note, cosigned })
}
