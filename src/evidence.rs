//! A file that somebody was given, checked: what holds, what does not and why, and what cannot be told.
//!
//! Deliberately absent: words for people, whom to trust, and the network. It is the same for a terminal and a page.

use std::io::{self, BufRead, Read};

use everlog_core::bundle::{HEADER_BYTES_MAX, LINE_BYTES_MAX, Line, Report, Trust, Verifier, VerifyError};

mod compare;
pub mod pdf;

/// How every PDF begins that can be checked.
const PDF: &[u8] = b"%PDF-";
/// How every bundle begins.
const BUNDLE: &[u8] = b"{";

/// Whether a file of this beginning can only be a PDF or only be a bundle; nothing where all of it has to be looked at, for a
/// PDF whose first bytes were changed.
pub fn is_pdf_by_beginning(beginning: &[u8]) -> Option<bool> {
    let is_pdf = beginning.starts_with(PDF);
    (is_pdf || beginning.starts_with(BUNDLE)).then_some(is_pdf)
}

/// Whether a whole file is to be checked as a PDF.
pub fn is_pdf(file: &[u8]) -> bool {
    is_pdf_by_beginning(file).unwrap_or_else(|| pdf::bears_our_seal(file))
}

/// What a file is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that it says of the log holds.
    Holds,
    /// Something does not.
    Fails,
    /// It is nothing that can be checked here.
    Unknown,
}

/// A bundle that was read to its end, or to its first fault.
#[derive(Debug)]
pub struct BundleCheck(pub Result<Report, VerifyError>);

impl BundleCheck {
    /// What it is worth.
    pub fn verdict(&self) -> Verdict {
        match &self.0 {
            Ok(_) => Verdict::Holds,
            Err(why) if why.fault.is_doubt() => Verdict::Unknown,
            Err(_) => Verdict::Fails,
        }
    }
}

/// Reads a bundle, in memory for one line, and hands each event to `each` as soon as its line holds.
///
/// # Errors
/// When it cannot be read. What is wrong with the bundle is in the answer.
pub fn check_bundle(
    mut from: impl BufRead,
    trust: &Trust,
    each: &mut dyn FnMut(&Line<'_>) -> io::Result<()>,
) -> io::Result<BundleCheck> {
    let mut line = Vec::new();
    read_line(&mut from, HEADER_BYTES_MAX, &mut line)?;
    let mut verifier = match Verifier::new(&line, trust) {
        Ok(verifier) => verifier,
        Err(why) => return Ok(BundleCheck(Err(why))),
    };
    while read_line(&mut from, LINE_BYTES_MAX, &mut line)? {
        match verifier.line(&line) {
            Ok(event) => each(&event)?,
            Err(why) => return Ok(BundleCheck(Err(why))),
        }
    }
    Ok(BundleCheck(verifier.finish()))
}

/// Reads the next line without its line feed; false at the end. Of a line that is longer than any may be it reads as much
/// as shows that.
fn read_line(from: &mut impl BufRead, bytes_max: usize, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    // One for the line feed, and one to be too long by.
    let read = from.by_ref().take(bytes_max as u64 + 2).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(read > 0)
}
