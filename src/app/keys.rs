//! Keys that an installation makes for itself at its first start. Deliberately absent: keys of callers.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use everlog_core::checkpoint::{KeyError, LogKey};
use everlog_core::hex::{self, Hex};

use crate::access::{SESSION_PREFIX, Secret};
use crate::store::{Store, StoreError};
use crate::trail::seal::key::{SealKey, SealKeyError};

/// The file in the data directory that holds the operator's key.
pub const OPERATOR_FILE: &str = "operator.key";
const LOG_FILE: &str = "log.key";
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
    /// The host cannot be the name of a key.
    #[error("the log host {host} cannot name a key")]
    Name {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: KeyError,
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
    /// It holds something else.
    #[error("{0} is a key of 64 hexadecimal digits, and this is not")]
    Malformed(String),
}

/// The operator's key, and whether it was made just now: the one that is set, else the one in the data directory.
pub(super) fn operator_key(data: &Path, set: Option<&str>) -> Result<(String, bool), KeyFileError> {
    if let Some(key) = set {
        return Ok((key.to_owned(), false));
    }
    let path = data.join(OPERATOR_FILE);
    read_or_make(&path, || format!("evl_op_{}", &Secret::new_session().as_str()[SESSION_PREFIX.len()..]))
}

/// The key that signs checkpoints.
pub(super) fn log_key(data: &Path, host: &str, set: Option<&str>) -> Result<LogKey, KeyFileError> {
    let path = data.join(LOG_FILE);
    let (text, place) = match set {
        Some(text) => (text.to_owned(), "EVERLOG_LOG_KEY".to_owned()),
        None => (read_or_make(&path, random_hex)?.0, path.display().to_string()),
    };
    let seed = hex::decode(text.trim()).ok_or(KeyFileError::Malformed(place))?;
    LogKey::from_seed(host, seed).map_err(|source| KeyFileError::Name { host: host.to_owned(), source })
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
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(key.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    };
    write().map_err(fault)?;
    Ok((key, true))
}
