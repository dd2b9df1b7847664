//! What a store keeps of streams, of what they could not deliver, and of the tokens of receipts.
//!
//! Deliberately absent: what a definition or a progress says; both are `stream`'s own JSON.

use everlog_core::ids::Seq;
use serde_json::Value;

use crate::store::OrgCode;

/// A stream of an organization's events to somewhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRow {
    /// Whose events.
    pub org: OrgCode,
    /// What it is called in lists and in the log.
    pub id: String,
    /// What an administrator decided, secrets included.
    pub definition: Value,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// Grows whenever an administrator moves the stream: what a delivery began before has no say any more.
    pub epoch: u64,
    /// How far it has come.
    pub progress: Value,
}

/// The place of a message in its stream: an event may be the cause of more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessagePlace {
    /// The position of the event.
    pub seq: Seq,
    /// Which of its messages.
    pub part: u32,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// Its place.
    pub place: MessagePlace,
    /// What was tried.
    pub letter: Value,
    /// Whether it is to be sent once more.
    pub is_wanted: bool,
}

/// What is known of the token of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// It was never seen; it is remembered now.
    New,
    /// It came with the same receipt before.
    Same,
    /// It came with another.
    Other,
}
