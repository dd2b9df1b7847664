//! The buckets of a histogram: whole minutes, hours, days, weeks or months of a zone. Deliberately absent: counting.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};

/// Most buckets: one is still wide enough to be clicked on.
const BUCKETS_MAX: usize = 72;

/// The name of the shortest bucket.
pub(super) const FINEST: &str = "PT1M";

/// Lengths of buckets, as ISO 8601 writes them, finest first, with about how many milliseconds they have.
const LENGTHS: &[(&str, i64, Unit)] = &[
    (FINEST, 60_000, Unit::Minutes(1)),
    ("PT5M", 300_000, Unit::Minutes(5)),
    ("PT15M", 900_000, Unit::Minutes(15)),
    ("PT1H", 3_600_000, Unit::Hours(1)),
    ("PT3H", 10_800_000, Unit::Hours(3)),
    ("PT6H", 21_600_000, Unit::Hours(6)),
    ("P1D", 86_400_000, Unit::Days),
    ("P7D", 604_800_000, Unit::Weeks),
    ("P1M", 2_629_746_000, Unit::Months(1)),
    ("P3M", 7_889_238_000, Unit::Months(3)),
    ("P1Y", 31_556_952_000, Unit::Months(12)),
    ("P10Y", 315_569_520_000, Unit::Months(120)),
];

#[derive(Clone, Copy)]
enum Unit {
    Minutes(i64),
    Hours(i8),
    Days,
    Weeks,
    Months(i16),
}

/// The finest buckets that cover `from..to` in few enough pieces: their name, and their edges.
pub(super) fn between(
    from_ms: u64,
    to_ms: u64,
    zone: &TimeZone,
    week_start: Weekday,
) -> (&'static str, Vec<u64>) {
    let length = to_ms.saturating_sub(from_ms);
    let fits = |ms: i64| length / (ms.unsigned_abs()) < (BUCKETS_MAX as u64) - 2;
    let chosen = LENGTHS.iter().find(|(_, ms, _)| fits(*ms)).unwrap_or(&LENGTHS[LENGTHS.len() - 1]);
    let mut at = floor(&zoned(from_ms, zone), chosen.2, week_start);
    let mut edges = vec![ms_of(&at)];
    // One bucket more than fit, for the edge that closes the last.
    while edges.len() <= BUCKETS_MAX && edges.last().is_some_and(|edge| *edge < to_ms) {
        let Ok(next) = at.checked_add(step(chosen.2)) else { break };
        // A step over a change of the clock stays on whole hours and days.
        at = if matches!(chosen.2, Unit::Hours(_)) { floor(&next, chosen.2, week_start) } else { next };
        if ms_of(&at) <= edges[edges.len() - 1] {
            at = next_after(&at, chosen.2);
        }
        edges.push(ms_of(&at));
    }
    (chosen.0, edges)
}

fn next_after(at: &Zoned, unit: Unit) -> Zoned {
    at.checked_add(step(unit)).unwrap_or_else(|_| at.clone())
}

fn step(unit: Unit) -> Span {
    match unit {
        Unit::Minutes(minutes) => minutes.minutes(),
        Unit::Hours(hours) => i64::from(hours).hours(),
        Unit::Days => 1.day(),
        Unit::Weeks => 1.week(),
        Unit::Months(months) => months.months(),
    }
}

/// The beginning of the bucket that holds this moment.
fn floor(at: &Zoned, unit: Unit, week_start: Weekday) -> Zoned {
    let midnight = || at.start_of_day();
    let floored = match unit {
        Unit::Minutes(minutes) => {
            let past = i64::from(at.minute()) % minutes;
            let seconds = past * 60 + i64::from(at.second());
            at.checked_sub(seconds.seconds()).map(|it| it.timestamp().as_millisecond()).ok().map(|ms| {
                let whole = ms - ms.rem_euclid(1000);
                zoned(u64::try_from(whole).unwrap_or(0), at.time_zone())
            })
        }
        Unit::Hours(hours) => {
            let hour = at.hour() - at.hour() % hours;
            let time = jiff::civil::time(hour, 0, 0, 0);
            at.date().to_datetime(time).to_zoned(at.time_zone().clone()).ok()
        }
        Unit::Days => midnight().ok(),
        Unit::Weeks => {
            let behind = i64::from(at.weekday().since(week_start));
            at.date().checked_sub(behind.days()).and_then(|day| day.to_zoned(at.time_zone().clone())).ok()
        }
        Unit::Months(months) => {
            let count = i32::from(at.year()) * 12 + i32::from(at.month()) - 1;
            let count = count - count.rem_euclid(i32::from(months));
            let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
            let day = jiff::civil::Date::new(year as i16, month as i8, 1);
            day.and_then(|day| day.to_zoned(at.time_zone().clone())).ok()
        }
    };
    floored.unwrap_or_else(|| at.clone())
}

fn zoned(ms: u64, zone: &TimeZone) -> Zoned {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

fn ms_of(at: &Zoned) -> u64 {
    u64::try_from(at.timestamp().as_millisecond()).unwrap_or(0)
}
