//! Moments and zones, as every page and paper names them. Deliberately absent: the clock, and the forms of dates, which are
//! each language's.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A moment by its milliseconds since 1970; one beyond what can be written is the last that can.
pub fn moment(ms: u64) -> Timestamp {
    let time = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.unwrap_or(Timestamp::MAX)
}

/// A zone's name and how far it is from UTC at a moment.
pub fn zone_name(zone: &TimeZone, at_ms: u64) -> String {
    let name = zone.iana_name().unwrap_or("UTC").replace('_', " ");
    let minutes = zone.to_offset(moment(at_ms)).seconds() / 60;
    let sign = if minutes < 0 { '−' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) if name == "UTC" => name,
        (hours, 0) => format!("{name}, UTC{sign}{hours}"),
        (hours, rest) => format!("{name}, UTC{sign}{hours}:{rest:02}"),
    }
}

/// The zone's short name at a moment; many have none but their distance from UTC.
pub fn zone_at(at: &Zoned) -> String {
    let name = at.strftime("%Z").to_string();
    let distance = |sign: char| name.strip_prefix(sign).map(|it| it.strip_prefix('0').unwrap_or(it));
    match (distance('+'), distance('-')) {
        (Some(hours), _) => format!("UTC+{hours}"),
        (_, Some(hours)) => format!("UTC−{hours}"),
        _ => name,
    }
}
