//! The details of one event: what happened, to what, by whom, from where, and what it changed.
//!
//! Deliberately absent: related events and proofs. What stands here is in the event itself.

use askama::Template;
use everlog_core::event::{Event, Target};
use everlog_core::sentence::{plain, sentence};
use serde_json::{Map, Value};

use crate::read::present;
use crate::viewer::address::Address;
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::changes::{ChangeTable, Side, pretty};
use crate::viewer::dates::{Clock, When};
use crate::viewer::icons;
use crate::viewer::person::{Person, shown};
use crate::viewer::session::Visit;
use crate::viewer::table::{self, Presenter};
use crate::viewer::text::Text;
use crate::viewer::words::Words;

/// The details, alone or in the drawer.
#[derive(Template)]
#[template(path = "viewer/details_page.html")]
pub(super) struct DetailsPage {
    urls: &'static Urls,
    words: Words,
    organization: String,
    list: String,
    details: Details,
}

/// The details in the drawer.
#[derive(Template)]
#[template(path = "viewer/details.html")]
pub(super) struct Details {
    words: Words,
    label: Text,
    plain_title: String,
    tone: &'static str,
    category: Text,
    hue: u32,
    description: Text,
    names: Vec<Name>,
    person: Person,
    role: Option<Text>,
    ip: Option<String>,
    location: Option<Text>,
    when: When,
    notes: Vec<String>,
    facts: Vec<Fact>,
    changes: Option<ChangeTable>,
    metadata: Vec<Datum>,
    json: String,
    href: String,
    is_page: bool,
    /// The element of its headings: one below its title.
    heading: &'static str,
}

/// A record that the event is about (D09, D26).
struct Name {
    name: Text,
    kind: Text,
    id: Text,
    url: Option<String>,
    parent: Option<Text>,
}

/// One line of the overview.
struct Fact {
    term: &'static str,
    text: Text,
    is_code: bool,
}

/// One member of the metadata.
struct Datum {
    key: Text,
    value: Text,
    nested: Option<String>,
}

/// The details of an event for this visit; `address` is the list it was opened from.
pub(super) fn details(event: &Event, visit: &Visit, address: &Address, is_page: bool) -> Details {
    let entry = visit.org.entry();
    let (profile, catalogs) = (&entry.profile, &entry.catalogs);
    let clock = Clock {
        now_ms: visit.now_ms,
        zone: visit.zone.clone(),
        style: profile.date_style,
        words: visit.words,
    };
    let path = format!("/view/{}", entry.row.id);
    let pictures = visit.pictures();
    let presenter = Presenter {
        profile,
        catalogs,
        clock: &clock,
        address,
        reader: &visit.session.user.id,
        path: &path,
        categories: &table::categories(catalogs),
        pictures: &pictures,
    };
    let sent = &event.document.event;
    let described = catalogs.describe(&sent.action);
    let (label, tone) = presenter.tag(event, &described);
    let system = &profile.defaults.system_name;
    let role = sent.actor.role.as_deref().map(Text::name);
    let mut facts = facts(event, &clock);
    if let Some(account) = &sent.on_behalf_of {
        facts.insert(
            0,
            Fact {
                term: "Account used",
                text: Text::name(&shown(account, system, visit.words)),
                is_code: false,
            },
        );
    }
    Details {
        words: visit.words,
        plain_title: format!("{} – {label}", described.category),
        label: Text::short(&label),
        tone,
        hue: presenter.category_hue(&described.category),
        category: Text::short(&described.category),
        description: table::told(sent, &sentence(sent, catalogs)),
        names: sent.targets.iter().map(name).collect(),
        person: Person::of(sent, system, visit.words).pictured(&sent.actor, &pictures),
        role,
        ip: sent.context.ip.clone(),
        location: sent.context.location.as_deref().map(Text::new),
        when: clock.exact_when(event.occurred_ms()),
        notes: notes(event),
        facts,
        changes: sent.changes.as_ref().and_then(|changes| ChangeTable::new(changes, described.kind)),
        metadata: metadata(&sent.metadata),
        json: pretty(&present(event, &visit.org)),
        href: presenter.row(event, 0).href,
        is_page,
        heading: if is_page { "h2" } else { "h3" },
    }
}

/// The details as a page of their own.
pub(super) fn details_page(event: &Event, visit: &Visit, address: &Address) -> DetailsPage {
    let organization = visit.org.entry().row.name.clone();
    DetailsPage {
        urls: &URLS,
        words: visit.words,
        organization,
        list: address.href(),
        details: details(event, visit, address, true),
    }
}

fn name(target: &Target) -> Name {
    let parent = target.parent.as_ref();
    Name {
        name: Text::name(target.shown()),
        kind: Text::short(&target.kind),
        id: Text::short(&target.id),
        url: target.url.clone().filter(|url| is_web(url)),
        parent: parent.map(|it| Text::name(&format!("{} {}", it.kind, it.name.as_ref().unwrap_or(&it.id)))),
    }
}

/// Whether a URL leads to a page: anything else could run script.
fn is_web(url: &str) -> bool {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let is_plain = url.chars().all(|c| !c.is_control() && !c.is_whitespace());
    is_plain && (lower.starts_with("https://") || lower.starts_with("http://"))
}

/// What a reader must know to judge the event (X04).
fn notes(event: &Event) -> Vec<String> {
    let served = &event.document.served;
    let mut notes = Vec::new();
    if !served.automated.is_empty() {
        let why = served.automated.join(", ");
        notes.push(format!("Probably not a person: a mail scanner or another program opened this ({why})."));
    }
    if !served.anomalies.is_empty() {
        let what = served.anomalies.join(", ");
        notes.push(format!("Taken in as history; today it would be refused ({what})."));
    }
    if !served.redacted.is_empty() {
        notes.push(format!("Removed before recording: {}.", served.redacted.join(", ")));
    }
    notes
}

fn facts(event: &Event, clock: &Clock) -> Vec<Fact> {
    let sent = &event.document.event;
    let context = &sent.context;
    let mut facts = Vec::new();
    let mut add = |term: &'static str, text: Option<&str>, is_code: bool| {
        facts.extend(text.map(|text| Fact { term, text: Text::new(text), is_code }));
    };
    let outcome = sent.outcome.as_str();
    add("Outcome", Some(outcome).filter(|it| *it != "success"), false);
    add("Reason", sent.reason.as_deref(), false);
    add("Channel", context.channel.map(|channel| channel.as_str()), false);
    add("Device", context.user_agent.as_deref(), false);
    add("Process", sent.process.as_deref(), true);
    add("Signee", sent.signee.as_deref(), true);
    add("Session", context.session_id.as_deref(), true);
    add("Request", context.request_id.as_deref(), true);
    add("Recorded", Some(&clock.exact(event.received_ms)), false);
    add("Action", Some(&sent.action), true);
    add("Event ID", Some(event.id()), true);
    facts
}

fn metadata(metadata: &Map<String, Value>) -> Vec<Datum> {
    let datum = |(key, value): (&String, &Value)| {
        let is_nested = value.is_object() || plain(value).is_none_or(|_| is_deep(value));
        Datum {
            key: Text::name(key),
            value: Text::new(&plain(value).unwrap_or_else(|| "null".to_owned())),
            nested: (is_nested && !value.is_null()).then(|| pretty(value)),
        }
    };
    metadata.iter().map(datum).collect()
}

fn is_deep(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(|item| item.is_object() || item.is_array()))
}
