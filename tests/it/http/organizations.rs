//! `organizations`: made, read, changed, at once and with nonsense. Deliberately absent: who may; see `routes`.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::server::{Answer, OPERATOR_KEY, Server, event};

const ACME: &str = "/v1/organizations/acme";

fn patch(server: &Server, key: &str, change: &Value) -> Answer {
    server.send("PATCH", ACME, key, Some(change.to_string().as_bytes()), "application/json")
}

#[test]
fn an_organization_that_makes_no_sense_is_422_and_named() {
    let server = Server::start();
    let whole = json!({"id": "acme", "name": "Acme", "profile": "workspace"});
    let set = |member: &str, value: Value| {
        let mut new = whole.clone();
        new[member] = value;
        new
    };
    let bad = [
        ("/id", set("id", json!(""))),
        ("/id", set("id", json!("Acme"))),
        ("/id", set("id", json!("../etc"))),
        ("/id", set("id", json!("a b"))),
        ("/id", set("id", json!("-a"))),
        ("/id", set("id", json!("x".repeat(64)))),
        ("/id", set("id", json!(7))),
        ("/name", set("name", json!(""))),
        ("/name", set("name", json!("x".repeat(201)))),
        ("/profile", set("profile", json!("nope"))),
        ("/profile", set("profile", json!("../profiles/workspace"))),
        ("/time_zone", set("time_zone", json!("Mars/Olympus"))),
        ("/time_zone", set("time_zone", json!("../../etc/passwd"))),
        ("/catalogs", set("catalogs", json!(["nope"]))),
        ("/catalogs", set("catalogs", json!(vec!["workspace"; 10_000]))),
        ("/settings/week_start", set("settings", json!({"week_start": "friday"}))),
        ("/settings/quota_events_per_second", set("settings", json!({"quota_events_per_second": 0}))),
        ("/settings/quota_events_per_second", set("settings", json!({"quota_events_per_second": -1}))),
        ("/settings/redact", set("settings", json!({"redact": ["/action"]}))),
        ("/settings/redact", set("settings", json!({"redact": ["metadata"]}))),
        ("/settings/redact", set("settings", json!({"redact": ["/metadata/a~b"]}))),
        ("/settings/embed_origins", set("settings", json!({"embed_origins": ["javascript:alert(1)"]}))),
        ("/settings/embed_origins", set("settings", json!({"embed_origins": ["https://a.example/path"]}))),
        (
            "/settings/embed_origins",
            set("settings", json!({"embed_origins": ["https://a.example; script-src *"]})),
        ),
        ("/settings/avatar_origins", set("settings", json!({"avatar_origins": ["https://"]}))),
        ("/settings/legal_hold", set("settings", json!({"legal_hold": " "}))),
        ("/settings/system_name", set("settings", json!({"system_name": "x".repeat(100_000)}))),
        ("/settings/legal_hold", set("settings", json!({"legal_hold": "x".repeat(100_000)}))),
        ("/settings/export", set("settings", json!({"export": ["exe"]}))),
        ("/settings/receipt_keys", set("settings", json!({"receipt_keys": {"pigeon": "x"}}))),
        ("/settings/receipt_keys", set("settings", json!({"receipt_keys": {"sms": "x".repeat(2_000)}}))),
    ];
    for (pointer, new) in &bad {
        let answer = server.post("/v1/organizations", OPERATOR_KEY, new);
        answer.assert_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["pointer"], *pointer, "{answer:?}");
    }
    for new in [
        json!({}),
        json!([]),
        set("settings", json!({"unknown": 1})),
        set("size", json!(7)),
        set("log_id", json!("00")),
    ] {
        server.post("/v1/organizations", OPERATOR_KEY, &new).assert_problem(422, "invalid");
    }
    assert_eq!(server.get("/v1/organizations", OPERATOR_KEY).body["data"], json!([]));
    assert_eq!(server.post("/v1/organizations", OPERATOR_KEY, &whole).status, 201);
    server.post("/v1/organizations", OPERATOR_KEY, &whole).assert_problem(409, "id_conflict");
    server.check_log();
}

#[test]
fn of_many_that_make_the_same_organization_one_does() {
    let server = Server::start();
    let barrier = Barrier::new(8);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let (server, barrier) = (&server, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let new = json!({"id": "acme", "name": format!("Acme {number}"), "profile": "workspace"});
                    server.post("/v1/organizations", OPERATOR_KEY, &new).status
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
}

/// Each change is recorded with what was and what is; secrets are named and not told.
#[test]
fn a_change_is_recorded_without_its_secrets() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let change = json!({"name": "New", "settings": {"receipt_keys": {"mailgun": "hush-hush"}, "week_start": "sunday"}});
    let changed = patch(&server, &key, &change);
    assert_eq!(
        (changed.status, &changed.body["settings"]["receipt_keys"]["mailgun"]),
        (200, &json!("(secret)"))
    );
    let found = server.get(&format!("{ACME}/events?action=settings.updated"), &key);
    let recorded = &found.body["data"][0];
    assert_eq!(recorded["changes"]["name"], json!({"before": "The acme", "after": "New"}));
    assert_eq!(recorded["changes"]["week_start"], json!({"after": "sunday"}));
    assert_eq!(recorded["actor"]["type"], "api_key");
    let told = recorded["description"].as_str().unwrap();
    let named = recorded["actor"]["name"].as_str().unwrap();
    assert_eq!(
        told,
        format!("API key {named} changed the settings of the log: name, receipt_keys, week_start")
    );
    assert!(!found.text.contains("hush-hush"));
    assert_eq!(patch(&server, &key, &json!({})).status, 200);
    assert_eq!(
        patch(&server, &key, &json!({"settings": {"week_start": null}})).body["settings"]["week_start"],
        Value::Null
    );
    assert_eq!(server.size("acme"), 2, "what changes nothing is not recorded");
    server.check_log();
}

/// What is refused changes nothing, of the organization and of its log.
#[test]
fn a_change_that_is_refused_changes_nothing() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let before = server.get(ACME, &key).body;
    for bad in [
        json!({"name": "New", "profile": "nope"}),
        json!({"name": "New", "catalogs": vec!["workspace"; 10_000]}),
        json!({"name": "New", "time_zone": "Nowhere"}),
        json!({"name": "New", "settings": {"week_start": "friday"}}),
        json!({"name": "New", "settings": {"__proto__": 1}}),
        json!({"name": "New", "id": "other"}),
        json!({"name": "New", "log_id": "00"}),
        json!({"name": "New", "settings": {"system_name": "x".repeat(300_000)}}),
        json!({"name": "New", "settings": 7}),
    ] {
        patch(&server, &key, &bad).assert_problem(422, "invalid");
        assert_eq!(server.get(ACME, &key).body, before);
    }
    assert_eq!(server.size("acme"), 0);
}

/// The largest settings that are taken can be changed to other largest ones, which the record of it must hold.
#[test]
fn the_largest_settings_can_be_set_and_replaced_and_each_change_is_recorded() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for letter in ["a", "b"] {
        let origins: Vec<_> =
            (0..50).map(|at| format!("https://{}{at}.example", letter.repeat(400))).collect();
        let redact: Vec<_> = (0..50).map(|at| format!("/metadata/{}{at}", letter.repeat(400))).collect();
        let change = json!({"settings": {"embed_origins": origins, "redact": redact}});
        assert_eq!(patch(&server, &key, &change).status, 200);
    }
    let long: Vec<_> = (0..100).map(|at| format!("https://{}{at}.example", "c".repeat(1_000))).collect();
    let change = json!({"settings": {"embed_origins": long, "avatar_origins": long}});
    patch(&server, &key, &change).assert_problem(422, "invalid");
    assert_eq!(server.size("acme"), 2);
    server.check_log();
}

/// Changes at the same moment of different settings are all kept, and each is recorded.
#[test]
fn changes_at_once_do_not_undo_each_other() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let changes = [
        json!({"name": "New"}),
        json!({"time_zone": "Europe/Berlin"}),
        json!({"settings": {"week_start": "sunday"}}),
        json!({"settings": {"legal_hold": "a reason"}}),
        json!({"settings": {"public_log": true}}),
        json!({"settings": {"on_decline": "keep"}}),
        json!({"settings": {"redact": ["/metadata/card"]}}),
        json!({"settings": {"system_name": "Robot"}}),
    ];
    let barrier = Barrier::new(changes.len() + 2);
    std::thread::scope(|scope| {
        for change in &changes {
            let (server, key, barrier) = (&server, &key, &barrier);
            scope.spawn(move || {
                barrier.wait();
                assert_eq!(patch(server, key, change).status, 200);
            });
        }
        for _ in 0..2 {
            let (server, key, barrier) = (&server, &key, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for _ in 0..20 {
                    assert_eq!(server.post(&format!("{ACME}/events"), key, &event("a.b")).status, 201);
                }
            });
        }
    });
    let now = server.get(ACME, &key).body;
    assert_eq!((&now["name"], &now["time_zone"]), (&json!("New"), &json!("Europe/Berlin")));
    let settings = json!({
        "week_start": "sunday", "legal_hold": "a reason", "public_log": true, "on_decline": "keep",
        "redact": ["/metadata/card"], "system_name": "Robot",
    });
    assert_eq!(now["settings"], settings);
    let recorded = server.get(&format!("{ACME}/events/total?action=settings.updated"), &key);
    assert_eq!(recorded.body["total"], changes.len());
    // What is in force is what is stored.
    let mut sent = event("a.b");
    sent["metadata"] = json!({"card": "4111"});
    let made = server.post(&format!("{ACME}/events"), &key, &sent);
    let read = server.get(&format!("{ACME}/events/{}", made.body["seq"]), &key);
    assert_eq!(read.body["metadata"], json!({}));
    server.check_log();
}
