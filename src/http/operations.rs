//! Health, readiness and metrics, for whatever keeps the server running. Deliberately absent: anything that would need a key.

use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::app::App;
use crate::blobs::{Blobs, Operation};
use crate::http::extract::blocking;
use crate::http::problem::Problem;
use crate::index::TAIL_EVENTS_MAX;
use crate::store::closed::{Closed, LastSigned};

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()), responses((status = 200, description = "It lives")))]
pub(super) async fn health() -> axum::Json<Value> {
    axum::Json(json!({"status": "ok"}))
}

/// Whether requests should be sent here: the store answers, writing is possible, the index keeps up.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()), responses((status = 200, description = "Ready"), (status = 503, body = Problem)))]
pub(super) async fn readiness(State(app): State<App>) -> Result<axum::Json<Value>, Problem> {
    if app.stopping.is_set() {
        return Err(Problem::unavailable("the server is stopping"));
    }
    blocking(move || {
        let behind = app.index.lag();
        // An empty transaction shows whether the store can still write.
        app.store.transact(&mut |_| Ok(()))?;
        if behind >= TAIL_EVENTS_MAX as u64 {
            return Err(Problem::unavailable("the index is behind"));
        }
        let mut told = json!({"status": "ready", "index_behind_events": behind});
        let closed = app.log.all_closed();
        if !closed.is_empty() || app.checkpoints.lost_logs > 0 {
            // Reading goes on, so that requests should still be sent here; the rest wants somebody.
            told["status"] = json!("degraded");
            told["closed_logs"] = json!(closed.len());
            told["lost_logs"] = json!(app.checkpoints.lost_logs);
            told["wants_backup_after"] = json!(wanted(&closed).map(|wanted| wanted.time().to_string()));
            told["wants_events"] = json!(wanted(&closed).map(|wanted| wanted.size));
        }
        Ok(axum::Json(told))
    })
    .await
}

/// What a backup must hold for every closed log: what was signed last of all.
fn wanted(closed: &[Closed]) -> Option<LastSigned> {
    closed.iter().filter_map(Closed::wanted).max_by_key(|signed| signed.signed_ms)
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()), responses((status = 200, content_type = "application/openmetrics-text", body = String)))]
pub(super) async fn read_metrics(State(app): State<App>) -> Response {
    let mut text = app.requests.encode();
    let counters = app.log.counters();
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed) as f64;
    let closed = app.log.all_closed();
    let own = [
        ("events_recorded", "counter", "Events recorded", count(&counters.events)),
        ("events_duplicate", "counter", "Events that were there before", count(&counters.duplicates)),
        ("events_refused", "counter", "Events refused", count(&counters.refused)),
        ("commits", "counter", "Transactions of the writer", count(&counters.commits)),
        ("commit_seconds", "counter", "Time spent in them", count(&counters.commit_us) / 1e6),
        ("index_behind_events", "gauge", "Events that wait for the index", app.index.lag() as f64),
        (
            "stream_messages_delivered",
            "counter",
            "Messages of streams that arrived",
            count(&app.streams.delivered),
        ),
        ("stream_attempts_failed", "counter", "Attempts at messages that failed", count(&app.streams.failed)),
        (
            "stream_dead_letters",
            "counter",
            "Messages of streams that were given up",
            count(&app.streams.dead),
        ),
        (
            "stream_behind_events",
            "gauge",
            "Events that streams have still to look at",
            app.streams.behind() as f64,
        ),
        ("checkpoints_signed", "counter", "Heads of logs that were signed", count(&app.checkpoints.signed)),
        (
            "witness_cosignatures",
            "counter",
            "Cosignatures that witnesses gave",
            count(&app.checkpoints.witnesses.cosigned),
        ),
        (
            "witness_failures",
            "counter",
            "Questions to witnesses that were not answered by a cosignature",
            count(&app.checkpoints.witnesses.failed),
        ),
        (
            "witness_contradictions",
            "counter",
            "Of these, those where the witness has seen another log",
            count(&app.checkpoints.witnesses.contradicted),
        ),
        (
            "checkpoint_file_failures",
            "counter",
            "Signed heads that could not be written into the directory for others",
            count(&app.checkpoints.files_failed),
        ),
        (
            "logs_closed",
            "gauge",
            "Logs that are only read, because they are not what was signed",
            closed.len() as f64,
        ),
        (
            "logs_lost",
            "gauge",
            "Logs of which only the signed head is left",
            app.checkpoints.lost_logs as f64,
        ),
        (
            "wanted_backup_timestamp_seconds",
            "gauge",
            "From after when a backup must be for the closed logs; 0 when none is wanted",
            wanted(&closed).map_or(0.0, |wanted| wanted.time().as_second() as f64),
        ),
        (
            "erasures_unpurged",
            "gauge",
            "Records of erasures whose values are still being taken off the disk",
            app.store.unpurged().map_or(f64::NAN, |unpurged| unpurged.len() as f64),
        ),
        (
            "scrub_events",
            "gauge",
            "Events that the background check has read in its round",
            count(&app.scrub.events),
        ),
        ("scrub_faults", "gauge", "Faults that the background check has found", count(&app.scrub.faults)),
        (
            "scrub_finished_seconds",
            "gauge",
            "When the background check was through last, in seconds since 1970; 0 before",
            count(&app.scrub.finished_ms) / 1e3,
        ),
        ("exports_open", "gauge", "Exports that are being made", app.exports.count() as f64),
    ];
    for (name, kind, help, value) in own {
        let total = if kind == "counter" { "_total" } else { "" };
        text.push_str(&format!("# HELP everlog_{name} {help}.\n# TYPE everlog_{name} {kind}\n"));
        text.push_str(&format!("everlog_{name}{total} {value}\n"));
    }
    text.push_str(&of_bucket(&app.blobs));
    text.push_str("# EOF\n");
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// How the bucket of documents does; nothing where there is none.
fn of_bucket(blobs: &Blobs) -> String {
    let Some(is_up) = blobs.is_up() else { return String::new() };
    let mut text = format!(
        "# HELP everlog_bucket_up Whether the bucket of documents did all that it was asked last.\n# TYPE everlog_bucket_up gauge\neverlog_bucket_up {}\n",
        u8::from(is_up)
    );
    text.push_str("# HELP everlog_bucket_failures Requests that the bucket of documents did not do.\n");
    text.push_str("# TYPE everlog_bucket_failures counter\n");
    for operation in Operation::ALL {
        let (name, failures) = (operation.name(), blobs.failures(operation));
        text.push_str(&format!("everlog_bucket_failures_total{{operation=\"{name}\"}} {failures}\n"));
    }
    text
}
