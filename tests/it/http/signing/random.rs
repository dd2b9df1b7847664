//! Whatever is recorded of processes, the answer is JSON of the declared shape, and page, total and whole agree (T18 to T26).
//! Deliberately absent: what a value should be.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::{Signing, step};
use crate::server::is_gate;

const ACTIONS: &[&str] = &[
    "document.created",
    "signee.added",
    "invitation.sent",
    "document.started",
    "delivery.sms",
    "delivery.confirmation",
    "delivery.salesperson",
    "document.signed",
    "document.completed",
    "document.canceled",
    "document.forwarded",
    "signee.removed",
    "reminder.sent",
    "document.attached",
    "trail.made",
    "zoo.fed",
    "\u{202e}.é\"\\",
];

/// The members of the declared shape: name, what kind of value, whether it may be left out.
const PROCESS: &[(&str, &str, bool)] = &[
    ("processKey", "text", false),
    ("status", "text", false),
    ("activityDisplayName", "text", false),
    ("fileName", "text", false),
    ("activityLog", "list", false),
    ("signees", "list", false),
    ("sequenceSignees", "list", false),
    ("attachmentReferences", "list", false),
];
const ENTRY: &[(&str, &str, bool)] = &[
    ("id", "number", false),
    ("flowKey", "text", false),
    ("processKey", "text", false),
    ("signeeKey", "text", true),
    ("status", "text", false),
    ("description", "text", false),
    ("userAgent", "text", true),
    ("fileName", "text", true),
    ("createdAt", "time", false),
    ("createdBy", "text", false),
    ("requiresAuth", "bool", true),
    ("signInOrder", "bool", true),
    ("signatureLocation", "text", true),
    ("sequenceKey", "text", true),
];
const SIGNEE: &[(&str, &str, bool)] = &[
    ("processKey", "text", false),
    ("signeeKey", "text", false),
    ("ssn", "text", false),
    ("name", "text", false),
    ("address", "text", false),
    ("postalCode", "text", false),
    ("city", "text", false),
    ("phone", "text", false),
    ("email", "text", false),
    ("signatureType", "text", true),
    ("hasReminders", "bool", false),
    ("createdAt", "time", false),
    ("createdBy", "text", false),
    ("updatedAt", "time", false),
];

fn assert_shape(value: &Value, shape: &[(&str, &str, bool)]) {
    let members = value.as_object().unwrap();
    for (name, kind, may_be_left_out) in shape {
        let Some(member) = members.get(*name) else {
            assert!(may_be_left_out, "{name} is missing: {value}");
            continue;
        };
        let fits = match *kind {
            "text" => member.is_string(),
            "number" => member.is_u64(),
            "bool" => member.is_boolean(),
            "list" => member.is_array(),
            _ => member.as_str().is_some_and(|time| time.len() == 28 && time.ends_with('Z')),
        };
        assert!(fits, "{name} is no {kind}: {value}");
    }
    for name in members.keys() {
        assert!(shape.iter().any(|(known, ..)| known == name), "{name} is not declared");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9i64..9).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!("Email")),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((member(), inner), 0..3)
                .prop_map(|it| Value::Object(it.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn member() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "file_name",
        "flow_key",
        "flow_type",
        "sequences",
        "sequence_key",
        "signing_keys",
        "attachments",
        "id",
        "signee",
        "signee_key",
        "name",
        "email",
        "auth",
        "sms",
        "status",
        "event",
        "wire_status",
        "delivery_method",
        "requires_auth",
        "sign_in_order",
        "required",
        "to",
    ];
    prop::sample::select(KNOWN).prop_map(str::to_owned)
}

fn any_event() -> impl Strategy<Value = Value> {
    let actor = prop_oneof![
        Just(json!({"type": "system"})),
        Just(json!({"type": "anonymous"})),
        Just(json!({"type": "service", "id": "m"})),
        ("\\PC{1,8}", prop::option::of("[a-c]@x\\.example"))
            .prop_map(|(name, email)| { json!({"type": "user", "id": "u", "name": name, "email": email}) }),
    ];
    let metadata = prop::collection::vec((member(), any_value()), 0..4);
    let parts = (0u8..6, prop::sample::select(ACTIONS), 1u8..29, actor, prop::option::of("si[12]"), metadata);
    parts.prop_map(|(process, action, day, actor, signee, metadata)| {
        let at = format!("2024-01-{day:02}T10:00:00.5Z");
        let metadata: Map<_, _> = metadata.into_iter().collect();
        let mut more = json!({"metadata": metadata});
        if let Some(signee) = signee {
            more["signee"] = json!(signee);
        }
        step(&format!("sp{process}"), action, &at, actor, more)
    })
}

#[test]
fn any_events_make_json_of_the_declared_shape_and_pages_that_agree() {
    let cases = if is_gate() { 60 } else { 12 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let events = prop::collection::vec(any_event(), 1..40);
    let round = (events, 1u8..22, 0u8..9, "[a-c@.x]{0,3}");
    runner
        .run(&round, |(events, day, length, search)| {
            let signing = Signing::start();
            signing.record(&events);
            let (from, to) = (format!("2024-01-{day:02}"), format!("2024-01-{:02}", day + length + 1));
            let range = [("StartDate", from.as_str()), ("EndDate", to.as_str()), ("Search", search.as_str())];
            let whole = signing.find(&range);
            let mut last = None;
            for process in &whole {
                assert_shape(process, PROCESS);
                for entry in process["activityLog"].as_array().unwrap() {
                    assert_shape(entry, ENTRY);
                }
                for signee in process["signees"].as_array().unwrap() {
                    assert_shape(signee, SIGNEE);
                }
                // T19: something lies in the range, and nothing of the process is missing.
                let key = process["processKey"].as_str().unwrap();
                let own: Vec<_> = events.iter().filter(|it| it["process"] == key).collect();
                let day_of = |event: &Value| event["occurred_at"].as_str().unwrap()[..10].to_owned();
                prop_assert!(own.iter().any(|it| from <= day_of(it) && day_of(it) < to));
                let left_out = |event: &&&Value| {
                    ["document.attached", "trail.made"].contains(&event["action"].as_str().unwrap())
                };
                let shown = own.len() - own.iter().filter(left_out).count();
                prop_assert_eq!(process["activityLog"].as_array().unwrap().len(), shown);
                let place = events.iter().position(|it| it["process"] == key);
                prop_assert!(place > last);
                last = place;
            }
            let mut together = Vec::new();
            for skip in 0..=whole.len() {
                let skip = skip.to_string();
                let page = [("Take", "1"), ("Skip", skip.as_str())];
                together.extend(signing.find(&[&range[..], &page[..]].concat()));
            }
            prop_assert_eq!(together, whole);
            signing.server.check_log();
            Ok(())
        })
        .unwrap();
}
