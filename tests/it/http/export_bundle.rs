//! `GET export?format=bundle`: what is exported is proven, shows no more than its reader may see, and says that nothing is
//! missing only when nothing is. Deliberately absent: what a verifier refuses (`core::bundle`).

use std::process::Command;
use std::thread;

use everlog_core::bundle::{Disclosed, Report, Trust, verify};
use everlog_core::ids::Size;
use serde_json::{Value, json};

use crate::http::bundles::held;
use crate::http::export::{allow, download};
use crate::server::{Server, event, is_gate};

const EXPORT: &str = "/v1/organizations/acme/export?format=bundle";

/// Events with their number as id, by one of three people, some for administrators where there are such.
fn fill(server: &Server, key: &str, count: usize) {
    let events: Vec<Value> = (0..count).map(|at| sent(at, "organization")).collect();
    for group in events.chunks(1_000) {
        let answer = server.post("/v1/organizations/acme/events", key, &json!(group));
        assert_eq!(answer.body["created"], group.len(), "{answer:?}");
    }
}

fn sent(at: usize, audience: &str) -> Value {
    let mut sent = event(["lead.created", "lead.deleted", "task.created"][at % 3]);
    sent["id"] = json!(format!("e-{at}"));
    sent["actor"] = json!({"type": "user", "id": format!("u_{}", at % 3), "name": format!("Zoë {}", at % 3)});
    sent["audience"] = json!(audience);
    // Not in the order in which they are recorded.
    sent["occurred_at"] = json!(format!("2026-11-{:02}T10:00:00Z", 1 + at * 7 % 20));
    sent
}

fn exported(server: &Server, more: &str, token: &str) -> (Report, Vec<Disclosed>, String) {
    let bytes = download(server, &format!("{EXPORT}{more}"), token).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (report, shown) = held(server, &text);
    (report, shown, text)
}

fn positions(shown: &[Disclosed]) -> Vec<u64> {
    shown.iter().map(|it| it.index.0).collect()
}

/// The second verifier, which was written from the page alone; nothing where there is no Python.
fn by_python(server: &Server, bundle: &str) -> Option<(bool, String)> {
    let path = server.directory.path().join("bundle.jsonl");
    std::fs::write(&path, bundle).unwrap();
    let key = server.get("/v1/log-key", "").text;
    let ran = Command::new("python3").arg("examples/verify.py").arg(&path).arg(key.trim()).output();
    match ran {
        Ok(output) => {
            let told = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8(told).unwrap()))
        }
        Err(why) => {
            assert!(!is_gate(), "python3 is needed: {why}");
            None
        }
    }
}

/// Only what is complete proves that nothing is missing: then every event is there, those about reading the log too.
#[test]
fn a_key_that_leaves_nothing_out_gets_the_whole_log() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let (empty, shown, _) = exported(&server, "", &key);
    assert!(empty.header.is_complete && shown.is_empty());
    fill(&server, &key, 30);
    server.session("acme", &key, "u_1", "owner");
    let size = server.size("acme");
    let (report, shown, text) = exported(&server, "&sort=actor", &key);
    assert!(report.header.is_complete && report.key_pinned);
    assert_eq!((report.header.size, report.header.count, report.withheld), (Size(size), size, 0));
    assert_eq!(
        positions(&shown),
        (0..size).collect::<Vec<_>>(),
        "in the order of the log, whatever is asked"
    );
    let access = |it: &&Disclosed| it.document["e"]["action"] == "export.made";
    assert_eq!(shown.iter().filter(access).count(), 1, "the export before this one");
    assert!(!text.contains("\"proof\""));
    let made = server.get("/v1/organizations/acme/events?category=Access&action=export.made", &key);
    let recorded = &made.body["data"][0]["metadata"];
    assert_eq!((&recorded["format"], &recorded["count"]), (&json!("bundle"), &json!(size)));
    assert_eq!(recorded["size"], json!(size));
    if let Some((holds, told)) = by_python(&server, &text) {
        assert!(holds && told.contains("complete"), "{told}");
        let fewer: Vec<&str> = text.lines().enumerate().filter(|it| it.0 != 7).map(|it| it.1).collect();
        assert!(!by_python(&server, &fewer.join("\n")).unwrap().0, "a line is gone");
        let other = text.replacen("Zoë 1", "Zoé 1", 1);
        assert!(!by_python(&server, &other).unwrap().0, "a byte is another");
    }
    // As the log was: everything up to then, and not all that there is.
    let (report, shown, _) = exported(&server, "&size=20", &key);
    assert!(!report.header.is_complete && positions(&shown) == (1..20).collect::<Vec<_>>());
    server.check_log();
}

/// L18 for evidence: the same set as the list, each proven, over blocks of leaves and the edge of the tree.
#[test]
fn a_filtered_export_proves_what_the_list_shows_in_the_order_of_the_log() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    fill(&server, &key, 1_111);
    for filters in
        ["&kind=deleted", "&q=e-10", "&actor=u_2&actor=u_1", "&from=2026-11-03&to=2026-11-04", "&q=nothing"]
    {
        let (report, shown, text) = exported(&server, filters, &key);
        let total = server.get(&format!("/v1/organizations/acme/events/total?{}", &filters[1..]), &key);
        assert_eq!(report.header.count, total.body["total"], "{filters}");
        assert_eq!(shown.len() as u64, report.header.count);
        assert!(!report.header.is_complete && positions(&shown).is_sorted());
        if filters == "&q=e-10"
            && let Some((holds, told)) = by_python(&server, &text)
        {
            assert!(holds && told.contains("not proven"), "{told}");
        }
    }
    let (report, _, _) = exported(&server, "&actor=u_2&actor=u_1&kind=created&range=all", &key);
    let query = &report.header.query;
    assert_eq!((&query["actor"], &query["kind"]), (&json!(["u_2", "u_1"]), &json!("created")));
    assert!(query["asked_at"].is_string(), "a range means something only with its time: {query:?}");
}

#[test]
fn a_bundle_is_tied_to_the_size_that_an_auditor_kept() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    fill(&server, &key, 300);
    let kept = server.get("/v1/organizations/acme/checkpoint", &key).text;
    let size: u64 = kept.lines().nth(1).unwrap().parse().unwrap();
    let more: Vec<Value> = (300..600).map(|at| sent(at, "organization")).collect();
    server.post("/v1/organizations/acme/events", &key, &json!(more));
    let trust = Trust { keys: server.app.trusted_keys(), older: Some(kept) };
    for filters in ["", "&kind=deleted"] {
        let bytes = download(&server, &format!("{EXPORT}{filters}&since={size}"), &key).unwrap();
        let report = verify(&bytes, &trust, |_| ()).unwrap();
        assert_eq!(report.continues.unwrap().from, Size(size));
        assert!(!report.header.query.contains_key("since"), "{:?}", report.header.query);
    }
    for bad in ["&since=0", "&since=100000", "&since=-1", "&since=01", "&since=x", "&since=1&since=2"] {
        server.get(&format!("{EXPORT}{bad}"), &key).assert_problem(400, "invalid_parameter");
    }
    let table = "/v1/organizations/acme/export?format=csv&since=5";
    server.get(table, &key).assert_problem(400, "invalid_parameter");
    server.get(&format!("{EXPORT}&raw=true"), &key).assert_problem(400, "invalid_parameter");
    server.get(&format!("{EXPORT}&limit=5"), &key).assert_problem(400, "invalid_parameter");
}

/// C19, and where every reader sees everything, sessions may have it without being asked.
#[test]
fn sessions_get_bundles_where_the_settings_or_the_profile_allow_it() {
    for (profile, role, by_default) in [
        ("documents", "user", 200),
        ("workspace", "owner", 403),
        ("signing", "user", 403),
        ("platform", "company", 403),
    ] {
        let server = Server::start();
        let key = server.tenant("acme", profile);
        server.post("/v1/organizations/acme/events", &key, &event("document.created"));
        let session = server.session("acme", &key, "u_1", role);
        assert_eq!(server.get(EXPORT, &session).status, by_default, "{profile}");
        allow(&server, "acme", &key, &json!(["bundle"]));
        let answer = server.get(EXPORT, &session);
        assert_eq!(answer.status, 200);
        assert!(answer.headers["content-disposition"].to_str().unwrap().contains(".bundle.jsonl\""));
        assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    }
}

/// What `events/{id}/bundle` keeps back is kept back here; a session's is never complete, though it leaves nothing out.
#[test]
fn a_session_gets_what_it_may_see_and_never_the_whole() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let events: Vec<Value> =
        (0..30).map(|at| sent(at, if at % 2 == 0 { "organization" } else { "administrators" })).collect();
    server.post("/v1/organizations/acme/events", &key, &json!(events));
    allow(&server, "acme", &key, &json!(["bundle"]));
    for (role, expected) in [
        ("company", (0..30).filter(|at| at % 2 == 0).collect::<Vec<u64>>()),
        ("regular", (0..30).filter(|at| at % 2 == 0 && at % 3 == 1).collect()),
        ("administrator", (0..30).filter(|at| at % 2 == 1 && at % 3 == 1).collect()),
    ] {
        let session = server.session("acme", &key, "u_1", role);
        assert!(!exported(&server, "", &session).0.header.is_complete);
        let (report, shown, text) = exported(&server, "&actor=u_0&actor=u_1&actor=u_2", &session);
        assert_eq!(positions(&shown), expected, "{role}");
        assert_eq!(report.withheld as usize, 2 * expected.len(), "key and address");
        assert!(!text.contains("127.0.0.1") && !text.contains("key_id"));
    }
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    fill(&server, &key, 3);
    let session = server.session("acme", &key, "u_1", "user");
    let (report, shown, _) = exported(&server, "", &session);
    assert!(!report.header.is_complete && report.header.count == 3, "{:?}", positions(&shown));
}

/// A server on whose log the names of events 1 and 4 were erased by the event at 9, and the name of 4's target by 10.
fn erased(profile: &str, audience: &str) -> (Server, String) {
    let server = Server::start();
    let key = server.tenant("acme", profile);
    let events: Vec<Value> = (0..9)
        .map(|at| {
            let mut sent = sent(at, audience);
            sent["targets"] = json!([{"type": "lead", "id": "l_1", "name": "Globex"}]);
            sent
        })
        .collect();
    server.post("/v1/organizations/acme/events", &key, &json!(events));
    let erase = |events: &[&str], field: &str| {
        let asked = json!({"events": events, "fields": [field], "basis": "GDPR, article 17", "requested_by": "data protection officer"});
        let made = server.post("/v1/organizations/acme/erasures", &key, &asked);
        made.body["erasures"][0]["seq"].as_u64().unwrap_or_else(|| panic!("{made:?}"))
    };
    assert_eq!(erase(&["e-1", "e-4"], "/e/actor/name"), 9);
    assert_eq!(erase(&["e-4"], "/e/targets/0/name"), 10);
    (server, key)
}

/// X of erasure: what is gone is told, by which record, and the records stand in the bundle though nobody asked for them.
#[test]
fn records_of_erasures_stand_in_the_bundle_of_what_they_erased() {
    let (server, key) = erased("workspace", "organization");
    server.check_log();
    let (report, shown, text) = exported(&server, "&q=e-4", &key);
    assert_eq!((report.header.count, report.header.records, report.erased), (1, 2, 2));
    assert_eq!(positions(&shown), [4, 9, 10]);
    if let Some((holds, told)) = by_python(&server, &text) {
        assert!(holds, "{told}");
    }
    // A record that matches is an event that matches.
    let (report, shown, _) = exported(&server, "&action=erasure.made&action=lead.deleted", &key);
    assert_eq!((report.header.count, report.header.records), (5, 0));
    assert_eq!(positions(&shown), [1, 4, 7, 9, 10]);
    let (report, _, text) = exported(&server, "", &key);
    assert!(report.header.is_complete && report.erased == 3 && report.header.records == 0);
    if let Some((holds, told)) = by_python(&server, &text) {
        assert!(holds, "{told}");
    }
    // One event alone has them too.
    let one = server.get("/v1/organizations/acme/events/e-4/bundle", &key).text;
    let (report, shown) = held(&server, &one);
    assert_eq!((report.header.count, report.header.records, positions(&shown)), (1, 2, vec![4, 9, 10]));
    // Among more events than are looked up one by one.
    let more: Vec<Value> = (100..800).map(|at| sent(at, "organization")).collect();
    server.post("/v1/organizations/acme/events", &key, &json!(more));
    let (report, _, _) =
        exported(&server, "&category=CRM&category=Leads&category=Tasks&kind=created&kind=deleted", &key);
    assert!(report.header.count > 500 && report.header.records == 2, "{report:?}");
}

/// A record lists events that a restricted reader does not see: it shows that it is one, and of which of its events.
#[test]
fn a_restricted_reader_sees_of_a_record_no_more_than_that_it_is_one() {
    let (server, key) = erased("platform", "organization");
    allow(&server, "acme", &key, &json!(["bundle"]));
    let session = server.session("acme", &key, "u_1", "regular");
    let (report, shown, text) = exported(&server, "&q=e-4", &session);
    assert_eq!((report.header.count, report.header.records, report.erased), (1, 2, 2));
    let record = &shown[1].document["e"];
    assert_eq!(record["metadata"]["erased"].as_object().unwrap().keys().collect::<Vec<_>>(), ["4"]);
    assert!(!text.contains("officer") && !text.contains("erased/1\""), "{text}");
    let key_sees = exported(&server, "&q=e-4", &key).2;
    assert!(key_sees.contains("officer"));
}

/// The size is fixed before the first byte: what is recorded meanwhile is not in it, and what is in it holds.
#[test]
fn exports_hold_while_the_log_grows() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    fill(&server, &key, 600);
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for _ in 0..20 {
                server.post("/v1/organizations/acme/events", &key, &event("lead.created"));
            }
        });
        for more in ["", "&kind=deleted", "", "&kind=created"] {
            let (report, shown, _) = exported(&server, more, &key);
            assert_eq!(report.header.is_complete, more.is_empty());
            assert!(positions(&shown).last() < Some(&report.header.size.0));
        }
        writing.join().unwrap();
    });
    server.check_log();
}
