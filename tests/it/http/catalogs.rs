//! `GET` and `PUT catalogs`: an organization's own words, in force at once, and everything that is none. Deliberately absent:
//! the shipped catalogs, whose words `core` holds to the requirements.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Answer, OPERATOR_KEY, Server, event};

const CATALOGS: &str = "/v1/organizations/acme/catalogs";
const EVENTS: &str = "/v1/organizations/acme/events";

fn put(server: &Server, key: &str, body: &str, kind: &str) -> Answer {
    server.send("PUT", CATALOGS, key, Some(body.as_bytes()), kind)
}

fn put_json(server: &Server, key: &str, actions: &Value) -> Answer {
    put(server, key, &json!({"actions": actions}).to_string(), "application/json")
}

#[test]
fn its_own_words_are_in_force_at_once_also_for_what_was_recorded_before() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    server.post(EVENTS, &key, &json!([event("lead.created"), event("zoo.fed"), event("task.created")]));
    let before = server.get(CATALOGS, &key).body;
    assert_eq!(before, json!({"catalogs": ["everlog", "workspace"], "actions": {}}));
    let toml = "# Ours.\n['lead.created']\nlabel = 'Prospect'\ncategory = 'Sales'\n['zoo.fed']\nlabel = 'Feeding'\nkind = 'updated'\ntemplate = '{actor} fed the lions'\n";
    let answer = put(&server, &key, toml, "application/toml; charset=utf-8");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["actions"]["zoo.fed"]["kind"], "updated");
    let count =
        |params: &str| server.get(&format!("{EVENTS}/total?{params}"), &key).body["total"].as_u64().unwrap();
    assert_eq!(
        [count("category=Sales"), count("category=Leads"), count("kind=updated&action=zoo.*")],
        [1, 0, 1]
    );
    assert_eq!([count("q=prospect"), count("q=category:sales")], [1, 1]);
    let listed = server.get(&format!("{EVENTS}?action=lead.created"), &key).body;
    assert_eq!(listed["data"][0]["label"], "Prospect");
    let facets = server.get(&format!("{EVENTS}/facets?fields=category"), &key).text;
    assert!(facets.contains("Sales") && !facets.contains("Leads"), "{facets}");
    // Words of sentences follow in the background.
    server.app.index.flush().unwrap();
    assert_eq!(count("q=lions"), 1);
    // The text is kept as it was written, comments and all.
    let accept = [("Authorization", format!("Bearer {key}")), ("Accept", "application/toml".to_owned())];
    let accept: Vec<_> = accept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(server.request("GET", CATALOGS, &accept, None).text, toml);
    // What JSON gives, JSON takes.
    let actions = server.get(CATALOGS, &key).body["actions"].clone();
    assert_eq!(put_json(&server, &key, &actions).body["actions"], actions);
    // Each change was recorded, with what it was.
    let recorded = server.get(&format!("{EVENTS}?action=catalog.updated"), &key).body["data"].clone();
    assert_eq!(recorded[1]["changes"]["zoo.fed"]["after"]["label"], "Feeding");
    assert_eq!(recorded[1]["metadata"], json!({"count": 2, "ids": ["lead.created", "zoo.fed"]}));
    assert_eq!(put_json(&server, &key, &json!({})).status, 200);
    assert_eq!(count("category=Leads"), 1);
    server.check_log();
}

#[test]
fn what_is_no_catalog_is_refused_with_its_place_and_changes_nothing() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let fed = |more: Value| {
        let mut entry = json!({"label": "Fed"});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"zoo.fed": entry})
    };
    let long = "x".repeat(100_000);
    let many: serde_json::Map<_, _> =
        (0..1_001).map(|at| (format!("zoo.n{at}"), json!({"label": "x"}))).collect();
    for (actions, pointer) in [
        (fed(json!({"tone": "gren"})), "/actions/zoo.fed/tone"),
        (fed(json!({"colour": "red"})), "/actions/zoo.fed/colour"),
        (fed(json!({"template": "{actr} fed"})), "/actions/zoo.fed/template"),
        (fed(json!({"label": long})), "/actions/zoo.fed/label"),
        (fed(json!({"label": " "})), "/actions/zoo.fed/label"),
        (fed(json!({"icon": long})), "/actions/zoo.fed/icon"),
        (fed(json!({"reader": {"own": "You"}})), "/actions/zoo.fed/reader/other"),
        (fed(json!({"category": "Access"})), "/actions/zoo.fed/category"),
        (fed(json!({"reserved": true})), "/actions/zoo.fed/reserved"),
        (json!({"export.made": {"label": "x", "category": "Files"}}), "/actions/export.made/category"),
        (json!({"access.granted": {"label": "x"}}), "/actions/access.granted/category"),
        (json!({"zoo fed": {"label": "x"}}), "/actions/zoo fed"),
        (json!({"zoo.fed": 1}), "/actions/zoo.fed"),
        (json!({"zoo.fed": {}}), "/actions/zoo.fed/label"),
        (json!([]), "/actions"),
        (Value::Object(many), "/actions"),
    ] {
        let answer = put_json(&server, &key, &actions);
        answer.assert_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{answer:?}");
    }
    put(&server, &key, r#"{"actions": {"a.b": {"label": "x"}, "a.b": {"label": "y"}}}"#, "application/json")
        .assert_problem(400, "not_json");
    put(&server, &key, "{}", "application/json").assert_problem(422, "invalid");
    for (toml, place) in [
        ("['zoo.fed']\nlabel = 'x'\ntone = 'gren'", "line 3, column 8: unknown tone"),
        ("['zoo.fed']\nlabel = 'x'\n['zoo.fed']\nlabel = 'y'", "line 3, column 2: duplicate key"),
        ("['zoo.fed']\nlabel =", "line 2, column 8"),
        ("['session.started']\nlabel = 'x'\ncategory = 'Files'", "line 3, column 12: the category of"),
        ("['zoo.fed']\nlabel = 'x'\ntemplate = '{nothing}'", "line 3, column 12: template"),
    ] {
        let answer = put(&server, &key, toml, "application/toml");
        answer.assert_problem(422, "invalid");
        assert!(answer.body["detail"].as_str().unwrap().starts_with(place), "{answer:?}");
    }
    put(&server, &key, &"#".repeat(600_000), "application/toml").assert_problem(413, "body_too_large");
    assert_eq!(
        server
            .request(
                "PUT",
                CATALOGS,
                &[("Authorization", &format!("Bearer {key}")), ("Content-Type", "application/toml")],
                Some(b"\xff")
            )
            .status,
        400
    );
    put(&server, &key, "x", "text/plain").assert_problem(415, "unsupported_media_type");
    let reading = server.key("acme", &["read", "write"]);
    put_json(&server, &reading, &json!({})).assert_problem(403, "forbidden");
    assert_eq!(server.get(CATALOGS, &reading).body["actions"], json!({}));
    assert_eq!(server.get(&format!("{EVENTS}/total?action=catalog.updated"), &key).body["total"], 0);
}

#[test]
fn of_catalogs_sent_at_once_one_is_kept_whole_and_each_change_starts_from_the_one_before() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    std::thread::scope(|scope| {
        for at in 0..8 {
            let (server, key) = (&server, &key);
            scope.spawn(move || {
                let actions = json!({"zoo.fed": {"label": format!("Fed {at}")}});
                assert_eq!(put_json(server, key, &actions).status, 200);
                let change = json!({"settings": {"week_start": "sunday"}}).to_string();
                server.send(
                    "PATCH",
                    "/v1/organizations/acme",
                    OPERATOR_KEY,
                    Some(change.as_bytes()),
                    "application/json",
                );
            });
        }
    });
    let recorded =
        server.get(&format!("{EVENTS}?action=catalog.updated&sort=time"), &key).body["data"].clone();
    let changes: Vec<_> =
        recorded.as_array().unwrap().iter().map(|event| &event["changes"]["zoo.fed"]).collect();
    assert_eq!(changes.len(), 8);
    for pair in changes.windows(2) {
        assert_eq!(pair[0]["after"], pair[1]["before"]);
    }
    assert_eq!(server.get(CATALOGS, &key).body["actions"]["zoo.fed"], changes[7]["after"]);
}

/// F: ten thousand categories, all derived from names; facets stay few and quick.
#[test]
fn ten_thousand_categories_make_no_facet_longer_or_slower() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for start in (0..10_000).step_by(1_000) {
        let events: Vec<_> = (start..start + 1_000).map(|at| event(&format!("noun{at}.created"))).collect();
        assert_eq!(server.post(EVENTS, &key, &json!(events)).status, 200);
    }
    let started = Instant::now();
    let facets = server.get(&format!("{EVENTS}/facets"), &key).body;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    for field in ["category", "action"] {
        assert_eq!(facets[field].as_array().unwrap().len(), 100);
    }
    let found = server.get(&format!("{EVENTS}/facets?fields=category&prefix=Noun9999"), &key).body;
    assert_eq!(found["category"][0]["count"], 1);
}
