//! The query bar: what a reader can choose from, what is chosen, and the chips that take it back.
//!
//! Deliberately absent: a list of values that could occur. Only those that do are offered, with their counts.

use everlog_core::catalog::{Catalogs, Kind};
use everlog_core::profile::{ColumnField, Filter, Preset, Profile};
use jiff::civil::{Date, DateTime};

use crate::index::{FACET_VALUES_MAX, FacetField, FacetValue};
use crate::viewer::address::Address;
use crate::viewer::dates::Clock;
use crate::viewer::text::{Text, shorten};
use crate::words::{Words, grouped};

/// From how many values on a menu has a search of its own.
const MENU_SEARCH_FROM: usize = 9;
/// Longest label of a value in a menu or a chip, in characters.
const LABEL_CHARS_MAX: usize = 60;

/// One control of the bar.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// Values to choose from.
    Menu(Menu),
    /// The date.
    Range(RangeMenu),
}

/// Values to choose from: one, or any number.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    /// The parameter it sets.
    pub name: &'static str,
    /// What a reader calls it.
    pub label: String,
    /// Its icon.
    pub icon: &'static str,
    /// What the choice of nothing is called.
    pub any: String,
    /// What is chosen, in a word; empty when nothing is.
    pub chosen: String,
    /// Whether one value at most is chosen.
    pub is_single: bool,
    /// Whether it is long enough to be searched itself.
    pub has_search: bool,
    /// Whether its search also finds values that are not offered.
    pub has_more: bool,
    /// How the values beyond those offered are told of; empty when there are none.
    pub rest: String,
    /// What can be chosen.
    pub choices: Vec<Choice>,
}

impl Menu {
    /// What is chosen, as it is shown.
    pub fn chosen_text(&self) -> Text {
        Text::name(&self.chosen)
    }
}

/// One value of a menu.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What the parameter becomes.
    pub value: String,
    /// What a reader calls it.
    pub label: Text,
    /// What tells it from others of the same label.
    pub second: Option<Text>,
    /// The label without marks.
    pub plain: String,
    /// All that a script finds it by: whatever is shown of it, and its id.
    pub words: String,
    /// How many events have it; empty when that is not known.
    pub count: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// The date: named ranges, or two dates.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeMenu {
    /// The range in force, in words.
    pub chosen: String,
    /// Whether it is another than the profile's.
    pub is_active: bool,
    /// Value, words, and whether it is chosen.
    pub presets: Vec<(&'static str, String, bool)>,
    /// Whether two dates are offered.
    pub has_custom: bool,
    /// Whether two dates are chosen.
    pub is_custom: bool,
    /// The first date.
    pub from: String,
    /// The last date.
    pub to: String,
    /// Whether the last date lies before the first.
    pub is_inverted: bool,
    /// `date`, or `datetime-local` while a part of a day is chosen.
    pub input: &'static str,
    /// The zone in which they are meant.
    pub zone: String,
}

/// Something that is chosen, with the link that takes it back.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// What is filtered by.
    pub field: String,
    /// What the parameter becomes.
    pub value: Text,
    /// The value without marks, for labels.
    pub plain: String,
    /// The list without it.
    pub href: String,
    /// Whether events with it are left out.
    pub is_not: bool,
    /// The list with what it leaves out, and without what it leaves; a date has no such opposite.
    pub opposite: Option<String>,
    /// The parameter whose menu offers others.
    pub menu: Option<&'static str>,
}

/// The facet that a filter offers.
pub fn facet(filter: Filter) -> Option<FacetField> {
    match filter {
        Filter::User | Filter::Users => Some(FacetField::Actor),
        Filter::Category => Some(FacetField::Category),
        Filter::Action => Some(FacetField::Action),
        Filter::Kind => Some(FacetField::Kind),
        Filter::Search | Filter::Range | Filter::Status => None,
    }
}

fn parameter(filter: Filter) -> Option<(&'static str, &'static str)> {
    match filter {
        Filter::User | Filter::Users => Some(("actor", "user")),
        Filter::Category => Some(("category", "tag")),
        Filter::Action => Some(("action", "file")),
        Filter::Kind => Some(("kind", "pulse")),
        Filter::Range => Some(("range", "calendar")),
        Filter::Search | Filter::Status => None,
    }
}

/// The parameter that a filter sets.
pub fn name(filter: Filter) -> Option<&'static str> {
    parameter(filter).map(|(name, _)| name)
}

/// What a filter is called in the profile: as the column that shows the same, so that both read alike.
fn title(profile: &Profile, filter: Filter) -> &str {
    let (fields, otherwise): (&[ColumnField], _) = match filter {
        Filter::User | Filter::Users => (&[ColumnField::User], "User"),
        Filter::Category => (&[ColumnField::Category], "Category"),
        Filter::Action => (&[ColumnField::Action], "Action"),
        Filter::Kind => (&[ColumnField::Kind, ColumnField::Action], "Event"),
        Filter::Range => (&[], "Date"),
        Filter::Search | Filter::Status => (&[], ""),
    };
    let column = |field: &ColumnField| profile.columns.iter().find(|column| column.field == *field);
    fields.iter().find_map(column).map_or(otherwise, |column| column.title.as_str())
}

/// What a reader calls a filter.
fn label(profile: &Profile, filter: Filter, words: Words) -> String {
    words.title(title(profile, filter))
}

/// The control of a filter, from the values that occur.
pub fn menu(
    profile: &Profile,
    filter: Filter,
    values: &[FacetValue],
    address: &Address,
    words: Words,
) -> Option<Menu> {
    let (name, icon) = parameter(filter)?;
    let title = title(profile, filter);
    let chosen: Vec<&str> = address.all(name).collect();
    let shown = |value: &FacetValue| shown(filter, &value.value, &value.label, words);
    let mut choices: Vec<Choice> = values
        .iter()
        .map(|value| Choice {
            second: value.detail.as_deref().map(|it| Text::name(&shorten(it, LABEL_CHARS_MAX))),
            words: sought(&shown(value), value),
            ..choice(value.value.clone(), shown(value), Some(value.count), &chosen)
        })
        .collect();
    for value in &chosen {
        if !values.iter().any(|it| it.value == *value) {
            choices.push(choice((*value).to_owned(), (*value).to_owned(), None, &chosen));
        }
    }
    tell_apart(&mut choices);
    let in_short = match chosen.as_slice() {
        [] => String::new(),
        [_] => choices.iter().find(|it| it.is_chosen).map(|it| shorten(&it.plain, 24)).unwrap_or_default(),
        more => more.len().to_string(),
    };
    let rest = rest(name, values, words);
    // Whoever has nothing in what is asked is found all the same.
    let has_more = !rest.is_empty() || name == "actor" && address.is_narrowed(profile);
    Some(Menu {
        name,
        any: words.all_of(title),
        label: words.title(title),
        icon,
        chosen: in_short,
        is_single: filter == Filter::User,
        has_search: choices.len() >= MENU_SEARCH_FROM || has_more,
        has_more,
        rest,
        choices,
    })
}

/// Gives those that are called the same a second line, which is what they are in the log.
fn tell_apart(choices: &mut [Choice]) {
    let labels: Vec<String> = choices.iter().map(|it| it.plain.to_lowercase()).collect();
    let is_shared = |label: &String| labels.iter().filter(|it| *it == label).count() > 1;
    for (choice, label) in choices.iter_mut().zip(&labels).filter(|(_, label)| is_shared(label)) {
        if choice.second.is_some() {
            continue;
        }
        choice.second = (choice.value.to_lowercase() != *label)
            .then(|| Text::name(&shorten(&choice.value, LABEL_CHARS_MAX)));
    }
}

/// What is said of values that a menu does not hold.
fn rest(name: &str, values: &[FacetValue], words: Words) -> String {
    if values.iter().filter(|it| it.count > 0).count() < FACET_VALUES_MAX {
        return String::new();
    }
    let id = if name == "actor" { "menu-most-active" } else { "menu-most-frequent" };
    words.fill(id, [("count", FACET_VALUES_MAX.into()), ("field", name.into())])
}

/// The choices that a menu does not hold, found by a part of what is shown.
pub fn found(name: &str, values: &[FacetValue], address: &Address) -> Vec<Choice> {
    let chosen: Vec<&str> = address.all(name).collect();
    let found = values.iter().map(|it| Choice {
        second: it
            .detail
            .as_deref()
            .or((it.value != it.label).then_some(&*it.value))
            .map(|it| Text::name(&shorten(it, LABEL_CHARS_MAX))),
        ..choice(it.value.clone(), it.label.clone(), Some(it.count), &chosen)
    });
    found.collect()
}

fn choice(value: String, label: String, count: Option<u64>, chosen: &[&str]) -> Choice {
    let plain = shorten(&label, LABEL_CHARS_MAX);
    Choice {
        is_chosen: chosen.contains(&value.as_str()),
        label: Text::name(&plain),
        second: None,
        words: format!("{plain} {value}"),
        count: count.map(grouped).unwrap_or_default(),
        plain,
        value,
    }
}

/// The words that find a value in a menu.
fn sought(shown: &str, value: &FacetValue) -> String {
    let all = [shown, value.detail.as_deref().unwrap_or_default(), &value.value];
    all.map(|it| shorten(it, LABEL_CHARS_MAX)).join(" ")
}

fn shown(filter: Filter, value: &str, label: &str, words: Words) -> String {
    let is_kind = filter == Filter::Kind && Kind::ALL.iter().any(|kind| kind.as_str() == value);
    if is_kind { words.say(&format!("kind-{value}")) } else { label.to_owned() }
}

/// The control for the date (L11 to L13, C08, D13, D14).
pub fn range_menu(profile: &Profile, address: &Address, clock: &Clock) -> RangeMenu {
    let (chosen, words) = (address.range(profile), clock.words);
    let mut presets: Vec<Preset> =
        profile.presets.iter().copied().filter(|it| *it != Preset::Custom).collect();
    if !presets.contains(&Preset::All) {
        // Everything is kept for ever, and can be looked at (L17).
        presets.insert(0, Preset::All);
    }
    let has_times = [address.one("from"), address.one("to")].iter().flatten().any(|text| text.contains('T'));
    RangeMenu {
        chosen: range_words(profile, address, words),
        is_active: chosen != profile.default_range.as_str(),
        presets: presets.iter().map(|it| (it.as_str(), words.preset(*it), it.as_str() == chosen)).collect(),
        has_custom: profile.presets.contains(&Preset::Custom) || address.has_dates(),
        is_custom: address.has_dates(),
        from: input_value(address.one("from"), has_times, "T00:00"),
        to: input_value(address.one("to"), has_times, "T23:59"),
        is_inverted: false,
        input: if has_times { "datetime-local" } else { "date" },
        zone: clock.zone_name(),
    }
}

/// A date as its input takes it.
fn input_value(text: Option<&str>, has_times: bool, time: &str) -> String {
    let text = text.unwrap_or_default();
    let civil = text.get(..16).unwrap_or(text);
    if has_times && civil.len() == "2026-01-05".len() { format!("{civil}{time}") } else { civil.to_owned() }
}

/// The range in force, in words.
pub fn range_words(profile: &Profile, address: &Address, words: Words) -> String {
    let day = |name| address.one(name).map(|text| day(text, words));
    match (day("from"), day("to")) {
        (Some(from), Some(to)) if from == to => from,
        (Some(from), Some(to)) => format!("{from} – {to}"),
        (Some(from), None) => words.fill("range-since", [("day", from.into())]),
        (None, Some(to)) => words.fill("range-until", [("day", to.into())]),
        (None, None) => {
            let chosen = address.range(profile);
            let preset = Preset::ALL.iter().find(|preset| preset.as_str() == chosen);
            preset.map_or_else(|| chosen.to_owned(), |preset| words.preset(*preset))
        }
    }
}

fn day(text: &str, words: Words) -> String {
    let date = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    let date = date.map(|date| words.date("date-day", date.into()));
    let time = || text.parse::<DateTime>().ok().map(|time| words.date("date-minute", time));
    date.or_else(time).unwrap_or_else(|| shorten(text, LABEL_CHARS_MAX))
}

/// What is chosen beside the search, in the order of the bar.
pub fn chips(
    profile: &Profile,
    address: &Address,
    facets: &[(Filter, Vec<FacetValue>)],
    catalogs: &Catalogs,
    words: Words,
) -> Vec<Chip> {
    let mut chips = Vec::new();
    if address.range(profile) != profile.default_range.as_str() {
        let plain = range_words(profile, address, words);
        let href = address.without("range").without("from").without("to").href();
        chips.push(Chip {
            field: label(profile, Filter::Range, words),
            value: Text::new(&plain),
            plain,
            href,
            is_not: false,
            opposite: None,
            menu: profile.filters.contains(&Filter::Range).then_some("range"),
        });
    }
    for (name, value) in address.params() {
        let href = address.without_value(name, value);
        let (is_not, name, value) = match value.split_once(':').filter(|_| name == "not") {
            Some((name, value)) => (true, name, value),
            None => (false, name, value),
        };
        let opposite =
            if is_not { href.and(name, value) } else { href.and("not", &format!("{name}:{value}")) };
        let Some(field) = field_label(profile, name, words) else { continue };
        let known = facets.iter().filter(|(filter, _)| parameter(*filter).is_some_and(|(it, _)| it == name));
        let known = known
            .flat_map(|(filter, values)| values.iter().map(|it| (*filter, it)))
            .find(|(_, it)| it.value == value);
        let told = match (known, name) {
            (Some((filter, known)), _) => shown(filter, &known.value, &known.label, words),
            (None, "kind") => shown(Filter::Kind, value, value, words),
            (None, "action") if !value.contains('*') => {
                catalogs.names().label(&catalogs.describe(value).label).to_owned()
            }
            (None, "category") => catalogs.names().category(value).to_owned(),
            (None, _) => value.to_owned(),
        };
        let plain = shorten(&told, LABEL_CHARS_MAX);
        let menu = profile.filters.iter().filter_map(|filter| parameter(*filter)).find(|(it, _)| *it == name);
        chips.push(Chip {
            field,
            value: Text::name(&plain),
            plain,
            href: href.href(),
            is_not,
            opposite: Some(opposite.href()),
            menu: menu.map(|(name, _)| name),
        });
    }
    chips
}

fn field_label(profile: &Profile, name: &str, words: Words) -> Option<String> {
    let filter = match name {
        "actor" => Filter::Users,
        "category" => Filter::Category,
        "action" => Filter::Action,
        "kind" => Filter::Kind,
        "outcome" => return Some(words.say("field-outcome")),
        "target" => return Some(words.say("field-record")),
        "target_type" => return Some(words.say("field-record-type")),
        "ip" => return Some(words.say("field-ip-address")),
        "process" => return Some(words.say("field-process")),
        _ => return None,
    };
    Some(label(profile, filter, words))
}

/// The parameters that no control of the bar holds: a form carries them along.
pub fn carried(controls: &[Control], address: &Address) -> Vec<(String, String)> {
    let has = |name: &str| {
        controls.iter().any(|control| match control {
            Control::Menu(menu) => menu.name == name,
            Control::Range(_) => ["range", "from", "to"].contains(&name),
        })
    };
    let carried = address.params().filter(|(name, _)| *name != "q" && !has(name));
    carried.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
