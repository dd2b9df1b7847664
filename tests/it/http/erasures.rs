//! Erasing, as a person's request is fulfilled: what was erased is found nowhere, and every proof holds. Deliberately
//! absent: what the index and the store do for it, which have tests of their own.

use std::fs;
use std::path::Path;

use everlog_core::bundle::{Trust, verify};
use everlog_core::checkpoint::VerifierKey;
use serde_json::{Value, json};

use crate::http::process_files::{PDF, put};
use crate::server::{Answer, Server, query};

const ORG: &str = "/v1/organizations/acme";
const EMAIL: &str = "ana.quixote@erase-me.example";
const NAME: &str = "Anastasia Quixote";
const IP: &str = "203.0.113.77";

fn start(profile: &str) -> (Server, String) {
    let server = Server::start();
    let key = server.tenant("acme", profile);
    (server, key)
}

/// A day of Ana and a colleague, who says her address once.
fn day() -> Vec<Value> {
    let ana = json!({"type": "user", "id": "u_ana", "name": NAME, "email": EMAIL});
    let bo = json!({"type": "user", "id": "u_bo", "name": "Bo", "email": "bo@stays.example"});
    let mut events = Vec::new();
    for number in 0..6 {
        events.push(json!({
            "id": format!("ana-{number}"), "action": "document.viewed", "actor": ana,
            "targets": [{"type": "document", "id": "d_1", "name": "Lease"}],
            "context": {"ip": IP, "user_agent": "Anabrowser/1.0", "location": "Quixotown"},
        }));
        events.push(json!({
            "id": format!("bo-{number}"), "action": "document.viewed", "actor": bo, "context": {"ip": "198.51.100.4"},
            "targets": [{"type": "document", "id": "d_1", "name": "Lease"}],
        }));
    }
    events.push(json!({
        "id": "bo-said", "action": "user.invited", "actor": bo, "description": format!("Bo wrote to {EMAIL} once"),
        "targets": [{"type": "user", "id": "u_ana", "name": NAME}], "metadata": {"to": EMAIL, "kept": "yes"},
    }));
    events.push(json!({
        "id": "behalf", "action": "document.viewed", "actor": bo, "on_behalf_of": ana,
        "targets": [{"type": "document", "id": "d_1", "name": "Lease"}],
    }));
    events
}

fn send(server: &Server, key: &str, events: &[Value]) {
    let answer = server.post(&format!("{ORG}/events"), key, &json!(events));
    assert_eq!(answer.body["created"], events.len(), "{answer:?}");
}

fn erase(server: &Server, key: &str, what: Value) -> Answer {
    let mut body = json!({"basis": "GDPR article 17", "requested_by": "data protection officer"});
    body.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    server.post(&format!("{ORG}/erasures"), key, &body)
}

fn total(server: &Server, key: &str, params: &[(&str, &str)]) -> u64 {
    let answer = server.get(&format!("{ORG}/events/total{}", query(params)), key);
    answer.body["total"].as_u64().unwrap_or_else(|| panic!("{answer:?}"))
}

/// Everything that can be read of the log in one text.
fn everything(server: &Server, key: &str) -> String {
    let mut said = String::new();
    for path in [
        "/events?limit=1000",
        "/events?limit=1000&category=Access",
        "/feed?after=-1&limit=1000",
        "/events/facets?fields=actor,ip,target_type",
        "/export?format=csv",
        "/export?format=jsonl",
        "/export?format=csv&columns=full&raw=true",
        "/targets/document/d_1",
        "/targets/user/u_ana",
        "/processes",
    ] {
        let answer = server.get(&format!("{ORG}{path}"), key);
        assert!(matches!(answer.status, 200 | 404), "{path}: {answer:?}");
        said.push_str(&answer.text);
    }
    said
}

/// Files below a directory that hold these bytes.
fn files_with(directory: &Path, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(needle.len()).any(|it| it.eq_ignore_ascii_case(needle.as_bytes()))
        {
            let at = bytes
                .windows(needle.len())
                .position(|it| it.eq_ignore_ascii_case(needle.as_bytes()))
                .unwrap();
            let around = &bytes[at.saturating_sub(150)..(at + 150).min(bytes.len())];
            found.push(format!("{}: {}", path.display(), around.escape_ascii()));
        }
    }
    found
}

fn holds(server: &Server, bundle: &str) {
    let key: VerifierKey = server.get("/v1/log-key", "").text.lines().next().unwrap().parse().unwrap();
    let trust = Trust { keys: vec![key], older: None };
    verify(bundle.as_bytes(), &trust, |_| ()).unwrap_or_else(|why| panic!("{why:?}: {bundle}"));
}

#[test]
fn what_said_who_an_actor_was_is_found_nowhere_and_every_proof_holds() {
    let (server, key) = start("workspace");
    send(&server, &key, &day());
    server.session("acme", &key, "u_ana", "owner");
    let before = server.get(&format!("{ORG}/events/ana-3/bundle"), &key).text;
    let leaf = server.get(&format!("{ORG}/events/ana-3"), &key).body["leaf_hash"].clone();
    assert!(everything(&server, &key).contains(EMAIL) && total(&server, &key, &[("q", EMAIL)]) == 8);

    let made = erase(&server, &key, json!({"actor": "u_ana"}));
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["erasures"][0]["events"], 9, "{made:?}");
    assert!(made.body["elsewhere"].as_array().unwrap().len() > 1);
    assert_eq!(made.body["mentions"], json!([]));

    let said = everything(&server, &key);
    for gone in [EMAIL, NAME, IP, "Quixote", "Anabrowser", "Quixotown"] {
        assert!(!said.contains(gone), "{gone} is still told: {said}");
        assert_eq!(total(&server, &key, &[("q", gone)]), 0, "{gone}");
    }
    assert_eq!(total(&server, &key, &[("actor", EMAIL)]), 0);
    assert_eq!(total(&server, &key, &[("ip", IP)]), 0);
    // By id she is still found, and others are as they were.
    assert_eq!(total(&server, &key, &[("actor", "u_ana")]), 6);
    assert_eq!(total(&server, &key, &[("q", "bo@stays.example")]), 8);
    let event = server.get(&format!("{ORG}/events/ana-3"), &key).body;
    assert_eq!(event["actor"], json!({"type": "user", "id": "u_ana"}));
    let record = made.body["erasures"][0]["seq"].clone();
    assert!(
        event["erased"].as_array().unwrap().contains(&json!({"pointer": "/e/actor/email", "by": record}))
    );
    let said = server.get(&format!("{ORG}/events/bo-said"), &key).body;
    assert_eq!(said["metadata"], json!({"kept": "yes"}));
    assert_eq!(said["actor"]["email"], "bo@stays.example");

    // The record tells why, and says nobody's name.
    let record = server.get(&format!("{ORG}/events/{record}"), &key).body;
    assert_eq!(record["action"], "erasure.made");
    assert_eq!(record["metadata"]["basis"], "GDPR article 17");
    assert!(record["description"].as_str().unwrap().contains("9 events"), "{record}");

    // What was proven before is proven, and what is there now is, with the leaf it had.
    holds(&server, &before);
    assert_eq!(event["leaf_hash"], leaf);
    let after = server.get(&format!("{ORG}/events/ana-3/bundle"), &key).text;
    assert!(after.contains("\"by\":") && !after.contains(EMAIL), "{after}");
    holds(&server, &after);
    server.check_log();

    // Sent again it is a duplicate, not a conflict, and brings nothing back.
    let again = server.post(&format!("{ORG}/events"), &key, &day()[0]);
    assert_eq!((again.status, again.body["status"].as_str()), (200, Some("duplicate")));
    // Asked for again, nothing is left and nothing is recorded.
    let again = erase(&server, &key, json!({"actor": "u_ana"}));
    assert_eq!((again.status, again.body["erasures"].clone()), (200, json!([])));
}

#[test]
fn the_data_directory_holds_no_byte_of_what_was_erased() {
    let (server, key) = start("workspace");
    send(&server, &key, &day());
    server.session("acme", &key, "u_ana", "owner");
    let directory = server.directory.path().to_owned();
    server.app.index.flush().unwrap();
    assert!(!files_with(&directory, EMAIL).is_empty());

    assert_eq!(erase(&server, &key, json!({"actor": "u_ana"})).status, 201);
    server.app.purge().unwrap();
    for gone in [EMAIL, "Quixote", IP, "Quixotown"] {
        assert_eq!(files_with(&directory, gone), Vec::<String>::new(), "{gone}");
    }
    assert_eq!(server.app.store.unpurged().unwrap(), []);
    server.check_log();
    let directory = server.stop();
    for gone in [EMAIL, "Quixote", IP, "Quixotown"] {
        assert_eq!(files_with(directory.path(), gone), Vec::<String>::new(), "{gone} after stopping");
    }
}

/// What was before and after, and what members are called, is in no index.
#[test]
fn an_address_is_erased_from_changes_and_from_names_of_members_and_a_name_elsewhere_is_counted() {
    let (server, key) = start("workspace");
    let bo = json!({"type": "user", "id": "u_bo", "name": "Bo"});
    let mut events = day();
    events.push(json!({
        "id": "changed", "action": "user.updated", "actor": bo, "targets": [{"type": "user", "id": "u_ana"}],
        "before": {"Email": "maiden@erase-me.example", "first_name": "Stasia", "title": "Clerk"},
        "after": {"Email": EMAIL, "first_name": "Ana", "title": "Head"},
    }));
    events.push(json!({
        "id": "rights", "action": "document.updated", "actor": bo,
        "before": {"rights": {EMAIL: "read"}}, "after": {"rights": {EMAIL: "write"}, "owner": EMAIL},
        "metadata": {"readers": {EMAIL: {"since": 1}}, "kept": "yes"},
    }));
    for number in 0..2 {
        let reason = format!("{NAME} asked for it");
        events.push(
            json!({"id": format!("r{number}"), "action": "document.viewed", "actor": bo, "reason": reason}),
        );
    }
    send(&server, &key, &events);
    let made = erase(&server, &key, json!({"actor": "u_ana"}));
    assert_eq!(made.body["mentions"], json!([{"name": NAME, "events": 2, "seqs": [16, 17]}]), "{made:?}");
    let changed = server.get(&format!("{ORG}/events/changed"), &key).body;
    assert_eq!(changed["changes"], json!({"title": {"before": "Clerk", "after": "Head"}}));
    let rights = server.get(&format!("{ORG}/events/rights"), &key).body;
    assert_eq!(
        (rights["changes"].clone(), rights["metadata"].clone()),
        (Value::Null, json!({"kept": "yes"}))
    );
    server.app.purge().unwrap();
    for gone in [EMAIL, "maiden@erase-me", "Stasia"] {
        assert_eq!(files_with(server.directory.path(), gone), Vec::<String>::new(), "{gone}");
    }
    server.check_log();
}

#[test]
fn killed_before_it_was_purged_nothing_comes_back() {
    let (server, key) = start("workspace");
    send(&server, &key, &day());
    assert_eq!(erase(&server, &key, json!({"actor": "u_ana"})).status, 201);
    assert_eq!(server.app.store.unpurged().unwrap().len(), 1);
    let server = Server::start_in(server.stop(), |_| ());
    assert_eq!(total(&server, &key, &[("q", EMAIL)]), 0);
    server.app.purge().unwrap();
    assert_eq!(server.app.store.unpurged().unwrap(), []);
    assert_eq!(files_with(server.directory.path(), EMAIL), Vec::<String>::new());
    server.check_log();
}

#[test]
fn named_fields_of_named_events_go_and_nothing_else() {
    let (server, key) = start("workspace");
    send(&server, &key, &day());
    let made =
        erase(&server, &key, json!({"events": ["bo-said", 0], "fields": ["/e/metadata", "/e/context/ip"]}));
    assert_eq!(made.status, 201, "{made:?}");
    let said = server.get(&format!("{ORG}/events/bo-said"), &key).body;
    assert_eq!(said["metadata"], json!({}));
    assert_eq!(said["targets"][0]["name"], NAME);
    let first = server.get(&format!("{ORG}/events/ana-0"), &key).body;
    assert_eq!(first["context"].get("ip"), None);
    assert_eq!(first["context"]["location"], "Quixotown");
    server.check_log();
}

#[test]
fn what_no_erasure_can_do_is_refused_with_its_place_and_nothing_is_recorded() {
    let (server, key) = start("workspace");
    send(&server, &key, &day());
    let size = server.size("acme");
    let long = "x".repeat(1_001);
    for (what, pointer) in [
        (json!({}), ""),
        (json!({"actor": "u_ana", "signee": "s"}), ""),
        (json!({"events": []}), "/events"),
        (json!({"events": ["ana-0", "nobody"]}), "/events/1"),
        (json!({"events": ["ana-0", 99]}), "/events/1"),
        (json!({"actor": "u_ana", "fields": ["/e/action"]}), "/fields/0"),
        (json!({"actor": "u_ana", "fields": ["/e/actor/name", "/actor/name"]}), "/fields/1"),
        (json!({"actor": "u_ana", "fields": ["/s/id"]}), "/fields/0"),
        (json!({"actor": "u_ana", "basis": " "}), "/basis"),
        (json!({"actor": "u_ana", "requested_by": long}), "/requested_by"),
        (json!({"actor": ""}), ""),
    ] {
        let answer = erase(&server, &key, what.clone());
        assert_eq!(answer.status, 422, "{what}: {answer:?}");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{what}: {answer:?}");
    }
    for key in [server.key("acme", &["read", "write"]), server.session("acme", &key, "u_1", "owner")] {
        assert_eq!(erase(&server, &key, json!({"actor": "u_ana"})).status, 403);
    }
    assert_eq!(server.size("acme"), size + 1);
    // Records of erasures are not erased.
    assert_eq!(erase(&server, &key, json!({"events": [0]})).status, 201);
    let record = json!({"events": [size + 1], "fields": ["/e/metadata"]});
    assert_eq!(erase(&server, &key, record).body["erasures"], json!([]));
    server.check_log();
}

#[test]
fn a_legal_hold_refuses_and_that_is_recorded() {
    let (server, key) = start("workspace");
    send(&server, &key, &day());
    let set = |hold: Value| {
        let change = json!({"settings": {"legal_hold": hold}}).to_string();
        assert_eq!(server.send("PATCH", ORG, &key, Some(change.as_bytes()), "application/json").status, 200);
    };
    set(json!("Case 4711"));
    let refused = erase(&server, &key, json!({"actor": "u_ana"}));
    refused.assert_problem(409, "legal_hold");
    assert!(refused.body["detail"].as_str().unwrap().contains("Case 4711"));
    let record = server.get(&format!("{ORG}/events?action=erasure.refused"), &key).body;
    assert_eq!(record["data"][0]["reason"], "Case 4711");
    assert_eq!(total(&server, &key, &[("q", EMAIL)]), 8);
    set(Value::Null);
    assert_eq!(erase(&server, &key, json!({"actor": "u_ana"})).status, 201);
    server.check_log();
}

#[test]
fn a_large_erasure_takes_several_records_and_all_of_it_is_done() {
    let (server, key) = start("workspace");
    for group in 0..2 {
        let ana = |number: u32| {
            json!({"id": format!("e-{group}-{number}"), "action": "file.opened", "context": {"ip": IP},
                "actor": {"type": "user", "id": "u_ana", "name": NAME, "email": EMAIL}})
        };
        send(&server, &key, &(0..600).map(ana).collect::<Vec<_>>());
    }
    let made = erase(&server, &key, json!({"actor": EMAIL}));
    let events: Vec<_> =
        made.body["erasures"].as_array().unwrap().iter().map(|it| it["events"].clone()).collect();
    assert_eq!(events, [json!(500), json!(500), json!(200)]);
    assert_eq!(total(&server, &key, &[("q", EMAIL)]), 0);
    assert_eq!(total(&server, &key, &[("actor", "u_ana")]), 1_200);
    server.check_log();
}

/// A backup from before the erasure must not bring anything back.
#[test]
fn a_store_from_before_the_erasure_forgets_again_when_it_is_opened() {
    let (server, key) = start("workspace");
    send(&server, &key, &day());
    let directory = server.stop();
    let backup = tempfile::tempdir().unwrap();
    let truth = directory.path().join("data/truth.db");
    fs::copy(&truth, backup.path().join("truth.db")).unwrap();

    let server = Server::start_in(directory, |_| ());
    assert_eq!(erase(&server, &key, json!({"actor": "u_ana"})).status, 201);
    server.app.purge().unwrap();
    let directory = server.stop();
    fs::copy(backup.path().join("truth.db"), &truth).unwrap();
    let data = truth.parent().unwrap();
    drop(fs::remove_dir_all(data.join("index")));
    drop(fs::remove_dir_all(data.join("signed")));

    let server = Server::start_in(directory, |_| ());
    assert_eq!(total(&server, &key, &[("q", EMAIL)]), 0);
    let records = server.get(&format!("{ORG}/events?action=erasure.made"), &key).body;
    assert_eq!(records["data"][0]["metadata"]["basis"], "GDPR article 17");
    server.app.purge().unwrap();
    assert_eq!(files_with(server.directory.path(), EMAIL), Vec::<String>::new());
    server.check_log();
}

/// Who is asked for by address is the signee with that address too, in every process.
#[test]
fn an_actor_with_the_address_of_a_signee_is_erased_as_that_signee() {
    let (server, key) = start("signing");
    for process in ["p1", "p2"] {
        let signees = json!([
            {"signee_key": format!("{process}-s"), "name": NAME, "email": EMAIL, "phone": "+354 555 0123"},
            {"signee_key": format!("{process}-o"), "name": "Bo", "email": "bo@stays.example"},
        ]);
        let process = json!({"process_key": process, "display_name": "Lease", "file_name": "lease.pdf",
            "created_by": {"type": "user", "id": "u_1"}, "signees": signees});
        assert_eq!(server.post(&format!("{ORG}/processes"), &key, &process).status, 201);
    }
    let told = json!({"action": "document.viewed", "process": "p2", "signee": "p2-s", "context": {"ip": IP},
        "actor": {"type": "signee", "id": "p2-s"}});
    assert_eq!(server.post(&format!("{ORG}/events"), &key, &told).status, 201);
    let noted =
        json!({"action": "note.made", "actor": {"type": "system"}, "reason": format!("{NAME} called")});
    assert_eq!(server.post(&format!("{ORG}/events"), &key, &noted).status, 201);

    let made = erase(&server, &key, json!({"actor": EMAIL}));
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["mentions"][0]["events"], 1, "{made:?}");
    for process in ["p1", "p2"] {
        let said = server.get(&format!("{ORG}/processes/{process}"), &key).text;
        assert!(said.contains("bo@stays.example"), "{said}");
        for gone in [EMAIL, NAME, "555 0123"] {
            assert!(!said.contains(gone), "{gone}: {said}");
        }
    }
    server.app.purge().unwrap();
    for gone in [EMAIL, "555 0123", IP] {
        assert_eq!(files_with(server.directory.path(), gone), Vec::<String>::new(), "{gone}");
    }
    server.check_log();
}

#[test]
fn a_signee_is_erased_from_process_lists_and_trails_and_the_final_pdf_is_made_anew() {
    let (server, key) = start("signing");
    server.make_trails();
    let process = json!({
        "process_key": "p1", "display_name": "Lease", "file_name": "lease.pdf",
        "created_by": {"type": "user", "id": "u_1", "name": "Owner", "email": "owner@stays.example"},
        "signees": [
            {"signee_key": "s1", "name": NAME, "email": EMAIL, "phone": "+354 555 0123", "ssn": "120174-3399"},
            {"signee_key": "s2", "name": "Bo", "email": "bo@stays.example"},
        ],
    });
    assert_eq!(server.post(&format!("{ORG}/processes"), &key, &process).status, 201);
    assert_eq!(put(&server, "acme", &key, "p1", PDF).status, 201);
    for (action, signee) in [
        ("invitation.sent", "s1"),
        ("invitation.sent", "s2"),
        ("document.signed", "s1"),
        ("document.signed", "s2"),
    ] {
        let event = json!({"action": action, "signee": signee, "context": {"ip": IP, "user_agent": "Anabrowser/1.0"}});
        let answer = server.post(&format!("{ORG}/processes/p1/events"), &key, &event);
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let state = || server.get(&format!("{ORG}/processes/p1"), &key).body;
    let made = |besides: &Value| {
        for _ in 0..600 {
            let trail = state()["trail"]["sha256"].clone();
            if !trail.is_null() && trail != *besides {
                return trail;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("no trail was made: {}", state());
    };
    let first = made(&Value::Null);
    let trail = || server.get(&format!("{ORG}/processes/p1/audit-trail.json"), &key).text;
    assert!(trail().contains(EMAIL));

    let answer = erase(&server, &key, json!({"signee": "s1"}));
    assert_eq!(answer.status, 201, "{answer:?}");
    let second = made(&first);
    server.app.purge().unwrap();
    let told = trail() + &state().to_string() + &everything(&server, &key);
    for gone in [EMAIL, NAME, "555 0123", "120174"] {
        assert!(!told.contains(gone), "{gone}: {told}");
        assert_eq!(
            server.get(&format!("{ORG}/processes{}", query(&[("q", gone)])), &key).body["data"],
            json!([])
        );
        assert_eq!(files_with(server.directory.path(), gone), Vec::<String>::new(), "{gone}");
    }
    assert!(told.contains("bo@stays.example"));
    assert_eq!(state()["status"], "completed");
    let blob = |hash: &Value| {
        let hash = everlog_core::hex::decode::<32>(hash.as_str().unwrap()).unwrap();
        let org = server.app.access.open_locally(&"acme".to_owned().try_into().unwrap()).unwrap().code();
        server.app.blobs.read(org, &hash)
    };
    assert!(blob(&first).is_err(), "the first final PDF shows the name");
    assert!(blob(&second).is_ok());
    server.check_log();
}

/// What comes in while the index is cleaned is found all the same, and keeps what it is found by.
#[test]
fn what_comes_in_while_values_are_purged_is_found_at_once_and_stays() {
    let (server, key) = start("workspace");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.spawn(server.app.clone().keep_purging());
    let record = |id: String, actor: String, name: &str| {
        let event =
            json!({"id": id, "action": "lead.created", "actor": {"type": "user", "id": actor, "name": name}});
        assert_eq!(server.post(&format!("{ORG}/events"), &key, &event).status, 201);
    };
    for round in 0..12 {
        record(format!("a{round}"), format!("A{round}"), "Gone");
        assert_eq!(erase(&server, &key, json!({"actor": format!("A{round}")})).status, 201);
        for more in 0..6 {
            record(format!("b{round}-{more}"), format!("B{round}-{more}"), "Stays");
            assert_eq!(total(&server, &key, &[("actor", &format!("B{round}-{more}"))]), 1, "{round} {more}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
    server.app.purge().unwrap();
    assert_eq!(total(&server, &key, &[("q", "Stays")]), 72);
    assert_eq!(total(&server, &key, &[("q", "Gone")]), 0);
    server.check_log();
    assert_eq!(server.app.index.check().unwrap(), Vec::<String>::new());
    server.app.stopping.set();
}

#[test]
fn an_address_that_no_actor_has_is_erased_wherever_it_stands() {
    let (server, key) = start("workspace");
    let ghost = "Ghost@Away.example";
    send(
        &server,
        &key,
        &[
            json!({"id": "to", "action": "mail.sent", "actor": {"type": "system"}, "metadata": {"to": ghost, "kept": 1}}),
            json!({"id": "url", "action": "mail.sent", "actor": {"type": "system"},
            "metadata": {"link": "https://x.example/?u=ghost%40away.example", "kept": 2}}),
            json!({"id": "id", "action": "mail.read", "actor": {"type": "user", "id": ghost, "name": "Ghostly"}}),
        ],
    );
    let new = json!({"user": {"id": "u_9", "name": "Ghostly", "email": ghost}, "role": "owner"});
    let session = server.post(&format!("{ORG}/viewer-sessions"), &key, &new).body["token"].clone();
    assert_eq!(erase(&server, &key, json!({"actor": "ghost@away.example"})).status, 201);
    for (id, kept) in [("to", json!({"kept": 1})), ("url", json!({"kept": 2}))] {
        assert_eq!(server.get(&format!("{ORG}/events/{id}"), &key).body["metadata"], kept);
    }
    assert_eq!(server.get(&format!("{ORG}/events/id"), &key).body["actor"].get("name"), None);
    assert_eq!(server.get(&format!("{ORG}/events"), session.as_str().unwrap()).status, 401);
    server.check_log();
}

/// A `~` that is no escape once named nothing, and the answer was that nothing was left to be erased.
#[test]
fn a_pointer_that_is_none_is_named_and_erases_nothing() {
    let (server, key) = start("workspace");
    send(&server, &key, &day());
    let size = server.size("acme");
    for (at, bad) in
        ["/e/metadata/a~b", "/e/metadata/a~", "/e/metadata/~2", "e/metadata/to", "/e/~~0"].iter().enumerate()
    {
        let mut fields = vec!["/e/metadata/a~0b~1c"; at];
        fields.push(bad);
        let answer = erase(&server, &key, json!({"events": ["bo-said"], "fields": fields}));
        answer.assert_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["pointer"], format!("/fields/{at}"), "{bad}");
    }
    assert_eq!(server.size("acme"), size);
    assert_eq!(
        erase(&server, &key, json!({"events": ["bo-said"], "fields": ["/e/metadata/to"]})).status,
        201
    );
    server.check_log();
}
