//! The histogram above a list: how many events of each kind happened when, as a drawing whose bars are links.
//!
//! Deliberately absent: counting. Colours are classes of the style sheet; sizes are attributes, so that no inline style
//! is needed.

use everlog_core::catalog::Kind;

use crate::read::Histogram;
use crate::viewer::address::Address;
use crate::viewer::dates::Clock;
use crate::words::{Words, grouped};

/// Width and height of the drawing's own coordinates; it is stretched to the width of the page.
const WIDTH: u64 = 1_200;
const HEIGHT: u64 = 64;
/// Widest bar: a single one must not fill the page.
const BAR_WIDTH_MAX: u64 = 44;
/// Smallest height of what is there at all.
const PIECE_HEIGHT_MIN: u64 = 2;

/// A histogram ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// One bar a bucket.
    pub bars: Vec<Bar>,
    /// The kinds that occur, for the legend and the table.
    pub kinds: Vec<Legend>,
    /// The beginning, in words.
    pub first: String,
    /// The last bucket, in words.
    pub last: String,
    /// How long a bucket is: `by day`.
    pub unit: String,
    /// How many events are in the fullest bucket, which is as high as the drawing.
    pub most: String,
    /// The list without the dates that a bar led to.
    pub out: Option<String>,
}

/// One bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The list of this stretch alone.
    pub href: String,
    /// What it is called.
    pub label: String,
    /// What is in it, in words.
    pub summary: String,
    /// Where the part of the drawing that can be clicked begins.
    pub hit_x: u64,
    /// How wide that part is.
    pub hit_width: u64,
    /// Where the bar begins.
    pub x: u64,
    /// How wide it is.
    pub width: u64,
    /// Its kinds, the first at the bottom.
    pub pieces: Vec<Piece>,
    /// How many of each kind in the legend.
    pub counts: Vec<u64>,
}

/// One kind within a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The kind, for the style sheet.
    pub kind: &'static str,
    /// Its upper edge.
    pub y: u64,
    /// How high it is.
    pub height: u64,
}

/// One kind that occurs.
#[derive(Clone, Debug, PartialEq)]
pub struct Legend {
    /// The kind, for the style sheet.
    pub kind: &'static str,
    /// What it is called.
    pub label: String,
}

impl Chart {
    /// Draws a histogram; each bar leads to its own stretch of time.
    pub fn new(histogram: &Histogram, address: &Address, clock: &Clock) -> Self {
        let buckets = &histogram.buckets;
        let tallest = buckets.iter().map(|(_, _, counts)| counts.iter().sum()).max().unwrap_or(0);
        if tallest == 0 {
            return Self::default();
        }
        let occurs = |at: usize| buckets.iter().any(|(_, _, counts)| counts[at] > 0);
        let kinds: Vec<usize> = (0..Kind::ALL.len()).filter(|at| occurs(*at)).collect();
        let count = buckets.len() as u64;
        let width = ((WIDTH / count) * 4 / 5).clamp(2, BAR_WIDTH_MAX);
        let bars = buckets.iter().zip(0..).map(|((from, to, counts), at): (_, u64)| {
            let (hit_x, hit_end) = (WIDTH * at / count, WIDTH * (at + 1) / count);
            let label = bucket_label(histogram.interval, *from, clock);
            let counts: Vec<u64> = kinds.iter().map(|kind| counts[*kind]).collect();
            Bar {
                href: zoomed(histogram.interval, *from, *to, address, clock),
                summary: summary(&label, &kinds, &counts, clock.words),
                label,
                hit_x,
                hit_width: hit_end - hit_x,
                x: hit_x + (hit_end - hit_x).saturating_sub(width) / 2,
                width,
                pieces: stack(&kinds, &counts, tallest),
                counts,
            }
        });
        let bars: Vec<Bar> = bars.collect();
        let label_of = |bar: Option<&Bar>| bar.map(|bar| bar.label.clone()).unwrap_or_default();
        Self {
            first: label_of(bars.first()),
            last: if bars.len() > 1 { label_of(bars.last()) } else { String::new() },
            kinds: kinds
                .iter()
                .map(|at| Legend {
                    kind: Kind::ALL[*at].as_str(),
                    label: kind_label(Kind::ALL[*at], clock.words),
                })
                .collect(),
            unit: clock.words.say(&format!("interval-{}", histogram.interval.to_ascii_lowercase())),
            most: grouped(tallest),
            out: address.has_dates().then(|| address.without("from").without("to").href()),
            bars,
        }
    }
}

impl Bar {
    /// How many of each kind in the legend, as they are read.
    pub fn figures(&self) -> String {
        self.counts.iter().map(|count| grouped(*count)).collect::<Vec<_>>().join(" ")
    }
}

/// What a kind is called.
fn kind_label(kind: Kind, words: Words) -> String {
    words.say(&format!("kind-{}", kind.as_str()))
}

/// The kinds of one bucket on top of each other, the first at the bottom.
fn stack(kinds: &[usize], counts: &[u64], tallest: u64) -> Vec<Piece> {
    let mut top = HEIGHT;
    let mut pieces = Vec::new();
    for (kind, count) in kinds.iter().zip(counts).filter(|(_, count)| **count > 0) {
        // Counts are far below the size at which this would overflow.
        let height = (HEIGHT.saturating_mul(*count) / tallest).max(PIECE_HEIGHT_MIN).min(top);
        top -= height;
        pieces.push(Piece { kind: Kind::ALL[*kind].as_str(), y: top, height });
    }
    pieces
}

fn summary(time: &str, kinds: &[usize], counts: &[u64], words: Words) -> String {
    let occur = kinds.iter().zip(counts).filter(|(_, count)| **count > 0);
    let parts = occur.map(|(kind, count)| {
        let kind = kind_label(Kind::ALL[*kind], words).to_lowercase();
        words.fill("chart-part", [("count", grouped(*count).into()), ("kind", kind.into())])
    });
    let parts: Vec<_> = parts.collect();
    let told = if parts.is_empty() { words.say("chart-nothing") } else { parts.join(&words.say("comma")) };
    words.fill("chart-bar", [("time", time.into()), ("parts", told.into())])
}

/// Where a bar leads. Bare end dates include their day.
fn zoomed(interval: &str, from: u64, to: u64, address: &Address, clock: &Clock) -> String {
    let is_days = interval.starts_with('P') && !interval.starts_with("PT");
    let to = if is_days {
        clock.at(to - 1).strftime("%Y-%m-%d").to_string()
    } else {
        clock.at(to).strftime("%Y-%m-%dT%H:%M").to_string()
    };
    let from = if is_days {
        clock.at(from).strftime("%Y-%m-%d").to_string()
    } else {
        clock.at(from).strftime("%Y-%m-%dT%H:%M").to_string()
    };
    address.between(&from, &to).href()
}

fn bucket_label(interval: &str, from: u64, clock: &Clock) -> String {
    let at = clock.at(from).datetime();
    let form = match interval {
        "PT1M" | "PT5M" | "PT15M" | "PT1H" | "PT3H" | "PT6H" => "date-bar-minute",
        "P1D" => "date-bar-day",
        "P7D" => "date-day",
        "P1M" | "P3M" => "date-bar-month",
        _ => return at.year().to_string(),
    };
    clock.words.date(form, at)
}
