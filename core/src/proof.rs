//! That one leaf is in a log, as a text that stands alone: a C2SP tlog-proof with position, path and signed head.
//!
//! Deliberately absent: the leaf itself. Whoever checks a proof has the leaf's hash from elsewhere: from the answer to the
//! write, or from the event put together again.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::checkpoint::{Checkpoint, NOTE_BYTES_MAX, NoteError, VerifierKey, parse_decimal};
use crate::ids::{Seq, Size};
use crate::leaf::Hash;
use crate::merkle::{ProofError, verify_inclusion};

/// What the first line says that it is.
pub const FORMAT: &str = "c2sp.org/tlog-proof@v1";

/// What every version of the format begins with.
const FORMAT_FAMILY: &str = "c2sp.org/tlog-proof@";

/// Longest path: one hash a level of the largest tree that 64 bits can count.
pub const PATH_HASHES_MAX: usize = 64;

/// Longest proof, in bytes: a note of the largest size, the longest path, and as much data of others.
pub const PROOF_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX;

/// That the leaf at a position is in a log, by the log's own signature. It proves nothing before [`Proof::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The position of the leaf.
    pub index: Seq,
    /// Data that others put in. Nothing signs it; Everlog writes none.
    pub extra: Vec<u8>,
    /// The inclusion path (RFC 6962, section 2.1.1), the leaf's sibling first; at most [`PATH_HASHES_MAX`].
    pub path: Vec<Hash>,
    /// The signed note, verbatim, with whatever cosignatures it has.
    pub note: String,
}

/// Why a text is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// More than [`PROOF_BYTES_MAX`].
    #[error("the proof has {0} bytes, more than {PROOF_BYTES_MAX}")]
    TooLarge(usize),
    /// The first line is another one.
    #[error("this is no proof: its first line is not {FORMAT}")]
    NotAProof,
    /// Another version of the format.
    #[error("the proof is of the format {0:?}; only {FORMAT} is known")]
    UnknownFormat(String),
    /// No empty line, so that there is no note.
    #[error("the proof ends before its checkpoint, which follows an empty line")]
    NoCheckpoint,
    /// A line is not what stands in its place, or spelled otherwise.
    #[error("line {line} of the proof is not {expected}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What stands there in a proof.
        expected: &'static str,
    },
    /// More than [`PATH_HASHES_MAX`].
    #[error("the path of the proof has more than {PATH_HASHES_MAX} hashes")]
    LongPath,
}

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The note is not one that the key signed.
    #[error("the checkpoint of the proof does not hold")]
    Checkpoint(#[source] NoteError),
    /// The path does not lead from the leaf to the signed root.
    #[error("the leaf is not at position {index} of the log of {size} that is signed")]
    Path {
        /// The position that the proof names.
        index: Seq,
        /// The size that is signed.
        size: Size,
        /// What is wrong with the path.
        #[source]
        fault: ProofError,
    },
}

impl Proof {
    /// A proof without data of others.
    pub fn new(index: Seq, path: Vec<Hash>, note: String) -> Self {
        Self { index, extra: Vec::new(), path, note }
    }

    /// Reads what [`Proof::to_string`](ToString) writes, and nothing else: numbers and base64 have one spelling.
    ///
    /// The note is taken as it is; `verify` opens it.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > PROOF_BYTES_MAX {
            return Err(ParseError::TooLarge(text.len()));
        }
        let first = text.split('\n').next().unwrap_or_default();
        if first != FORMAT {
            let is_of_family = first.starts_with(FORMAT_FAMILY) && first.len() < FORMAT.len() + 8;
            return Err(match is_of_family {
                true => ParseError::UnknownFormat(first.to_owned()),
                false => ParseError::NotAProof,
            });
        }
        let (head, note) = text.split_once("\n\n").ok_or(ParseError::NoCheckpoint)?;
        let mut lines = head.split('\n').zip(1..).skip(1).peekable();
        let extra = lines.next_if(|(line, _)| line.starts_with("extra")).map(parse_extra).transpose()?;
        let index = lines.next().ok_or(expected(2, INDEX_LINE)).and_then(parse_index)?;
        let path = lines.map(parse_hash).take(PATH_HASHES_MAX + 1).collect::<Result<Vec<_>, _>>()?;
        if path.len() > PATH_HASHES_MAX {
            return Err(ParseError::LongPath);
        }
        Ok(Self { index, extra: extra.unwrap_or_default(), path, note: note.to_owned() })
    }

    /// Checks that the leaf with this hash is where the proof says, in a log that the key signed. Returns the signed head.
    ///
    /// One key may sign for many logs, and an old head is a good one: the caller compares [`Checkpoint::origin`] with the
    /// log that is meant, and the head with those it has seen.
    pub fn verify(&self, leaf: &Hash, key: &VerifierKey) -> Result<Checkpoint, VerifyError> {
        let checkpoint = key.open(&self.note).map_err(VerifyError::Checkpoint)?;
        let (index, size) = (self.index, checkpoint.size);
        verify_inclusion(leaf, index, size, &self.path, &checkpoint.root)
            .map_err(|fault| VerifyError::Path { index, size, fault })?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{FORMAT}")?;
        if !self.extra.is_empty() {
            writeln!(formatter, "{EXTRA}{}", BASE64_STANDARD.encode(&self.extra))?;
        }
        writeln!(formatter, "{INDEX}{}", self.index)?;
        for hash in &self.path {
            writeln!(formatter, "{}", BASE64_STANDARD.encode(hash))?;
        }
        write!(formatter, "\n{}", self.note)
    }
}

impl FromStr for Proof {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

const EXTRA: &str = "extra ";
const INDEX: &str = "index ";
const INDEX_LINE: &str = "`index` and a position in plain decimal";

fn expected(line: usize, expected: &'static str) -> ParseError {
    ParseError::Line { line, expected }
}

/// An empty one is left out, so that there is one way to write it.
fn parse_extra((line, number): (&str, usize)) -> Result<Vec<u8>, ParseError> {
    let data = line.strip_prefix(EXTRA).and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    data.filter(|data| !data.is_empty()).ok_or(expected(number, "`extra` and data in base64"))
}

fn parse_index((line, number): (&str, usize)) -> Result<Seq, ParseError> {
    let index = line.strip_prefix(INDEX).and_then(parse_decimal);
    index.map(Seq).ok_or(expected(number, INDEX_LINE))
}

fn parse_hash((line, number): (&str, usize)) -> Result<Hash, ParseError> {
    let hash = BASE64_STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
    hash.ok_or(expected(number, "a hash of 32 bytes in base64"))
}

#[cfg(test)]
mod tests;
