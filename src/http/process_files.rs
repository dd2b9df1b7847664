//! `/v1/organizations/{org}/processes/{key}/document` and the files made of it. Deliberately absent: what they hold.

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::hex::Hex;
use futures_util::StreamExt;
use serde_json::{Value, json};
use utoipa::IntoParams;

use crate::access::Right;
use crate::app::App;
use crate::app::documents::DOCUMENT_BYTES_MAX;
use crate::app::trails::make::condition_word;
use crate::blobs::Upload;
use crate::download::actor;
use crate::download::process::{Piece, ProcessFile, tongue};
use crate::http::DOCUMENT_BODY_TIME_MAX;
use crate::http::body::{incomplete, too_large, too_slow};
use crate::http::extract::{Asked, Holder, InOrg, Origin, Params, blocking, open};
use crate::http::problem::Problem;
use crate::http::processes::InProcess;
use crate::http::reference::Binary;
use crate::trail::inspect::Condition;

/// How many bytes of a body are written together.
const GROUP_BYTES: usize = 1024 * 1024;
/// The types by which a document may come; what it is, its bytes say.
const TYPES: &[&str] = &["application/pdf", "application/octet-stream"];

/// Attach the document.
///
/// The PDF to sign, as the body of the request: once, before the first invitation, at most 25 MiB. Its SHA-256 and size are
/// recorded as `document.attached`.
#[utoipa::path(
    put, path = "/v1/organizations/{org}/processes/{key}/document", tag = "processes",
    params(("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The process's key")),
    request_body(description = "The PDF", content((Binary = "application/pdf"))),
    responses(
        (status = 201, description = "`{process_key, id, seq, sha256, size, pages, trail: {way: appended | container, reason, detail}}`: how the Audit Trail and the document will be one file"),
        (status = 404, body = Problem, description = "There is no such process"),
        (status = 409, body = Problem, description = "`document_attached`, `already_invited`, `process_ended`"),
        (status = 413, body = Problem, description = "More than 25 MiB"),
        (status = 415, body = Problem, description = "The content type is another"),
        (status = 422, body = Problem, description = "`document_empty`, `document_not_pdf`, `document_damaged`"),
        (status = 503, body = Problem, description = "Nothing can be written now")
    )
)]
pub(super) async fn attach_document(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    InProcess(key): InProcess,
    params: Params,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let org = open(&app, &caller, id, Right::Write).await?;
    let (asking, within) = (app.clone(), org.clone());
    let (process, upload) = blocking(move || {
        let process = asking.may_attach(&within, &key)?;
        Ok((process, asking.blobs.begin(within.code())?))
    })
    .await?;
    check_head(request.headers())?;
    app.quotas.take(&org, 1)?;
    let taking = tokio::time::timeout(DOCUMENT_BODY_TIME_MAX, take_in(upload, request.into_body()));
    let upload = taking.await.map_err(|_| too_slow())??;
    let process_key = process.key.clone();
    let attaching = app.attach(org, process, upload, actor(Some(&caller)), origin.source(&caller));
    // A caller that goes away must not leave bytes of which nobody knows whether the log names them.
    let attached = tokio::spawn(attaching).await.map_err(|why| Problem::internal(&why))??;
    let answer = json!({
        "process_key": process_key,
        "id": attached.event_id,
        "seq": attached.seq,
        "sha256": Hex(&attached.sha256).to_string(),
        "size": attached.size,
        "pages": attached.original.pages,
        "trail": way(attached.original.condition),
    });
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}

/// How the Audit Trail and a document of this condition will be one file, and why.
fn way(condition: Condition) -> Value {
    let detail = match condition {
        Condition::Healthy => return json!({"way": "appended"}),
        Condition::Signed => "pages behind it would make its signatures read as altered",
        Condition::Certified => "pages behind it would make its certification read as altered",
        Condition::Encrypted => "nothing can be added without its password",
        Condition::JunkBeforeHeader => "it does not begin with its header",
        Condition::Xfa => "it is a form that draws its own pages",
        Condition::Unsure(why) => why,
    };
    json!({"way": "container", "reason": condition_word(condition), "detail": detail})
}

/// What can be refused before a body is read.
fn check_head(headers: &HeaderMap) -> Result<(), Problem> {
    if let Some(value) = headers.get(header::CONTENT_TYPE) {
        let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !TYPES.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
            let detail = "the content type of a document is application/pdf";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
    }
    let told = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let is_packed = headers.contains_key(header::CONTENT_ENCODING);
    match told {
        Some(bytes) if bytes > DOCUMENT_BYTES_MAX && !is_packed => Err(larger()),
        _ => Ok(()),
    }
}

fn larger() -> Problem {
    too_large(format!("a document has at most {DOCUMENT_BYTES_MAX} bytes"))
}

/// Writes a body down as it comes, so that no slow sender fills the memory.
async fn take_in(mut upload: Upload, body: Body) -> Result<Upload, Problem> {
    let mut pieces = body.into_data_stream();
    let mut group = Vec::new();
    loop {
        let piece = pieces.next().await.transpose().map_err(|why| incomplete(&why))?;
        let is_last = piece.is_none();
        group.extend_from_slice(&piece.unwrap_or_default());
        if upload.size() + group.len() as u64 > DOCUMENT_BYTES_MAX {
            return Err(larger());
        }
        if is_last || group.len() >= GROUP_BYTES {
            let bytes = std::mem::take(&mut group);
            upload = blocking(move || {
                upload.write(&bytes)?;
                Ok(upload)
            })
            .await?;
        }
        if is_last {
            return Ok(upload);
        }
    }
}

/// Read the document.
///
/// The PDF as it was attached, byte for byte.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes/{key}/document", tag = "processes",
    params(("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The process's key")),
    responses(
        (status = 200, description = "The PDF", content((Binary = "application/pdf"))),
        (status = 304, description = "The caller has it"),
        (status = 404, body = Problem, description = "No process, or `no_document`"),
        (status = 503, body = Problem, description = "The bucket that holds documents cannot be reached now")
    )
)]
pub(super) async fn read_document(
    asked: Asked,
    origin: Origin,
    asking: AskedFile,
) -> Result<Response, Problem> {
    answer(asked, origin, asking, Piece::Document).await
}

/// Read the final PDF.
///
/// The document with its Audit Trail, sealed. It is made within moments of the completion.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes/{key}/final.pdf", tag = "processes",
    params(("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The process's key")),
    responses(
        (status = 200, description = "The PDF", content((Binary = "application/pdf"))),
        (status = 304, description = "The caller has it"),
        (status = 404, body = Problem, description = "No process, or why it has no final PDF: `not_completed`, `trail_pending`"),
        (status = 503, body = Problem, description = "The bucket that holds documents cannot be reached now")
    )
)]
pub(super) async fn read_final(asked: Asked, origin: Origin, asking: AskedFile) -> Result<Response, Problem> {
    answer(asked, origin, asking, Piece::Final).await
}

/// Read the Audit Trail as JSON.
///
/// What the log says of a process, in order, for programs. Of one that is not over it is interim, and says so.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes/{key}/audit-trail.json", tag = "processes",
    params(
        ("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The process's key"),
        TrailParameters
    ),
    responses(
        (status = 200, description = "The trail", content((Object = "application/json"))), (status = 304, description = "The caller has it"),
        (status = 400, body = Problem), (status = 404, body = Problem)
    )
)]
pub(super) async fn read_trail_json(
    asked: Asked,
    origin: Origin,
    asking: AskedFile,
) -> Result<Response, Problem> {
    answer(asked, origin, asking, Piece::Json).await
}

/// Read the Audit Trail as a page.
///
/// The same for people: one HTML file that needs nothing beside it.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes/{key}/audit-trail.html", tag = "processes",
    params(
        ("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The process's key"),
        TrailParameters
    ),
    responses(
        (status = 200, description = "The page", content((String = "text/html"))), (status = 304, description = "The caller has it"),
        (status = 400, body = Problem), (status = 404, body = Problem)
    )
)]
pub(super) async fn read_trail_html(
    asked: Asked,
    origin: Origin,
    asking: AskedFile,
) -> Result<Response, Problem> {
    answer(asked, origin, asking, Piece::Html).await
}

/// Read the Audit Trail as a PDF.
///
/// The trail alone, sealed, with its evidence inside, as it is now; of a process that is not over it is interim.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes/{key}/audit-trail.pdf", tag = "processes",
    params(
        ("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The process's key"),
        TrailParameters
    ),
    responses(
        (status = 200, description = "The PDF", content((Binary = "application/pdf"))), (status = 304, description = "The caller has it"),
        (status = 400, body = Problem), (status = 404, body = Problem)
    )
)]
pub(super) async fn read_trail_pdf(
    asked: Asked,
    origin: Origin,
    asking: AskedFile,
) -> Result<Response, Problem> {
    answer(asked, origin, asking, Piece::Pdf).await
}

/// The language and the zone of a trail.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes; `download` reads")]
struct TrailParameters {
    /// The language: en, de, ar; the process's own by default.
    locale: Option<String>,
    /// The zone in which times stand beside UTC, by its IANA name: the process's own by default, else the organization's.
    tz: Option<String>,
}

/// Which process is asked about, and how.
pub(super) struct AskedFile {
    key: String,
    method: Method,
    headers: HeaderMap,
}

impl FromRequestParts<App> for AskedFile {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let InProcess(key) = InProcess::from_request_parts(parts, app).await?;
        Ok(Self { key, method: parts.method.clone(), headers: parts.headers.clone() })
    }
}

async fn answer(asked: Asked, origin: Origin, asking: AskedFile, piece: Piece) -> Result<Response, Problem> {
    let (app, caller) = (asked.app.clone(), asked.caller.clone());
    let AskedFile { key, method, headers } = asking;
    let file = blocking(move || {
        let Asked { app, org, params, moment, .. } = asked;
        let params = Params(params);
        params.only(if piece.is_made() { &["locale", "tz"] } else { &[] })?;
        let tongue = tongue(&params.0, &moment)?;
        Ok(ProcessFile::find(&app, org, &key, piece, &tongue)?)
    })
    .await?;
    if file.is_known(&headers) {
        return Ok(file.not_modified());
    }
    // Looking takes nothing away.
    if method == Method::HEAD {
        return Ok(file.head());
    }
    file.record(&app, Some(&caller), &origin.source(&caller)).await?;
    Ok(file.respond())
}
