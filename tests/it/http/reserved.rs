//! What the server alone records: nobody else sends it, nobody moves it out of sight or into it. Deliberately absent: what else
//! a restricted reader does not see; see `visibility`.

use serde_json::{Value, json};

use crate::server::{Server, event};

const ORG: &str = "/v1/organizations/acme";
const EVENTS: &str = "/v1/organizations/acme/events";

fn put(server: &Server, key: &str, actions: &Value) {
    let body = json!({"actions": actions}).to_string();
    let put = server.send("PUT", &format!("{ORG}/catalogs"), key, Some(body.as_bytes()), "application/json");
    assert_eq!(put.status, 200, "{put:?}");
}

/// D27: what reads the log stays out of sight of who sees a part of it, under whatever label; and what sounds like it does not.
#[test]
fn what_reads_the_log_is_hidden_by_its_action_and_nothing_else_is() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let own = json!({"export.made": {"label": "Taken away"}, "door.opened": {"label": "Access", "category": "Doors"}});
    put(&server, &key, &own);
    let shown = server.get(&format!("{ORG}/catalogs"), &key).body["actions"].clone();
    assert_eq!(shown["export.made"]["category"], "Access");
    put(&server, &key, &shown);
    server.post(EVENTS, &key, &json!([event("access.granted"), event("door.opened")]));
    let company = server.session("acme", &key, "u_1", "company");
    assert_eq!(server.get(&format!("{ORG}/export"), &company).status, 200);
    let labels = |token: &str, params: &str| {
        let listed = server.get(&format!("{EVENTS}?{params}"), token).body["data"].clone();
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["label"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let told =
        server.get(&format!("{EVENTS}?category=Access&action=export.made"), &key).body["data"][0].clone();
    assert_eq!(told["label"], "Taken away");
    assert_eq!(told["metadata"]["count"], 3);
    assert_eq!(told["metadata"].get("size"), None, "how long the log is");
    for params in ["", "category=Access", "category=Doors", "category=Export"] {
        assert!(!labels(&company, params).contains(&"Taken away".to_owned()), "{params}");
    }
    assert_eq!(labels(&company, "category=Access"), ["Access granted"]);
    let id = told["id"].as_str().unwrap();
    server.get(&format!("{EVENTS}/{id}"), &company).assert_problem(404, "not_found");
    server.check_log();
}

#[test]
fn what_the_server_alone_records_is_refused_from_outside_and_taken_as_history() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let reserved = [
        "session.issued",
        "session.started",
        "export.made",
        "settings.updated",
        "catalog.updated",
        "erasure.made",
        "erasure.refused",
        "scrub.failed",
        "log.restored",
        "trail.made",
        "trail.downloaded",
        "document.attached",
    ];
    for action in reserved {
        let answer = server.post(EVENTS, &key, &event(action));
        answer.assert_problem(422, "invalid");
        let fault = &answer.body["errors"][0];
        assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/action"), &json!("reserved_action")));
    }
    // The other events of an array are recorded.
    let both = server.post(EVENTS, &key, &json!([event("export.made"), event("lead.created")]));
    assert_eq!((&both.body["created"], &both.body["refused"]), (&json!(1), &json!(1)));
    // What products send of the server's own words.
    let sent = ["reminder.sent", "signee.authenticated", "invitation.deleted"];
    assert_eq!(server.post(EVENTS, &key, &json!(sent.map(event))).body["created"], 3);
    // A catalog of one's own opens nothing.
    put(&server, &key, &json!({"export.made": {"label": "x"}}));
    server.post(EVENTS, &key, &event("export.made")).assert_problem(422, "invalid");
    let history = server.post(&format!("{EVENTS}?mode=record"), &key, &json!(reserved.map(event)));
    assert_eq!(history.body["created"], reserved.len());
    server.check_log();
}
