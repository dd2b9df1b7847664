//! `keys`: made, listed, taken back. Deliberately absent: what a key may do; see `routes`.

use serde_json::{Value, json};

use crate::server::{OPERATOR_KEY, Server, event};

const KEYS: &str = "/v1/organizations/acme/keys";

#[test]
fn a_key_is_shown_once_and_never_listed() {
    let server = Server::start();
    server.organization("acme", "workspace");
    let made = server.post(KEYS, OPERATOR_KEY, &json!({"name": "ci", "scopes": ["write"]}));
    let key = made.body["key"].as_str().unwrap();
    assert!(key.starts_with("evl_sk_") && key.len() == 43, "{key}");
    let listed = server.get(KEYS, OPERATOR_KEY);
    assert!(!listed.text.contains(key) && !listed.text.contains("hash"));
    assert_eq!(listed.body["data"][0]["id"], made.body["id"]);
    assert_eq!(listed.body["data"][0]["key"], Value::Null);
    // Nor do the files hold it, with which it could be used.
    for entry in std::fs::read_dir(server.directory.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(key.len()).any(|it| it == key.as_bytes()), "{}", path.display());
        }
    }
}

#[test]
fn a_revoked_key_is_401_from_the_next_request_on_and_cannot_be_revoked_twice() {
    let server = Server::start();
    let admin = server.tenant("acme", "workspace");
    let made = server.post(KEYS, &admin, &json!({"name": "x", "scopes": ["read"]}));
    let (id, key) = (made.body["id"].as_str().unwrap(), made.body["key"].as_str().unwrap());
    assert_eq!(server.get("/v1/organizations/acme/events", key).status, 200);
    let revoke = || server.send("DELETE", &format!("{KEYS}/{id}"), &admin, None, "");
    assert_eq!((revoke().status, revoke().status), (204, 404));
    server.get("/v1/organizations/acme/events", key).assert_problem(401, "unauthenticated");
    let listed = server.get(KEYS, &admin);
    let shown = listed.body["data"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap();
    assert!(shown["revoked_at"].is_string());
}

#[test]
fn an_expired_key_is_401() {
    let server = Server::start();
    server.organization("acme", "workspace");
    let soon = everlog::read::iso(everlog::log::now_ms() + 1_500);
    let new = json!({"name": "x", "scopes": ["read"], "expires_at": soon});
    let made = server.post(KEYS, OPERATOR_KEY, &new);
    let key = made.body["key"].as_str().unwrap();
    assert_eq!(server.get("/v1/organizations/acme/events", key).status, 200);
    std::thread::sleep(std::time::Duration::from_millis(1_600));
    server.get("/v1/organizations/acme/events", key).assert_problem(401, "unauthenticated");
}

#[test]
fn a_request_for_a_key_that_makes_no_sense_is_422_and_makes_none() {
    let server = Server::start();
    server.organization("acme", "workspace");
    let bad = [
        json!({}),
        json!([]),
        json!(null),
        json!("x"),
        json!({"name": "x"}),
        json!({"scopes": ["read"]}),
        json!({"name": "", "scopes": ["read"]}),
        json!({"name": "  ", "scopes": ["read"]}),
        json!({"name": "x".repeat(201), "scopes": ["read"]}),
        json!({"name": 7, "scopes": ["read"]}),
        json!({"name": "x", "scopes": []}),
        json!({"name": "x", "scopes": ["root"]}),
        json!({"name": "x", "scopes": "read"}),
        json!({"name": "x", "scopes": ["READ"]}),
        json!({"name": "x", "scopes": vec!["read"; 1_000]}),
        json!({"name": "x", "scopes": ["read"], "organization": "globex"}),
        json!({"name": "x", "scopes": ["read"], "organizations": "*"}),
        json!({"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}),
        json!({"name": "x", "scopes": ["read"], "expires_at": "never"}),
        json!({"name": "x", "scopes": ["read"], "expires_at": 1e12}),
        json!({"name": "x", "scopes": ["read"], "key": "evl_sk_mine"}),
        json!({"name": "x", "scopes": ["read"], "id": "key_mine"}),
    ];
    for new in bad {
        let answer = server.post(KEYS, OPERATOR_KEY, &new);
        answer.assert_problem(422, "invalid");
    }
    assert_eq!(server.get(KEYS, OPERATOR_KEY).body["data"], json!([]));
    let duplicate =
        server.send("POST", KEYS, OPERATOR_KEY, Some(br#"{"name":"x","name":"y"}"#), "application/json");
    duplicate.assert_problem(400, "not_json");
}

/// A vendor's key works for the organizations that it names, and an organization made later only when it names all.
#[test]
fn a_vendors_key_reaches_what_it_names_and_nothing_else() {
    let server = Server::start();
    for id in ["acme", "globex", "initech"] {
        server.organization(id, "workspace");
    }
    let make = |organizations: Value| {
        let new = json!({"name": "v", "scopes": ["write", "read"], "organizations": organizations});
        let made = server.post("/v1/keys", OPERATOR_KEY, &new);
        assert_eq!(made.status, 201, "{made:?}");
        made.body["key"].as_str().unwrap().to_owned()
    };
    let (some, every) = (make(json!(["acme", "globex"])), make(json!("*")));
    server.organization("later", "workspace");
    for (org, by_some, by_every) in [
        ("acme", 201, 201),
        ("globex", 201, 201),
        ("initech", 404, 201),
        ("later", 404, 201),
        ("nobody", 404, 404),
    ] {
        let path = format!("/v1/organizations/{org}/events");
        assert_eq!(server.post(&path, &some, &event("a.b")).status, by_some, "{org}");
        assert_eq!(server.post(&path, &every, &event("a.b")).status, by_every, "{org}");
    }
    for bad in [
        json!([]),
        json!("acme"),
        json!(["*", "Ä"]),
        json!(["ACME"]),
        json!(7),
        json!([["acme"]]),
        json!(null),
    ] {
        let new = json!({"name": "v", "scopes": ["read"], "organizations": bad});
        server.post("/v1/keys", OPERATOR_KEY, &new).assert_problem(422, "invalid");
    }
    // Administration of the installation is no vendor's.
    server.get("/v1/keys", &every).assert_problem(403, "forbidden");
    server.get("/v1/organizations", &every).assert_problem(403, "forbidden");
    server.check_log();
}
