//! From a document and its trail to the file that is handed out: laid behind it, around it, or alone; and sealed.
//!
//! Deliberately absent: keeping it.

use crate::trail::append::{AppendError, append};
use crate::trail::check::check;
use crate::trail::container::container;
use crate::trail::file::pages::pages;
use crate::trail::file::{Fault, File};
use crate::trail::inspect::{Condition, inspect};
use crate::trail::seal::key::SealKey;
use crate::trail::seal::stamp::{Authority, StampError};
use crate::trail::seal::{SealError, SealWords, seal};

/// What an original is called that has no usable name.
const NAMELESS: &str = "document.pdf";
/// Longest name of an attached original, in characters.
const NAME_CHARS_MAX: usize = 200;

/// A document as it was given.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What it is called.
    pub file_name: &'a str,
}

/// Who seals, and how.
#[derive(Clone, Copy)]
pub struct Sealer<'a> {
    /// The key.
    pub key: &'a SealKey,
    /// An authority on time, when one is set.
    pub authority: Option<&'a Authority>,
    /// What is said beside the seal.
    pub words: SealWords<'a>,
}

/// How a trail and its document are one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The trail's pages lie behind the document's; the first bytes are the document's.
    Appended,
    /// The trail carries the document as a file inside; why not the other way.
    Container(Why),
    /// There is no document.
    TrailAlone,
}

/// Why a trail carries its document rather than following it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// What the document is.
    Condition(Condition),
    /// Nobody can read the document; it was not always so.
    Unreadable,
    /// What was appended did not read as it must.
    Appending(AppendError),
}

/// The file that is handed out.
#[derive(Debug)]
pub struct Finished {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// How it was put together.
    pub way: Way,
    /// How many pages it shows.
    pub page_count: usize,
    /// Why there is no time stamp, when one was wanted.
    pub time_stamp_missing: Option<StampError>,
}

/// Why nothing can be handed out.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum FinishError {
    /// The trail cannot carry the document.
    #[error("the trail cannot carry the document")]
    Container(#[source] AppendError),
    /// The trail cannot be sealed.
    #[error("the trail cannot be sealed")]
    Seal(#[source] SealError),
    /// What was sealed cannot be read.
    #[error("the trail cannot be read after it was sealed: {0}")]
    Reread(Fault),
}

/// Puts a document and its trail together and seals them, at a moment. What the document is decides the way; no document can
/// make this fail.
///
/// # Errors
/// When the trail is no PDF that can be read, or the key does not sign.
pub fn finish(
    document: Option<Document<'_>>,
    trail: &[u8],
    sealer: Sealer<'_>,
    now_ms: u64,
) -> Result<Finished, FinishError> {
    let (joined, way) = match document {
        None => (trail.to_vec(), Way::TrailAlone),
        Some(document) => match append_when_healthy(document.bytes, trail) {
            Ok(bytes) => (bytes, Way::Appended),
            Err(why) => {
                let name = plain_name(document.file_name);
                let bytes = container(document.bytes, &name, trail, now_ms);
                (bytes.map_err(FinishError::Container)?, Way::Container(why))
            }
        },
    };
    let sealed = seal(joined, sealer.key, sealer.authority, now_ms, sealer.words);
    let sealed = sealed.map_err(FinishError::Seal)?;
    let page_count =
        File::read(&sealed.bytes).and_then(|file| pages(&file)).map_err(FinishError::Reread)?.len();
    let time_stamp_missing = sealed.time_stamp_missing;
    Ok(Finished { bytes: sealed.bytes, way, page_count, time_stamp_missing })
}

fn append_when_healthy(original: &[u8], trail: &[u8]) -> Result<Vec<u8>, Why> {
    let found = inspect(original).map_err(|_| Why::Unreadable)?;
    if found.condition != Condition::Healthy {
        return Err(Why::Condition(found.condition));
    }
    let appended = append(original, trail).map_err(Why::Appending)?;
    // Whoever checks the whole reads what the original carries, too.
    check(&appended).map_err(|_| Why::Unreadable)?;
    Ok(appended)
}

/// A name that no reader takes for a path.
fn plain_name(name: &str) -> String {
    let unwanted = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    let name: String = name.chars().take(NAME_CHARS_MAX).map(|c| if unwanted(c) { '_' } else { c }).collect();
    if name.trim().is_empty() { NAMELESS.to_owned() } else { name }
}
