//! The drawing above a list. Deliberately absent: pages; those are asked for over HTTP.

use everlog::read::Histogram;
use everlog::viewer::address::Address;
use everlog::viewer::dates::Clock;
use everlog::viewer::histogram::{Bar, Chart};
use everlog::words::Words;
use everlog_core::profile::{self, DateStyle};
use jiff::tz::TimeZone;

const DAY: u64 = 86_400_000;

fn chart(buckets: &[[u64; 5]]) -> Chart {
    let buckets =
        buckets.iter().zip(0..).map(|(counts, day)| (day * DAY, (day + 1) * DAY, *counts)).collect();
    let address = Address::read("/view/acme".to_owned(), &[], profile::shipped("platform").unwrap());
    let clock = Clock { now_ms: 0, zone: TimeZone::UTC, style: DateStyle::Exact, words: Words::of(&[]) };
    Chart::new(&Histogram { interval: "P1D", buckets }, &address, &clock)
}

#[test]
fn the_tallest_bar_fills_the_height_and_a_single_event_can_be_seen() {
    let chart = chart(&[[10, 20, 10, 0, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]]);
    let heights = |bar: &Bar| bar.pieces.iter().map(|piece| piece.height).collect::<Vec<_>>();
    assert_eq!(heights(&chart.bars[0]), [16, 32, 16]);
    assert_eq!(heights(&chart.bars[1]), [0; 0]);
    assert_eq!(heights(&chart.bars[2]), [2]);
    assert_eq!(chart.bars[0].summary, "Thu, Jan 01: 10 created, 20 updated, 10 deleted");
    assert_eq!(chart.kinds.len(), 3);
}

#[test]
fn a_bar_leads_to_its_own_day() {
    assert_eq!(chart(&[[1, 0, 0, 0, 0]]).bars[0].href, "/view/acme?from=1970-01-01&to=1970-01-01");
}

#[test]
fn nothing_is_drawn_of_nothing() {
    assert_eq!(chart(&[]), Chart::default());
    assert_eq!(chart(&[[0; 5]]), Chart::default());
}
