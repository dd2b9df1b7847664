//! The documents of a backup: those that its state of the logs names, each fetched once and kept from then on.
//!
//! What a log names and is not there is a fault, unless history only tells of it; a copy from before then stays, for it is
//! the last. What no log names is counted and left where it is. Deliberately absent: the files of the state itself (`make`).

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use everlog_core::hex::Hex;
use everlog_core::leaf::Hash;

use crate::backup::make::{Wanted, remove_file};
use crate::backup::{
    BackupError, FileLine, Manifest, Phase, Told, copy_opened, line, make_directory, sync, used,
};
use crate::blobs::{self, BlobError, Blobs};
use crate::directory::Entry;
use crate::fsck;
use crate::store::sqlite::SqliteStore;
use crate::store::{OrgCode, Store};

/// The documents of a backup that is being made.
pub(super) struct Documents<'a> {
    wanted: &'a Wanted<'a>,
    blobs: Blobs,
    /// The state of the logs that is in the backup …
    store: &'a dyn Store,
    /// … and the one that grows on, asked only where something is missing.
    live: OnceCell<SqliteStore>,
    /// What the backup before held.
    known: HashMap<&'a str, &'a FileLine>,
    /// What is in the backup now.
    pub files: Vec<FileLine>,
    /// How many were copied, and how long they are.
    pub new: (u64, u64),
    /// How many lie there that this state of the logs does not name.
    pub unnamed: u64,
    /// What the logs name and is not there as it was, in words.
    pub faults: Vec<String>,
}

/// A document that a log names.
struct Document<'a> {
    org: &'a Entry,
    hash: Hash,
    /// Where it lies in the backup.
    path: String,
    /// The processes that have it.
    processes: Vec<String>,
}

impl<'a> Documents<'a> {
    /// Those of this state of the logs, none copied yet.
    pub fn of(
        wanted: &'a Wanted<'a>,
        before: Option<&'a Manifest>,
        store: &'a dyn Store,
    ) -> Result<Self, BackupError> {
        let known = before.iter().flat_map(|before| &before.files);
        Ok(Self {
            wanted,
            blobs: Blobs::open_to_read(wanted.data, wanted.access, wanted.to)?,
            store,
            live: OnceCell::new(),
            known: known.map(|file| (file.path.as_str(), file)).collect(),
            files: Vec::new(),
            new: (0, 0),
            unnamed: 0,
            faults: Vec::new(),
        })
    }

    /// Copies those that are not there yet. Their names are their hashes: what is there and as long as it was is not read
    /// again.
    pub fn copy(&mut self, orgs: &[Arc<Entry>], told: Told<'_>) -> Result<(), BackupError> {
        let (mut new, mut total) = (Vec::new(), 0);
        for org in orgs {
            let code = org.row.code;
            let there: HashMap<Hash, u64> = self.blobs.all(code)?.into_iter().collect();
            let named = fsck::named_now(self.store, code)?;
            self.unnamed += there.keys().filter(|hash| !named.contains_key(*hash)).count() as u64;
            for (hash, processes) in named {
                let document = Document { org, hash, path: path_of(code, &hash), processes };
                match (there.get(&hash), self.kept(&document)) {
                    (Some(_), Some(kept)) => self.files.push(kept),
                    (Some(bytes), None) => {
                        total += bytes;
                        new.push(document);
                    }
                    (None, _) => self.miss(&document)?,
                }
            }
        }
        new.iter().try_for_each(|document| self.fetch(document, total, told))
    }

    /// What the backup before holds of a document, where it is still as long as it was.
    fn kept(&self, document: &Document<'_>) -> Option<FileLine> {
        let kept = *self.known.get(document.path.as_str())?;
        let length = fs::metadata(self.wanted.to.join(&kept.path)).ok()?.len();
        (length == kept.bytes).then(|| kept.clone())
    }

    fn fetch(&mut self, document: &Document<'_>, total: u64, told: Told<'_>) -> Result<(), BackupError> {
        let Document { org, hash, path, .. } = document;
        let place = self.wanted.to.join(path);
        let directory = place.parent().unwrap_or(self.wanted.to);
        let source = match self.blobs.open_unchecked(org.row.code, hash) {
            Err(BlobError::Missing(_)) => return self.miss(document),
            opened => opened?,
        };
        make_directory(directory)?;
        let part: PathBuf = place.with_extension("part");
        let done = &mut self.new.1;
        let copied = copy_opened(&place, source, &part, &mut |read| {
            *done += read;
            told(Phase::Files, *done, total);
        })?;
        if copied.1 != *hash {
            remove_file(&part)?;
            self.tell(document, "is damaged", false);
            return Ok(());
        }
        fs::rename(&part, &place).map_err(used(&place))?;
        sync(directory)?;
        self.new.0 += 1;
        self.files.push(line(path.clone(), copied));
        Ok(())
    }

    /// Takes a document that is named and not there. What history only tells of need not be; what was erased since this
    /// state of the log was copied must not be.
    fn miss(&mut self, document: &Document<'_>) -> Result<(), BackupError> {
        let Document { org, hash, processes, .. } = document;
        let kept = self.kept(document);
        let is_kept = kept.is_some();
        if !fsck::is_due(self.store, org.row.code, hash, processes)? {
            self.files.extend(kept);
            return Ok(());
        }
        if !fsck::named_now(self.live()?, org.row.code)?.contains_key(hash) {
            return Ok(());
        }
        self.files.extend(kept);
        self.tell(document, "is missing", is_kept);
        Ok(())
    }

    fn tell(&mut self, document: &Document<'_>, what: &str, is_kept: bool) {
        let Document { org, hash, processes, .. } = document;
        let place = self.blobs.bucket().map_or("the data directory".to_owned(), ToString::to_string);
        let follows =
            if is_kept { "the copy from before stays in the backup" } else { "it is not in the backup" };
        self.faults.push(format!(
            "{}: the document {} of {} {what} in {place}; {follows}",
            org.row.id,
            Hex(hash),
            processes.join(", "),
        ));
    }

    /// The logs as they are now.
    fn live(&self) -> Result<&SqliteStore, BackupError> {
        if let Some(live) = self.live.get() {
            return Ok(live);
        }
        let opened = SqliteStore::open_to_read(self.wanted.data)?;
        Ok(self.live.get_or_init(|| opened))
    }
}

/// Where a document lies in a backup.
fn path_of(org: OrgCode, hash: &Hash) -> String {
    let path = Path::new(blobs::DIRECTORY).join(org.0.to_string());
    format!("{}/{}/{}", path.display(), Hex(&hash[..1]), Hex(hash))
}
