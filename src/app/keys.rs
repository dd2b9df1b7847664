//! Keys that an installation makes for itself at its first start. Deliberately absent: keys of callers.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use everlog_core::checkpoint::{KeysError, LogKeys};
use everlog_core::hex::Hex;

use crate::access::{SESSION_PREFIX, Secret};
use crate::store::{Store, StoreError};
use crate::trail::seal::key::{SealKey, SealKeyError};

/// The file in the data directory that holds the operator's key.
pub const OPERATOR_FILE: &str = "operator.key";
/// The file in the data directory that holds the seed of the key that signs checkpoints.
pub const LOG_FILE: &str = "log.key";
const SEAL_FILE: &str = "seal.key";
const CURSOR_META: &str = "cursor_key";

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It can neither be read nor made.
    #[error("{path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds other keys than those that can sign.
    #[error("the keys that sign checkpoints, in {place}, cannot be used")]
    Log {
        /// The file, or the variable.
        place: String,
        /// Why.
        #[source]
        source: KeysError,
    },
    /// It holds no key that seals, or one that its certificate is not of.
    #[error("{path} cannot seal")]
    Seal {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: SealKeyError,
    },
}

/// The operator's key, and whether it was made just now: the one that is set, else the one in the data directory.
pub(super) fn operator_key(data: &Path, set: Option<&str>) -> Result<(String, bool), KeyFileError> {
    if let Some(key) = set {
        return Ok((key.to_owned(), false));
    }
    let path = data.join(OPERATOR_FILE);
    read_or_make(&path, || format!("evl_op_{}", &Secret::new_session().as_str()[SESSION_PREFIX.len()..]))
}

/// The variable that holds the keys that sign checkpoints, where they are not in the data directory.
pub const LOG_KEY_VARIABLE: &str = "EVERLOG_LOG_KEY";

/// The keys that sign checkpoints, called by the host: those that are set, else those in the data directory.
///
/// # Errors
/// When they can be neither read nor made, or are no keys.
pub fn log_keys(data: &Path, host: &str, set: Option<&str>) -> Result<LogKeys, KeyFileError> {
    let path = data.join(LOG_FILE);
    let (text, place) = match set {
        Some(text) => (text.to_owned(), LOG_KEY_VARIABLE.to_owned()),
        None => (read_or_make(&path, random_hex)?.0, path.display().to_string()),
    };
    LogKeys::parse(host, &text).map_err(|source| KeyFileError::Log { place, source })
}

/// Makes a key that signs in front of those in the data directory, which go on signing. A server takes it up when it starts.
///
/// # Errors
/// When the keys cannot be read or written, or are as many as can sign; then those before are still there.
pub fn rotate_log_keys(data: &Path, host: &str) -> Result<LogKeys, KeyFileError> {
    let mut seed = [0; 32];
    let random = getrandom::fill(&mut seed).map_err(io::Error::other);
    random.map_err(|source| KeyFileError::Io { path: data.join(LOG_FILE), source })?;
    change_log_keys(data, host, |keys| keys.rotate(seed))
}

/// Ends the signing of an older key in the data directory, named by its verifier key or by name and id.
///
/// # Errors
/// As [`rotate_log_keys`], or when none that is not the newest is called so.
pub fn retire_log_key(data: &Path, host: &str, named: &str) -> Result<LogKeys, KeyFileError> {
    change_log_keys(data, host, |keys| keys.retire(named))
}

fn change_log_keys(
    data: &Path,
    host: &str,
    change: impl FnOnce(LogKeys) -> Result<LogKeys, KeysError>,
) -> Result<LogKeys, KeyFileError> {
    let (path, new) = (data.join(LOG_FILE), data.join(format!("{LOG_FILE}.new")));
    let keys = change(log_keys(data, host, None)?)
        .map_err(|source| KeyFileError::Log { place: path.display().to_string(), source })?;
    let replace = || -> io::Result<()> {
        match std::fs::remove_file(&new) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            // It was not there, or was left behind by a process that did not come to its end.
            _ => {}
        }
        write_secret(&new, &keys.to_text())?;
        std::fs::rename(&new, &path)?;
        sync_parent(&path)
    };
    replace().map_err(|source| KeyFileError::Io { path: path.clone(), source })?;
    Ok(keys)
}

/// The key that seals documents, with its certificates: those that are set, else one with a certificate of its own.
pub(super) fn seal_key(
    data: &Path,
    host: &str,
    set: Option<(&Path, &Path)>,
    now_ms: u64,
) -> Result<SealKey, KeyFileError> {
    let (path, key, certificates) = match set {
        Some((key, certificates)) => {
            let read = |path: &Path| {
                let fault = |source| KeyFileError::Io { path: path.to_owned(), source };
                std::fs::read_to_string(path).map_err(fault)
            };
            (key.to_owned(), read(key)?, read(certificates)?)
        }
        None => {
            let path = data.join(SEAL_FILE);
            // Nothing that could not be made is kept as a key: an empty text is refused by its reader.
            let make = || SealKey::generate(&format!("Everlog at {host}"), now_ms).unwrap_or_default();
            let text = read_or_make(&path, make)?.0;
            (path, text.clone(), text)
        }
    };
    SealKey::from_pem(&key, &certificates).map_err(|source| KeyFileError::Seal { path, source })
}

/// The key that seals cursors: in the store, so that every process of one installation has the same.
pub(super) fn cursor_key(store: &dyn Store) -> Result<[u8; 32], StoreError> {
    let read = || -> Result<Option<[u8; 32]>, StoreError> {
        Ok(store.meta(CURSOR_META)?.and_then(|bytes| bytes.try_into().ok()))
    };
    if let Some(key) = read()? {
        return Ok(key);
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key)
        .map_err(|source| StoreError::Io { doing: "get random bytes", source: source.into() })?;
    store.transact(&mut |transaction| transaction.set_meta(CURSOR_META, &key))?;
    Ok(key)
}

fn random_hex() -> String {
    let mut seed = [0; 32];
    // A key that is not random must not be made: an empty text is refused by its reader.
    getrandom::fill(&mut seed).map(|()| Hex(&seed).to_string()).unwrap_or_default()
}

/// The content of a file that only its owner may read; made, and durable, when it is not there.
fn read_or_make(path: &Path, make: impl FnOnce() -> String) -> Result<(String, bool), KeyFileError> {
    let fault = |source| KeyFileError::Io { path: path.to_owned(), source };
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok((text.trim().to_owned(), false)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => {}
        Err(why) => return Err(fault(why)),
    }
    let key = make();
    write_secret(path, &format!("{key}\n")).and_then(|()| sync_parent(path)).map_err(fault)?;
    Ok((key, true))
}

/// A new file that only its owner may read, durable when this returns; its name is once its directory is synced.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}
