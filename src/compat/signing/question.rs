//! The parameters of `/signing/activity` (T07 to T17). Deliberately absent: anything that guesses; what cannot be understood
//! is named, and so is everything else that is wrong with the same request.

use everlog_core::search::{SEARCH_CHARS_MAX, SEARCH_TERMS_MAX};
use everlog_core::text::fold;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use percent_encoding::percent_decode_str;
use utoipa::IntoParams;

use crate::compat::{Fault, Refusal};
use crate::store::process::ProcessFilter;

/// Most processes of one page.
pub const TAKE_MAX: u64 = 100_000;
/// How many processes a page has when nothing is said (T09).
pub const TAKE_DEFAULT: u64 = 10_000;
/// Most processes that are passed over: the largest `int`.
pub const SKIP_MAX: u64 = i32::MAX as u64;
/// Most faults of one request that are told.
const FAULTS_MAX: usize = 20;
/// How much of an unknown name is told back, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Longest value, in bytes.
const VALUE_BYTES_MAX: usize = 1_024;

/// The values of `FlowType` (T13).
const FLOW_TYPES: &[&str] =
    &["RenderFlow", "DropAndSign", "FillAndSign", "PEP", "Thinglysingar", "Compliance", "CompanyLookup"];

/// The values of `StatusFilter` (T16), and the statuses of a process that each lets through.
const STATUSES: &[(&str, &[&str])] = &[
    ("All", &[]),
    ("Completed", &["completed"]),
    ("Active", &["draft", "active"]),
    ("InActive", &["canceled", "expired"]),
];

/// What is asked.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "PascalCase")]
#[expect(dead_code, reason = "they describe; `Question::parse` reads")]
pub struct Parameters {
    /// From this time on: ISO 8601. A bare date is its first moment in UTC, as is a time without an offset.
    start_date: String,
    /// Until before this time, later than `StartDate`.
    end_date: String,
    /// At most so many processes; 10,000 when nothing is said.
    take: Option<u32>,
    /// So many processes are passed over.
    skip: Option<u32>,
    /// The e-mail address of who started the process, in any case.
    user: Option<String>,
    /// One process.
    process_key: Option<String>,
    /// RenderFlow, DropAndSign, FillAndSign, PEP, Thinglysingar, Compliance or CompanyLookup.
    flow_type: Option<String>,
    /// One flow.
    flow_key: Option<String>,
    /// Words and pieces of words: all of them in the process's key, names and file name, and in the names, e-mail addresses,
    /// phone numbers and social security numbers of its signees.
    search: Option<String>,
    /// All (default), Completed, Active (not ended) or InActive (ended, and not completed).
    status_filter: Option<String>,
}

const NAMES: [&str; 10] = [
    "StartDate",
    "EndDate",
    "Take",
    "Skip",
    "User",
    "ProcessKey",
    "FlowType",
    "FlowKey",
    "Search",
    "StatusFilter",
];

/// A page of processes, understood.
#[derive(Debug, PartialEq)]
pub(super) struct Question {
    /// Which processes.
    pub filter: ProcessFilter,
    /// How many of them come at most.
    pub take: u64,
    /// How many of them are passed over.
    pub skip: u64,
}

impl Question {
    /// Reads the parameters of a URL. An empty value counts as absent; names and the words of enums are taken in any case.
    ///
    /// # Errors
    /// Names every parameter that is at fault.
    pub(super) fn parse(query: &str) -> Result<Self, Refusal> {
        let mut given = Given::read(query);
        let (from, to) = (given.moment("StartDate"), given.moment("EndDate"));
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            given.fault("Invalid", "StartDate", "must be earlier than EndDate");
        }
        let filter = ProcessFilter {
            from_ms: from.map(whole_ms),
            to_ms: to.map(whole_ms),
            starter: given.text("User").map(|user| user.to_lowercase()),
            key: given.text("ProcessKey"),
            flow_type: given.word("FlowType", FLOW_TYPES).map(str::to_owned),
            flow_key: given.text("FlowKey"),
            pieces: given.pieces("Search"),
            statuses: given.statuses("StatusFilter"),
            ..ProcessFilter::default()
        };
        let take = given.number("Take", TAKE_MAX).unwrap_or(TAKE_DEFAULT);
        let skip = given.number("Skip", SKIP_MAX).unwrap_or(0);
        if given.faults.is_empty() {
            return Ok(Self { filter, take, skip });
        }
        Err(Refusal::of_parameters(given.faults))
    }
}

/// The values that a URL gives, and what is wrong with it.
#[derive(Default)]
struct Given {
    values: Vec<(&'static str, String)>,
    faults: Vec<Fault>,
}

impl Given {
    fn read(query: &str) -> Self {
        let mut given = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name).unwrap_or_default();
            let Some(known) = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(&name)) else {
                let name: String = name.chars().take(NAME_CHARS_MAX).collect();
                given.fault("Unknown", &name, "there is no such parameter");
                continue;
            };
            match decoded(value) {
                None => given.fault("Invalid", known, "the value is not UTF-8"),
                Some(value) if value.len() > VALUE_BYTES_MAX => {
                    given.fault("Invalid", known, &format!("a value has at most {VALUE_BYTES_MAX} bytes"));
                }
                Some(value) if value.trim().is_empty() => {}
                Some(_) if given.text(known).is_some() => {
                    given.fault("Repeated", known, "this parameter may be given once");
                }
                Some(value) => given.values.push((known, value)),
            }
        }
        given
    }

    fn fault(&mut self, error_code: &'static str, name: &str, message: &str) {
        if self.faults.len() < FAULTS_MAX {
            let (field_name, message) = (name.to_owned(), message.to_owned());
            self.faults.push(Fault { error_code, field_name, message });
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.trim().to_owned())
    }

    /// A time that must be given, since 1970.
    fn moment(&mut self, name: &'static str) -> Option<SignedDuration> {
        let Some(text) = self.text(name) else {
            if !self.faults.iter().any(|fault| fault.field_name == name) {
                self.fault("Required", name, "is required: a date such as 2024-01-31, or a time");
            }
            return None;
        };
        let moment = moment(&text);
        if moment.is_none() {
            let form = "a date such as 2024-01-31, or a time such as 2024-01-31T13:45:00Z or 2024-01-31T13:45:00+02:00";
            self.fault("Invalid", name, &format!("expected {form}"));
        }
        moment
    }

    fn number(&mut self, name: &'static str, max: u64) -> Option<u64> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| *number <= max);
        if number.is_none() {
            self.fault("Invalid", name, &format!("expected a whole number from 0 to {max}"));
        }
        number
    }

    fn word(&mut self, name: &'static str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text(name)?;
        let word = words.iter().find(|word| word.eq_ignore_ascii_case(&text)).copied();
        if word.is_none() {
            self.fault("Invalid", name, &format!("expected one of {}", words.join(", ")));
        }
        word
    }

    fn statuses(&mut self, name: &'static str) -> Vec<String> {
        let words: Vec<_> = STATUSES.iter().map(|(word, _)| *word).collect();
        let word = self.word(name, &words);
        let passed = STATUSES.iter().find(|(known, _)| Some(*known) == word).map(|(_, statuses)| *statuses);
        passed.unwrap_or_default().iter().map(|status| (*status).to_owned()).collect()
    }

    fn pieces(&mut self, name: &'static str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let pieces: Vec<_> = text.split_whitespace().map(fold).filter(|piece| !piece.is_empty()).collect();
        if text.chars().count() > SEARCH_CHARS_MAX || pieces.len() > SEARCH_TERMS_MAX {
            let bounds = format!("at most {SEARCH_CHARS_MAX} characters and {SEARCH_TERMS_MAX} words");
            self.fault("Invalid", name, &bounds);
        }
        pieces
    }
}

/// What a name or a value stands for, as forms write them.
fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|text| text.into_owned())
}

/// The moment that a text means, since 1970. Any year that has four digits: programs write their first and last day for "from
/// the beginning" and "to the end".
fn moment(text: &str) -> Option<SignedDuration> {
    // The plus of an offset that was not encoded.
    let text = if text.contains(['T', 't']) { text.replace(' ', "+") } else { text.to_owned() };
    let pieces = Pieces::parse(&text).ok().filter(|pieces| pieces.time_zone_annotation().is_none())?;
    let date: Date = pieces.date();
    if !(1..=9_999).contains(&date.year()) {
        return None;
    }
    let time = pieces.time().unwrap_or(Time::midnight());
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    let civil = DateTime::from_parts(date, time).duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    Some(civil - SignedDuration::from_secs(offset.seconds().into()))
}

/// The first millisecond that is not before a moment; what lies before 1970 is 1970, where every log begins.
fn whole_ms(moment: SignedDuration) -> u64 {
    let ms = (moment.as_nanos() + 999_999).div_euclid(1_000_000);
    u64::try_from(ms).unwrap_or(0)
}
