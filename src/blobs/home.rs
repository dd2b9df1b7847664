//! Where the documents of a data directory lie: in it, or in a bucket that it remembers. Deliberately absent: reading and
//! writing them.
//!
//! How a directory without documents comes to a bucket, worked once. t0 a new id is durable in `bucket.new`. t1 an object of
//! this id is made at the prefix, unless one is there. t2 what is there is read: it must be ours. t3 the file is renamed to
//! `bucket`. Killed before t3, the next start goes on with the same id, and knows the object as its own.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::str::FromStr;

use everlog_core::hex::Hex;
use serde::{Deserialize, Serialize};

/// The file beside the documents.
pub const HOME: &str = "bucket";
/// The same before it counts.
const NEW: &str = "bucket.new";
/// The form of the file, and of the object in the bucket.
const VERSION: u32 = 1;
/// Largest file or object of this kind that is read, in bytes.
pub(super) const BYTES_MAX: u64 = 4 * 1024;
/// Longest prefix, in bytes: with what follows it, within what a key may have.
const PREFIX_BYTES_MAX: usize = 512;

/// A bucket and a prefix in it: `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketUrl {
    bucket: String,
    prefix: String,
}

/// Why a text names no bucket. It never repeats the text: somebody may have written a secret into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a place for documents is s3://BUCKET or s3://BUCKET/PREFIX, of letters, digits and -._ alone")]
pub struct BucketUrlError;

impl BucketUrl {
    /// The name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the keys of all objects begin with, without a slash at the end; empty when it is the whole bucket.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl FromStr for BucketUrl {
    type Err = BucketUrlError;

    fn from_str(text: &str) -> Result<Self, BucketUrlError> {
        let rest = text.trim().strip_prefix("s3://").ok_or(BucketUrlError)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let is_bucket = (3..=63).contains(&bucket.len())
            && bucket.bytes().all(is_plain)
            && bucket.starts_with(|it: char| it.is_ascii_alphanumeric());
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(is_plain) && !part.bytes().all(|byte| byte == b'.')
        };
        let is_prefix = prefix.is_empty() || prefix.split('/').all(is_part);
        if !(is_bucket && is_prefix && prefix.len() <= PREFIX_BYTES_MAX) {
            return Err(BucketUrlError);
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

impl TryFrom<String> for BucketUrl {
    type Error = BucketUrlError;

    fn try_from(text: String) -> Result<Self, BucketUrlError> {
        text.parse()
    }
}

impl From<BucketUrl> for String {
    fn from(url: BucketUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(formatter, "/{}", self.prefix) }
    }
}

/// A bucket that holds the documents of a data directory, and the id by which both know each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Home {
    version: u32,
    /// Where.
    pub url: BucketUrl,
    /// By which the object at the prefix is known.
    pub id: String,
}

impl Home {
    /// The bucket that a directory of documents remembers, if it does.
    ///
    /// # Errors
    /// When what it remembers cannot be read.
    pub fn read(root: &Path) -> io::Result<Option<Self>> {
        read(&root.join(HOME))
    }

    /// A home that does not count yet: the one that was begun for this place, or else a new one, durable.
    pub(super) fn begin(root: &Path, url: &BucketUrl) -> io::Result<Self> {
        Self::noted(&root.join(NEW), url)
    }

    /// The same, noted in a file of its own, which may outlive the directory that is to have it.
    pub(super) fn noted(path: &Path, url: &BucketUrl) -> io::Result<Self> {
        if let Some(begun) = read(path)?.filter(|begun| begun.url == *url) {
            return Ok(begun);
        }
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(io::Error::from)?;
        let home = Self { version: VERSION, url: url.clone(), id: Hex(&id).to_string() };
        home.write(path)?;
        Ok(home)
    }

    /// Remembers this home from now on, durably.
    pub(super) fn settle(&self, root: &Path) -> io::Result<()> {
        self.write(&root.join(NEW))?;
        fs::rename(root.join(NEW), root.join(HOME))?;
        super::directory::sync(root)
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        super::directory::write_private(path, &bytes)?;
        path.parent().map_or(Ok(()), super::directory::sync)
    }

    /// What the object at the prefix says.
    pub(super) fn as_object(&self) -> Vec<u8> {
        format!("{{\"version\":{VERSION},\"id\":\"{}\"}}\n", self.id).into_bytes()
    }
}

/// The id that an object at a prefix says.
pub(super) fn id_in(object: &[u8]) -> Option<String> {
    let object: serde_json::Value = serde_json::from_slice(object).ok()?;
    object["id"].as_str().map(str::to_owned)
}

fn read(path: &Path) -> io::Result<Option<Home>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(BYTES_MAX).read_to_end(&mut bytes)?,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why),
    };
    let home: Home = serde_json::from_slice(&bytes)?;
    if home.version != VERSION {
        return Err(io::Error::new(ErrorKind::InvalidData, "a newer version wrote it"));
    }
    Ok(Some(home))
}
