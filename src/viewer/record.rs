//! The history of one record: its timeline, and what it held at any moment.
//!
//! Deliberately absent: rebuilding (`core::history`), and permission; the timeline holds what its reader may see, and only
//! a reader of everything gets a state.

use std::collections::BTreeSet;

use askama::Template;
use everlog_core::catalog::Kind;
use everlog_core::event::{Change, Event, Target};
use everlog_core::history::{Gap, Missing, State};
use everlog_core::query::{Query, TargetRef, moment_in};
use serde_json::Value;

use crate::app::App;
use crate::read::{Events, ReadError, iso};
use crate::viewer::address::Address;
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::changes::{ChangeTable, Side};
use crate::viewer::dates::{Clock, When};
use crate::viewer::details::{Place, is_web, record_path, with};
use crate::viewer::icons;
use crate::viewer::list_path;
use crate::viewer::person::Person;
use crate::viewer::problem::Problem;
use crate::viewer::session::Visit;
use crate::viewer::table::{self, Presenter};
use crate::viewer::text::{CELL_CHARS_MAX, Text, escape_hidden, shorten};
use crate::words::{Words, grouped};

/// How many events a page of a timeline holds.
const EVENTS_SHOWN: usize = 50;
/// How many changed fields an entry of the timeline shows.
const CHANGES_SHOWN: usize = 4;
/// Longest value in an entry, in characters.
const VALUE_CHARS_MAX: usize = 60;
/// How many fields of a state are shown until all are asked for.
const FIELDS_SHOWN: usize = 200;
/// How many gaps are told.
const GAPS_SHOWN: usize = 10;

/// The page of a record.
#[derive(Template)]
#[template(path = "viewer/record.html")]
pub(super) struct RecordPage {
    urls: &'static Urls,
    words: Words,
    organization: String,
    list: String,
    kind: Text,
    id: Text,
    name: Text,
    plain_name: String,
    url: Option<String>,
    parent: Option<(Text, String)>,
    deletion: Option<Deletion>,
    panel: Option<Panel>,
    days: Vec<Day>,
    total: String,
    previous: Option<String>,
    next: Option<String>,
}

/// Who deleted it, and what it held.
struct Deletion {
    person: Person,
    when: When,
    href: String,
    held: Option<ChangeTable>,
}

/// What it held at a moment.
struct Panel {
    path: String,
    /// The moment, unless it is now.
    at: Option<When>,
    /// The moment as a field for dates has it.
    value: String,
    now: String,
    told: Told,
}

enum Told {
    TooMany,
    State {
        exists: Option<bool>,
        fields: Option<ChangeTable>,
        inferred: Vec<Text>,
        unknown: Vec<Text>,
        gaps: Vec<Text>,
        more_gaps: Option<String>,
    },
}

struct Day {
    label: String,
    entries: Vec<Entry>,
}

struct Entry {
    time: String,
    iso: String,
    label: Text,
    tone: &'static str,
    text: Text,
    person: Person,
    changes: Vec<ChangeLine>,
    more: Option<String>,
    href: String,
    then: Option<String>,
    is_chosen: bool,
}

/// A changed field in few words.
struct ChangeLine {
    field: Text,
    before: Option<Text>,
    after: Option<Text>,
}

/// The page of a record for this visit.
///
/// # Errors
/// When no event names it that may be seen, the moment cannot be understood, or the log cannot be read.
pub(super) fn record_page(
    app: &App,
    visit: &Visit,
    record: &TargetRef,
    params: &[(String, String)],
) -> Result<RecordPage, Problem> {
    let one = |name: &str| params.iter().find(|(key, value)| key == name && !value.is_empty());
    let at = one("at").map(|(name, text)| moment_in(name, text, &[], &visit.moment())).transpose();
    let at = at.map_err(Problem::Param)?;
    let address =
        Address::read(list_path(visit.org.entry().row.id.as_str()), &[], &visit.org.entry().profile);
    let mut asked = vec![("limit".to_owned(), EVENTS_SHOWN.to_string())];
    asked.extend(one("cursor").cloned());
    let reading = Reading::new(app, visit, record, &address, at);
    let question = app.reader.question_about(&visit.org, Some(record), &asked, &[], &visit.moment())?;
    let page = app.reader.page(&visit.org, &question)?;
    let total = app.reader.total(&visit.org, &question)?;
    reading.page(page, total)
}

/// One reading of one record.
struct Reading<'a> {
    app: &'a App,
    visit: &'a Visit,
    record: &'a TargetRef,
    place: Place<'a>,
    path: String,
    at: Option<u64>,
}

impl<'a> Reading<'a> {
    fn new(
        app: &'a App,
        visit: &'a Visit,
        record: &'a TargetRef,
        address: &'a Address,
        at: Option<u64>,
    ) -> Self {
        let place = Place::new(visit, address);
        let path = record_path(&place.path, &record.kind, &record.id);
        Self { app, visit, record, place, path, at }
    }

    fn page(self, page: Events, total: u64) -> Result<RecordPage, Problem> {
        let newest = self.newest()?.ok_or(Problem::NoEvent)?;
        let target = newest.document.event.targets.iter().find(|it| self.is_it(it));
        let name = target.map_or(self.record.id.as_str(), Target::shown);
        let parent = target.and_then(|it| it.parent.as_ref()).map(|it| {
            let shown = it.name.as_ref().unwrap_or(&it.id);
            (Text::name(&format!("{} {shown}", it.kind)), self.place.record(&it.kind, &it.id))
        });
        let may_rebuild = !self.visit.org.scope().is_restricted();
        let now = if may_rebuild { Some(self.state(u64::MAX)?) } else { None };
        let deletion = match &now {
            Some(Ok(state)) => self.deletion(state)?,
            Some(Err(_)) | None => self.deletion_of(&newest),
        };
        let panel = match (now, self.at) {
            (None, _) => None,
            (Some(now), None) => Some(self.panel(now)),
            (Some(_), Some(at)) => Some(self.panel(self.state(at)?)),
        };
        let step = |cursor: String| self.with_at(with(&self.path, "cursor", &cursor));
        Ok(RecordPage {
            urls: &URLS,
            words: self.visit.words,
            organization: self.visit.org.entry().row.name.clone(),
            list: self.place.address.href(),
            kind: Text::short(&self.record.kind),
            id: Text::short(&self.record.id),
            plain_name: escape_hidden(&shorten(name, CELL_CHARS_MAX)),
            url: target.and_then(|it| it.url.clone()).filter(|url| is_web(url)),
            parent,
            deletion,
            panel,
            days: self.days(&page.events),
            total: grouped(total),
            previous: page.previous.map(&step),
            next: page.next.map(&step),
            name: Text::name(name),
        })
    }

    fn is_it(&self, target: &Target) -> bool {
        target.kind == self.record.kind && target.id == self.record.id
    }

    fn with_at(&self, href: String) -> String {
        self.at.map_or(href.clone(), |at| with(&href, "at", &iso(at)))
    }

    /// The newest event that names the record, for its name and link.
    fn newest(&self) -> Result<Option<Event>, Problem> {
        let mut query = Query::default();
        query.only.targets = vec![self.record.clone()];
        Ok(self.app.reader.some(&self.visit.org, &query, 1)?.pop())
    }

    /// The state; nothing where the record has too many events.
    fn state(&self, at_ms: u64) -> Result<Result<State, ()>, Problem> {
        match self.app.reader.record_at(&self.visit.org, self.record, at_ms) {
            Ok(state) => Ok(Ok(state.unwrap_or_default())),
            Err(ReadError::TooManySteps) => Ok(Err(())),
            Err(why) => Err(why.into()),
        }
    }

    fn deletion(&self, state: &State) -> Result<Option<Deletion>, Problem> {
        let Some(id) = &state.deleted_by else { return Ok(None) };
        let Some(event) = self.app.reader.event(&self.visit.org, id)? else { return Ok(None) };
        let held = ChangeTable::of_values(&state.held, FIELDS_SHOWN);
        Ok(Some(Deletion { held, ..self.deleted_by(&event) }))
    }

    /// What the newest event tells a reader who gets no state.
    fn deletion_of(&self, newest: &Event) -> Option<Deletion> {
        let sent = &newest.document.event;
        let is_deletion = self.visit.org.entry().catalogs.describe(&sent.action).kind == Kind::Deleted;
        let held = sent.changes.as_ref().and_then(|it| ChangeTable::new(it, Kind::Deleted, FIELDS_SHOWN));
        is_deletion.then(|| Deletion { held, ..self.deleted_by(newest) })
    }

    fn deleted_by(&self, event: &Event) -> Deletion {
        let system = &self.visit.org.entry().profile.defaults.system_name;
        Deletion {
            person: Person::of(&event.document.event, system, self.visit.words),
            when: self.place.clock.exact_when(event.occurred_ms()),
            href: self.place.event(event.id()),
            held: None,
        }
    }

    fn panel(&self, state: Result<State, ()>) -> Panel {
        let clock = &self.place.clock;
        let told = match state {
            Err(()) => Told::TooMany,
            Ok(state) => {
                let names = |fields: &BTreeSet<String>| -> Vec<Text> {
                    fields.iter().take(FIELDS_SHOWN).map(|field| Text::name(field)).collect()
                };
                let gaps: Vec<_> =
                    state.gaps.iter().rev().take(GAPS_SHOWN).map(|gap| self.gap(gap)).collect();
                Told::State {
                    exists: state.exists,
                    fields: ChangeTable::of_values(&state.fields, FIELDS_SHOWN),
                    inferred: names(&state.inferred),
                    unknown: names(&state.unknown),
                    more_gaps: self.more("state-more-gaps", state.gaps_total - gaps.len()),
                    gaps,
                }
            }
        };
        let shown = self.at.unwrap_or(self.visit.now_ms);
        Panel {
            path: self.path.clone(),
            at: self.at.map(|at| clock.exact_when(at)),
            value: clock.at(shown).strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            now: self.path.clone(),
            told,
        }
    }

    fn gap(&self, gap: &Gap) -> Text {
        let words = self.visit.words;
        let when = self.place.clock.exact(gap.occurred_ms);
        let id = format!("gap-{}", gap.what.code());
        let not_there = words.say("value-missing");
        let told = match &gap.what {
            Missing::Change { field, known, found } => {
                let shown = |value: &Option<Value>| value.as_ref().map_or(not_there.clone(), in_few_words);
                let (field, known, found) = (shorten(field, VALUE_CHARS_MAX), shown(known), shown(found));
                let values = [
                    ("field", field.as_str().into()),
                    ("known", known.as_str().into()),
                    ("found", found.as_str().into()),
                    ("when", when.as_str().into()),
                ];
                words.fill(&id, values)
            }
            _ => words.fill(&id, [("when", when.as_str().into())]),
        };
        Text::new(&told)
    }

    fn more(&self, id: &str, count: usize) -> Option<String> {
        (count > 0).then(|| self.visit.words.fill(id, [("count", (count as f64).into())]))
    }

    fn days(&self, events: &[Event]) -> Vec<Day> {
        let categories = table::categories(self.visit.org.catalogs());
        let presenter = self.place.presenter(&categories);
        let mut days: Vec<Day> = Vec::new();
        for event in events {
            let label =
                self.visit.words.date("date-record-day", self.place.clock.at(event.occurred_ms()).datetime());
            let entry = self.entry(event, &presenter);
            match days.last_mut() {
                Some(day) if day.label == label => day.entries.push(entry),
                _ => days.push(Day { label, entries: vec![entry] }),
            }
        }
        days
    }

    fn entry(&self, event: &Event, presenter: &Presenter<'_>) -> Entry {
        let sent = &event.document.event;
        let (label, tone) = presenter.tag(event, &presenter.catalogs.describe(&sent.action));
        let changes = sent.changes.iter().flat_map(|changes| &changes.0);
        let occurred_ms = event.occurred_ms();
        let then = format!("{}#al-state", with(&self.path, "at", &iso(occurred_ms)));
        Entry {
            time: time(&self.place.clock, occurred_ms),
            iso: iso(occurred_ms),
            label: Text::short(&label),
            tone,
            text: table::told(sent, CELL_CHARS_MAX, self.visit.org.catalogs(), self.visit.words),
            person: Person::of(sent, &presenter.profile.defaults.system_name, self.visit.words),
            more: self.more("record-more-fields", changes.clone().count().saturating_sub(CHANGES_SHOWN)),
            changes: changes.take(CHANGES_SHOWN).map(line).collect(),
            href: self.place.event(event.id()),
            then: (!self.visit.org.scope().is_restricted()).then_some(then),
            is_chosen: self.at == Some(occurred_ms),
        }
    }
}

fn time(clock: &Clock, ms: u64) -> String {
    clock.at(ms).strftime("%H:%M:%S").to_string()
}

fn line((field, change): (&String, &Change)) -> ChangeLine {
    let shown = |value: &Option<Value>| value.as_ref().map(|value| Text::new(&in_few_words(value)));
    ChangeLine {
        field: Text::name(&shorten(field, VALUE_CHARS_MAX)),
        before: shown(&change.before),
        after: shown(&change.after),
    }
}

fn in_few_words(value: &Value) -> String {
    let text = everlog_core::sentence::plain(value).unwrap_or_else(|| value.to_string());
    shorten(&text, VALUE_CHARS_MAX)
}
