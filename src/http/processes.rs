//! `/v1/organizations/{org}/processes`: making a signing process, its events, finding and reading it. Deliberately absent:
//! its rules (`core::process`) and its files.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use everlog_core::hex::Hex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::{Organization, Right};
use crate::app::App;
use crate::http::body::Json;
use crate::http::extract::{Asked, Holder, InOrg, Origin, Params, blocking, open};
use crate::http::intake::Intake;
use crate::http::problem::Problem;
use crate::http::reference;
use crate::log::{Outcome, Refusal, now_ms};
use crate::read::process::present_process;

mod new;

use new::{ProcessRequest, in_request};

/// The code with which the rules refuse a process that is there already.
const EXISTS: &str = "process_exists";
/// How much chance there is in a key of ours, in bytes.
const KEY_BYTES: usize = 16;

/// The process in the path.
pub(super) struct InProcess(pub String);

#[derive(Deserialize)]
struct ProcessPath {
    key: String,
}

impl FromRequestParts<App> for InProcess {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path: Result<_, PathRejection> = Path::<ProcessPath>::from_request_parts(parts, app).await;
        let Path(ProcessPath { key }) = path.map_err(|_| Problem::not_found("process"))?;
        Ok(Self(key))
    }
}

/// Make a signing process.
///
/// Records `document.created` by `created_by`, and one `signee.added` for each signee, together or not at all. The same
/// `process_key` again answers 200 with the keys of what is there, whatever else it says; of two at once one is 201.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/processes", tag = "processes", request_body = ProcessRequest,
    params(("org" = String, Path, description = "The organization's id")),
    responses(
        (status = 201, description = "`{process_key, status: created, signees: [{signee_key}]}`, the signees in the order sent"),
        (status = 200, description = "It was made before: the same with the status duplicate"),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem, description = "A member is at fault"), (status = 503, body = Problem)
    )
)]
pub(super) async fn create_process(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    origin: Origin,
    Json(request): Json<ProcessRequest>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let org = open(&app, &caller, id, Right::Write).await?;
    let new = request.check(new_key)?;
    let key = new.key.clone();
    if let Some(known) = existing(&app, &org, &key).await? {
        return Ok(known);
    }
    new.check_times(now_ms())?;
    let made = told(&key, "created", &new.signee_keys);
    let events = new.into_events();
    app.quotas.take(&org, events.len())?;
    let outcome = app.log.append_whole(org.entry(), &origin.source(&caller), events).await?.pop();
    match outcome {
        Some(Outcome::Refused(Refusal::Rule { code: EXISTS, detail })) => {
            let known = existing(&app, &org, &key).await?;
            known.ok_or_else(|| Problem::new(StatusCode::CONFLICT, EXISTS, detail))
        }
        Some(Outcome::Refused(Refusal::Invalid(faults))) => {
            Err(Problem::invalid(faults.into_iter().map(in_request).collect()))
        }
        Some(Outcome::Refused(refusal)) => Err(refusal.into()),
        Some(_) => Ok((StatusCode::CREATED, axum::Json(made))),
        None => Err(Problem::unavailable("the log gave no answer")),
    }
}

/// What is told of a process that was made before. No more than its keys: who may write may not read.
async fn existing(
    app: &App,
    org: &Organization,
    key: &str,
) -> Result<Option<(StatusCode, axum::Json<Value>)>, Problem> {
    let (reader, org, key) = (app.reader.clone(), org.clone(), key.to_owned());
    blocking(move || {
        let known = reader.process(&org, &key)?.filter(|process| process.state.is_created);
        Ok(known.map(|process| {
            let keys: Vec<String> = process.state.signees.into_iter().map(|signee| signee.key).collect();
            (StatusCode::OK, axum::Json(told(&key, "duplicate", &keys)))
        }))
    })
    .await
}

fn told(key: &str, status: &str, signees: &[String]) -> Value {
    let signees: Vec<Value> = signees.iter().map(|key| json!({"signee_key": key})).collect();
    json!({"process_key": key, "status": status, "signees": signees})
}

/// A key of our own making (`T26`).
///
/// # Panics
/// Where the system has no randomness left to give, nothing may be recorded.
#[expect(clippy::expect_used, reason = "a key must not be guessable, and not be another's")]
fn new_key(prefix: &str) -> String {
    let mut random = [0; KEY_BYTES];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    format!("{prefix}{}", Hex(&random))
}

/// List processes.
///
/// Newest first by default. `status` is repeatable: all, completed, active (not ended: draft or active), inactive (canceled
/// or expired), or draft, canceled, expired. Times select the processes of which an event lies in them. Every word of `q`
/// must stand in the key, the names, or a signee's name, e-mail address, telephone or social security number. Later pages
/// hold no process that was made after the first one was asked for.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes", tag = "processes",
    params(("org" = String, Path, description = "The organization's id"), reference::ProcessParameters, reference::ProcessSortParameter, reference::PageParameters),
    responses((status = 200, description = "`{data: [Process], next, previous}`"), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn list_processes(asked: Asked) -> Result<axum::Json<Value>, Problem> {
    blocking(move || {
        let Asked { app, org, params, moment, .. } = asked;
        let question = app.reader.process_question(&org, &params, &moment)?;
        let list = app.reader.process_list(&org, &question)?;
        let data: Vec<Value> = list.processes.iter().map(|process| present_process(process, &org)).collect();
        Ok(axum::Json(json!({"data": data, "next": list.next, "previous": list.previous})))
    })
    .await
}

/// Count processes.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes/total", tag = "processes",
    params(("org" = String, Path, description = "The organization's id"), reference::ProcessParameters),
    responses((status = 200, description = "`{total}`"), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn total_processes(asked: Asked) -> Result<axum::Json<Value>, Problem> {
    blocking(move || {
        let Asked { app, org, params, moment, .. } = asked;
        let question = app.reader.process_question(&org, &params, &moment)?;
        Ok(axum::Json(json!({"total": app.reader.process_total(&org, &question)?})))
    })
    .await
}

/// Read one process.
///
/// What its events add up to: where it stands, its signees and what they did, its document and its Audit Trail. Its events
/// are `GET events?process=KEY`.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes/{key}", tag = "processes",
    params(("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The key of the process")),
    responses((status = 200, description = "The process"), (status = 404, body = Problem))
)]
pub(super) async fn read_process(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    InProcess(key): InProcess,
    params: Params,
) -> Result<axum::Json<Value>, Problem> {
    params.only(&[])?;
    let org = open(&app, &caller, id, Right::Read).await?;
    blocking(move || {
        let process = app.reader.process(&org, &key)?.ok_or_else(|| Problem::not_found("process"))?;
        Ok(axum::Json(present_process(&process, &org)))
    })
    .await
}

/// Record events of a process.
///
/// As `POST events`, with `process` filled in. What follows by the rules is recorded with it and told in `implied`; what
/// they do not allow is a 409 with the guard's code, and nothing is recorded. `actor` may be left out for what a signee did:
/// then it is the one in `signee`; and `targets`, which are then the document. A process of which no event is known is a 404, unless history is brought in
/// (`mode=record`); `POST events` begins one that was made elsewhere.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/processes/{key}/events", tag = "processes",
    params(
        ("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The key of the process"),
        ("mode" = Option<String>, Query, description = "command (default), or record for history (scope admin)")
    ),
    request_body(description = "An event, an array of events, or NDJSON", content(("application/json"), ("application/x-ndjson"))),
    responses(
        (status = 201, description = "Recorded, with what follows from it"), (status = 200, description = "Recorded before, or several results"),
        (status = 400, body = Problem, description = "The bytes are not JSON"),
        (status = 404, body = Problem, description = "No such process"),
        (status = 409, body = Problem, description = "A rule does not allow it, or the id names another event"),
        (status = 413, body = Problem, description = "Too many bytes or items"),
        (status = 422, body = Problem, description = "A member is at fault"),
        (status = 503, body = Problem, description = "Nothing can be written now")
    )
)]
pub(super) async fn record_process_events(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    InProcess(key): InProcess,
    params: Params,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    Intake::open(app, &caller, id, &params, origin).await?.into_process(key).await?.take_in(request).await
}
