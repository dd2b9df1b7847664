//! `GET /view/{org}/live`: tells an open list that something new belongs in it.
//!
//! Deliberately absent: rows. The list is asked for again, so that what comes in stands where a reload would show it, and
//! counts, chips and histogram with it.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as Message, Sse};
use axum::response::{IntoResponse, Response};
use everlog_core::ids::Seq;
use futures_util::stream;
use serde_json::json;

use crate::app::App;
use crate::app::live::{Batch, Follow, Listener, Opening};
use crate::read::LAST_EVENT_ID;
use crate::viewer::address::Address;
use crate::viewer::problem::Problem;
use crate::viewer::session::Visit;
use crate::viewer::{Params, Reader, blocking, list_path};

/// Follows the list that the parameters describe, from where the page or an earlier listener ended.
pub(super) async fn follow_log(
    State(app): State<App>,
    Path(org): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&app, &org, &params, &headers);
    let asking = headers;
    let answer = async {
        let sent = params.map_err(|_| Problem::NotFound)?.0;
        let (held, begun) = (app.clone(), asking.clone());
        let (from, params, org, sent) = blocking(move || {
            let visit = Visit::open(&held, &begun, &org)?.showing(&sent);
            let address = Address::read(list_path(&org), &sent, &visit.org.entry().profile);
            let params = address.first_page().query(&visit.org.entry().profile);
            held.reader.live_query(&params, &[], &visit.moment())?;
            let seen = begun.get(LAST_EVENT_ID).and_then(|it| it.to_str().ok()).filter(|it| !it.is_empty());
            let from = match seen {
                Some(seen) => held.reader.open_position(&visit.org, seen)?,
                None => Seq(held.reader.size(&visit.org)?.0),
            };
            Ok((from, params, org, sent))
        })
        .await?;
        let (held, again) = (app.clone(), asking);
        let open: Opening = Box::new(move || {
            let visit = Visit::open(&held, &again, &org).ok()?.showing(&sent);
            let moment = visit.moment();
            Some((visit.org, moment))
        });
        let follow = Follow::Matching { params, others: &[] };
        let listener = app.listen(open, follow, from).map_err(|_| Problem::Unavailable)?;
        Ok(stream(app, listener))
    };
    match answer.await {
        Ok(response) => response,
        // What cannot be followed is not asked for again.
        Err(Problem::Param(_)) => StatusCode::BAD_REQUEST.into_response(),
        Err(why) => reader.told(&why).await,
    }
}

fn stream(app: App, listener: Listener) -> Response {
    let first = VecDeque::from([Message::default().comment("listening")]);
    let heard = stream::unfold((first, listener), move |(mut waiting, mut listener)| {
        let app = app.clone();
        async move {
            if waiting.is_empty() {
                waiting.push_back(message(&app, &listener.next().await?));
            }
            let message = waiting.pop_front()?;
            Some((Ok::<_, Infallible>(message), (waiting, listener)))
        }
    });
    ([("x-accel-buffering", "no")], Sse::new(heard)).into_response()
}

/// The ids of what is new, to mark its rows; a heartbeat brings a place to go on from.
fn message(app: &App, batch: &Batch) -> Message {
    let message = Message::default().id(app.reader.seal_position(&batch.org, batch.next));
    if batch.events.is_empty() {
        return message.comment("listening");
    }
    let ids: Vec<&str> = batch.events.iter().map(|event| event.id()).collect();
    message.event("new").data(json!({"ids": ids}).to_string())
}
