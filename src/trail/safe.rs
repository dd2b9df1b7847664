//! Text of others, ready to stand between our words: nothing in it can hide, or turn round what is beside it.
//!
//! Deliberately absent: changing what was recorded. Only what is drawn is written so; the JSON holds every text as it is.

use everlog_core::text::{is_bidi_control, is_invisible};

/// Begins a text whose direction is its own; see UAX #9.
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
/// Ends it.
const POP_ISOLATE: char = '\u{2069}';

/// On one line, with characters that show nothing or turn text round written as code points: `[U+202E]`.
pub fn visible(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    for (at, &c) in chars.iter().enumerate() {
        let around = [at.checked_sub(1).map(|at| chars[at]), chars.get(at + 1).copied()];
        match c {
            '\n' | '\t' | '\r' | '\u{2028}' | '\u{2029}' => shown.push(' '),
            // Persian names and joined emoji need them; between plain letters they only hide.
            '\u{200c}' | '\u{200d}' if around.iter().all(|it| it.is_some_and(|it| !it.is_ascii())) => {
                shown.push(c)
            }
            c if shows_nothing(c) => shown.push_str(&code_point(c)),
            c => shown.push(c),
        }
    }
    shown
}

/// A character by its number: `[U+1F600]`.
pub fn code_point(c: char) -> String {
    format!("[U+{:04X}]", u32::from(c))
}

fn shows_nothing(c: char) -> bool {
    let is_filler =
        matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}');
    let is_tag = matches!(c, '\u{e0000}'..='\u{e0fff}');
    c.is_control() || is_invisible(c) || is_bidi_control(c) || is_filler || is_tag
}

/// A text of others, isolated where its direction could matter.
pub fn isolated(text: &str, is_rtl: bool) -> String {
    let text = visible(text);
    if is_rtl || text.contains(runs_left) { isolate(&text) } else { text }
}

fn isolate(text: &str) -> String {
    format!("{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}")
}

/// A sentence of ours with each of these names in it isolated where it runs the other way, and whatever else runs from
/// right to left where the sentence does not.
pub fn sentence(text: &str, names: &[&str], is_rtl: bool) -> String {
    let told = visible(text);
    if !is_rtl && !told.contains(runs_left) {
        return told;
    }
    let is_apart = |name: &String| if is_rtl { !name.is_empty() } else { name.contains(runs_left) };
    let pieces = cut(told, names, is_apart);
    let piece = |(piece, is_name): (String, bool)| match is_name {
        true => isolate(&piece),
        false if is_rtl => piece,
        false => runs(&piece),
    };
    pieces.into_iter().map(piece).collect()
}

/// Whether what a sentence says beside these names runs from right to left.
pub fn is_told_leftward(text: &str, names: &[&str]) -> bool {
    let pieces = cut(visible(text), names, |name| !name.is_empty());
    pieces.iter().any(|(piece, is_name)| !is_name && piece.contains(runs_left))
}

/// A text cut at the names in it, the longest first: one name may be a part of another.
fn cut(text: String, names: &[&str], is_wanted: impl Fn(&String) -> bool) -> Vec<(String, bool)> {
    let mut names: Vec<String> = names.iter().map(|name| visible(name)).filter(is_wanted).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    let whole = vec![(text, false)];
    names
        .iter()
        .fold(whole, |pieces, name| pieces.into_iter().flat_map(|piece| around(piece, name)).collect())
}

/// A piece cut at each place where a name stands in it.
fn around((piece, is_name): (String, bool), name: &str) -> Vec<(String, bool)> {
    if is_name {
        return vec![(piece, true)];
    }
    let mut cut = Vec::new();
    for (at, part) in piece.split(name).enumerate() {
        if at > 0 {
            cut.push((name.to_owned(), true));
        }
        cut.push((part.to_owned(), false));
    }
    cut
}

/// Isolates every stretch from the first to the last letter that runs from right to left, words of one script between.
fn runs(text: &str) -> String {
    let Some(start) = text.find(runs_left) else { return text.to_owned() };
    let rest = &text[start..];
    let stop = rest.find(|c: char| c.is_alphabetic() && !runs_left(c)).unwrap_or(rest.len());
    let last = rest[..stop].char_indices().rev().find(|(_, c)| runs_left(*c));
    let end = start + last.map_or(rest.len(), |(at, c)| at + c.len_utf8());
    format!("{}{}{}", &text[..start], isolate(&text[start..end]), runs(&text[end..]))
}

/// Whether a character runs from right to left: Hebrew, Arabic and their neighbours.
pub fn runs_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}
