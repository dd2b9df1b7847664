//! What changed, side by side, with the words that differ in long texts marked.
//!
//! Deliberately absent: deciding what changed. Only what the event says is shown, all of it.

use std::collections::BTreeMap;

use everlog_core::catalog::Kind;
use everlog_core::event::{Change, Changes};
use serde_json::Value;

use crate::viewer::text::{Text, escape_hidden};

/// Most words of a text whose differences are looked for; the work grows with their square.
const DIFF_WORDS_MAX: usize = 400;
/// How many fields of an event are searched for words that differ; behind them a value that differs is marked whole.
const DIFF_FIELDS_MAX: usize = 200;
/// Fewest words from which marking single words helps.
const DIFF_WORDS_MIN: usize = 4;

/// The changes of an event, by what they are.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeTable {
    /// The message that names it.
    pub title: &'static str,
    /// Whether there are both sides.
    pub is_pair: bool,
    /// One row a field, in the order of their names.
    pub rows: Vec<ChangeRow>,
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRow {
    /// Its name.
    pub field: Text,
    /// What it was.
    pub before: Side,
    /// What it is now.
    pub after: Side,
}

/// One side of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// The field was not there.
    Missing,
    /// It was there and null.
    Null,
    /// It was a text without a character to see.
    Blank,
    /// A text, a number or a truth, in pieces: whether each differs from the other side.
    Words(Vec<(bool, Text)>),
    /// Nested values, pretty.
    Nested(String),
}

impl ChangeTable {
    /// The table of an event's first `limit` changes; none where nothing was said or nothing differs.
    pub fn new(changes: &Changes, kind: Kind, limit: usize) -> Option<Self> {
        if changes.0.is_empty() {
            return None;
        }
        let has_before = changes.0.values().any(|change| change.before.is_some());
        let has_after = changes.0.values().any(|change| change.after.is_some());
        let title = match (has_before, has_after, kind) {
            (true, true, _) => "changes-title",
            (true, false, Kind::Deleted) => "changes-deleted",
            (true, false, _) => "changes-removed",
            (false, _, Kind::Created) => "changes-created",
            (false, _, _) => "changes-set",
        };
        let row = |(at, (field, change)): (usize, (&String, &Change))| {
            let (before, after) = sides(change, at < DIFF_FIELDS_MAX);
            ChangeRow { field: Text::name(field), before, after }
        };
        let rows = changes.0.iter().take(limit).enumerate().map(row).collect();
        Some(Self { title, is_pair: has_before && has_after, rows })
    }

    /// The first `limit` values of a record; none where there are none.
    pub fn of_values(values: &BTreeMap<String, Value>, limit: usize) -> Option<Self> {
        let row = |(field, value): (&String, &Value)| {
            let (before, after) = (Side::Missing, side(Some(value), false));
            ChangeRow { field: Text::name(field), before, after }
        };
        let rows: Vec<_> = values.iter().take(limit).map(row).collect();
        (!rows.is_empty()).then_some(Self { title: "changes-values", is_pair: false, rows })
    }
}

impl ChangeRow {
    /// The only side there is.
    pub fn only(&self) -> &Side {
        if self.before == Side::Missing { &self.after } else { &self.before }
    }
}

fn sides(change: &Change, has_words: bool) -> (Side, Side) {
    if has_words
        && let (Some(Value::String(before)), Some(Value::String(after))) = (&change.before, &change.after)
        && let Some((before, after)) = word_differences(before, after)
    {
        return (Side::Words(before), Side::Words(after));
    }
    let is_pair = change.before.is_some() && change.after.is_some();
    (side(change.before.as_ref(), is_pair), side(change.after.as_ref(), is_pair))
}

fn side(value: Option<&Value>, differs: bool) -> Side {
    match value {
        None => Side::Missing,
        Some(Value::Null) => Side::Null,
        Some(Value::String(text)) if text.trim().is_empty() => Side::Blank,
        Some(Value::String(text)) => Side::Words(vec![(differs, Text::sentence(text))]),
        Some(nested @ (Value::Array(_) | Value::Object(_))) => Side::Nested(pretty(nested)),
        Some(plain) => Side::Words(vec![(differs, Text::sentence(&plain.to_string()))]),
    }
}

/// JSON as people read it.
pub fn pretty(value: &Value) -> String {
    escape_hidden(&serde_json::to_string_pretty(value).unwrap_or_default())
}

type Pieces = Vec<(bool, Text)>;

/// Both texts in pieces, equal and different, where they are long enough to need it and short enough to be compared.
fn word_differences(before: &str, after: &str) -> Option<(Pieces, Pieces)> {
    let (a, b) = (words(before), words(after));
    let fits = |words: &[&str]| (DIFF_WORDS_MIN..=DIFF_WORDS_MAX).contains(&words.len());
    if !(fits(&a) && fits(&b)) {
        return None;
    }
    let (kept_a, kept_b) = common(&a, &b);
    Some((pieces(&a, &kept_a), pieces(&b, &kept_b)))
}

/// Words, each with the white space that follows it.
fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(char::is_whitespace).collect()
}

/// Which words of each side belong to their longest common subsequence.
fn common(a: &[&str], b: &[&str]) -> (Vec<bool>, Vec<bool>) {
    let width = b.len() + 1;
    let is_same = |i: usize, j: usize| a[i].trim_end() == b[j].trim_end();
    let mut lengths = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i * width + j] = if is_same(i, j) {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut kept_a, mut kept_b) = (vec![false; a.len()], vec![false; b.len()]);
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if is_same(i, j) {
            (kept_a[i], kept_b[j]) = (true, true);
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    (kept_a, kept_b)
}

/// Runs of words that are equal or differ; white space behind the last word of a difference is no part of it.
fn pieces(words: &[&str], kept: &[bool]) -> Pieces {
    let mut runs: Vec<(bool, String)> = Vec::new();
    let mut add = |differs: bool, text: &str| match runs.last_mut() {
        Some((same, run)) if *same == differs => run.push_str(text),
        _ if text.is_empty() => {}
        _ => runs.push((differs, text.to_owned())),
    };
    for (at, (word, is_kept)) in words.iter().zip(kept).enumerate() {
        let (core, space) = word.split_at(word.trim_end().len());
        add(!is_kept, core);
        add(!is_kept && kept.get(at + 1) == Some(&false), space);
    }
    runs.into_iter().map(|(differs, run)| (differs, Text::sentence(&run))).collect()
}
