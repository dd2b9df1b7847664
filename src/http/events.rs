//! `/v1/organizations/{org}/events`: recording, listing and counting. Deliberately absent: what a query means (`core`).

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::catalog::Kind;
use everlog_core::event::Mode;
use everlog_core::hex::Hex;
use everlog_core::ids::Seq;
use everlog_core::query::once;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::access::{Organization, Right};
use crate::app::App;
use crate::app::live::Follow;
use crate::http::body::{self, ContentType};
use crate::http::extract::{Asked, Holder, InOrg, Origin, Params, blocking, open};
use crate::http::live;
use crate::http::problem::Problem;
use crate::http::{AsItComes, NDJSON_LINE_BYTES_MAX, reference};
use crate::index::{FacetField, FacetValue};
use crate::log::{BATCH_EVENTS_MAX, Outcome, Source};
use crate::read::{iso, present};

/// How many events of a streamed body are taken in together.
const NDJSON_GROUP_EVENTS: usize = 500;
/// How many groups of answers may wait for a slow reader.
const NDJSON_ANSWERS_MAX: usize = 8;

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
    params.only(&["mode"])?;
    let mode = match once(&params.0, "mode")? {
        None | Some("command") => Mode::Command,
        Some("record") => Mode::Record,
        Some(_) => {
            let fault = everlog_core::query::ParamError::expected("mode", "command or record");
            return Err(fault.into());
        }
    };
    let org = open(&app, &caller, id.clone(), Right::Write).await?;
    if mode == Mode::Record {
        open(&app, &caller, id, Right::Admin).await?;
    }
    let source = origin.source(&caller);
    if ContentType::of(request.headers())? == ContentType::Ndjson {
        return Ok(stream(app, org, source, mode, request.into_body()));
    }
    match body::json(request.into_body()).await? {
        Value::Array(events) => record_array(&app, &org, &source, mode, events).await,
        event => record_one(&app, &org, &source, mode, event).await,
    }
}

async fn record_one(
    app: &App,
    org: &Organization,
    source: &Source,
    mode: Mode,
    event: Value,
) -> Result<Response, Problem> {
    app.quotas.take(org, 1)?;
    let outcome = app.log.append(org.entry(), source, mode, vec![event]).await?.pop();
    match outcome.ok_or_else(|| Problem::unavailable("the log gave no answer"))? {
        Outcome::Refused(refusal) => Err(refusal.into()),
        created @ Outcome::Created(_) => {
            Ok((StatusCode::CREATED, axum::Json(answer(created))).into_response())
        }
        duplicate => Ok(axum::Json(answer(duplicate)).into_response()),
    }
}

async fn record_array(
    app: &App,
    org: &Organization,
    source: &Source,
    mode: Mode,
    events: Vec<Value>,
) -> Result<Response, Problem> {
    if events.len() > BATCH_EVENTS_MAX {
        let detail = format!("an array has at most {BATCH_EVENTS_MAX} events; NDJSON may have any number");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_events", detail));
    }
    app.quotas.take(org, events.len())?;
    let outcomes = app.log.append(org.entry(), source, mode, events).await?;
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let created = count(|it| matches!(it, Outcome::Created(_)));
    let duplicates = count(|it| matches!(it, Outcome::Duplicate(_)));
    let refused = count(|it| matches!(it, Outcome::Refused(_)));
    let results: Vec<Value> = outcomes.into_iter().map(answer).collect();
    let whole = json!({"results": results, "created": created, "duplicates": duplicates, "refused": refused});
    Ok(axum::Json(whole).into_response())
}

/// What is told of one event.
pub(crate) fn answer(outcome: Outcome) -> Value {
    let (status, recorded) = match outcome {
        Outcome::Created(recorded) => ("created", recorded),
        Outcome::Duplicate(recorded) => ("duplicate", recorded),
        Outcome::Refused(refusal) => return refused(Problem::from(refusal)),
    };
    let implied = recorded.implied.iter().map(|it| json!({"id": it.id, "seq": it.seq, "action": it.action}));
    json!({
        "id": recorded.id, "seq": recorded.seq, "status": status, "leaf_hash": Hex(&recorded.leaf_hash).to_string(),
        "received_at": iso(recorded.received_ms), "implied": implied.collect::<Vec<_>>(),
    })
}

fn refused(problem: Problem) -> Value {
    json!({"status": "refused", "problem": problem})
}

/// Takes in a body of any length in constant memory, and answers while it reads.
fn stream(app: App, org: Organization, source: Source, mode: Mode, body: Body) -> Response {
    let (answers, received) = mpsc::channel::<Result<Vec<u8>, std::io::Error>>(NDJSON_ANSWERS_MAX);
    tokio::spawn(async move {
        let mut intake = Intake { app, org, source, mode, group: Vec::new(), answers };
        // When nobody reads the answers any more, nothing more is taken in.
        if intake.run(body).await.is_none() {
            tracing::debug!("a stream of events was given up by its sender");
        }
    });
    let stream = ReceiverStream::new(received);
    let head = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (head, Extension(AsItComes), Body::from_stream(stream)).into_response()
}

struct Intake {
    app: App,
    org: Organization,
    source: Source,
    mode: Mode,
    group: Vec<Result<Value, Problem>>,
    answers: mpsc::Sender<Result<Vec<u8>, std::io::Error>>,
}

impl Intake {
    async fn run(&mut self, body: Body) -> Option<()> {
        let mut chunks = body.into_data_stream();
        let mut line = Vec::new();
        // The rest of a line that is too long is passed over.
        let mut is_too_long = false;
        while let Some(chunk) = chunks.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(why) => {
                    self.group.push(Err(body::incomplete(&why)));
                    return self.commit().await;
                }
            };
            let mut pieces = chunk.split(|byte| *byte == b'\n').peekable();
            while let Some(piece) = pieces.next() {
                is_too_long |= line.len() + piece.len() > NDJSON_LINE_BYTES_MAX;
                if !is_too_long {
                    line.extend_from_slice(piece);
                }
                if pieces.peek().is_some() {
                    self.take(&mut line, &mut is_too_long);
                    if self.group.len() >= NDJSON_GROUP_EVENTS {
                        self.commit().await?;
                    }
                }
            }
            // What came together is recorded together, so that a slow sender is answered at once.
            self.commit().await?;
        }
        self.take(&mut line, &mut is_too_long);
        self.commit().await
    }

    fn take(&mut self, line: &mut Vec<u8>, is_too_long: &mut bool) {
        if std::mem::take(is_too_long) {
            let detail = format!("a line has at most {NDJSON_LINE_BYTES_MAX} bytes");
            self.group.push(Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "line_too_long", detail)));
        } else if !line.trim_ascii().is_empty() {
            self.group.push(everlog_core::json::parse(line).map_err(Problem::from));
        }
        line.clear();
    }

    async fn commit(&mut self) -> Option<()> {
        if self.group.is_empty() {
            return Some(());
        }
        let (mut events, mut order) = (Vec::new(), Vec::new());
        for item in self.group.drain(..) {
            match item {
                Ok(event) => {
                    events.push(event);
                    order.push(None);
                }
                Err(problem) => order.push(Some(problem)),
            }
        }
        let count = events.len();
        let outcomes = match self.app.quotas.take(&self.org, count) {
            Err(exhausted) => Err(exhausted.into()),
            Ok(()) if count == 0 => Ok(Vec::new()),
            Ok(()) => self
                .app
                .log
                .append(self.org.entry(), &self.source, self.mode, events)
                .await
                .map_err(Problem::from),
        };
        let mut lines = Vec::new();
        let mut outcomes = outcomes.map(Vec::into_iter);
        for problem in order {
            let value = match (problem, &mut outcomes) {
                (Some(problem), _) => refused(problem),
                (None, Ok(outcomes)) => outcomes.next().map(answer).unwrap_or_default(),
                (None, Err(problem)) => refused(problem.clone()),
            };
            lines.extend(serde_json::to_vec(&value).unwrap_or_default());
            lines.push(b'\n');
        }
        self.answers.send(Ok(lines)).await.ok()
    }
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
