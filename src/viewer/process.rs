//! The page of one document under signature: where it stands, who is in it, what happened, what can be taken away.
//!
//! Deliberately absent: deciding anything. What a program is suspected behind was marked when it was recorded.

use askama::Template;
use everlog_core::event::{ActorKind, Event};
use everlog_core::process::{Signee, State};

use crate::app::App;
use crate::read::process::Process;
use crate::trail::model::with_names;
use crate::viewer::address::{Address, encode};
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::dates::When;
use crate::viewer::details::Place;
use crate::viewer::icons;
use crate::viewer::list_path;
use crate::viewer::person::Person;
use crate::viewer::problem::Problem;
use crate::viewer::session::{Visit, chosen};
use crate::viewer::table;
use crate::viewer::text::{CELL_CHARS_MAX, Text, shorten};
use crate::words::Words;

/// The groups of the types of an audit trail, in order (`X07`).
const GROUPS: &[&str] = &["creation", "signer", "team", "system", "end"];
/// The group of what no catalog puts into one.
const OTHER: &str = "other";
/// The parameter that orders the log of a process by groups.
const BY: &str = "by";
/// How many events the page shows: a process has some tens.
const EVENTS_SHOWN: usize = 1_000;

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
    downloads: Vec<Download>,
    signees: Vec<SigneeRow>,
    by_time: String,
    by_group: String,
    is_by_group: bool,
    sections: Vec<Section>,
    /// How many events are not shown.
    more: Option<String>,
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

struct SigneeRow {
    name: Text,
    second: Option<Text>,
    role: Option<Text>,
    stance: Stance,
    is_optional: bool,
    identified: String,
    sent: Option<When>,
    viewed: Option<When>,
    ended: Option<When>,
    reason: Option<Text>,
    from: Option<String>,
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
}

/// What became of a message to somebody (`L53`).
struct Notice {
    when: When,
    channel: Text,
    to: Text,
    status: Text,
    reason: Option<Text>,
    href: String,
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
    let process = app.reader.process(&visit.org, key)?.ok_or(Problem::NoEvent)?;
    let events = app.reader.process_events(&visit.org, key)?;
    let place = Place::new(visit, address);
    let is_by_group = chosen(sent, BY) == Some("group");
    let path = file_page(visit, key);
    let (words, state) = (visit.words, &process.state);
    let name = state.display_name.as_deref().or(state.file_name.as_deref()).unwrap_or(key);
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
        downloads: downloads(visit, &process),
        signees: state.signees.iter().map(|signee| signee_row(&place, signee)).collect(),
        by_time: shown.href(),
        by_group: format!("{}{grouped}", shown.href()),
        is_by_group,
        has_automated: entries.iter().any(|entry| !entry.automated.is_empty()),
        sections: if is_by_group { sections(words, entries) } else { vec![Section { title: None, entries }] },
        more: (hidden > 0).then(|| words.fill("process-more", [("count", (hidden as f64).into())])),
        notices: events.iter().filter_map(|event| notice(&place, event)).collect(),
        types: types(visit),
        zone: place.clock.zone_name(),
    })
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
    let path = file_page(visit, &process.key);
    let download = |id: &str, file: &str, icon| Download {
        label: visit.words.say(id),
        href: format!("{path}/{file}?lang={}", visit.words.tag()),
        icon,
    };
    let mut downloads = vec![
        download("process-trail-html", "audit-trail.html", "file-preview"),
        download("process-trail-pdf", "audit-trail.pdf", "file"),
        download("process-trail-json", "audit-trail.json", "file"),
    ];
    if process.state.trail.is_some() && process.state.deleted_ms.is_none() {
        downloads.insert(0, download("process-final", "final.pdf", "file-check"));
    }
    downloads
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

fn signee_row(place: &Place<'_>, signee: &Signee) -> SigneeRow {
    let words = place.visit.words;
    let asked = [
        (signee.auth.sms, "sms"),
        (signee.auth.otp, "otp"),
        (signee.auth.pin, "pin"),
        (signee.auth.id_check, "id_check"),
    ];
    let methods = asked.iter().filter(|(is_asked, _)| *is_asked).map(|(_, method)| {
        let is_done = signee.authenticated.iter().any(|done| done == method);
        let told = words.say(&format!("trail-method-{}", method.replace('_', "-")));
        if is_done { format!("{told} ✓") } else { told }
    });
    let when = |ms: Option<u64>| ms.map(|ms| place.clock.exact_when(ms));
    SigneeRow {
        name: Text::name(&shorten(signee.shown(), 120)),
        second: signee.email.as_deref().filter(|_| signee.name.is_some()).map(Text::short),
        role: signee.role.as_deref().map(Text::short),
        stance: Stance {
            label: words.say(&format!("trail-stand-{}", signee.stand).replace('_', "-")),
            tone: signee.stand.tone().as_str(),
        },
        is_optional: !signee.is_required,
        identified: methods.collect::<Vec<_>>().join(", "),
        sent: when(signee.sent_ms),
        viewed: when(signee.viewed_ms),
        ended: when(signee.signed_ms.or(signee.ended_ms)),
        reason: signee.reason.as_deref().map(|reason| Text::new(&shorten(reason, CELL_CHARS_MAX))),
        from: signee.ip.clone(),
    }
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

fn notice(place: &Place<'_>, event: &Event) -> Option<Notice> {
    let sent = &event.document.event;
    let channel = sent.action.strip_prefix("delivery.")?;
    let words = place.visit.words;
    let text = |name: &str| sent.metadata.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let status = [text("event"), text("status")].into_iter().find(|text| !text.is_empty()).unwrap_or("–");
    let channel = match channel {
        "sms" => words.say("channel-sms"),
        "confirmation" => words.say("channel-confirmation"),
        "salesperson" => words.say("channel-salesperson"),
        other => other.to_owned(),
    };
    Some(Notice {
        when: place.clock.exact_when(event.occurred_ms()),
        channel: Text::short(&channel),
        to: Text::name(&shorten(text("to"), 120)),
        status: Text::short(status),
        reason: Some(text("reason")).filter(|reason| !reason.is_empty()).map(Text::short),
        href: place.event(event.id()),
    })
}

/// The types of an audit trail and when each occurs, by their groups: the help that stands on the page (`X07`).
fn types(visit: &Visit) -> Vec<(String, Vec<Type>)> {
    let (words, catalogs) = (visit.words, visit.org.catalogs());
    let of = |group: &str| {
        let actions = catalogs.actions().filter(|action| {
            action.group.as_deref() == Some(group) || action.team_group.as_deref() == Some(group)
        });
        let types = actions.filter_map(|action| {
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
