//! `verify`: whether a file that one was given is what the log holds. Offline: nothing is asked of anybody, but for receipts,
//! which are held against the log where a server is named.
//!
//! Deliberately absent: the checking itself (`core::bundle`, `evidence`).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use everlog_core::bundle::{Erasure, Fault, Line, Report, Trust, VerifyError};
use everlog_core::checkpoint::{NOTE_BYTES_MAX, VerifierKey};
use everlog_core::hex::Hex;
use everlog_core::ids::OrgId;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::cli::place::Place;
use crate::cli::{output, parse_org, receipts::BEGINNING};
use crate::evidence::{BundleCheck, Verdict, check_bundle, is_pdf, is_pdf_by_beginning};
use crate::read::iso;

mod pdf;
mod receipts;

/// Most events that are listed for people; of more, only what they have in common is told.
const LISTED_MAX: usize = 50;
/// Largest file of keys, in bytes.
const KEYS_BYTES_MAX: u64 = 1 << 20;

/// What `verify` takes.
#[derive(Args)]
pub(super) struct VerifyArguments {
    /// The bundle, Audit Trail PDF or file of receipts to check; `-` for standard input
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
    #[command(flatten)]
    server: ServerArguments,
    /// Tell it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Where the log of receipts is.
#[derive(Args)]
struct ServerArguments {
    /// For receipts: the server whose log must still hold what they acknowledge
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// For receipts: the key to show that server
    #[arg(long, env = "EVERLOG_API_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: Option<String>,
    /// For receipts: the organization, where it is another one than they name
    #[arg(long, value_name = "ID", value_parser = parse_org)]
    org: Option<OrgId>,
}

/// A server to hold receipts against.
struct Server<'a> {
    url: &'a str,
    arguments: &'a ServerArguments,
}

impl Server<'_> {
    fn place(&self, named: &OrgId) -> Place {
        let org = self.arguments.org.as_ref().unwrap_or(named);
        Place::remote(self.url, self.arguments.api_key.clone(), org)
    }
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
    let (file, length): (Box<dyn Read>, Option<u64>) = if arguments.file == Path::new("-") {
        (Box::new(io::stdin().lock()), None)
    } else {
        let file = File::open(&arguments.file);
        let file = file.with_context(|| format!("{} cannot be opened", arguments.file.display()))?;
        let length = file.metadata().ok().filter(|it| it.is_file()).map(|it| it.len());
        (Box::new(file), length)
    };
    let bar = output::progress(length, true);
    let mut file = BufReader::with_capacity(1 << 20, bar.wrap_read(file));
    let cannot = || format!("{} cannot be read", arguments.file.display());
    let beginning = file.fill_buf().with_context(cannot)?;
    let server = arguments.server.url.as_deref().map(|url| Server { url, arguments: &arguments.server });
    if beginning.starts_with(BEGINNING) {
        return receipts::verify(file, &trust.keys, server.as_ref(), arguments.json, &bar);
    }
    if server.is_some() {
        bail!("--url is for receipts; this is checked without any server");
    }
    match is_pdf_by_beginning(beginning) {
        Some(true) => {}
        Some(false) => return bundle(file, &trust, arguments.json, &bar).with_context(cannot),
        None => return odd(file, &trust, arguments, &bar).with_context(cannot),
    }
    let file = pdf::read(file).with_context(cannot)?;
    bar.finish_and_clear();
    pdf::verify(&file, &trust, &arguments.seal, arguments.json).with_context(cannot)
}

/// A file that begins as nothing that can be checked.
fn odd(
    file: impl Read,
    trust: &Trust,
    arguments: &VerifyArguments,
    bar: &ProgressBar,
) -> anyhow::Result<Verdict> {
    let file = pdf::read(file)?;
    if is_pdf(&file) {
        bar.finish_and_clear();
        return pdf::verify(&file, trust, &arguments.seal, arguments.json);
    }
    bundle(file.as_slice(), trust, arguments.json, bar)
}

fn bundle(file: impl BufRead, trust: &Trust, is_json: bool, bar: &ProgressBar) -> anyhow::Result<Verdict> {
    let verdict = if is_json { as_json(file, trust) } else { for_people(file, trust, bar) };
    bar.finish_and_clear();
    verdict
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
        "received_at": report.received_ms.map(|(first, last)| json!({"first": iso(first), "last": iso(last)})),
        "erasures": report.erasures.iter().map(erasure).collect::<Vec<_>>(),
        "fields": {"disclosed": report.disclosed, "withheld": report.withheld, "erased": report.erased},
    })
}

fn erasure(it: &Erasure) -> Value {
    json!({
        "index": it.by, "received_at": iso(it.received_ms), "basis": it.basis, "requested_by": it.requested_by,
        "events": it.events, "fields": it.fields,
    })
}

fn fault(why: &VerifyError) -> Value {
    json!({"line": why.line, "index": why.index, "message": why.fault.to_string()})
}

/// In words. Nothing of a file that does not hold is shown: not even its events.
fn for_people(file: impl BufRead, trust: &Trust, bar: &ProgressBar) -> anyhow::Result<Verdict> {
    let mut listed = Vec::new();
    let mut count = 0_usize;
    let check = check_bundle(file, trust, &mut |line| {
        count += 1;
        if count <= LISTED_MAX {
            listed.push(row(line));
        }
        Ok(())
    })?;
    bar.finish_and_clear();
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
    label(&report.key.to_string())
}

fn label(key: &str) -> String {
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
        facts.push(format!(
            "It was signed after that; the signature itself holds no time, only the size {}.",
            header.size
        ));
    }
    match report.withheld {
        0 => facts.push("No field is withheld.".to_owned()),
        count => facts
            .push(format!("{} withheld: that they are there is proven, not what they say.", fields(count))),
    }
    if report.erased > 0 {
        facts.push(format!("{} erased, each by an event that records it:", fields(report.erased)));
        facts.extend(report.erasures.iter().take(LISTED_MAX).map(told_of));
        if let Some(more) = report.erasures.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
            facts.push(format!("  and {more} more records."));
        }
    }
    if let Some(continues) = report.continues {
        facts.push(format!(
            "It continues the log of your checkpoint, which had {}.",
            events(continues.from.0)
        ));
    }
    facts
}

/// Which record erased how much, when, and why.
fn told_of(it: &Erasure) -> String {
    let said = |title: &str, text: &Option<String>| {
        text.as_ref().map(|text| format!("; {title}: {}", output::visible(text))).unwrap_or_default()
    };
    format!(
        "  by event {}, of {}: {} of {}{}{}",
        it.by,
        iso(it.received_ms),
        fields(it.fields),
        events(it.events),
        said("basis", &it.basis),
        said("asked for by", &it.requested_by)
    )
}

fn refusal(check: &BundleCheck, why: &VerifyError) -> String {
    let fault = output::visible(&why.fault.to_string());
    if check.verdict() == Verdict::Unknown {
        return format!("CANNOT TELL: {fault}.");
    }
    let place = match (why.index, why.line) {
        (Some(index), Some(line)) => format!("event {index}, on line {line}: "),
        (Some(index), None) => format!("event {index}: "),
        (None, Some(line)) => format!("line {line}: "),
        (None, None) => String::new(),
    };
    let more = match &why.fault {
        // One signature is for all of them, so that no single one stands out.
        Fault::Root => {
            "\n  Which event was changed cannot be told from a whole log; one with proofs, such as that of a filter, tells."
        }
        _ if why.index.is_some() => {
            "\n  It is the first that does not hold; what follows was not looked at, and nothing of the file is shown."
        }
        _ => "",
    };
    format!("DOES NOT HOLD: {place}{fault}.{more}")
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
