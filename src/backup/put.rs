//! Putting a backup back: everything in it is verified where it is to be, and then put into its place as one.
//!
//! What a data directory knows that is replaced stays known: its ledger of erasures, so that what was erased is erased again,
//! and the heads that it signed, so that a log which went back is told from one that did not. Deliberately absent: making the
//! index, which the next start does, and recording that something was put back.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use everlog_core::checkpoint::VerifierKey;
use everlog_core::hex::{self, Hex};
use everlog_core::ids::Size;
use everlog_core::leaf::{Hash, LogId};
use jiff::Timestamp;

use crate::backup::{
    BackupError, CHECKPOINTS, KEY_SUFFIX, LEDGER, LogLine, MANIFEST, Manifest, Phase, TRUTH, Told, copy_file,
    entries, make_directory, name, used,
};
use crate::blobs::{self, Blobs, BucketAccess, BucketUrl, Home};
use crate::directory::{Directory, Entry};
use crate::fsck::Checks;
use crate::log::now_ms;
use crate::signed::{self, SignedHeads};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::put_back::{CLAIM, PutBack};
use crate::store::{OrgCode, Store};

/// What is wanted.
pub struct Wanted<'a> {
    /// The backup.
    pub backup: &'a Path,
    /// The data directory.
    pub data: &'a Path,
    /// Whether what is there may be replaced.
    pub replace: bool,
    /// Whether heads that were signed behind the backup are forgotten.
    pub accept_loss: bool,
    /// The key that the heads in the backup must be signed with, where it is known from elsewhere.
    pub key: Option<&'a VerifierKey>,
    /// The bucket that the documents are to lie in; where the data directory has them when it is not said.
    pub blobs: Option<&'a BucketUrl>,
    /// How it is reached.
    pub access: &'a BucketAccess,
}

/// A backup that is verified and lies in the data directory, but is not in its place.
pub struct Ready {
    place: PutBack,
    /// What was in the backup.
    pub manifest: Manifest,
    /// What is behind it.
    pub behind: Vec<Behind>,
    /// How many records of erasures the backup does not know: they are done again at the next start.
    pub erasures: u64,
    /// Whether there are no keys: the next start makes new ones.
    pub lacks_keys: bool,
    /// What was found beside the truth and is kept instead of the backup's.
    pub kept_keys: Vec<String>,
    /// The bucket that held the documents when the backup was made, if one did.
    pub was_in_bucket: Option<BucketUrl>,
    /// The bucket that holds the documents, if one does, and how many were not there before.
    pub in_bucket: Option<(BucketUrl, u64)>,
}

/// A log that was signed when it was longer than it is in the backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Whose it is; its identity where the backup does not hold it at all.
    pub organization: String,
    /// How long it is in the backup.
    pub size: Size,
    /// How long it was when it was signed last.
    pub signed: Size,
    /// When that was, in milliseconds since 1970.
    pub signed_ms: u64,
}

/// Copies a backup into a data directory, and verifies it there. Until `put`, what was there is as it was.
///
/// # Errors
/// Names the file or the event at fault, or says why the directory cannot be used.
pub fn prepare(wanted: &Wanted<'_>, told: Told<'_>) -> Result<Ready, BackupError> {
    let Wanted { backup, data, .. } = wanted;
    let manifest = Manifest::read(backup)?.ok_or_else(|| {
        BackupError::Refused(format!("{} holds no backup: there is no {MANIFEST}", backup.display()))
    })?;
    if SqliteStore::is_in(data) && !wanted.replace {
        let why = format!("{} holds a log; --replace puts the backup into its place", data.display());
        return Err(BackupError::Refused(why));
    }
    let place = PutBack::begin(data)?;
    let growing = place.growing();
    copy_all(backup, &growing, &manifest, told)?;
    verify(&growing, &manifest, wanted.key, told)?;
    fs::remove_dir_all(growing.join(CHECKPOINTS)).map_err(used(&growing))?;
    let of_backup = take_home(&growing)?;
    let in_bucket = place_documents(wanted, of_backup.as_ref(), &growing)?;
    let was_in_bucket = of_backup.map(|home| home.url);
    let erasures = merge_ledger(data, &growing)?;
    let kept_keys = keep_keys(data, &growing)?;
    let behind = behind(data, &manifest)?;
    if !wanted.accept_loss {
        keep_signed(data, &growing)?;
    }
    let lacks_keys = !growing.join(crate::app::LOG_FILE).exists();
    Ok(Ready { place, manifest, behind, erasures, lacks_keys, kept_keys, was_in_bucket, in_bucket })
}

impl Ready {
    /// Where it lies: a whole data directory, but for its place.
    pub fn directory(&self) -> PathBuf {
        self.place.growing()
    }

    /// Puts it into its place; gives the directory that now holds what was there before, if anything was.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put(self) -> Result<Option<PathBuf>, BackupError> {
        let now = Timestamp::from_millisecond(now_ms().cast_signed()).unwrap_or_default();
        Ok(self.place.end(&now.strftime("%Y%m%dT%H%M%S%.3fZ").to_string())?)
    }
}

/// Every file, with its hash taken on the way.
fn copy_all(backup: &Path, growing: &Path, manifest: &Manifest, told: Told<'_>) -> Result<(), BackupError> {
    let (total, mut done) = (manifest.bytes(), 0);
    let mut names = HashSet::new();
    for file in &manifest.files {
        let to = growing.join(manifest.place_of(file));
        let damaged = |why: String| BackupError::Damaged { path: file.path.clone(), why };
        if !names.insert(to.clone()) {
            return Err(damaged("the manifest names it twice".to_owned()));
        }
        let from = backup.join(&file.path);
        if !from.is_file() {
            return Err(damaged("it is missing".to_owned()));
        }
        make_directory(to.parent().unwrap_or(growing))?;
        let (bytes, sha256) = copy_file(&from, &to, &mut |read| {
            done += read;
            told(Phase::Files, done, total);
        })?;
        let sha256 = Hex(&sha256).to_string();
        if bytes != file.bytes {
            return Err(damaged(format!("it has {bytes} bytes, not {}", file.bytes)));
        }
        if sha256 != file.sha256 {
            return Err(damaged(format!("its SHA-256 is {sha256}, not {}", file.sha256)));
        }
    }
    if names.contains(&growing.join(TRUTH)) {
        return Ok(());
    }
    Err(BackupError::Damaged { path: MANIFEST.to_owned(), why: format!("it names no {TRUTH}") })
}

/// Where the documents lay when the backup was made, which is not yet where they will.
fn take_home(growing: &Path) -> Result<Option<Home>, BackupError> {
    let noted = growing.join(blobs::HOME);
    let home = Home::read(growing).map_err(used(&noted))?;
    if home.is_some() {
        fs::remove_file(&noted).map_err(used(&noted))?;
    }
    Ok(home)
}

/// Moves the documents into the bucket where they are to lie: those that are not there as they are in the backup. Each is
/// marked, here and in the directory that is replaced: whichever of the two is started next asks its log for them, and takes
/// away what it does not name.
fn place_documents(
    wanted: &Wanted<'_>,
    of_backup: Option<&Home>,
    growing: &Path,
) -> Result<Option<(BucketUrl, u64)>, BackupError> {
    let root = |data: &Path| data.join(blobs::DIRECTORY);
    let here = Home::read(&root(wanted.data)).map_err(used(&root(wanted.data).join(blobs::HOME)))?;
    let Some(url) = wanted.blobs.or(here.as_ref().map(|home| &home.url)) else { return Ok(None) };
    let replaced = match here.as_ref().filter(|home| home.url == *url) {
        Some(_) => Some(Blobs::open_to_read(wanted.data, wanted.access, growing)?),
        None => None,
    };
    let local = Blobs::open_to_read(growing, wanted.access, growing)?;
    // Broken off from here on, the same command knows what it has begun in the bucket.
    let claim = wanted.data.join(CLAIM);
    let homes: Vec<Home> = here.iter().chain(of_backup).cloned().collect();
    let bucket = Arc::new(Blobs::open_restored(growing, url, &homes, &claim, wanted.access)?);
    let mut count = 0;
    for path in entries(&root(growing))?.iter().filter(|path| path.is_dir()) {
        let Some(org) = name(path).parse().ok().map(OrgCode) else { continue };
        let there: HashMap<Hash, u64> = bucket.all(org)?.into_iter().collect();
        for (hash, bytes) in local.all(org)? {
            if there.get(&hash) == Some(&bytes) {
                continue;
            }
            if let Some(replaced) = &replaced {
                replaced.mark_doubt(org, &hash)?;
            }
            let mut upload = bucket.begin(org)?;
            upload.write(&local.read(org, &hash)?)?;
            // Not said to be named: the next start asks.
            drop(upload.place()?);
            count += 1;
        }
        for part in entries(path)?.iter().filter(|part| hex::decode::<1>(&name(part)).is_some()) {
            fs::remove_dir_all(part).map_err(used(part))?;
        }
    }
    Ok(Some((url.clone(), count)))
}

/// Reads everything again, and holds every log against its signed head.
fn verify(
    growing: &Path,
    manifest: &Manifest,
    key: Option<&VerifierKey>,
    told: Told<'_>,
) -> Result<(), BackupError> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(growing)?);
    let bad = |why: String| BackupError::Damaged { path: format!("{}/{TRUTH}", manifest.state), why };
    let orgs = Directory::new(Arc::clone(&store)).all()?;
    let logs: HashMap<&str, &LogLine> = manifest.logs.iter().map(|log| (log.log_id.as_str(), log)).collect();
    if logs.len() != orgs.len() {
        return Err(bad(format!("it holds {} logs, the manifest names {}", orgs.len(), logs.len())));
    }
    let (total, done) = (manifest.events(), AtomicU64::new(0));
    for org in &orgs {
        let id = org.row.log_id.to_string();
        let log = logs.get(id.as_str()).ok_or_else(|| bad(format!("the manifest does not name log {id}")))?;
        let progress = |read| told(Phase::Events, done.fetch_add(read, Ordering::Relaxed) + read, total);
        let checked = Checks { progress: &progress, ..Checks::of(store.as_ref()) }.log(org)?;
        if let Some(fault) = checked.faults.first() {
            return Err(bad(fault.to_string()));
        }
        hold_against_head(growing, store.as_ref(), org, log, key)?;
    }
    // Behind the logs, which name the first bad event; this also looks where no event is.
    store.check()?.into_iter().next().map_or(Ok(()), |fault| Err(bad(fault)))
}

/// The log must be the one whose head is signed in the backup, at exactly its size.
fn hold_against_head(
    growing: &Path,
    store: &dyn Store,
    org: &Entry,
    log: &LogLine,
    key: Option<&VerifierKey>,
) -> Result<(), BackupError> {
    let path = format!("{CHECKPOINTS}/{}", log.log_id);
    let bad = |why: String| BackupError::Damaged { path: path.clone(), why };
    let file = growing.join(&path);
    let note = fs::read_to_string(&file).map_err(used(&file))?;
    let named: VerifierKey = log.key.parse().map_err(|why| bad(format!("its key: {why}")))?;
    let checkpoint = key.unwrap_or(&named).open(&note).map_err(|why| bad(why.to_string()))?;
    let head = store.head(org.row.code)?;
    let origin = format!("{}/log/{}", org.row.log_host, org.row.log_id);
    if checkpoint.origin != origin {
        return Err(bad(format!("it is signed for {}, not {origin}", checkpoint.origin)));
    }
    if (checkpoint.size, checkpoint.root) != (head.size, head.frontier.root()) || log.size != head.size {
        return Err(bad(format!("{} has another head than the one that is signed", org.row.id)));
    }
    Ok(())
}

/// Adds to the ledger of the backup what the ledger that is there knows besides; gives how many lines those are.
fn merge_ledger(data: &Path, growing: &Path) -> Result<u64, BackupError> {
    let read = |path: &Path| match fs::read_to_string(path) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(used(path)),
    };
    let (here, theirs) = (read(&data.join(LEDGER))?, read(&growing.join(LEDGER))?);
    // A last line without an end was never acknowledged.
    let whole = |text: &str| -> Vec<String> {
        let text = text.rfind('\n').map_or("", |end| &text[..end]);
        text.lines().filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
    };
    let (here, mut merged) = (whole(&here), whole(&theirs));
    let known: HashSet<String> = merged.iter().cloned().collect();
    let new: Vec<String> = here.into_iter().filter(|line| !known.contains(line)).collect();
    let count = new.len() as u64;
    merged.extend(new);
    if merged.is_empty() {
        return Ok(0);
    }
    let text: String = merged.into_iter().map(|line| line + "\n").collect();
    let (place, part) = (growing.join(LEDGER), growing.join(format!("{LEDGER}.new")));
    signed::replace_file(growing, &part, &place, text.as_bytes(), 0o600).map_err(used(&place))?;
    Ok(count)
}

/// The keys that are there stay: who has noted their verifier keys is not to be told of others. Gives the names of those that
/// are other ones than the backup's.
fn keep_keys(data: &Path, growing: &Path) -> Result<Vec<String>, BackupError> {
    let mut kept = Vec::new();
    for path in entries(data)?.iter().filter(|path| path.is_file() && name(path).ends_with(KEY_SUFFIX)) {
        let place = growing.join(name(path));
        let is_other = place.is_file() && fs::read(path).ok() != fs::read(&place).ok();
        copy_file(path, &place, &mut |_| ())?;
        kept.extend(is_other.then(|| name(path)));
    }
    Ok(kept)
}

/// The logs that were signed when they were longer than they are in the backup.
fn behind(data: &Path, manifest: &Manifest) -> Result<Vec<Behind>, BackupError> {
    if !data.join(signed::DIRECTORY).is_dir() {
        return Ok(Vec::new());
    }
    let (_, found, _) = SignedHeads::open(data)?;
    let log = |id: &LogId| manifest.logs.iter().find(|log| log.log_id == id.to_string());
    let mut behind: Vec<Behind> = found
        .iter()
        .filter_map(|(id, kept)| {
            let kept = kept.as_ref().ok()?;
            let size = log(id).map_or(Size(0), |log| log.size);
            (kept.frontier.size() > size).then(|| Behind {
                organization: log(id).map_or_else(|| format!("log {id}"), |log| log.organization.clone()),
                size,
                signed: kept.frontier.size(),
                signed_ms: kept.signed_ms,
            })
        })
        .collect();
    behind.sort_by(|one, other| one.organization.cmp(&other.organization));
    Ok(behind)
}

/// The heads that are there stay, each where it is not smaller than the backup's.
fn keep_signed(data: &Path, growing: &Path) -> Result<(), BackupError> {
    if !data.join(signed::DIRECTORY).is_dir() {
        return Ok(());
    }
    let (_, here, _) = SignedHeads::open(data)?;
    let (_, theirs, _) = SignedHeads::open(growing)?;
    for (id, kept) in here {
        let size = |kept: &signed::Kept| kept.frontier.size();
        let is_smaller = match (&kept, theirs.get(&id)) {
            (Ok(kept), Some(Ok(other))) => size(kept) < size(other),
            _ => false,
        };
        let file = Path::new(signed::DIRECTORY).join(id.to_string());
        if !is_smaller {
            copy_file(&data.join(&file), &growing.join(&file), &mut |_| ())?;
        }
    }
    Ok(())
}
