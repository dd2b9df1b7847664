//! `/v1/organizations/{org}/feed`: the log in its own order, as pages or as it grows. Deliberately absent: filters; a feed
//! is for programs that want everything exactly once.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use everlog_core::ids::Seq;
use everlog_core::query::{LIMIT_DEFAULT, LIMIT_MAX, ParamError, once};
use serde_json::{Value, json};

use crate::access::Right;
use crate::app::App;
use crate::app::live::Follow;
use crate::http::extract::{Holder, InOrg, Params, blocking, open};
use crate::http::live;
use crate::http::problem::Problem;
use crate::http::reference;
use crate::read::{LAST_EVENT_ID, present};

/// Read the log in its own order.
///
/// `after` is the last position that is known, from −1; the answer always has a `next` to go on with, also when there is
/// nothing yet. With `Accept: text/event-stream` the log is sent as it grows; `Last-Event-ID` resumes.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/feed", tag = "events",
    params(
        ("org" = String, Path, description = "The organization's id"),
        ("after" = Option<i64>, Query, description = "The last position known; −1, the default, for none"),
        ("limit" = Option<usize>, Query, description = "1 to 1,000; 100 by default"),
        reference::StreamParameters
    ),
    responses((status = 200, description = "`{data, next}`, or a stream of events", content((Object = "application/json"), (String = "text/event-stream"))), (status = 400, body = Problem), (status = 403, body = Problem))
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
    if live::is_wanted(&headers) {
        let opening = live::opening(&app, &headers, org.entry().row.id.clone())?;
        let listener = app.listen(opening, Follow::Everything, from)?;
        // What was seen last is the position in front.
        return Ok(live::stream(app, &org, from, listener, |_, _, next| {
            (i128::from(next.0) - 1).to_string()
        }));
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
    let (name, given) = match live::last_event_id(headers)? {
        Some(id) => (LAST_EVENT_ID, Some(id)),
        None => ("after", once(params, "after")?),
    };
    let after = match given {
        None => -1,
        Some(text) => {
            let number = text.parse::<i64>().ok().filter(|after| (-1..i64::MAX).contains(after));
            number.ok_or_else(|| ParamError::expected(name, "a position, or −1"))?
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
