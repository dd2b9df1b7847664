//! The history of one record and its state at a moment, over HTTP. Deliberately absent: what events do to a record, which
//! is checked in `core::history` against a model.

use serde_json::{Value, json};

use crate::server::{Answer, Server, query};

fn encode(text: &str) -> String {
    query(&[("", text)])[2..].to_owned()
}

fn history(server: &Server, key: &str, kind: &str, id: &str, rest: &str) -> Answer {
    server.get(&format!("/v1/organizations/acme/targets/{}/{}{rest}", encode(kind), encode(id)), key)
}

fn send(server: &Server, key: &str, events: &Value) {
    let answer = server.post("/v1/organizations/acme/events?mode=record", key, events);
    assert_eq!((answer.status, answer.body["refused"].as_u64()), (200, Some(0)), "{answer:?}");
}

fn change(id: &str, verb: &str, day: u32, target: &Value, before: Value, after: Value) -> Value {
    let mut event = json!({"id": id, "action": format!("lead.{verb}"), "occurred_at": format!("2026-01-{day:02}T10:00:00Z"),
        "actor": {"type": "user", "id": "u_1"}, "targets": [target]});
    for (name, value) in [("before", before), ("after", after)] {
        if !value.is_null() {
            event[name] = value;
        }
    }
    event
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.body["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

/// D20, D25, C12: who deleted it, and what it held.
#[test]
fn a_record_is_told_and_rebuilt_whatever_its_type_and_id_are() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for (at, [kind, id]) in [
        ["lead", "l_9"],
        ["a/b", "x?y#z"],
        ["type:with", "colon:s"],
        ["ü 王", "%2F.."],
        ["..", "\u{202e}&=+"],
    ]
    .into_iter()
    .enumerate()
    {
        let target = json!({"type": kind, "id": id});
        let name = |word: &str| format!("{word}-{at}");
        let (new, won) = (json!({"status": "New", "size": 3}), json!({"status": "Won", "size": 3}));
        send(
            &server,
            &key,
            &json!([
                change(&name("deleted"), "deleted", 3, &target, won.clone(), Value::Null),
                change(&name("created"), "created", 1, &target, Value::Null, new.clone()),
                change(&name("updated"), "updated", 2, &target, new.clone(), won.clone()),
            ]),
        );
        let all = history(&server, &key, kind, id, "");
        assert_eq!(ids(&all), [name("deleted"), name("updated"), name("created")], "{kind} {id}: {all:?}");
        assert!(all.body.get("state").is_none());
        let at = |time: &str| history(&server, &key, kind, id, &query(&[("at", time)])).body;
        assert_eq!(at("2026-01-01T09:59:59Z")["exists"], false);
        assert_eq!(at("2026-01-01T10:00:00Z")["state"], new);
        assert_eq!(at("2026-01-02")["state"], won, "the end of that day");
        let gone = at("2026-02-01T00:00:00+01:00");
        assert_eq!((&gone["exists"], &gone["held"], &gone["state"]), (&json!(false), &won, &json!({})));
        assert_eq!((&gone["deleted_by"], &gone["gaps"]), (&json!(name("deleted")), &json!([])));
        assert_eq!((&gone["type"], &gone["id"], &gone["events"]), (&json!(kind), &json!(id), &json!(3)));
    }
    history(&server, &key, "lead", "l_10", "").assert_problem(404, "not_found");
    history(&server, &key, "deal", "l_9", "?at=2026-01-01").assert_problem(404, "not_found");
    assert_eq!(ids(&history(&server, &key, "lead", "l_9", "?kind=transferred")), [""; 0]);
    for bad in ["?at=yesterday", "?at=", "?at=2026-01-01&at=2026-01-02", "?target=lead:l_9", "?x=1"] {
        let answer = history(&server, &key, "lead", "l_9", bad);
        if bad == "?at=" {
            assert_eq!(answer.status, 200, "what a form leaves empty is not asked");
        } else {
            answer.assert_problem(400, "invalid_parameter");
        }
    }
    server.check_log();
}

/// One operation on many records is one event (C11); what an event only mentions is not changed by it.
#[test]
fn an_operation_changes_every_record_of_its_first_targets_type_and_nothing_else() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let lead = |id: &str| json!({"type": "lead", "id": id});
    let mut bulk =
        change("bulk", "updated", 2, &lead("l_1"), json!({"status": "New"}), json!({"status": "Won"}));
    bulk["targets"] = json!([lead("l_1"), lead("l_2"), {"type": "pipeline", "id": "p_1"}]);
    let mut failed = bulk.clone();
    (failed["id"], failed["after"], failed["outcome"]) =
        (json!("failed"), json!({"status": "Lost"}), json!("failure"));
    send(&server, &key, &json!([bulk, failed]));
    for id in ["l_1", "l_2"] {
        let state = history(&server, &key, "lead", id, "?at=2026-02-01").body;
        assert_eq!(state["state"], json!({"status": "Won"}), "{id}");
        let gap = json!([{"code": "creation", "event": "bulk", "occurred_at": "2026-01-02T10:00:00.000Z"}]);
        assert_eq!(state["gaps"], gap);
    }
    let pipeline = history(&server, &key, "pipeline", "p_1", "?at=2026-02-01").body;
    assert_eq!((&pipeline["exists"], &pipeline["state"]), (&Value::Null, &json!({})));
    assert_eq!(pipeline["data"].as_array().unwrap().len(), 2);
}

#[test]
fn a_record_of_thousands_of_events_is_paged_and_rebuilt() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let target = json!({"type": "lead", "id": "l_1"});
    let value = |at: u64| json!({"count": at});
    let event = |at: u64| {
        let mut event = change(&format!("e-{at}"), "updated", 1, &target, value(at), value(at + 1));
        event["occurred_at"] = json!(everlog::read::iso(1_767_225_600_000 + at * 1_000));
        event
    };
    for group in 0..3 {
        send(&server, &key, &json!((group * 1_000..group * 1_000 + 1_000).map(event).collect::<Vec<_>>()));
    }
    let mut seen = Vec::new();
    let mut rest = "?limit=700".to_owned();
    loop {
        let page = history(&server, &key, "lead", "l_1", &rest);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page.body["next"].as_str() else { break };
        rest = query(&[("limit", "700"), ("cursor", next)]);
        let other = history(&server, &key, "lead", "l_2", &rest);
        other.assert_problem(400, "invalid_parameter");
    }
    assert_eq!(seen.len(), 3_000);
    assert_eq!((seen[0].as_str(), seen[2_999].as_str()), ("e-2999", "e-0"));
    let state = history(&server, &key, "lead", "l_1", "?at=2026-01-01T00:30:00Z&limit=1").body;
    assert_eq!((&state["state"], &state["events"]), (&json!({"count": 1801}), &json!(1801)));
}

/// D27 to D30: the history is of what one may see; a state would tell of more.
#[test]
fn a_restricted_session_gets_its_own_events_of_a_record_and_no_state() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let event = |id: &str, actor: &str, target: &str| {
        json!({"id": id, "action": "contact.updated", "actor": {"type": "user", "id": actor},
            "targets": [{"type": "contact", "id": target}], "before": {"a": 1}, "after": {"a": 2}})
    };
    send(
        &server,
        &key,
        &json!([event("own", "u_1", "c"), event("other", "u_2", "c"), event("hidden", "u_2", "d")]),
    );
    let regular = server.session("acme", &key, "u_1", "regular");
    let seen = history(&server, &regular, "contact", "c", "");
    assert_eq!(ids(&seen), ["own"]);
    assert!(!seen.text.contains("\"seq\""));
    history(&server, &regular, "contact", "c", "?at=2026-01-01").assert_problem(403, "forbidden");
    let (hidden, unknown) =
        (history(&server, &regular, "contact", "d", ""), history(&server, &regular, "contact", "x", ""));
    hidden.assert_problem(404, "not_found");
    assert_eq!(hidden.body["detail"], unknown.body["detail"]);
    assert_eq!(ids(&history(&server, &key, "contact", "c", "")), ["other", "own"]);
}
