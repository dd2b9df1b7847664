//! Making a backup of a data directory that a server may be writing meanwhile.
//!
//! The order matters. t0 what was signed last is copied: it is of a state that the truth then holds. t1 one state of the
//! truth is copied. t2 documents are: what a log names is on the disk before the log names it. t3 the ledger of erasures is:
//! what was erased behind t1 is erased again when this backup is put back. t4 what the copy holds is read again, and its
//! heads are signed. t5 the manifest gets its name.
//!
//! Deliberately absent: the lock of the data directory, which its server holds, and writing anything there.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use everlog_core::checkpoint::Checkpoint;
use everlog_core::hex;
use everlog_core::merkle::Frontier;
use jiff::Timestamp;

use crate::app::{self, LOG_FILE};
use crate::backup::documents::Documents;
use crate::backup::{
    BackupError, CHECKPOINTS, FORMAT, FileLine, KEY_SUFFIX, LEDGER, LogLine, Manifest, Phase, TRUTH, Told,
    copy_file, entries, hash_file, line, make_directory, name, read_again, sync, used,
};
use crate::blobs::{self, BucketAccess};
use crate::directory::{Directory, Entry};
use crate::fsck::check_row;
use crate::log::now_ms;
use crate::signed;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::snapshot::{self, Renewed};
use crate::store::{OrgCode, Store};

/// Held by whoever makes a backup.
const LOCK: &str = "everlog-backup.lock";
/// What the name of a state's directory begins with.
const STATE: &str = "state-";
/// What the name of a file ends in until it is whole.
const PART: &str = ".part";

/// A locked file. It is unlocked by word: a program that this process is just starting has the file too, for a moment.
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(why) = self.0.unlock() {
            tracing::warn!(error = &why as &dyn std::error::Error, "the lock of a backup goes with its file");
        }
    }
}

/// What is wanted.
pub struct Wanted<'a> {
    /// The data directory.
    pub data: &'a Path,
    /// Where the backup goes.
    pub to: &'a Path,
    /// Whether keys go with it.
    pub with_keys: bool,
    /// The name of the key that signs, where it is not each log's own host.
    pub log_host: Option<&'a str>,
    /// The key that signs, where it is not in the data directory.
    pub log_key: Option<&'a str>,
    /// How the bucket with its documents is reached, if there is one.
    pub access: &'a BucketAccess,
}

/// What was done.
#[derive(Debug)]
pub struct Made {
    /// What is in the backup now.
    pub manifest: Manifest,
    /// How many events were read that the one before did not hold.
    pub new_events: u64,
    /// How many documents were copied, and how long they are.
    pub new_blobs: (u64, u64),
    /// How many documents lie there that the logs in the backup do not name: they are not in it.
    pub unnamed_blobs: u64,
    /// Why all was read although there was a backup before.
    pub why_whole: Option<String>,
}

/// Makes a backup, or brings the one that is there to this moment.
///
/// # Errors
/// Says what cannot be read, written or verified; the backup that was there is then as it was.
pub fn make(wanted: &Wanted<'_>, told: Told<'_>) -> Result<Made, BackupError> {
    let Wanted { data, to, .. } = wanted;
    make_directory(to)?;
    let lock = to.join(LOCK);
    let options = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).clone();
    let held = options.open(&lock).map_err(used(&lock))?;
    if held.try_lock().is_err() {
        return Err(BackupError::Refused(format!("another backup is being made into {}", to.display())));
    }
    let _held = Held(held);
    let (before, mut why_whole) = match Manifest::read(to) {
        Ok(before) => (before, None),
        Err(why) => (None, Some(why.to_string())),
    };
    refuse_strange(to, before.is_some() || why_whole.is_some())?;
    let (number, state) = new_state(to, before.as_ref())?;
    let mut files = copy_signed(data, &state)?;
    let truth = state.join(TRUTH);
    let renewed = match &before {
        None => None,
        Some(before) => match renew(data, to, before, &truth, told)? {
            Ok(renewed) => Some(renewed),
            Err(why) => {
                why_whole = Some(why);
                None
            }
        },
    };
    if renewed.is_none() {
        remove_file(&truth)?;
        snapshot::copy_whole(data, &truth, &mut |done, total| told(Phase::Truth, done, total))?;
    }
    private(&truth)?;
    let made_ms = now_ms();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_to_read(&state)?);
    let orgs = Directory::new(Arc::clone(&store)).all()?;
    let mut documents = Documents::of(wanted, before.as_ref(), store.as_ref())?;
    documents.copy(&orgs, told)?;
    let Documents { files: blob_lines, new: new_blobs, unnamed: unnamed_blobs, faults, .. } = documents;
    files.extend(copy_small(data, &state, wanted.with_keys)?);
    let new_events = verify(store.as_ref(), &orgs, renewed.as_ref(), told)?;
    let logs = sign(wanted, store.as_ref(), &orgs, &state, &mut files)?;
    drop((store, orgs));
    sync_file(&truth)?;
    files.push(line(format!("{}/{TRUTH}", name(&state)), hash_file(&truth)?));
    files.extend(blob_lines);
    sync(&state)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: Timestamp::from_millisecond(made_ms.cast_signed()).unwrap_or_default().to_string(),
        made_ms,
        state: format!("{STATE}{number}"),
        is_incremental: renewed.is_some(),
        has_keys: wanted.with_keys,
        logs,
        faults,
        files,
    };
    manifest.write(to)?;
    tidy(to, &manifest)?;
    Ok(Made { manifest, new_events, new_blobs, unnamed_blobs, why_whole })
}

/// A directory that is not empty and holds no backup may be anything: nothing is written there, and nothing removed.
fn refuse_strange(to: &Path, is_ours: bool) -> Result<(), BackupError> {
    let ours = |path: &PathBuf| {
        let name = name(path);
        name == LOCK || name == "lost+found" || name == blobs::DIRECTORY || name.starts_with(STATE)
    };
    if !is_ours && !entries(to)?.iter().all(ours) {
        let why = format!("{} is not empty and holds no backup", to.display());
        return Err(BackupError::Refused(why));
    }
    Ok(())
}

/// The directory of the state that is to come: one more than the one that is there.
fn new_state(to: &Path, before: Option<&Manifest>) -> Result<(u64, PathBuf), BackupError> {
    let mut last: u64 = 0;
    for path in entries(to)?.iter().filter(|path| name(path).starts_with(STATE)) {
        let is_left = before.is_some_and(|before| before.state != name(path));
        if is_left {
            fs::remove_dir_all(path).map_err(used(path))?;
        } else {
            last = last.max(name(path)[STATE.len()..].parse().unwrap_or(0));
        }
    }
    let state = to.join(format!("{STATE}{}", last + 1));
    make_directory(&state)?;
    Ok((last + 1, state))
}

/// A copy of the last copy, brought to this moment; or in words why it has to be made whole.
fn renew(
    data: &Path,
    to: &Path,
    before: &Manifest,
    truth: &Path,
    told: Told<'_>,
) -> Result<Result<Renewed, String>, BackupError> {
    let path = format!("{}/{TRUTH}", before.state);
    let Some(kept) = before.files.iter().find(|file| file.path == path) else {
        return Ok(Err(format!("the backup before names no {TRUTH}")));
    };
    // Where the file system can, the copy shares its blocks with what it is made from.
    if let Err(why) = fs::copy(to.join(&path), truth) {
        return Ok(Err(format!("{path} of the backup before cannot be read: {why}")));
    }
    private(truth)?;
    if line(path.clone(), hash_file(truth)?) != *kept {
        return Ok(Err(format!("{path} of the backup before is damaged")));
    }
    let renewed = snapshot::copy_new(data, truth, &mut |done, total| told(Phase::Truth, done, total));
    Ok(match renewed {
        Ok(Some(renewed)) => Ok(renewed),
        Ok(None) => Err("the truth does not go on from the backup before".to_owned()),
        Err(why) => Err(format!("what is new cannot be added to the backup before: {why}")),
    })
}

/// Reads again what the copy holds and the one before did not.
fn verify(
    store: &dyn Store,
    orgs: &[Arc<Entry>],
    renewed: Option<&Renewed>,
    told: Told<'_>,
) -> Result<u64, BackupError> {
    let none = BTreeMap::new();
    let before = renewed.map_or(&none, |renewed| &renewed.before);
    let size = |org: OrgCode| before.get(&org).map_or(0, |head| head.size.0);
    let mut total = 0;
    for org in orgs {
        total += store.head(org.row.code)?.size.0.saturating_sub(size(org.row.code));
    }
    let done = AtomicU64::new(0);
    for org in orgs {
        let tree = before.get(&org.row.code).map_or_else(Frontier::new, |head| head.frontier.clone());
        read_again(store, org, tree, &|read| {
            told(Phase::Events, done.fetch_add(read, Ordering::Relaxed) + read, total);
        })?;
    }
    for (code, seq) in renewed.iter().flat_map(|renewed| &renewed.changed) {
        let Some(org) = orgs.iter().find(|org| org.row.code == *code) else { continue };
        for row in store.rows(*code, &[*seq])? {
            if let Some(why) = check_row(org, &row, 0) {
                return Err(BackupError::Event { organization: org.row.id.to_string(), seq: *seq, why });
            }
        }
    }
    Ok(total)
}

/// Signs the head of every log at its size in the copy. The server's own signed heads are left alone.
fn sign(
    wanted: &Wanted<'_>,
    store: &dyn Store,
    orgs: &[Arc<Entry>],
    state: &Path,
    files: &mut Vec<FileLine>,
) -> Result<Vec<LogLine>, BackupError> {
    if wanted.log_key.is_none() && !wanted.data.join(LOG_FILE).is_file() {
        let why =
            format!("there is no {LOG_FILE} in {}, and EVERLOG_LOG_KEY is not set", wanted.data.display());
        return Err(BackupError::Refused(why));
    }
    let directory = state.join(CHECKPOINTS);
    make_directory(&directory)?;
    let mut logs = Vec::new();
    for org in orgs {
        let row = &org.row;
        let key = app::log_keys(wanted.data, wanted.log_host.unwrap_or(&row.log_host), wanted.log_key)?;
        let head = store.head(row.code)?;
        let origin = format!("{}/log/{}", row.log_host, row.log_id);
        let note = key.sign(&Checkpoint { origin, size: head.size, root: head.frontier.root() });
        let path = directory.join(row.log_id.to_string());
        let new = directory.join(format!("{}{PART}", row.log_id));
        signed::replace_file(&directory, &new, &path, note.as_bytes(), 0o600).map_err(used(&path))?;
        files.push(line(format!("{}/{CHECKPOINTS}/{}", name(state), row.log_id), hash_file(&path)?));
        logs.push(LogLine {
            organization: row.id.to_string(),
            log_id: row.log_id.to_string(),
            size: head.size,
            key: key.newest().to_string(),
        });
    }
    Ok(logs)
}

/// What was signed last.
fn copy_signed(data: &Path, state: &Path) -> Result<Vec<FileLine>, BackupError> {
    let directory = state.join(signed::DIRECTORY);
    make_directory(&directory)?;
    let mut files = Vec::new();
    for path in entries(&data.join(signed::DIRECTORY))? {
        if hex::decode::<16>(&name(&path)).is_some() {
            let copied = copy_file(&path, &directory.join(name(&path)), &mut |_| ())?;
            files.push(line(format!("{}/{}/{}", name(state), signed::DIRECTORY, name(&path)), copied));
        }
    }
    sync(&directory)?;
    Ok(files)
}

/// The ledger of erasures, the keys, and where the documents lie.
fn copy_small(data: &Path, state: &Path, with_keys: bool) -> Result<Vec<FileLine>, BackupError> {
    let is_wanted = |path: &PathBuf| {
        let name = name(path);
        path.is_file() && (name == LEDGER || (with_keys && name.ends_with(KEY_SUFFIX)))
    };
    let mut files = Vec::new();
    for path in entries(data)?.iter().filter(|path| is_wanted(path)) {
        let copied = copy_file(path, &state.join(name(path)), &mut |_| ())?;
        files.push(line(format!("{}/{}", name(state), name(path)), copied));
    }
    let home = data.join(blobs::DIRECTORY).join(blobs::HOME);
    if home.is_file() {
        let copied = copy_file(&home, &state.join(blobs::HOME), &mut |_| ())?;
        files.push(line(format!("{}/{}", name(state), blobs::HOME), copied));
    }
    Ok(files)
}

/// Removes what the manifest does not name.
fn tidy(to: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    for path in entries(to)?.iter().filter(|path| name(path).starts_with(STATE)) {
        if name(path) != manifest.state {
            fs::remove_dir_all(path).map_err(used(path))?;
        }
    }
    let named: HashSet<PathBuf> = manifest.files.iter().map(|file| to.join(&file.path)).collect();
    for org in entries(&to.join(blobs::DIRECTORY))? {
        for part in entries(&org)? {
            for blob in entries(&part)?.iter().filter(|blob| !named.contains(*blob)) {
                remove_file(blob)?;
            }
        }
    }
    sync(to)
}

pub(super) fn remove_file(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(used(path)(why)),
        _ => Ok(()),
    }
}

fn sync_file(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(used(path))
}

/// What SQLite and the file system make is for its owner only.
fn private(path: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(used(path))
}
