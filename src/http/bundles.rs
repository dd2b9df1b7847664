//! `/v1/organizations/{org}/events/{id}/bundle`: one event with everything that proves it. Deliberately absent: checking.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::access::{Caller, Right};
use crate::app::App;
use crate::export::Format;
use crate::http::extract::{Holder, InOrg, Params, blocking, open};
use crate::http::problem::Problem;

/// Read the evidence of one event.
///
/// A bundle (docs/format.md, section 9) that `everlog verify` and the page `/verify` take: the fields of the event with
/// their salts, the proof that it is in the log, and the signed head. A viewer session gets only the commitments of what
/// tells by which key and address the event came in.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/events/{id}/bundle", tag = "evidence",
    params(("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "Id or position")),
    responses((status = 200, content_type = "application/x-ndjson", body = String), (status = 404, body = Problem))
)]
pub(super) async fn read_bundle(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    Path((_, event_id)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let org = open(&app, &caller, id, Right::Read).await?;
    let is_session = matches!(caller, Caller::Session(_));
    let bytes = blocking(move || {
        let bundle = app.event_bundle(&org, &event_id, is_session)?;
        bundle.ok_or_else(|| Problem::not_found("event"))
    })
    .await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(Format::Jsonl.content_type())),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"event.bundle.jsonl\""),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, bytes).into_response())
}
