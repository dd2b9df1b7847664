//! `verify` of an Audit Trail PDF: what is told of it. Deliberately absent: the checking (`evidence::pdf`).

use std::io::{self, Read, Write};

use anyhow::bail;
use everlog_core::bundle::Trust;
use everlog_core::hex::Hex;
use everlog_core::leaf::Hash;
use serde_json::{Value, json};

use crate::cli::output;
use crate::cli::verify::{events, facts, short, told, word};
use crate::evidence::Verdict;
use crate::evidence::pdf::{PdfCheck, check_pdf};
use crate::read::iso;
use crate::trail::check::{Seal, StampState};
use crate::trail::model::Placement;

/// Largest PDF that is read, in bytes: it is in memory as a whole.
const PDF_BYTES_MAX: u64 = 512 << 20;

pub(super) fn read(file: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file.take(PDF_BYTES_MAX + 1).read_to_end(&mut bytes)? as u64 > PDF_BYTES_MAX {
        bail!("it is larger than {PDF_BYTES_MAX} bytes");
    }
    Ok(bytes)
}

pub(super) fn verify(pdf: &[u8], trust: &Trust, seals: &[Hash], is_json: bool) -> anyhow::Result<Verdict> {
    let check = check_pdf(pdf, trust, seals);
    let mut out = io::stdout().lock();
    if is_json {
        writeln!(out, "{}", as_json(&check))?;
    } else {
        for_people(&check, &mut out)?;
    }
    Ok(check.verdict())
}

/// Whether every key is one that the auditor brought.
fn is_pinned(check: &PdfCheck) -> bool {
    check.verdict() == Verdict::Holds && check.report.as_ref().is_some_and(|report| report.key_pinned)
}

fn as_json(check: &PdfCheck) -> Value {
    let mut object = match check.report.as_ref().filter(|_| check.faults.is_empty()) {
        Some(report) => told(report),
        None => json!({}),
    };
    object["verdict"] = json!(word(check.verdict()));
    object["key_pinned"] = json!(is_pinned(check));
    object["seal"] = check.seal.as_ref().map_or(Value::Null, |seal| {
        json!({
            "certificate_sha256": Hex(&seal.certificate.fingerprint()).to_string(),
            "is_self_issued": seal.certificate.is_self_issued(), "pinned": check.seal_pinned == Some(true),
            "signer": seal.certificate.common_name(), "said_at": seal.said_at_ms.and_then(time),
            "stamped_at": stamped(seal),
        })
    });
    object["document"] = match (&check.document, check.placement) {
        (Some(document), Some(placement)) => {
            json!({"sha256": document.sha256, "size": document.size, "placement": placement})
        }
        _ => Value::Null,
    };
    let mut faults = check.faults.iter().map(|fault| json!({"message": fault.to_string()}));
    if let Some(first) = faults.next() {
        object["fault"] = first;
    }
    object
}

fn for_people(check: &PdfCheck, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(report) = check.report.as_ref().filter(|_| check.faults.is_empty()) else {
        let faults: Vec<_> = check.faults.iter().map(|fault| output::visible(&fault.to_string())).collect();
        let lead = if check.verdict() == Verdict::Unknown { "CANNOT TELL" } else { "DOES NOT HOLD" };
        writeln!(out, "{lead}: {}.", faults.join(";\n  "))?;
        return Ok(());
    };
    if report.key_pinned {
        writeln!(
            out,
            "VERIFIED: the evidence is unaltered, as signed with the key you gave, {}.",
            short(report)
        )?;
    } else {
        writeln!(
            out,
            "CONSISTENT, key not checked: the evidence is unaltered since it was signed with the key in the file,\n  {}\n  \
             Anybody can make a key. Get the log's key from somebody you trust, and give it with --key.",
            output::visible(&report.key.to_string())
        )?;
    }
    writeln!(
        out,
        "  The trail tells {}, each as it is in the log; nothing is left out of or added to them.",
        events(check.event_count as u64)
    )?;
    writeln!(out, "  {}", document(check))?;
    if let Some(seal) = &check.seal {
        for line in sealed(seal, check.seal_pinned == Some(true)) {
            writeln!(out, "  {line}")?;
        }
    }
    for line in facts(report) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn document(check: &PdfCheck) -> String {
    let Some(document) = &check.document else {
        return "No document was attached to the process.".to_owned();
    };
    let hash = output::visible(&document.sha256);
    match check.placement {
        Some(Placement::Appended) => {
            format!("Its first {} bytes are the document as it was attached, SHA-256 {hash}.", document.size)
        }
        Some(Placement::Container) => {
            format!("It carries the document as it was attached, byte for byte, SHA-256 {hash}.")
        }
        _ => format!("The document is not in this file; as it was attached its SHA-256 was {hash}."),
    }
}

fn sealed(seal: &Seal, is_pinned: bool) -> Vec<String> {
    let signer = seal.certificate.common_name().unwrap_or_else(|| "a certificate without a name".to_owned());
    let mut lines = vec![format!(
        "Every byte of the file is as it was sealed by {}{}.",
        output::visible(&signer),
        if is_pinned { ", with the certificate you gave" } else { "" }
    )];
    if !is_pinned {
        lines.push(format!(
            "Whose seal it is was not checked: compare the SHA-256 of its certificate, or give it with --seal,\n    {}",
            Hex(&seal.certificate.fingerprint())
        ));
    }
    lines.push(match (stamped(seal), seal.said_at_ms.and_then(time)) {
        (Some(at), _) => format!("A time authority says that it was there by {at}."),
        (None, Some(at)) => format!("It was sealed at {at} by the server's own clock."),
        (None, None) => "It does not say when it was sealed.".to_owned(),
    });
    lines
}

fn stamped(seal: &Seal) -> Option<String> {
    match &seal.stamp {
        StampState::Stamped(stamp) => time(stamp.time_ms),
        StampState::Missing | StampState::Unchecked => None,
    }
}

fn time(ms: i64) -> Option<String> {
    u64::try_from(ms).ok().map(iso)
}
