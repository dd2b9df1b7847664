//! The page at `/verify`: anybody may give a file and is told whether it is ours and unaltered. Without a session.
//!
//! Deliberately absent: whatever the file says. A stranger learns whether it holds, not who is in it; nothing is kept.

use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use everlog_core::bundle::{Fault, Report, Trust};
use everlog_core::hex::{self, Hex};
use everlog_core::leaf::Hash;
use everlog_core::profile::DateStyle;
use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::evidence::pdf::{PdfCheck, PdfFault, check_pdf};
use crate::evidence::{BundleCheck, Verdict, check_bundle, is_pdf};
use crate::trail::check::StampState;
use crate::trail::model::Placement;
use crate::viewer::address::encode;
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::dates::{Clock, When};
use crate::viewer::session::{accepted, chosen};
use crate::viewer::{Params, icons};
use crate::words::{Words, grouped};

mod form;

/// Largest file that is looked at, in bytes: a signed document of the largest size with a long trail.
pub const FILE_BYTES_MAX: usize = 48 * 1024 * 1024;
/// The same, as it is told.
const MOST_MB: u64 = FILE_BYTES_MAX as u64 >> 20;
/// How long a file may take to come as a whole.
const FILE_TIME_MAX: Duration = Duration::from_secs(120);
/// What seconds a visitor is asked to wait for a place.
const RETRY_AFTER: &str = "10";

/// The page.
#[derive(Template)]
#[template(path = "viewer/verify.html")]
struct VerifyPage {
    urls: &'static Urls,
    words: Words,
    /// Where the form leads: here, with what the address said.
    action: String,
    /// Each other language by its name and its address.
    languages: Vec<(Words, String)>,
    /// How much may be given, in MB.
    most: f64,
    /// The hash of the evidence that a printed code names.
    expected: Option<String>,
    outcome: Option<Outcome>,
}

/// What is told of a file.
struct Outcome {
    /// `good`, `bad`, `warn` or `info`: the colour beside the words.
    tone: &'static str,
    icon: &'static str,
    title: String,
    text: String,
    /// Why it does not hold.
    why: Option<String>,
    /// What is counted: a title and a value.
    facts: Vec<(String, Shown)>,
}

/// A value of a fact.
enum Shown {
    Words(String),
    /// What people compare letter by letter.
    Code(String),
    Time(When),
}

/// A moment in words, in UTC: nobody knows where a stranger is.
fn moment_in_words(at_ms: u64, words: Words) -> Shown {
    let clock = Clock { now_ms: at_ms, zone: TimeZone::UTC, style: DateStyle::Exact, words };
    Shown::Time(clock.exact_when(at_ms))
}

/// Why no file was looked at.
enum Refused {
    NoFile,
    TooLarge,
    BrokeOff,
    Busy,
}

/// `GET /verify`.
pub(super) async fn show_verify(State(app): State<App>, params: Params, headers: HeaderMap) -> Response {
    let told = made(&app, &params, words(&params, &headers)).await;
    page(&params, &headers, StatusCode::OK, told)
}

/// What is known of the evidence that a code on paper names, before any file is looked at.
async fn made(app: &App, params: &Params, words: Words) -> Option<Outcome> {
    let expected = expected(params)?;
    let app = app.clone();
    let found = tokio::task::spawn_blocking(move || app.evidence_made_at(&expected)).await.ok()?.ok()?;
    let (id, tone, icon) = match found {
        Some(_) => ("verify-made", "good", "file-check"),
        None => ("verify-not-made", "info", "search"),
    };
    let facts = found.map(|when| {
        let at_ms = when.parse::<Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
        let shown = at_ms.map_or(Shown::Code(when), |at_ms| moment_in_words(at_ms, words));
        (words.say("verify-made-when"), shown)
    });
    let (title, text) = (words.say(id), words.say(&format!("{id}.text")));
    Some(Outcome { tone, icon, title, text, why: None, facts: facts.into_iter().collect() })
}

/// `POST /verify`: a file from the form, or as the whole body.
pub(super) async fn check_file(
    State(app): State<App>,
    params: Params,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let words = words(&params, &headers);
    let (status, outcome) = match look(&app, &params, &headers, request.into_body(), words).await {
        Ok(outcome) => (StatusCode::OK, outcome),
        Err(why) => (why.status(), why.outcome(words)),
    };
    let mut response = page(&params, &headers, status, Some(outcome));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER));
    }
    response
}

/// Reads the file and looks at it, with a place for both: few files are in memory at once, whoever sends them.
async fn look(
    app: &App,
    params: &Params,
    headers: &HeaderMap,
    body: Body,
    words: Words,
) -> Result<Outcome, Refused> {
    let place = app.verifications.clone().try_acquire_owned().map_err(|_| Refused::Busy)?;
    let body = tokio::time::timeout(FILE_TIME_MAX, read(body)).await.map_err(|_| Refused::BrokeOff)??;
    let boundary = form::boundary(headers);
    let trust = Trust { keys: app.trusted_keys(), older: None };
    let seal = app.seal_key.fingerprint();
    let expected = expected(params);
    let looked = tokio::task::spawn_blocking(move || {
        let _place = place;
        let file = match &boundary {
            None => Some(body.as_slice()),
            Some(boundary) => form::file(&body, boundary),
        };
        file.filter(|file| !file.is_empty()).map(|file| match is_pdf(file) {
            true => pdf_outcome(file, &trust, seal, expected, words),
            false => outcome(file, &trust, words),
        })
    });
    looked.await.map_err(|_| Refused::BrokeOff)?.ok_or(Refused::NoFile)
}

async fn read(body: Body) -> Result<Vec<u8>, Refused> {
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refused::BrokeOff)?;
        if bytes.len() + piece.len() > FILE_BYTES_MAX {
            return Err(Refused::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// What a file is: of this server, of another one, altered, or nothing that can be told.
fn outcome(file: &[u8], trust: &Trust, words: Words) -> Outcome {
    let check = |trust: &Trust| {
        // Reading from memory does not fail, and nothing is done with events.
        check_bundle(file, trust, &mut |_| Ok(())).ok()
    };
    let mut checked = check(trust);
    if matches!(&checked, Some(BundleCheck(Err(why))) if matches!(why.fault, Fault::NotTrusted(_))) {
        checked = check(&Trust::default());
    }
    let (id, tone, icon) = match checked.as_ref().map(BundleCheck::verdict) {
        Some(Verdict::Holds) if is_ours(checked.as_ref()) => ("verify-ours", "good", "file-check"),
        Some(Verdict::Holds) => ("verify-foreign", "warn", "warning"),
        Some(Verdict::Fails) => ("verify-fails", "bad", "prohibited"),
        Some(Verdict::Unknown) | None => ("verify-unknown", "info", "search"),
    };
    let why = match &checked {
        Some(BundleCheck(Err(why))) if !why.fault.is_doubt() => {
            let line = why.line.map_or(0.0, |line| line as f64);
            Some(words.fill(why_id(&why.fault), [("line", line.into())]))
        }
        _ => None,
    };
    let mut facts = Vec::new();
    if let Some(BundleCheck(Ok(report))) = &checked {
        facts.extend(facts_of(report, words));
    }
    facts.extend(file_facts(file, words));
    Outcome { tone, icon, title: words.say(id), text: words.say(&format!("{id}.text")), why, facts }
}

/// What a sealed document is. It is ours when both its evidence and its seal are.
fn pdf_outcome(file: &[u8], trust: &Trust, seal: Hash, expected: Option<Hash>, words: Words) -> Outcome {
    let mut check = check_pdf(file, trust, &[seal]);
    let is_ours = check.verdict() == Verdict::Holds;
    // What is another server's may still be whole.
    if !is_ours {
        let whole = check_pdf(file, &Trust::default(), &[]);
        if whole.verdict() == Verdict::Holds {
            check = whole;
        }
    }
    let is_other = expected.is_some() && check.bundle_sha256 != expected;
    let (id, tone, icon) = match check.verdict() {
        Verdict::Holds if is_other => ("verify-other", "warn", "warning"),
        Verdict::Holds if is_ours => ("verify-ours", "good", "file-check"),
        Verdict::Holds => ("verify-foreign", "warn", "warning"),
        Verdict::Fails => ("verify-fails", "bad", "prohibited"),
        Verdict::Unknown => ("verify-unknown", "info", "search"),
    };
    let why = check.faults.first().filter(|_| check.verdict() == Verdict::Fails);
    let why = why.map(|why| words.say(pdf_why_id(why)));
    let mut facts = if check.faults.is_empty() { pdf_facts(&check, expected, words) } else { Vec::new() };
    facts.extend(file_facts(file, words));
    Outcome { tone, icon, title: words.say(id), text: words.say(&format!("{id}.text")), why, facts }
}

fn pdf_why_id(fault: &PdfFault) -> &'static str {
    match fault {
        PdfFault::Unknown(_) | PdfFault::Unsealed => "verify-why-unsealed",
        PdfFault::Altered(_) | PdfFault::Unreadable(_) | PdfFault::Hidden => "verify-why-seal",
        PdfFault::OtherSeal(_) => "verify-why-other-seal",
        PdfFault::Missing(_) => "verify-why-missing",
        PdfFault::Bundle(_) | PdfFault::Events(_) => "verify-why-evidence",
        PdfFault::Document => "verify-why-document",
        PdfFault::Trail | PdfFault::Differs(_) => "verify-why-trail",
    }
}

fn pdf_facts(check: &PdfCheck, expected: Option<Hash>, words: Words) -> Vec<(String, Shown)> {
    let mut facts = Vec::new();
    let mut say = |id: &str, value: Shown| facts.push((words.say(id), value));
    if let Some(expected) = expected {
        let is_it = check.bundle_sha256 == Some(expected);
        say("verify-code", Shown::Words(words.say(if is_it { "verify-code-yes" } else { "verify-code-no" })));
    }
    if let Some(seal) = &check.seal {
        let (id, at_ms) = match &seal.stamp {
            StampState::Stamped(stamp) => ("verify-stamped", Some(stamp.time_ms)),
            StampState::Missing | StampState::Unchecked => ("verify-sealed", seal.said_at_ms),
        };
        if let Some(at_ms) = at_ms.and_then(|it| u64::try_from(it).ok()) {
            say(id, moment_in_words(at_ms, words));
        }
    }
    say(
        "verify-document",
        Shown::Words(words.say(match (&check.document, check.placement) {
            (None, _) => "verify-document-none",
            (_, Some(Placement::Appended)) => "verify-document-appended",
            (_, Some(Placement::Container)) => "verify-document-container",
            _ => "verify-document-alone",
        })),
    );
    say("verify-trail-events", Shown::Words(grouped(check.event_count as u64)));
    facts.extend(check.report.iter().flat_map(|report| facts_of(report, words)).skip(2));
    if let Some(seal) = &check.seal {
        let fingerprint = Hex(&seal.certificate.fingerprint()).to_string();
        facts.push((words.say("verify-certificate"), Shown::Code(fingerprint)));
    }
    facts
}

fn file_facts(file: &[u8], words: Words) -> [(String, Shown); 2] {
    let digest: Hash = Sha256::digest(file).into();
    [
        (words.say("verify-file-size"), Shown::Words(counted(words, "verify-bytes", file.len() as u64))),
        (words.say("verify-file-hash"), Shown::Code(Hex(&digest).to_string())),
    ]
}

fn is_ours(checked: Option<&BundleCheck>) -> bool {
    matches!(checked, Some(BundleCheck(Ok(report))) if report.key_pinned)
}

fn facts_of(report: &Report, words: Words) -> Vec<(String, Shown)> {
    let header = &report.header;
    let number = |count| Shown::Words(grouped(count));
    let whole = if header.is_complete { "verify-whole-yes" } else { "verify-whole-no" };
    // Name and id of the key are what people compare; the rest of it is long.
    let key = report.key.to_string();
    let end = key.match_indices('+').nth(1).map_or(key.len(), |(at, _)| at);
    let mut facts = vec![
        (words.say("verify-events"), number(header.count + header.records)),
        (words.say("verify-whole"), Shown::Words(words.say(whole))),
        (words.say("verify-log-size"), number(header.size.0)),
    ];
    for (id, count) in [("verify-withheld", report.withheld), ("verify-erased", report.erased)] {
        if count > 0 {
            facts.push((words.say(id), number(count)));
        }
    }
    facts.push((words.say("verify-key"), Shown::Code(key[..end].to_owned())));
    facts
}

/// The words for what is wrong: where, and of what kind, but nothing that the file says.
fn why_id(fault: &Fault) -> &'static str {
    match fault {
        Fault::Header(_)
        | Fault::Contradiction(_)
        | Fault::Key(_)
        | Fault::Checkpoint(_)
        | Fault::NotTrusted(_) => "verify-why-head",
        Fault::Missing(_) | Fault::NotAscending(_) | Fault::TimeRunsBackwards(_) => "verify-why-order",
        Fault::Count { .. } | Fault::Records { .. } => "verify-why-count",
        Fault::Root | Fault::Consistency(_) => "verify-why-root",
        Fault::ErasedBy(_) | Fault::NotARecord { .. } | Fault::NoRecord(_) => "verify-why-erasure",
        _ => "verify-why-event",
    }
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            // The page is asked for without a file; it answers what it would like.
            Self::NoFile => StatusCode::OK,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokeOff => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn outcome(&self, words: Words) -> Outcome {
        let id = match self {
            Self::NoFile => "verify-no-file",
            Self::TooLarge => "verify-too-large",
            Self::BrokeOff => "verify-broke-off",
            Self::Busy => "verify-busy",
        };
        Outcome {
            tone: "info",
            icon: "warning",
            title: words.say(id),
            text: words.fill(&format!("{id}.text"), [("most", (MOST_MB as f64).into())]),
            why: None,
            facts: Vec::new(),
        }
    }
}

/// A message that counts, with the number grouped.
fn counted(words: Words, id: &str, count: u64) -> String {
    words.fill(id, [("count", (count as f64).into()), ("shown", grouped(count).into())])
}

/// The hash by which a code on paper names its evidence, which nobody can guess; anything else is left out.
fn expected(params: &Params) -> Option<Hash> {
    hex::decode(chosen(&params.as_ref().ok()?.0, "sha256")?)
}

fn words(params: &Params, headers: &HeaderMap) -> Words {
    let lang = params.as_ref().ok().and_then(|sent| chosen(sent, "lang"));
    Words::of(&[lang, accepted(headers)])
}

fn page(params: &Params, headers: &HeaderMap, status: StatusCode, outcome: Option<Outcome>) -> Response {
    let sent: &[(String, String)] = params.as_ref().map_or(&[], |sent| &sent.0);
    let expected = expected(params).map(|it| Hex(&it).to_string());
    let lang = chosen(sent, "lang").and_then(Words::in_language);
    let words = words(params, headers);
    let address = |lang: Option<Words>| {
        let lang = lang.map(|it| ("lang", it.tag().to_owned()));
        let named = lang.into_iter().chain(expected.clone().map(|it| ("sha256", it)));
        let query: Vec<_> = named.map(|(name, value)| format!("{name}={}", encode(&value))).collect();
        if query.is_empty() { "/verify".to_owned() } else { format!("/verify?{}", query.join("&")) }
    };
    let others = Words::all().filter(|other| other.tag() != words.tag());
    let made = VerifyPage {
        urls: &URLS,
        words,
        action: address(lang),
        languages: others.map(|other| (other, address(Some(other)))).collect(),
        most: MOST_MB as f64,
        // Beside an answer it would seem to be what the answer is about.
        expected: expected.clone().filter(|_| outcome.is_none()),
        outcome,
    };
    match made.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(why) => {
            tracing::error!(
                error = &why as &dyn std::error::Error,
                "the page that checks files cannot be rendered"
            );
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
