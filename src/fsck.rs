//! Re-reading everything: values, leaves, trees, heads, states, files, erasures, what was signed, and the index.
//!
//! Deliberately absent: repair; what is found is told.

use std::fmt;
use std::num::NonZeroUsize;
use std::thread;

use everlog_core::ids::{OrgId, Seq, Size};
use serde::{Deserialize, Serialize};

use crate::blobs::Blobs;
use crate::directory::Entry;
use crate::index::{Index, IndexError};
use crate::ledger::Line;
use crate::signed;
use crate::store::{Store, StoreError};

mod chain;
mod erasures;
mod files;
mod log;
mod row;
mod signed_head;
mod states;

pub use chain::{Chain, Told};
pub use files::{check_one as check_file, is_due, named_now, names};
pub use row::{Attached, Place, attached, check_row, check_time, read};
pub use signed_head::check_size;

/// Most faults that are told of one log.
pub const FAULTS_MAX: usize = 20;

/// Why checking could not go on.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// In whose log; absent where it concerns the installation.
    pub organization: Option<OrgId>,
    /// With which event; absent where it is not one.
    pub seq: Option<Seq>,
    /// What.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(organization) = &self.organization {
            write!(formatter, "{organization}: ")?;
        }
        if let Some(seq) = self.seq {
            write!(formatter, "event {seq}: ")?;
        }
        formatter.write_str(&self.what)
    }
}

impl Fault {
    /// One that concerns the installation.
    pub fn general(what: String) -> Self {
        Self { organization: None, seq: None, what }
    }
}

/// What was found in one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Whose it is.
    pub organization: OrgId,
    /// How many events were read.
    pub size: Size,
    /// How many of them were signed last, where that is kept.
    pub signed: Option<Size>,
    /// From how many events something was erased.
    pub erased: u64,
    /// How many records tell of it.
    pub erasures: u64,
    /// How many more the ledger knows of, because the log is from a backup before them: the next start makes them again.
    pub erasures_to_repeat: u64,
    /// How many processes and records have a state that was compared.
    pub subjects: u64,
    /// How many files were read.
    pub files: u64,
    /// How many lie beside them that nobody names.
    pub unnamed_files: u64,
    /// What is wrong, the first bad event first; empty when all is well.
    pub faults: Vec<Fault>,
}

/// What is re-read, and how.
#[derive(Clone, Copy)]
pub struct Checks<'a> {
    /// The truth.
    pub store: &'a dyn Store,
    /// The files beside it.
    pub blobs: Option<&'a Blobs>,
    /// What was signed last.
    pub signed: Option<&'a signed::Found>,
    /// The ledger of erasures.
    pub ledger: Option<&'a [Line]>,
    /// How many threads read.
    pub workers: usize,
    /// Hears how many events were read.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl<'a> Checks<'a> {
    /// Checks of a store alone, on all cores.
    pub fn of(store: &'a dyn Store) -> Self {
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { store, blobs: None, signed: None, ledger: None, workers, progress: &|_| () }
    }

    /// Re-reads one log: every value is committed to again, every leaf hashed again, the tree grown again, the head, the
    /// signed head, states, erasures, the ledger and files compared.
    ///
    /// # Errors
    /// When the store does not answer.
    pub fn log(&self, org: &Entry) -> Result<Checked, StoreError> {
        log::check_log(self, org)
    }

    /// Everything at once: the store's own tables, every log, the index.
    ///
    /// # Errors
    /// When something does not answer at all.
    pub fn all(&self, orgs: &[impl AsRef<Entry>], index: Option<&Index>) -> Result<Report, FsckError> {
        let (mut logs, mut faults) = (Vec::new(), Vec::new());
        thread::scope(|scope| {
            let tables = scope.spawn(|| self.store.check());
            let index = index.map(|index| scope.spawn(|| index.check()));
            for org in orgs {
                logs.push(self.log(org.as_ref())?);
            }
            // What a thread panics with, the scope passes on.
            if let Ok(tables) = tables.join() {
                faults.extend(told(tables)?.into_iter().map(Fault::general));
            }
            for differences in index.into_iter().filter_map(|index| index.join().ok()) {
                let differences = told_of_index(differences)?.into_iter();
                faults.extend(differences.map(|what| Fault::general(format!("the index: {what}"))));
            }
            Ok::<_, FsckError>(())
        })?;
        let known: Vec<_> = orgs.iter().map(|org| org.as_ref().row.log_id).collect();
        for log_id in
            self.signed.into_iter().flat_map(|signed| signed.keys()).filter(|id| !known.contains(id))
        {
            faults.push(Fault::general(format!("the log {log_id} was signed, and is not in the store")));
        }
        Ok(Report { logs, faults })
    }
}

/// What a check found; that it met damage is a finding too.
fn told(checked: Result<Vec<String>, StoreError>) -> Result<Vec<String>, StoreError> {
    match checked {
        Err(StoreError::Corrupt(why)) => Ok(vec![why]),
        checked => checked,
    }
}

fn told_of_index(checked: Result<Vec<String>, IndexError>) -> Result<Vec<String>, IndexError> {
    match checked {
        Err(IndexError::Store(why @ StoreError::Io { .. })) => Err(IndexError::Store(why)),
        Err(IndexError::Store(why)) => Ok(vec![format!("it cannot be compared, because {why}")]),
        Err(why) => Ok(vec![format!("it cannot be compared: {why}")]),
        checked => checked,
    }
}

/// What was found in everything.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Every log.
    pub logs: Vec<Checked>,
    /// What is wrong beside them.
    pub faults: Vec<Fault>,
}

impl Report {
    /// Everything that is wrong, logs first.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.logs.iter().flat_map(|log| &log.faults).chain(&self.faults)
    }

    /// How many events were read.
    pub fn events(&self) -> u64 {
        self.logs.iter().map(|log| log.size.0).sum()
    }
}
