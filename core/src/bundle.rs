//! What an auditor checks offline: events of one log with their salts, proofs and the signed head, one JSON text a line.
//!
//! Deliberately absent: files, clocks, and words for people. Lines are bytes here, wherever they come from and go.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::checkpoint::NoteError;
use crate::hex;
use crate::ids::{Seq, Size};
use crate::leaf::{Hash, LeafError, LogId};
use crate::merkle::ProofError;
use crate::words::WORD_SHOWN_CHARS_MAX;

mod disclosed;
mod line;
mod shape;
mod verify;
mod write;

pub use disclosed::Disclosed;
pub use line::{Erased, Line};
pub use verify::{Continues, Erasure, Report, Trust, Verifier, verify};
pub use write::{Entry, Shows, write_line};

/// What the first line says that it is.
pub const FORMAT: &str = "everlog-bundle/v1";

/// What every version of the format begins with.
const FORMAT_FAMILY: &str = "everlog-bundle/";

/// Longest first line, in bytes: a note of the largest size, escaped, beside a query.
pub const HEADER_BYTES_MAX: usize = 262_144;

/// Longest line of an event, in bytes: every value is written twice as long at most, and every path in full.
pub const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The first line: which log, up to which size, under which signature, and what stands below.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Names the log: `<host>/log/<hex log_id>`.
    pub origin: String,
    /// The log.
    pub log_id: LogId,
    /// The size of the log that everything is proven against.
    pub size: Size,
    /// The signed note of that size.
    pub checkpoint: String,
    /// The key that signed it, `name+hash+key`.
    pub key: String,
    /// What was asked for, as the parameters of a list.
    pub query: Map<String, Value>,
    /// How many of the events match.
    pub count: u64,
    /// How many stand in it only because others name them as the record of their erasure.
    pub records: u64,
    /// Whether every event of the log is in it.
    pub is_complete: bool,
    /// That this log continues an older one.
    pub consistency: Option<Consistency>,
}

/// That the log at the header's size begins with the log at an older one (RFC 6962, section 2.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// The older size.
    pub from: Size,
    /// The proof.
    pub proof: Vec<Hash>,
}

/// The header's members, in the order in which they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHeader {
    format: String,
    origin: String,
    log_id: String,
    size: u64,
    checkpoint: String,
    key: String,
    query: Map<String, Value>,
    count: u64,
    records: u64,
    complete: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    consistency: Option<RawConsistency>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConsistency {
    from: u64,
    proof: Vec<Base64Hash>,
}

/// A hash in base64 with its one spelling.
struct Base64Hash(Hash);

/// Bytes in lower-case hexadecimal.
struct HexBytes<const N: usize>([u8; N]);

/// What is wrong with a bundle, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct VerifyError {
    /// The line, from 1, which is the header's; nothing where it is the bundle as a whole.
    pub line: Option<u64>,
    /// The position in the log of the event that is at fault, where one is.
    pub index: Option<Seq>,
    /// What is wrong.
    #[source]
    pub fault: Fault,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.index, self.line) {
            (Some(index), Some(line)) => write!(f, "event {index}, on line {line}, does not hold"),
            (Some(index), None) => write!(f, "event {index} does not hold"),
            (None, Some(line)) => write!(f, "line {line} does not hold"),
            (None, None) => f.write_str("the bundle does not hold"),
        }
    }
}

/// What can be wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The first line is no header.
    #[error("this is no bundle: {0}")]
    NotABundle(String),
    /// Another version of the format.
    #[error("the bundle is of the format {0:?}; only {FORMAT} is known")]
    UnknownFormat(String),
    /// A member of the header is missing, unknown, or of another kind.
    #[error("the header cannot be read: {0}")]
    Header(String),
    /// Members of the header do not fit each other.
    #[error("the header contradicts itself: {0}")]
    Contradiction(&'static str),
    /// The key in the header is no key.
    #[error("the key in the header cannot be used")]
    Key(#[source] crate::checkpoint::KeyError),
    /// The checkpoint is not signed by the key in the header.
    #[error("the checkpoint does not hold: {0}")]
    Checkpoint(NoteError),
    /// The checkpoint is not signed by any key that is trusted.
    #[error("the checkpoint is not signed by a key that you trust, but by {0}")]
    NotTrusted(String),
    /// The older checkpoint does not hold.
    #[error("the older checkpoint does not hold: {0}")]
    OlderCheckpoint(NoteError),
    /// The older checkpoint is another log's.
    #[error("the older checkpoint is of another log: {0}")]
    OtherLog(String),
    /// The older checkpoint is of another size than the one that the bundle continues.
    #[error("whether it continues the older checkpoint cannot be told: {0}")]
    NotComparable(&'static str),
    /// The log at the bundle's size does not continue that of the older checkpoint.
    #[error("the log does not continue the one of the older checkpoint: {0}")]
    Consistency(ProofError),
    /// A line that is longer than any can be.
    #[error("the line has more than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// The line is not an event of a bundle.
    #[error("the line cannot be read: {0}")]
    Line(String),
    /// A position at or behind the size.
    #[error("the log has only {0} events")]
    Outside(Size),
    /// The position is not greater than that of the line before.
    #[error("it does not follow event {0}, which is on the line before")]
    NotAscending(Seq),
    /// A complete bundle leaves this event out.
    #[error("event {0} is missing, and the bundle says that it is complete")]
    Missing(Seq),
    /// The time is before that of an earlier event.
    #[error("it was received before event {0}, which is earlier in the log")]
    TimeRunsBackwards(Seq),
    /// Something about a field.
    #[error("field {path}: {fault}")]
    Field {
        /// Its path, as written.
        path: String,
        /// What is wrong.
        fault: FieldFault,
    },
    /// Elements of arrays are not there, and nothing is said to be withheld or erased in their place.
    #[error("elements of arrays are left out without a commitment in their place")]
    ElementsLeftOut,
    /// The commitments make no leaf.
    #[error("its fields make no leaf: {0}")]
    Leaf(LeafError),
    /// Withheld or erased commitments are not in order.
    #[error("its {0} commitments do not ascend")]
    Unordered(&'static str),
    /// A proof where the whole log is there, or none where it is not.
    #[error("{0}")]
    ProofPresence(&'static str),
    /// The event as written is not in the log.
    #[error("this event is not in the log: {0}")]
    Inclusion(ProofError),
    /// The events together are not the log.
    #[error("the events are not the log that was signed: together they have another root")]
    Root,
    /// A record of an erasure that cannot be one.
    #[error("its field is said to be erased by event {0}, which cannot be")]
    ErasedBy(Seq),
    /// The record does not say so.
    #[error("event {by} is no record of the erasure of a field of event {index}")]
    NotARecord {
        /// The record that is named.
        by: Seq,
        /// The event that names it.
        index: Seq,
    },
    /// The record is not in the bundle.
    #[error("event {0}, the record of its erasure, is not in the bundle")]
    NoRecord(Seq),
    /// The header counts other than there are.
    #[error("the header counts {said} events, {found} are there")]
    Count {
        /// By the header.
        said: u64,
        /// Lines.
        found: u64,
    },
    /// The header counts more records of erasures than are named.
    #[error("the header counts {said} records of erasures, {found} are named")]
    Records {
        /// By the header.
        said: u64,
        /// Named by other events.
        found: u64,
    },
}

impl Fault {
    /// Whether nothing can be told, rather than that something is wrong.
    pub fn is_doubt(&self) -> bool {
        matches!(self, Self::NotABundle(_) | Self::UnknownFormat(_) | Self::NotComparable(_))
    }
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldFault {
    /// Not a pointer into a document.
    #[error("a path is a JSON pointer below /e or /s with at most 4 segments")]
    Path,
    /// Twice in one event.
    #[error("it stands there twice")]
    Twice,
    /// Not JSON as the format accepts it, or not in its canonical form.
    #[error("its value is not JSON in canonical form")]
    NotCanonical,
    /// A value that is taken apart into fields of its own.
    #[error("its value would be several fields")]
    NotFlat,
    /// A field above another one that is no length of an array.
    #[error("fields stand below it, and it is not the length of an array")]
    NotALength,
    /// An element behind the end of its array, or a name in one.
    #[error("an array of that length has no such element")]
    NotAnElement,
    /// An array that would be one field.
    #[error("an array without an object in it is one field")]
    NoObject,
}

impl Header {
    /// The line, with its line feed.
    pub fn to_line(&self) -> Vec<u8> {
        let raw = RawHeader {
            format: FORMAT.to_owned(),
            origin: self.origin.clone(),
            log_id: self.log_id.to_string(),
            size: self.size.0,
            checkpoint: self.checkpoint.clone(),
            key: self.key.clone(),
            query: self.query.clone(),
            count: self.count,
            records: self.records,
            complete: self.is_complete,
            consistency: self.consistency.as_ref().map(|it| RawConsistency {
                from: it.from.0,
                proof: it.proof.iter().copied().map(Base64Hash).collect(),
            }),
        };
        // Nothing in it is a map with keys that are no text, so that it always has JSON.
        let mut line = serde_json::to_vec(&raw).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// Reads the line; what it says is not checked.
    fn parse(line: &[u8]) -> Result<Self, Fault> {
        if line.len() > HEADER_BYTES_MAX {
            return Err(Fault::NotABundle("the first line is too long".to_owned()));
        }
        let value = crate::json::parse(line).map_err(|why| Fault::NotABundle(why.to_string()))?;
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with(FORMAT_FAMILY) => {
                return Err(Fault::UnknownFormat(other.chars().take(WORD_SHOWN_CHARS_MAX).collect()));
            }
            _ => return Err(Fault::NotABundle("the first line names no format".to_owned())),
        }
        let raw: RawHeader = serde_json::from_value(value).map_err(|why| Fault::Header(why.to_string()))?;
        let log_id = raw
            .log_id
            .parse()
            .map_err(|_| Fault::Header("the log_id is not 32 digits of lower-case hexadecimal".to_owned()))?;
        let consistency = raw.consistency.map(|it| Consistency {
            from: Size(it.from),
            proof: it.proof.into_iter().map(|hash| hash.0).collect(),
        });
        Ok(Self {
            origin: raw.origin,
            log_id,
            size: Size(raw.size),
            checkpoint: raw.checkpoint,
            key: raw.key,
            query: raw.query,
            count: raw.count,
            records: raw.records,
            is_complete: raw.complete,
            consistency,
        })
    }
}

impl Serialize for Base64Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        serializer.serialize_str(&BASE64_STANDARD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Base64Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &str| {
            use base64::prelude::{BASE64_STANDARD, Engine as _};
            // One byte more than a hash, so that a longer text is seen to be longer.
            let mut bytes = [0; 33];
            let length = BASE64_STANDARD.decode_slice(text, &mut bytes).ok().filter(|length| *length == 32);
            let hash = length.and_then(|length| bytes[..length].try_into().ok());
            hash.map(Self).ok_or("a hash is 32 bytes of canonical base64")
        };
        deserializer.deserialize_str(crate::words::WordVisitor { expecting: "a hash in base64", read })
    }
}

impl<'de, const N: usize> Deserialize<'de> for HexBytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read =
            |text: &str| hex::decode(text).map(Self).ok_or("not lower-case hexadecimal of this length");
        deserializer.deserialize_str(crate::words::WordVisitor { expecting: "hexadecimal", read })
    }
}

#[cfg(test)]
mod tests;
