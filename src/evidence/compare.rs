//! Whether an `audit-trail.json` says what a bundle says: the trail is made again from the events, and the two compared.
//!
//! Deliberately absent: whether the bundle holds. What no event holds (an organization's name, the seal) is not compared.

use std::collections::BTreeMap;

use everlog_core::bundle::{Disclosed, Line};
use everlog_core::catalog::{Catalogs, NAMES, shipped};
use everlog_core::erasure::ErasedField;
use everlog_core::event::{Document, Event};
use everlog_core::ids::Seq;
use everlog_core::leaf::Hash;
use everlog_core::process::{Attached, State, refold};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::trail::model::{Sources, Trail, trail};

/// Longest zone name that is looked up, in bytes: those of places are far shorter.
const ZONE_BYTES_MAX: usize = 64;
/// The words of an event, which an organization may choose itself: no event holds them.
const WORDS: &[&str] = &["label", "icon", "tone", "group", "sentence"];

/// The events of a process as a bundle shows them, and what they add up to.
#[derive(Debug, Default)]
pub struct Shown {
    /// By position.
    events: Vec<Event>,
    /// How many fields of each are erased.
    erased: BTreeMap<Seq, usize>,
    /// What they add up to.
    state: Option<State>,
    /// The process, once an event named it.
    process: Option<String>,
}

/// Why the events of a bundle are not those of one process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It does not show what an event needs.
    #[error("event {0} is not shown far enough to be compared")]
    Withheld(Seq),
    /// Another process's, or none's.
    #[error("event {0} is not of the process that the others are of")]
    Foreign(Seq),
}

impl Shown {
    /// Adds an event whose line holds.
    ///
    /// # Errors
    /// When it is no event of this process.
    pub fn add(&mut self, line: &Line<'_>) -> Result<(), Unfit> {
        let Disclosed { index, received_ms, document } = line.disclosed();
        let document: Document = serde_json::from_value(document).map_err(|_| Unfit::Withheld(index))?;
        let process = document.event.process.clone();
        if process.is_none() && document.event.action == "erasure.made" {
            // A record stands in the bundle for its own sake.
            return Ok(());
        }
        if process.is_none() || self.process.as_ref().is_some_and(|it| Some(it) != process.as_ref()) {
            return Err(Unfit::Foreign(index));
        }
        self.process = process;
        let erased = line.erased.iter().map(|it| ErasedField {
            commitment: it.commitment,
            by: it.by,
            // Only the trail can name it.
            pointer: String::new(),
        });
        let erased = erased.collect();
        let event = Event { seq: index, received_ms, leaf_hash: line.leaf_hash, document, erased };
        self.state = Some(refold(self.state.as_ref(), &event));
        if !line.erased.is_empty() {
            self.erased.insert(index, line.erased.len());
        }
        self.events.push(event);
        Ok(())
    }

    /// The document that is signed, as the log knows it.
    pub fn document(&self) -> Option<&Attached> {
        self.state.as_ref()?.document.as_ref()
    }

    /// How many events of the process there are.
    pub fn count(&self) -> usize {
        self.events.len()
    }

    /// Where a trail says something else than the events; nothing where it says the same.
    pub fn differs(&self, said: &Trail) -> Option<String> {
        let Some(made_at) = said.made_at.utc.parse::<Timestamp>().ok() else {
            return Some("/made_at".to_owned());
        };
        let zone = Some(&said.time_zone).filter(|name| name.len() <= ZONE_BYTES_MAX);
        let Some(zone) = zone.and_then(|name| TimeZone::get(name).ok()) else {
            return Some("/time_zone".to_owned());
        };
        let Some(erased) = self.erasures(said) else { return Some("/events".to_owned()) };
        let (empty, process) = (State::default(), self.process.as_deref().unwrap_or_default());
        let made = trail(Sources {
            process_key: process,
            state: self.state.as_ref().unwrap_or(&empty),
            events: &self.events,
            erased: &erased,
            catalogs: &Catalogs::new(NAMES.iter().filter_map(|name| shipped(name)).cloned()),
            organization: (&said.organization.id, &said.organization.name),
            locale: &said.language,
            zone: &zone,
            now_ms: u64::try_from(made_at.as_millisecond()).unwrap_or_default(),
            sha256_after: said.document.sha256_after.as_deref(),
            verification: said.verification.clone(),
            seal: said.seal.clone(),
        });
        let value = |trail: &Trail| {
            let mut value = serde_json::to_value(trail).unwrap_or_default();
            let events = value.get_mut("events").and_then(Value::as_array_mut);
            for event in events.into_iter().flatten().filter_map(Value::as_object_mut) {
                WORDS.iter().for_each(|word| drop(event.remove(*word)));
            }
            value
        };
        first_difference(&value(&made), &value(said), String::new())
    }

    /// Which fields were erased only the trail can name: the bundle shows how many.
    fn erasures(&self, said: &Trail) -> Option<BTreeMap<Seq, Vec<String>>> {
        let named = said.events.iter().filter(|event| !event.erased.is_empty());
        let named: BTreeMap<Seq, Vec<String>> =
            named.map(|event| (Seq(event.seq), event.erased.clone())).collect();
        let counts: BTreeMap<Seq, usize> = named.iter().map(|(seq, paths)| (*seq, paths.len())).collect();
        (counts == self.erased).then_some(named)
    }
}

/// The pointer of the first place at which two values differ.
fn first_difference(left: &Value, right: &Value, at: String) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
            let mut differing = names.filter_map(|name| match (left.get(name), right.get(name)) {
                (Some(left), Some(right)) => first_difference(left, right, format!("{at}/{name}")),
                _ => Some(format!("{at}/{name}")),
            });
            differing.next()
        }
        (Value::Array(left), Value::Array(right)) => {
            let pairs = left.iter().zip(right).enumerate();
            let mut differing = pairs.filter_map(|(position, (left, right))| {
                first_difference(left, right, format!("{at}/{position}"))
            });
            differing.next().or_else(|| (left.len() != right.len()).then_some(at))
        }
        _ => (left != right).then_some(at),
    }
}

/// Whether a hash in hex is that of these bytes.
pub(super) fn is_hash_of(hex: &str, bytes: &[u8]) -> bool {
    use sha2::{Digest, Sha256};
    let digest: Hash = Sha256::digest(bytes).into();
    everlog_core::hex::decode(hex) == Some(digest)
}
