//! The rules of signing processes, over HTTP. Deliberately absent: each rule; core's tests have them all.

use serde_json::{Value, json};

use crate::server::Server;

const EVENTS: &str = "/v1/organizations/acme/events";

fn step(action: &str, signee: Option<&str>, metadata: Value) -> Value {
    json!({
        "action": action, "process": "sp1", "signee": signee, "metadata": metadata,
        "actor": {"type": "user", "id": "u_1", "email": "ana@acme.example"},
    })
}

/// T28, X12, L28, X21: what follows is in the answer, what is refused leaves nothing.
#[test]
fn the_last_signature_completes_and_after_the_end_nothing_is_written() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let total = || server.get(&format!("{EVENTS}/total"), &key).body["total"].clone();
    let first = [
        step("document.created", None, json!({"display_name": "Lease"})),
        step("signee.added", Some("si1"), json!({"signee": {"name": "Bo", "email": "bo@x.example"}})),
        step("invitation.sent", Some("si1"), json!({"delivery_method": "Email", "to": "bo@x.example"})),
    ];
    assert_eq!(server.post(EVENTS, &key, &json!(first)).body["created"], 3);
    let resent = step("invitation.resent", Some("si1"), json!({}));
    for _ in 0..4 {
        assert_eq!(server.post(EVENTS, &key, &resent).status, 201);
    }
    server.post(EVENTS, &key, &resent).assert_problem(409, "sends_exhausted");
    assert_eq!(total(), 7);
    let signed = server.post(EVENTS, &key, &step("document.signed", Some("si1"), json!({})));
    assert_eq!(signed.status, 201);
    assert_eq!(signed.body["implied"][0]["action"], "document.completed");
    assert_eq!(signed.body["implied"].as_array().unwrap().len(), 1);
    let before = total();
    let again = server.post(EVENTS, &key, &step("document.signed", Some("si1"), json!({})));
    again.assert_problem(409, "process_ended");
    assert_eq!(total(), before);
    server.check_log();
}

/// L39, L40, L42: also of an event that is about no record.
#[test]
fn a_guard_that_needs_no_record_is_asked_without_one() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    let by = |role: &str| json!({"action": "workflow.created", "actor": {"type": "user", "id": "u_1", "role": role}});
    server.post(EVENTS, &key, &by("editor")).assert_problem(409, "not_admin");
    assert_eq!(server.post(EVENTS, &key, &by("admin")).status, 201);
    server.check_log();
}

/// X04: what the operator lists as addresses of scanners marks a look, and a named range that is none stops the start.
#[test]
fn a_look_from_a_listed_range_is_recorded_with_the_suspicion() {
    let server = Server::start_with(|config| config.scanner_ranges = vec!["203.0.113.0/24".parse().unwrap()]);
    let key = server.tenant("acme", "signing");
    for (ip, automated) in [("203.0.113.9", json!(["listed_range"])), ("198.51.100.9", json!([]))] {
        let mut look = step("document.accessed", Some("si1"), json!({}));
        look["context"] = json!({"ip": ip});
        let answer = server.post(EVENTS, &key, &look);
        assert_eq!(answer.status, 201, "{answer:?}");
        let event = server.get(&format!("{EVENTS}/{}", answer.body["id"].as_str().unwrap()), &key).body;
        assert_eq!(event["automated"], automated, "{ip}");
    }
    assert!(toml::from_str::<everlog::config::Config>("scanner_ranges = ['203.0.113.0/33']").is_err());
}
