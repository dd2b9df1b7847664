//! Streams of events to somewhere else: what one is, what it sends, and how a message is signed and sent.
//!
//! Messages are those of Standard Webhooks 1.0. Deliberately absent: when to send, which `app::streams` decides, and any way
//! to a place that `address` refuses.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everlog_core::event::Audience;
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub mod address;
pub mod message;
pub mod send;

/// Most streams of one organization: each looks at every event.
pub const STREAMS_MAX: usize = 20;
/// Most patterns of one stream.
pub const PATTERNS_MAX: usize = 100;
/// How long after a failed attempt the next is made: Standard Webhooks' own schedule, three days and more.
pub const RETRY_DELAYS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
    Duration::from_secs(14 * 60 * 60),
    Duration::from_secs(20 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// By which part of itself a delay may be longer: those who failed together do not come back together.
pub const JITTER_PART: u64 = 10;
/// After so many dead letters in a row nobody is listening: the stream stops where it is.
pub const DEAD_IN_A_ROW_MAX: u32 = 3;
/// How long a secret signs on after it was replaced.
pub const FORMER_SECRET_MS: u64 = 24 * 60 * 60 * 1_000;
/// What a secret begins with where people see it.
pub const SECRET_PREFIX: &str = "whsec_";
/// How many random bytes a secret has.
const SECRET_BYTES: usize = 32;
/// How many random digits an id has.
const ID_BYTES: usize = 10;

/// What an administrator decided about a stream, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Where to.
    pub url: String,
    /// Which: names of actions, `document.*`, `*`, `process.completed`, `checkpoint.signed`.
    pub events: Vec<String>,
    /// For whom: events for administrators only where it says so.
    pub audience: Audience,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What signs.
    pub secret: Secret,
    /// What signed before, and until when it still does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Former>,
    /// Why nothing is sent: an administrator's wish, 410, failures; absent while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<String>,
}

/// A secret that still signs for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Former {
    /// The secret.
    pub secret: Secret,
    /// Until when, in milliseconds since 1970.
    pub until_ms: u64,
}

/// How far a stream has come, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The position of the next event.
    pub next: u64,
    /// Which of its messages is next.
    pub part: u32,
    /// How many events the signed head holds that was sent last.
    pub signed: u64,
    /// How often the next message was tried in vain.
    pub attempts: u32,
    /// When it is tried again.
    pub due_ms: Option<u64>,
    /// How many messages were given up since the last that arrived.
    pub dead_in_a_row: u32,
    /// What went wrong last.
    pub error: Option<String>,
    /// When a message last arrived.
    pub delivered_ms: Option<u64>,
}

/// What signs messages. Shown once, and in nothing that is logged or listed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(STANDARD.encode(bytes)))
    }

    /// As its holder is told, once.
    pub fn shown(&self) -> String {
        format!("{SECRET_PREFIX}{}", self.0)
    }

    /// `v1,` and the base64 of the HMAC over id, time and body, with full stops between.
    fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        // What is stored is what `random` encoded; anything else signs what nobody can verify.
        let key = STANDARD.decode(&self.0).unwrap_or_default();
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl Definition {
    /// What a stored stream says.
    ///
    /// # Errors
    /// When it was written by a version that says it otherwise.
    pub fn from_value(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(value)
    }

    /// The signatures of a message, with every secret that is in force, the newest first.
    pub fn signatures(&self, id: &str, now_ms: u64, body: &[u8]) -> String {
        let timestamp = now_ms / 1_000;
        let former = self.former.as_ref().filter(|former| now_ms < former.until_ms);
        let secrets = std::iter::once(&self.secret).chain(former.map(|former| &former.secret));
        let signatures: Vec<_> = secrets.map(|secret| secret.sign(id, timestamp, body)).collect();
        signatures.join(" ")
    }

    /// The same with a new secret; the one until now signs on for a while.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn rotated(&self, now_ms: u64) -> Result<Self, getrandom::Error> {
        let former = Former { secret: self.secret.clone(), until_ms: now_ms + FORMER_SECRET_MS };
        Ok(Self { secret: Secret::random()?, former: Some(former), ..self.clone() })
    }
}

/// A new stream's id.
///
/// # Errors
/// When the system has no randomness to give.
pub fn stream_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(format!("str_{}", everlog_core::hex::Hex(&bytes)))
}

/// Whether a pattern could mean anything: `*`, `noun.*`, or the name of an action.
pub fn is_pattern(text: &str) -> bool {
    let stem = text.strip_suffix(".*").unwrap_or(text);
    let is_name =
        !stem.is_empty() && !stem.contains(|c: char| c == '*' || c.is_whitespace() || c.is_control());
    text == "*" || (is_name && text.len() <= everlog_core::event::ACTION_BYTES_MAX)
}
