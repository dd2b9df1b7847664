//! Taking events in over HTTP: one, an array, or a stream of lines. Deliberately absent: what becomes of them (`log`).

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::event::{FieldError, Mode};
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
use crate::http::extract::{Origin, Params, blocking, open};
use crate::http::problem::Problem;
use crate::http::{AsItComes, NDJSON_LINE_BYTES_MAX};
use crate::log::{BATCH_EVENTS_MAX, Outcome, Source};
use crate::read::iso;

/// How many events of a streamed body are taken in together.
const NDJSON_GROUP_EVENTS: usize = 500;
/// How many groups of answers may wait for a slow reader.
const NDJSON_ANSWERS_MAX: usize = 8;

/// Where the events of a request go, how, and for whom.
pub(super) struct Intake {
    app: App,
    org: Organization,
    source: Source,
    mode: Mode,
    /// The process that all of them belong to, when the path names one.
    process: Option<OfProcess>,
}

/// What the path says of the events of a request.
struct OfProcess {
    key: String,
    /// The document that an event is about which names nothing else: without it, its sentence would say of nothing that it
    /// was signed. Nothing as long as the log does not hold what the document is called.
    document: Option<Value>,
}

impl Intake {
    /// Of a caller who may write; history needs an administrator as well.
    pub async fn open(
        app: App,
        caller: &Caller,
        id: OrgId,
        params: &Params,
        origin: Origin,
    ) -> Result<Self, Problem> {
        params.only(&["mode"])?;
        let mode = match once(&params.0, "mode")? {
            None | Some("command") => Mode::Command,
            Some("record") => Mode::Record,
            Some(_) => return Err(ParamError::expected("mode", "command or record").into()),
        };
        let org = open(&app, caller, id.clone(), Right::Write).await?;
        if mode == Mode::Record {
            open(&app, caller, id, Right::Admin).await?;
        }
        let source = origin.source(caller);
        Ok(Self { app, org, source, mode, process: None })
    }

    /// The same into this process alone. One of which nothing is known is begun by history only.
    pub async fn into_process(self, key: String) -> Result<Self, Problem> {
        let (reader, org, asked) = (self.app.reader.clone(), self.org.clone(), key.clone());
        let known = blocking(move || Ok(reader.process(&org, &asked)?)).await?;
        if known.is_none() && self.mode != Mode::Record {
            return Err(Problem::not_found("process"));
        }
        let created = known.map(|process| process.state).filter(|state| state.is_created);
        let name = created.and_then(|state| state.display_name.or(state.file_name));
        let document = name.map(|name| json!([{"type": "document", "id": key, "name": name}]));
        Ok(Self { process: Some(OfProcess { key, document }), ..self })
    }

    /// Records the events of a request.
    pub async fn take_in(self, request: Request) -> Result<Response, Problem> {
        if ContentType::of(request.headers())? == ContentType::Ndjson {
            return Ok(self.stream(request.into_body()));
        }
        match body::json(request.into_body()).await? {
            Value::Array(events) => self.take_array(events).await,
            event => self.take_one(event).await,
        }
    }

    async fn take_one(&self, event: Value) -> Result<Response, Problem> {
        let outcome = self.append(vec![Ok(event)]).await?.pop();
        match outcome.ok_or_else(|| Problem::unavailable("the log gave no answer"))?? {
            Outcome::Refused(refusal) => Err(refusal.into()),
            created @ Outcome::Created(_) => {
                Ok((StatusCode::CREATED, axum::Json(answer(created))).into_response())
            }
            duplicate => Ok(axum::Json(answer(duplicate)).into_response()),
        }
    }

    async fn take_array(&self, events: Vec<Value>) -> Result<Response, Problem> {
        if events.len() > BATCH_EVENTS_MAX {
            let detail =
                format!("an array has at most {BATCH_EVENTS_MAX} events; NDJSON may have any number");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_events", detail));
        }
        let outcomes = self.append(events.into_iter().map(Ok).collect()).await?;
        let count = |is: fn(&Outcome) -> bool| outcomes.iter().flatten().filter(|it| is(it)).count();
        let created = count(|it| matches!(it, Outcome::Created(_)));
        let duplicates = count(|it| matches!(it, Outcome::Duplicate(_)));
        let refused = outcomes.len() - created - duplicates;
        let results: Vec<Value> = outcomes.into_iter().map(told).collect();
        let whole =
            json!({"results": results, "created": created, "duplicates": duplicates, "refused": refused});
        Ok(axum::Json(whole).into_response())
    }

    /// Takes in a body of any length in constant memory, and answers while it reads.
    fn stream(self, body: Body) -> Response {
        let (answers, received) = mpsc::channel::<Result<Vec<u8>, std::io::Error>>(NDJSON_ANSWERS_MAX);
        tokio::spawn(async move {
            let mut lines = Lines { intake: self, group: Vec::new(), answers };
            // When nobody reads the answers any more, nothing more is taken in.
            if lines.run(body).await.is_none() {
                tracing::debug!("a stream of events was given up by its sender");
            }
        });
        let stream = ReceiverStream::new(received);
        let head = [(header::CONTENT_TYPE, "application/x-ndjson")];
        (head, Extension(AsItComes), Body::from_stream(stream)).into_response()
    }

    /// Hands over what can be an event, and says of each item, in order, what became of it.
    async fn append(
        &self,
        items: Vec<Result<Value, Problem>>,
    ) -> Result<Vec<Result<Outcome, Problem>>, Halted> {
        let (mut events, mut order) = (Vec::new(), Vec::with_capacity(items.len()));
        for item in items {
            order.push(item.and_then(|event| self.of_process(event)).map(|event| events.push(event)));
        }
        match self.hand_over(events).await {
            Err(problem) => Err(Halted { problem, order }),
            Ok(outcomes) => {
                let mut outcomes = outcomes.into_iter();
                let missing = || Problem::unavailable("the log gave no answer");
                let mut next = || outcomes.next().ok_or_else(missing);
                Ok(order.into_iter().map(|item| item.and_then(|()| next())).collect())
            }
        }
    }

    async fn hand_over(&self, events: Vec<Value>) -> Result<Vec<Outcome>, Problem> {
        self.app.quotas.take(&self.org, events.len())?;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.app.log.append(self.org.entry(), &self.source, self.mode, events).await?)
    }

    /// The event with the process of the path in it, and with the document where it has no targets.
    fn of_process(&self, mut event: Value) -> Result<Value, Problem> {
        if let (Some(OfProcess { key, document }), Some(members)) = (&self.process, event.as_object_mut()) {
            let said = members.entry("process").or_insert(Value::Null);
            if !(said.is_null() || *said == *key) {
                let message = "another process than the one in the path".to_owned();
                let pointer = "/process".to_owned();
                return Err(Problem::invalid(vec![FieldError { pointer, code: "conflict", message }]));
            }
            *said = Value::from(key.as_str());
            if let Some(document) = document
                && members.get("targets").is_none_or(Value::is_null)
            {
                members.insert("targets".to_owned(), document.clone());
            }
        }
        Ok(event)
    }
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

/// Why nothing of a group was taken in, and what is wrong with single items besides.
struct Halted {
    problem: Problem,
    order: Vec<Result<(), Problem>>,
}

impl From<Halted> for Problem {
    fn from(halted: Halted) -> Self {
        halted.problem
    }
}

/// What is told of one item, be it an event or not.
fn told(item: Result<Outcome, Problem>) -> Value {
    item.map_or_else(refused, answer)
}

fn refused(problem: Problem) -> Value {
    json!({"status": "refused", "problem": problem})
}

/// The lines of a body, and the answers to them.
struct Lines {
    intake: Intake,
    group: Vec<Result<Value, Problem>>,
    answers: mpsc::Sender<Result<Vec<u8>, std::io::Error>>,
}

impl Lines {
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
        let group = std::mem::take(&mut self.group);
        let told: Vec<Value> = match self.intake.append(group).await {
            Ok(outcomes) => outcomes.into_iter().map(told).collect(),
            Err(Halted { problem, order }) => {
                order.into_iter().map(|item| refused(item.err().unwrap_or_else(|| problem.clone()))).collect()
            }
        };
        let mut lines = Vec::new();
        for value in told {
            lines.extend(serde_json::to_vec(&value).unwrap_or_default());
            lines.push(b'\n');
        }
        self.answers.send(Ok(lines)).await.ok()
    }
}
