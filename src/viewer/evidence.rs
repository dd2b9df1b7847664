//! The evidence of one event as a file: by the cookie of a session, or, in a frame without cookies, by a link that works once
//! and soon.
//!
//! Deliberately absent: what a bundle holds, and what of it a session is not shown (`app::bundles`).

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::export::Format;
use crate::viewer::address::encode;
use crate::viewer::export::{admit, hand_out_link};
use crate::viewer::problem::Problem;
use crate::viewer::session::Visit;
use crate::viewer::{Params, Reader, blocking, list_path};

/// What the file is called in the address of its event.
pub(super) const BUNDLE: &str = "bundle";

/// `GET /view/{org}/events/{id}/bundle`.
pub(super) async fn read_bundle(
    State(app): State<App>,
    Path((org, id)): Path<(String, String)>,
    params: Params,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&app, &org, &params, &headers);
    let asking = headers;
    let answer = blocking(move || {
        let sent = params.map_err(|_| Problem::NotFound)?.0;
        let (visit, _) = admit(&app, &asking, &org, sent, method == Method::HEAD, Some(&file(&id)))?;
        made(&app, &visit, &id)
    });
    let headers = [
        (header::CONTENT_TYPE, Format::Bundle.content_type()),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"event.bundle.jsonl\""),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    reader.answer(async { Ok((headers, answer.await?).into_response()) }).await
}

/// `POST /view/{org}/events/{id}/bundle`: the link that works once, for who shows a session's token.
pub(super) async fn link_bundle(
    State(app): State<App>,
    Path((org, id)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    let path = format!("{}/events/{}/{BUNDLE}", list_path(&org), encode(&id));
    hand_out_link(app, org, params, headers, move |app, visit, _| {
        app.reader.event(&visit.org, &id)?.ok_or(Problem::NoEvent)?;
        Ok((path, Some(file(&id))))
    })
    .await
}

fn made(app: &App, visit: &Visit, id: &str) -> Result<Vec<u8>, Problem> {
    app.event_bundle(&visit.org, id, true)?.ok_or(Problem::NoEvent)
}

/// What a code is made for. No file of a process is called so: the key of a process has no slash.
fn file(id: &str) -> String {
    format!("events/{id}/{BUNDLE}")
}
