//! Refusals that speak of what was asked, with its own limits and names. Deliberately absent: the codes of each route, which
//! its own file holds.

use serde_json::json;

use crate::server::{OPERATOR_KEY, Server, event};

const ORG: &str = "/v1/organizations/acme";
const EVENTS: &str = "/v1/organizations/acme/events";

/// D05: what is sorted by words is a list of these words; under others a page would lose events and repeat some.
#[test]
fn a_cursor_of_a_list_sorted_by_words_ends_with_them() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let actions = ["lead.created", "task.created", "lead.deleted", "task.deleted"];
    server.post(EVENTS, &key, &json!(actions.map(event)));
    let page = |query: &str| server.get(&format!("{EVENTS}?limit=1&{query}"), &key);
    let next = |sort: &str| page(&format!("sort={sort}")).body["next"].as_str().unwrap().to_owned();
    let sorts = ["category", "action", "-kind", "time", "actor"];
    let cursors = sorts.map(next);
    for cursor in &cursors {
        assert_eq!(page(&format!("cursor={cursor}")).status, 200);
    }
    let own = json!({"actions": {"lead.created": {"label": "Prospect", "category": "Zoo", "kind": "other"}}});
    let own = own.to_string();
    let put = server.send("PUT", &format!("{ORG}/catalogs"), &key, Some(own.as_bytes()), "application/json");
    assert_eq!(put.status, 200);
    for (sort, cursor) in sorts.iter().zip(&cursors) {
        let answer = page(&format!("cursor={cursor}"));
        if matches!(*sort, "time" | "actor") {
            assert_eq!(answer.status, 200, "{sort}");
        } else {
            answer.assert_problem(400, "invalid_parameter");
            assert!(answer.text.contains("begin again"), "{sort}: {answer:?}");
        }
    }
}

#[test]
fn a_refusal_names_what_was_asked_and_its_own_limits() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    server.post(EVENTS, &key, &event("lead.created"));
    let put = |body: &str, kind: &str| {
        server.send("PUT", &format!("{ORG}/catalogs"), &key, Some(body.as_bytes()), kind)
    };
    let large = put(&"#".repeat(600_000), "application/toml");
    large.assert_problem(413, "body_too_large");
    assert_eq!(large.body["detail"], "a catalog has at most 512 KiB");
    let strange = put("x", "application/x-ndjson");
    strange.assert_problem(415, "unsupported_media_type");
    assert_eq!(strange.body["detail"], "the content type is application/json or application/toml");
    let path = server.get(&format!("{ORG}/targets/lead/%FF"), &key);
    path.assert_problem(404, "not_found");
    assert_eq!(path.body["detail"], "there is nothing at this path: id is not UTF-8");
    let at = server.get(&format!("{ORG}/targets/lead/1?at=2101-01-01"), &key);
    at.assert_problem(400, "invalid_parameter");
    assert_eq!(at.body["errors"][0]["pointer"], "at");
    let export = server.get(&format!("{ORG}/export?limit=3"), &key);
    export.assert_problem(400, "invalid_parameter");
    assert!(export.text.contains("an export has no pages: leave this out"), "{export:?}");
    let bearer = format!("Bearer {key}");
    let feed = |header: (&str, &str)| {
        server.request("GET", &format!("{ORG}/feed"), &[("Authorization", &bearer), header], None)
    };
    let sealed = feed(("Last-Event-ID", "aGVsbG8"));
    sealed.assert_problem(400, "invalid_parameter");
    assert_eq!(sealed.body["errors"][0]["pointer"], "Last-Event-ID");
    let list = feed(("Accept", "text/event-stream;q=0, application/json"));
    assert!(list.body["data"].is_array(), "{list:?}");
}

#[test]
fn names_have_no_control_characters_and_file_names_none_of_direction() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let rename = |name: &str| {
        let body = json!({"name": name}).to_string();
        server.send("PATCH", ORG, OPERATOR_KEY, Some(body.as_bytes()), "application/json")
    };
    let bad = rename("a\u{7}b");
    bad.assert_problem(422, "invalid");
    assert_eq!(bad.body["errors"][0]["pointer"], "/name");
    assert_eq!(rename("Acme \u{202e}vsc.exe").status, 200);
    let head = server.send("HEAD", &format!("{ORG}/export"), &key, None, "");
    let name = head.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("Acme%20vsc.exe") && !name.contains("%E2%80%AE"), "{name}");
}
