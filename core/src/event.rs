//! What happened: an event as it is sent, and as it is recorded.
//!
//! Deliberately absent: positions, hashes and words for the screen. An event here knows nothing of the log it is in.
//! `NewEvent` is normalised: what two senders mean alike has equal canonical bytes (see `docs/format.md`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::erasure::ErasedField;
use crate::ids::Seq;
use crate::text::can_be_seen;
use crate::words::words;

mod read;
mod time;

pub use read::{FieldError, Invalid};
pub use time::{OccurredAt, TIME_MS_MAX, Unreadable};

/// Longest id that a sender may choose, in characters.
pub const EVENT_ID_CHARS_MAX: usize = 128;
/// Longest action name, in bytes.
pub const ACTION_BYTES_MAX: usize = 200;
/// How far ahead of the server's clock an event may lie, in milliseconds: clocks differ, zones are mistaken for UTC.
pub const AHEAD_MS_MAX: u64 = 24 * 60 * 60 * 1000;

/// An event as its sender means it, normalised; its JSON is the member `e` of the recorded document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewEvent {
    /// Chosen by the sender, unique in the organization for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What was done, `noun.verb`.
    pub action: String,
    /// When it happened, as the sender wrote it; absent: when it was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<OccurredAt>,
    /// Who really acted.
    pub actor: Actor,
    /// The account that was used, where it is another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// The signing process it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// The person in that process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signee: Option<String>,
    /// The sender's own sentence; absent: the catalog's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What differs between before and after; absent: nothing was said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// From where and through what.
    #[serde(default, skip_serializing_if = "Context::is_empty")]
    pub context: Context,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Outcome::is_success")]
    pub outcome: Outcome,
    /// Why, in the words of who acted or of what refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who may see it.
    #[serde(default, skip_serializing_if = "Audience::is_organization")]
    pub audience: Audience,
    /// Whatever else the sender keeps with it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// Who acted, or whose account was used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Actor {
    /// What kind of actor.
    #[serde(rename = "type")]
    pub kind: ActorKind,
    /// The sender's id for it; only `system` and `anonymous` go without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The role it acted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// A picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

impl Actor {
    /// What a reader sees: the name, else the e-mail, the id, the kind; one in which nothing can be seen is none.
    pub fn shown(&self) -> &str {
        let names = [&self.name, &self.email, &self.id].into_iter().flatten();
        names.map(String::as_str).find(|name| can_be_seen(name)).unwrap_or_else(|| self.kind.as_str())
    }
}

words! {
    /// What kind of actor.
    ActorKind, "actor type", {
        /// A person with an account.
        User = "user",
        /// A person signing a document.
        Signee = "signee",
        /// A program, through a key.
        ApiKey = "api_key",
        /// Another service.
        Service = "service",
        /// The product itself.
        System = "system",
        /// Nobody known.
        Anonymous = "anonymous",
    }
}

words! {
    /// How the event ended.
    #[derive(Default)]
    Outcome, "outcome", {
        /// It was done.
        #[default]
        Success = "success",
        /// It was tried and went wrong.
        Failure = "failure",
        /// It was tried and not allowed.
        Denied = "denied",
    }
}

words! {
    /// Who may see the event.
    #[derive(Default)]
    Audience, "audience", {
        /// Everyone who may read the organization's log.
        #[default]
        Organization = "organization",
        /// The administrator who did it, and keys.
        Administrators = "administrators",
    }
}

words! {
    /// The way in which the action came to the product.
    Channel, "channel", {
        /// A browser or an app.
        Web = "web",
        /// An API call.
        Api = "api",
        /// The product's own work.
        System = "system",
        /// A call from another product.
        Webhook = "webhook",
        /// History brought in.
        Import = "import",
    }
}

impl Outcome {
    fn is_success(&self) -> bool {
        *self == Self::Success
    }
}

impl Audience {
    fn is_organization(&self) -> bool {
        *self == Self::Organization
    }
}

/// Something the event was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it is: lead, document, user …; empty where it was erased.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// The sender's id for it; empty where it was erased.
    #[serde(default)]
    pub id: String,
    /// The name people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the product shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

impl Target {
    /// What a reader sees: the name, else the id.
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// What a target belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// What it is; empty where it was erased.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// The sender's id for it; empty where it was erased.
    #[serde(default)]
    pub id: String,
    /// The name people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// From where and through what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The address, as the product saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The program that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Where on earth, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The product's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The product's request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The way in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

impl Context {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The address parsed; recorded addresses always parse.
    pub fn ip_addr(&self) -> Option<IpAddr> {
        self.ip.as_deref()?.parse().ok()
    }
}

/// One field before and after; a side that is absent did not exist.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The value before; `Some(Null)` is a null that was there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub before: Option<Value>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub after: Option<Value>,
}

/// A member that is there, be it null, is a value.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What differs, by field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Changes(pub BTreeMap<String, Change>);

impl Changes {
    /// Only what differs, top-level keys only; one side missing gives the creation or the snapshot of a deletion.
    ///
    /// Numbers are compared as canonical JSON writes them: the parser stores `1.0` as `1`.
    pub fn between(before: Option<Map<String, Value>>, after: Option<Map<String, Value>>) -> Self {
        let mut fields: BTreeMap<String, Change> = BTreeMap::new();
        for (name, value) in before.unwrap_or_default() {
            fields.entry(name).or_default().before = Some(value);
        }
        for (name, value) in after.unwrap_or_default() {
            fields.entry(name).or_default().after = Some(value);
        }
        fields.retain(|_, change| change.before != change.after);
        Self(fields)
    }
}

words! {
    /// What made the event.
    Origin, "origin", {
        /// It was sent, or the server recorded an act of its own.
        Event = "event",
        /// A rule implied it.
        Implied = "implied",
        /// It records an erasure.
        Erasure = "erasure",
    }
}

words! {
    /// The way by which the event reached the log.
    Via, "way in", {
        /// The HTTP API.
        Api = "api",
        /// The command line, on a data directory.
        Cli = "cli",
        /// The viewer.
        Viewer = "viewer",
        /// A delivery receipt.
        Receipt = "receipt",
        /// The server itself.
        Server = "server",
    }
}

/// What the server adds; its JSON is the member `s` of the recorded document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// The id, when the sender chose none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What made the event.
    pub kind: Origin,
    /// The key it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The viewer session it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The address of the peer that sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// The addresses that trusted proxies reported, nearest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forwarded: Vec<String>,
    /// The way in.
    pub via: Via,
    /// `record` for history; absent: rules ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The event that implied this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Seq>,
    /// Why an automated reader is suspected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub automated: Vec<String>,
    /// The guards that history did not meet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anomalies: Vec<String>,
    /// Pointers of what was removed before recording.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
}

words! {
    /// How events are taken in.
    Mode, "mode", {
        /// Rules run.
        Command = "command",
        /// History, accepted as it is.
        Record = "record",
    }
}

/// The recorded document, `{"e": …, "s": …}`: what is stored, committed to and disclosed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The event as sent, normalised.
    #[serde(rename = "e")]
    pub event: NewEvent,
    /// What the server added.
    #[serde(rename = "s")]
    pub served: Served,
}

impl Document {
    /// The event's id: the sender's, else the server's.
    pub fn id(&self) -> &str {
        self.event.id.as_deref().or(self.served.id.as_deref()).unwrap_or_default()
    }
}

/// An event in its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its position.
    pub seq: Seq,
    /// When the server took it in, in milliseconds since 1970.
    pub received_ms: u64,
    /// The hash of its leaf.
    pub leaf_hash: [u8; 32],
    /// What it says.
    pub document: Document,
    /// What it said once.
    pub erased: Vec<ErasedField>,
}

impl Event {
    /// When it happened, in milliseconds since 1970: as sent, else when it was received.
    pub fn occurred_ms(&self) -> u64 {
        self.document.event.occurred_at.as_ref().map_or(self.received_ms, OccurredAt::ms)
    }

    /// The event's id.
    pub fn id(&self) -> &str {
        self.document.id()
    }

    /// What was erased: the pointers that it was asked for with, and the position of each record; each once, in order.
    pub fn erased_pointers(&self) -> Vec<(&str, Seq)> {
        let mut named: Vec<_> = self.erased.iter().map(|it| (it.pointer.as_str(), it.by)).collect();
        named.sort_unstable();
        named.dedup();
        named
    }
}
