//! `verify`: whether a file that one was given is what the log holds. Offline: nothing is asked of anybody.
//!
//! Deliberately absent: the checking itself (`core::bundle`, `evidence`).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use everlog_core::bundle::{Line, Report, Trust, VerifyError};
use everlog_core::checkpoint::{NOTE_BYTES_MAX, VerifierKey};
use everlog_core::hex::Hex;
use serde_json::{Value, json};

use crate::cli::output;
use crate::evidence::{BundleCheck, Verdict, check_bundle, is_pdf, is_pdf_by_beginning};
use crate::read::iso;

mod pdf;

/// Most events that are listed for people; of more, only what they have in common is told.
const LISTED_MAX: usize = 50;
/// Largest file of keys, in bytes.
const KEYS_BYTES_MAX: u64 = 1 << 20;

/// What `verify` takes.
#[derive(Args)]
pub(super) struct VerifyArguments {
    /// The bundle or Audit Trail PDF to check; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The key that must have signed: a verifier key as in /v1/log-key, or a file of them; from anywhere but the file itself
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// The SHA-256 of the certificate that must have sealed a PDF, as the operator tells it; may be repeated
    #[arg(long, value_name = "SHA256", value_parser = parse_fingerprint)]
    seal: Vec<Fingerprint>,
    /// A checkpoint of the same log that was kept from an earlier time: the log must continue it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Tell it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Exit codes: 0 holds, 1 does not, 2 cannot be told.
fn exit_code(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Holds => ExitCode::SUCCESS,
        Verdict::Fails => ExitCode::from(1),
        Verdict::Unknown => ExitCode::from(2),
    }
}

pub(super) fn verify(arguments: VerifyArguments) -> anyhow::Result<ExitCode> {
    match checked(&arguments) {
        Ok(verdict) => Ok(exit_code(verdict)),
        Err(why) if output::is_closed_pipe(&why) => Err(why),
        // What cannot be read is neither good nor bad.
        Err(why) => {
            let told = why.chain().map(|it| output::visible(&it.to_string())).collect::<Vec<_>>().join(": ");
            if arguments.json {
                let mut object = untold(&json!({"message": told}));
                object["verdict"] = json!(word(Verdict::Unknown));
                println!("{object}");
            } else {
                println!("CANNOT TELL: {told}");
            }
            Ok(exit_code(Verdict::Unknown))
        }
    }
}

fn checked(arguments: &VerifyArguments) -> anyhow::Result<Verdict> {
    let trust = trust(arguments)?;
    let file: Box<dyn Read> = if arguments.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&arguments.file);
        Box::new(file.with_context(|| format!("{} cannot be opened", arguments.file.display()))?)
    };
    let mut file = BufReader::with_capacity(1 << 20, file);
    let cannot = || format!("{} cannot be read", arguments.file.display());
    match is_pdf_by_beginning(file.fill_buf().with_context(cannot)?) {
        Some(true) => {}
        Some(false) => return bundle(file, &trust, arguments.json).with_context(cannot),
        None => return odd(file, &trust, arguments).with_context(cannot),
    }
    let file = pdf::read(file).with_context(cannot)?;
    pdf::verify(&file, &trust, &arguments.seal, arguments.json).with_context(cannot)
}

/// A file that begins as nothing that can be checked.
fn odd(file: impl Read, trust: &Trust, arguments: &VerifyArguments) -> anyhow::Result<Verdict> {
    let file = pdf::read(file)?;
    if is_pdf(&file) {
        return pdf::verify(&file, trust, &arguments.seal, arguments.json);
    }
    bundle(file.as_slice(), trust, arguments.json)
}

fn bundle(file: impl BufRead, trust: &Trust, is_json: bool) -> anyhow::Result<Verdict> {
    if is_json { as_json(file, trust) } else { for_people(file, trust) }
}

/// The SHA-256 of a certificate.
type Fingerprint = everlog_core::leaf::Hash;

/// A fingerprint as people copy it: hexadecimal, in either case, with or without colons.
fn parse_fingerprint(text: &str) -> Result<Fingerprint, String> {
    let plain: String = text.chars().filter(|c| *c != ':').map(|c| c.to_ascii_lowercase()).collect();
    everlog_core::hex::decode(&plain)
        .ok_or_else(|| "a SHA-256 fingerprint has 64 hexadecimal digits".to_owned())
}

/// What the caller brings.
fn trust(arguments: &VerifyArguments) -> anyhow::Result<Trust> {
    let keys = match &arguments.key {
        None => Vec::new(),
        Some(key) => keys(key)?,
    };
    let older =
        arguments.checkpoint.as_deref().map(|path| read_text(path, NOTE_BYTES_MAX as u64)).transpose()?;
    Ok(Trust { keys, older })
}

/// A verifier key, or a file with one on each line.
fn keys(text: &str) -> anyhow::Result<Vec<VerifierKey>> {
    let why = match text.trim().parse() {
        Ok(key) => return Ok(vec![key]),
        Err(why) => why,
    };
    if !Path::new(text).exists() {
        return Err(anyhow::Error::new(why).context("--key is neither a verifier key nor a file of them"));
    }
    let lines = read_text(Path::new(text), KEYS_BYTES_MAX)?;
    let mut keys = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        keys.push(line.parse().with_context(|| format!("{text} holds a line that is no verifier key"))?);
    }
    if keys.is_empty() {
        bail!("{text} holds no verifier key");
    }
    Ok(keys)
}

fn read_text(path: &Path, bytes_max: u64) -> anyhow::Result<String> {
    let cannot = || format!("{} cannot be read", path.display());
    let mut text = String::new();
    let read = File::open(path).with_context(cannot)?.take(bytes_max + 1).read_to_string(&mut text);
    if read.with_context(cannot)? as u64 > bytes_max {
        bail!("{} is too large to be what it should be", path.display());
    }
    Ok(text)
}

/// One object, whose events are written while they are read.
fn as_json(file: impl BufRead, trust: &Trust) -> anyhow::Result<Verdict> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut between = "";
    write!(out, "{{\"events\":[")?;
    let check = check_bundle(file, trust, &mut |line| {
        write!(out, "{between}{}", event(line))?;
        between = ",";
        Ok(())
    });
    let (verdict, told) = match &check {
        Ok(check) => (check.verdict(), check.0.as_ref().map_or_else(|why| untold(&fault(why)), told)),
        // The object that was begun is ended.
        Err(why) => (Verdict::Unknown, untold(&json!({"message": why.to_string()}))),
    };
    write!(out, "],\"verdict\":\"{}\"", word(verdict))?;
    for (name, value) in told.as_object().into_iter().flatten() {
        write!(out, ",\"{name}\":{value}")?;
    }
    writeln!(out, "}}")?;
    out.flush()?;
    Ok(verdict)
}

fn untold(fault: &Value) -> Value {
    json!({"key_pinned": false, "fault": fault})
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "fails",
        Verdict::Unknown => "unknown",
    }
}

fn event(line: &Line<'_>) -> Value {
    let erased =
        line.erased.iter().map(|it| json!({"commitment": Hex(&it.commitment).to_string(), "by": it.by}));
    json!({
        "index": line.index, "received_at": iso(line.received_ms), "disclosed": line.fields.len(),
        "withheld": line.withheld.len(), "erased": erased.collect::<Vec<_>>(),
    })
}

fn told(report: &Report) -> Value {
    let header = &report.header;
    json!({
        "key_pinned": report.key_pinned, "key": report.key.to_string(), "origin": header.origin,
        "log_id": header.log_id.to_string(), "size": header.size, "root": Hex(&report.root).to_string(),
        "query": header.query, "count": header.count, "records": header.records, "complete": header.is_complete,
        "continues": report.continues.map(|it| it.from),
        "fields": {"disclosed": report.disclosed, "withheld": report.withheld, "erased": report.erased},
    })
}

fn fault(why: &VerifyError) -> Value {
    json!({"line": why.line, "index": why.index, "message": why.fault.to_string()})
}

/// In words. Nothing of a file that does not hold is shown: not even its events.
fn for_people(file: impl BufRead, trust: &Trust) -> anyhow::Result<Verdict> {
    let mut listed = Vec::new();
    let mut count = 0_usize;
    let check = check_bundle(file, trust, &mut |line| {
        count += 1;
        if count <= LISTED_MAX {
            listed.push(row(line));
        }
        Ok(())
    })?;
    let mut out = io::stdout().lock();
    match &check.0 {
        Ok(report) => {
            writeln!(out, "{}", sentence(report))?;
            for line in facts(report) {
                writeln!(out, "  {line}")?;
            }
            if (1..=LISTED_MAX).contains(&count) {
                let mut table =
                    output::table(&["Event", "Received (UTC)", "Action", "Shown", "Withheld", "Erased"]);
                table.add_rows(listed);
                writeln!(out, "{table}")?;
            }
        }
        Err(why) => writeln!(out, "{}", refusal(&check, why))?,
    }
    Ok(check.verdict())
}

/// The first line, which says it all. The word VERIFIED is for a key that came from elsewhere.
fn sentence(report: &Report) -> String {
    if report.key_pinned {
        return format!("VERIFIED: unaltered, as signed with the key you gave, {}.", short(report));
    }
    format!(
        "CONSISTENT, key not checked: unaltered since it was signed with the key that the file itself names,\n  {}\n  \
         Anybody can make a key. Get the log's key from somebody you trust, and give it with --key.",
        output::visible(&report.key.to_string())
    )
}

/// Name and id of the key: what people compare.
fn short(report: &Report) -> String {
    let key = report.key.to_string();
    let end = key.match_indices('+').nth(1).map_or(key.len(), |(at, _)| at);
    output::visible(&key[..end])
}

fn facts(report: &Report) -> Vec<String> {
    let header = &report.header;
    let mut facts = vec![format!(
        "{} of the log {}, which had {} when it was signed.",
        events(header.count + header.records),
        output::visible(&header.origin),
        events(header.size.0)
    )];
    facts.push(if header.is_complete {
        "It is the whole log up to then: no event is missing.".to_owned()
    } else {
        "Each event shown is in the log; whether others match is not proven.".to_owned()
    });
    if !header.query.is_empty() {
        let query = Value::Object(header.query.clone()).to_string();
        facts.push(format!("Asked for was {}; nothing signs that.", output::visible(&query)));
    }
    if let Some((first, last)) = report.received_ms {
        facts.push(format!("Received from {} to {}, by the server's clock.", iso(first), iso(last)));
    }
    if report.withheld > 0 {
        facts.push(format!(
            "{} withheld: that they are there is proven, not what they say.",
            fields(report.withheld)
        ));
    }
    if report.erased > 0 {
        facts.push(format!("{} erased, each by an event that records it.", fields(report.erased)));
    }
    if let Some(continues) = report.continues {
        facts.push(format!(
            "It continues the log of your checkpoint, which had {}.",
            events(continues.from.0)
        ));
    }
    facts
}

fn refusal(check: &BundleCheck, why: &VerifyError) -> String {
    let fault = output::visible(&why.fault.to_string());
    match check.verdict() {
        Verdict::Unknown => format!("CANNOT TELL: {fault}."),
        _ => format!("DOES NOT HOLD: {why}: {fault}."),
    }
}

fn row(line: &Line<'_>) -> Vec<String> {
    let action = line.value("/e/action").and_then(|text| serde_json::from_str(text).ok());
    let action: String = action.unwrap_or_else(|| "(withheld)".to_owned());
    let erased = match line.erased.iter().map(|it| it.by.to_string()).collect::<Vec<_>>() {
        by if by.is_empty() => "0".to_owned(),
        mut by => {
            let count = by.len();
            by.dedup();
            format!("{count} by {}", by.join(", "))
        }
    };
    let counts = [line.fields.len().to_string(), line.withheld.len().to_string(), erased];
    let first = [line.index.to_string(), iso(line.received_ms), output::visible(&action)];
    first.into_iter().chain(counts).collect()
}

fn events(count: u64) -> String {
    if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
}

fn fields(count: u64) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}
