//! Reading bodies: bounded, of the right type, strictly parsed. Deliberately absent: what they mean.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use everlog_core::event::FieldError;
use everlog_core::json;
use everlog_core::json::DEPTH_MAX;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower_http::timeout::TimeoutError;

use crate::app::App;
use crate::http::problem::Problem;
use crate::http::{JSON_BODY_BYTES_MAX, JSON_BODY_TIME_MAX};

/// The content types of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentType {
    Json,
    Ndjson,
}

impl ContentType {
    /// What the header says; without one, JSON is meant.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(Self::Json) };
        let text = value.to_str().unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => Ok(Self::Json),
            "application/x-ndjson" | "application/jsonl" => Ok(Self::Ndjson),
            _ => {
                let detail = "the content type is application/json or application/x-ndjson";
                Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
            }
        }
    }
}

/// A whole JSON body, parsed as strictly as an event.
pub(super) async fn json(body: Body) -> Result<Value, Problem> {
    let read = tokio::time::timeout(JSON_BODY_TIME_MAX, to_bytes(body, JSON_BODY_BYTES_MAX));
    let read = read.await.map_err(|_| too_slow())?;
    let bytes = read.map_err(|why| incomplete(&why))?;
    // An array of events is one level deeper than an event.
    let is_array = bytes.trim_ascii_start().starts_with(b"[");
    Ok(json::parse_with_depth(&bytes, DEPTH_MAX + usize::from(is_array))?)
}

/// Why a body ended: it is too large, it stood still, or it broke off.
pub(super) fn incomplete(why: &axum::Error) -> Problem {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(why);
    while let Some(error) = source {
        if error.is::<TimeoutError>() {
            return too_slow();
        }
        if error.to_string().contains("length limit exceeded") {
            return too_large(format!(
                "a JSON body has at most {JSON_BODY_BYTES_MAX} bytes; NDJSON may have any length"
            ));
        }
        source = error.source();
    }
    Problem::new(StatusCode::BAD_REQUEST, "incomplete_body", "the body broke off or cannot be unpacked")
}

/// The body is longer than what it is may be.
pub(super) fn too_large(detail: String) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

/// The body did not come in time.
pub(super) fn too_slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the body came too slowly")
}

/// A JSON body of a known shape.
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        if ContentType::of(request.headers())? != ContentType::Json {
            let detail = "the content type is application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        of_shape(json(request.into_body()).await?).map(Self)
    }
}

/// A value as what it is meant to be.
pub(super) fn of_shape<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value)
        .map_err(|why| Problem::invalid(vec![fault(pointer(why.path()), &why.inner().to_string())]))
}

/// What serde says of a member, in the words and codes of every other refusal.
pub(super) fn fault(pointer: String, said: &str) -> FieldError {
    let named = |prefix: &str| said.strip_prefix(prefix)?.split('`').next().map(str::to_owned);
    let member = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    if let Some(name) = named("missing field `") {
        let message = format!("{name} is required");
        return FieldError { pointer: member(&name), code: "required", message };
    }
    if let Some(name) = named("unknown field `") {
        let shown: String = name.chars().take(60).collect();
        let message = format!("{shown} is not a member of this object");
        // serde's path leads to the unknown member itself.
        let pointer = if pointer.ends_with(&format!("/{name}")) { pointer } else { member(&name) };
        return FieldError { pointer, code: "unknown_member", message };
    }
    // What a type is called in the program is nobody's word.
    let said = said
        .split_once(", expected struct ")
        .map_or(said.to_owned(), |(met, _)| format!("{met}, expected an object"));
    let message = said.replacen("unknown variant", "unknown word", 1);
    FieldError { pointer, code: "invalid_value", message }
}

/// A path as an RFC 6901 pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segments = path.iter().map(|segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => "/?".to_owned(),
    });
    segments.collect()
}
