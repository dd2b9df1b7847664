//! `events/{id}/bundle`: what a reader gets holds, offline, and shows no more than the reader may see. Deliberately absent:
//! what a verifier refuses (`core::bundle`), and who may have a bundle (`table`).

use std::thread;

use everlog_core::bundle::{Disclosed, Report, Trust, verify};
use everlog_core::ids::{Seq, Size};
use serde_json::json;

use crate::server::{Server, event};

/// What holds of a bundle under the server's own key, and what it shows.
pub(crate) fn held(server: &Server, bundle: &str) -> (Report, Vec<Disclosed>) {
    let key = server.get("/v1/log-key", "").text.trim().parse().unwrap();
    let mut shown = Vec::new();
    let trust = Trust { keys: vec![key], older: None };
    let report = verify(bundle.as_bytes(), &trust, |line| shown.push(line.disclosed())).unwrap();
    (report, shown)
}

/// What is answered is proven by nothing but the file and a key, for every event, at once.
#[test]
fn the_bundle_of_every_event_holds_as_soon_as_it_is_recorded() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for number in 0..5_u64 {
        let mut sent = event("lead.created");
        sent["id"] = json!(format!("e-{number}"));
        sent["metadata"] = json!({"n": number, "list": [{"a": 1}, []], "text": "Zoë \"\u{202e}\\"});
        let answer = server.post("/v1/organizations/acme/events", &key, &sent);
        assert_eq!(answer.status, 201);
        // The head was signed a moment ago and is too small; it is signed anew.
        let bundle = server.get(&format!("/v1/organizations/acme/events/e-{number}/bundle"), &key);
        assert_eq!(bundle.headers["content-type"], "application/x-ndjson");
        let (report, shown) = held(&server, &bundle.text);
        assert!(report.key_pinned && !report.header.is_complete);
        assert_eq!((report.header.size, shown[0].index), (Size(number + 1), Seq(number)));
        assert_eq!(shown[0].document["e"]["metadata"], sent["metadata"]);
        assert_eq!(report.header.query["id"], sent["id"]);
        assert_eq!(report.withheld, 0, "a key reads everything");
        let by_position = server.get(&format!("/v1/organizations/acme/events/{number}/bundle"), &key);
        assert_eq!(by_position.text, bundle.text);
    }
}

#[test]
fn a_session_gets_the_commitments_of_how_an_event_came_in_and_nothing_more() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut sent = event("lead.created");
    sent["id"] = json!("e-1");
    server.post("/v1/organizations/acme/events", &key, &sent);
    let session = server.session("acme", &key, "u_1", "owner");
    let bundle = server.get("/v1/organizations/acme/events/e-1/bundle", &session).text;
    let (report, shown) = held(&server, &bundle);
    assert_eq!(report.withheld, 2, "the key and the address");
    let served = shown[0].document["s"].as_object().unwrap();
    assert!(!served.contains_key("key_id") && !served.contains_key("remote"), "{served:?}");
    assert!(!bundle.contains("127.0.0.1"), "{bundle}");
}

/// Many readers at once, while the log grows: no bundle is of another size than its checkpoint.
#[test]
fn bundles_hold_while_the_log_grows() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    server.post("/v1/organizations/acme/events", &key, &event("lead.created"));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..8 {
                    let made = server.post("/v1/organizations/acme/events", &key, &event("lead.created"));
                    let seq = made.body["seq"].as_u64().unwrap();
                    for seq in [0, seq] {
                        let path = format!("/v1/organizations/acme/events/{seq}/bundle");
                        held(&server, &server.get(&path, &key).text);
                    }
                }
            });
        }
    });
    server.check_log();
}
