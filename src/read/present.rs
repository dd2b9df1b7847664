//! An event as the API returns it. Deliberately absent: hiding; what may not be seen never comes this far. Only positions,
//! which would tell a restricted reader how much is hidden, are left out here.

use everlog_core::event::Event;
use everlog_core::hex::Hex;
use everlog_core::ids::Seq;
use everlog_core::sentence::sentence;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::access::Organization;

/// The members that every event has as it is read, null when unknown.
const OPTIONAL: &[&str] = &["on_behalf_of", "process", "signee", "changes", "reason"];

/// An event as JSON, for a reader of this organization.
pub fn present(event: &Event, org: &Organization) -> Value {
    let sent = &event.document.event;
    let served = &event.document.served;
    let catalogs = &org.entry().catalogs;
    let described = catalogs.describe(&sent.action);
    let mut shown = match sent.to_json() {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    let mut set = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    set("id", json!(event.id()));
    set("organization", json!(org.entry().row.id));
    set("occurred_at", json!(iso(event.occurred_ms())));
    set("received_at", json!(iso(event.received_ms)));
    set("description", json!(sentence(sent, catalogs)));
    set("label", json!(described.label));
    set("category", json!(described.category));
    set("kind", json!(described.kind));
    set("tone", json!(described.tone));
    set("targets", json!(sent.targets));
    set("context", json!(sent.context));
    set("outcome", json!(sent.outcome));
    set("audience", json!(sent.audience));
    set("metadata", json!(sent.metadata));
    set("automated", json!(served.automated));
    set("anomalies", json!(served.anomalies));
    set("erased", erased(event, org));
    set("leaf_hash", json!(Hex(&event.leaf_hash).to_string()));
    if !org.scope().is_restricted() {
        set("seq", json!(event.seq));
        set("cause", json!(served.cause));
    }
    for name in OPTIONAL {
        shown.entry(*name).or_insert(Value::Null);
    }
    Value::Object(shown)
}

/// What was erased, by the pointers it was asked for with; who sees positions learns which event records it.
fn erased(event: &Event, org: &Organization) -> Value {
    let one = |(pointer, by): (&str, Seq)| match org.scope().is_restricted() {
        true => json!({"pointer": pointer}),
        false => json!({"pointer": pointer, "by": by}),
    };
    event.erased_pointers().into_iter().map(one).collect()
}

/// A time as RFC 3339 writes it, in UTC, with milliseconds.
pub fn iso(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
