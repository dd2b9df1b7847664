//! How a page is shown: its language, its zone, and how times are written. Each choice is a link.
//!
//! Deliberately absent: keeping a choice anywhere but in the address.

use everlog_core::profile::DateStyle;
use jiff::tz::TimeZone;

use crate::viewer::address::Address;
use crate::viewer::session::{Times, Visit};
use crate::words::Words;
use crate::words::time::zone_name;

/// The key that leads to the next zone.
const ZONE_KEY: &str = "u";

/// What can be chosen.
pub(super) struct Display {
    pub languages: Vec<Choice>,
    /// One alone where the reader's own zone is UTC; a script adds that of the device.
    pub zones: Vec<Choice>,
    pub times: Vec<Choice>,
}

/// One choice.
pub(super) struct Choice {
    pub label: String,
    pub href: String,
    pub is_chosen: bool,
    /// The language in which its label is written, where that is another than the page's.
    pub language: Option<&'static str>,
    /// The parameter and its value, empty for none, so that a script keeps the link right when the list changes.
    pub sets: (&'static str, String),
    /// The key that leads to it.
    pub key: Option<&'static str>,
}

impl Choice {
    fn new(label: String, address: &Address, name: &'static str, value: &str, is_chosen: bool) -> Self {
        let address = if value.is_empty() { address.without(name) } else { address.with(name, value) };
        Self {
            label,
            href: address.href(),
            is_chosen,
            language: None,
            sets: (name, value.to_owned()),
            key: None,
        }
    }
}

impl Display {
    /// The choices of this reader for the list at this address.
    pub(super) fn new(visit: &Visit, address: &Address) -> Self {
        Self {
            languages: languages(visit, address),
            zones: zones(visit, address),
            times: times(visit, address),
        }
    }
}

fn languages(visit: &Visit, address: &Address) -> Vec<Choice> {
    let choice = |words: Words| {
        let (label, is_chosen) = (words.say("language-name"), words.tag() == visit.words.tag());
        Choice { language: Some(words.tag()), ..Choice::new(label, address, "lang", words.tag(), is_chosen) }
    };
    Words::all().map(choice).collect()
}

fn zones(visit: &Visit, address: &Address) -> Vec<Choice> {
    let choice = |zone: &TimeZone, value: &str| {
        Choice::new(zone_name(zone, visit.now_ms), address, "tz", value, *zone == visit.zone)
    };
    let mut zones = vec![choice(&visit.own_zone, "")];
    if visit.own_zone != TimeZone::UTC {
        zones.push(choice(&TimeZone::UTC, "UTC"));
    }
    if !zones.iter().any(|zone| zone.is_chosen) {
        zones.push(choice(&visit.zone, address.one("tz").unwrap_or_default()));
    }
    let chosen = zones.iter().position(|zone| zone.is_chosen).unwrap_or(0);
    let next = (chosen + 1) % zones.len();
    zones[next].key = (zones.len() > 1).then_some(ZONE_KEY);
    zones
}

fn times(visit: &Visit, address: &Address) -> Vec<Choice> {
    let is_relative = visit.clock().style == DateStyle::Relative;
    let own = match visit.org.entry().profile.date_style {
        DateStyle::Relative => Times::Relative,
        _ => Times::Exact,
    };
    let choice = |times: Times, id: &str, value: &str| {
        let value = if times == own { "" } else { value };
        Choice::new(visit.words.say(id), address, "times", value, is_relative == (times == Times::Relative))
    };
    vec![choice(Times::Relative, "times-relative", "relative"), choice(Times::Exact, "times-exact", "exact")]
}
