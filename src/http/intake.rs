//! Taking events in over HTTP: one, an array, or a stream of lines. Deliberately absent: what becomes of them (`log`).

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::event::Mode;
use everlog_core::hex::Hex;
use everlog_core::ids::OrgId;
use everlog_core::query::{ParamError, once};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::access::{Caller, Organization, Right};
use crate::app::App;
use crate::http::body::{self, ContentType};
use crate::http::extract::{Origin, Params, open};
use crate::http::problem::Problem;
use crate::http::{AsItComes, NDJSON_LINE_BYTES_MAX};
use crate::log::{BATCH_EVENTS_MAX, Outcome, Source};
use crate::read::iso;

/// How many events of a streamed body are taken in together.
const NDJSON_GROUP_EVENTS: usize = 500;
/// How many groups of answers may wait for a slow reader.
const NDJSON_ANSWERS_MAX: usize = 8;

/// Records the events of a request, for a caller who may.
pub(super) async fn take_in(
    app: &App,
    caller: &Caller,
    id: OrgId,
    params: &Params,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    params.only(&["mode"])?;
    let mode = match once(&params.0, "mode")? {
        None | Some("command") => Mode::Command,
        Some("record") => Mode::Record,
        Some(_) => return Err(ParamError::expected("mode", "command or record").into()),
    };
    let org = open(app, caller, id.clone(), Right::Write).await?;
    if mode == Mode::Record {
        open(app, caller, id, Right::Admin).await?;
    }
    let source = origin.source(caller);
    if ContentType::of(request.headers())? == ContentType::Ndjson {
        return Ok(stream(app.clone(), org, source, mode, request.into_body()));
    }
    match body::json(request.into_body()).await? {
        Value::Array(events) => record_array(app, &org, &source, mode, events).await,
        event => record_one(app, &org, &source, mode, event).await,
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
