//! CSV as spreadsheets read it: RFC 4180, UTF-8 with a byte order mark, no cell that becomes a formula (L19).
//!
//! Deliberately absent: other separators. A program that wants values as they were recorded asks for them raw.

use std::io;

use csv::{Terminator, WriterBuilder};
use everlog_core::text::is_invisible;

use crate::export::Cell;

/// Tells spreadsheets that the file is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Makes text of whatever follows it.
const GUARD: char = '\'';
/// What spreadsheets understand as a date and a time, whatever their language.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// The first line, and what stands in front of it.
///
/// # Errors
/// None: writing into memory does not fail.
pub fn begin(titles: &[String], is_raw: bool) -> io::Result<Vec<u8>> {
    let mut bytes = if is_raw { Vec::new() } else { BYTE_ORDER_MARK.as_bytes().to_vec() };
    let titles = titles.iter().map(|title| Cell::Text(title.clone())).collect();
    bytes.extend(rows([titles], is_raw)?);
    Ok(bytes)
}

/// A line for each row.
///
/// # Errors
/// None: writing into memory does not fail.
pub fn rows(rows: impl IntoIterator<Item = Vec<Cell>>, is_raw: bool) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for cells in rows {
        for cell in cells {
            let text = match cell {
                Cell::Empty => String::new(),
                Cell::Number(number) => number.to_string(),
                Cell::Time(time) => time.strftime(TIME).to_string(),
                Cell::Text(text) if is_raw => text,
                Cell::Text(text) => guarded(&text),
            };
            writer.write_field(text)?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|why| io::Error::other(why.to_string()))
}

/// The text with a `'` in front where a spreadsheet would take it for a formula; a TAB or a CR there would hide one.
///
/// Also behind `;`, TAB and line breaks inside it: where lists are separated by `;`, Excel ends a cell there whatever the
/// quotes say.
pub fn guarded(text: &str) -> String {
    let first = text.chars().find(|c| !is_stripped(*c));
    let is_formula = first.is_some_and(is_sign) || text.starts_with(['\t', '\r']);
    let mut guarded = String::with_capacity(text.len() + 1);
    guarded.extend(is_formula.then_some(GUARD));
    let mut begins = false;
    for c in text.chars() {
        if begins && is_sign(c) {
            guarded.push(GUARD);
        }
        begins = matches!(c, ';' | '\t' | '\r' | '\n') || (begins && is_stripped(c));
        guarded.push(c);
    }
    guarded
}

/// What makes a formula or a command of a cell, in half and in full width.
fn is_sign(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

/// What spreadsheets leave out in front of a cell's content, or do not show.
fn is_stripped(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c)
}
