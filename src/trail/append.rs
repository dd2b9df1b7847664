//! The pages of a trail laid behind those of an original, as one incremental update: the bytes of the original stay as they
//! were. Deliberately absent: originals that this would harm; `inspect` tells them.

use std::sync::Arc;

use crate::trail::append::claims::Whole;
use crate::trail::append::copy::Copy;
use crate::trail::append::structure::{Both, Structure};
use crate::trail::file::attachments::{self, Attachment, attachments};
use crate::trail::file::object::{Dict, Id, Object};
use crate::trail::file::pages::pages;
use crate::trail::file::update::{Update, integer};
use crate::trail::file::{Fault, File};
use crate::trail::inspect::Condition;

pub mod claims;
mod copy;
pub mod structure;

/// The lowest version that knows everything a trail holds: 1.7.
const VERSION_MIN: u32 = 17;
/// Names of files that a trail carries; an original that has one of that name would make it doubtful which is meant.
pub const ATTACHED: &[&str] = &["everlog-bundle.jsonl", "audit-trail.json"];

/// What could not be appended, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The original cannot be read.
    #[error("pages cannot be laid behind the original: {0}")]
    Original(Fault),
    /// The trail cannot be read.
    #[error("the trail cannot be read: {0}")]
    Trail(Fault),
    /// What was written does not read as what it should be.
    #[error("what was written reads otherwise: {0}")]
    Reread(&'static str),
}

/// Whether nothing in an original that is otherwise healthy stands in the way.
pub fn may_be_appended_to(file: &File<'_>, catalog: &Dict) -> Result<Condition, Fault> {
    file.member_array(catalog, "AF")?;
    Structure::read(file, catalog)?;
    for attachment in attachments(file, catalog)? {
        if ATTACHED.contains(&attachments::name(file, &attachment)?.as_str()) {
            return Ok(Condition::Unsure("it carries a file that is named as one of the trail's"));
        }
    }
    Ok(Condition::Healthy)
}

/// Lays the pages of a trail, what is read aloud of them, and the files it carries, behind an original.
///
/// # Errors
/// Says which of the two cannot be read, or that the result does not read as it must.
pub fn append(original: &[u8], trail: &[u8]) -> Result<Vec<u8>, AppendError> {
    let whole = File::read(original).map_err(AppendError::Original)?;
    let whole_pages = pages(&whole).map_err(AppendError::Original)?;
    let added = File::read(trail).map_err(AppendError::Trail)?;
    let added_pages = pages(&added).map_err(AppendError::Trail)?;
    let added_catalog = added.catalog().map_err(AppendError::Trail)?;
    let carried = attachments(&added, &added_catalog).map_err(AppendError::Trail)?;
    let mut catalog = whole.catalog().map_err(AppendError::Original)?;
    let theirs = Structure::read(&whole, &catalog).map_err(AppendError::Original)?;
    let ours = Structure::read(&added, &added_catalog).map_err(AppendError::Trail)?;

    let mut update = Update::new(&whole);
    let about =
        Whole { file: &whole, pages: &whole_pages, structure: theirs.as_ref().filter(|_| ours.is_some()) };
    claims::settle(&about, (&added, &added_catalog), &mut update, &mut catalog)
        .map_err(AppendError::Original)?;
    let both = ours.map(|ours| Both::of((&whole, &whole_pages), theirs, ours)).transpose();
    let both = both.map_err(AppendError::Original)?;

    let root = update.reserve();
    let mut copy = Copy::new(&added, both.as_ref().map(|it| it.keys_shift));
    let branch = copy.pages(&mut update, root, &added_pages);
    let carried = copy.attachments(&mut update, carried);
    let begun = both
        .map(|both| both.begin(&whole, &mut update, &mut copy))
        .transpose()
        .map_err(AppendError::Trail)?;
    copy.rest(&mut update).map_err(AppendError::Trail)?;
    if let Some(begun) = begun {
        begun.end(&whole, &mut update, &copy, &mut catalog).map_err(AppendError::Original)?;
    }
    let count = whole_pages.len() + added_pages.len();
    let branches = Branches { root, added: branch, count };
    join(&whole, &mut update, &branches, carried, catalog).map_err(AppendError::Original)?;
    let added = update.finish().ok_or(AppendError::Reread("it has too many objects"))?;
    let mut bytes = Vec::with_capacity(original.len() + added.len());
    bytes.extend_from_slice(original);
    bytes.extend_from_slice(&added);
    reread(original, bytes, count)
}

/// The new root of all pages, the branch of those added, and how many there are in all.
struct Branches {
    root: Id,
    added: Id,
    count: usize,
}

/// Joins both trees of pages under a new root, so that neither inherits from the other, and writes the catalog.
fn join(
    whole: &File<'_>,
    update: &mut Update<'_, '_>,
    branches: &Branches,
    carried: Vec<Attachment>,
    mut catalog: Dict,
) -> Result<(), Fault> {
    let old = catalog.get("Pages").and_then(Object::as_reference).ok_or(Fault("it has no pages"))?;
    let old = update.known(old.number);
    let mut tree = whole.member_dict(&catalog, "Pages")?;
    tree.set("Parent", branches.root.into());
    update.put(old, &tree.into());
    let mut both = Dict::default();
    both.set("Type", Object::name("Pages"))
        .set("Kids", Object::Array(vec![old.into(), branches.added.into()]))
        .set("Count", integer(branches.count));
    update.put(branches.root, &both.into());

    catalog.set("Pages", branches.root.into());
    if whole.version() < VERSION_MIN {
        catalog.set("Version", Object::name("1.7"));
    }
    let mut all = attachments(whole, &catalog)?;
    let belonging = carried.iter().map(|it| it.specification.clone()).collect();
    for mut attachment in carried {
        while all.iter().any(|it| it.key == attachment.key) {
            attachment.key.push(b'_');
        }
        all.push(attachment);
    }
    attachments::set(whole, &mut catalog, all, belonging)?;
    update.put(update.known(whole.root()?.number), &catalog.into());
    Ok(())
}

/// Reads the result with somebody else's parser, and with ours, and gives it back: it begins with the original and has every
/// page.
fn reread(original: &[u8], bytes: Vec<u8>, count: usize) -> Result<Vec<u8>, AppendError> {
    if !bytes.starts_with(original) {
        return Err(AppendError::Reread("it does not begin with the original"));
    }
    let ours = File::read(&bytes).and_then(|file| pages(&file)).map_err(|why| AppendError::Reread(why.0))?;
    if ours.len() != count {
        return Err(AppendError::Reread("it has another number of pages"));
    }
    let (theirs, bytes) = pages_elsewhere(bytes);
    match theirs {
        None => Err(AppendError::Reread("another parser cannot read it")),
        Some(theirs) if theirs != count => {
            Err(AppendError::Reread("another parser counts its pages otherwise"))
        }
        Some(_) => Ok(bytes),
    }
}

/// How many pages somebody else's parser counts, where it can read the file, which is given back.
pub(super) fn pages_elsewhere(bytes: Vec<u8>) -> (Option<usize>, Vec<u8>) {
    let bytes = Arc::new(bytes);
    let pages = hayro_syntax::Pdf::new(Arc::clone(&bytes)).ok().map(|it| it.pages().len());
    // Nobody holds on to it, so nothing is copied.
    (pages, Arc::unwrap_or_clone(bytes))
}
