//! Who sees what: each role of each profile, over every way of asking, against the table of the contract. Deliberately
//! absent: other organizations; see `isolation`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::server::{Server, query};

const EVENTS: &str = "/v1/organizations/acme/events";

/// What one event is to this test.
struct Sent {
    id: String,
    audience: &'static str,
    actor: &'static str,
    on_behalf_of: Option<&'static str>,
}

/// Every combination of audience, actor and account, twice.
fn all() -> Vec<Sent> {
    let mut all = Vec::new();
    for audience in ["organization", "administrators"] {
        for actor in ["u_1", "u_2", "u_10"] {
            for on_behalf_of in [None, Some("u_1"), Some("u_2")] {
                for number in 0..2 {
                    let id = format!("{audience}-{actor}-{}-{number}", on_behalf_of.unwrap_or("none"));
                    all.push(Sent { id, audience, actor, on_behalf_of });
                }
            }
        }
    }
    all
}

impl Sent {
    fn event(&self) -> Value {
        json!({
            "id": self.id, "action": "document.created", "audience": self.audience,
            "actor": {"type": "user", "id": self.actor, "name": format!("Name of {}", self.actor)},
            "on_behalf_of": self.on_behalf_of.map(|id| json!({"type": "user", "id": id})),
            "targets": [{"type": "document", "id": format!("d-{}", self.audience)}],
            "context": {"ip": if self.audience == "organization" { "10.0.0.1" } else { "10.9.9.9" }},
            "metadata": {"word": format!("only{}", self.audience)},
        })
    }

    fn is_own(&self, user: &str) -> bool {
        self.actor == user || self.on_behalf_of == Some(user)
    }
}

fn sum(facet: &Value) -> u64 {
    facet.as_array().unwrap().iter().map(|it| it["count"].as_u64().unwrap()).sum()
}

/// Asks everything that can be asked under these filters, and checks that all answers are about the same events.
fn all_agree(server: &Server, token: &str, filters: &[(&str, &str)], expected: &BTreeSet<String>) {
    let ask = |path: &str, more: &[(&str, &str)]| {
        let answer = server.get(&format!("{EVENTS}{path}{}", query(&[filters, more].concat())), token);
        assert_eq!(answer.status, 200, "{path} {filters:?}: {answer:?}");
        answer
    };
    let mut listed = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = if cursor.is_empty() {
            ask("", &[("limit", "7")])
        } else {
            server.get(&format!("{EVENTS}{}", query(&[("cursor", &cursor), ("limit", "7")])), token)
        };
        for event in page.body["data"].as_array().unwrap() {
            assert!(listed.insert(event["id"].as_str().unwrap().to_owned()), "listed twice");
        }
        match page.body["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(listed, *expected, "{filters:?}");
    let count = expected.len() as u64;
    assert_eq!(ask("/total", &[]).body["total"], count, "{filters:?}");
    let facets = ask("/facets", &[]).body;
    // A facet is counted under all filters but its own.
    let free = |field: &&str| !filters.iter().any(|(name, _)| name == field);
    for field in ["category", "action", "kind", "outcome"].into_iter().filter(free) {
        assert_eq!(sum(&facets[field]), count, "{field} {filters:?}");
    }
    let buckets = ask("/histogram", &[]).body["buckets"].clone();
    let kinds = ["created", "updated", "deleted", "transferred", "other"];
    let counted: u64 =
        buckets.as_array().unwrap().iter().flat_map(|it| kinds.map(|kind| it[kind].as_u64().unwrap())).sum();
    assert_eq!(counted, count, "{filters:?}");
}

/// D27 to D30: a company sees its audience, a user of it its own, an administrator the administrators' and its own.
#[test]
fn each_role_of_a_platform_sees_exactly_its_events_however_it_asks() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let all = all();
    let events: Vec<Value> = all.iter().map(Sent::event).collect();
    let answer = server.post(EVENTS, &key, &json!(events));
    assert_eq!(answer.body["created"], all.len(), "{answer:?}");
    type Rule = fn(&Sent) -> bool;
    let roles: [(&str, &str, Rule); 5] = [
        ("company", "u_1", |it| it.audience == "organization"),
        ("regular", "u_1", |it| it.audience == "organization" && it.is_own("u_1")),
        ("regular", "u_10", |it| it.audience == "organization" && it.is_own("u_10")),
        ("administrator", "u_1", |it| it.audience == "administrators" && it.is_own("u_1")),
        ("administrator", "nobody", |_| false),
    ];
    for (role, user, rule) in roles {
        let token = server.session("acme", &key, user, role);
        let ids = |also: Rule| -> BTreeSet<String> {
            all.iter().filter(|it| rule(it) && also(it)).map(|it| it.id.clone()).collect()
        };
        all_agree(&server, &token, &[], &ids(|_| true));
        all_agree(
            &server,
            &token,
            &[("q", "onlyadministrators")],
            &ids(|it| it.audience == "administrators"),
        );
        all_agree(
            &server,
            &token,
            &[("q", "-onlyadministrators")],
            &ids(|it| it.audience != "administrators"),
        );
        all_agree(&server, &token, &[("ip", "10.9.9.9")], &ids(|it| it.audience == "administrators"));
        all_agree(
            &server,
            &token,
            &[("target", "document:d-administrators")],
            &ids(|it| it.audience == "administrators"),
        );
        all_agree(&server, &token, &[("actor", "u_2")], &ids(|it| it.actor == "u_2"));
        all_agree(&server, &token, &[("category", "Access")], &BTreeSet::new());
        for sort in ["time", "actor", "-action", "ip", "-kind", "category"] {
            all_agree(&server, &token, &[("sort", sort)], &ids(|_| true));
        }
        hidden_is_not_found(&server, &key, &token, &all, rule);
        // What is counted by a field tells nothing of hidden values either.
        let facets = server.get(&format!("{EVENTS}/facets"), &token);
        if !ids(|_| true).iter().any(|id| id.starts_with("administrators")) {
            assert!(!facets.text.contains("10.9.9.9"), "{role}: {}", facets.text);
        }
        let facets = server.get(&format!("{EVENTS}/facets?fields=ip&prefix=10.9"), &token);
        assert_eq!(sum(&facets.body["ip"]), ids(|it| it.audience == "administrators").len() as u64);
    }
    everybody_else_sees_both(&server, &key, &all);
    server.check_log();
}

fn hidden_is_not_found(server: &Server, key: &str, token: &str, all: &[Sent], rule: fn(&Sent) -> bool) {
    let strip = |mut body: Value| {
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let unknown = server.get(&format!("{EVENTS}/unknown"), token);
    for sent in all {
        let answer = server.get(&format!("{EVENTS}/{}", sent.id), token);
        if rule(sent) {
            assert_eq!(answer.status, 200);
            for member in ["seq", "cause"] {
                assert!(answer.body.get(member).is_none(), "{member} tells how much is hidden");
            }
        } else {
            answer.assert_problem(404, "not_found");
            assert_eq!(strip(answer.body), strip(unknown.body.clone()));
        }
    }
    for seq in [0, 1, 5, 1_000] {
        server.get(&format!("{EVENTS}/{seq}"), token).assert_problem(404, "not_found");
    }
    let page = server.get(&format!("{EVENTS}?limit=1000"), token);
    assert!(!page.text.contains("\"seq\"") && !page.text.contains("\"cause\""));
    for path in ["feed", "checkpoint", "feed?after=3", "proofs/inclusion/0", "proofs/consistency?from=1"] {
        server.get(&format!("/v1/organizations/acme/{path}"), token).assert_problem(403, "forbidden");
    }
    let own = server.get("/v1/organizations/acme", token);
    assert_eq!(own.status, 200);
    for member in ["size", "settings", "log_id"] {
        assert!(own.body.get(member).is_none(), "{member}");
    }
    // The session that was issued is itself recorded, and not for those who are restricted.
    let issued = server.get(&format!("{EVENTS}?category=Access"), key);
    let id = issued.body["data"][0]["id"].as_str().unwrap();
    server.get(&format!("{EVENTS}/{id}"), token).assert_problem(404, "not_found");
}

/// A read key sees both audiences; sessions issued are shown when they are asked for.
fn everybody_else_sees_both(server: &Server, key: &str, all: &[Sent]) {
    let ids: BTreeSet<String> = all.iter().map(|it| it.id.clone()).collect();
    all_agree(server, key, &[], &ids);
    all_agree(
        server,
        key,
        &[("q", "onlyadministrators")],
        &ids.iter().filter(|id| id.starts_with("adm")).cloned().collect(),
    );
    for hidden in
        [("q", "session.issued"), ("action", "session.issued"), ("action", "session.*"), ("q", "issued")]
    {
        all_agree(server, key, &[hidden], &BTreeSet::new());
    }
    let shown = server.get(&format!("{EVENTS}?category=Access"), key);
    assert_eq!(shown.body["data"].as_array().unwrap().len(), 5);
    let total = server.get(&format!("{EVENTS}/total?category=Access"), key);
    assert_eq!(total.body["total"], 5);
    let feed = server.get("/v1/organizations/acme/feed?limit=1000", key);
    assert_eq!(feed.body["data"].as_array().unwrap().len(), all.len() + 5, "the feed is the whole log");
}

/// A cursor made by somebody who sees everything shows a restricted reader no more than its own question.
#[test]
fn a_cursor_carries_no_right_to_see() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let events: Vec<Value> = all().iter().map(Sent::event).collect();
    server.post(EVENTS, &key, &json!(events));
    let regular = server.session("acme", &key, "u_1", "regular");
    let full = server.get(&format!("{EVENTS}?limit=3"), &key);
    let cursor = full.body["next"].as_str().unwrap();
    let page = server.get(&format!("{EVENTS}{}", query(&[("cursor", cursor), ("limit", "1000")])), &regular);
    assert_eq!(page.status, 200);
    for event in page.body["data"].as_array().unwrap() {
        assert_eq!(event["audience"], "organization");
        assert!(event["actor"]["id"] == "u_1" || event["on_behalf_of"]["id"] == "u_1");
    }
}

/// C03, and the profiles in which every role sees everything.
#[test]
fn the_other_profiles_let_in_who_they_name_and_show_them_everything() {
    for (profile, roles, excluded, unknown) in [
        ("documents", ["anything", "owner"], None, None),
        ("signing", ["x", "member"], None, None),
        ("workspace", ["owner", "admin"], Some("member"), Some("company")),
    ] {
        let server = Server::start();
        let key = server.tenant("acme", profile);
        let sent: Vec<Value> = (0..3)
            .map(|at| json!({"id": format!("e-{at}"), "action": "document.created", "actor": {"type": "user", "id": format!("u_{at}")}}))
            .collect();
        server.post(EVENTS, &key, &json!(sent));
        let ids: BTreeSet<String> = (0..3).map(|at| format!("e-{at}")).collect();
        for role in roles {
            let token = server.session("acme", &key, "u_1", role);
            all_agree(&server, &token, &[], &ids);
            assert_eq!(server.get(&format!("{EVENTS}/e-0"), &token).body["seq"], 0);
            for path in ["feed", "checkpoint"] {
                assert_eq!(server.get(&format!("/v1/organizations/acme/{path}"), &token).status, 200);
            }
            let access = server.get(&format!("{EVENTS}/total?category=Access"), &token);
            assert!(
                access.body["total"].as_u64().unwrap() > 0,
                "{profile}: asked for by who sees everything"
            );
        }
        let make = |role: &str| {
            let new = json!({"user": {"id": "u_1"}, "role": role});
            server.post("/v1/organizations/acme/viewer-sessions", &key, &new)
        };
        if let Some(role) = excluded {
            make(role).assert_problem(403, "role_excluded");
        }
        if let Some(role) = unknown {
            make(role).assert_problem(422, "invalid");
        }
        let mut hidden = sent[0].clone();
        hidden["id"] = json!("e-9");
        hidden["audience"] = json!("administrators");
        let answer = server.post(EVENTS, &key, &hidden);
        answer.assert_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["pointer"], "/audience");
        server.check_log();
    }
}
