//! `/log/{log_id}/…`: a log as static pieces (C2SP tlog-tiles), which any cache may keep. Deliberately absent: the names of
//! the pieces (`core::tile`), and what is in them (`read::tiles`).

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::hex::Hex;
use everlog_core::leaf::LogId;
use everlog_core::tile::{Holds, Tile};
use sha2::{Digest, Sha256};

use crate::access::{Denied, Organization};
use crate::app::App;
use crate::download::process::is_known;
use crate::http::checkpoint::text;
use crate::http::extract::{Params, bearer, blocking};
use crate::http::problem::Problem;
use crate::http::reference::Binary;
use crate::log::now_ms;

/// How long a cache may keep a piece, in seconds: a year, which is as good as for ever.
const MAX_AGE: u32 = 31_536_000;

/// What the server calls pieces: bytes of no other format. They are hashes, which no compression makes smaller.
pub(super) const TILE: &str = "application/octet-stream";

/// The log in the path, opened for whoever asks.
pub(super) struct InLog(Organization);

#[derive(serde::Deserialize)]
struct LogPath {
    log_id: String,
}

impl FromRequestParts<App> for InLog {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let not_found = || Problem::not_found("log");
        let path = Path::<LogPath>::from_request_parts(parts, app).await.map_err(|_| not_found())?;
        let log: LogId = path.log_id.parse().map_err(|_| not_found())?;
        let credential = bearer(&parts.headers).ok().map(str::to_owned);
        let app = app.clone();
        blocking(move || match app.access.open_log(&log, credential.as_deref(), now_ms()) {
            Ok(org) => Ok(Self(org)),
            Err(Denied::Directory(why)) => Err(Denied::Directory(why).into()),
            Err(_) => Err(not_found()),
        })
        .await
    }
}

/// Read the signed head of a log.
///
/// The same as `GET checkpoint` of its organization, at the path of C2SP tlog-tiles. The log's id stands in its origin. A
/// key with `read` or a session that sees everything is needed, unless the organization's setting `public_log` is true; for
/// everybody else there is no such log.
#[utoipa::path(
    get, path = "/log/{log_id}/checkpoint", tag = "evidence",
    params(("log_id" = String, Path, description = "The log's id, 32 hexadecimal digits")),
    responses((status = 200, content_type = "text/plain", body = String), (status = 404, body = Problem))
)]
pub(super) async fn read_log_checkpoint(
    State(app): State<App>,
    InLog(org): InLog,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let signed = blocking(move || Ok(app.checkpoint(&org)?)).await?;
    Ok(text(signed.cosigned_note()))
}

/// Read a piece of a log.
///
/// By its name in C2SP tlog-tiles: `{level}/{index}` for hashes of the tree and `entries/{index}` for leaves, with `.p/{width}`
/// behind it for fewer than 256. Leaves carry commitments and no clear text. There are pieces up to the signed head; they
/// never change. Who may read is as for the log's checkpoint.
#[utoipa::path(
    get, path = "/log/{log_id}/tile/{*tile}", tag = "evidence",
    params(
        ("log_id" = String, Path, description = "The log's id, 32 hexadecimal digits"),
        ("tile" = String, Path, description = "The piece, such as `0/x001/234`, `1/000.p/17` or `entries/000`")
    ),
    responses(
        (status = 200, description = "The hashes, or the leaves with their lengths", content((Binary = "application/octet-stream"))),
        (status = 304, description = "The caller has it"), (status = 404, body = Problem)
    )
)]
pub(super) async fn read_tile(
    State(app): State<App>,
    InLog(org): InLog,
    Path((_, name)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let tile = Tile::parse(&name).ok_or_else(|| Problem::not_found("tile"))?;
    let is_public = org.entry().has_public_log();
    let (asked, within) = (app.clone(), org.clone());
    let hashes = blocking(move || {
        if asked.checkpoint(&within)?.checkpoint.size < tile.size() {
            return Err(Problem::not_found("tile"));
        }
        Ok(asked.reader.tile(&within, &tile)?)
    })
    .await?;
    // Leaves are what hashes to the tile beside them: both are known by it.
    let etag = format!("\"{}{}\"", prefix(tile), Hex(&Sha256::digest(&hashes)));
    let described = described(&etag, is_public);
    if is_known(&etag, &headers) {
        return Ok((StatusCode::NOT_MODIFIED, described).into_response());
    }
    let bytes = match tile.holds {
        Holds::Hashes { .. } => hashes,
        Holds::Entries => {
            let place = app.entry_bundles.clone().acquire_owned().await;
            let place = place.map_err(|why| Problem::internal(&why))?;
            blocking(move || {
                let _held = place;
                Ok(app.reader.entries(&org, &tile)?)
            })
            .await?
        }
    };
    Ok((described, bytes).into_response())
}

fn prefix(tile: Tile) -> &'static str {
    match tile.holds {
        Holds::Hashes { .. } => "",
        Holds::Entries => "entries-",
    }
}

fn described(etag: &str, is_public: bool) -> HeaderMap {
    let whose = if is_public { "public" } else { "private" };
    let kept = format!("{whose}, max-age={MAX_AGE}, immutable");
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(TILE));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [(header::ETAG, etag), (header::CACHE_CONTROL, &kept)] {
        // Both are made of letters, digits and marks.
        headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
    }
    headers
}
