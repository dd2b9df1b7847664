//! What stands beside an event: what it belongs to, what came with it, what else happened to its record and by its actor.
//!
//! Deliberately absent: permission; every list here is asked for as its reader, and what is hidden is not in it.

use everlog_core::event::{Event, Origin};
use everlog_core::ids::Seq;
use everlog_core::query::{Query, TargetRef};
use everlog_core::search::{Field, Needle, Search, Term};
use everlog_core::text::tokens;
use serde_json::Value;

use crate::app::App;
use crate::viewer::address::Address;
use crate::viewer::dates::When;
use crate::viewer::details::Place;
use crate::viewer::person::shown;
use crate::viewer::problem::Problem;
use crate::viewer::table::{self, Presenter};
use crate::viewer::text::{CELL_CHARS_MAX, Text, shorten};
use crate::words::Words;

/// Most rows of one group.
const ROWS_MAX: usize = 5;
/// How many records of an event have a group of their own.
const RECORDS_MAX: usize = 3;
/// How many events are looked through for those of one request or session.
const LOOKED_AT_MAX: usize = 50;
/// What "around that time" means, in milliseconds to each side.
const AROUND_MS: u64 = 15 * 60 * 1000;
/// How far from an event those of its session are looked for, in milliseconds.
const SESSION_MS: u64 = 24 * 60 * 60 * 1000;

/// Everything beside an event.
pub(super) struct Related {
    pub parents: Vec<(Text, Text, String)>,
    pub groups: Vec<Group>,
}

/// Events that have something in common with this one.
pub(super) struct Group {
    pub title: String,
    pub rows: Vec<RelatedRow>,
    /// Where all of them are: its words, and whether it leads to a page without the drawer.
    pub all: Option<(String, String)>,
}

pub(super) struct RelatedRow {
    pub href: String,
    pub label: Text,
    pub tone: &'static str,
    pub text: Text,
    pub actor: Text,
    pub when: When,
}

impl Related {
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn read(
        app: &App,
        event: &Event,
        place: &Place<'_>,
        presenter: &Presenter<'_>,
    ) -> Result<Self, Problem> {
        let beside = Beside { app, event, place, presenter, words: place.visit.words };
        let mut groups = Vec::new();
        beside.causes(&mut groups)?;
        beside.same_id(&mut groups, "related-request", event.document.event.context.request_id.as_deref())?;
        beside.records(&mut groups)?;
        beside.process(&mut groups)?;
        beside.same_id(&mut groups, "related-session", event.document.event.context.session_id.as_deref())?;
        beside.actor(&mut groups)?;
        Ok(Self { parents: beside.parents(), groups })
    }
}

struct Beside<'a> {
    app: &'a App,
    event: &'a Event,
    place: &'a Place<'a>,
    presenter: &'a Presenter<'a>,
    words: Words,
}

impl Beside<'_> {
    fn parents(&self) -> Vec<(Text, Text, String)> {
        let parents = self.event.document.event.targets.iter().filter_map(|target| target.parent.as_ref());
        let mut shown: Vec<(Text, Text, String)> = Vec::new();
        for parent in parents {
            let name = Text::name(parent.name.as_ref().unwrap_or(&parent.id));
            let row = (Text::short(&parent.kind), name, self.place.record(&parent.kind, &parent.id));
            if !shown.contains(&row) {
                shown.push(row);
            }
        }
        shown
    }

    /// What this event follows from, and what followed from it; positions are not for restricted readers.
    fn causes(&self, groups: &mut Vec<Group>) -> Result<(), Problem> {
        let org = &self.place.visit.org;
        if org.scope().is_restricted() {
            return Ok(());
        }
        if let Some(cause) = self.event.document.served.cause {
            let cause = self.app.reader.event(org, &cause.to_string())?;
            self.add(groups, self.words.say("related-cause"), cause.into_iter().collect(), None);
        }
        let mut records: Vec<Seq> = self.event.erased.iter().map(|erased| erased.by).collect();
        records.dedup();
        let listed = self.event.document.event.metadata.get("erased").and_then(Value::as_object);
        let is_record = self.event.document.served.kind == Origin::Erasure;
        let listed = listed.filter(|_| is_record).into_iter().flat_map(|it| it.keys());
        let erased: Vec<Seq> = listed.filter_map(|seq| seq.parse().ok().map(Seq)).collect();
        for (title, mut seqs) in [("related-erasure", records), ("related-erased", erased)] {
            seqs.sort_unstable();
            seqs.dedup();
            seqs.truncate(ROWS_MAX + 1);
            let mut events = Vec::new();
            for seq in seqs {
                events.extend(self.app.reader.event(org, &seq.to_string())?);
            }
            self.add(groups, self.words.say(title), events, None);
        }
        let implied = self.app.reader.implied(org, self.event.seq)?;
        self.add(groups, self.words.say("related-implied"), implied, None);
        Ok(())
    }

    fn records(&self, groups: &mut Vec<Group>) -> Result<(), Problem> {
        for target in self.event.document.event.targets.iter().take(RECORDS_MAX) {
            let record = TargetRef { kind: target.kind.clone(), id: target.id.clone() };
            let mut query = Query::default();
            query.only.targets = vec![record];
            let name = shorten(target.shown(), CELL_CHARS_MAX);
            let title = self.words.fill("related-record", [("name", name.as_str().into())]);
            let all = (self.words.say("related-record-all"), self.place.record(&target.kind, &target.id));
            let events = self.some(&query, ROWS_MAX + 1)?;
            self.add(groups, title, events, Some(all));
        }
        Ok(())
    }

    fn process(&self, groups: &mut Vec<Group>) -> Result<(), Problem> {
        let Some(process) = &self.event.document.event.process else { return Ok(()) };
        let mut query = Query::default();
        query.only.processes = vec![process.clone()];
        let all = self.list().with("process", process).href();
        let events = self.some(&query, ROWS_MAX + 1)?;
        self.add(
            groups,
            self.words.say("related-process"),
            events,
            Some((self.words.say("related-all"), all)),
        );
        Ok(())
    }

    /// The events of the same request or session: found by the words of the id, kept where all of it is the same.
    fn same_id(&self, groups: &mut Vec<Group>, title: &str, id: Option<&str>) -> Result<(), Problem> {
        let Some(id) = id else { return Ok(()) };
        let phrase: Vec<String> = tokens(id).collect();
        if phrase.is_empty() {
            return Ok(());
        }
        let term = Term { negated: false, field: Some(Field::Id), needle: Needle::Phrase(phrase) };
        let query = Query { search: Search { terms: vec![term] }, ..self.around(SESSION_MS) };
        let mut events = self.some(&query, LOOKED_AT_MAX)?;
        events.retain(|it| {
            let context = &it.document.event.context;
            [&context.request_id, &context.session_id].into_iter().flatten().any(|it| it == id)
        });
        self.add(groups, self.words.say(title), events, None);
        Ok(())
    }

    fn actor(&self, groups: &mut Vec<Group>) -> Result<(), Problem> {
        let actor = &self.event.document.event.actor;
        let Some(id) = actor.id.as_ref().or(actor.email.as_ref()) else { return Ok(()) };
        let mut query = self.around(AROUND_MS);
        query.only.actors = vec![id.clone()];
        let name = shown(actor, &self.presenter.profile.defaults.system_name, self.words);
        let name = shorten(&name, CELL_CHARS_MAX);
        let title = self.words.fill("related-actor", [("name", name.as_str().into())]);
        let all = (self.words.say("related-all"), self.list().with("actor", id).href());
        let events = self.some(&query, ROWS_MAX + 1)?;
        self.add(groups, title, events, Some(all));
        Ok(())
    }

    fn around(&self, ms: u64) -> Query {
        let at = self.event.occurred_ms();
        let (from_ms, to_ms) = (Some(at.saturating_sub(ms)), Some(at.saturating_add(ms)));
        Query { from_ms, to_ms, ..Query::default() }
    }

    /// The list without any filter, over all time.
    fn list(&self) -> Address {
        self.place.address.cleared().with("range", "all")
    }

    fn some(&self, query: &Query, limit: usize) -> Result<Vec<Event>, Problem> {
        Ok(self.app.reader.some(&self.place.visit.org, query, limit)?)
    }

    fn add(&self, groups: &mut Vec<Group>, title: String, events: Vec<Event>, all: Option<(String, String)>) {
        let others = events.iter().filter(|event| event.seq != self.event.seq).take(ROWS_MAX);
        let rows: Vec<_> = others.map(|event| self.row(event)).collect();
        if !rows.is_empty() {
            groups.push(Group { title, rows, all });
        }
    }

    fn row(&self, event: &Event) -> RelatedRow {
        let sent = &event.document.event;
        let described = self.presenter.catalogs.describe(&sent.action);
        let (label, tone) = self.presenter.tag(event, &described);
        RelatedRow {
            href: self.place.event(event.id()),
            label: Text::short(&label),
            tone,
            text: table::told(sent, CELL_CHARS_MAX, self.presenter.catalogs, self.words),
            actor: Text::name(&shown(&sent.actor, &self.presenter.profile.defaults.system_name, self.words)),
            when: self.place.clock.when(event.occurred_ms()),
        }
    }
}
