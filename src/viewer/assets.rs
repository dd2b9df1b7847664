//! Style sheet, scripts and icon, embedded in the binary and cached by browsers for ever under the hash of their content.
//!
//! Deliberately absent: anything fetched from elsewhere.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::hex::Hex;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What is written here.
#[derive(RustEmbed)]
#[folder = "assets/viewer/"]
struct Own;

/// What others wrote, as they published it.
#[derive(RustEmbed)]
#[folder = "assets/vendor/"]
struct Vendor;

/// The scripts of a list that its first view does not wait for, in the order in which they run.
const LATER: [&str; 5] = ["states.js", "chart.js", "export.js", "complete.js", "values.js"];
/// Where the assets are.
const DIRECTORY: &str = "/assets/";
/// Characters of a hash in a URL.
const VERSION_CHARS: usize = 12;
/// A year: the longest that caches keep.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The URLs of the assets that every page names.
pub(super) struct Urls {
    pub css: String,
    pub js: String,
    pub live: String,
    pub export: String,
    /// What a list does beyond its first view, each without the directory: its script asks for them when that is there.
    pub later: String,
    pub details: String,
    pub processes: String,
    pub htmx: String,
    pub embedded: String,
    pub verify: String,
    pub icon: String,
}

/// The URLs of the assets of this binary.
pub(super) static URLS: LazyLock<Urls> = LazyLock::new(|| Urls {
    css: url("viewer.css"),
    js: url("viewer.js"),
    live: url("live.js"),
    export: url("export.js"),
    later: LATER.map(|file| url(file).trim_start_matches(DIRECTORY).to_owned()).join(" "),
    details: url("details.js"),
    processes: url("processes.js"),
    htmx: url("htmx.min.js"),
    embedded: url("embedded.js"),
    verify: url("verify.js"),
    icon: url("icon.svg"),
});

/// `GET /assets/{file}`.
pub(super) async fn read_asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    answer(&file, &headers)
}

/// A file with its type and its tag, or that the caller has it already.
pub(super) fn answer(file: &str, headers: &HeaderMap) -> Response {
    let Some(found) = find(file) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(content_type) = content_type(file) else { return StatusCode::NOT_FOUND.into_response() };
    let etag = format!("\"{}\"", version(&found));
    let is_known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let data = if Own::get(file).is_some() { lean(file, &found.data) } else { found.data.into_owned() };
        data.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, CACHE);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// A script or a style sheet of ours as it travels: without indents, and without lines that are comments. None of ours
/// has a text over several lines.
fn lean(file: &str, data: &[u8]) -> Vec<u8> {
    let is_script = file.ends_with(".js");
    if !(is_script || file.ends_with(".css")) {
        return data.to_vec();
    }
    let lines = data.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
    let kept = lines.filter(|line| !(line.is_empty() || is_script && line.starts_with(b"//")));
    kept.collect::<Vec<_>>().join(&b'\n')
}

fn find(file: &str) -> Option<EmbeddedFile> {
    Own::get(file).or_else(|| Vendor::get(file))
}

fn content_type(file: &str) -> Option<&'static str> {
    match file.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

fn version(file: &EmbeddedFile) -> String {
    Hex(&file.metadata.sha256_hash()).to_string()[..VERSION_CHARS].to_owned()
}

fn url(file: &str) -> String {
    match find(file) {
        Some(found) => format!("{DIRECTORY}{file}?v={}", version(&found)),
        None => format!("{DIRECTORY}{file}"),
    }
}
