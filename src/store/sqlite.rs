//! The embedded store: one SQLite file in a data directory that one process holds.
//!
//! Deliberately absent: the index beside it, and any retry. One connection writes, others read; what one transaction
//! wrote is on the disk when it returns, and after a fault of the disk nothing more is written until it is opened again.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::merkle::Frontier;
use rusqlite::ErrorCode;

use crate::store::process::{ProcessFilter, ProcessPage, SubjectRow, Summoned};
use crate::store::stream::{DeadLetter, MessagePlace, StreamRow};
use crate::store::{
    Append, Code, CodeKind, Credential, Head, OrgCode, OrganizationRow, Row, SavedView, Store, StoreError,
    Transaction,
};
use body::{Decoders, Dictionary, Encoder};
use data_directory::DataDirectory;
use pool::{Reader, Readers};
use write::Writer;

mod body;
mod check;
pub mod data_directory;
mod pool;
mod process;
pub mod put_back;
mod read;
mod schema;
mod scrub;
pub mod snapshot;
mod stream;
mod write;

pub use body::DOCUMENT_BYTES_MAX;
pub use write::LOG_BYTES_MAX;

/// The truth in one file, `truth.db`.
///
/// Fields are dropped in order: who reads, who writes, and last the directory's lock.
pub struct SqliteStore {
    readers: Readers,
    /// What a store has that was not opened for reading only.
    held: Option<Held>,
}

struct Held {
    /// Whoever holds the lock is the writer; others wait.
    writer: Mutex<Writer>,
    /// Kept for its lock.
    _directory: DataDirectory,
}

impl SqliteStore {
    /// Whether a directory holds a truth, of whatever version.
    pub fn is_in(directory: &Path) -> bool {
        directory.join(data_directory::TRUTH).is_file() || put_back::is_ready(directory)
    }

    /// Opens the data directory, or makes it (readable by its owner only), and holds it until the store is dropped.
    ///
    /// # Errors
    /// `StoreError::Directory` says in a sentence why the directory cannot be used: another process holds it, a newer
    /// program wrote it, it is something else's, it cannot be written, or there is no space. It is then left as it was.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let directory = DataDirectory::open(dir)?;
        let connection = schema::open_writer(&directory)?;
        let dictionaries = schema::dictionaries(&connection)?;
        let encoder = Encoder::new(schema::shipped(&dictionaries)?)?;
        let decoders = Decoders::new(dictionaries.iter().map(|(id, bytes)| Dictionary { id: *id, bytes }))?;
        let writer = Mutex::new(Writer::new(connection, encoder, decoders)?);
        directory.sync()?;
        let readers = Readers::new(directory.truth(), dictionaries);
        Ok(Self { readers, held: Some(Held { writer, _directory: directory }) })
    }

    /// Opens the truth in a directory for reading only. Nobody's lock is needed for that, and none is taken.
    ///
    /// # Errors
    /// When there is none, or it is of another schema than this program's.
    pub fn open_to_read(dir: &Path) -> Result<Self, StoreError> {
        let truth = dir.join(data_directory::TRUTH);
        let connection = schema::open_reader(&truth)?;
        schema::refuse_other(&connection, dir)?;
        let dictionaries = schema::dictionaries(&connection)?;
        Ok(Self { readers: Readers::new(truth, dictionaries), held: None })
    }

    /// Closes the store, and says whether that went well. Dropping it does the same and can only log it.
    ///
    /// # Errors
    /// When the log in front of the file could not be copied into it. Nothing is lost: the next opening reads both.
    pub fn close(self) -> Result<(), StoreError> {
        self.writer().map_or(Ok(()), |mut writer| writer.close())
    }

    /// What a panic left behind is a transaction that was rolled back.
    fn writer(&self) -> Option<MutexGuard<'_, Writer>> {
        self.held.as_ref().map(|held| held.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn read<T>(&self, work: impl FnOnce(&mut Reader) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.readers.read(work)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.writer().map(|mut writer| writer.close()) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the store could not be closed cleanly"
            );
        }
    }
}

impl Store for SqliteStore {
    fn transact(
        &self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let read_only = || StoreError::Directory("the truth was opened for reading only".to_owned());
        self.writer().ok_or_else(read_only)?.transact(work)
    }

    fn organizations(&self) -> Result<Vec<OrganizationRow>, StoreError> {
        self.read(|reader| read::organizations(&reader.connection))
    }

    fn organization(&self, id: &OrgId) -> Result<Option<OrganizationRow>, StoreError> {
        self.read(|reader| read::organization(&reader.connection, id))
    }

    fn catalog(&self, org: OrgCode) -> Result<Option<String>, StoreError> {
        self.read(|reader| read::catalog(&reader.connection, org))
    }

    fn views(&self, org: OrgCode, owner: &str) -> Result<Vec<SavedView>, StoreError> {
        self.read(|reader| read::views(&reader.connection, org, owner))
    }

    fn head(&self, org: OrgCode) -> Result<Head, StoreError> {
        self.read(|reader| read::head(&reader.connection, org))
    }

    fn rows(&self, org: OrgCode, seqs: &[Seq]) -> Result<Vec<Row>, StoreError> {
        self.read(|reader| read::rows(&reader.connection, &mut reader.decoders, org, seqs))
    }

    fn scan(&self, org: OrgCode, from: Seq, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.read(|reader| read::scan(&reader.connection, &mut reader.decoders, org, from, limit))
    }

    fn erased_seqs(&self, org: OrgCode, from: Seq, limit: usize) -> Result<Vec<Seq>, StoreError> {
        self.read(|reader| read::erased_seqs(&reader.connection, org, from, limit))
    }

    fn erasures(&self, org: OrgCode) -> Result<Vec<(Seq, bool)>, StoreError> {
        self.read(|reader| read::erasures(&reader.connection, org))
    }

    fn unpurged(&self) -> Result<Vec<(OrgCode, Seq)>, StoreError> {
        self.read(|reader| read::unpurged(&reader.connection))
    }

    fn every_view(&self, org: OrgCode) -> Result<Vec<(String, SavedView)>, StoreError> {
        self.read(|reader| read::every_view(&reader.connection, org))
    }

    fn settle(&self) -> Result<bool, StoreError> {
        // Who only reads has overwritten nothing.
        self.writer().map_or(Ok(true), |mut writer| writer.settle())
    }

    fn find_id(&self, org: OrgCode, id: &str) -> Result<Option<Seq>, StoreError> {
        self.read(|reader| read::find_id(&reader.connection, org, id))
    }

    fn leaf_hashes(&self, org: OrgCode, from: Seq, to: Size) -> Result<Vec<Hash>, StoreError> {
        self.read(|reader| read::leaf_hashes(&reader.connection, org, from, to))
    }

    fn codes(&self, org: OrgCode, kind: CodeKind, from: Code) -> Result<Vec<String>, StoreError> {
        self.read(|reader| read::codes(&reader.connection, org, kind, from))
    }

    fn appends(&self, after: u64, limit: usize) -> Result<Vec<Append>, StoreError> {
        self.read(|reader| read::appends(&reader.connection, after, limit))
    }

    fn last_append(&self) -> Result<u64, StoreError> {
        self.read(|reader| read::last_append(&reader.connection))
    }

    fn credential(&self, hash: &Hash) -> Result<Option<Credential>, StoreError> {
        self.read(|reader| read::credential(&reader.connection, hash))
    }

    fn credentials(&self, org: Option<OrgCode>, kind: &str) -> Result<Vec<Credential>, StoreError> {
        self.read(|reader| read::credentials(&reader.connection, org, kind))
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|reader| read::meta(&reader.connection, name))
    }

    fn subject(&self, org: OrgCode, subject: &str) -> Result<Option<SubjectRow>, StoreError> {
        self.read(|reader| process::subject(&reader.connection, org, subject))
    }

    fn processes(
        &self,
        org: OrgCode,
        filter: &ProcessFilter,
        page: ProcessPage,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        self.read(|reader| process::processes(&reader.connection, org, filter, page))
    }

    fn count_processes(&self, org: OrgCode, filter: &ProcessFilter) -> Result<u64, StoreError> {
        self.read(|reader| process::count_processes(&reader.connection, org, filter))
    }

    fn starters(&self, org: OrgCode, limit: usize) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(|reader| process::starters(&reader.connection, org, limit))
    }

    fn process_seqs(&self, org: OrgCode, key: &str, from: Seq, limit: usize) -> Result<Vec<Seq>, StoreError> {
        self.read(|reader| process::process_seqs(&reader.connection, org, key, from, limit))
    }

    fn due(&self, now_ms: u64, limit: usize) -> Result<Vec<Summoned>, StoreError> {
        self.read(|reader| process::due(&reader.connection, now_ms, limit))
    }

    fn aged(
        &self,
        org: OrgCode,
        status: &str,
        before_ms: u64,
        limit: usize,
    ) -> Result<Vec<Summoned>, StoreError> {
        self.read(|reader| process::aged(&reader.connection, org, status, before_ms, limit))
    }

    fn awaiting_trails(&self, limit: usize) -> Result<Vec<Summoned>, StoreError> {
        self.read(|reader| process::awaiting_trails(&reader.connection, limit))
    }

    fn streams(&self, org: OrgCode) -> Result<Vec<StreamRow>, StoreError> {
        self.read(|reader| stream::streams(&reader.connection, org))
    }

    fn stream(&self, org: OrgCode, id: &str) -> Result<Option<StreamRow>, StoreError> {
        self.read(|reader| stream::stream(&reader.connection, org, id))
    }

    fn every_stream(&self) -> Result<Vec<StreamRow>, StoreError> {
        self.read(|reader| stream::every_stream(&reader.connection))
    }

    fn dead_letters(
        &self,
        org: OrgCode,
        stream: &str,
        after: Option<MessagePlace>,
        only_wanted: bool,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.read(|reader| stream::dead_letters(&reader.connection, org, stream, after, only_wanted, limit))
    }

    fn check(&self) -> Result<Vec<String>, StoreError> {
        self.read(check::check)
    }
}

/// An error of SQLite as one of ours: damage where the file or a value in it is not what was written.
fn fault(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| {
        let damaged_file =
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
        let damaged_value = matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
        );
        if damaged_file || damaged_value {
            return corrupt(format!("it cannot {doing}: {error}"));
        }
        StoreError::Io { doing, source: Box::new(error) }
    }
}

fn corrupt(what: String) -> StoreError {
    StoreError::Corrupt(what)
}

/// The frontier of a log of this size.
fn frontier_from_bytes(org: OrgCode, size: Size, bytes: &[u8]) -> Result<Frontier, StoreError> {
    let frontier = Frontier::from_bytes(bytes)
        .map_err(|error| corrupt(format!("the frontier of organization {}: {error}", org.0)))?;
    if frontier.size() != size {
        return Err(corrupt(format!(
            "the frontier of organization {} is not that of a log of {size}",
            org.0
        )));
    }
    Ok(frontier)
}
