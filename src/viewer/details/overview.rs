//! The overview: what happened to what, by whom, from where, and whatever else the event says about itself.
//!
//! Deliberately absent: ids that only programs need; they stand beside the raw event.

use std::collections::{BTreeMap, BTreeSet};

use everlog_core::event::{Audience, Event, Origin, Outcome, Target};
use everlog_core::ids::Seq;
use everlog_core::process::BEFORE_CREATION;
use everlog_core::profile::ColumnField;
use everlog_core::sentence::plain;
use serde_json::{Map, Value};

use crate::read::process::Process;
use crate::viewer::changes::{ChangeTable, pretty};
use crate::viewer::dates::When;
use crate::viewer::details::{Place, Rest};
use crate::viewer::person::{Person, shown};
use crate::viewer::process::{called, file_page};
use crate::viewer::text::{CELL_CHARS_MAX, Text, shorten};
use crate::words::Words;

/// How many entries of a list are shown before the rest is folded away (C11).
const LIST_SHOWN: usize = 12;

pub(super) struct Overview {
    pub names: Vec<Name>,
    /// The document under signature that it is of, and its page.
    pub document: Option<(Text, String)>,
    pub person: Person,
    pub person_tools: Option<Tools>,
    pub role: Option<Text>,
    pub account: Option<Text>,
    pub ip: Option<String>,
    /// What stands where there is no address.
    pub ip_missing: &'static str,
    pub ip_tools: Option<Tools>,
    pub location: Option<Text>,
    pub when: When,
    pub facts: Vec<Fact>,
    pub changes: Option<ChangeTable>,
    pub more: Option<Rest>,
    pub metadata: Vec<Datum>,
}

/// The list that a value leads to: with only what has it, and without.
pub(super) struct Tools {
    pub only: String,
    pub not: String,
}

impl Tools {
    fn new(field: ColumnField, event: &Event, place: &Place<'_>) -> Option<Self> {
        let (name, value) = place.presenter(&[]).filter_of(field, event)?;
        let not = place.address.without_value(name, &value).and("not", &format!("{name}:{value}"));
        Some(Self { only: place.address.with(name, &value).href(), not: not.href() })
    }
}

/// A record that the event is about (D09, D26).
pub(super) struct Name {
    pub name: Text,
    /// Whether neither name nor id is left of it.
    pub is_erased: bool,
    pub kind: Text,
    pub id: Text,
    pub url: Option<String>,
    pub history: String,
    pub parent: Option<(Text, String)>,
}

/// One line.
pub(super) struct Fact {
    pub term: String,
    pub text: Text,
    pub is_bad: bool,
}

/// One member of the metadata.
pub(super) struct Datum {
    pub key: Text,
    pub value: Shown,
}

/// A value as people read it.
pub(super) enum Shown {
    Plain(Text),
    /// The words for how many, the first, and the rest.
    List {
        count: String,
        first: Vec<Text>,
        rest: Vec<Text>,
    },
    Nested(String),
}

impl Overview {
    pub(super) fn new(
        event: &Event,
        place: &Place<'_>,
        changes: Option<ChangeTable>,
        more: Option<Rest>,
    ) -> Self {
        let sent = &event.document.event;
        let words = place.visit.words;
        let system = &place.visit.org.entry().profile.defaults.system_name;
        let account = sent.on_behalf_of.as_ref();
        Self {
            names: sent.targets.iter().map(|target| name(target, place)).collect(),
            document: None,
            person: Person::of(sent, system, words).pictured(&sent.actor, &place.pictures),
            person_tools: Tools::new(ColumnField::User, event, place),
            role: sent.actor.role.as_deref().map(Text::name),
            account: account.map(|account| Text::name(&shown(account, system, words))),
            ip: sent.context.ip.clone(),
            ip_missing: if event.erased.iter().any(|it| is_ip(&it.pointer)) {
                "erased-value"
            } else {
                "not-known"
            },
            ip_tools: Tools::new(ColumnField::Ip, event, place),
            location: sent.context.location.as_deref().map(Text::new),
            when: place.clock.exact_when(event.occurred_ms()),
            facts: facts(event, place),
            changes,
            more,
            metadata: metadata(&said(event), words),
        }
    }
}

/// A document and the address of its page.
pub(super) fn document(process: &Process, place: &Place<'_>) -> (Text, String) {
    let page = place.address.opened().on(file_page(place.visit, &process.key));
    (Text::name(&shorten(called(process), CELL_CHARS_MAX)), page.href())
}

fn name(target: &Target, place: &Place<'_>) -> Name {
    let parent = target.parent.as_ref().map(|it| {
        let shown = it.name.as_ref().unwrap_or(&it.id);
        (Text::name(&format!("{} {shown}", it.kind)), place.record(&it.kind, &it.id))
    });
    // Neither is ever sent empty.
    let is_erased = target.shown().is_empty();
    let erased = || Text::sentence(&place.visit.words.say("erased-value"));
    Name {
        name: if is_erased { erased() } else { Text::name(target.shown()) },
        is_erased,
        kind: Text::short(&target.kind),
        id: Text::short(&target.id),
        url: target.url.clone().filter(|url| is_web(url)),
        history: place.record(&target.kind, &target.id),
        parent,
    }
}

/// Whether a URL leads to a page: anything else could run script.
pub(in crate::viewer) fn is_web(url: &str) -> bool {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let is_plain = url.chars().all(|c| !c.is_control() && !c.is_whitespace());
    is_plain && (lower.starts_with("https://") || lower.starts_with("http://"))
}

/// What a reader must know to judge the event.
pub(super) struct Note {
    pub text: String,
    /// The event that tells more, and the words that lead to it.
    pub record: Option<(String, String)>,
}

/// What a reader must know to judge the event (X04).
pub(super) fn notes(event: &Event, place: &Place<'_>) -> Vec<Note> {
    let (served, words) = (&event.document.served, place.visit.words);
    let note = |id: &str, why: &[String]| {
        let why = why.join(", ");
        (!why.is_empty()).then(|| Note { text: words.fill(id, [("why", why.as_str().into())]), record: None })
    };
    let (early, unmet) = served.anomalies.iter().cloned().partition::<Vec<_>, _>(|it| it == BEFORE_CREATION);
    let notes = [
        note("note-automated", &served.automated),
        note("note-anomalies", &unmet),
        (!early.is_empty()).then(|| Note { text: words.say("note-before-creation"), record: None }),
        note("note-redacted", &served.redacted),
    ];
    notes.into_iter().flatten().chain(erasures(event, place)).collect()
}

/// What was erased, by each record of an erasure; only who sees positions is led there.
fn erasures(event: &Event, place: &Place<'_>) -> Vec<Note> {
    let words = place.visit.words;
    let mut by_record: BTreeMap<Seq, Vec<&str>> = BTreeMap::new();
    for (pointer, by) in event.erased_pointers() {
        by_record.entry(by).or_default().push(pointer);
    }
    let is_restricted = place.visit.org.scope().is_restricted();
    let note = |(by, pointers): (Seq, Vec<&str>)| {
        let what = parts(pointers, words);
        let record = words.fill("note-erased-record", [("number", by.to_string().as_str().into())]);
        Note {
            text: words.fill("note-erased", [("what", what.as_str().into())]),
            record: (!is_restricted).then(|| (place.event(&by.to_string()), record)),
        }
    };
    by_record.into_iter().map(note).collect()
}

/// What pointers name, each once, in words where people have a word for it.
pub(in crate::viewer) fn parts<'a>(pointers: impl IntoIterator<Item = &'a str>, words: Words) -> String {
    let mut parts: Vec<String> = pointers.into_iter().map(|pointer| part(pointer, words)).collect();
    let mut seen = BTreeSet::new();
    parts.retain(|it| seen.insert(it.clone()));
    parts.join(&words.say("comma"))
}

fn part(pointer: &str, words: Words) -> String {
    let id = match pointer {
        "/e/actor/name" | "/e/on_behalf_of/name" | "/e/metadata/signee/name" => "erased-name",
        "/e/actor/email" | "/e/on_behalf_of/email" | "/e/metadata/signee/email" => "erased-email",
        "/e/metadata/signee/phone" => "trail-phone",
        "/e/metadata/signee/address" => "trail-address",
        "/e/actor/avatar_url" | "/e/on_behalf_of/avatar_url" => "erased-picture",
        "/e/context/ip" | "/s/remote" | "/s/forwarded" => "erased-address",
        "/e/context/user_agent" => "erased-device",
        "/e/context/location" => "erased-place",
        "/e/description" => "erased-description",
        _ => return Text::name(pointer).plain(),
    };
    words.say(id)
}

fn facts(event: &Event, place: &Place<'_>) -> Vec<Fact> {
    let (sent, words) = (&event.document.event, place.visit.words);
    let mut facts = Vec::new();
    let mut add = |id: &str, text: Option<&str>, is_bad: bool| {
        let fact = |text| Fact { term: words.say(id), text: Text::new(text), is_bad };
        facts.extend(text.map(fact));
    };
    let outcome = words.say(&format!("result-{}", sent.outcome.as_str()));
    add("fact-outcome", Some(&outcome), sent.outcome != Outcome::Success);
    add("fact-reason", sent.reason.as_deref(), false);
    let channel = sent.context.channel.map(|channel| words.say(&format!("channel-{}", channel.as_str())));
    add("fact-channel", channel.as_deref(), false);
    add("fact-device", sent.context.user_agent.as_deref(), false);
    let audience = (sent.audience == Audience::Administrators).then(|| words.say("audience-administrators"));
    add("fact-audience", audience.as_deref(), false);
    let is_late = event.received_ms != event.occurred_ms();
    let recorded = is_late.then(|| place.clock.exact(event.received_ms));
    add("fact-recorded", recorded.as_deref(), false);
    facts
}

/// The ids that an event carries, for whoever looks for them elsewhere.
pub(super) fn ids(event: &Event, words: Words) -> Vec<Fact> {
    let sent = &event.document.event;
    let context = &sent.context;
    let fact = |(id, text): (&str, Option<&str>)| {
        let text = Text::new(text?);
        Some(Fact { term: words.say(id), text, is_bad: false })
    };
    let ids = [
        ("id-event", Some(event.id())),
        ("id-action", Some(sent.action.as_str())),
        ("id-process", sent.process.as_deref()),
        ("id-signee", sent.signee.as_deref()),
        ("id-session", context.session_id.as_deref()),
        ("id-request", context.request_id.as_deref()),
    ];
    ids.into_iter().filter_map(fact).collect()
}

/// Whether a pointer names the address.
fn is_ip(pointer: &str) -> bool {
    matches!(pointer, "/e" | "/e/context" | "/e/context/ip")
}

/// The metadata for people: what a record of an erasure lists by position stands among what is related.
fn said(event: &Event) -> Map<String, Value> {
    let mut said = event.document.event.metadata.clone();
    if event.document.served.kind == Origin::Erasure {
        said.remove("erased");
    }
    said
}

fn metadata(metadata: &Map<String, Value>, words: Words) -> Vec<Datum> {
    metadata
        .iter()
        .map(|(key, value)| Datum { key: Text::name(key), value: shown_value(value, words) })
        .collect()
}

fn shown_value(value: &Value, words: Words) -> Shown {
    let is_flat =
        |items: &[Value]| !items.is_empty() && items.iter().all(|it| !it.is_object() && !it.is_array());
    match value {
        Value::Array(items) if is_flat(items) => {
            let text = |item: &Value| Text::new(&plain(item).unwrap_or_else(|| "null".to_owned()));
            let mut first: Vec<Text> = items.iter().map(text).collect();
            let rest = first.split_off(first.len().min(LIST_SHOWN));
            let count = words.fill("details-items", [("count", (items.len() as f64).into())]);
            Shown::List { count, first, rest }
        }
        Value::Object(_) | Value::Array(_) => Shown::Nested(pretty(value)),
        value => Shown::Plain(Text::new(&plain(value).unwrap_or_else(|| "null".to_owned()))),
    }
}
