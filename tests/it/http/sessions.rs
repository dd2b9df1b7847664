//! `viewer-sessions`: made, used, ended. Deliberately absent: what a role sees; see `visibility`.

use everlog::access::{Caller, NewSession};
use serde_json::{Value, json};

use crate::server::{Answer, Server, event};

const SESSIONS: &str = "/v1/organizations/acme/viewer-sessions";
const EVENTS: &str = "/v1/organizations/acme/events";

fn new() -> Value {
    json!({"user": {"id": "u_1", "name": "Ana"}, "role": "owner"})
}

#[test]
fn a_session_reads_until_it_ends_itself() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let token = server.session("acme", &key, "u_1", "owner");
    assert!(token.starts_with("evl_vs_") && token.len() == 37);
    assert_eq!(server.get(EVENTS, &token).status, 200);
    let end = || server.send("DELETE", SESSIONS, &token, None, "");
    assert_eq!(end().status, 204);
    end().assert_problem(401, "unauthenticated");
    server.get(EVENTS, &token).assert_problem(401, "unauthenticated");
    server.check_log();
}

/// The code in a link is no credential: whoever finds it in a history or a log of a proxy cannot call with it.
#[test]
fn the_code_of_a_link_is_not_a_token() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let made = server.post(SESSIONS, &key, &new());
    let url = made.body["url"].as_str().unwrap();
    assert!(url.starts_with(&server.url("/view/acme?code=")), "opens as it is: {url}");
    let code = url.split("code=").nth(1).unwrap().to_owned();
    assert!(code.starts_with("evl_vc_"));
    server.get(EVENTS, &code).assert_problem(401, "unauthenticated");
    server.send("DELETE", SESSIONS, &code, None, "").assert_problem(401, "unauthenticated");
}

/// C: used twice at the same moment, a code gives exactly one session.
#[test]
fn a_code_used_by_many_at_once_opens_one_session() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let globex = everlog_core::ids::OrgId::try_from("globex").unwrap();
    server.tenant("globex", "workspace");
    let acme = everlog_core::ids::OrgId::try_from("acme").unwrap();
    for _ in 0..20 {
        let made = server.post(SESSIONS, &key, &new());
        let code = made.body["url"].as_str().unwrap().split("code=").nth(1).unwrap().to_owned();
        let now = everlog::log::now_ms();
        assert!(server.app.access.exchange(&globex, &code, now).is_err(), "another organization's");
        let opened: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| usize::from(server.app.access.exchange(&acme, &code, now).is_ok())))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(opened, 1);
    }
}

/// What the browser got for a link: the cookie that carries its session.
fn cookie_of(opened: &Answer) -> String {
    let cookie = opened.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Token reuse after logout: whatever was given for a session ends with it, whichever secret ends it, and whether its
/// link was opened before or after.
#[test]
fn a_session_that_ends_takes_its_link_its_cookie_and_its_downloads_along() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    let ask = |path: &str, header: &str, value: &str| server.request("GET", path, &[(header, value)], None);
    for is_ended_by_cookie in [false, true] {
        let made = server.post(SESSIONS, &key, &new());
        let token = made.body["token"].as_str().unwrap();
        let link = made.body["url"].as_str().unwrap().split_once("/view/").unwrap().1;
        let opened = server.request("GET", &format!("/view/{link}"), &[], None);
        assert_eq!(opened.status, 303);
        let cookie = cookie_of(&opened);
        assert_eq!(ask("/view/acme", "Cookie", &cookie).status, 200);
        let auth = format!("Bearer {token}");
        let download =
            server.request("POST", "/view/acme/export?format=csv", &[("Authorization", &auth)], None);
        let download = download.body["url"].as_str().unwrap().to_owned();
        let ends = if is_ended_by_cookie { cookie.split_once('=').unwrap().1 } else { token };
        assert_eq!(server.send("DELETE", SESSIONS, ends, None, "").status, 204);
        assert_eq!(ask("/view/acme", "Cookie", &cookie).status, 401);
        server.get(EVENTS, token).assert_problem(401, "unauthenticated");
        server.get(EVENTS, cookie.split_once('=').unwrap().1).assert_problem(401, "unauthenticated");
        assert_eq!(server.request("GET", &download, &[], None).status, 401, "{download}");
    }
    let made = server.post(SESSIONS, &key, &new());
    assert_eq!(server.send("DELETE", SESSIONS, made.body["token"].as_str().unwrap(), None, "").status, 204);
    let link = made.body["url"].as_str().unwrap().split_once("/view/").unwrap().1;
    let late = server.request("GET", &format!("/view/{link}"), &[], None);
    assert!(late.status == 401 && late.headers.get("set-cookie").is_none(), "{late:?}");
    server.check_log();
}

/// A link that works again and again lives as long as its session, and no longer.
#[test]
fn what_a_link_opens_expires_with_the_session_that_was_issued() {
    let server = Server::start();
    server.tenant("acme", "workspace");
    let acme = everlog_core::ids::OrgId::try_from("acme").unwrap();
    let access = &server.app.access;
    let org = access.open_locally(&acme).unwrap();
    let mut session: NewSession = serde_json::from_value(
        json!({"user": {"id": "u_1"}, "role": "owner", "ttl_seconds": 600, "reusable": true}),
    )
    .unwrap();
    for reusable in [true, false] {
        session.reusable = reusable;
        let (token, _, code) = access.create_session(&org, &session, 1_000).unwrap();
        let (opened, first) = access.exchange(&acme, code.as_str(), 500_000).unwrap();
        assert_eq!(first.expires_ms, 601_000);
        assert!(access.authenticate(opened.as_str(), 600_999).is_ok());
        assert!(access.authenticate(opened.as_str(), 601_000).is_err());
        let again = access.exchange(&acme, code.as_str(), 500_001);
        assert_eq!(again.as_ref().map(|(_, it)| &it.id).ok(), reusable.then_some(&first.id));
        let Caller::Session(issued) = access.authenticate(token.as_str(), 500_000).unwrap() else { panic!() };
        assert_eq!(issued.id, first.id, "one session");
        assert!(access.revoke(Some(org.code()), &first.id, 500_002).unwrap());
        assert!(access.exchange(&acme, code.as_str(), 500_003).is_err());
        for (secret, _) in again.into_iter().chain([(opened, first)]) {
            assert!(access.authenticate(secret.as_str(), 500_003).is_err());
        }
    }
}

#[test]
fn a_request_for_a_session_that_makes_no_sense_is_refused_and_recorded_nowhere() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let set = |member: &str, value: Value| {
        let mut request = new();
        request[member] = value;
        request
    };
    let bad = [
        ("/role", set("role", json!("god"))),
        ("/role", set("role", json!(""))),
        ("/role", set("role", json!("Owner"))),
        ("/role", set("role", json!(7))),
        ("/role", set("role", json!("x".repeat(2_000)))),
        ("/ttl_seconds", set("ttl_seconds", json!(59))),
        ("/ttl_seconds", set("ttl_seconds", json!(86_401))),
        ("/ttl_seconds", set("ttl_seconds", json!(-1))),
        ("/ttl_seconds", set("ttl_seconds", json!(1.5))),
        ("/user/id", set("user", json!({"id": ""}))),
        ("/user/id", set("user", json!({"id": "x".repeat(2_000)}))),
        ("/user/id", set("user", json!({"id": 7}))),
        ("/user/name", set("user", json!({"id": "u", "name": "x".repeat(300_000)}))),
        ("/user/email", set("user", json!({"id": "u", "email": "x".repeat(2_000)}))),
        ("/time_zone", set("time_zone", json!("Mars/Olympus"))),
        ("/time_zone", set("time_zone", json!("../../etc/passwd"))),
        ("/locale", set("locale", json!("x".repeat(2_000)))),
    ];
    for (pointer, request) in &bad {
        let answer = server.post(SESSIONS, &key, request);
        answer.assert_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["pointer"], *pointer, "{answer:?}");
    }
    for request in [
        json!({}),
        json!([]),
        set("audience", json!("x")),
        set("reusable", json!(true)),
        set("token", json!("x")),
    ] {
        server.post(SESSIONS, &key, &request).assert_problem(422, "invalid");
    }
    server.post(SESSIONS, &key, &set("role", json!("member"))).assert_problem(403, "role_excluded");
    assert_eq!(server.size("acme"), 0);
    for (member, value) in
        [("ttl_seconds", json!(60)), ("ttl_seconds", json!(86_400)), ("time_zone", json!("Europe/Berlin"))]
    {
        assert_eq!(server.post(SESSIONS, &key, &set(member, value)).status, 201);
    }
    assert_eq!(server.size("acme"), 3, "each session that is issued is recorded");
    server.check_log();
}

/// Where any role is let in, one still has a name, and one that fits into the event that records the session.
#[test]
fn a_role_of_any_name_has_a_name_and_an_end() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    for (role, status) in [
        ("", 422),
        ("x", 201),
        (&"x".repeat(1_024), 201),
        (&"x".repeat(1_025), 422),
        (&"x".repeat(300_000), 422),
    ] {
        let answer = server.post(SESSIONS, &key, &json!({"user": {"id": "u_1"}, "role": role}));
        assert_eq!(answer.status, status, "{} bytes: {answer:?}", role.len());
    }
    assert_eq!(server.size("acme"), 2);
}

/// A role that a changed profile no longer knows, or no longer lets in, sees nothing from then on.
#[test]
fn a_session_whose_role_is_taken_away_sees_nothing_more() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    server.post(EVENTS, &key, &event("document.created"));
    let (member, odd) =
        (server.session("acme", &key, "u_1", "member"), server.session("acme", &key, "u_1", "reader"));
    assert_eq!((server.get(EVENTS, &member).status, server.get(EVENTS, &odd).status), (200, 200));
    let change = json!({"profile": "workspace"}).to_string();
    let changed =
        server.send("PATCH", "/v1/organizations/acme", &key, Some(change.as_bytes()), "application/json");
    assert_eq!(changed.status, 200, "{changed:?}");
    for token in [&member, &odd] {
        for path in ["", "/total", "/facets", "/histogram", "/0"] {
            server.get(&format!("{EVENTS}{path}"), token).assert_problem(403, "forbidden");
        }
        server.get("/v1/organizations/acme/feed", token).assert_problem(403, "forbidden");
    }
}
