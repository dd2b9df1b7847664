//! Taking away what belongs to a process: its document as it came, and what was made of it.
//!
//! Deliberately absent: making it. Nothing here asks how a caller came in.

use std::fs::File;
use std::io::{self, Read};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::hex;
use everlog_core::process::{Attached, Status};
use futures_util::stream;
use serde_json::json;

use crate::access::{Caller, Organization};
use crate::app::App;
use crate::blobs::BlobError;
use crate::download::{PIECE_BYTES, actor, disposition};
use crate::log::{AppendError, Source};
use crate::read::ReadError;
use crate::read::process::Process;

/// Longest name of a file without its ending, in characters: file systems take 255 bytes.
const NAME_CHARS_MAX: usize = 60;

/// What can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The document, as it was attached.
    Document,
    /// The document with its Audit Trail.
    Final,
}

impl Piece {
    /// Its name in the log and at the end of its URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Final => "final.pdf",
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
    sha256: String,
    size: u64,
    file: File,
}

impl ProcessFile {
    /// Finds what is asked for, and sees that it is what it was.
    ///
    /// # Errors
    /// When it is not there, or this reader sees no processes.
    pub fn find(app: &App, org: Organization, key: &str, piece: Piece) -> Result<Self, NotThere> {
        let process = app.reader.process(&org, key)?.ok_or(NotThere::NoProcess)?;
        let attached = attached(&process, piece)?;
        let hash = hex::decode(&attached.sha256).ok_or(NotThere::NotKept)?;
        let file = app.blobs.open_checked(org.code(), &hash)?;
        let Attached { sha256, size, .. } = attached.clone();
        Ok(Self { org, process, piece, sha256, size, file })
    }

    /// Whether these headers say that the caller has it already.
    pub fn is_known(&self, headers: &HeaderMap) -> bool {
        let etag = self.etag();
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        known.flat_map(|list| list.split(',')).any(|it| {
            let it = it.trim();
            it == "*" || it.strip_prefix("W/").unwrap_or(it) == etag
        })
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
        let event = json!({
            "action": "trail.downloaded",
            "actor": actor(caller),
            "targets": [{"type": "document", "id": self.process.key, "name": name}],
            "metadata": {"file": self.piece.as_str(), "sha256": self.sha256, "size": self.size},
        });
        app.log.append_own(self.org.entry(), source, event).await.map(drop)
    }

    /// The answer's head: what the file is and what it is called.
    pub fn head(&self) -> Response {
        let mut response = Body::empty().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
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
        *response.body_mut() = Body::from_stream(stream::try_unfold(self.file, piece));
        response
    }

    /// The bytes, as they are taken.
    pub fn into_file(self) -> File {
        self.file
    }

    fn etag(&self) -> String {
        format!("\"{}\"", self.sha256)
    }

    fn describe(&self, headers: &mut HeaderMap) {
        // Kept by the one who asked, and asked for again each time: access may have ended.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        for (name, value) in [(header::ETAG, self.etag()), (header::CONTENT_DISPOSITION, self.disposition())]
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
        let (own, plain) = match self.piece {
            Piece::Document => (format!("{name}.pdf"), "document"),
            Piece::Final => (format!("{name} (final).pdf"), "final"),
        };
        let key: String =
            self.process.key.chars().filter(char::is_ascii_alphanumeric).take(NAME_CHARS_MAX).collect();
        disposition(&format!("{key}-{plain}.pdf"), &own)
    }
}

fn attached(process: &Process, piece: Piece) -> Result<&Attached, NotThere> {
    let state = &process.state;
    match (piece, &state.trail) {
        (Piece::Document, _) => state.document.as_ref().ok_or(NotThere::NoDocument),
        (Piece::Final, Some(made)) => Ok(made),
        (Piece::Final, None) if state.status != Status::Completed => {
            Err(NotThere::NotCompleted(state.status))
        }
        (Piece::Final, None) if process.awaits_trail => Err(NotThere::BeingMade),
        (Piece::Final, None) => Err(NotThere::NotMade),
    }
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
