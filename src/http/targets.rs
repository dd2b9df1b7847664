//! `/v1/organizations/{org}/targets/{type}/{id}`: the history of one record, and its state at a moment. Deliberately
//! absent: what an event does to a record (`core::history`).

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use everlog_core::history::{Gap, Missing, State};
use everlog_core::query::{TargetRef, moment_in, once};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::http::extract::Asked;
use crate::http::problem::Problem;
use crate::http::reference;
use crate::read::{Reader, iso, present};

/// The parameter that asks for a state.
const AT: &str = "at";

/// The record in the path.
pub(super) struct Record(TargetRef);

#[derive(Deserialize)]
struct RecordPath {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

impl FromRequestParts<App> for Record {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<RecordPath>::from_request_parts(parts, app).await;
        let Path(RecordPath { kind, id }) = path.map_err(|_| Problem::not_found("record"))?;
        Ok(Self(TargetRef { kind, id }))
    }
}

/// Read the history of one record.
///
/// The events that name it among their targets, as a list of events answers, newest first. Type and id are
/// percent-encoded. With `at` the answer also tells what the record held at that moment, rebuilt from its events in the
/// order in which they happened: `exists` (null where no event says), `state`, `inferred` (fields that only a later event
/// tells, by what it found), `unknown`, `gaps` where the events contradict each other or say too little, and once it is
/// deleted `deleted_by` and `held`. `at` needs a key or a session that sees everything.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/targets/{type}/{id}", tag = "events",
    params(
        ("org" = String, Path, description = "The organization's id"),
        ("type" = String, Path, description = "The record's type"), ("id" = String, Path, description = "The record's id"),
        ("at" = Option<String>, Query, description = "A time, or a date for the end of that day in `tz`"),
        reference::QueryParameters, reference::SortParameter, reference::PageParameters
    ),
    responses((status = 200, description = "`{data, next, previous}`, and the state"), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn read_target(asked: Asked, record: Record) -> Result<axum::Json<Value>, Problem> {
    let Record(record) = record;
    let about = record.clone();
    asked
        .answer_about(record, &[AT], move |asked, question| {
            let reader = &asked.app.reader;
            let at_ms = once(&asked.params, AT)?
                .map(|text| moment_in(AT, text, &asked.params, &asked.moment))
                .transpose()?;
            if at_ms.is_some() && asked.org.scope().is_restricted() {
                let detail = "a state is made of events that this session may not see";
                return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
            }
            let page = reader.page(&asked.org, question)?;
            if page.events.is_empty() && !reader.has_record(&asked.org, &about)? {
                return Err(Problem::not_found("record"));
            }
            let data: Vec<Value> = page.events.iter().map(|event| present(event, &asked.org)).collect();
            let mut answer = match at_ms {
                Some(at_ms) => state(reader, asked, &about, at_ms)?,
                None => Map::new(),
            };
            answer.insert("data".to_owned(), Value::Array(data));
            answer.insert("next".to_owned(), json!(page.next));
            answer.insert("previous".to_owned(), json!(page.previous));
            Ok(Value::Object(answer))
        })
        .await
}

fn state(
    reader: &Reader,
    asked: &Asked,
    record: &TargetRef,
    at_ms: u64,
) -> Result<Map<String, Value>, Problem> {
    let state = reader.record_at(&asked.org, record, at_ms)?.ok_or_else(|| Problem::not_found("record"))?;
    let State { exists, fields, inferred, unknown, held, deleted_by, changed_by, gaps, gaps_total, steps } =
        state;
    let shown = json!({
        "type": record.kind, "id": record.id, "at": iso(at_ms), "exists": exists, "state": fields,
        "inferred": inferred, "unknown": unknown, "gaps": gaps.iter().map(gap).collect::<Vec<_>>(),
        "gaps_total": gaps_total, "events": steps, "changed_by": changed_by,
        "held": deleted_by.is_some().then_some(held), "deleted_by": deleted_by,
    });
    match shown {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

fn gap(gap: &Gap) -> Value {
    let mut shown = json!({"code": gap.what.code(), "event": gap.event, "occurred_at": iso(gap.occurred_ms)});
    if let Missing::Change { field, known, found } = &gap.what {
        shown["field"] = json!(field);
        // A side that was not there is left out, as in `changes`.
        for (name, value) in [("known", known), ("found", found)] {
            if let Some(value) = value {
                shown[name] = value.clone();
            }
        }
    }
    shown
}
