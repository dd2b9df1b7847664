//! Taking away what belongs to a process: its document as it came, and what was made of it.
//!
//! Deliberately absent: making it. Nothing here asks how a caller came in.

use std::fs::File;
use std::io::{self, Read};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::hex::{self, Hex};
use everlog_core::process::{Attached, Status};
use everlog_core::query::{Moment as Now, ParamError, once, zone};
use futures_util::stream;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::access::{Caller, Organization};
use crate::app::App;
use crate::app::trails::Tongue;
use crate::blobs::BlobError;
use crate::download::{PIECE_BYTES, actor, disposition, record};
use crate::log::{AppendError, Source};
use crate::read::ReadError;
use crate::read::process::Process;
use crate::trail::html::html;
use crate::trail::model::Moment;
use crate::words::Words;

/// Longest name of a file without its ending, in characters: file systems take 255 bytes.
const NAME_CHARS_MAX: usize = 60;

/// What can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The document, as it was attached.
    Document,
    /// The document with its Audit Trail.
    Final,
    /// The Audit Trail for programs.
    Json,
    /// The Audit Trail for browsers.
    Html,
    /// The Audit Trail on paper, alone.
    Pdf,
}

impl Piece {
    /// Its name in the log and at the end of its URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Final => "final.pdf",
            Self::Json => "audit-trail.json",
            Self::Html => "audit-trail.html",
            Self::Pdf => "audit-trail.pdf",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Document | Self::Final | Self::Pdf => "application/pdf",
            Self::Json => "application/json",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// What is put behind the name of the document.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Document => ".pdf",
            Self::Final => " (final).pdf",
            Self::Json => " (Audit Trail).json",
            Self::Html => " (Audit Trail).html",
            Self::Pdf => " (Audit Trail).pdf",
        }
    }

    /// Whether it is made for whoever asks, in words and a zone of their choice.
    pub const fn is_made(self) -> bool {
        matches!(self, Self::Json | Self::Html | Self::Pdf)
    }

    /// What ends a path that asks for it.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Document, Self::Final, Self::Json, Self::Html, Self::Pdf];
        all.into_iter().find(|it| it.as_str() == name)
    }

    /// The same as a name of its own.
    const fn plain(self) -> &'static str {
        match self {
            Self::Document => "document.pdf",
            _ => self.as_str(),
        }
    }
}

/// Why there is nothing to take away.
#[derive(Debug, thiserror::Error)]
pub enum NotThere {
    /// There is no such process, or not for this reader.
    #[error("there is no such process")]
    NoProcess,
    /// No document was attached to it.
    #[error("no document was attached to this process")]
    NoDocument,
    /// It did not end, or not well.
    #[error("the process is {}; it has a final PDF once it is completed", .0.as_str())]
    NotCompleted(Status),
    /// It is completed, and its trail is not made yet.
    #[error("the process is completed and its final PDF is being made; ask again in a moment")]
    BeingMade,
    /// It was completed elsewhere, as history tells, or is deleted.
    #[error(
        "nothing was made of this process here: it was brought in as history, or its document was deleted"
    )]
    NotMade,
    /// The log names bytes that were never here: they were brought in as history.
    #[error("the log names the bytes, and they are not kept here")]
    NotKept,
    /// The process cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A trail cannot be written; a fault of this program.
    #[error("the Audit Trail cannot be written")]
    Writing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bytes cannot be read, or are not what they were.
    #[error(transparent)]
    Blob(BlobError),
}

impl From<BlobError> for NotThere {
    fn from(why: BlobError) -> Self {
        match why {
            BlobError::Missing(_) => Self::NotKept,
            why => Self::Blob(why),
        }
    }
}

/// A file of a process that is there and may be taken away.
pub struct ProcessFile {
    org: Organization,
    process: Process,
    piece: Piece,
    etag: String,
    size: u64,
    bytes: Bytes,
}

enum Bytes {
    /// Kept, and seen to be what they were.
    Kept { file: File, sha256: String },
    /// Made for the one who asks.
    Made(Vec<u8>),
}

impl ProcessFile {
    /// Finds what is asked for, and sees that it is what it was.
    ///
    /// # Errors
    /// When it is not there, or this reader sees no processes.
    pub fn find(
        app: &App,
        org: Organization,
        key: &str,
        piece: Piece,
        tongue: &Tongue,
    ) -> Result<Self, NotThere> {
        let process = app.reader.process(&org, key)?.ok_or(NotThere::NoProcess)?;
        let Some(attached) = attached(&process, piece).transpose()? else {
            let (etag, bytes) = made(app, &org, key, piece, tongue)?;
            let size = bytes.len() as u64;
            return Ok(Self { org, process, piece, etag, size, bytes: Bytes::Made(bytes) });
        };
        let hash = hex::decode(&attached.sha256).ok_or(NotThere::NotKept)?;
        let file = app.blobs.open_checked(org.code(), &hash)?;
        let Attached { sha256, size, .. } = attached.clone();
        let etag = format!("\"{sha256}\"");
        Ok(Self { org, process, piece, etag, size, bytes: Bytes::Kept { file, sha256 } })
    }

    /// Whether these headers say that the caller has it already.
    pub fn is_known(&self, headers: &HeaderMap) -> bool {
        is_known(&self.etag, headers)
    }

    /// Records that it is taken away: before its first byte leaves.
    ///
    /// # Errors
    /// When nothing can be recorded; then nothing may be taken away.
    pub async fn record(
        &self,
        app: &App,
        caller: Option<&Caller>,
        source: &Source,
    ) -> Result<(), AppendError> {
        let name = &self.process.state.display_name;
        // It is about the process and not one of its events: these end with the process.
        let mut event = json!({
            "action": "trail.downloaded",
            "actor": actor(caller),
            "targets": [{"type": "document", "id": self.process.key, "name": name}],
            "metadata": {"file": self.piece.as_str(), "size": self.size},
        });
        if let Bytes::Kept { sha256, .. } = &self.bytes {
            event["metadata"]["sha256"] = json!(sha256);
        }
        record(app, &self.org, source, event).await
    }

    /// The answer's head: what the file is and what it is called.
    pub fn head(&self) -> Response {
        let mut response = Body::empty().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.piece.content_type()));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.size));
        self.describe(headers);
        response
    }

    /// The answer to who has it already.
    pub fn not_modified(&self) -> Response {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        self.describe(response.headers_mut());
        response
    }

    /// The whole answer, read from the disk as it is taken.
    pub fn respond(self) -> Response {
        let mut response = self.head();
        *response.body_mut() = match self.bytes {
            Bytes::Made(bytes) => Body::from(bytes),
            Bytes::Kept { file, .. } => Body::from_stream(stream::try_unfold(file, piece)),
        };
        response
    }

    /// All its bytes into a writer.
    ///
    /// # Errors
    /// When they cannot be read or written.
    pub fn write_to(self, out: &mut dyn io::Write) -> io::Result<()> {
        match self.bytes {
            Bytes::Made(bytes) => out.write_all(&bytes),
            Bytes::Kept { mut file, .. } => io::copy(&mut file, out).map(drop),
        }
    }

    fn describe(&self, headers: &mut HeaderMap) {
        // Kept by the one who asked, and asked for again each time: access may have ended.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        for (name, value) in
            [(header::ETAG, self.etag.clone()), (header::CONTENT_DISPOSITION, self.disposition())]
        {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }

    fn disposition(&self) -> String {
        let state = &self.process.state;
        let name = state.file_name.as_deref().or(state.display_name.as_deref()).unwrap_or("document");
        let name = name.strip_suffix(".pdf").or(name.strip_suffix(".PDF")).unwrap_or(name);
        let name: String = name.trim_matches(['.', ' ']).chars().take(NAME_CHARS_MAX).collect();
        let name = if name.is_empty() { "document" } else { &name };
        let key = self.process.key.chars().filter(char::is_ascii_alphanumeric);
        let key: String = key.take(NAME_CHARS_MAX).collect();
        disposition(&format!("{key}-{}", self.piece.plain()), &format!("{name}{}", self.piece.suffix()))
    }
}

/// Of a piece that is kept, what the log says of it; nothing of one that is made for whoever asks.
fn attached(process: &Process, piece: Piece) -> Option<Result<&Attached, NotThere>> {
    let state = &process.state;
    Some(match (piece, &state.trail) {
        (Piece::Json | Piece::Html | Piece::Pdf, _) => return None,
        _ if state.deleted_ms.is_some() => Err(NotThere::NotMade),
        (Piece::Document, _) => state.document.as_ref().ok_or(NotThere::NoDocument),
        (Piece::Final, Some(made)) => Ok(made),
        (Piece::Final, None) if state.status != Status::Completed => {
            Err(NotThere::NotCompleted(state.status))
        }
        (Piece::Final, None) if process.awaits_trail => Err(NotThere::BeingMade),
        (Piece::Final, None) => Err(NotThere::NotMade),
    })
}

/// A trail as it is now, and the name of what it says: the moment at which it was made changes nothing of that.
fn made(
    app: &App,
    org: &Organization,
    key: &str,
    piece: Piece,
    tongue: &Tongue,
) -> Result<(String, Vec<u8>), NotThere> {
    let told = app.told(org, key)?.ok_or(NotThere::NoProcess)?;
    let trail = app.trail(org, &told, tongue, app.verification(), None);
    let bytes = match piece {
        Piece::Html => html(&trail).map_err(writing)?.into_bytes(),
        Piece::Pdf => app.pdf(org, &told, tongue, None, None).map_err(writing)?.bytes,
        _ => trail.to_json().map_err(writing)?,
    };
    let mut timeless = trail;
    timeless.made_at = Moment { utc: String::new(), local: String::new() };
    let said = Sha256::digest(timeless.to_json().map_err(writing)?);
    Ok((format!("W/\"{}-{}\"", piece.as_str(), Hex(&said)), bytes))
}

fn writing(why: impl std::error::Error + Send + Sync + 'static) -> NotThere {
    NotThere::Writing(Box::new(why))
}

/// Whether these headers say that the caller has what is under this tag.
pub fn is_known(etag: &str, headers: &HeaderMap) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|list| list.split(',')).any(|it| {
        let it = it.trim();
        it == "*" || weakly(it) == weakly(etag)
    })
}

/// An entity tag for comparing weakly, as reading does (RFC 9110, section 8.8.3.2).
fn weakly(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}

/// What the parameters of a URL wish for, `locale` and `tz`.
///
/// # Errors
/// Names the parameter at fault.
pub fn tongue(params: &[(String, String)], moment: &Now) -> Result<Tongue, ParamError> {
    let locale = once(params, "locale")?;
    if locale.is_some_and(|tag| Words::in_language(tag).is_none()) {
        let known: Vec<_> = Words::all().map(Words::tag).collect();
        return Err(ParamError::expected("locale", format!("one of {}", known.join(", "))));
    }
    let zone = once(params, "tz")?.map(|_| zone(params, moment)).transpose()?;
    Ok(Tongue { locale: locale.map(str::to_owned), zone })
}

/// The next bytes of a file, read where waiting for a disk harms nobody.
async fn piece(mut file: File) -> Result<Option<(Vec<u8>, File)>, io::Error> {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(PIECE_BYTES);
        file.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut bytes)?;
        Ok((!bytes.is_empty()).then_some((bytes, file)))
    });
    read.await.map_err(io::Error::other)?
}
