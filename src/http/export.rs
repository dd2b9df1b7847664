//! `/v1/organizations/{org}/export`: everything that a query matches, as a file. Deliberately absent: a limit of rows.

use axum::http::Method;
use axum::response::Response;

use crate::download::Download;
use crate::http::extract::{Asked, Origin, blocking};
use crate::http::problem::Problem;
use crate::http::reference;

/// Export events.
///
/// The same set as the list, in the same order, without a limit of rows, streamed in constant memory. CSV is RFC 4180
/// with a byte order mark, and no cell of it becomes a formula: a `'` stands in front of what would. `raw=true` leaves
/// both out: every value is exactly as recorded, for programs. JSON Lines are the events of `GET events`, one a line. XLSX
/// has real dates in the reader's zone, texts cut at 32,767 characters with a mark, and goes on to a new sheet at
/// 1,048,576 rows. A bundle (docs/format.md, section 9) is the events as evidence, in the order of the log, each proven under
/// a signed head: what `everlog verify` takes. Of a key that leaves nothing out it is the whole log, events of category
/// Access too, and says that it is complete. A transfer that breaks off is not whole. A viewer session may take the formats
/// that the settings allow; each export is recorded.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/export", tag = "events",
    params(
        ("org" = String, Path, description = "The organization's id"),
        ("format" = Option<String>, Query, description = "csv (default), xlsx, jsonl or bundle"),
        ("columns" = Option<String>, Query, description = "profile (default), with the titles of the profile, or full: every member of an event"),
        ("raw" = Option<bool>, Query, description = "true: CSV for programs, without byte order mark, values exactly as recorded"),
        ("since" = Option<u64>, Query, description = "With format=bundle: a size that the log had; the bundle proves that the log continues it"),
        reference::QueryParameters, reference::TargetParameter, reference::SortParameter
    ),
    responses(
        (status = 200, description = "The file", content((String = "text/csv"), (String = "application/x-ndjson"), (reference::Binary = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 400, body = Problem), (status = 403, body = Problem, description = "`export_not_allowed`: not this format for a viewer session"),
        (status = 429, body = Problem, description = "`too_many_exports`: the organization has as many as it may have at once"),
        (status = 503, body = Problem, description = "It cannot be recorded now, or the server has as many exports as it may have at once")
    )
)]
pub(super) async fn export_events(method: Method, asked: Asked, origin: Origin) -> Result<Response, Problem> {
    let (app, caller) = (asked.app.clone(), asked.caller.clone());
    let download = blocking(move || {
        let Asked { app, caller, org, params, moment } = asked;
        Ok(Download::new(&app, org, Some(&caller), &params, &moment)?)
    })
    .await?;
    // Looking takes nothing away.
    if method == Method::HEAD {
        return Ok(download.head());
    }
    let place = download.enter(&app)?;
    download.record(&app, Some(&caller), &origin.source(&caller)).await?;
    blocking(move || Ok(download.respond(&app, place)?)).await
}
