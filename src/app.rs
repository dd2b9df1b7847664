//! The parts of the server put together, once, and handed to whoever serves. Deliberately absent: sockets.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, header};
use everlog_core::ids::OrgId;
use everlog_core::leaf::LogId;
use tokio::sync::{Notify, Semaphore};

use crate::access::Access;
use crate::app::checkpoints::Checkpoints;
use crate::app::scrub::Scrub;
use crate::blobs::{BlobError, Blobs, BucketAccess};
use crate::config::{Config, LISTEN_DEFAULT};
use crate::directory::{self, Directory, DirectoryError, Entry};
use crate::index::{CatalogsOf, Index, IndexError};
use crate::ledger::Ledger;
use crate::log::{self, Log, WriterThread, now_ms};
use crate::metrics::Requests;
use crate::quota::{Exports, Quotas};
use crate::read::{CursorKey, Reader};
use crate::settings::Settings;
use crate::store::sqlite::SqliteStore;
use crate::store::{OrgCode, OrganizationRow, Store, StoreError};
use crate::trail::seal::key::SealKey;
use crate::trail::seal::stamp::Authority;

pub mod bundles;
pub mod catalogs;
pub mod checkpoints;
pub mod documents;
pub mod erasures;
mod keys;
pub mod live;
mod peer;
mod proofs;
pub mod receipts;
pub mod scheduler;
pub mod scrub;
mod stopping;
pub mod streams;
pub mod trails;

use erasures::ErasureError;
pub use keys::{
    KeyFileError, LOG_FILE, LOG_KEY_VARIABLE, OPERATOR_FILE, log_keys, retire_log_key, rotate_log_keys,
};
pub use peer::Peer;
pub use stopping::Stopping;
use streams::Streams;

/// Most files that are checked for strangers at once.
const VERIFICATIONS_MAX: usize = 8;
/// Most bundles of entries that are put together at once: anybody may ask a public log for them, and each reads and hashes as
/// many events as a page of the largest size.
const ENTRY_BUNDLES_MAX: usize = 4;

/// The shared state of every request. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What the server is made of.
pub struct Parts {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// The organizations.
    pub directory: Arc<Directory>,
    /// Finding.
    pub index: Arc<Index>,
    /// Writing.
    pub log: Log,
    /// Reading.
    pub reader: Reader,
    /// What was erased, beside the truth.
    pub ledger: Ledger,
    /// Told when something was erased.
    purge_wanted: Notify,
    /// Documents and what is made of them.
    pub blobs: Arc<Blobs>,
    /// Places for documents that are looked into.
    inspections: Semaphore,
    /// Held by whoever draws a PDF.
    drawing: Mutex<()>,
    /// Permission.
    pub access: Access,
    /// What concerns the whole server.
    pub server: Server,
    /// Counts of requests.
    pub requests: Requests,
    /// How much each organization may still send.
    pub quotas: Quotas,
    /// Held while an organization is changed, so that of two changes at once neither undoes the other.
    pub changes: tokio::sync::Mutex<()>,
    /// Places for those who follow a log.
    pub listeners: Arc<Semaphore>,
    /// Places for files that strangers have checked: each may be large, and is in memory.
    pub verifications: Arc<Semaphore>,
    /// Places for bundles of entries.
    pub entry_bundles: Arc<Semaphore>,
    /// Where files wait that have no name yet: in the data directory, which is as safe as the log and has its space.
    pub scratch: PathBuf,
    /// The exports that are being made now.
    pub exports: Arc<Exports>,
    /// What streams have in common.
    pub streams: Streams,
    /// The background check.
    pub scrub: Scrub,
    /// Whether the server is about to stop.
    pub stopping: Stopping,
    /// The key that seals documents.
    pub seal_key: SealKey,
    /// Who stamps seals with the time, when that is wanted.
    pub time_authority: Option<Authority>,
    /// The operator's key when it was made just now, to be told once.
    pub new_operator_key: Option<String>,
    /// Signed heads.
    pub checkpoints: Checkpoints,
}

/// What concerns the whole server.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// Under which address people reach it, without a slash at the end.
    pub public_url: Option<String>,
    /// The host in the origin of new logs.
    pub log_host: String,
    /// The proxies whose word is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Server {
    /// The address under which a caller reached this server: the public one, else what its own request named.
    pub fn reached_at(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let is_plain =
            |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte));
        format!("http://{}", host.filter(is_plain).unwrap_or(LISTEN_DEFAULT))
    }
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index cannot be opened.
    #[error("the index in {directory} cannot be made or written; the disk may be full or read-only")]
    Index {
        /// The data directory.
        directory: String,
        /// Why.
        #[source]
        source: IndexError,
    },
    /// A key file cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// Documents cannot be kept.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// What was erased cannot be kept erased.
    #[error("what was erased from the log cannot be kept erased")]
    Erasures(#[source] ErasureError),
    /// The writer cannot be started.
    #[error("the writer cannot be started")]
    Thread(#[source] std::io::Error),
}

/// Why no organization can be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    /// The id is taken.
    #[error("there is an organization with this id")]
    Exists,
    /// It names what this version does not know.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// What an organization is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOrganization {
    /// Its id.
    pub id: OrgId,
    /// The name people know it by.
    pub name: String,
    /// How its log is shown.
    pub profile: String,
    /// The shipped catalogs it uses; the profile's when empty.
    pub catalogs: Vec<String>,
    /// The IANA name of its zone.
    pub time_zone: String,
    /// Its settings.
    pub settings: Settings,
}

impl App {
    /// Opens a data directory and everything that is made from it. What was acknowledged before is found when this
    /// returns.
    ///
    /// # Errors
    /// Says what about the directory, its keys or its index cannot be used.
    pub fn open(config: &Config) -> Result<(Self, WriterThread), OpenError> {
        let data = config.data();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&data)?);
        let directory = Arc::new(Directory::new(Arc::clone(&store)));
        project(store.as_ref())?;
        let access = config.bucket_access.clone().unwrap_or_else(BucketAccess::of_environment);
        let blobs = Arc::new(Blobs::open_at(&data, config.blobs.as_ref(), &access)?);
        blobs.sweep(&|org| documents::named(store.as_ref(), org))?;
        let index = open_index(&data, &store, &directory)
            .map_err(|source| OpenError::Index { directory: data.display().to_string(), source })?;
        let index = Arc::new(index);
        let (log, writer) = Log::start(Arc::clone(&store), Arc::clone(&index), config.scanner_ranges.clone())
            .map_err(OpenError::Thread)?;
        let (operator_key, is_new) = keys::operator_key(&data, config.operator_key.as_deref())?;
        let cursor_key = keys::cursor_key(store.as_ref())?;
        let log_keys = keys::log_keys(&data, &config.log_host(), config.log_key.as_deref())?;
        let checkpoints = Checkpoints::open(config, log_keys, store.as_ref(), &log)?;
        let parts = Parts {
            access: Access::new(Arc::clone(&store), Arc::clone(&directory), &operator_key),
            reader: Reader::new(Arc::clone(&store), Arc::clone(&index), CursorKey::new(&cursor_key)),
            ledger: Ledger::of(&data),
            purge_wanted: Notify::new(),
            blobs,
            inspections: Semaphore::new(documents::INSPECTIONS_MAX),
            drawing: Mutex::default(),
            checkpoints,
            seal_key: keys::seal_key(
                &data,
                &config.log_host(),
                config.seal_key.as_deref().zip(config.seal_certificate.as_deref()),
                now_ms(),
            )?,
            time_authority: config.timestamp_url.clone().map(Authority::new),
            new_operator_key: is_new.then_some(operator_key),
            server: Server {
                public_url: config.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
                log_host: config.log_host(),
                trusted_proxies: config.trusted_proxies.clone(),
            },
            requests: Requests::default(),
            quotas: Quotas::default(),
            changes: tokio::sync::Mutex::default(),
            listeners: live::places(),
            verifications: Arc::new(Semaphore::new(VERIFICATIONS_MAX)),
            entry_bundles: Arc::new(Semaphore::new(ENTRY_BUNDLES_MAX)),
            scrub: Scrub::open(&data, config.scrub_days),
            scratch: data,
            exports: Arc::default(),
            streams: Streams::new(config),
            stopping: Stopping::default(),
            store,
            directory,
            index,
            log,
        };
        let app = Self(Arc::new(parts));
        app.catch_up_erasures().map_err(OpenError::Erasures)?;
        Ok((app, writer))
    }
}

/// The named value that says how the states of processes were made.
const STATES: &str = "process_states";
/// How this version makes them. Another number makes them anew.
const STATES_VERSION: &[u8] = b"2";

/// Makes the states of processes of a directory that was written by a version that kept none, or others.
fn project(store: &dyn Store) -> Result<(), StoreError> {
    if store.meta(STATES)?.as_deref() == Some(STATES_VERSION) {
        return Ok(());
    }
    for org in store.organizations()? {
        log::rebuild(store, org.code)?;
    }
    store.transact(&mut |transaction| transaction.set_meta(STATES, STATES_VERSION))
}

/// Opens the index of a data directory on its own.
///
/// # Errors
/// When it can neither be opened nor made anew.
pub fn open_index(
    data: &Path,
    store: &Arc<dyn Store>,
    directory: &Arc<Directory>,
) -> Result<Index, IndexError> {
    let known = Arc::clone(directory);
    let catalogs: CatalogsOf = Arc::new(move |code| match known.by_code(code) {
        Ok(Some(entry)) => Arc::clone(&entry.catalogs),
        _ => Arc::default(),
    });
    Index::open(&data.join("index"), Arc::clone(store), catalogs)
}

impl Parts {
    /// Makes an organization with an empty log.
    ///
    /// # Errors
    /// When the id is taken, or it names a profile, catalog or zone that is not known.
    pub fn create_organization(&self, new: NewOrganization) -> Result<Arc<Entry>, OrganizationError> {
        let mut log_id = [0; 16];
        getrandom::fill(&mut log_id).map_err(|source| {
            DirectoryError::Store(StoreError::Io { doing: "get random bytes", source: source.into() })
        })?;
        let id = new.id.clone();
        let row = OrganizationRow {
            code: OrgCode(0),
            id: new.id,
            name: new.name,
            profile: new.profile,
            catalogs: new.catalogs,
            time_zone: new.time_zone,
            settings: new.settings.to_map(),
            created_ms: now_ms(),
            log_id: LogId(log_id),
            log_host: self.server.log_host.clone(),
        };
        // What cannot be loaded is refused before it is kept.
        directory::entry_of(row.clone(), None)?;
        let kept = self.store.transact(&mut |transaction| transaction.create_organization(&row).map(|_| ()));
        match kept {
            Ok(()) => {}
            Err(StoreError::Exists(_)) => return Err(OrganizationError::Exists),
            Err(why) => return Err(DirectoryError::Store(why).into()),
        }
        self.directory.forget_lists();
        let made = self.directory.find(&id)?;
        made.ok_or_else(|| {
            DirectoryError::Store(StoreError::Corrupt(format!("{id} was made and is not there"))).into()
        })
    }

    /// Whether an organization could be as this row says.
    ///
    /// # Errors
    /// When it names a profile, catalog or zone that is not known.
    pub fn check_organization(&self, row: &OrganizationRow) -> Result<(), DirectoryError> {
        let own = self.store.catalog(row.code)?;
        directory::entry_of(row.clone(), own.as_deref()).map(drop)
    }

    /// Replaces an organization's name, profile, catalogs, zone and settings. The caller holds `changes`.
    ///
    /// # Errors
    /// When it names a profile, catalog or zone that is not known.
    pub fn update_organization(&self, row: &OrganizationRow) -> Result<Arc<Entry>, DirectoryError> {
        self.check_organization(row)?;
        let before = self.directory.find(&row.id)?;
        self.store.transact(&mut |transaction| transaction.update_organization(row))?;
        self.directory.forget(row.code);
        let changed = self.directory.find(&row.id)?;
        if before
            .is_none_or(|before| before.row.catalogs != row.catalogs || before.row.profile != row.profile)
        {
            self.index.refresh(row.code);
        }
        changed.ok_or_else(|| DirectoryError::Store(StoreError::Corrupt(format!("{} is gone", row.id))))
    }
}
