//! `/v1/organizations/{org}/feed`: the log in its own order, as pages or as it grows. Deliberately absent: filters; a feed
//! is for programs that want everything exactly once.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use everlog_core::ids::Seq;
use everlog_core::query::{LIMIT_DEFAULT, LIMIT_MAX, ParamError, once};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use crate::access::{Organization, Right};
use crate::app::App;
use crate::http::extract::{Holder, InOrg, Params, blocking, open};
use crate::http::problem::Problem;
use crate::read::present;

/// How many events are fetched together for a listener.
const GROUP_EVENTS: usize = 100;
/// How many messages may wait for a slow listener.
const MESSAGES_MAX: usize = 100;
/// How often a listener looks by itself, should an announcement have been missed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Read the log in its own order.
///
/// `after` is the last position that is known, from −1; the answer always has a `next` to go on with, also when there is
/// nothing yet. With `Accept: text/event-stream` the log is sent as it grows; `Last-Event-ID` resumes.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/feed", tag = "events",
    params(
        ("org" = String, Path, description = "The organization's id"),
        ("after" = Option<i64>, Query, description = "The last position known; −1, the default, for none"),
        ("limit" = Option<usize>, Query, description = "1 to 1,000; 100 by default")
    ),
    responses((status = 200, description = "`{data, next}`, or a stream of events"), (status = 400, body = Problem), (status = 403, body = Problem))
)]
pub(super) async fn read_feed(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    params.only(&["after", "limit"])?;
    let org = open(&app, &caller, id, Right::Read).await?;
    if org.scope().is_restricted() {
        let detail = "a feed tells positions, which this session may not see";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    let (from, limit) = range(&params.0, &headers)?;
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        return Ok(listen(app, org, from).into_response());
    }
    blocking(move || {
        let events = app.reader.feed(&org, from, limit)?;
        let next = events.last().map_or(from.0, |event| event.seq.0 + 1);
        let data: Vec<Value> = events.iter().map(|event| present(event, &org)).collect();
        // `next` is a value of `after`: the last position that is known now.
        Ok(axum::Json(json!({"data": data, "next": i128::from(next) - 1})).into_response())
    })
    .await
}

/// From which position on, and how many.
fn range(params: &[(String, String)], headers: &HeaderMap) -> Result<(Seq, usize), Problem> {
    let last_seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let after = once(params, "after")?.map(str::to_owned);
    let after = match last_seen.or(after) {
        None => -1,
        Some(text) => {
            let number = text.parse::<i64>().ok().filter(|after| (-1..i64::MAX).contains(after));
            number.ok_or_else(|| ParamError::expected("after", "a position, or −1"))?
        }
    };
    let limit = match once(params, "limit")? {
        None => LIMIT_DEFAULT,
        Some(text) => {
            let number = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
            number.ok_or_else(|| ParamError::expected("limit", format!("a number from 1 to {LIMIT_MAX}")))?
        }
    };
    // One behind −1 is 0, and no position is negative.
    Ok((Seq(u64::try_from(after + 1).unwrap_or(0)), limit))
}

fn listen(app: App, org: Organization, from: Seq) -> impl IntoResponse {
    let (messages, received) = mpsc::channel::<Result<Message, Infallible>>(MESSAGES_MAX);
    let grown = app.log.listen();
    let stopping = app.stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stopping.wait() => {}
            // The listener has gone, or the log cannot be read: it will come back with its Last-Event-ID.
            _ = follow(&app, &org, from, grown, &messages) => {}
        }
    });
    Sse::new(ReceiverStream::new(received)).keep_alive(KeepAlive::default())
}

async fn follow(
    app: &App,
    org: &Organization,
    mut from: Seq,
    mut grown: broadcast::Receiver<crate::log::Grown>,
    messages: &mpsc::Sender<Result<Message, Infallible>>,
) -> Option<()> {
    loop {
        loop {
            let (reader, held) = (app.reader.clone(), org.clone());
            let read = blocking(move || Ok(reader.feed(&held, from, GROUP_EVENTS)?));
            let events = read.await.ok()?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                let message =
                    Message::default().id(event.seq.to_string()).json_data(present(event, org)).ok()?;
                messages.send(Ok(message)).await.ok()?;
            }
            from = Seq(from.0 + events.len() as u64);
        }
        loop {
            tokio::select! {
                () = messages.closed() => return None,
                () = tokio::time::sleep(LOOK_AGAIN) => break,
                told = grown.recv() => match told {
                    Ok(told) if told.org != org.code() => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => break,
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
        }
    }
}
