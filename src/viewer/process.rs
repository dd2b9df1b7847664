//! The page of one document under signature: where it stands, who is in it, what happened, what can be taken away.
//!
//! Deliberately absent: deciding anything. What a program is suspected behind was marked when it was recorded.

use std::collections::HashMap;

use askama::Template;
use everlog_core::catalog::shipped;
use everlog_core::event::{ActorKind, Event};
use everlog_core::process::State;

use crate::app::App;
use crate::read::Notification;
use crate::read::process::Process;
use crate::trail::model::with_names;
use crate::viewer::address::{Address, encode};
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::dates::When;
use crate::viewer::details::{Place, parts};
use crate::viewer::icons;
use crate::viewer::list_path;
use crate::viewer::person::Person;
use crate::viewer::problem::Problem;
use crate::viewer::session::{Visit, chosen};
use crate::viewer::table;
use crate::viewer::text::{CELL_CHARS_MAX, Text, shorten};
use crate::words::{Words, grouped};

mod notices;
mod signees;

use notices::{Notice, notices};
pub(super) use signees::signed;
use signees::{Signees, signees};

/// The groups of the types of an audit trail, in order (`X07`).
const GROUPS: &[&str] = &["creation", "signer", "team", "system", "end"];
/// The group of what no catalog puts into one.
const OTHER: &str = "other";
/// The catalog of what every log has.
const SHARED: &str = "everlog";
/// The parameter that orders the log of a process by groups.
const BY: &str = "by";
/// How many events the page shows: a process has some tens.
const EVENTS_SHOWN: usize = 1_000;
/// How many events make a page long enough for links to its parts.
const EVENTS_LONG: usize = 30;

/// The page.
#[derive(Template)]
#[template(path = "viewer/process.html")]
pub(super) struct ProcessPage {
    urls: &'static Urls,
    words: Words,
    organization: String,
    list: String,
    name: Text,
    plain_name: String,
    status: Stance,
    reason: Option<Text>,
    facts: Vec<Fact>,
    /// The signed document, once it is there.
    final_pdf: Option<Download>,
    downloads: Vec<Download>,
    signees: Signees,
    is_long: bool,
    by_time: String,
    by_group: String,
    is_by_group: bool,
    sections: Vec<Section>,
    /// How many events are not shown, and where all of them are.
    more: Option<(String, String)>,
    notices: Vec<Notice>,
    types: Vec<(String, Vec<Type>)>,
    has_automated: bool,
    zone: String,
}

/// A word with its colour.
pub(super) struct Stance {
    pub label: String,
    pub tone: &'static str,
}

/// Something to take away.
pub(super) struct Download {
    pub label: String,
    pub href: String,
    pub icon: &'static str,
}

/// One line of what is known of the process.
struct Fact {
    label: String,
    value: Value,
}

enum Value {
    Text(Text),
    Code(String),
    Time(When),
}

struct Section {
    /// The name of the group, where the log is ordered by groups.
    title: Option<String>,
    entries: Vec<Entry>,
}

struct Entry {
    icon: String,
    tone: &'static str,
    label: Text,
    group: String,
    group_name: String,
    text: Text,
    person: Person,
    when: When,
    href: String,
    ip: Option<String>,
    /// Why a program is suspected behind it, in words.
    automated: Vec<String>,
    /// What was erased of it, in words.
    erased: Option<String>,
}

/// One line of the table of types.
struct Type {
    icon: String,
    tone: &'static str,
    label: Text,
    occurs: String,
}

/// The page of a process for this visit.
///
/// # Errors
/// When there is none that may be seen, or the store cannot answer.
pub(super) fn process_page(
    app: &App,
    visit: &Visit,
    key: &str,
    address: &Address,
    sent: &[(String, String)],
) -> Result<ProcessPage, Problem> {
    let process = app.reader.process(&visit.org, key)?.ok_or(Problem::NoProcess)?;
    let events = app.reader.process_events(&visit.org, key)?;
    let place = Place::new(visit, address);
    let is_by_group = chosen(sent, BY) == Some("group");
    let path = file_page(visit, key);
    let (words, state) = (visit.words, &process.state);
    let name = called(&process);
    let entries: Vec<Entry> =
        events.iter().take(EVENTS_SHOWN).map(|event| entry(&place, event, state)).collect();
    let hidden = events.len().saturating_sub(EVENTS_SHOWN);
    let shown = address.on(path);
    let grouped = if shown.href().contains('?') { "&by=group" } else { "?by=group" };
    Ok(ProcessPage {
        urls: &URLS,
        words,
        organization: visit.org.entry().row.name.clone(),
        list: address.on(format!("{}/processes", place.path)).href(),
        name: Text::name(&shorten(name, CELL_CHARS_MAX)),
        plain_name: shorten(name, 120),
        status: status_of(state, words),
        reason: state.end_reason.as_deref().map(|reason| Text::new(&shorten(reason, CELL_CHARS_MAX))),
        facts: facts(&place, &process),
        final_pdf: final_pdf(visit, &process, "process-final.short"),
        downloads: downloads(visit, &process),
        signees: signees(&place, state, &events),
        is_long: events.len() >= EVENTS_LONG,
        by_time: shown.href(),
        by_group: format!("{}{grouped}", shown.href()),
        is_by_group,
        has_automated: entries.iter().any(|entry| !entry.automated.is_empty()),
        sections: if is_by_group { sections(words, entries) } else { vec![Section { title: None, entries }] },
        more: (hidden > 0).then(|| (hidden_in_words(hidden as u64, words), all_of(&place, key, address))),
        notices: notices(&place, Notification::all(&events, state)),
        types: types(visit),
        zone: place.clock.zone_name(),
    })
}

fn hidden_in_words(count: u64, words: Words) -> String {
    words.fill("process-more", [("count", count.into()), ("shown", grouped(count).into())])
}

/// The list of all events of a process.
fn all_of(place: &Place<'_>, key: &str, address: &Address) -> String {
    address.opened().with("process", key).on(place.path.clone()).href()
}

/// The document that an event is of, where its reader sees documents.
///
/// # Errors
/// When the store cannot answer.
pub(super) fn document_of(app: &App, visit: &Visit, event: &Event) -> Result<Option<Process>, Problem> {
    match &event.document.event.process {
        Some(key) => Ok(app.reader.process(&visit.org, key)?),
        None => Ok(None),
    }
}

/// Fills in, for a list, what the events of documents leave to their process: which document it is, and whom it concerns.
///
/// # Errors
/// When the store cannot answer.
pub(super) fn name_documents(app: &App, visit: &Visit, events: &mut [Event]) -> Result<(), Problem> {
    let mut known: HashMap<String, Option<Process>> = HashMap::new();
    for event in events {
        let Some(key) = event.document.event.process.clone() else { continue };
        if !known.contains_key(&key) {
            known.insert(key.clone(), document_of(app, visit, event)?);
        }
        if let Some(process) = known.get(&key).and_then(Option::as_ref) {
            event.document.event = with_names(&event.document.event, &process.state);
        }
    }
    Ok(())
}

/// What people call a process.
pub(super) fn called(process: &Process) -> &str {
    let state = &process.state;
    state.display_name.as_deref().or(state.file_name.as_deref()).unwrap_or(&process.key)
}

/// The address of a process's page.
pub(super) fn file_page(visit: &Visit, key: &str) -> String {
    format!("{}/processes/{}", list_path(visit.org.entry().row.id.as_str()), encode(key))
}

/// The status of a process in a word.
pub(super) fn status_of(state: &State, words: Words) -> Stance {
    let status = state.standing();
    Stance { label: words.say(&format!("trail-status-{status}")), tone: status.tone().as_str() }
}

/// What can be taken away of a process: the trail at any time, the signed document once it is there (`X03`).
pub(super) fn downloads(visit: &Visit, process: &Process) -> Vec<Download> {
    let trails = [
        download(visit, process, "process-trail-html", "audit-trail.html", "file-preview"),
        download(visit, process, "process-trail-pdf", "audit-trail.pdf", "file"),
        download(visit, process, "process-trail-json", "audit-trail.json", "file"),
    ];
    final_pdf(visit, process, "process-final").into_iter().chain(trails).collect()
}

/// The signed document with its trail, where it is there.
fn final_pdf(visit: &Visit, process: &Process, id: &str) -> Option<Download> {
    let is_there = process.state.trail.is_some() && process.state.deleted_ms.is_none();
    is_there.then(|| download(visit, process, id, "final.pdf", "file-check"))
}

fn download(visit: &Visit, process: &Process, id: &str, file: &str, icon: &'static str) -> Download {
    let path = file_page(visit, &process.key);
    let href = format!("{path}/{file}?lang={}", visit.words.tag());
    Download { label: visit.words.say(id), href, icon }
}

fn facts(place: &Place<'_>, process: &Process) -> Vec<Fact> {
    let (words, state) = (place.visit.words, &process.state);
    let mut facts = Vec::new();
    let mut add = |id: &str, value: Option<Value>| {
        facts.extend(value.map(|value| Fact { label: words.say(id), value }));
    };
    let text =
        |text: &Option<String>| text.as_deref().map(|text| Value::Text(Text::name(&shorten(text, 200))));
    let time = |ms: Option<u64>| ms.map(|ms| Value::Time(place.clock.exact_when(ms)));
    add("trail-process", Some(Value::Code(process.key.clone())));
    add("trail-file", text(&state.file_name));
    let owner = state.created_by.as_ref().map(|actor| Value::Text(Text::name(&shorten(actor.shown(), 120))));
    add("trail-owner", owner);
    add("trail-created", time(state.created_ms));
    add("trail-started", time(state.started_ms));
    add("trail-expires", time(state.expires_ms.filter(|_| !state.status.is_final())));
    add("trail-ended", time(state.ended_ms));
    add("trail-deleted", time(state.deleted_ms));
    add("trail-sha256-before", state.document.as_ref().map(|document| Value::Code(document.sha256.clone())));
    add("trail-sha256-after", state.trail.as_ref().map(|trail| Value::Code(trail.sha256.clone())));
    facts
}

fn entry(place: &Place<'_>, event: &Event, state: &State) -> Entry {
    let categories = Vec::new();
    let presenter = place.presenter(&categories);
    let sent = &event.document.event;
    let (words, catalogs) = (place.visit.words, place.visit.org.catalogs());
    let described = catalogs.describe(&sent.action);
    let (label, tone) = presenter.tag(event, &described);
    let by_team = !matches!(sent.actor.kind, ActorKind::Signee | ActorKind::System);
    let group = catalogs.get(&sent.action).and_then(|action| action.group_for(by_team)).unwrap_or(OTHER);
    let person = Person::of(sent, &presenter.profile.defaults.system_name, words);
    Entry {
        icon: described.icon.unwrap_or_else(|| "pulse".to_owned()),
        tone,
        label: Text::short(&label),
        group: group.to_owned(),
        group_name: group_name(group, words),
        text: table::told(&with_names(sent, state), CELL_CHARS_MAX, catalogs, words),
        person: person.pictured(&sent.actor, &place.pictures),
        when: place.clock.exact_when(event.occurred_ms()),
        href: place.event(event.id()),
        ip: sent.context.ip.clone(),
        automated: event.document.served.automated.iter().map(|reason| suspicion(reason, words)).collect(),
        erased: erased_in_words(event, words),
    }
}

/// A reason to suspect a program, in words; one that this page does not know as it was recorded.
fn suspicion(reason: &str, words: Words) -> String {
    let id = match reason {
        "head_request" => "automated-head",
        "known_agent" => "automated-agent",
        "soon_after_send" => "automated-soon",
        "many_links" => "automated-many",
        "listed_range" => "automated-listed",
        other => return other.to_owned(),
    };
    words.say(id)
}

/// What was erased of an event, in words.
fn erased_in_words(event: &Event, words: Words) -> Option<String> {
    let pointers = event.erased_pointers().into_iter().map(|(pointer, _)| pointer);
    let what = parts(pointers, words);
    (!what.is_empty()).then(|| words.fill("note-erased", [("what", what.into())]))
}

fn group_name(group: &str, words: Words) -> String {
    if group == OTHER { words.say("process-group-other") } else { words.say(&format!("trail-group-{group}")) }
}

/// The entries under the names of their groups; an empty group is left out.
fn sections(words: Words, mut entries: Vec<Entry>) -> Vec<Section> {
    let mut sections = Vec::new();
    for group in GROUPS.iter().chain(&[OTHER]) {
        let (these, rest): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.group == *group);
        entries = rest;
        if !these.is_empty() {
            sections.push(Section { title: Some(group_name(group, words)), entries: these });
        }
    }
    sections
}

/// The types of an audit trail and when each occurs, by their groups: the help that stands on the page (`X07`).
fn types(visit: &Visit) -> Vec<(String, Vec<Type>)> {
    let (words, catalogs) = (visit.words, visit.org.catalogs());
    let of = |group: &str| {
        let actions = catalogs.actions().filter(|action| {
            action.group.as_deref() == Some(group) || action.team_group.as_deref() == Some(group)
        });
        // What every log has comes behind what this one is about.
        let (shared, own): (Vec<_>, Vec<_>) =
            actions.partition(|action| shipped(SHARED).is_some_and(|it| it.get(&action.key).is_some()));
        let types = own.into_iter().chain(shared).filter_map(|action| {
            let id = format!("occurs-{}", action.key.replace(['.', '_'], "-"));
            let occurs = words.has(&id).then(|| words.say(&id))?;
            Some(Type {
                icon: action.icon.clone().unwrap_or_else(|| "pulse".to_owned()),
                tone: action.tone.as_str(),
                label: Text::short(catalogs.names().label(&action.label)),
                occurs,
            })
        });
        types.collect::<Vec<_>>()
    };
    let groups = GROUPS.iter().map(|group| (group_name(group, words), of(group)));
    groups.filter(|(_, types)| !types.is_empty()).collect()
}
