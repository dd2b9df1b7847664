//! What is asked of a log: filters, a time range, a search, an order.
//!
//! Deliberately absent: the organization and what its reader may see. Both come from the credential, every time, and
//! never from a query.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::catalog::Kind;
use crate::event::Outcome;
use crate::search::{Search, SearchError};

mod range;

pub use range::{Range, moment_in, zone};

/// Most values of one repeatable parameter.
pub const FILTER_VALUES_MAX: usize = 100;
/// Longest value of a filter, in bytes.
pub const FILTER_VALUE_BYTES_MAX: usize = 1_024;
/// Page size when none is asked for.
pub const LIMIT_DEFAULT: usize = 100;
/// Largest page.
pub const LIMIT_MAX: usize = 1_000;

/// The parameters that make a query; every list, count, facet and export takes them.
pub const PARAMETERS: &[&str] = &[
    "from",
    "to",
    "range",
    "tz",
    "actor",
    "category",
    "action",
    "kind",
    "outcome",
    "target",
    "target_type",
    "ip",
    "process",
    "not",
    "q",
    "sort",
];

/// The parameters that name values which an event must have; `not=name:value` names one that it must not have.
pub const FILTERS: &[&str] =
    &["actor", "category", "action", "kind", "outcome", "target", "target_type", "ip", "process"];

/// A query with every relative time resolved: it means the same whenever it is asked again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// Only events from this millisecond on.
    pub from_ms: Option<u64>,
    /// Only events before this millisecond.
    pub to_ms: Option<u64>,
    /// What an event must have.
    pub only: Filters,
    /// What an event must not have: every one of these values excludes it.
    pub not: Filters,
    /// Only what holds all of this.
    pub search: Search,
    /// The order.
    pub sort: Sort,
}

/// Values of an event's fields: in a field without values anything goes, in one with several any of them fits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filters {
    /// Actors: ids or e-mails, exact.
    pub actors: Vec<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// Actions; `user.*` names all that begin with `user.`.
    pub actions: Vec<String>,
    /// Kinds.
    pub kinds: Vec<Kind>,
    /// Outcomes.
    pub outcomes: Vec<Outcome>,
    /// Records that it is about.
    pub targets: Vec<TargetRef>,
    /// Types of records that it is about.
    pub target_types: Vec<String>,
    /// Addresses, as recorded.
    pub ips: Vec<String>,
    /// Processes.
    pub processes: Vec<String>,
}

/// One record: its type and id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TargetRef {
    /// What it is.
    pub kind: String,
    /// The sender's id for it.
    pub id: String,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// By what; what is equal follows newest first.
    pub by: SortBy,
    /// Largest first.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { by: SortBy::Time, descending: true }
    }
}

/// What a list can be ordered by: what is shown in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    /// When it happened, to the millisecond, then the position.
    Time,
    /// The action's label.
    Action,
    /// The category.
    Category,
    /// The kind.
    Kind,
    /// What is shown of the actor.
    Actor,
    /// The address, as a number.
    Ip,
}

impl SortBy {
    /// Every key, in the order of the documentation.
    pub const ALL: &[Self] = &[Self::Time, Self::Action, Self::Category, Self::Kind, Self::Actor, Self::Ip];

    /// The word for it in `sort=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Action => "action",
            Self::Category => "category",
            Self::Kind => "kind",
            Self::Actor => "actor",
            Self::Ip => "ip",
        }
    }
}

impl Sort {
    /// The value of `sort=` that means this order.
    pub fn to_param(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.by.as_str())
    }

    fn parse(text: &str) -> Option<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by = SortBy::ALL.iter().copied().find(|by| by.as_str() == name)?;
        Some(Self { by, descending })
    }
}

/// What relative times are resolved against.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// The reader's zone, unless the query names one.
    pub time_zone: TimeZone,
    /// The first day of a week.
    pub week_start: Weekday,
}

/// Why a parameter cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {fault}")]
pub struct ParamError {
    /// The parameter's name.
    pub parameter: String,
    /// What is wrong with it.
    pub fault: ParamFault,
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamFault {
    /// No such parameter here.
    #[error("there is no such parameter")]
    Unknown,
    /// A parameter that stands once stood twice.
    #[error("this parameter may be given once")]
    Repeated,
    /// More values than `FILTER_VALUES_MAX`.
    #[error("at most {FILTER_VALUES_MAX} values")]
    TooMany,
    /// A value that is empty or longer than `FILTER_VALUE_BYTES_MAX`.
    #[error("a value has 1 to {FILTER_VALUE_BYTES_MAX} bytes")]
    Length,
    /// The value is none of those allowed.
    #[error("expected {0}")]
    Expected(String),
    /// Two parameters that exclude each other.
    #[error("cannot be combined with {0}")]
    Excludes(&'static str),
    /// A parameter of pages where there are none.
    #[error("{0} has no pages: leave this out")]
    NoPages(&'static str),
    /// A range that ends before it begins.
    #[error("lies before from")]
    BeforeFrom,
    /// The search text.
    #[error(transparent)]
    Search(SearchError),
}

impl ParamError {
    /// A fault of one parameter.
    pub fn new(parameter: &str, fault: ParamFault) -> Self {
        Self { parameter: parameter.chars().take(60).collect(), fault }
    }

    /// The value is not what is expected.
    pub fn expected(parameter: &str, what: impl Into<String>) -> Self {
        Self::new(parameter, ParamFault::Expected(what.into()))
    }
}

impl Query {
    /// Reads the query out of a URL's parameters. Names in `others` belong to the caller; any further name is refused.
    ///
    /// # Errors
    /// Names the first parameter that is unknown or cannot be understood.
    pub fn parse(params: &[(String, String)], others: &[&str], moment: &Moment) -> Result<Self, ParamError> {
        for (name, _) in params {
            if !(PARAMETERS.contains(&name.as_str()) || others.contains(&name.as_str())) {
                return Err(ParamError::new(name, ParamFault::Unknown));
            }
        }
        let typed = once(params, "q")?.unwrap_or_default();
        let search = Search::parse(typed).map_err(|why| ParamError::new("q", ParamFault::Search(why)))?;
        let sort = match once(params, "sort")? {
            None => Sort::default(),
            Some(text) => Sort::parse(text).ok_or_else(|| {
                ParamError::expected(
                    "sort",
                    "time, action, category, kind, actor or ip, with - in front for descending",
                )
            })?,
        };
        let (from_ms, to_ms) = range::resolve(params, moment)?;
        Ok(Self { from_ms, to_ms, only: Filters::parse(params)?, not: negated(params)?, search, sort })
    }

    /// Whether every event matches, whatever the order.
    pub fn is_everything(&self) -> bool {
        Self { sort: Sort::default(), ..self.clone() } == Self::default()
    }

    /// Whether a pattern of `action=` names this action.
    pub fn action_matches(pattern: &str, action: &str) -> bool {
        match pattern.strip_suffix('*').filter(|prefix| prefix.ends_with('.')) {
            Some(prefix) => action.starts_with(prefix),
            None => action == pattern,
        }
    }
}

impl Filters {
    fn parse(params: &[(String, String)]) -> Result<Self, ParamError> {
        Ok(Self {
            actors: texts(params, "actor")?,
            categories: texts(params, "category")?,
            actions: actions(params)?,
            kinds: words(params, "kind", Kind::ALL, |kind| kind.as_str())?,
            outcomes: words(params, "outcome", Outcome::ALL, |outcome| outcome.as_str())?,
            targets: targets(params)?,
            target_types: texts(params, "target_type")?,
            ips: ips(params)?,
            processes: texts(params, "process")?,
        })
    }
}

/// What `not=name:value` excludes, each value under the rules of its own parameter.
fn negated(params: &[(String, String)]) -> Result<Filters, ParamError> {
    let expected =
        || ParamError::expected("not", format!("name:value, the name one of {}", FILTERS.join(", ")));
    let pair = |value: String| {
        let (name, value) =
            value.split_once(':').filter(|(name, value)| FILTERS.contains(name) && !value.is_empty())?;
        Some((name.to_owned(), value.to_owned()))
    };
    let pairs = texts(params, "not")?.into_iter().map(|value| pair(value).ok_or_else(expected));
    let pairs: Vec<_> = pairs.collect::<Result<_, _>>()?;
    Filters::parse(&pairs).map_err(|why| ParamError { parameter: "not".to_owned(), ..why })
}

/// The value of a parameter that may stand once; an empty value counts as absent, as forms send it.
///
/// # Errors
/// When it stands twice.
pub fn once<'a>(params: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, ParamError> {
    let mut values = params.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let value = values.next();
    if values.next().is_some() {
        return Err(ParamError::new(name, ParamFault::Repeated));
    }
    Ok(value.filter(|value| !value.is_empty()))
}

/// The values of a repeatable parameter; empty ones count as absent, as forms send them.
fn texts(params: &[(String, String)], name: &str) -> Result<Vec<String>, ParamError> {
    let mut found = Vec::new();
    for value in params.iter().filter(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value)
    {
        if value.len() > FILTER_VALUE_BYTES_MAX {
            return Err(ParamError::new(name, ParamFault::Length));
        }
        if !found.contains(value) {
            found.push(value.clone());
        }
        if found.len() > FILTER_VALUES_MAX {
            return Err(ParamError::new(name, ParamFault::TooMany));
        }
    }
    Ok(found)
}

fn words<T: Copy>(
    params: &[(String, String)],
    name: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<Vec<T>, ParamError> {
    let expected = || all.iter().map(|it| as_str(*it)).collect::<Vec<_>>().join(", ");
    texts(params, name)?
        .iter()
        .map(|text| all.iter().copied().find(|it| as_str(*it) == text))
        .map(|found| found.ok_or_else(|| ParamError::expected(name, format!("one of {}", expected()))))
        .collect()
}

/// Action names, or all that begin alike: a star stands at the end, behind a dot.
fn actions(params: &[(String, String)]) -> Result<Vec<String>, ParamError> {
    let actions = texts(params, "action")?;
    let fits = |action: &String| !action.strip_suffix(".*").unwrap_or(action).contains('*');
    if !actions.iter().all(fits) {
        return Err(ParamError::expected("action", "an action, or all of a noun, such as lead.*"));
    }
    Ok(actions)
}

/// Addresses; what is none was never recorded, and an empty answer to it would mislead.
fn ips(params: &[(String, String)]) -> Result<Vec<String>, ParamError> {
    let ips = texts(params, "ip")?;
    if !ips.iter().all(|ip| ip.parse::<std::net::IpAddr>().is_ok()) {
        return Err(ParamError::expected("ip", "one IPv4 or IPv6 address"));
    }
    Ok(ips)
}

fn targets(params: &[(String, String)]) -> Result<Vec<TargetRef>, ParamError> {
    texts(params, "target")?
        .iter()
        .map(|text| text.split_once(':').filter(|(kind, id)| !kind.is_empty() && !id.is_empty()))
        .map(|found| found.ok_or_else(|| ParamError::expected("target", "type:id, such as lead:l_9")))
        .map(|found| found.map(|(kind, id)| TargetRef { kind: kind.to_owned(), id: id.to_owned() }))
        .collect()
}
