//! From JSON as sent to what the writer needs, on the sender's own thread: everything that does not depend on the place.
//!
//! Deliberately absent: the store.

use everlog_core::catalog::is_reserved;
use everlog_core::event::{AHEAD_MS_MAX, Audience, Document, Invalid, Mode, NewEvent, Origin, Served, Via};
use everlog_core::ids::Seq;
use everlog_core::json;
use everlog_core::leaf::{self, Hash, Seed};
use serde_json::Value;

use crate::directory::Entry;
use crate::index::actor_value;
use crate::log::Source;
use crate::store::CodeKind;

/// What redaction may not remove: without it there is no event.
pub const REDACTABLE_NOT: &[&str] = &["/action", "/actor", "/actor/type", "/actor/id", "/id", "/occurred_at"];

/// What all events of one request have in common.
pub(super) struct Preparation<'a> {
    /// Whose log.
    pub org: &'a Entry,
    /// By what way they came.
    pub source: &'a Source,
    /// How they are taken in.
    pub mode: Mode,
    /// Whether they are the server's own acts.
    pub is_own: bool,
    /// What made them.
    pub origin: Origin,
    /// The server's clock.
    pub now_ms: u64,
}

/// An event ready to be given a place.
#[derive(Clone)]
pub(super) struct Prepared {
    /// Its id: the sender's, else ours.
    pub id: String,
    /// The document, parsed.
    pub document: Document,
    /// The document's canonical bytes.
    pub bytes: Vec<u8>,
    /// How many of the bytes, from the start, hold the event as sent: equal there means equal content.
    pub sent_bytes: usize,
    /// What its salts are derived from.
    pub seed: Seed,
    /// The commitments of its leaf.
    pub commitments: Vec<Hash>,
    /// The values that get codes.
    pub coded: Vec<(CodeKind, String)>,
}

impl Preparation<'_> {
    pub(super) fn prepare(&self, mut sent: Value) -> Result<Prepared, Invalid> {
        name_signee(&mut sent);
        let redacted = self.redact(&mut sent);
        let event = NewEvent::from_json(sent)?;
        self.check(&event)?;
        let random = random();
        let served = self.served(&event, redacted, &random);
        Prepared::of(event, served, Seed(random.seed))
    }

    /// Removes what the organization's settings say must never be recorded, and tells what was there.
    fn redact(&self, sent: &mut Value) -> Vec<String> {
        // What a record of an erasure says is what proves it.
        if self.origin == Origin::Erasure {
            return Vec::new();
        }
        let Some(Value::Array(pointers)) = self.org.row.settings.get("redact") else { return Vec::new() };
        let pointers = pointers.iter().filter_map(Value::as_str);
        let removed = pointers.filter(|pointer| remove(sent, pointer).is_some());
        removed.map(|pointer| format!("/e{pointer}")).collect()
    }

    fn check(&self, event: &NewEvent) -> Result<(), Invalid> {
        // History of another log may tell what its server did.
        if !self.is_own && self.mode == Mode::Command && is_reserved(&event.action) {
            let message = format!("{} is what the server itself records", event.action);
            return Err(Invalid::one("/action", "reserved_action", message));
        }
        if event.occurred_at.as_ref().is_some_and(|time| time.ms() > self.now_ms + AHEAD_MS_MAX) {
            return Err(Invalid::one("/occurred_at", "invalid_value", "the time lies more than a day ahead"));
        }
        if event.audience == Audience::Administrators && !self.org.profile.audiences {
            let message = format!("the profile {} has no audience administrators", self.org.profile.name);
            return Err(Invalid::one("/audience", "invalid_value", message));
        }
        Ok(())
    }

    fn served(&self, event: &NewEvent, redacted: Vec<String>, random: &Random) -> Served {
        Served {
            id: event.id.is_none().then(|| event_id(self.now_ms, &random.id)),
            kind: self.origin,
            key_id: self.source.key_id.clone(),
            session_id: self.source.session_id.clone(),
            remote: self.source.remote.clone(),
            forwarded: self.source.forwarded.clone(),
            via: self.source.via,
            mode: (self.mode == Mode::Record).then_some(Mode::Record),
            cause: None,
            automated: Vec::new(),
            anomalies: Vec::new(),
            redacted,
        }
    }
}

impl Prepared {
    /// An event with what the server adds to it.
    fn of(event: NewEvent, served: Served, seed: Seed) -> Result<Self, Invalid> {
        let e = event.to_json();
        let e_bytes = check_size(&e)?;
        let s = serde_json::to_value(&served).unwrap_or_default();
        let bytes = [b"{\"e\":", e_bytes.as_slice(), b",\"s\":", &json::canonical(&s), b"}"].concat();
        let value = Value::Object([("e".to_owned(), e), ("s".to_owned(), s)].into_iter().collect());
        let commitments = leaf::commitments(&value, &seed);
        let document = Document { event, served };
        Ok(Self {
            id: document.id().to_owned(),
            coded: coded(&document.event),
            sent_bytes: b"{\"e\":".len() + e_bytes.len() + b",\"s\":".len(),
            document,
            bytes,
            seed,
            commitments,
        })
    }

    /// What follows from the event at `cause`, or from a time that has come.
    pub(super) fn own(event: NewEvent, cause: Option<Seq>, now_ms: u64) -> Result<Self, Invalid> {
        let random = random();
        let kind = if cause.is_some() { Origin::Implied } else { Origin::Event };
        let served = Served {
            id: event.id.is_none().then(|| event_id(now_ms, &random.id)),
            kind,
            key_id: None,
            session_id: None,
            remote: None,
            forwarded: Vec::new(),
            via: Via::Server,
            mode: None,
            cause,
            automated: Vec::new(),
            anomalies: Vec::new(),
            redacted: Vec::new(),
        };
        Self::of(event, served, Seed(random.seed))
    }

    /// The same with what the rules found out about it.
    pub(super) fn marked(&self, automated: Vec<String>, anomalies: Vec<String>) -> Result<Self, Invalid> {
        let served = Served { automated, anomalies, ..self.document.served.clone() };
        Self::of(self.document.event.clone(), served, self.seed.clone())
    }
}

/// The limits of an event as recorded; its canonical bytes.
fn check_size(e: &Value) -> Result<Vec<u8>, Invalid> {
    let bytes = json::canonical(e);
    if bytes.len() > leaf::EVENT_BYTES_MAX {
        let message = format!(
            "the event has {} bytes in canonical form, {} are allowed",
            bytes.len(),
            leaf::EVENT_BYTES_MAX
        );
        return Err(Invalid::one("", "too_large", message));
    }
    let shape = leaf::field_count_and_longest_path(e);
    if shape.field_count > leaf::FIELDS_MAX {
        let message = format!("the event has {} fields, {} are allowed", shape.field_count, leaf::FIELDS_MAX);
        return Err(Invalid::one("", "too_many_fields", message));
    }
    if shape.path_bytes_max > leaf::PATH_BYTES_MAX {
        let message =
            format!("a path of {} bytes, {} are allowed", shape.path_bytes_max, leaf::PATH_BYTES_MAX);
        return Err(Invalid::one("", "path_too_long", message));
    }
    Ok(bytes)
}

/// In a process, what nobody is named for was done by the signee that it is about. Names are filled in on reading.
fn name_signee(sent: &mut Value) {
    let Some(members) = sent.as_object_mut() else { return };
    if members.get("process").is_none_or(Value::is_null) || !members.get("actor").is_none_or(Value::is_null) {
        return;
    }
    if let Some(signee) = members.get("signee").filter(|signee| signee.is_string()).cloned() {
        members.insert("actor".to_owned(), serde_json::json!({"type": "signee", "id": signee}));
    }
}

/// Removes the member at a pointer.
fn remove(value: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, name) = pointer.rsplit_once('/')?;
    value.pointer_mut(parent)?.as_object_mut()?.remove(&json::pointer_name(name))
}

/// The values of an event that get codes, by which the index counts and sorts it.
pub fn coded(event: &NewEvent) -> Vec<(CodeKind, String)> {
    let mut coded =
        vec![(CodeKind::Action, event.action.clone()), (CodeKind::Actor, actor_value(&event.actor))];
    coded.extend(event.on_behalf_of.as_ref().map(|actor| (CodeKind::Actor, actor_value(actor))));
    coded.extend(event.context.ip.as_ref().map(|ip| (CodeKind::Ip, ip.clone())));
    for target in &event.targets {
        let value = (CodeKind::TargetType, target.kind.clone());
        if !coded.contains(&value) {
            coded.push(value);
        }
    }
    coded
}

struct Random {
    seed: [u8; 32],
    id: [u8; 10],
}

/// # Panics
/// Where the system has no randomness left to give, nothing may be recorded.
#[expect(clippy::expect_used, reason = "without randomness salts would be guessable")]
fn random() -> Random {
    let mut random = Random { seed: [0; 32], id: [0; 10] };
    getrandom::fill(&mut random.seed).expect("the system gives random bytes");
    getrandom::fill(&mut random.id).expect("the system gives random bytes");
    random
}

/// `evt_` and 26 digits of base 32: 48 bits of time, so that ids of one log lie together, and 80 random bits.
fn event_id(now_ms: u64, random: &[u8; 10]) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bits = u128::from(now_ms & 0xffff_ffff_ffff) << 80;
    bits |= random.iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
    let digits = (0..26).rev().map(|place| char::from(DIGITS[(bits >> (5 * place) & 31) as usize]));
    "evt_".chars().chain(digits).collect()
}
