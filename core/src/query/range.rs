//! Time ranges: two ends, or a name such as `last_7_days`, resolved in a zone. Deliberately absent: any clock.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

use crate::query::{Moment, ParamError, ParamFault, once};

/// The years in which events can lie.
const YEARS: RangeInclusive<i16> = 1970..=2100;

/// A range that has a name; which days it means depends on the day it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// This calendar day.
    Today,
    /// The calendar day before.
    Yesterday,
    /// From the first day of the week to the end of today.
    ThisWeek,
    /// Seven calendar days, today included.
    #[serde(rename = "last_7_days")]
    Last7Days,
    /// Thirty calendar days, today included.
    #[serde(rename = "last_30_days")]
    Last30Days,
    /// From the first of the month to the end of today.
    ThisMonth,
    /// The calendar month before.
    LastMonth,
    /// Before this moment a calendar month ago.
    Older,
    /// Everything.
    All,
}

impl Range {
    /// Every named range, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::Today,
        Self::Yesterday,
        Self::ThisWeek,
        Self::Last7Days,
        Self::Last30Days,
        Self::ThisMonth,
        Self::LastMonth,
        Self::Older,
        Self::All,
    ];

    /// The word for it in `range=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::ThisWeek => "this_week",
            Self::Last7Days => "last_7_days",
            Self::Last30Days => "last_30_days",
            Self::ThisMonth => "this_month",
            Self::LastMonth => "last_month",
            Self::Older => "older",
            Self::All => "all",
        }
    }

    /// The ends, in milliseconds since 1970: inclusive, exclusive. Days of 23 and 25 hours are whole days.
    pub fn resolve(self, now_ms: u64, zone: &TimeZone, week_start: Weekday) -> (Option<u64>, Option<u64>) {
        let now = instant(now_ms).to_zoned(zone.clone());
        let today = now.date();
        let tomorrow = shift(today, 1.day());
        let (from, to) = match self {
            Self::Today => (today, tomorrow),
            Self::Yesterday => (shift(today, -1.day()), today),
            Self::ThisWeek => {
                let behind = today.weekday().since(week_start);
                (shift(today, -i32::from(behind).days()), tomorrow)
            }
            Self::Last7Days => (shift(today, -6.days()), tomorrow),
            Self::Last30Days => (shift(today, -29.days()), tomorrow),
            Self::ThisMonth => (today.first_of_month(), tomorrow),
            Self::LastMonth => (shift(today.first_of_month(), -1.month()), today.first_of_month()),
            Self::Older => return (None, now.checked_sub(1.month()).ok().map(|it| ms_of(&it))),
            Self::All => return (None, None),
        };
        (Some(start_ms(from, zone)), Some(start_ms(to, zone)))
    }
}

/// The zone in which a question's dates are meant: `tz`, else the reader's.
///
/// # Errors
/// When `tz` names none.
pub fn zone(params: &[(String, String)], moment: &Moment) -> Result<TimeZone, ParamError> {
    match once(params, "tz")? {
        None => Ok(moment.time_zone.clone()),
        Some(name) => TimeZone::get(name)
            .map_err(|_| ParamError::expected("tz", "the name of a time zone, such as Europe/Berlin")),
    }
}

/// The moment that the value of a parameter means, in milliseconds since 1970, in the zone in which the question's dates
/// are meant; a bare date means the end of that day.
///
/// # Errors
/// When it is no time, or one that no event can have.
pub fn moment_in(
    name: &str,
    text: &str,
    params: &[(String, String)],
    moment: &Moment,
) -> Result<u64, ParamError> {
    let zone = zone(params, moment)?;
    let is_date = text.len() == "2026-11-20".len();
    let ms = end(name, text, &zone, 1.day())?;
    let ms = if is_date { ms.saturating_sub(1) } else { ms };
    // The year as it is written: a day at either edge is a whole one in every zone.
    let of_instant = text.parse::<Timestamp>().map(|time| time.to_zoned(TimeZone::UTC).year());
    let year = of_instant.or_else(|_| text.parse::<DateTime>().map(|time| time.year()));
    if !year.is_ok_and(|year| YEARS.contains(&year)) {
        return Err(ParamError::expected(name, "a date or a time in the years 1970 to 2100"));
    }
    Ok(ms)
}

/// The range that the parameters `from`, `to`, `range` and `tz` mean.
pub(super) fn resolve(
    params: &[(String, String)],
    moment: &Moment,
) -> Result<(Option<u64>, Option<u64>), ParamError> {
    let zone = zone(params, moment)?;
    let (from, to) = (once(params, "from")?, once(params, "to")?);
    if let Some(name) = once(params, "range")? {
        if from.is_some() || to.is_some() {
            return Err(ParamError::new("range", ParamFault::Excludes("from and to")));
        }
        let range = Range::ALL.iter().find(|range| range.as_str() == name).ok_or_else(|| {
            let names: Vec<_> = Range::ALL.iter().map(|range| range.as_str()).collect();
            ParamError::expected("range", format!("one of {}", names.join(", ")))
        })?;
        return Ok(range.resolve(moment.now_ms, &zone, moment.week_start));
    }
    let from_ms = from.map(|text| end("from", text, &zone, Span::new())).transpose()?;
    let to_ms = to.map(|text| end("to", text, &zone, 1.day())).transpose()?;
    if let (Some(from_ms), Some(to_ms)) = (from_ms, to_ms)
        && from_ms > to_ms
    {
        return Err(ParamError::new("to", ParamFault::BeforeFrom));
    }
    Ok((from_ms, to_ms))
}

/// One end: a moment with an offset, a local date and time, or a bare date, to which `whole_day` is added.
fn end(name: &str, text: &str, zone: &TimeZone, whole_day: Span) -> Result<u64, ParamError> {
    let expected =
        || ParamError::expected(name, "a date such as 2026-11-20, or a time such as 2026-11-20T13:41:22Z");
    if text.len() == "2026-11-20".len() {
        let date: Date = text.parse().map_err(|_| expected())?;
        return Ok(start_ms(shift(date, whole_day), zone));
    }
    if !text.contains(['T', 't', ' ']) {
        return Err(expected());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(clamp(moment));
    }
    let local: DateTime = text.parse().map_err(|_| expected())?;
    Ok(local.to_zoned(zone.clone()).map_or_else(|_| beyond(local.date()), |it| ms_of(&it)))
}

fn shift(date: Date, span: Span) -> Date {
    date.saturating_add(span)
}

fn start_ms(date: Date, zone: &TimeZone) -> u64 {
    date.to_zoned(zone.clone()).map_or_else(|_| beyond(date), |it| ms_of(&it))
}

/// A day at either end of the calendar, some hours of which no instant can name: as far away as instants go.
fn beyond(date: Date) -> u64 {
    clamp(if date.year() < 1970 { Timestamp::MIN } else { Timestamp::MAX })
}

fn ms_of(time: &Zoned) -> u64 {
    clamp(time.timestamp())
}

/// Times before 1970 are no different from 1970: no event lies there.
fn clamp(time: Timestamp) -> u64 {
    u64::try_from(time.as_millisecond()).unwrap_or(0)
}

fn instant(ms: u64) -> Timestamp {
    i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn resolved(range: Range, now: &str, zone: &str) -> (String, String) {
        let zone = TimeZone::get(zone).unwrap();
        let now_ms = clamp(now.parse().unwrap());
        let (from, to) = range.resolve(now_ms, &zone, Weekday::Monday);
        let text = |ms: Option<u64>| {
            ms.map_or("-".to_owned(), |ms| {
                instant(ms).to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
            })
        };
        (text(from), text(to))
    }

    /// L11, C08, D13.
    #[test]
    fn presets_are_calendar_days_in_the_readers_zone() {
        let now = "2026-11-20T23:30:00Z"; // Saturday the 21st, 00:30, in Berlin.
        let day = |from: &str, to: &str| (format!("{from}T00:00"), format!("{to}T00:00"));
        let berlin = |range| resolved(range, now, "Europe/Berlin");
        assert_eq!(berlin(Range::Today), day("2026-11-21", "2026-11-22"));
        assert_eq!(berlin(Range::Yesterday), day("2026-11-20", "2026-11-21"));
        assert_eq!(berlin(Range::ThisWeek), day("2026-11-16", "2026-11-22"));
        assert_eq!(berlin(Range::Last7Days), day("2026-11-15", "2026-11-22"));
        assert_eq!(berlin(Range::Last30Days), day("2026-10-23", "2026-11-22"));
        assert_eq!(berlin(Range::ThisMonth), day("2026-11-01", "2026-11-22"));
        assert_eq!(berlin(Range::LastMonth), day("2026-10-01", "2026-11-01"));
        assert_eq!(berlin(Range::Older), ("-".to_owned(), "2026-10-21T00:30".to_owned()));
        assert_eq!(berlin(Range::All), ("-".to_owned(), "-".to_owned()));
        assert_eq!(resolved(Range::Today, now, "UTC"), day("2026-11-20", "2026-11-21"));
    }

    /// `to=9999-12-31` is how many programs write "for ever"; it once meant 1970, and nothing was found.
    #[test]
    fn the_last_day_of_the_calendar_is_far_away_and_the_first_is_before_everything() {
        let moment = Moment { now_ms: 0, time_zone: TimeZone::UTC, week_start: Weekday::Monday };
        for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
            for to in ["9999-12-31", "9999-12-30", "9999-12-31T23:59:59"] {
                let params = [("from", "-009999-01-01T00:00:00"), ("to", to), ("tz", zone)];
                let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
                let (from, to) = resolve(&params, &moment).unwrap();
                assert_eq!(from, Some(0));
                assert!(to > Some(253_402_000_000_000), "{zone}: {to:?}");
            }
        }
    }

    #[test]
    fn a_day_of_23_or_25_hours_is_a_whole_day() {
        let hours = |now: &str| {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let (from, to) = Range::Today.resolve(clamp(now.parse().unwrap()), &zone, Weekday::Monday);
            (to.unwrap() - from.unwrap()) / 3_600_000
        };
        assert_eq!(hours("2026-03-29T12:00:00Z"), 23);
        assert_eq!(hours("2026-10-25T12:00:00Z"), 25);
    }

    #[test]
    fn a_moment_lies_in_the_years_of_events_and_a_day_at_their_edge_is_a_whole_one() {
        let moment = Moment { now_ms: 0, time_zone: TimeZone::UTC, week_start: Weekday::Monday };
        let ask =
            |text: &str, zone: &str| moment_in("at", text, &[("tz".to_owned(), zone.to_owned())], &moment);
        let ms = |text: &str| clamp(text.parse().unwrap());
        for (text, zone, expected) in [
            ("1970-01-01", "UTC", "1970-01-01T23:59:59.999Z"),
            ("2100-12-31", "UTC", "2100-12-31T23:59:59.999Z"),
            ("2100-12-31", "Pacific/Pago_Pago", "2101-01-01T10:59:59.999Z"),
            ("2100-12-31T23:59:59.999Z", "UTC", "2100-12-31T23:59:59.999Z"),
            ("1970-01-01T00:00:00Z", "UTC", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(ask(text, zone), Ok(ms(expected)), "{text}");
        }
        for text in [
            "1969-12-31",
            "1969-12-31T23:59:59Z",
            "2101-01-01",
            "2101-01-01T00:00",
            "9999-12-31",
            "-009999-01-01",
        ] {
            assert_eq!(ask(text, "UTC").unwrap_err().parameter, "at", "{text}");
        }
    }

    #[test]
    fn a_bare_end_date_includes_that_day_in_the_zone_that_is_named() {
        let moment = Moment { now_ms: 0, time_zone: TimeZone::UTC, week_start: Weekday::Monday };
        let params = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let ask = |list: &[(&str, &str)]| resolve(&params(list), &moment);
        let ms = |text: &str| Some(clamp(text.parse().unwrap()));
        let days = [("from", "2026-11-20"), ("to", "2026-11-20"), ("tz", "Europe/Berlin")];
        assert_eq!(ask(&days).unwrap(), (ms("2026-11-19T23:00:00Z"), ms("2026-11-20T23:00:00Z")));
        assert_eq!(
            ask(&[("from", "2026-11-20T10:00:00+02:00")]).unwrap(),
            (ms("2026-11-20T08:00:00Z"), None)
        );
        assert_eq!(ask(&[("to", "2026-11-20T10:00")]).unwrap(), (None, ms("2026-11-20T10:00:00Z")));
        for bad in ["2026-02-30", "yesterday", "1e9", "-1", "2026", "20261120"] {
            assert_eq!(ask(&[("from", bad)]).unwrap_err().parameter, "from", "{bad}");
        }
        assert_eq!(ask(&[("from", "2026-11-21"), ("to", "2026-11-19")]).unwrap_err().parameter, "to");
        assert_eq!(ask(&[("range", "today"), ("to", "2026-11-19")]).unwrap_err().parameter, "range");
    }
}
