//! `verify` of receipts: whether what was acknowledged is still in the log, at its place, unchanged. Deliberately absent: how
//! receipts are written (`cli::receipts`), and where the log is (`place`).

use std::collections::HashMap;
use std::io::{self, BufRead, Read, Write};

use anyhow::Context;
use everlog_core::checkpoint::{Checkpoint, VerifierKey};
use everlog_core::ids::Size;
use everlog_core::leaf::Hash;
use everlog_core::merkle::verify_consistency;
use everlog_core::proof::VerifyError;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::cli::output::visible;
use crate::cli::place::Place;
use crate::cli::receipts::{LINE_BYTES_MAX, Receipt, opened};
use crate::cli::verify::{Server, events, label, word};
use crate::evidence::Verdict;

/// What became of a file of receipts.
struct Outcome {
    /// How many hold, up to the first that does not.
    held: u64,
    /// The log that they are of.
    origin: Option<String>,
    /// How many events it had when the first and the last of them was given.
    sizes: Option<(Size, Size)>,
    /// How many it has now, where it was asked.
    now: Option<Size>,
    fault: Option<Fault>,
}

/// The first receipt that does not hold, or cannot be judged.
struct Fault {
    line: u64,
    /// The event, its id, and when its receipt was given.
    event: Option<(u64, String, String)>,
    message: String,
    /// Whether it proves something, or only cannot be read.
    is_doubt: bool,
}

/// A receipt that holds by itself, held against the log.
enum Held {
    Yes,
    /// The event is there, and the log is not the one that it was.
    Rewritten(String),
    /// The event is not there, or not as it was.
    Gone(String),
}

/// The log as it is now.
struct Log {
    place: Place,
    head: Checkpoint,
    /// Sizes of which it is known that the log continues them, or why it does not.
    known: HashMap<Size, (Hash, Option<String>)>,
}

/// Holds every receipt against the log of the server, or without one only against its own proof.
///
/// # Errors
/// When the file or the server cannot be read.
pub(super) fn verify(
    file: impl BufRead,
    keys: &[VerifierKey],
    server: Option<&Server<'_>>,
    is_json: bool,
    bar: &ProgressBar,
) -> anyhow::Result<Verdict> {
    let key_pinned = !keys.is_empty();
    if !key_pinned && server.is_none() {
        anyhow::bail!("a receipt names no key: give the log's key with --key, or the server with --url");
    }
    let (outcome, keys) = check(file, keys, server)?;
    bar.finish_and_clear();
    let verdict = match &outcome.fault {
        None if outcome.held == 0 => anyhow::bail!("it holds no receipt"),
        None => Verdict::Holds,
        Some(fault) if fault.is_doubt => Verdict::Unknown,
        Some(_) => Verdict::Fails,
    };
    let mut out = io::stdout().lock();
    if is_json {
        writeln!(out, "{}", as_json(&outcome, verdict, key_pinned))?;
    } else {
        for_people(&outcome, &keys, key_pinned, &mut out)?;
    }
    Ok(verdict)
}

fn check(
    mut file: impl BufRead,
    pinned: &[VerifierKey],
    server: Option<&Server<'_>>,
) -> anyhow::Result<(Outcome, Vec<VerifierKey>)> {
    let mut keys = pinned.to_vec();
    let mut log: Option<Log> = None;
    let mut outcome = Outcome { held: 0, origin: None, sizes: None, now: None, fault: None };
    // The first that the log no longer bears out; one whose event is gone says more, and is looked for behind it.
    let mut rewritten = None;
    let (mut line, mut number) = (Vec::new(), 0);
    while outcome.fault.is_none() && next_line(&mut file, &mut line)? {
        number += 1;
        let fault = |event, message, is_doubt| Some(Fault { line: number, event, message, is_doubt });
        let receipt = match Receipt::parse(&line) {
            Ok(receipt) => receipt,
            Err(why) => {
                let cut = if line.last() == Some(&b'\n') { "cannot be read" } else { "is cut off" };
                outcome.fault = fault(None, format!("the receipt {cut}: {why}"), true);
                break;
            }
        };
        if let (None, Some(server)) = (&log, server) {
            let place = server.place(&receipt.organization);
            if keys.is_empty() {
                keys = place.log_keys().context("the server's keys cannot be had")?;
            }
            let head = place.checkpoint().context("the server's signed head cannot be had")?;
            let head = opened(&keys, |key| key.open(&head).map_err(VerifyError::Checkpoint));
            match head {
                Ok(head) => log = Some(Log { place, head, known: HashMap::new() }),
                Err(why) => {
                    outcome.fault = fault(
                        None,
                        format!("the head of the server's log does not hold: {}", chain(&why)),
                        false,
                    );
                    break;
                }
            }
        }
        let event = Some((receipt.seq.0, receipt.id.clone(), receipt.received_at.clone()));
        let head = match opened(&keys, |key| receipt.proof.verify(&receipt.leaf, key)) {
            Ok(head) => head,
            Err(why) => {
                outcome.fault = fault(event, format!("the receipt does not hold: {}", chain(&why)), false);
                break;
            }
        };
        let origin = log.as_ref().map(|log| &log.head.origin).or(outcome.origin.as_ref());
        if let Some(origin) = origin.filter(|origin| **origin != head.origin) {
            let told = format!("the receipt is of another log, {}, and not of {origin}", head.origin);
            outcome.fault = fault(event, told, false);
            break;
        }
        outcome.origin = Some(head.origin.clone());
        outcome.sizes = Some((outcome.sizes.map_or(head.size, |it| it.0), head.size));
        match log.as_mut().map_or(Ok(Held::Yes), |log| log.hold(&receipt, &head))? {
            Held::Yes if rewritten.is_none() => outcome.held += 1,
            Held::Yes => {}
            Held::Rewritten(told) => rewritten = rewritten.or_else(|| fault(event, told, false)),
            Held::Gone(told) => outcome.fault = fault(event, told, false),
        }
    }
    outcome.now = log.map(|log| log.head.size);
    outcome.fault = outcome.fault.or(rewritten);
    Ok((outcome, keys))
}

impl Log {
    /// Whether the log of now is the one of the receipt, and if it is not, whether the event is still in it.
    fn hold(&mut self, receipt: &Receipt, then: &Checkpoint) -> anyhow::Result<Held> {
        let Some(broken) = self.continues(then)? else { return Ok(Held::Yes) };
        let is_there = match self.head.size.holds(receipt.seq) {
            false => false,
            true => {
                let proof = self.place.inclusion(receipt.seq, Some(self.head.size));
                let proof = proof.context("the server does not prove an event that it has")?;
                let leads = everlog_core::merkle::verify_inclusion(
                    &receipt.leaf,
                    receipt.seq,
                    self.head.size,
                    &proof.path,
                    &self.head.root,
                );
                leads.is_ok()
            }
        };
        Ok(match is_there {
            true => Held::Rewritten(format!(
                "the event is still there, but the log around it was rewritten: {broken}"
            )),
            false => {
                Held::Gone(format!("the event was acknowledged and is not in the log as it was: {broken}"))
            }
        })
    }

    /// Why the log of now does not continue that of then; nothing where it does.
    fn continues(&mut self, then: &Checkpoint) -> anyhow::Result<Option<String>> {
        if let Some((root, broken)) = self.known.get(&then.size) {
            let is_other = *root != then.root && broken.is_none();
            let told = || format!("of the size {} two different logs were signed", then.size);
            return Ok(if is_other { Some(told()) } else { broken.clone() });
        }
        let now = &self.head;
        let broken = if then.size > now.size {
            Some(format!("the log had {} then and has {} now", events(then.size.0), events(now.size.0)))
        } else {
            let proof = self.place.consistency(then.size, now.size)?;
            let checked = verify_consistency(then.size, now.size, &proof, &then.root, &now.root);
            let told = |why| {
                format!("it does not continue the log of {} that was signed then: {why}", events(then.size.0))
            };
            checked.err().map(told)
        };
        self.known.insert(then.size, (then.root, broken.clone()));
        Ok(broken)
    }
}

/// Reads the next line with its line feed; false at the end.
fn next_line(file: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(file.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', line)? > 0)
}

fn chain(why: &dyn std::error::Error) -> String {
    let mut told = why.to_string();
    let mut cause = why.source();
    while let Some(why) = cause {
        told = format!("{told}: {why}");
        cause = why.source();
    }
    told
}

fn as_json(outcome: &Outcome, verdict: Verdict, key_pinned: bool) -> Value {
    let fault = outcome.fault.as_ref().map(|it| {
        json!({
            "line": it.line, "index": it.event.as_ref().map(|event| event.0),
            "id": it.event.as_ref().map(|event| &event.1), "message": it.message,
        })
    });
    let holds = verdict == Verdict::Holds;
    json!({
        "kind": "receipts", "verdict": word(verdict), "key_pinned": key_pinned && holds,
        "receipts": outcome.held, "origin": outcome.origin, "size": outcome.now, "fault": fault,
    })
}

fn for_people(
    outcome: &Outcome,
    keys: &[VerifierKey],
    key_pinned: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    if let Some(fault) = &outcome.fault {
        let first = if fault.is_doubt { "CANNOT TELL" } else { "DOES NOT HOLD" };
        let event = fault.event.as_ref().map_or_else(String::new, |(index, id, received_at)| {
            format!(", of event {index} ({id}), acknowledged {received_at}")
        });
        writeln!(out, "{first}: line {}{}: {}.", fault.line, visible(&event), visible(&fault.message))?;
        return writeln!(out, "  {} before it hold.", receipts(outcome.held));
    }
    let what = match outcome.now {
        Some(_) => "every acknowledged event is in the log, at its place, unchanged",
        None => "every receipt is as it was signed",
    };
    let key = keys.first().map(|key| label(&key.to_string())).unwrap_or_default();
    if key_pinned {
        writeln!(out, "VERIFIED: {what}.")?;
    } else {
        writeln!(
            out,
            "CONSISTENT, key not checked: {what},\n  by the key that the server itself names, {key}."
        )?;
        writeln!(out, "  Get the log's key from somebody you trust, and give it with --key.")?;
    }
    let origin = visible(outcome.origin.as_deref().unwrap_or_default());
    writeln!(out, "  {} of the log {origin}.", receipts(outcome.held))?;
    if let Some((first, last)) = outcome.sizes {
        let then = if first == last { events(first.0) } else { format!("{first} to {}", events(last.0)) };
        match outcome.now {
            Some(now) => writeln!(
                out,
                "  The log had {then} when they were given, and has {} now: it continues each of those.",
                events(now.0)
            )?,
            None => writeln!(
                out,
                "  The log had {then} when they were given. Whether it still holds them was not asked: give --url."
            )?,
        }
    }
    Ok(())
}

fn receipts(count: u64) -> String {
    if count == 1 { "1 receipt".to_owned() } else { format!("{count} receipts") }
}
