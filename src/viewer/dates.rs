//! Times as a reader sees them: in the reader's zone, in the profile's style, exact wherever one can hover.
//!
//! Deliberately absent: the clock. What is now comes from outside.

use askama::Template;
use everlog_core::profile::DateStyle;
use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::read::iso;
use crate::words::Words;
use crate::words::time::{moment, zone_at, zone_name};

/// A reader's zone and language, the present and the style of dates.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The present, in milliseconds since 1970.
    pub now_ms: u64,
    /// The reader's zone.
    pub zone: TimeZone,
    /// How the profile's lists write dates.
    pub style: DateStyle,
    /// The words of the reader's language.
    pub words: Words,
}

/// A time on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<time datetime="{{ iso }}" title="{{ exact }}"{% if is_relative %} data-relative{% endif %}>{{ shown }}</time>"#
)]
pub struct When {
    /// The moment for programs, in UTC.
    pub iso: String,
    /// The moment in full, for whoever hovers.
    pub exact: String,
    /// What is read.
    pub shown: String,
    /// Whether a script keeps it right as time passes.
    pub is_relative: bool,
}

impl Clock {
    /// A time as the profile's lists write it.
    pub fn when(&self, ms: u64) -> When {
        let at = self.at(ms);
        let shown = match self.style {
            DateStyle::Absolute12h => self.words.date("date-12h", at.datetime()),
            DateStyle::Relative => relative(ms, self.now_ms, self.words),
            DateStyle::Exact => self.words.date("date-second", at.datetime()),
            DateStyle::ExactWithZone => {
                format!("{}\u{a0}{}", self.words.date("date-second", at.datetime()), zone_at(&at))
            }
        };
        When { iso: iso(ms), exact: self.exact(ms), shown, is_relative: self.style == DateStyle::Relative }
    }

    /// A time in full.
    pub fn exact(&self, ms: u64) -> String {
        let at = self.at(ms);
        format!("{}\u{a0}{}", self.words.date("date-full", at.datetime()), zone_at(&at))
    }

    /// A time in full, as an element.
    pub fn exact_when(&self, ms: u64) -> When {
        When { iso: iso(ms), exact: iso(ms), shown: self.exact(ms), is_relative: false }
    }

    /// The moment in the reader's zone.
    pub fn at(&self, ms: u64) -> Zoned {
        moment(ms).to_zoned(self.zone.clone())
    }

    /// The zone's name and how far it is from UTC now: `Europe/Berlin, UTC+1`.
    pub fn zone_name(&self) -> String {
        zone_name(&self.zone, self.now_ms)
    }
}

/// `2 hours ago` (C16). `viewer.js` keeps it right with the same steps.
fn relative(ms: u64, now_ms: u64, words: Words) -> String {
    let seconds = now_ms.abs_diff(ms) / 1000;
    let (count, unit) = match seconds {
        0..45 => return words.say("script-just-now"),
        45..3_570 => ((seconds + 30) / 60, "minute"),
        3_570..84_600 => ((seconds + 1_800) / 3_600, "hour"),
        84_600..2_592_000 => ((seconds + 43_200) / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    let direction = if ms > now_ms { "in" } else { "ago" };
    words.fill(&format!("relative-{unit}.{direction}"), [("count", count.into())])
}
