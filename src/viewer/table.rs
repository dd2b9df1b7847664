//! The table of a page: which columns, what stands in each cell, where a row and a heading lead.
//!
//! Deliberately absent: any word on a profile. Columns, titles and orders are what it says.

use everlog_core::catalog::{Catalogs, Described, Told, Tone};
use everlog_core::event::{Event, NewEvent, Outcome};
use everlog_core::profile::{Column, ColumnField, List, Profile, SortKey};
use everlog_core::query::{FILTER_VALUE_BYTES_MAX, SortBy};
use everlog_core::sentence::tell;

use crate::settings::origin::WebOrigin;
use crate::viewer::address::{Address, encode};
use crate::viewer::dates::{Clock, When};
use crate::viewer::person::{HUES, Person, hue};
use crate::viewer::text::{CELL_CHARS_MAX, Text, Whose, shorten};
use crate::words::Words;

/// How far the hues of neighbouring categories lie apart; shares no divisor with `HUES`, so that each gets its own.
const HUE_STEP: u32 = 7;

/// The order of a list that is asked for in no other.
const NEWEST_FIRST: &str = "-time";

/// A heading.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heading {
    pub field: &'static str,
    pub title: String,
    pub sort: Option<SortLink>,
}

/// Where a click on a heading leads, and how the list is ordered by it now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SortLink {
    pub href: String,
    /// `ascending`, `descending` or empty.
    pub now: &'static str,
}

/// One event of the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub id: String,
    pub href: String,
    /// Its place in the list, from 1.
    pub number: u64,
    /// What stands in each column, and what a filter for it is.
    pub cells: Vec<(Cell, Option<By>)>,
}

/// The filter for what a cell shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct By {
    /// The parameter.
    pub name: &'static str,
    /// Its value as it stands in a URL: in markup it hides and turns round nothing.
    pub value: String,
}

/// What stands in one cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Number(u64),
    Date(When),
    Description(Text),
    User(Box<Person>),
    Action { label: Text, tone: &'static str },
    Category { label: Text, hue: u32 },
    Ip(Option<String>),
    Details { label: String },
    Icon { name: String, tone: &'static str },
    Plain(Text),
}

impl Cell {
    /// The field of the profile that the cell shows, for the style sheet.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Date(_) => "date",
            Self::Description(_) => "description",
            Self::User(_) => "user",
            Self::Action { .. } => "action",
            Self::Category { .. } => "category",
            Self::Ip(_) => "ip",
            Self::Details { .. } => "details",
            Self::Icon { .. } => "icon",
            Self::Plain(_) => "plain",
        }
    }
}

/// What a row needs to know to be shown.
pub(super) struct Presenter<'a> {
    pub profile: &'a Profile,
    pub catalogs: &'a Catalogs,
    pub clock: &'a Clock,
    pub address: &'a Address,
    /// The reader: some actions read differently to who did them.
    pub reader: &'a str,
    pub path: &'a str,
    /// The categories of the catalogs in order, for their hues.
    pub categories: &'a [String],
    /// Where pictures of people may come from.
    pub pictures: &'a [WebOrigin],
}

/// The columns of a profile's log.
pub(super) fn columns(profile: &Profile) -> &[Column] {
    match profile.list {
        List::Log => &profile.columns,
        // Processes have a list of their own; this is that of their events.
        List::Processes => &profile.process_columns,
    }
}

/// The order in force, whether it is turned round and by what; `usual` where none is asked for.
pub(super) fn order_now<'a>(address: &'a Address, usual: &'a str) -> (bool, &'a str) {
    let sort = address.one("sort").unwrap_or(usual);
    sort.strip_prefix('-').map_or((false, sort), |by| (true, by))
}

/// How a list is ordered by a heading now, as `aria-sort` says it; empty where it is not.
pub(super) fn direction(is_now: bool, descending: bool) -> &'static str {
    match (is_now, descending) {
        (false, _) => "",
        (true, true) => "descending",
        (true, false) => "ascending",
    }
}

/// The headings, each with its order.
pub(super) fn headings(profile: &Profile, address: &Address, words: Words) -> Vec<Heading> {
    let (descending, by) = order_now(address, NEWEST_FIRST);
    let link = |key: SortKey| {
        let known = sort_by(key)?;
        let is_now = by == known.as_str();
        // Dates begin with the newest, names with A.
        let next = match (is_now, known) {
            (true, _) => !descending,
            (false, SortBy::Time) => true,
            (false, _) => false,
        };
        let value = format!("{}{}", if next { "-" } else { "" }, known.as_str());
        let address =
            if value == NEWEST_FIRST { address.without("sort") } else { address.with("sort", &value) };
        Some(SortLink { href: address.href(), now: direction(is_now, descending) })
    };
    let heading = |column: &Column| Heading {
        field: column.field.as_str(),
        title: words.title(&column.title),
        sort: column.sortable.and_then(link),
    };
    columns(profile).iter().map(heading).collect()
}

/// The orders of the list, for where there is no room for headings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Orders {
    pub path: String,
    /// What a change of the order takes along.
    pub carried: Vec<(String, String)>,
    /// Value, words, and whether it is in force.
    pub choices: Vec<(String, String, bool)>,
}

/// Both directions of what the headings sort by, the time first; nothing where none does.
pub(super) fn orders(profile: &Profile, address: &Address, words: Words) -> Option<Orders> {
    let now = address.one("sort").unwrap_or(NEWEST_FIRST);
    let mut choices = Vec::new();
    for column in columns(profile) {
        let Some(key) = column.sortable.and_then(sort_by) else { continue };
        let title = words.title(&column.title);
        let told = |id: &str| words.fill(id, [("title", title.as_str().into())]);
        let (rising, falling) = (key.as_str().to_owned(), format!("-{}", key.as_str()));
        if key == SortBy::Time {
            choices.insert(0, (rising, words.say("sort-oldest")));
            choices.insert(0, (falling, words.say("sort-newest")));
        } else {
            choices.extend([(rising, told("sort-rising")), (falling, told("sort-falling"))]);
        }
    }
    let carried = address.params().filter(|(name, _)| *name != "sort");
    (!choices.is_empty()).then(|| Orders {
        path: address.path().to_owned(),
        carried: carried.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        choices: choices
            .into_iter()
            .map(|(value, told)| {
                let is_now = value == now;
                // The order that stands without being asked for is in no address.
                (if value == NEWEST_FIRST { String::new() } else { value }, told, is_now)
            })
            .collect(),
    })
}

/// What the log can be sorted by of what a profile names.
fn sort_by(key: SortKey) -> Option<SortBy> {
    SortBy::ALL.iter().copied().find(|it| it.as_str() == key.as_str())
}

impl Presenter<'_> {
    /// One event as a row; `number` is its place in the list, from 1.
    pub(super) fn row(&self, event: &Event, number: u64) -> Row {
        let path = format!("{}/events/{}", self.path, encode(event.id()));
        let cells = columns(self.profile)
            .iter()
            .map(|column| (self.cell(column.field, event, number), self.by(column.field, event)));
        Row { id: event.id().to_owned(), href: self.address.on(path).href(), number, cells: cells.collect() }
    }

    /// The filter for what a column shows of an event.
    fn by(&self, field: ColumnField, event: &Event) -> Option<By> {
        self.filter_of(field, event).map(|(name, value)| By { name, value: encode(&value) })
    }

    /// The parameter, and its value, that filter for what a column shows of an event.
    pub(super) fn filter_of(&self, field: ColumnField, event: &Event) -> Option<(&'static str, String)> {
        let sent = &event.document.event;
        let (name, value) = match field {
            ColumnField::User => {
                ("actor", sent.actor.id.clone().unwrap_or_else(|| sent.actor.kind.as_str().to_owned()))
            }
            ColumnField::Category => ("category", self.catalogs.describe(&sent.action).category),
            ColumnField::Action => ("action", sent.action.clone()),
            ColumnField::Ip => ("ip", sent.context.ip.clone()?),
            _ => return None,
        };
        (1..=FILTER_VALUE_BYTES_MAX).contains(&value.len()).then_some((name, value))
    }

    fn cell(&self, field: ColumnField, event: &Event, number: u64) -> Cell {
        let sent = &event.document.event;
        let described = self.catalogs.describe(&sent.action);
        match field {
            ColumnField::Number => Cell::Number(number),
            ColumnField::Date => Cell::Date(self.clock.when(event.occurred_ms())),
            ColumnField::Description => {
                Cell::Description(told(sent, CELL_CHARS_MAX, self.catalogs, self.clock.words))
            }
            ColumnField::User => {
                let person = Person::of(sent, &self.profile.defaults.system_name, self.clock.words);
                Cell::User(Box::new(person.pictured(&sent.actor, self.pictures)))
            }
            ColumnField::Action => {
                let (label, tone) = self.tag(event, &described);
                Cell::Action { label: Text::short(&label), tone }
            }
            ColumnField::Category => {
                let hue = self.category_hue(&described.category);
                Cell::Category {
                    label: Text::short(self.catalogs.names().category(&described.category)),
                    hue,
                }
            }
            ColumnField::Ip => Cell::Ip(sent.context.ip.clone()),
            ColumnField::Details => Cell::Details { label: self.label(event, &described) },
            ColumnField::Icon => {
                let (_, tone) = self.tag(event, &described);
                Cell::Icon { name: described.icon.unwrap_or_else(|| "pulse".to_owned()), tone }
            }
            ColumnField::Kind => {
                Cell::Plain(Text::new(&self.clock.words.say(&format!("kind-{}", described.kind.as_str()))))
            }
            ColumnField::Document => {
                let document = sent.targets.first().map(|target| target.shown()).unwrap_or_default();
                Cell::Plain(Text::name(document))
            }
            // Of a process, not of an event.
            ColumnField::Status | ColumnField::Signees | ColumnField::Started | ColumnField::LastActivity => {
                Cell::Plain(Text::default())
            }
        }
    }

    /// The label as this reader reads it (L22, L23, L25, L26).
    pub(super) fn label(&self, event: &Event, described: &Described) -> String {
        let is_own = event.document.event.actor.id.as_deref() == Some(self.reader);
        let known = self.catalogs.get(&event.document.event.action);
        let label = known.map_or(described.label.as_str(), |action| action.label_for_reader(is_own));
        self.catalogs.names().label(label).to_owned()
    }

    /// The label and the tone of what was done; what failed or was denied never looks like a success.
    pub(super) fn tag(&self, event: &Event, described: &Described) -> (String, &'static str) {
        let label = self.label(event, described);
        match event.document.event.outcome {
            Outcome::Success => (label, described.tone.as_str()),
            Outcome::Failure => (self.failed("outcome-failure", &label), Tone::Bad.as_str()),
            Outcome::Denied => (self.failed("outcome-denied", &label), Tone::Bad.as_str()),
        }
    }

    fn failed(&self, id: &str, label: &str) -> String {
        self.clock.words.fill(id, [("label", label.into())])
    }

    /// The hue that stays with a category: by its place in the catalogs, else by its name.
    pub(super) fn category_hue(&self, category: &str) -> u32 {
        let place = self.categories.iter().position(|known| known == category);
        let place = place.and_then(|place| u32::try_from(place).ok());
        place.map_or_else(|| hue(category), |place| place.wrapping_mul(HUE_STEP) % HUES)
    }
}

/// The sentence of an event in the reader's language, or as much of it as there is room for: the sender's own has its own
/// direction, ours that of its words, and what others wrote in it cannot turn it round.
pub(super) fn told(event: &NewEvent, chars_max: usize, catalogs: &Catalogs, words: Words) -> Text {
    if let Some(own) = &event.description {
        return Text::new(&shorten(own, chars_max));
    }
    let (mut pieces, mut room) = (Vec::new(), chars_max);
    tell(catalogs.names(), event, catalogs, &mut |piece| {
        if room > 0 {
            let text = shorten(piece.text(), room);
            room = room.saturating_sub(piece.text().chars().count());
            pieces.push((if matches!(piece, Told::Words(_)) { Whose::Ours } else { Whose::Theirs }, text));
        }
    });
    Text::told(&pieces, words.direction() == "rtl")
}

/// The categories that catalogs name, each once, in their order.
pub(super) fn categories(catalogs: &Catalogs) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    for action in catalogs.actions() {
        if !categories.contains(&action.category) {
            categories.push(action.category.clone());
        }
    }
    categories
}
