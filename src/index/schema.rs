//! What the index keeps of an event, as fields, keys and terms. Deliberately absent: where any of it comes from.
//!
//! Every key and every term begins with the organization, so that nothing read for one organization depends on another.

use everlog_core::ids::Seq;
use sha2::{Digest, Sha256};
use tantivy::schema::{BytesOptions, FAST, Field, Schema};

use crate::store::OrgCode;

/// Grows with every change of what is written: an index of another number is made anew.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Longest raw value that stands in a term as it is, in bytes.
const RAW_BYTES_MAX: usize = 200;
/// How much of a longer one stands in front of its hash.
const RAW_BYTES_KEPT: usize = 150;

/// Bits of the key that hold the time.
const TIME_BITS: u32 = 42;
/// The last millisecond that a key can hold, in the year 2109.
pub(super) const KEY_TIME_MAX: u64 = (1 << TIME_BITS) - 1;

/// How many events of a log are replaced together when their words change: 2 to this power.
pub(super) const BLOCK_BITS: u32 = 10;

/// The fields of a document in the index.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub key: Field,
    pub seq: Field,
    pub action: Field,
    pub actor: Field,
    /// The code of the address and one; 0 without address.
    pub ip: Field,
    pub outcome: Field,
    pub target_type: Field,
    pub term: Field,
    pub word: Field,
}

/// The name of the field by which segments are sorted.
pub(super) const KEY: &str = "key";
/// The name of the field that holds the position.
pub(super) const SEQ: &str = "seq";

/// The schema and its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let fields = Fields {
        key: builder.add_u64_field(KEY, FAST),
        seq: builder.add_u64_field(SEQ, FAST),
        action: builder.add_u64_field("action", FAST),
        actor: builder.add_u64_field("actor", FAST),
        ip: builder.add_u64_field("ip", FAST),
        outcome: builder.add_u64_field("outcome", FAST),
        target_type: builder.add_u64_field("target_type", FAST),
        term: builder.add_bytes_field("term", BytesOptions::default().set_indexed()),
        word: builder.add_bytes_field("word", BytesOptions::default().set_indexed()),
    };
    (builder.build(), fields)
}

/// The sort key of an event: its organization, then its time, newest first.
pub(super) fn key(org: OrgCode, occurred_ms: u64) -> u64 {
    (u64::from(org.0) << TIME_BITS) | (KEY_TIME_MAX - occurred_ms.min(KEY_TIME_MAX))
}

/// The time in a key.
pub(super) fn occurred_ms(key: u64) -> u64 {
    KEY_TIME_MAX - (key & KEY_TIME_MAX)
}

/// The keys of an organization's events in a range of time: first inclusive, last exclusive.
pub(super) fn keys(org: OrgCode, from_ms: Option<u64>, to_ms: Option<u64>) -> std::ops::Range<u64> {
    let base = u64::from(org.0) << TIME_BITS;
    // The end of the time range is the start of the key range: later is smaller.
    let start = to_ms.map_or(0, |to| KEY_TIME_MAX + 1 - to.min(KEY_TIME_MAX + 1));
    let end = from_ms.map_or(KEY_TIME_MAX + 1, |from| KEY_TIME_MAX + 1 - from.min(KEY_TIME_MAX + 1));
    base + start..base.saturating_add(end)
}

/// What a term of an event says. The numbers are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum TermKind {
    Action = 1,
    Actor = 2,
    /// The account that was used.
    Behalf = 3,
    Ip = 4,
    Outcome = 5,
    /// Raw: `type NUL id`.
    Target = 6,
    TargetType = 7,
    /// Raw.
    Process = 8,
    Audience = 9,
    /// Raw: the id of the actor, and of the account that was used.
    Party = 10,
    /// The position without its last `BLOCK_BITS`.
    Block = 11,
}

/// The term for a value with a code.
pub(super) fn code_term(org: OrgCode, kind: TermKind, code: u32) -> Vec<u8> {
    raw_term(org, kind, &code.to_be_bytes())
}

/// The term for a raw value; a long one is told apart by its hash.
pub(super) fn raw_term(org: OrgCode, kind: TermKind, raw: &[u8]) -> Vec<u8> {
    let mut term = Vec::with_capacity(5 + raw.len().min(RAW_BYTES_MAX));
    term.extend_from_slice(&org.0.to_be_bytes());
    term.push(kind as u8);
    if raw.len() > RAW_BYTES_MAX {
        term.extend_from_slice(&raw[..RAW_BYTES_KEPT]);
        term.extend_from_slice(&Sha256::digest(raw));
    } else {
        term.extend_from_slice(raw);
    }
    term
}

/// The raw value of a target's term.
pub(super) fn target_raw(kind: &str, id: &str) -> Vec<u8> {
    [kind.as_bytes(), b"\0", id.as_bytes()].concat()
}

/// The block of a position.
pub(super) fn block(seq: Seq) -> u32 {
    // Positions have 40 bits, blocks the upper 30 of them.
    u32::try_from(seq.0 >> BLOCK_BITS).unwrap_or(u32::MAX)
}

/// The part of an event that a word stands in. The numbers are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum WordKind {
    /// The sentence, the reason, the location.
    Description = 1,
    /// Types, ids and names of targets and parents.
    Target = 2,
    /// The ids of the event, the session and the request.
    Id = 3,
    /// The process and the signee.
    Process = 4,
    /// A value of the metadata; the word is `key NUL token`.
    Metadata = 5,
}

impl WordKind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Description, Self::Target, Self::Id, Self::Process, Self::Metadata]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// The term of a word; `key` is empty unless it stands in the metadata.
pub(super) fn word_term(org: OrgCode, kind: WordKind, key: &[u8], token: &[u8]) -> Vec<u8> {
    let mut term = Vec::with_capacity(6 + key.len() + token.len());
    term.extend_from_slice(&org.0.to_be_bytes());
    term.push(kind as u8);
    if kind == WordKind::Metadata {
        term.extend_from_slice(key);
        term.push(0);
    }
    term.extend_from_slice(token);
    term
}

/// Kind, key and token of a word's term.
pub(super) fn split_word_term(term: &[u8]) -> Option<(WordKind, &[u8], &[u8])> {
    let kind = WordKind::from_byte(*term.get(4)?)?;
    let word = &term[5..];
    if kind != WordKind::Metadata {
        return Some((kind, b"", word));
    }
    let nul = word.iter().position(|&byte| byte == 0)?;
    Some((kind, &word[..nul], &word[nul + 1..]))
}
