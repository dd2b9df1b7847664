//! A data directory that is put into the place of another, or of nothing, inside the directory that holds it.
//!
//! Inside, because who may write in a data directory often may not write beside it, and a mount point cannot be renamed.
//! Worked once. t0 what is to come grows in `restoring`. t1 it is whole, verified and synced. t2 `restoring` is renamed to
//! `restored`: from here on it is the truth. t3 what was there is moved into `replaced-…`. t4 a mark says so. t5 what is to
//! come is moved to its place, `truth.db` last. t6 `restored` is renamed away and removed. Killed before t2, all is as it
//! was. Killed after t2, whoever opens the directory next goes on from where it was, before it looks at anything.
//!
//! Deliberately absent: what is put there and whether it is well (`backup`).

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::store::StoreError;
use crate::store::sqlite::data_directory::{self, LOCK, TRUTH, refusal};

/// Where what is to come grows. What is in it counts for nothing.
pub(super) const GROWING: &str = "restoring";
/// What outlives `restoring`, should it not become whole: the bucket that the documents were on their way to.
pub const CLAIM: &str = "restoring.bucket";
/// Its name once it is whole.
pub(super) const READY: &str = "restored";
/// What the name of a directory with what was replaced begins with.
const REPLACED: &str = "replaced-";
/// In `restored`: the name of the directory for what is replaced.
const ASIDE: &str = ".aside";
/// In `restored`: what was there before is out of the way.
const CLEARED: &str = ".cleared";

/// Whether a directory holds a truth that is whole and has not its place yet.
pub(super) fn is_ready(data: &Path) -> bool {
    data.join(READY).join(TRUTH).is_file()
}

/// A data directory that is held while another is put into its place. Dropped, it is as it was.
pub struct PutBack {
    data: PathBuf,
    _lock: File,
}

impl PutBack {
    /// Makes the directory where there is none, refuses what is not ours or is in use, and makes room in it.
    ///
    /// # Errors
    /// A sentence says why it cannot be used; then it is as it was found.
    pub fn begin(data: &Path) -> Result<Self, StoreError> {
        let refused = |error: io::Error| refusal(data, &error);
        data_directory::create(data).map_err(refused)?;
        if !data.join(LOCK).exists() {
            data_directory::recognise(data)?;
        }
        let lock = data_directory::hold(data)?;
        finish(data).map_err(refused)?;
        data_directory::recognise(data)?;
        let growing = data.join(GROWING);
        remove(&growing).map_err(refused)?;
        DirBuilder::new().mode(data_directory::DIRECTORY_MODE).create(growing).map_err(refused)?;
        Ok(Self { data: data.to_owned(), _lock: lock })
    }

    /// Where what is to come is made.
    pub fn growing(&self) -> PathBuf {
        self.data.join(GROWING)
    }

    /// Puts it into its place. What was there before is then in the directory of this name, which is given back where there
    /// was something.
    ///
    /// # Errors
    /// When the disk fails. What then holds, the next opening tells.
    pub fn end(self, stamp: &str) -> Result<Option<PathBuf>, StoreError> {
        let refused = |error: io::Error| refusal(&self.data, &error);
        let growing = self.growing();
        let aside = format!("{REPLACED}{stamp}");
        let make_ready = || {
            for left in [LOCK, "truth.db-wal", "truth.db-shm"] {
                remove(&growing.join(left))?;
            }
            fs::write(growing.join(ASIDE), &aside)?;
            sync_all(&growing)?;
            fs::rename(&growing, self.data.join(READY))?;
            sync(&self.data)
        };
        make_ready().map_err(refused)?;
        finish(&self.data).map_err(refused)?;
        let aside = self.data.join(aside);
        Ok(aside.is_dir().then_some(aside))
    }
}

impl Drop for PutBack {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.growing()) {
            tracing::warn!(error = &error as &dyn std::error::Error, "what was not put back is left behind");
        }
    }
}

/// Goes on with what was begun and is whole; nothing where there is nothing such. The caller holds the directory.
pub(super) fn finish(data: &Path) -> io::Result<()> {
    let ready = data.join(READY);
    if !ready.is_dir() {
        return Ok(());
    }
    if !ready.join(CLEARED).exists() {
        let aside = fs::read_to_string(ready.join(ASIDE))?;
        for name in names(data)?.into_iter().filter(|name| is_to_go(name)) {
            let aside = data.join(&aside);
            match DirBuilder::new().mode(data_directory::DIRECTORY_MODE).create(&aside) {
                Err(why) if why.kind() != ErrorKind::AlreadyExists => return Err(why),
                _ => fs::rename(data.join(&name), aside.join(&name))?,
            }
        }
        sync(data)?;
        File::create(ready.join(CLEARED))?.sync_all()?;
        sync(&ready)?;
    }
    let (last, first): (Vec<_>, Vec<_>) = names(&ready)?.into_iter().partition(|name| name == TRUTH);
    for name in first.iter().chain(&last).filter(|name| *name != ASIDE && *name != CLEARED) {
        fs::rename(ready.join(name), data.join(name))?;
    }
    // Its bucket is remembered in what has its place now.
    remove(&data.join(CLAIM))?;
    sync(data)?;
    // Away under one name: half removed, its mark could be gone before it is.
    remove(&data.join(GROWING))?;
    fs::rename(&ready, data.join(GROWING))?;
    remove(&data.join(GROWING))
}

/// Whether something in a data directory belongs to the truth that is replaced.
fn is_to_go(name: &OsStr) -> bool {
    let stays = [LOCK, GROWING, READY, CLAIM, "lost+found"].iter().any(|it| OsStr::new(it) == name);
    !stays && !name.to_string_lossy().starts_with(REPLACED)
}

fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// Removes whatever has this name, if anything has.
fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

/// Makes a directory and everything in it durable.
fn sync_all(directory: &Path) -> io::Result<()> {
    for name in names(directory)? {
        let path = directory.join(name);
        if path.is_dir() { sync_all(&path)? } else { File::open(&path)?.sync_all()? }
    }
    sync(directory)
}

/// Makes a directory's entries durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
