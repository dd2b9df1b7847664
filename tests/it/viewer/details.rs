//! The details of an event in their tabs, and the page of a record, as a browser without scripts meets them. Deliberately
//! absent: keys and the check in the page, which are in `browser`.

use serde_json::{Value, json};

use crate::http::bundles::held;
use crate::server::Server;
use crate::viewer::{Visitor, lead, link, now_iso, opened, plain, record};

fn updated(id: &str, at: &str, before: &Value, after: &Value) -> Value {
    let mut event = lead("Globex", at);
    (event["id"], event["action"]) = (json!(id), json!("lead.updated"));
    (event["before"], event["after"]) = (before.clone(), after.clone());
    event
}

/// D09, D18 to D26: each part has an address of its own and stands in its tab alone.
#[test]
fn every_tab_has_an_address_and_shows_its_part() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let mut event =
        updated("e-1", "2026-01-05T10:00:00Z", &json!({"status": "New"}), &json!({"status": "Won"}));
    event["context"] =
        json!({"ip": "203.0.113.7", "request_id": "req-1", "session_id": "s-1", "channel": "web"});
    event["metadata"] =
        json!({"lead_ids": (0..30).map(|at| format!("l_{at}")).collect::<Vec<_>>(), "count": 30});
    let mut same = lead("Other", "2026-01-05T09:50:00Z");
    same["context"] = json!({"request_id": "req-1"});
    let parent = json!({"type": "pipeline", "id": "p_1", "name": "Sales"});
    event["targets"][0]["parent"] = parent;
    record(&server, "acme", &key, &json!([event, same, lead("Globex", "2026-01-04T10:00:00Z")]));
    let mut tab = |name: &str| plain(&visitor.get(&format!("/view/acme/events/e-1?tab={name}")).text);
    let overview = tab("nonsense");
    for part in [
        "Name Globex",
        "By user AR Ana Ruiz",
        "203.0.113.7",
        "Outcome Success",
        "Channel Web",
        "30 items",
        "l_0 ",
        "Show the rest",
    ] {
        assert!(overview.contains(part), "{part}: {overview}");
    }
    assert!(!overview.contains("leaf_hash") && !overview.contains("req-1"), "{overview}");
    // Whoever is read about can be filtered for, and out, from here, in the list that the event was opened from.
    let page = visitor.get("/view/acme/events/e-1?range=this_month").text;
    for href in ["range=this_month&#38;actor=u_1", "not=actor:u_1", "ip=203.0.113.7", "not=ip:203.0.113.7"] {
        assert!(page.contains(href), "{href}");
    }
    let mut tab = |name: &str| plain(&visitor.get(&format!("/view/acme/events/e-1?tab={name}")).text);
    assert!(tab("changes").contains("Field Before After status New Won"));
    let related = tab("related");
    for part in [
        "Belongs to pipeline Sales",
        "In the same request",
        "Other",
        "History of Globex",
        "Whole history",
        "Ana Ruiz around that time",
    ] {
        assert!(related.contains(part), "{part}: {related}");
    }
    assert!(tab("raw").contains("Event ID e-1") && tab("raw").contains("leaf_hash"));
    let proof = tab("proof");
    assert!(
        proof.contains("This event is number 2 of 4 in the log."),
        "the session that began is the first: {proof}"
    );
    assert!(proof.contains("This server followed the path") && proof.contains("Key"), "{proof}");
    assert!(proof.contains("Fingerprint of the key (SHA-256)"), "{proof}");
}

/// D19, D24: many changes stay usable; all are there when they are asked for.
#[test]
fn an_event_of_hundreds_of_fields_shows_the_first_and_all_when_asked() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let side =
        |value: &str| -> Value { (0..450).map(|at| (format!("field_{at:03}"), json!(value))).collect() };
    record(&server, "acme", &key, &json!([updated("e-1", "2026-01-05T10:00:00Z", &side("a"), &side("b"))]));
    let mut rows = |rest: &str| {
        let page = visitor.get(&format!("/view/acme/events/e-1?{rest}"));
        (page.text.matches("<tr><th scope=\"row\">").count(), page.text.contains("Show all 450 fields"))
    };
    assert_eq!(rows("tab=changes"), (100, true));
    assert_eq!(rows("tab=changes&all=1"), (450, false));
    assert_eq!(rows("").0, 5);
}

/// D20, D25: who deleted it, and what it held, stands at the top.
#[test]
fn a_deleted_record_says_who_deleted_it_and_what_it_held() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let mut deleted = lead("Globex", "2026-01-06T10:00:00Z");
    (deleted["action"], deleted["actor"]) = (json!("lead.deleted"), json!({"type": "user", "id": "u_9"}));
    deleted["before"] = json!({"status": "Won", "city": "Oslo"});
    deleted.as_object_mut().unwrap().remove("after");
    let won = updated("e-1", "2026-01-05T10:00:00Z", &json!({"status": "New"}), &json!({"status": "Won"}));
    record(&server, "acme", &key, &json!([lead("Globex", "2026-01-04T10:00:00Z"), won, deleted]));
    let page = plain(&visitor.get("/view/acme/records/lead/Globex").text);
    assert!(page.contains("Deleted by u_9 on Tue, Jan 06, 2026, 11:00:00"), "{page}");
    assert!(page.contains("It held: Field Value city Oslo status Won"), "{page}");
    assert!(page.contains("Does not exist") && page.contains("city was “Oslo” on"), "{page}");
    let then = plain(&visitor.get("/view/acme/records/lead/Globex?at=2026-01-05T11:00:00").text);
    assert!(then.contains("As it was") && then.contains("Exists Field Value status Won"), "{then}");
    let before = plain(&visitor.get("/view/acme/records/lead/Globex?at=2026-01-05T10:59:59").text);
    assert!(
        before.contains("Exists Field Value status New"),
        "a form's time is of the reader's zone: {before}"
    );
    for (path, status) in [("lead/nobody", 404), ("lead/Globex?at=yesterday", 400), ("lead/Globex?at=", 200)]
    {
        assert_eq!(visitor.get(&format!("/view/acme/records/{path}")).status, status, "{path}");
    }
}

#[test]
fn a_record_of_three_thousand_changes_is_paged() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    for group in 0..3_u64 {
        let events = (group * 1_000..group * 1_000 + 1_000).map(|at| {
            let time = everlog::read::iso(1_767_225_600_000 + at * 60_000);
            updated(&format!("e-{at}"), &time, &json!({"n": at}), &json!({"n": at + 1}))
        });
        record(&server, "acme", &key, &events.collect());
    }
    let page = visitor.get("/view/acme/records/lead/Globex");
    assert_eq!(page.text.matches("class=\"al-entry ").count(), 50);
    assert!(plain(&page.text).contains("Timeline 3,000") && plain(&page.text).contains("n 3000"));
    let next = page.text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let older = visitor.get(&next.replace("&#38;", "&").replace("&amp;", "&"));
    assert_eq!(older.text.matches("class=\"al-entry ").count(), 50);
    assert!(older.text.contains("rel=\"prev\"") && older.text.contains("/events/e-2949"));
}

/// X01: what the tab proves can be taken away, and holds without the server; what was erased is told, and by what.
#[test]
fn the_proof_of_an_event_can_be_taken_away_and_tells_what_was_erased() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    record(&server, "acme", &key, &json!([lead("Globex", "2026-11-01T10:00:00Z")]));
    let id = server.get("/v1/organizations/acme/events/1", &key).body["id"].as_str().unwrap().to_owned();
    let asked = json!({"events": [id], "fields": ["/e/actor/name", "/e/targets/0/name"], "basis": "GDPR", "requested_by": "owner"});
    let made = server.post("/v1/organizations/acme/erasures", &key, &asked);
    let by = made.body["erasures"][0]["seq"].as_u64().unwrap_or_else(|| panic!("{made:?}"));
    let page = visitor.get(&format!("/view/acme/events/{id}?tab=proof"));
    let told = plain(&page.text);
    assert!(told.contains(&format!("2 fields, erased by event {by}")), "{told}");
    assert!(page.text.contains(&format!("/view/acme/events/{by}\"")), "its record is one step away");
    assert_eq!(visitor.get(&format!("/view/acme/events/{by}")).status, 200);
    let path = format!("/view/acme/events/{id}/bundle");
    assert!(page.text.contains(&format!("href=\"{path}\"")));
    let file = visitor.get(&path);
    assert_eq!((file.status, file.header("content-type")), (200, "application/x-ndjson"));
    assert!(file.header("content-disposition").contains(".bundle.jsonl"));
    let (report, shown) = held(&server, &file.text);
    assert_eq!((report.erased, shown.len(), report.header.records), (2, 2, 1));
    assert_eq!(visitor.get("/view/acme/events/nothing/bundle").status, 404);
}

/// D27 to D30: nothing beside an event, and nothing of a record, that its reader may not see.
#[test]
fn a_restricted_reader_sees_its_own_beside_an_event_and_no_state_or_position() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let by = |id: &str, user: &str| {
        json!({"id": id, "action": "contact.updated", "occurred_at": "2026-01-05T10:00:00Z",
            "actor": {"type": "user", "id": user, "name": format!("canary-{user}")}, "targets": [{"type": "contact", "id": "c"}],
            "context": {"request_id": "req-1", "session_id": "s-1"}, "before": {"a": 1}, "after": {"a": 2}})
    };
    record(&server, "acme", &key, &json!([by("e-1", "u_1"), by("e-2", "u_2"), by("e-3", "u_1")]));
    let mut visitor = Visitor::new(&server);
    visitor.enter(&link(&server, "acme", "u_1", "regular"));
    for path in ["events/e-1?tab=related", "records/contact/c", "records/contact/c?at=2026-01-06T00:00:00Z"] {
        let page = visitor.get(&format!("/view/acme/{path}"));
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("events/e-3") && !page.text.contains("events/e-2"), "{path}");
        assert!(!page.text.contains("canary-u_2") && !page.text.contains("id=\"al-state\""), "{path}");
    }
    let proof = plain(&visitor.get("/view/acme/events/e-1?tab=proof").text);
    assert!(
        proof.contains("would tell how many events you cannot see") && proof.contains("Leaf hash"),
        "{proof}"
    );
    let bundle = visitor.get("/view/acme/events/e-1/bundle");
    assert_eq!(bundle.status, 200);
    assert_eq!(visitor.get("/view/acme/events/e-2/bundle").status, 404);
    for hidden in ["number 1", "Root hash", "Position"] {
        assert!(!proof.contains(hidden), "{hidden}: {proof}");
    }
}

/// A long name, nobody known, no change: nothing breaks, in any language.
#[test]
fn details_of_the_least_and_the_longest_event_are_shown_in_every_language() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let long = "x".repeat(100_000);
    let least = json!({"id": "least", "action": "thing.done", "actor": {"type": "anonymous"}, "occurred_at": now_iso()});
    let longest = json!({"id": "longest", "action": "lead.updated", "actor": {"type": "user", "id": "u", "name": long},
        "targets": [{"type": "lead", "id": "l", "name": long}], "outcome": "denied", "reason": "no"});
    record(&server, "acme", &key, &json!([least, longest]));
    for language in ["en", "de", "ar"] {
        for path in ["events/least", "events/longest", "records/lead/l"] {
            for tab in ["overview", "changes", "related", "raw", "proof"] {
                let page = visitor.ask(
                    "GET",
                    &format!("/view/acme/{path}?tab={tab}"),
                    &[("Accept-Language", language)],
                );
                assert_eq!(page.status, 200, "{language} {path} {tab}");
                assert!(page.text.contains(&format!("<html lang=\"{language}\"")));
            }
        }
    }
}
