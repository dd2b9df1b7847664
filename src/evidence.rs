//! A file that somebody was given, checked: what holds, what does not and why, and what cannot be told.
//!
//! Deliberately absent: words for people, whom to trust, and the network. It is the same for a terminal and a page.

use std::io::{self, BufRead, Read};

use everlog_core::bundle::{HEADER_BYTES_MAX, LINE_BYTES_MAX, Line, Report, Trust, Verifier, VerifyError};

mod compare;
pub mod pdf;

/// How every PDF begins that can be checked.
pub const PDF: &[u8] = b"%PDF-";

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
