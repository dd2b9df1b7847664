//! Times as readers see them. Deliberately absent: pages; those are asked for over HTTP.

use everlog::viewer::dates::Clock;
use everlog::words::Words;
use everlog_core::profile::DateStyle;
use jiff::Timestamp;
use jiff::tz::TimeZone;

fn clock(style: DateStyle) -> Clock {
    Clock {
        now_ms: ms("2025-12-15T18:00:00Z"),
        zone: TimeZone::get("Asia/Kolkata").unwrap(),
        style,
        words: Words::of(&[]),
    }
}

fn ms(text: &str) -> u64 {
    u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap()
}

/// L06, C16, D04.
#[test]
fn every_profile_has_its_way_of_writing_dates() {
    let shown = |style| clock(style).when(ms("2025-12-15T11:24:09Z")).shown;
    assert_eq!(shown(DateStyle::Absolute12h), "Dec 15, 2025 04:54 PM");
    assert_eq!(shown(DateStyle::Relative), "7 hours ago");
    assert_eq!(shown(DateStyle::Exact), "Dec 15, 2025 16:54:09");
    assert_eq!(shown(DateStyle::ExactWithZone), "Dec 15, 2025 16:54:09\u{a0}IST");
}

#[test]
fn a_relative_time_never_says_zero_or_sixty() {
    let clock = clock(DateStyle::Relative);
    let now = clock.now_ms;
    let relative = |at: u64| clock.when(at).shown;
    for seconds in (0..4_000_000_u64).step_by(7) {
        let told = relative(now - seconds * 1000);
        assert!(
            !told.starts_with("0 ") && !told.starts_with("60 ") && !told.starts_with("24 hours"),
            "{seconds}: {told}"
        );
    }
    assert_eq!(relative(now - 3 * 86_400_000), "3 days ago");
    assert_eq!(relative(now + 120_000), "in 2 minutes");
}

#[test]
fn the_zone_is_named_with_its_distance() {
    assert_eq!(clock(DateStyle::Exact).zone_name(), "Asia/Kolkata, UTC+5:30");
}
