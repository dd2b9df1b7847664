//! Rows and columns: what stands in each cell, the same for every format that has cells.
//!
//! Deliberately absent: how a cell is written; that is the formats' own.

use std::sync::Arc;

use everlog_core::catalog::Catalogs;
use everlog_core::event::{Actor, ActorKind, Event, NewEvent, Outcome};
use everlog_core::profile::{Column, ColumnField, Profile};
use everlog_core::sentence::sentence_in;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::export::{Columns, Plan};

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words, exactly.
    Text(String),
    /// A position.
    Number(u64),
    /// A moment as the reader's clock shows it.
    Time(DateTime),
}

/// What heads a column.
pub(super) struct Heading {
    pub title: String,
    pub is_time: bool,
    /// How wide it is shown, in characters.
    pub width: f64,
    /// The zone of its times.
    pub zone: String,
}

/// Widths of columns, in characters: times, sentences and values, everything else.
const TIME_WIDTH: f64 = 20.0;
const WIDE_WIDTH: f64 = 60.0;
const WIDTH: f64 = 26.0;

/// Where a column of everything comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    /// A member of the event as the API shows it, by its pointer.
    Json(&'static str),
    /// When it happened, on the reader's clock.
    LocalTime,
}

/// Every member of an event, in reading order; what is a list or an object stands as JSON.
const FULL: &[(&str, From)] = &[
    ("seq", From::Json("/seq")),
    ("id", From::Json("/id")),
    ("organization", From::Json("/organization")),
    ("occurred_at", From::Json("/occurred_at")),
    ("occurred_at_local", From::LocalTime),
    ("received_at", From::Json("/received_at")),
    ("action", From::Json("/action")),
    ("label", From::Json("/label")),
    ("category", From::Json("/category")),
    ("kind", From::Json("/kind")),
    ("tone", From::Json("/tone")),
    ("description", From::Json("/description")),
    ("outcome", From::Json("/outcome")),
    ("reason", From::Json("/reason")),
    ("actor.type", From::Json("/actor/type")),
    ("actor.id", From::Json("/actor/id")),
    ("actor.name", From::Json("/actor/name")),
    ("actor.email", From::Json("/actor/email")),
    ("actor.role", From::Json("/actor/role")),
    ("on_behalf_of.type", From::Json("/on_behalf_of/type")),
    ("on_behalf_of.id", From::Json("/on_behalf_of/id")),
    ("on_behalf_of.name", From::Json("/on_behalf_of/name")),
    ("on_behalf_of.email", From::Json("/on_behalf_of/email")),
    ("on_behalf_of.role", From::Json("/on_behalf_of/role")),
    ("targets", From::Json("/targets")),
    ("process", From::Json("/process")),
    ("signee", From::Json("/signee")),
    ("context.ip", From::Json("/context/ip")),
    ("context.user_agent", From::Json("/context/user_agent")),
    ("context.location", From::Json("/context/location")),
    ("context.session_id", From::Json("/context/session_id")),
    ("context.request_id", From::Json("/context/request_id")),
    ("context.channel", From::Json("/context/channel")),
    ("audience", From::Json("/audience")),
    ("changes", From::Json("/changes")),
    ("metadata", From::Json("/metadata")),
    ("automated", From::Json("/automated")),
    ("anomalies", From::Json("/anomalies")),
    ("erased", From::Json("/erased")),
    ("cause", From::Json("/cause")),
    ("leaf_hash", From::Json("/leaf_hash")),
];
/// The columns that would tell a restricted reader how much is hidden.
const POSITIONS: &[&str] = &["seq", "cause"];
/// The columns of everything whose values are long.
const WIDE: &[&str] = &["description", "targets", "changes", "metadata"];

/// The columns of one file and what fills them.
pub(super) struct Table {
    columns: Columns,
    profile: Arc<Profile>,
    full: Vec<(&'static str, From)>,
    catalogs: Arc<Catalogs>,
    reader: Option<String>,
    zone: TimeZone,
}

impl Table {
    pub fn new(plan: &Plan) -> Self {
        let is_shown =
            |(title, _): &&(&'static str, From)| !(plan.is_restricted && POSITIONS.contains(title));
        Self {
            columns: plan.columns,
            profile: Arc::clone(&plan.profile),
            full: FULL.iter().filter(is_shown).copied().collect(),
            catalogs: Arc::clone(&plan.catalogs),
            reader: plan.reader.clone(),
            zone: plan.zone.clone(),
        }
    }

    /// The titles of the columns: the profile's own words, or the names of members.
    pub fn titles(&self) -> Vec<String> {
        match self.columns {
            Columns::Profile => self.profile.export_columns.iter().map(|it| it.title.clone()).collect(),
            Columns::Full => self.full.iter().map(|(title, _)| (*title).to_owned()).collect(),
        }
    }

    /// The titles with what a workbook shows of columns beside.
    pub fn headings(&self) -> Vec<Heading> {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        let heading = |title: &str, is_time: bool, is_wide: bool| Heading {
            title: title.to_owned(),
            is_time,
            width: if is_time { TIME_WIDTH } else { if is_wide { WIDE_WIDTH } else { WIDTH } },
            zone: zone.to_owned(),
        };
        let of_profile = |column: &Column| {
            let is_wide = column.field == ColumnField::Description;
            heading(&column.title, column.field == ColumnField::Date, is_wide)
        };
        let of_member =
            |(title, from): &(&str, From)| heading(title, *from == From::LocalTime, WIDE.contains(title));
        match self.columns {
            Columns::Profile => self.profile.export_columns.iter().map(of_profile).collect(),
            Columns::Full => self.full.iter().map(of_member).collect(),
        }
    }

    /// The cells of one event.
    pub fn cells(&self, event: &Event, json: &impl Fn(&Event) -> Value) -> Vec<Cell> {
        match self.columns {
            Columns::Profile => {
                self.profile.export_columns.iter().map(|column| self.cell(column.field, event)).collect()
            }
            Columns::Full => {
                let json = json(event);
                let cell = |(_, from): &(&str, From)| match from {
                    From::Json(pointer) => cell_of(json.pointer(pointer)),
                    From::LocalTime => self.time(event),
                };
                self.full.iter().map(cell).collect()
            }
        }
    }

    /// What the screen says of an event in this column, with dates and names in full.
    fn cell(&self, field: ColumnField, event: &Event) -> Cell {
        let sent = &event.document.event;
        match field {
            ColumnField::Date => self.time(event),
            ColumnField::Description => Cell::Text(sentence_in(self.catalogs.names(), sent, &self.catalogs)),
            ColumnField::User => Cell::Text(self.user(sent)),
            ColumnField::Action => Cell::Text(self.label(sent)),
            ColumnField::Category => {
                let category = self.catalogs.describe(&sent.action).category;
                Cell::Text(self.catalogs.names().category(&category).to_owned())
            }
            ColumnField::Kind => {
                let kind = self.catalogs.describe(&sent.action).kind;
                Cell::Text(self.catalogs.names().kind(kind).to_owned())
            }
            ColumnField::Ip => sent.context.ip.clone().map_or(Cell::Empty, Cell::Text),
            ColumnField::Document => {
                sent.targets.first().map_or(Cell::Empty, |target| Cell::Text(target.shown().to_owned()))
            }
            // Of a process, or of the screen alone.
            ColumnField::Status
            | ColumnField::Signees
            | ColumnField::Started
            | ColumnField::LastActivity
            | ColumnField::Number
            | ColumnField::Details
            | ColumnField::Icon => Cell::Empty,
        }
    }

    fn time(&self, event: &Event) -> Cell {
        let time =
            i64::try_from(event.occurred_ms()).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        Cell::Time(time.unwrap_or(Timestamp::MAX).to_zoned(self.zone.clone()).datetime())
    }

    /// The label as this reader reads it (L22, L23, L25, L26); what failed or was denied says so.
    fn label(&self, sent: &NewEvent) -> String {
        let is_own = self.reader.is_some() && sent.actor.id == self.reader;
        let known = self.catalogs.get(&sent.action).map(|action| action.label_for_reader(is_own).to_owned());
        let label = known.unwrap_or_else(|| self.catalogs.describe(&sent.action).label);
        let names = self.catalogs.names();
        let label = names.label(&label);
        match sent.outcome {
            Outcome::Success => label.to_owned(),
            Outcome::Failure => format!("{label} · {}", names.word("Failed").to_lowercase()),
            Outcome::Denied => format!("{label} · {}", names.word("Denied").to_lowercase()),
        }
    }

    /// Name and e-mail address (L08), and on whose account: `Sam Support <sam@vendor.example> for Ana Ruiz`.
    fn user(&self, sent: &NewEvent) -> String {
        let who = self.person(&sent.actor);
        match &sent.on_behalf_of {
            Some(account) => {
                let both = self.catalogs.names().word("{name} for {account}");
                let (before, behind) = both.split_once("{account}").unwrap_or((both, ""));
                let named = |part: &str| part.replacen("{name}", &who, 1);
                format!("{}{}{}", named(before), self.person(account), named(behind))
            }
            None => who,
        }
    }

    fn person(&self, actor: &Actor) -> String {
        match (&actor.name, &actor.email, &actor.id) {
            (Some(name), Some(email), _) => format!("{name} <{email}>"),
            (None, None, None) => match actor.kind {
                ActorKind::System => self.profile.defaults.system_name.clone(),
                ActorKind::Anonymous => "Anonymous".to_owned(),
                kind => kind.as_str().to_owned(),
            },
            _ => actor.shown().to_owned(),
        }
    }
}

/// A JSON value as a cell: words as they are, what has parts as JSON.
fn cell_of(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Empty,
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(Value::Number(number)) => {
            number.as_u64().map_or_else(|| Cell::Text(number.to_string()), Cell::Number)
        }
        Some(other) => Cell::Text(other.to_string()),
    }
}
