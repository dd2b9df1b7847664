//! One line for every route of the generated document: what it needs, and what everybody else is told. Deliberately absent:
//! what a route does for who may call it.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http::process_files::{PDF, created, finished};
use crate::http::signing;
use crate::server::{Answer, OPERATOR_KEY, Server, event};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Anybody, without a credential.
    Nothing,
    /// The operator's key and nothing else.
    Operator,
    /// A key with this scope; not the operator, who is for administration.
    Scope(&'static str),
    /// A key with this scope, or the operator.
    ScopeOrOperator(&'static str),
    /// A viewer session.
    Session,
    /// A provider's signature; no credential is of any use.
    Signature,
    /// A key with the scope read, or a session; for everybody else there is nothing.
    Log,
}
use Needs::{Log, Nothing, Operator, Scope, ScopeOrOperator, Session, Signature};

/// Every route. `{id}` and `{key}` stand for a record of the organization, which another organization must not learn of.
const ROUTES: &[(&str, &str, Needs)] = &[
    ("POST", "/v1/organizations", Operator),
    ("GET", "/v1/organizations", Operator),
    ("GET", "/v1/organizations/{org}", ScopeOrOperator("read")),
    ("PATCH", "/v1/organizations/{org}", ScopeOrOperator("admin")),
    ("GET", "/v1/organizations/{org}/profile", Scope("read")),
    ("GET", "/v1/organizations/{org}/catalogs", Scope("read")),
    ("PUT", "/v1/organizations/{org}/catalogs", ScopeOrOperator("admin")),
    ("POST", "/v1/organizations/{org}/keys", ScopeOrOperator("admin")),
    ("GET", "/v1/organizations/{org}/keys", ScopeOrOperator("admin")),
    ("DELETE", "/v1/organizations/{org}/keys/{id}", ScopeOrOperator("admin")),
    ("POST", "/v1/keys", Operator),
    ("GET", "/v1/keys", Operator),
    ("DELETE", "/v1/keys/{id}", Operator),
    ("POST", "/v1/organizations/{org}/viewer-sessions", Scope("read")),
    ("DELETE", "/v1/organizations/{org}/viewer-sessions", Session),
    ("POST", "/v1/organizations/{org}/events", Scope("write")),
    ("GET", "/v1/organizations/{org}/events", Scope("read")),
    ("GET", "/v1/organizations/{org}/events/total", Scope("read")),
    ("GET", "/v1/organizations/{org}/events/facets", Scope("read")),
    ("GET", "/v1/organizations/{org}/events/histogram", Scope("read")),
    ("GET", "/v1/organizations/{org}/events/{id}", Scope("read")),
    ("GET", "/v1/organizations/{org}/events/{id}/bundle", Scope("read")),
    ("GET", "/v1/organizations/{org}/targets/{type}/{id}", Scope("read")),
    ("POST", "/v1/organizations/{org}/processes", Scope("write")),
    ("GET", "/v1/organizations/{org}/processes", Scope("read")),
    ("GET", "/v1/organizations/{org}/processes/total", Scope("read")),
    ("GET", "/v1/organizations/{org}/processes/{key}", Scope("read")),
    ("POST", "/v1/organizations/{org}/processes/{key}/events", Scope("write")),
    ("PUT", "/v1/organizations/{org}/processes/{key}/document", Scope("write")),
    ("GET", "/v1/organizations/{org}/processes/{key}/document", Scope("read")),
    ("GET", "/v1/organizations/{org}/processes/{key}/final.pdf", Scope("read")),
    ("GET", "/v1/organizations/{org}/processes/{key}/audit-trail.json", Scope("read")),
    ("GET", "/v1/organizations/{org}/processes/{key}/audit-trail.html", Scope("read")),
    ("GET", "/v1/organizations/{org}/processes/{key}/audit-trail.pdf", Scope("read")),
    ("GET", "/v1/organizations/{org}/export", Scope("read")),
    ("GET", "/v1/organizations/{org}/feed", Scope("read")),
    ("GET", "/v1/organizations/{org}/checkpoint", Scope("read")),
    ("GET", "/v1/organizations/{org}/proofs/inclusion/{seq}", Scope("read")),
    ("GET", "/v1/organizations/{org}/proofs/consistency", Scope("read")),
    ("GET", "/v1/organizations/{org}/processes/{key}/notifications", Scope("read")),
    ("POST", "/v1/organizations/{org}/erasures", Scope("admin")),
    ("POST", "/v1/organizations/{org}/streams", Scope("admin")),
    ("GET", "/v1/organizations/{org}/streams", Scope("admin")),
    ("GET", "/v1/organizations/{org}/streams/{id}", Scope("admin")),
    ("PATCH", "/v1/organizations/{org}/streams/{id}", Scope("admin")),
    ("POST", "/v1/organizations/{org}/streams/{id}/test", Scope("admin")),
    ("POST", "/v1/organizations/{org}/streams/{id}/replay", Scope("admin")),
    ("GET", "/v1/organizations/{org}/streams/{id}/dead-letters", Scope("admin")),
    ("DELETE", "/v1/organizations/{org}/streams/{id}", Scope("admin")),
    ("POST", "/v1/organizations/{org}/receipts/mailgun", Signature),
    ("POST", "/v1/organizations/{org}/receipts/sms", Signature),
    ("GET", "/v1/log-key", Nothing),
    ("GET", "/log/{log_id}/checkpoint", Log),
    ("GET", "/log/{log_id}/tile/{tile}", Log),
    ("GET", signing::PATH, Scope("read")),
    ("GET", signing::TOTAL, Scope("read")),
    ("GET", "/healthz", Nothing),
    ("GET", "/readyz", Nothing),
    ("GET", "/metrics", Nothing),
];

const SCOPES: [&str; 3] = ["write", "read", "admin"];

/// A body that the route would take.
pub(super) fn body(method: &str, path: &str) -> Option<Value> {
    let last = path.rsplit('/').next().unwrap_or_default();
    match (method, last) {
        ("POST", "organizations") => Some(json!({"id": "fresh", "name": "Fresh", "profile": "workspace"})),
        ("POST", "keys") if path == "/v1/keys" => {
            Some(json!({"name": "k", "scopes": ["read"], "organizations": "*"}))
        }
        ("POST", "keys") => Some(json!({"name": "k", "scopes": ["read"]})),
        ("POST", "viewer-sessions") => Some(json!({"user": {"id": "u_1"}, "role": "owner"})),
        ("POST", "events") => Some(event("lead.created")),
        ("POST", "processes") => Some(json!({
            "display_name": "Lease", "file_name": "lease.pdf", "created_by": {"type": "user", "id": "u_1"}, "signees": [],
        })),
        ("POST", "erasures") => Some(
            json!({"events": ["e-1"], "fields": ["/e/metadata/x"], "basis": "a test", "requested_by": "tester"}),
        ),
        ("PUT", "catalogs") => Some(json!({"actions": {"zoo.fed": {"label": "Fed"}}})),
        ("POST", "streams") => {
            Some(json!({"kind": "webhook", "url": "https://x.invalid/", "events": ["never.sent"]}))
        }
        ("PATCH", _) if path.contains("/streams/") => Some(json!({"description": "Another"})),
        ("POST", "test") => Some(json!({})),
        ("POST", "replay") => Some(json!({"dead_letters": "all"})),
        ("POST", "mailgun") => Some(json!({"event-data": {"id": "m", "event": "delivered"}})),
        ("POST", "sms") => Some(json!({"id": "m", "status": "DELIVERED"})),
        ("PATCH", _) => Some(json!({"name": "Another name"})),
        // Its body is no JSON.
        ("PUT", "document") | ("GET" | "HEAD" | "DELETE", _) => None,
        other => panic!("say what body {other:?} takes"),
    }
}

/// A server with `acme`, which holds an event `e-1`, a process `e-1`, a process `s-1` with all its files, a key and a
/// stream, and `globex`.
struct World {
    server: Server,
    acme: String,
    globex: String,
    key_id: String,
    stream_id: String,
    /// How many of the processes without a document have one by now.
    attached: Cell<usize>,
}

/// Processes that wait for a document; enough for every call of a test.
const WAITING: usize = 20;

fn world() -> World {
    let server = Server::start();
    let (acme, globex) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    // Sessions of a workspace export nothing until its settings say so.
    let settings = json!({"settings": {"export": ["csv"]}});
    let allowed = server.send(
        "PATCH",
        "/v1/organizations/acme",
        &acme,
        Some(settings.to_string().as_bytes()),
        "application/json",
    );
    assert_eq!(allowed.status, 200);
    let mut first = event("lead.created");
    first["id"] = json!("e-1");
    first["targets"] = json!([{"type": "lead", "id": "e-1"}]);
    first["process"] = json!("e-1");
    assert_eq!(server.post("/v1/organizations/acme/events", &acme, &first).status, 201);
    let made = server.post(
        "/v1/organizations/acme/keys",
        OPERATOR_KEY,
        &json!({"name": "secret plan", "scopes": ["read"]}),
    );
    let key_id = made.body["id"].as_str().unwrap().to_owned();
    let streams = "/v1/organizations/acme/streams";
    let made = server.post(streams, &acme, &body("POST", streams).unwrap());
    let stream_id = made.body["id"].as_str().unwrap().to_owned();
    finished(&server, "acme", &acme, "s-1");
    let waiting = (0..WAITING).map(|number| created(&format!("waiting-{number}"))).collect();
    let made = server.post("/v1/organizations/acme/events", &acme, &Value::Array(waiting));
    assert_eq!(made.body["created"], WAITING);
    World { server, acme, globex, key_id, attached: Cell::default(), stream_id }
}

impl World {
    fn call(&self, method: &str, path: &str, org: &str, key: &str) -> Answer {
        if path.starts_with(signing::PATH) {
            return signing::call(&self.server, method, path, org, key);
        }
        if (method, path.rsplit('/').next()) == ("PUT", Some("document")) {
            let process = format!("waiting-{}", self.attached.get() % WAITING);
            let path = path.replace("{org}", org).replace("{key}", &process);
            let answer = self.server.send(method, &path, key, Some(PDF), "application/pdf");
            self.attached.update(|count| count + usize::from(answer.status == 201));
            return answer;
        }
        let id = match path {
            path if path.contains("/keys/") => self.key_id.as_str(),
            path if path.contains("/streams/") => self.stream_id.as_str(),
            _ => "e-1",
        };
        let sent = body(method, path).map(|body| body.to_string());
        let path = placed(path).replace("{org}", org).replace("{id}", id);
        let path = path.replace("{log_id}", &self.server.log_id(org)).replace("{tile}", "entries/000.p/1");
        self.server.send(method, &path, key, sent.as_ref().map(|text| text.as_bytes()), "application/json")
    }
}

/// A refusal of this status in the form of its interface.
fn assert_refused(path: &str, answer: &Answer, status: u16, code: &str) {
    if path.starts_with(signing::PATH) {
        signing::assert_refused(answer, status);
    } else {
        answer.assert_problem(status, code);
    }
}

/// A path about the records there are, but for `{org}` and `{id}`.
fn placed(path: &str) -> String {
    let has_files =
        ["/document", ".pdf", "/audit-trail.json", "/audit-trail.html"].iter().any(|it| path.ends_with(it));
    let path = path.replace("{type}", "lead").replace("{key}", if has_files { "s-1" } else { "e-1" });
    let asks = if path.ends_with("/proofs/consistency") { "?from=1" } else { "" };
    path.replace("{seq}", "0") + asks
}

/// What can be told apart by a caller: status, headers but for the request's own, body but for its id.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let own = ["x-request-id", "date"];
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    let mut body = answer.body.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
    }
    (answer.status, headers, body)
}

/// A new route without a line here would be a route without an isolation test.
#[test]
fn every_route_of_the_document_has_a_line_and_no_line_is_stale() {
    let document = serde_json::to_value(everlog::http::openapi()).unwrap();
    let mut served = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            served.insert((method.to_uppercase(), path.clone()));
        }
    }
    let listed: BTreeSet<_> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(listed.len(), ROUTES.len(), "no line stands twice");
    assert_eq!(listed, served);
}

#[test]
fn without_a_credential_every_route_but_the_open_ones_is_401() {
    let world = world();
    for (method, path, needs) in ROUTES {
        for org in ["acme", "nobody"] {
            let answer = world.call(method, path, org, "");
            if *needs == Nothing {
                assert!(answer.status < 300, "{method} {path}: {answer:?}");
            } else if *needs == Log {
                answer.assert_problem(404, "not_found");
            } else {
                assert_refused(path, &answer, 401, "unauthenticated");
                let scheme = if path.starts_with(signing::PATH) { "Basic" } else { "Bearer" };
                let challenge = answer.headers["www-authenticate"].to_str().unwrap();
                assert!(challenge.starts_with(&format!("{scheme} realm=\"everlog\"")), "{challenge}");
            }
        }
    }
    world.server.check_log();
}

/// A of the hostile list: another organization's log and one that does not exist are the same to a stranger.
#[test]
fn a_strangers_key_learns_no_more_than_of_an_organization_that_does_not_exist() {
    let world = world();
    let vendor = world.server.post(
        "/v1/keys",
        OPERATOR_KEY,
        &json!({"name": "v", "scopes": SCOPES, "organizations": ["globex"]}),
    );
    let vendor = vendor.body["key"].as_str().unwrap().to_owned();
    let session = world.server.session("globex", &world.globex, "u_1", "owner");
    let size = world.server.size("acme");
    let of_orgs = ROUTES.iter().filter(|(_, path, needs)| path.contains("{org}") && *needs != Signature);
    for (method, path, _) in of_orgs {
        for stranger in [&world.globex, &vendor, &session] {
            let foreign = world.call(method, path, "acme", stranger);
            foreign.assert_problem(404, "not_found");
            assert!(!foreign.text.contains("acme"), "{method} {path}");
            for unknown in ["nobody", "acme2", "ACME", "%00", "acme%2Fevents", "x".repeat(64).as_str()] {
                let unknown = world.call(method, path, unknown, stranger);
                assert_eq!(told(&foreign), told(&unknown), "{method} {path}");
            }
        }
        // What is wrong with the rest of a request makes no difference either.
        let bad = |org: &str| {
            let path = path.replace("{org}", org).replace("{id}", "%FF").replace("{key}", "%FF");
            let body: Option<&[u8]> = body(method, &path).map(|_| b"{\"x\":1,".as_slice());
            told(&world.server.send(method, &format!("{path}?x=1"), &world.globex, body, "text/plain"))
        };
        assert_eq!(bad("acme"), bad("nobody"), "{method} {path}");
    }
    assert_eq!(world.server.size("acme"), size, "nothing was written");
    world.server.check_log();
}

/// E-1 of acme, asked for in globex, is what an event is that nobody ever sent.
#[test]
fn another_tenants_event_and_key_are_not_found_by_their_ids() {
    let world = world();
    let own = |path: &str| world.server.get(&format!("/v1/organizations/globex{path}"), &world.globex);
    for [foreign, unknown] in [
        ["/events/e-1", "/events/e-2"],
        ["/events/0", "/events/1"],
        ["/events/e-1/bundle", "/events/e-2/bundle"],
        ["/targets/lead/e-1", "/targets/lead/e-2"],
        ["/processes/e-1", "/processes/e-2"],
        ["/processes/e-1/notifications", "/processes/e-2/notifications"],
        ["/processes/s-1/document", "/processes/s-2/document"],
        ["/processes/s-1/final.pdf", "/processes/s-2/final.pdf"],
        ["/processes/s-1/audit-trail.json", "/processes/s-2/audit-trail.json"],
        ["/processes/s-1/audit-trail.html", "/processes/s-2/audit-trail.html"],
    ] {
        own(foreign).assert_problem(404, "not_found");
        assert_eq!(told(&own(foreign)), told(&own(unknown)));
    }
    for (method, tail) in [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/test"),
        ("POST", "/replay"),
        ("GET", "/dead-letters"),
    ] {
        let call = |id: &str| {
            let path = format!("/v1/organizations/globex/streams/{id}{tail}");
            let sent = body(method, &path).map(|body| body.to_string());
            let sent = sent.as_ref().map(|text| text.as_bytes());
            world.server.send(method, &path, &world.globex, sent, "application/json")
        };
        call(&world.stream_id).assert_problem(404, "not_found");
        assert_eq!(told(&call(&world.stream_id)), told(&call("str_0")), "{method} {tail}");
    }
    let own = format!("/v1/organizations/acme/streams/{}", world.stream_id);
    assert_eq!(world.server.get(&own, &world.acme).status, 200, "it is there still");
    let revoke = |id: &str| {
        let path = format!("/v1/organizations/globex/keys/{id}");
        world.server.send("DELETE", &path, &world.globex, None, "")
    };
    revoke(&world.key_id).assert_problem(404, "not_found");
    assert_eq!(told(&revoke(&world.key_id)), told(&revoke("key_0000000000000000")));
    let answer = world.server.send("DELETE", &format!("/v1/keys/{}", world.key_id), OPERATOR_KEY, None, "");
    answer.assert_problem(404, "not_found");
}

#[test]
fn a_key_without_the_scope_is_refused_and_one_with_nothing_but_it_is_let_in() {
    let world = world();
    let key = |scopes: &[&str]| world.server.key("acme", scopes);
    let without = SCOPES.map(|scope| key(&SCOPES.into_iter().filter(|it| *it != scope).collect::<Vec<_>>()));
    let only = SCOPES.map(|scope| key(&[scope]));
    let place = |scope: &str| SCOPES.iter().position(|it| *it == scope).unwrap();
    for (method, path, needs) in ROUTES {
        match needs {
            Scope(scope) | ScopeOrOperator(scope) => {
                let answer = world.call(method, path, "acme", &without[place(scope)]);
                assert_refused(path, &answer, 403, "forbidden");
                let status = world.call(method, path, "acme", &only[place(scope)]).status;
                assert!((200..300).contains(&status), "{method} {path}: {status}");
            }
            Operator | Session => {
                world.call(method, path, "acme", &world.acme).assert_problem(403, "forbidden");
            }
            Signature => world.call(method, path, "acme", &world.acme).assert_problem(401, "unauthenticated"),
            Log => {
                let read = place("read");
                world.call(method, path, "acme", &without[read]).assert_problem(404, "not_found");
                assert_eq!(world.call(method, path, "acme", &only[read]).status, 200, "{method} {path}");
            }
            Nothing => {}
        }
    }
    world.server.check_log();
}

#[test]
fn the_operators_key_administers_and_opens_no_log() {
    let world = world();
    for (method, path, needs) in ROUTES {
        let answer = world.call(method, path, "acme", OPERATOR_KEY);
        match needs {
            Scope(_) | Session => assert_refused(path, &answer, 403, "forbidden"),
            Signature => answer.assert_problem(401, "unauthenticated"),
            Log => answer.assert_problem(404, "not_found"),
            // The id in the world is no vendor key's.
            Operator if *method == "DELETE" => answer.assert_problem(404, "not_found"),
            Operator | ScopeOrOperator(_) | Nothing => {
                assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
            }
        }
    }
}

#[test]
fn a_viewer_session_reads_and_does_nothing_else() {
    let world = world();
    for (method, path, needs) in ROUTES {
        let session = world.server.session("acme", &world.acme, "u_1", "owner");
        let answer = world.call(method, path, "acme", &session);
        // That interface knows keys and nothing else.
        let is_for_keys = path.starts_with(signing::PATH);
        let reads = matches!(needs, Scope("read") | ScopeOrOperator("read")) && *method == "GET";
        let may = reads && !is_for_keys;
        if may || matches!(needs, Session | Log | Nothing) {
            assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        } else if *needs == Signature {
            answer.assert_problem(401, "unauthenticated");
        } else {
            assert_refused(path, &answer, 403, "forbidden");
        }
    }
}

/// K of the hostile list: verbs that a route does not know are 405 and say which it does; TRACE echoes nothing.
#[test]
fn other_verbs_are_405_and_name_those_that_are_possible() {
    let world = world();
    let paths: BTreeSet<_> = ROUTES.iter().map(|(_, path, _)| *path).collect();
    for path in paths {
        let known: BTreeSet<_> = ROUTES.iter().filter(|it| it.1 == path).map(|it| it.0).collect();
        let path = placed(path).replace("{org}", "acme").replace("{id}", "e-1");
        let path = path.replace("{log_id}", &"0".repeat(32)).replace("{tile}", "0/000");
        let verbs = ["TRACE", "OPTIONS", "PUT", "PROPFIND", "get", &"X".repeat(40)];
        for verb in verbs.into_iter().filter(|verb| !known.contains(verb)) {
            let answer = world.server.request(
                verb,
                &path,
                &[("Authorization", &format!("Bearer {}", world.acme))],
                None,
            );
            assert_refused(&path, &answer, 405, "method_not_allowed");
            assert!(!answer.text.contains(&world.acme));
            let allowed = answer.headers["allow"].to_str().unwrap();
            for known in &known {
                assert!(allowed.split(',').any(|it| it.trim() == *known), "{verb} {path}: {allowed}");
            }
        }
    }
}

/// HEAD is GET without its body.
#[test]
fn head_tells_what_get_would_without_the_body() {
    let world = world();
    for (method, path, needs) in ROUTES.iter().filter(|it| it.0 == "GET") {
        let key = if *needs == Operator { OPERATOR_KEY } else { &world.acme };
        let (got, head) = (world.call(method, path, "acme", key), world.call("HEAD", path, "acme", key));
        assert_eq!((got.status, head.text.as_str()), (head.status, ""), "{path}");
        assert_eq!(got.headers["content-type"], head.headers["content-type"], "{path}");
    }
    let refused = world.server.send("HEAD", "/v1/organizations/acme/events", "", None, "");
    assert_eq!((refused.status, refused.text.as_str()), (401, ""));
}
