//! Bytes that belong to processes, by organization and SHA-256: the documents that are signed, and what is made of them.
//!
//! Deliberately absent: which process they belong to and who may have them. The log names bytes by their hash; what it does
//! not name is as if it had never been here.
//!
//! How bytes get their place, worked once. t0 a file without a name grows under `new/`. t1 it is synced. t2 a mark of its
//! hash stands in `new/`, durable. t3 the file is renamed to its place, or an object of the bucket is made of it, durable.
//! t4 the log names the hash. t5 the mark goes. Killed before t3, the next start removes a file without a name. Killed
//! between t3 and t4, the mark tells the next start to ask the log, which does not name the hash, and the bytes go. Killed
//! after t4, they stay. In a bucket it is the server that asks, once the bucket is there. What the bucket was told may still be
//! under way then, and have its place later: such a mark goes when the bucket was asked again long after.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use everlog_core::hex::Hex;
use everlog_core::leaf::Hash;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::store::{OrgCode, StoreError};

mod access;
mod bucket;
mod directory;
mod fault;
mod health;
mod home;
mod http;
mod turns;
mod upload;

pub use access::BucketAccess;
use bucket::Bucket;
use directory::{Directory, entries, hash_of, make_directory, make_mark, remove_file};
pub use fault::BucketFault;
pub use health::Operation;
pub use home::{BucketUrl, BucketUrlError, HOME, Home};
use upload::Verdict;
pub use upload::{Placed, Step, Upload};

/// The directory in the data directory.
pub const DIRECTORY: &str = "blobs";
/// Where files of an organization lie that have no place yet, and marks.
const NEW: &str = "new";
/// What the name of a file ends in until it has its place.
const PART: &str = ".part";
/// How many bytes are read together.
const PIECE_BYTES: usize = 64 * 1024;
/// How long after it was told to keep bytes a bucket may come to it: as long as a proxy or a queue may hold a request.
pub const LATE_TIME_MAX: Duration = Duration::from_secs(10 * 60);

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
    /// The bucket does not do what is asked.
    #[error("the documents in {url} cannot be {doing}: {fault}")]
    Bucket {
        /// Which one.
        url: BucketUrl,
        /// What was being done with them.
        doing: &'static str,
        /// Why not.
        fault: BucketFault,
    },
    /// They lie in another place than is wanted.
    #[error(
        "the documents of this data directory lie in {is}, not in {wanted}: set that one, or none; `everlog copy --blobs {wanted}` makes a copy of everything whose documents lie there"
    )]
    Elsewhere {
        /// Where they lie.
        is: BucketUrl,
        /// Where they should.
        wanted: BucketUrl,
    },
    /// There are documents in the data directory, which are wanted in a bucket.
    #[error(
        "there are documents in this data directory, and they would not be found in {wanted}: `everlog copy --blobs {wanted}`, or of a backup `everlog restore --blobs {wanted}`, makes a data directory whose documents lie there"
    )]
    Here {
        /// Where they should lie.
        wanted: BucketUrl,
    },
}

fn failed(doing: &'static str) -> impl Fn(io::Error) -> BlobError {
    move |source| BlobError::Io { doing, source }
}

/// The bytes of every organization. Calls may run at once, on any thread that may wait: for the disk, and for the bucket.
pub struct Blobs {
    /// What is about to have its place lies here, whatever that is.
    root: PathBuf,
    place: Place,
    state: Mutex<State>,
    /// Told when bytes have left.
    left: Condvar,
}

/// Where bytes lie that are not about to.
enum Place {
    Directory(Directory),
    Bucket(Box<Bucket>),
}

/// What is known of bytes by this process alone.
#[derive(Default)]
struct State {
    /// What has its place, or is about to, and is not known to be named.
    waiting: HashMap<(OrgCode, Hash), Waiting>,
    /// What is being taken away, or asked after: nobody may want it meanwhile.
    leaving: HashSet<(OrgCode, Hash)>,
    /// What is marked and may have its place although nobody names it: an earlier process has left it so, or the bucket gave
    /// no answer.
    doubts: HashMap<(OrgCode, Hash), Doubt>,
}

/// Something that is to be asked after.
#[derive(Clone, Copy)]
struct Doubt {
    since: Instant,
    /// Whether it was taken away once, and may have come after that.
    was_asked: bool,
}

impl Doubt {
    fn new() -> Self {
        Self { since: Instant::now(), was_asked: false }
    }

    fn is_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= LATE_TIME_MAX
    }

    fn is_due(&self, now: Instant) -> bool {
        !self.was_asked || self.is_old(now)
    }
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
    /// Whether the bytes may have their place in spite of what the others do: they are asked after again.
    is_in_doubt: bool,
}

impl Place {
    fn open(&self, org: OrgCode, sha256: &Hash) -> Result<File, BlobError> {
        match self {
            Self::Directory(directory) => directory.open(org, sha256),
            Self::Bucket(bucket) => bucket.open(org, sha256),
        }
    }

    fn put(&self, org: OrgCode, sha256: &Hash, file: NamedTempFile) -> Result<(), BlobError> {
        match self {
            Self::Directory(directory) => directory.put(org, sha256, file),
            Self::Bucket(bucket) => bucket.put(org, sha256, file),
        }
    }

    fn remove(&self, org: OrgCode, sha256: &Hash) -> Result<(), BlobError> {
        match self {
            Self::Directory(directory) => directory.remove(org, sha256),
            Self::Bucket(bucket) => bucket.remove(org, sha256),
        }
    }

    fn all(&self, org: OrgCode) -> Result<Vec<(Hash, u64)>, BlobError> {
        match self {
            Self::Directory(directory) => directory.all(org),
            Self::Bucket(bucket) => bucket.all(org),
        }
    }
}

impl Blobs {
    /// The blobs of a data directory, which its caller holds: where it remembers that they lie, else in it. A bucket is
    /// reached as the environment says.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub fn open(data: &Path) -> Result<Self, BlobError> {
        Self::open_at(data, None, &BucketAccess::of_environment())
    }

    /// The same, where it is wanted that they lie in this bucket: of a directory without documents it becomes the home.
    ///
    /// # Errors
    /// When the directory cannot be made or read, has its documents elsewhere, or the bucket cannot be its home.
    pub fn open_at(
        data: &Path,
        wanted: Option<&BucketUrl>,
        access: &BucketAccess,
    ) -> Result<Self, BlobError> {
        let root = data.join(DIRECTORY);
        make_directory(&root).map_err(failed("made a directory for"))?;
        let place = match (Home::read(&root).map_err(failed("found"))?, wanted) {
            (None, None) => Place::Directory(Directory::new(&root)),
            (Some(home), Some(wanted)) if home.url != *wanted => {
                return Err(BlobError::Elsewhere { is: home.url, wanted: wanted.clone() });
            }
            (Some(home), _) => Place::Bucket(Box::new(Bucket::new(home, access, &root)?)),
            (None, Some(wanted)) if has_documents(&root)? => {
                return Err(BlobError::Here { wanted: wanted.clone() });
            }
            (None, Some(wanted)) => return Self::claimed(root, wanted, access),
        };
        Ok(Self::of_place(root, place))
    }

    /// The blobs of a data directory that somebody else may hold, for reading alone: nothing is written there. What is fetched
    /// from a bucket grows in `scratch`.
    ///
    /// # Errors
    /// When what the directory remembers cannot be read, or the access to its bucket cannot be used.
    pub fn open_to_read(data: &Path, access: &BucketAccess, scratch: &Path) -> Result<Self, BlobError> {
        let root = data.join(DIRECTORY);
        let place = match Home::read(&root).map_err(failed("found"))? {
            None => Place::Directory(Directory::new(&root)),
            Some(home) => Place::Bucket(Box::new(Bucket::new(home, access, scratch)?)),
        };
        Ok(Self::of_place(root, place))
    }

    /// The blobs of a data directory that is being put back, in a bucket that may hold some of them already: one that knows
    /// any of these homes, or else one that is nobody's, which becomes the home that is noted at `claim` for it.
    ///
    /// # Errors
    /// When the bucket cannot be its home.
    pub fn open_restored(
        data: &Path,
        wanted: &BucketUrl,
        homes: &[Home],
        claim: &Path,
        access: &BucketAccess,
    ) -> Result<Self, BlobError> {
        let root = data.join(DIRECTORY);
        make_directory(&root).map_err(failed("made a directory for"))?;
        for home in homes.iter().filter(|home| home.url == *wanted) {
            let bucket = Bucket::new(home.clone(), access, &root)?;
            match bucket.check() {
                Err(BlobError::Bucket { fault: BucketFault::OfOthers | BucketFault::NotOurs, .. }) => {}
                checked => {
                    checked?;
                    home.settle(&root).map_err(failed("found"))?;
                    return Ok(Self::of_place(root, Place::Bucket(Box::new(bucket))));
                }
            }
        }
        let home = Home::noted(claim, wanted).map_err(failed("found"))?;
        Self::claimed_as(root, home, access)
    }

    /// Makes a bucket that is nobody's the home of a directory without documents.
    fn claimed(root: PathBuf, wanted: &BucketUrl, access: &BucketAccess) -> Result<Self, BlobError> {
        let home = Home::begin(&root, wanted).map_err(failed("found"))?;
        Self::claimed_as(root, home, access)
    }

    fn claimed_as(root: PathBuf, home: Home, access: &BucketAccess) -> Result<Self, BlobError> {
        let bucket = Bucket::new(home.clone(), access, &root)?;
        bucket.claim()?;
        home.settle(&root).map_err(failed("found"))?;
        Ok(Self::of_place(root, Place::Bucket(Box::new(bucket))))
    }

    fn of_place(root: PathBuf, place: Place) -> Self {
        Self { root, place, state: Mutex::default(), left: Condvar::new() }
    }

    /// The bucket that holds the bytes; none when the data directory does.
    pub fn bucket(&self) -> Option<&BucketUrl> {
        match &self.place {
            Place::Directory(_) => None,
            Place::Bucket(bucket) => Some(bucket.url()),
        }
    }

    /// Tells the log from now on when the bucket fails, and when it is well again.
    pub fn begin_telling(&self) {
        if let Place::Bucket(bucket) = &self.place {
            bucket.health().begin_telling();
        }
    }

    /// Whether nothing failed of what the bucket was asked last; none when the data directory holds the bytes.
    pub fn is_up(&self) -> Option<bool> {
        match &self.place {
            Place::Directory(_) => None,
            Place::Bucket(bucket) => Some(bucket.health().is_up()),
        }
    }

    /// How often this failed since the start.
    pub fn failures(&self, operation: Operation) -> u64 {
        match &self.place {
            Place::Directory(_) => 0,
            Place::Bucket(bucket) => bucket.health().failures(operation),
        }
    }

    /// Sees whether the place of the bytes can be used.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(&self) -> Result<(), BlobError> {
        match &self.place {
            Place::Directory(_) => Ok(()),
            Place::Bucket(bucket) => bucket.check(),
        }
    }

    /// Begins to take bytes in.
    ///
    /// # Errors
    /// When no file can be made.
    pub fn begin(self: &Arc<Self>, org: OrgCode) -> Result<Upload, BlobError> {
        let new = self.new_of(org)?;
        let file = tempfile::Builder::new().prefix("").suffix(PART).tempfile_in(&new);
        let file = file.map_err(failed("written"))?;
        Ok(Upload::new(Arc::clone(self), org, file))
    }

    /// The bytes with this hash, which they are seen to have.
    ///
    /// # Errors
    /// When they are not there, or not what they were.
    pub fn read(&self, org: OrgCode, sha256: &Hash) -> Result<Vec<u8>, BlobError> {
        let mut bytes = Vec::new();
        self.place.open(org, sha256)?.read_to_end(&mut bytes).map_err(failed("read"))?;
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
        let mut file = self.place.open(org, sha256)?;
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

    /// The hashes of all bytes of an organization that have their place, in no order, and how many bytes they are.
    ///
    /// # Errors
    /// When the disk or the bucket fails.
    pub fn all(&self, org: OrgCode) -> Result<Vec<(Hash, u64)>, BlobError> {
        self.place.all(org)
    }

    /// The file of the bytes with this hash, which nobody has looked at.
    ///
    /// # Errors
    /// When they are not there.
    pub fn open_unchecked(&self, org: OrgCode, sha256: &Hash) -> Result<File, BlobError> {
        self.place.open(org, sha256)
    }

    /// Marks bytes that another data directory is about to keep in the same bucket, so that the next start of this one asks
    /// its log and takes them away, should they be all that came of it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn mark_doubt(&self, org: OrgCode, sha256: &Hash) -> Result<(), BlobError> {
        self.new_of(org)?;
        make_mark(&self.mark(org, sha256)).map(drop).map_err(failed("written"))
    }

    /// Removes bytes that the log no longer names; none that are not there.
    ///
    /// # Errors
    /// When the disk or the bucket fails.
    pub fn delete(&self, org: OrgCode, sha256: &Hash) -> Result<(), BlobError> {
        self.place.remove(org, sha256)
    }

    /// Removes files without a name, which a crash has left, and remembers the marks of bytes that the log was about to name.
    /// In a directory those that it does not name are removed, too; `named` gives every hash that a log names, and is asked
    /// only where there is doubt. Nothing may be taken in meanwhile. A bucket is the server's: who opens a copy of its data
    /// directory to look into it must not take away there what the server has just brought. It settles that itself, by
    /// `settle_doubts`.
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
            for path in entries(&directory.join(NEW)).map_err(&doing)? {
                match hash_of(&path) {
                    Some(hash) => drop(self.state().doubts.insert((org, hash), Doubt::new())),
                    None => remove_file(&path).map_err(&doing)?,
                }
            }
        }
        match &self.place {
            Place::Directory(_) => self.settle_doubts(named, Instant::now()).map(drop),
            Place::Bucket(_) => Ok(()),
        }
    }

    /// Asks after what is marked, now. It may run beside everything else: nobody wants bytes that are asked after, until that
    /// is over. Says whether doubts are left.
    ///
    /// # Errors
    /// When the disk or the log cannot be read.
    pub fn settle_doubts(
        &self,
        named: &dyn Fn(OrgCode) -> Result<HashSet<Hash>, StoreError>,
        now: Instant,
    ) -> Result<bool, BlobError> {
        let is_due = |(key, doubt): (&(OrgCode, Hash), &Doubt)| doubt.is_due(now).then_some(key.0);
        let orgs: HashSet<OrgCode> = self.state().doubts.iter().filter_map(is_due).collect();
        for org in orgs {
            let asked = Leaving::begin_doubts(self, org, now);
            let named = named(org)?;
            for key in &asked.keys {
                match self.settle_doubt(key, named.contains(&key.1), now) {
                    Err(why @ BlobError::Bucket { .. }) => {
                        let error = &why as &dyn std::error::Error;
                        tracing::debug!(error, "what may have been left in the bucket stays there for now");
                        return Ok(true);
                    }
                    settled => settled?,
                }
            }
        }
        Ok(self.is_in_doubt())
    }

    fn settle_doubt(&self, key: &(OrgCode, Hash), is_named: bool, now: Instant) -> Result<(), BlobError> {
        if !is_named {
            self.place.remove(key.0, &key.1)?;
            let may_come_late = matches!(self.place, Place::Bucket(_));
            if let Some(doubt) = self.state().doubts.get_mut(key)
                && may_come_late
                && !doubt.is_old(now)
            {
                doubt.was_asked = true;
                return Ok(());
            }
        }
        remove_file(&self.mark(key.0, &key.1)).map_err(failed("swept"))?;
        self.state().doubts.remove(key);
        Ok(())
    }

    /// Whether something is left to ask after.
    pub fn is_in_doubt(&self) -> bool {
        !self.state().doubts.is_empty()
    }

    fn of(&self, org: OrgCode) -> PathBuf {
        self.root.join(org.0.to_string())
    }

    /// The directory of what has no place yet, which is there then.
    fn new_of(&self, org: OrgCode) -> Result<PathBuf, BlobError> {
        let new = self.of(org).join(NEW);
        make_directory(&self.of(org)).and_then(|()| make_directory(&new)).map_err(failed("written"))?;
        Ok(new)
    }

    fn mark(&self, org: OrgCode, sha256: &Hash) -> PathBuf {
        self.of(org).join(NEW).join(Hex(sha256).to_string())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One holder more, who waits until nobody takes these bytes away any more.
    fn hold(&self, org: OrgCode, sha256: &Hash) {
        let key = (org, *sha256);
        let is_leaving = |state: &mut State| state.leaving.contains(&key);
        let state = self.left.wait_while(self.state(), is_leaving);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        // Whether these bytes are named is being decided anew; unless they are, an older doubt comes back.
        let doubt = state.doubts.remove(&key);
        let waiting = state.waiting.entry(key).or_default();
        waiting.is_in_doubt |= doubt.is_some();
        waiting.holders += 1;
    }

    fn note(&self, org: OrgCode, sha256: &Hash, note: impl FnOnce(&mut Waiting)) {
        self.state().waiting.get_mut(&(org, *sha256)).map(note).unwrap_or_default();
    }

    /// One holder less. The last one to go takes the mark away, and the bytes too when nobody got them named.
    fn end(&self, org: OrgCode, sha256: &Hash, verdict: Verdict) -> Result<(), BlobError> {
        let (key, mut state) = ((org, *sha256), self.state());
        let Some(waiting) = state.waiting.get_mut(&key) else { return Ok(()) };
        waiting.holders -= 1;
        waiting.is_named |= verdict == Verdict::Named;
        waiting.is_unsure |= verdict == Verdict::Unsure;
        waiting.is_in_doubt |= verdict == Verdict::NotPlaced;
        if waiting.holders > 0 {
            return Ok(());
        }
        let is_to_go = waiting.is_ours && !waiting.is_unsure && !waiting.is_named;
        let is_in_doubt = waiting.is_in_doubt && !waiting.is_unsure && !waiting.is_named;
        let is_settled =
            waiting.is_named || (waiting.is_marked && !waiting.is_unsure && !waiting.is_in_doubt);
        state.waiting.remove(&key);
        if is_in_doubt {
            // The log does not name them unless it did before, which it is asked then.
            state.doubts.insert(key, Doubt::new());
            return Ok(());
        }
        // Whoever wants these bytes next finds them there or gone; who wants others does not wait.
        let leaving = is_to_go.then(|| Leaving::begin(self, &mut state, key));
        let held = if is_to_go {
            drop(state);
            if let Err(why) = self.place.remove(org, sha256) {
                self.state().doubts.insert(key, Doubt::new());
                return Err(why);
            }
            None
        } else {
            Some(state)
        };
        if is_settled {
            remove_file(&self.mark(org, sha256)).map_err(failed("swept"))?;
        }
        drop(held);
        drop(leaving);
        Ok(())
    }
}

/// Bytes that are being taken away, or asked after: until this is dropped, nobody else wants them.
struct Leaving<'a> {
    blobs: &'a Blobs,
    keys: Vec<(OrgCode, Hash)>,
}

impl<'a> Leaving<'a> {
    fn begin(blobs: &'a Blobs, state: &mut State, key: (OrgCode, Hash)) -> Self {
        state.leaving.insert(key);
        Self { blobs, keys: vec![key] }
    }

    /// All of an organization that are in doubt, and to be asked after now.
    fn begin_doubts(blobs: &'a Blobs, org: OrgCode, now: Instant) -> Self {
        let mut state = blobs.state();
        let due = state.doubts.iter().filter(|(key, doubt)| key.0 == org && doubt.is_due(now));
        let keys: Vec<_> = due.map(|(key, _)| *key).collect();
        state.leaving.extend(&keys);
        Self { blobs, keys }
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut state = self.blobs.state();
        state.leaving.retain(|key| !self.keys.contains(key));
        self.blobs.left.notify_all();
    }
}

/// Whether there are documents in a data directory, or files on their way.
fn has_documents(root: &Path) -> Result<bool, BlobError> {
    for directory in entries(root).map_err(failed("listed"))?.iter().filter(|path| path.is_dir()) {
        for part in entries(directory).map_err(failed("listed"))? {
            if !entries(&part).map_err(failed("listed"))?.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
