//! `/v1/organizations/{org}/events`: listing and counting. Deliberately absent: how events are
//! taken in (`intake`), and what a query means (`core`).

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use everlog_core::catalog::Kind;
use everlog_core::ids::Seq;
use everlog_core::query::once;
use serde_json::{Value, json};

use crate::access::Right;
use crate::app::App;
use crate::app::live::Follow;
use crate::http::extract::{Asked, Holder, InOrg, Origin, Params, blocking, open};
use crate::http::intake::Intake;
use crate::http::problem::Problem;
use crate::http::{live, reference};
use crate::index::{FacetField, FacetValue};
use crate::read::{iso, present};

/// The fields that can be counted, by their name in `fields=`.
const FACETS: &[(&str, FacetField)] = &[
    ("category", FacetField::Category),
    ("action", FacetField::Action),
    ("kind", FacetField::Kind),
    ("actor", FacetField::Actor),
    ("target_type", FacetField::TargetType),
    ("ip", FacetField::Ip),
    ("outcome", FacetField::Outcome),
];

/// Record events.
///
/// One object answers 201 (200 for a duplicate), an array of at most 1,000 answers 200 with one result each, NDJSON of
/// any length answers one line per event, in order, while it is read. What is answered `created` or `duplicate` is on
/// disk, in the tree, and found by the next query. Sending the same id again is safe.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/events", tag = "events",
    params(
        ("org" = String, Path, description = "The organization's id"),
        ("mode" = Option<String>, Query, description = "command (default), or record for history (scope admin)")
    ),
    request_body(description = "An event, an array of events, or NDJSON", content(("application/json"), ("application/x-ndjson"))),
    responses(
        (status = 201, description = "Recorded"), (status = 200, description = "Recorded before, or several results"),
        (status = 400, body = Problem, description = "The bytes are not JSON"),
        (status = 409, body = Problem, description = "The id names another event"),
        (status = 413, body = Problem, description = "Too many bytes or items"),
        (status = 422, body = Problem, description = "A member is at fault"),
        (status = 503, body = Problem, description = "Nothing can be written now")
    )
)]
pub(super) async fn record_events(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    params: Params,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    Intake::open(app, &caller, id, &params, origin).await?.take_in(request).await
}

/// List events.
///
/// A page in the order asked for, newest first by default. `next` and `previous` are the cursors of the pages around it;
/// later pages hold only what was there when the first one was asked for.
///
/// With `Accept: text/event-stream` the events that match and are recorded from now on, in the order of the log, each as a
/// message `event`. Ids are opaque; `Last-Event-ID` resumes without loss. Order and `limit` say nothing then, and there are
/// no pages.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/events", tag = "events", params(("org" = String, Path, description = "The organization's id"), reference::QueryParameters, reference::TargetParameter, reference::SortParameter, reference::PageParameters, reference::StreamParameters),
    responses((status = 200, description = "`{data, next, previous}`, or a stream of events", content((Object = "application/json"), (String = "text/event-stream"))), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn list_events(asked: Asked, headers: HeaderMap) -> Result<Response, Problem> {
    if live::is_wanted(&headers) {
        return follow(asked, &headers).await;
    }
    let list = asked.answer(&[], |asked, question| {
        let page = asked.app.reader.page(&asked.org, question)?;
        let data: Vec<Value> = page.events.iter().map(|event| present(event, &asked.org)).collect();
        Ok(json!({"data": data, "next": page.next, "previous": page.previous}))
    });
    Ok(([(header::VARY, "Accept")], list.await?).into_response())
}

/// The list as it grows, from the last message that the caller has seen, or from now on.
async fn follow(asked: Asked, headers: &HeaderMap) -> Result<Response, Problem> {
    let opening = live::opening(&asked.app, headers, asked.org.entry().row.id.clone())?;
    let seen = live::last_event_id(headers)?.map(str::to_owned);
    blocking(move || {
        let Asked { app, org, params, moment, .. } = asked;
        app.reader.live_query(&params, &[], &moment)?;
        let end = app.reader.size(&org)?;
        // A log that was brought back from a backup may be shorter than it was.
        let from = match seen {
            Some(id) => app.reader.open_position(&org, &id)?.min(Seq(end.0)),
            None => Seq(end.0),
        };
        let listener = app.listen(opening, Follow::Matching { params, others: &[] }, from)?;
        Ok(live::stream(app, &org, from, listener, |app, org, next| app.reader.seal_position(org, next)))
    })
    .await
}

/// Count events.
///
/// The exact number of events that a query matches.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/events/total", tag = "events", params(("org" = String, Path, description = "The organization's id"), reference::QueryParameters, reference::TargetParameter),
    responses((status = 200, description = "`{total}`"), (status = 400, body = Problem))
)]
pub(super) async fn total_events(asked: Asked) -> Result<axum::Json<Value>, Problem> {
    asked
        .answer(&[], |asked, question| Ok(json!({"total": asked.app.reader.total(&asked.org, question)?})))
        .await
}

/// Count events by value.
///
/// Only values that occur, each field counted under all other filters, at most 100 of each, most frequent first; `prefix` finds others.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/events/facets", tag = "events",
    params(
        ("org" = String, Path, description = "The organization's id"), 
        reference::QueryParameters, reference::TargetParameter,
        ("fields" = Option<String>, Query, description = "Of category, action, kind, actor, target_type, ip, outcome; all by default"),
        ("prefix" = Option<String>, Query, description = "A part of what is shown: of value, label or detail, as a search finds it")
    ),
    responses((status = 200, description = "`{field: [{value, label, count}]}`, of an actor shown by name also `detail`, the e-mail"), (status = 400, body = Problem))
)]
pub(super) async fn facet_events(asked: Asked) -> Result<axum::Json<Value>, Problem> {
    asked
        .answer(&["fields", "prefix"], |asked, question| {
            let prefix = once(&asked.params, "prefix")?.unwrap_or_default();
            let mut found = serde_json::Map::new();
            for (name, field) in facet_fields(&asked.params)? {
                let values = asked.app.reader.facet(&asked.org, question, field, prefix)?;
                let values: Vec<Value> = values.into_iter().map(facet_value).collect();
                found.insert(name.to_owned(), Value::Array(values));
            }
            Ok(Value::Object(found))
        })
        .await
}

fn facet_value(it: FacetValue) -> Value {
    let mut value = json!({"value": it.value, "label": it.label, "count": it.count});
    if let Some(detail) = it.detail {
        value["detail"] = json!(detail);
    }
    value
}

fn facet_fields(params: &[(String, String)]) -> Result<Vec<(&'static str, FacetField)>, Problem> {
    use everlog_core::query::ParamError;
    let Some(list) = once(params, "fields")? else {
        return Ok(FACETS.to_vec());
    };
    let names: Vec<_> = FACETS.iter().map(|(name, _)| *name).collect();
    let unknown = || ParamError::expected("fields", format!("of {}, separated by commas", names.join(", ")));
    let find = |name: &str| FACETS.iter().find(|(known, _)| *known == name.trim()).copied();
    let found: Result<Vec<_>, _> = list.split(',').map(|name| find(name).ok_or_else(unknown)).collect();
    Ok(found?)
}

/// Count events over time.
///
/// Buckets are whole minutes, hours, days, weeks or months of the reader's zone, chosen to be few enough to draw.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/events/histogram", tag = "events", params(("org" = String, Path, description = "The organization's id"), reference::QueryParameters, reference::TargetParameter),
    responses((status = 200, description = "`{interval, buckets: [{from, to, created, updated, deleted, transferred, other}]}`"), (status = 400, body = Problem))
)]
pub(super) async fn histogram_events(asked: Asked) -> Result<axum::Json<Value>, Problem> {
    asked
        .answer(&[], |asked, question| {
            let histogram = asked.app.reader.histogram(&asked.org, question, &asked.moment)?;
            let buckets = histogram.buckets.into_iter().map(|(from, to, counts)| {
                let mut bucket = json!({"from": iso(from), "to": iso(to)});
                for (kind, count) in Kind::ALL.iter().zip(counts) {
                    bucket[kind.as_str()] = json!(count);
                }
                bucket
            });
            let buckets: Vec<Value> = buckets.collect();
            Ok(json!({"interval": histogram.interval, "buckets": buckets}))
        })
        .await
}

/// Read one event.
///
/// By its id, or by its position where the reader sees everything.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/events/{id}", tag = "events",
    params(("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "Id or position")),
    responses((status = 200, description = "The event"), (status = 404, body = Problem))
)]
pub(super) async fn read_event(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    Path((_, event_id)): Path<(String, String)>,
    params: Params,
) -> Result<axum::Json<Value>, Problem> {
    params.only(&[])?;
    let org = open(&app, &caller, id, Right::Read).await?;
    blocking(move || {
        let event = app.reader.event(&org, &event_id)?.ok_or_else(|| Problem::not_found("event"))?;
        Ok(axum::Json(present(&event, &org)))
    })
    .await
}
