//! `/signing/activity`: the signing processes of an organization with all that happened in each (T05 to T36).
//!
//! Deliberately absent: rules, and a path for one process or one user; parameters choose.

use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use serde_json::{Value, json};

use crate::app::App;
use crate::compat::{Refusal, Shape, open};

mod question;
mod shape;
mod show;
mod walk;

pub use question::{SKIP_MAX, TAKE_DEFAULT, TAKE_MAX};

use question::{Parameters, Question};
use shape::{Process, Total};
use walk::Walk;

/// Under which paths everything here stands, other refusals too: the second is where programs look that were written against
/// it elsewhere, and of whose address only the host is changed.
const PATHS: [&str; 2] = ["/signing/", "/api/signing/"];

/// Read the signing processes of a range of time.
///
/// The signing processes in which something happened from `StartDate` until before `EndDate`, in the order in which they were
/// made, each with its whole log. HTTP Basic: the organization's id and a key with the scope `read`. What is said of a whole
/// company is found with parameters, not with other paths. See `docs/signing-api.md`.
#[utoipa::path(
    get, path = "/signing/activity", tag = "signing", security(("basic" = [])), params(Parameters),
    responses(
        (status = 200, description = "The processes", body = Vec<Process<'_>>),
        (status = 400, body = Shape<'_>, description = "A parameter is missing or cannot be understood; `errors` says which"),
        (status = "default", body = Shape<'_>, description = "Any other refusal")
    )
)]
pub async fn list_signing_activity(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let (first, walk) = blocking(move || {
        let org = open(&app, &headers)?;
        let question = Question::parse(uri.query().unwrap_or_default())?;
        let mut walk = Walk::new(&app, org, question);
        // What cannot be read at all is told as a refusal.
        let first = walk.step()?;
        Ok((first, walk))
    })
    .await?;
    let pieces = stream::try_unfold((first, walk), |(ready, walk)| piece(ready, walk));
    let mut response = Body::from_stream(pieces).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// Count the signing processes of a range of time.
///
/// How many processes the same parameters find without `Take` and `Skip`.
#[utoipa::path(
    get, path = "/signing/activity/total", tag = "signing", security(("basic" = [])), params(Parameters),
    responses(
        (status = 200, description = "The number of processes", body = Total),
        (status = 400, body = Shape<'_>, description = "A parameter is missing or cannot be understood; `errors` says which"),
        (status = "default", body = Shape<'_>, description = "Any other refusal")
    )
)]
pub async fn total_signing_activity(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<axum::Json<Value>, Refusal> {
    blocking(move || {
        let org = open(&app, &headers)?;
        let question = Question::parse(uri.query().unwrap_or_default())?;
        let total = app.reader.count_processes(&org, &question.filter)?;
        Ok(axum::Json(json!({"total": total})))
    })
    .await
}

/// What a refusal from elsewhere is here, when the path is one of these.
pub fn refusal_at(path: &str, status: StatusCode, detail: &str) -> Option<Refusal> {
    PATHS.iter().any(|known| path.starts_with(known)).then(|| match status {
        // T36: there were such paths once.
        StatusCode::NOT_FOUND => Refusal::new(
            status,
            "there is nothing here: GET /signing/activity is the one path, and ProcessKey and User are parameters of it",
        ),
        _ => Refusal::new(status, detail),
    })
}

/// The same under the second path.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/signing/activity", get(list_signing_activity))
        .route("/api/signing/activity/total", get(total_signing_activity))
}

/// The bytes that are ready, and the next ones, made where waiting for a disk harms nobody; what breaks, breaks the transfer,
/// and never looks whole.
async fn piece(
    ready: Option<Vec<u8>>,
    mut walk: Walk,
) -> Result<Option<(Bytes, (Option<Vec<u8>>, Walk))>, io::Error> {
    let Some(ready) = ready else { return Ok(None) };
    let made = tokio::task::spawn_blocking(move || walk.step().map(|next| (next, walk))).await;
    let made = made.map_err(io::Error::other).and_then(|made| made.map_err(io::Error::other));
    let next = made.inspect_err(|why| {
        tracing::error!(error = why as &dyn std::error::Error, "a list of processes broke off");
    })?;
    Ok(Some((ready.into(), next)))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|why| Err(Refusal::internal(&why)))
}
