//! The bytes of one event that are hashed into the tree: fields, salts, commitments, leaf (leaf format, version 1).
//!
//! Deliberately absent: the tree itself, randomness (the seed is passed in), and what a field means.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::hex::{self, Hex};
use crate::ids::Seq;
use crate::json::{self, push_pointer_segment, write_canonical};

/// Most fields under `/e`, array lengths counted; the rest of [`COMMITMENTS_MAX`] is left for `/s`.
pub const FIELDS_MAX: usize = 950;

/// Most commitments in a leaf.
pub const COMMITMENTS_MAX: usize = 1_000;

/// Longest path of a field, in bytes.
pub const PATH_BYTES_MAX: usize = 4_096;

/// Longest member name, in bytes; reading JSON refuses longer ones.
pub const KEY_BYTES_MAX: usize = json::KEY_BYTES_MAX;

/// Largest event, in canonical bytes of `e`.
pub const EVENT_BYTES_MAX: usize = 262_144;

/// Path segments at which flattening stops: what is deeper is part of one field.
pub const PATH_SEGMENTS_MAX: usize = 4;

/// The leaf layout that this module reads and writes.
pub const LEAF_VERSION: u8 = 1;

/// The hash suite: SHA-256 throughout.
pub const LEAF_SUITE: u8 = 1;

const SALT_LABEL: &[u8] = b"everlog/salt/v1\0";
const FIELD_LABEL: &[u8] = b"everlog/field/v1\0";
/// A path too long for its length prefix is hashed under another label, so that it never stands for a field.
const OVERLONG_LABEL: &[u8] = b"everlog/field/v1/overlong\0";

/// version, suite, log_id, index, received_ms, n.
const HEADER_BYTES: usize = 1 + 1 + 16 + 8 + 8 + 2;

/// A SHA-256 hash: of a leaf, a node, a root or a commitment.
pub type Hash = [u8; 32];

/// The 16 random bytes that name one log, written as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId(pub [u8; 16]);

impl fmt::Display for LogId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(formatter)
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LogId({self})")
    }
}

/// Why a text is not a log id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log id is 32 lower-case hexadecimal digits")]
pub struct LogIdError;

impl FromStr for LogId {
    type Err = LogIdError;

    fn from_str(text: &str) -> Result<Self, LogIdError> {
        hex::decode(text).map(Self).ok_or(LogIdError)
    }
}

/// What makes one field's commitment unguessable; disclosed together with the field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

impl fmt::Display for Salt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(formatter)
    }
}

impl fmt::Debug for Salt {
    /// A salt of a field that is not disclosed must not reach a log line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Salt(…)")
    }
}

/// The random bytes of one event that all its salts come from. Whoever has them can guess every field.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seed(…)")
    }
}

impl Seed {
    /// The salt of the field at `path`: `SHA-256("everlog/salt/v1" 0x00 || seed || path)[..16]`.
    pub fn salt(&self, path: &str) -> Salt {
        let digest =
            Sha256::new().chain_update(SALT_LABEL).chain_update(self.0).chain_update(path).finalize();
        let mut salt = [0; 16];
        salt.copy_from_slice(&digest[..16]);
        Salt(salt)
    }
}

/// One field of a document: an RFC 6901 pointer and the canonical bytes of its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// Where the field stands, such as `/e/actor/id`.
    pub path: String,
    /// The RFC 8785 bytes of the value; of an array that is flattened further, its length.
    pub value: Vec<u8>,
}

/// The fields of the document `{"e": …, "s": …}` by rule F1, an array before its elements.
pub fn flatten(document: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    walk(document, &mut String::new(), 0, &mut |path, content| {
        let mut value = Vec::new();
        content.write(&mut value);
        fields.push(Field { path: path.to_owned(), value });
    });
    fields
}

/// How much of the limits an event takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Fields under `/e`, array lengths counted; at most [`FIELDS_MAX`] may be recorded.
    pub field_count: usize,
    /// Length of the longest path; at most [`PATH_BYTES_MAX`] may be recorded.
    pub path_bytes_max: usize,
}

/// Measures an event, the value of `e`, before it is recorded.
pub fn field_count_and_longest_path(event: &Value) -> Extent {
    let mut extent = Extent { field_count: 0, path_bytes_max: 0 };
    walk(event, &mut String::from("/e"), 1, &mut |path, _| {
        extent.field_count += 1;
        extent.path_bytes_max = extent.path_bytes_max.max(path.len());
    });
    extent
}

/// What a field holds, before it is bytes.
enum Content<'a> {
    Value(&'a Value),
    ArrayLength(usize),
}

impl Content<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Value(value) => write_canonical(value, out),
            Self::ArrayLength(length) => write_canonical(&Value::from(*length), out),
        }
    }
}

/// Rule F1: calls `visit` once for each field under `path`, which has this many segments.
fn walk(value: &Value, path: &mut String, segments: usize, visit: &mut impl FnMut(&str, Content<'_>)) {
    let path_bytes = path.len();
    match value {
        Value::Object(members) if segments < PATH_SEGMENTS_MAX && !members.is_empty() => {
            for (name, member) in members {
                push_pointer_segment(path, name);
                walk(member, path, segments + 1, visit);
                path.truncate(path_bytes);
            }
        }
        Value::Array(items) if segments < PATH_SEGMENTS_MAX && items.iter().any(Value::is_object) => {
            visit(path, Content::ArrayLength(items.len()));
            for (position, item) in items.iter().enumerate() {
                push_pointer_segment(path, &position.to_string());
                walk(item, path, segments + 1, visit);
                path.truncate(path_bytes);
            }
        }
        _ => visit(path, Content::Value(value)),
    }
}

/// Hides one field: `SHA-256("everlog/field/v1" 0x00 || salt[16] || u16(len path) || path || value)`.
///
/// `value` is in canonical form. A path over [`PATH_BYTES_MAX`] is in no document; a reader refuses it.
pub fn commitment(path: &str, value: &[u8], salt: &Salt) -> Hash {
    let hasher = match u16::try_from(path.len()) {
        Ok(length) => {
            Sha256::new().chain_update(FIELD_LABEL).chain_update(salt.0).chain_update(length.to_be_bytes())
        }
        Err(_) => Sha256::new()
            .chain_update(OVERLONG_LABEL)
            .chain_update(salt.0)
            .chain_update((path.len() as u64).to_be_bytes()),
    };
    hasher.chain_update(path).chain_update(value).finalize().into()
}

/// The commitments to every field of the document, ascending, as a leaf holds them.
pub fn commitments(document: &Value, seed: &Seed) -> Vec<Hash> {
    let mut hashes = Vec::with_capacity(32);
    let mut value = Vec::with_capacity(256);
    walk(document, &mut String::with_capacity(128), 0, &mut |path, content| {
        value.clear();
        content.write(&mut value);
        hashes.push(commitment(path, &value, &seed.salt(path)));
    });
    hashes.sort_unstable();
    hashes
}

/// What the tree holds of one event: where and when it stands, and the commitments to its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The log the event is in.
    pub log_id: LogId,
    /// Its position there.
    pub index: Seq,
    /// When the server received it, in UTC milliseconds; never smaller than in the leaf before.
    pub received_ms: u64,
    /// Ascending, without duplicates, at least one and at most [`COMMITMENTS_MAX`].
    pub commitments: Vec<Hash>,
}

/// Why bytes are not a leaf, or commitments do not make one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Fewer bytes than the header, or than the commitments it announces.
    #[error("the leaf has {actual} bytes, but {expected} are needed")]
    TooShort {
        /// Bytes that the header, or the count in it, asks for.
        expected: usize,
        /// Bytes given.
        actual: usize,
    },
    /// Bytes follow the last commitment.
    #[error("{0} bytes follow the leaf")]
    TrailingBytes(usize),
    /// A layout that is not version 1.
    #[error("leaf version {0} is not known, only {LEAF_VERSION}")]
    UnknownVersion(u8),
    /// A hash suite that is not 1.
    #[error("hash suite {0} is not known, only {LEAF_SUITE}")]
    UnknownSuite(u8),
    /// None, or more than [`COMMITMENTS_MAX`].
    #[error("a leaf holds 1 to {COMMITMENTS_MAX} commitments, not {0}")]
    CommitmentCount(usize),
    /// A commitment is equal to or smaller than the one before it.
    #[error("commitment {position} does not ascend")]
    NotAscending {
        /// Its position in the leaf, from 0.
        position: usize,
    },
}

impl Leaf {
    /// The leaf as it is stored and hashed; [`Leaf::parse`] refuses it unless [`check_commitments`] holds.
    pub fn to_bytes(&self) -> Vec<u8> {
        leaf_bytes(&[], &self.log_id, self.index, self.received_ms, &self.commitments)
    }

    /// Reads a leaf and refuses everything that [`Leaf::to_bytes`] does not make of a valid one.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Err(LeafError::TooShort { expected: HEADER_BYTES, actual: bytes.len() });
        };
        let [version, suite, ..] = *header;
        if version != LEAF_VERSION {
            return Err(LeafError::UnknownVersion(version));
        }
        if suite != LEAF_SUITE {
            return Err(LeafError::UnknownSuite(suite));
        }
        let needed = usize::from(u16::from_be_bytes(part(header, 34))) * size_of::<Hash>();
        if rest.len() < needed {
            return Err(LeafError::TooShort { expected: HEADER_BYTES + needed, actual: bytes.len() });
        }
        if rest.len() > needed {
            return Err(LeafError::TrailingBytes(rest.len() - needed));
        }
        let (commitments, _) = rest.as_chunks();
        check_commitments(commitments)?;
        Ok(Self {
            log_id: LogId(part(header, 2)),
            index: Seq(u64::from_be_bytes(part(header, 18))),
            received_ms: u64::from_be_bytes(part(header, 26)),
            commitments: commitments.to_vec(),
        })
    }

    /// The hash of the leaf in the tree.
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.log_id, self.index, self.received_ms, &self.commitments)
    }
}

/// Whether these commitments can stand in a leaf: ascending, none twice, 1 to [`COMMITMENTS_MAX`].
pub fn check_commitments(commitments: &[Hash]) -> Result<(), LeafError> {
    if !(1..=COMMITMENTS_MAX).contains(&commitments.len()) {
        return Err(LeafError::CommitmentCount(commitments.len()));
    }
    match commitments.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(before) => Err(LeafError::NotAscending { position: before + 1 }),
        None => Ok(()),
    }
}

/// `SHA-256(0x00 || leaf)`, of commitments that satisfy [`check_commitments`].
pub fn leaf_hash(log_id: &LogId, index: Seq, received_ms: u64, commitments: &[Hash]) -> Hash {
    Sha256::digest(leaf_bytes(&[0x00], log_id, index, received_ms, commitments)).into()
}

fn leaf_bytes(prefix: &[u8], log_id: &LogId, index: Seq, received_ms: u64, commitments: &[Hash]) -> Vec<u8> {
    // More than the count can say is more than a leaf may hold: the bytes then match no valid leaf.
    let count = u16::try_from(commitments.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(prefix.len() + HEADER_BYTES + size_of_val(commitments));
    bytes.extend_from_slice(prefix);
    bytes.extend_from_slice(&[LEAF_VERSION, LEAF_SUITE]);
    bytes.extend_from_slice(&log_id.0);
    bytes.extend_from_slice(&index.0.to_be_bytes());
    bytes.extend_from_slice(&received_ms.to_be_bytes());
    bytes.extend_from_slice(&count.to_be_bytes());
    bytes.extend_from_slice(commitments.as_flattened());
    bytes
}

/// The `N` bytes of the header from `start` on.
fn part<const N: usize>(header: &[u8; HEADER_BYTES], start: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&header[start..start + N]);
    bytes
}

#[cfg(test)]
mod tests;
