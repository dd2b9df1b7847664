//! Taking a log away: what is asked for, whether it may be, the record that it was, and the file as it is made.
//!
//! Deliberately absent: cells and bytes (`export`), and finding events (`read`). Nothing here asks how a caller came in.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use everlog_core::query::{Moment, ParamError, ParamFault, once, zone};
use everlog_core::text::is_bidi_control;
use futures_util::stream;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::access::{Caller, Denied, Organization, Session};
use crate::app::App;
use crate::export::xlsx::SHEET_ROWS_MAX;
use crate::export::{Columns, ExportError, Format, Maker, Plan};
use crate::log::{AppendError, Source, now_ms};
use crate::quota::{ExportPlace, NoPlace};
use crate::read::{Bundling, Question, ReadError, Walk, present};

mod bundle;
pub mod process;

use bundle::Evidence;

/// The parameters of an export beside those of its query.
pub const PARAMETERS: &[&str] = &["format", "columns", "raw", "since"];
/// The parameters of a list that an export does not have: it holds everything that matches.
const PAGE_PARAMETERS: &[&str] = &["limit", "cursor", "skip"];
/// All but RFC 3986's unreserved characters, for values of a URL and of a header's own encoding (RFC 8187).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How many events are read and written together.
const GROUP_EVENTS: usize = 500;
/// How many bytes of a workbook are read together.
const PIECE_BYTES: usize = 64 * 1024;

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The organization does not let its readers take this format away (C19).
    #[error("the organization does not allow {} exports here", .0.as_str())]
    NotAllowed(Format),
    /// As many are being made as may be at once.
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
    /// The question is at fault, or cannot be answered.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<ParamError> for Refused {
    fn from(why: ParamError) -> Self {
        Self::Read(why.into())
    }
}

/// Why a file ends before it is whole.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// Whoever asked may no longer read it.
    #[error("the right to it has ended")]
    Denied(#[from] Denied),
    /// The file cannot be made.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The file that a workbook waits in cannot be read.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
}

/// An export that was asked for and may be made: which events, in which form, for whom.
pub struct Download {
    org: Organization,
    question: Question,
    plan: Plan,
    /// Of a bundle: what its events are proven by.
    evidence: Option<Evidence>,
    total: u64,
    asked: Vec<(String, String)>,
    caller: Option<Caller>,
}

/// Records that something is taken away.
async fn record(app: &App, org: &Organization, source: &Source, event: Value) -> Result<(), AppendError> {
    match app.log.append_own(org.entry(), source, event).await {
        // Why a log is closed tells how long it is.
        Err(AppendError::Closed(_)) if org.scope().is_restricted() => Err(AppendError::Unavailable),
        recorded => recorded.map(drop),
    }
}

/// The formats that a session may take away: those of the organization's settings, else of its profile.
pub fn formats(org: &Organization) -> Vec<Format> {
    let entry = org.entry();
    let is_allowed = |format: &&Format| match entry.row.settings.get("export").and_then(Value::as_array) {
        Some(allowed) => allowed.iter().any(|it| it.as_str() == Some(format.as_str())),
        None => entry.profile.exports.iter().any(|it| it.as_str() == format.as_str()),
    };
    Format::ALL.iter().filter(is_allowed).copied().collect()
}

impl Download {
    /// Understands what is asked for; nobody is asked who holds the data directory itself.
    ///
    /// # Errors
    /// Names the parameter at fault, or says that the caller may not have this format.
    pub fn new(
        app: &App,
        org: Organization,
        caller: Option<&Caller>,
        params: &[(String, String)],
        moment: &Moment,
    ) -> Result<Self, Refused> {
        let format = format(params)?;
        let columns = columns(params)?;
        let is_raw = is_raw(params)?;
        if is_raw && format != Format::Csv {
            return Err(
                ParamError::expected("raw", "format=csv: only CSV has another form for programs").into()
            );
        }
        let session = session(caller);
        if session.is_some() && !formats(&org).contains(&format) {
            return Err(Refused::NotAllowed(format));
        }
        if let Some((name, _)) = params.iter().find(|(name, _)| PAGE_PARAMETERS.contains(&name.as_str())) {
            return Err(ParamError::new(name, ParamFault::NoPages("an export")).into());
        }
        let question = app.reader.question(&org, params, PARAMETERS, moment)?;
        let asked = params.iter().filter(|(name, _)| !PARAMETERS.contains(&name.as_str()));
        let asked: Vec<_> = asked.cloned().collect();
        let evidence = match format {
            Format::Bundle => Some(Evidence::new(app, &org, &question, params, &asked, session.is_some())?),
            _ => Evidence::none(params).map(|()| None)?,
        };
        let total = match evidence.as_ref().and_then(Evidence::total) {
            Some(total) => total,
            None => app.reader.total(&org, &question)?,
        };
        let plan = Plan {
            format,
            columns,
            is_raw,
            profile: Arc::clone(&org.entry().profile),
            catalogs: Arc::clone(org.catalogs()),
            reader: session.map(|session| session.user.id.clone()),
            is_restricted: org.scope().is_restricted(),
            zone: zone(params, moment)?,
            sheet_rows_max: SHEET_ROWS_MAX,
        };
        Ok(Self { question, plan, evidence, total, asked, caller: caller.cloned(), org })
    }

    /// The same with titles of columns as `title` tells them: people read them. The names of members, which programs read,
    /// stay what they are.
    #[must_use]
    pub fn titled(mut self, title: impl Fn(&str) -> String) -> Self {
        let profile = Arc::make_mut(&mut self.plan.profile);
        profile.export_columns.iter_mut().for_each(|column| column.title = title(&column.title));
        self
    }

    /// How many events the file will hold.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Takes a place among the exports that are being made, before anything is recorded.
    ///
    /// # Errors
    /// When there is none.
    pub fn enter(&self, app: &App) -> Result<ExportPlace, Refused> {
        Ok(app.exports.enter(self.org.code())?)
    }

    /// Records that the export is made: before its first byte leaves.
    ///
    /// # Errors
    /// When nothing can be recorded; then nothing may be exported.
    pub async fn record(
        &self,
        app: &App,
        caller: Option<&Caller>,
        source: &Source,
    ) -> Result<(), AppendError> {
        let query: Vec<_> = self
            .asked
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, &RESERVED)))
            .collect();
        // How long the log is would tell a reader of a part how much is hidden, and others read what they did.
        let size = (!self.plan.is_restricted).then_some(self.question.size);
        let mut made = json!({
            "action": "export.made",
            "actor": actor(caller),
            "metadata": {
                "format": self.plan.format.as_str(),
                "columns": self.plan.columns.as_str(),
                "raw": self.plan.is_raw,
                "query": query.join("&"),
                "count": self.total,
            },
        });
        if let Some(size) = size {
            made["metadata"]["size"] = json!(size);
        }
        record(app, &self.org, source, made).await
    }

    /// The answer's head: what the file is and what it is called.
    pub fn head(&self) -> Response {
        let mut response = Body::empty().into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static(self.plan.format.content_type());
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let name = self.disposition();
        if let Ok(name) = HeaderValue::from_str(&name) {
            headers.insert(header::CONTENT_DISPOSITION, name);
        }
        response
    }

    /// The whole answer. Its bytes are made as they are taken, so that a slow reader waits for itself alone; whoever goes
    /// away leaves nothing behind; what breaks, breaks the transfer, and never looks whole.
    ///
    /// # Errors
    /// When the file cannot be begun.
    pub fn respond(self, app: &App, place: ExportPlace) -> Result<Response, Broken> {
        let mut response = self.head();
        let making = self.begin(app, place)?;
        *response.body_mut() = Body::from_stream(stream::try_unfold(making, piece));
        Ok(response)
    }

    /// Begins the file.
    ///
    /// # Errors
    /// When nothing can be written in the data directory, where a workbook waits.
    pub fn begin(self, app: &App, place: ExportPlace) -> Result<Making, Broken> {
        let (work, first) = match self.evidence {
            Some(evidence) => {
                let bundling = evidence.begin(app, &self.org, &self.question)?;
                let first = bundling.first_line();
                (Work::Bundle(Box::new(bundling)), first)
            }
            None => {
                let walk = app.reader.walk(&self.org, &self.question);
                let (maker, first) = Maker::begin(self.plan, &app.scratch)?;
                (Work::Events(Box::new((walk, maker))), first)
            }
        };
        Ok(Making {
            app: app.clone(),
            caller: self.caller,
            org: self.org,
            first,
            work,
            events: 0,
            _place: place,
        })
    }

    /// `attachment` with two names: a plain one, and one with the organization's own name (RFC 6266, RFC 8187).
    fn disposition(&self) -> String {
        let row = &self.org.entry().row;
        let title = &self.plan.profile.title;
        let time = i64::try_from(self.question.asked_ms).ok();
        let time = time.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX);
        let mut day = time.to_zoned(self.plan.zone.clone()).strftime("%Y-%m-%d").to_string();
        // The times in such a file are of a zone that its titles have no room for.
        if self.plan.format == Format::Csv {
            let zone = self.plan.zone.iana_name().unwrap_or("UTC");
            day = format!("{day} {}", zone.replace('/', "-"));
        }
        let ending = self.plan.format.ending();
        let plain: String = title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let own = format!("{} {title} {day}.{ending}", row.name);
        let day = day.replace(' ', "-");
        disposition(&format!("{}-{}-{day}.{ending}", row.id, plain.to_ascii_lowercase()), &own)
    }
}

/// A file as it is made, piece by piece.
pub struct Making {
    app: App,
    /// Whose right is asked for again at every step.
    caller: Option<Caller>,
    org: Organization,
    /// What stands in front of the first event.
    first: Vec<u8>,
    work: Work,
    events: u64,
    _place: ExportPlace,
}

/// What is still to be done.
enum Work {
    /// Events to be written in another form.
    Events(Box<(Walk, Maker)>),
    /// Events to be written with their proofs.
    Bundle(Box<Bundling>),
    /// A workbook that is packed, to be read.
    File(File),
    Nothing,
}

impl Making {
    /// The next bytes, which may be none yet; nothing at the end.
    ///
    /// # Errors
    /// What was given so far is not the whole file.
    pub fn step(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        if let Some(caller) = &self.caller {
            self.app.access.check_reader(caller, &self.org.entry().row.id, now_ms())?;
        }
        if !self.first.is_empty() {
            return Ok(Some(std::mem::take(&mut self.first)));
        }
        match &mut self.work {
            Work::Events(work) => {
                let (walk, maker) = &mut **work;
                let events = walk.group(GROUP_EVENTS)?;
                if !events.is_empty() {
                    self.events += events.len() as u64;
                    return Ok(Some(maker.add(&events, |event| present(event, &self.org))?));
                }
                self.finish()
            }
            Work::Bundle(bundling) => {
                let mut lines = Vec::new();
                let events = bundling.group(GROUP_EVENTS, &mut lines)?;
                self.events += events as u64;
                Ok((events > 0).then_some(lines))
            }
            Work::File(file) => {
                let mut bytes = Vec::with_capacity(PIECE_BYTES);
                file.take(PIECE_BYTES as u64).read_to_end(&mut bytes)?;
                Ok((!bytes.is_empty()).then_some(bytes))
            }
            Work::Nothing => Ok(None),
        }
    }

    /// Ends the last event; a workbook is only then begun to be given.
    fn finish(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let Work::Events(work) = std::mem::replace(&mut self.work, Work::Nothing) else { return Ok(None) };
        let Some(file) = work.1.finish()? else { return Ok(None) };
        self.work = Work::File(file);
        // Bytes that there are none of yet: its reader asks again.
        Ok(Some(Vec::new()))
    }

    /// How many events are written.
    pub fn events(&self) -> u64 {
        self.events
    }
}

/// The next bytes that there are, made where waiting for a disk harms nobody.
async fn piece(mut making: Making) -> Result<Option<(Vec<u8>, Making)>, io::Error> {
    loop {
        let step = tokio::task::spawn_blocking(move || making.step().map(|bytes| (bytes, making))).await;
        let step = step.map_err(io::Error::other).and_then(|step| step.map_err(io::Error::other));
        let (bytes, made) = step.inspect_err(told)?;
        making = made;
        match bytes {
            None => return Ok(None),
            Some(bytes) if bytes.is_empty() => {}
            Some(bytes) => return Ok(Some((bytes, making))),
        }
    }
}

/// Logs why an export broke off; that somebody's right ended is nothing to act on.
fn told(why: &io::Error) {
    let broken = why.get_ref().and_then(|it| it.downcast_ref::<Broken>());
    if matches!(
        broken,
        Some(Broken::Denied(Denied::Unauthenticated | Denied::Forbidden(_) | Denied::NotFound))
    ) {
        tracing::info!("an export ended with the right of who made it");
    } else {
        tracing::error!(error = why as &dyn std::error::Error, "an export broke off");
    }
}

/// Who takes something away, as the actor of an event; nobody is named who holds the data directory itself.
pub fn actor(caller: Option<&Caller>) -> Value {
    match caller {
        Some(Caller::Session(session)) => {
            let user = &session.user;
            json!({"type": "user", "id": user.id, "name": user.name, "email": user.email, "role": session.role})
        }
        Some(Caller::Key(key)) => json!({"type": "api_key", "id": key.id, "name": key.name}),
        Some(Caller::Operator) | None => json!({"type": "system"}),
    }
}

/// `attachment` with two names: a plain one, which is plain already, and one in any script (RFC 6266, RFC 8187).
fn disposition(plain: &str, own: &str) -> String {
    // What would turn round the ending that people see.
    let own = own.replace(is_bidi_control, "");
    // What no file system takes, or a list of files would obey.
    let own = own.replace(|c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c), "_");
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(&own, &RESERVED))
}

fn session(caller: Option<&Caller>) -> Option<&Session> {
    match caller {
        Some(Caller::Session(session)) => Some(session),
        _ => None,
    }
}

fn format(params: &[(String, String)]) -> Result<Format, ParamError> {
    let word = once(params, "format")?.unwrap_or(Format::Csv.as_str());
    let known: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
    Format::named(word).ok_or_else(|| ParamError::expected("format", format!("one of {}", known.join(", "))))
}

fn columns(params: &[(String, String)]) -> Result<Columns, ParamError> {
    let word = once(params, "columns")?.unwrap_or(Columns::Profile.as_str());
    let known = Columns::ALL.iter().copied().find(|columns| columns.as_str() == word);
    known.ok_or_else(|| ParamError::expected("columns", "profile or full"))
}

fn is_raw(params: &[(String, String)]) -> Result<bool, ParamError> {
    match once(params, "raw")? {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ParamError::expected("raw", "true or false")),
    }
}
