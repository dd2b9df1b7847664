//! Server-sent events: what a listener hears, as one stream of messages. Deliberately absent: what is listened to; `feed`
//! and `events` say it.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event as Message, Sse};
use axum::response::{IntoResponse, Response};
use everlog_core::ids::{OrgId, Seq};
use everlog_core::query::ParamError;
use futures_util::stream;

use crate::access::Organization;
use crate::app::App;
use crate::app::live::{Batch, Listener, Opening, TooManyListeners};
use crate::http::extract::{bearer, enter};
use crate::http::problem::Problem;
use crate::read::{LAST_EVENT_ID, present};

/// What a client accepts that wants to listen.
const EVENT_STREAM: &str = "text/event-stream";
/// The name of every message that carries an event.
const EVENT: &str = "event";
/// Tells a proxy in front not to gather what should leave at once.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// Whether the caller wants to listen.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(accepts_events)
}

/// Whether one member of `Accept` is of event streams, and does not refuse them with a weight of nothing.
fn accepts_events(member: &str) -> bool {
    let mut parts = member.split(';').map(str::trim);
    let is_named = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(EVENT_STREAM));
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    is_named && weight.is_none_or(|weight| weight.parse() != Ok(0.0))
}

/// The id of the last message that the caller has seen; an empty one is none, as browsers have it.
///
/// # Errors
/// When it is no text.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ParamError::expected(LAST_EVENT_ID, "the id of a message"))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// How a listener's right is asked for again: by the credential it came with.
///
/// # Errors
/// When the request has none.
pub(super) fn opening(app: &App, headers: &HeaderMap, id: OrgId) -> Result<Opening, Problem> {
    let (app, token) = (app.clone(), bearer(headers)?.to_owned());
    Ok(Box::new(move || enter(&app, &token, &id).ok()))
}

impl From<TooManyListeners> for Problem {
    fn from(why: TooManyListeners) -> Self {
        Self::unavailable(&why.to_string())
    }
}

/// The id of a message behind which a listener goes on at a position.
pub(super) type IdOf = fn(&App, &Organization, Seq) -> String;

/// The stream of what a listener hears. It begins with an id, so that who hears nothing can go on from here too; every
/// heartbeat is a comment with another.
pub(super) fn stream(app: App, org: &Organization, from: Seq, listener: Listener, id_of: IdOf) -> Response {
    let first = Message::default().id(id_of(&app, org, from)).comment("listening");
    let heard = stream::unfold((VecDeque::from([first]), listener), move |(mut waiting, mut listener)| {
        let app = app.clone();
        async move {
            if waiting.is_empty() {
                waiting.extend(messages(&app, &listener.next().await?, id_of));
            }
            let message = waiting.pop_front()?;
            Some((Ok::<_, Infallible>(message), (waiting, listener)))
        }
    });
    ([UNBUFFERED, (header::VARY, HeaderValue::from_static("Accept"))], Sse::new(heard)).into_response()
}

fn messages(app: &App, batch: &Batch, id_of: IdOf) -> Vec<Message> {
    if batch.events.is_empty() {
        return vec![Message::default().id(id_of(app, &batch.org, batch.next)).comment("listening")];
    }
    let message = |event: &everlog_core::event::Event| {
        let message = Message::default().event(EVENT).id(id_of(app, &batch.org, Seq(event.seq.0 + 1)));
        message.json_data(present(event, &batch.org))
    };
    batch.events.iter().flat_map(message).collect()
}
