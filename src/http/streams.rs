//! `/v1/organizations/{org}/streams`: made, listed, changed, tested, replayed, taken away. Deliberately absent: secrets, but
//! in the one answer that makes them.

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use everlog_core::event::{Audience, FieldError};
use everlog_core::ids::{OrgId, Seq};
use everlog_core::query::{ParamError, once};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::access::{Caller, Organization, Right};
use crate::app::App;
use crate::app::scheduler::RoundError;
use crate::app::streams::administer::{NewStream, Replay, StreamChange, StreamError};
use crate::http::body::Json;
use crate::http::extract::{Holder, InOrg, Origin, Params, blocking};
use crate::http::keys::actor;
use crate::http::problem::Problem;
use crate::log::now_ms;
use crate::read::iso;
use crate::store::stream::{DeadLetter, MessagePlace, StreamRow};
use crate::stream::{Definition, PATTERNS_MAX, Progress, is_pattern};

/// Longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 200;
/// Most dead letters of one page, and those when nothing is said.
const LETTERS_MAX: usize = 1_000;
const LETTERS_DEFAULT: usize = 100;

/// The kinds of streams.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Messages of Standard Webhooks.
    #[default]
    Webhook,
}

/// How events are written.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// As the API shows them.
    #[default]
    Native,
}

/// A stream to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StreamRequest {
    /// What kind.
    #[serde(rename = "kind")]
    _kind: Kind,
    /// Where to, by https.
    url: String,
    /// Which: names of actions, `document.*`, `*`, `process.completed`.
    events: Vec<String>,
    /// How they are written.
    #[serde(rename = "format")]
    _format: Option<Format>,
    /// `administrators` for events of both audiences.
    #[schema(value_type = Option<String>)]
    audience: Option<Audience>,
    /// What people call it.
    description: Option<String>,
}

/// What is changed; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StreamPatch {
    /// Where to.
    url: Option<String>,
    /// Which.
    events: Option<Vec<String>>,
    /// For whom.
    #[schema(value_type = Option<String>)]
    audience: Option<Audience>,
    /// What people call it.
    description: Option<String>,
    /// Whether it sends.
    enabled: Option<bool>,
    /// Whether it gets a new secret; the one until now signs on for a day.
    rotate_secret: Option<bool>,
}

/// What is sent again: everything from a position on, or dead letters.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayRequest {
    /// From this position on.
    from: Option<u64>,
    /// `"all"`, or the positions of their events.
    dead_letters: Option<Letters>,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum Letters {
    Every(String),
    These(Vec<u64>),
}

/// The stream in the path.
pub(super) struct StreamId(String);

#[derive(Deserialize)]
struct StreamPath {
    id: String,
}

impl FromRequestParts<App> for StreamId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<StreamPath>::from_request_parts(parts, app).await;
        path.map(|Path(StreamPath { id })| Self(id)).map_err(|_| Problem::not_found("stream"))
    }
}

/// Make a stream.
///
/// Events from now on are sent to `url` as messages of Standard Webhooks, in order, at least once. The secret that signs them
/// is shown once.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/streams", tag = "streams", request_body = StreamRequest,
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 201, description = "The stream, with `secret`"), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create_stream(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    origin: Origin,
    Json(request): Json<StreamRequest>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let org = administer(&app, &caller, id).await?;
    let StreamRequest { url, events, audience, description, .. } = request;
    let audience = audience.unwrap_or_default();
    check(&app, &org, Some(&url), Some(&events), Some(audience), description.as_deref())?;
    let new = NewStream { url, events, audience, description };
    let (row, secret) = app.create_stream(&org, &actor(&caller), &origin.source(&caller), new).await?;
    let mut shown = shown(&row)?;
    shown["secret"] = json!(secret.shown());
    Ok((StatusCode::CREATED, axum::Json(shown)))
}

/// List the streams of an organization.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/streams", tag = "streams",
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, description = "`{data: [stream]}`"), (status = 403, body = Problem))
)]
pub(super) async fn list_streams(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
) -> Result<axum::Json<Value>, Problem> {
    blocking(move || {
        let org = app.access.open(&caller, &id, Right::Admin)?;
        let data = app.store.streams(org.code())?.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
        Ok(axum::Json(json!({"data": data})))
    })
    .await
}

/// Read a stream.
///
/// What it is, and how far it has come: `next_seq` is the event that it looks at next.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/streams/{id}", tag = "streams",
    params(("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "The stream's id")),
    responses((status = 200, description = "`{id, kind, url, events, format, audience, enabled, disabled_reason, next_seq, attempts, next_attempt_at, …}`"), (status = 404, body = Problem))
)]
pub(super) async fn read_stream(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    stream: StreamId,
) -> Result<axum::Json<Value>, Problem> {
    let org = administer(&app, &caller, id).await?;
    let (row, _) = app.defined(org.code(), &stream.0).await?;
    Ok(axum::Json(shown(&row)?))
}

/// Change a stream.
///
/// `enabled: true` goes on where it stopped, or tries again at once what waits for its next attempt. `rotate_secret: true` answers with a new secret, once; both sign for a day.
#[utoipa::path(
    patch, path = "/v1/organizations/{org}/streams/{id}", tag = "streams", request_body = StreamPatch,
    params(("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "The stream's id")),
    responses((status = 200, description = "The stream as it is now"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn update_stream(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    stream: StreamId,
    origin: Origin,
    Json(patch): Json<StreamPatch>,
) -> Result<axum::Json<Value>, Problem> {
    let org = administer(&app, &caller, id).await?;
    let StreamPatch { url, events, audience, description, enabled, rotate_secret } = patch;
    check(&app, &org, url.as_deref(), events.as_deref(), audience, description.as_deref())?;
    let (is_enabled, rotates) = (enabled, rotate_secret.unwrap_or_default());
    let change = StreamChange { url, events, audience, description, is_enabled, rotates };
    let (actor, source) = (actor(&caller), origin.source(&caller));
    let (row, secret) = app.change_stream(&org, &actor, &source, &stream.0, change).await?;
    let mut shown = shown(&row)?;
    if let Some(secret) = secret {
        shown["secret"] = json!(secret.shown());
    }
    Ok(axum::Json(shown))
}

/// Take a stream away, with its dead letters.
#[utoipa::path(
    delete, path = "/v1/organizations/{org}/streams/{id}", tag = "streams",
    params(("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "The stream's id")),
    responses((status = 204, description = "It is no more"), (status = 404, body = Problem))
)]
pub(super) async fn delete_stream(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    stream: StreamId,
    origin: Origin,
) -> Result<StatusCode, Problem> {
    let org = administer(&app, &caller, id).await?;
    app.delete_stream(&org, &actor(&caller), &origin.source(&caller), &stream.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a test message.
///
/// One attempt at a message of the type `stream.test`; the answer says what the receiver said.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/streams/{id}/test", tag = "streams",
    params(("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "The stream's id")),
    responses((status = 200, description = "`{delivered, status, error}`"), (status = 404, body = Problem))
)]
pub(super) async fn test_stream(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    stream: StreamId,
) -> Result<axum::Json<Value>, Problem> {
    use crate::stream::send::SendError;
    let org = administer(&app, &caller, id).await?;
    let sent = app.test_stream(&org, &stream.0).await?;
    let status = match &sent {
        Ok(status) | Err(SendError::Status { status, .. }) => Some(*status),
        Err(_) => None,
    };
    let error = sent.as_ref().err().map(ToString::to_string);
    Ok(axum::Json(json!({"delivered": sent.is_ok(), "status": status, "error": error})))
}

/// Send messages again.
///
/// `{"from": seq}`: everything from that event on, in order; what was sent before comes again under its `webhook-id`.
/// `{"dead_letters": "all"}` or `[seq, …]`: what was given up, once.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/streams/{id}/replay", tag = "streams", request_body = ReplayRequest,
    params(("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "The stream's id")),
    responses((status = 202, description = "`{dead_letters}`: how many are sent again"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn replay_stream(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    stream: StreamId,
    origin: Origin,
    Json(request): Json<ReplayRequest>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let org = administer(&app, &caller, id).await?;
    let replay = match request {
        ReplayRequest { from: Some(seq), dead_letters: None } => Replay::From(Seq(seq)),
        ReplayRequest { from: None, dead_letters: Some(Letters::Every(word)) } if word == "all" => {
            Replay::DeadLetters
        }
        ReplayRequest { from: None, dead_letters: Some(Letters::These(seqs)) }
            if (1..=LETTERS_MAX).contains(&seqs.len()) =>
        {
            Replay::These(seqs.into_iter().map(Seq).collect())
        }
        _ => {
            let expected = format!("either from, or dead_letters: \"all\" or 1 to {LETTERS_MAX} positions");
            return Err(fault("", &expected));
        }
    };
    let (actor, source) = (actor(&caller), origin.source(&caller));
    let letters = app.replay_stream(&org, &actor, &source, &stream.0, replay).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(json!({"dead_letters": letters}))))
}

/// List what a stream gave up.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/streams/{id}/dead-letters", tag = "streams",
    params(
        ("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "The stream's id"),
        ("after" = Option<String>, Query, description = "`next` of the page before"), ("limit" = Option<u32>, Query, description = "1 to 1,000, 100 by default")
    ),
    responses((status = 200, description = "`{data: [{seq, type, id, error, attempts, failed_at, replaying}], next}`"), (status = 404, body = Problem))
)]
pub(super) async fn list_dead_letters(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    stream: StreamId,
    params: Params,
) -> Result<axum::Json<Value>, Problem> {
    params.only(&["after", "limit"])?;
    let org = administer(&app, &caller, id).await?;
    app.defined(org.code(), &stream.0).await?;
    let place = |text: &str| {
        let (seq, part) = text.split_once('.')?;
        Some(MessagePlace { seq: Seq(seq.parse().ok()?), part: part.parse().ok()? })
    };
    let after = once(&params.0, "after")?
        .map(|text| place(text).ok_or_else(|| ParamError::expected("after", "next of the page before")))
        .transpose()?;
    let limit = match once(&params.0, "limit")? {
        None => LETTERS_DEFAULT,
        Some(text) => {
            let number = text.parse().ok().filter(|limit| (1..=LETTERS_MAX).contains(limit));
            number
                .ok_or_else(|| ParamError::expected("limit", format!("a number from 1 to {LETTERS_MAX}")))?
        }
    };
    blocking(move || {
        let letters = app.store.dead_letters(org.code(), &stream.0, after, false, limit)?;
        let next = letters.last().filter(|_| letters.len() == limit);
        let next = next.map(|letter| format!("{}.{}", letter.place.seq, letter.place.part));
        let data: Vec<Value> = letters.iter().map(letter).collect();
        Ok(axum::Json(json!({"data": data, "next": next})))
    })
    .await
}

/// A stream takes events out of the log, so that the operator's key, which opens none, administers none.
async fn administer(app: &App, caller: &Caller, id: OrgId) -> Result<Organization, Problem> {
    let (app, caller) = (app.clone(), caller.clone());
    blocking(move || Ok(app.access.open(&caller, &id, Right::Admin)?)).await
}

/// What of a stream makes no sense here.
fn check(
    app: &App,
    org: &Organization,
    url: Option<&str>,
    events: Option<&[String]>,
    audience: Option<Audience>,
    description: Option<&str>,
) -> Result<(), Problem> {
    if let Some(Err(why)) = url.map(|url| app.streams.rules().read(url)) {
        return Err(fault_of("/url", &why.to_string()));
    }
    if let Some(events) = events {
        if !(1..=PATTERNS_MAX).contains(&events.len()) {
            return Err(fault("/events", &format!("1 to {PATTERNS_MAX} names or patterns of actions")));
        }
        if let Some(at) = events.iter().position(|text| !is_pattern(text)) {
            return Err(fault(&format!("/events/{at}"), "a name such as document.signed, document.* or *"));
        }
    }
    if audience == Some(Audience::Administrators) && !org.entry().profile.audiences {
        let message = format!("the profile {} has no audience administrators", org.entry().profile.name);
        return Err(fault_of("/audience", &message));
    }
    if description.is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
        return Err(fault("/description", &format!("at most {DESCRIPTION_CHARS_MAX} characters")));
    }
    Ok(())
}

fn fault(pointer: &str, expected: &str) -> Problem {
    fault_of(pointer, &format!("expected {expected}"))
}

fn fault_of(pointer: &str, message: &str) -> Problem {
    let (pointer, message) = (pointer.to_owned(), message.to_owned());
    Problem::invalid(vec![FieldError { pointer, code: "invalid_value", message }])
}

/// A stream as its administrators see it; never a secret.
fn shown(row: &StreamRow) -> Result<Value, Problem> {
    let definition = Definition::from_value(&row.definition).map_err(|why| Problem::internal(&why))?;
    let progress: Progress =
        serde_json::from_value(row.progress.clone()).map_err(|why| Problem::internal(&why))?;
    let former = definition.former.as_ref().filter(|former| now_ms() < former.until_ms);
    Ok(json!({
        "id": row.id, "kind": Kind::Webhook, "format": Format::Native, "url": definition.url,
        "events": definition.events, "audience": definition.audience, "description": definition.description,
        "created_at": iso(row.created_ms), "enabled": definition.disabled.is_none(),
        "disabled_reason": definition.disabled, "former_secret_until": former.map(|former| iso(former.until_ms)),
        "next_seq": progress.next, "attempts": progress.attempts, "next_attempt_at": progress.due_ms.map(iso),
        "last_error": progress.error, "last_delivered_at": progress.delivered_ms.map(iso),
    }))
}

fn letter(letter: &DeadLetter) -> Value {
    let told = |name: &str| letter.letter[name].clone();
    json!({
        "seq": letter.place.seq, "type": told("type"), "id": told("id"), "error": told("error"),
        "attempts": told("attempts"), "failed_at": told("failed_ms").as_u64().map(iso), "replaying": letter.is_wanted,
    })
}

impl From<StreamError> for Problem {
    fn from(error: StreamError) -> Self {
        let detail = error.to_string();
        match error {
            StreamError::NotFound => Self::not_found("stream"),
            StreamError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_streams", detail),
            StreamError::Beyond(_) => fault_of("/from", &detail),
            StreamError::Append(why) | StreamError::Round(RoundError::Append(why)) => why.into(),
            StreamError::Store(why) | StreamError::Round(RoundError::Store(why)) => why.into(),
        }
    }
}
