//! What a terminal shows: tables for people, JSON lines in a pipe, nothing that could steer the terminal.
//!
//! Deliberately absent: colours.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

/// Narrowest terminal for which columns are wrapped, in characters.
const WIDTH_MIN: u16 = 40;

/// Whether people read standard output.
pub(super) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// A table for people.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    // A terminal that tells no width would get columns of one character.
    if table.width().is_none_or(|width| width < WIDTH_MIN) {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table.set_header(header.iter().copied());
    table
}

/// One JSON value a line.
pub(super) fn print_lines<'a>(values: impl IntoIterator<Item = &'a Value>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for value in values {
        serde_json::to_writer(&mut out, value)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// Text with every character shown that a terminal would obey, or that would turn or hide what stands around it.
pub(super) fn visible(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// A progress bar on standard error, where people look at it.
pub(super) fn progress(total: Option<u64>, bytes: bool) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = match (total.is_some(), bytes) {
        (true, true) => "{bar:40} {bytes}/{total_bytes} {elapsed} left {eta} {msg}",
        (true, false) => "{bar:40} {pos}/{len} {per_sec} left {eta} {msg}",
        (false, _) => "{spinner} {pos} {per_sec} {msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    bar.set_draw_target(target);
    bar
}

/// Whether output ended because nobody reads it any more, as behind `| head`.
pub(super) fn is_closed_pipe(why: &anyhow::Error) -> bool {
    why.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(std::io::ErrorKind::BrokenPipe)
    })
}
