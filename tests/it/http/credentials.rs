//! The header `Authorization`, as thieves and broken clients fill it. Deliberately absent: what a credential that works may
//! do; see `routes`.

use everlog::access::Secret;
use serde_json::json;

use crate::server::{OPERATOR_KEY, Server, event};

const EVENTS: &str = "/v1/organizations/acme/events";

fn with(server: &Server, authorization: &[u8]) -> String {
    let head = [
        b"GET /v1/organizations/acme/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
        authorization,
        b"\r\n\r\n",
    ];
    server.raw(&head.concat())
}

/// B of the hostile list: whatever does not work is 401, in the same words, and never an error of ours.
#[test]
fn what_is_no_working_credential_is_401_in_the_same_words() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let unknown = Secret::new_key();
    let mut wrong = key.clone();
    wrong.replace_range(42..43, if key.ends_with('0') { "1" } else { "0" });
    let bearer = |token: &str| format!("Authorization: Bearer {token}").into_bytes();
    let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJvcGVyYXRvciIsIm9yZyI6ImFjbWUifQ.";
    let cases: Vec<Vec<u8>> = vec![
        b"X-Nothing: 1".to_vec(),
        b"Authorization:".to_vec(),
        b"Authorization: Bearer".to_vec(),
        bearer(""),
        bearer("   "),
        bearer(&wrong),
        bearer(unknown.as_str()),
        bearer(&key[..42]),
        bearer(&format!("{key}0")),
        bearer(&format!("{key} {key}")),
        bearer(&format!("{key},{key}")),
        bearer(&key.to_uppercase()),
        bearer(&key.replace("evl_sk_", "evl_vs_")),
        bearer(&key.replace("evl_sk_", "evl_ѕk_")),
        bearer(&key.replacen('_', "%5F", 1)),
        bearer(&format!("\"{key}\"")),
        bearer(&format!("{key}\u{a0}")),
        bearer(&"x".repeat(30_000)),
        bearer(&OPERATOR_KEY[..OPERATOR_KEY.len() - 1]),
        bearer(&OPERATOR_KEY.to_uppercase()),
        bearer(jwt),
        bearer(&format!("{jwt}c2ln")),
        bearer("null"),
        bearer("undefined"),
        bearer("' OR 1=1 --"),
        format!("Authorization: Basic {key}").into_bytes(),
        format!("Authorization: {key}").into_bytes(),
        format!("Authorization: Bearer{key}").into_bytes(),
        format!("Authorization: Bearer {key}\r\nAuthorization: Bearer {key}").into_bytes(),
        format!("Authorization: Bearer {key}\r\nauthorization: Bearer {}", unknown.as_str()).into_bytes(),
        format!("Proxy-Authorization: Bearer {key}").into_bytes(),
        format!("X-Api-Key: {key}").into_bytes(),
        format!("Cookie: token={key}").into_bytes(),
        b"Authorization: Bearer \xff\xfe".to_vec(),
    ];
    for case in cases {
        let shown = String::from_utf8_lossy(&case).into_owned();
        let answer = with(&server, &case);
        assert!(answer.starts_with("HTTP/1.1 401 "), "{shown}: {answer}");
        assert!(answer.contains("\"detail\":\"a valid credential is needed\""), "{shown}: {answer}");
        assert!(!answer.contains(&key), "{shown}");
    }
    // What is no header at all is refused before anybody looks for a credential in it.
    for bytes in [b"Bearer x\0y".as_slice(), b"Bearer x\x01", b"Bearer x\x7f", b"Bearer x\r\n y"] {
        let answer = with(&server, &[b"Authorization: ", bytes].concat());
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(with(&server, &bearer(&key)).starts_with("HTTP/1.1 200 "));
    assert!(
        with(&server, format!("AUTHORIZATION: bearer   {key}  ").as_bytes()).starts_with("HTTP/1.1 200 ")
    );
}

/// B: a key of 10 MB ends with the head that is too large, not with memory.
#[test]
fn a_credential_of_ten_megabytes_is_refused_before_it_is_read() {
    let server = Server::start();
    server.tenant("acme", "workspace");
    let answer = with(&server, &[b"Authorization: Bearer ".as_slice(), &vec![b'x'; 10 << 20]].concat());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(server.get("/healthz", "").status, 200);
}

/// B: the sum at a key's end is looked at before any store is: what is mistyped costs no lookup.
#[test]
fn a_key_with_a_wrong_sum_is_known_by_its_form_alone() {
    for _ in 0..100 {
        let key = Secret::new_key();
        assert!(Secret::parse(key.as_str()).is_some());
        for at in 7..43 {
            let mut wrong = key.as_str().to_owned();
            wrong.replace_range(at..=at, if wrong.as_bytes()[at] == b'a' { "b" } else { "a" });
            assert!(Secret::parse(&wrong).is_none(), "{wrong}");
        }
    }
    assert!(!format!("{:?}", Secret::new_key()).contains("evl_"));
}

#[test]
fn a_key_in_the_url_is_no_credential_and_is_not_repeated() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for path in [format!("{EVENTS}?access_token={key}"), format!("{EVENTS}?api_key={key}")] {
        server.get(&path, "").assert_problem(401, "unauthenticated");
        let answer = server.get(&path, &key);
        answer.assert_problem(400, "invalid_parameter");
        assert!(!answer.text.contains(&key));
    }
}

/// The headers that other systems take the tenant from mean nothing here.
#[test]
fn headers_and_parameters_cannot_choose_another_organization() {
    let server = Server::start();
    let (acme, globex) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    server.post("/v1/organizations/globex/events", &globex, &event("globex.only"));
    let bearer = format!("Bearer {acme}");
    for (name, value) in [
        ("X-Tenant", "globex"),
        ("X-Organization", "globex"),
        ("Everlog-Organization", "globex"),
        ("X-Original-URL", "/v1/organizations/globex/events"),
        ("X-Rewrite-URL", "/v1/organizations/globex/events"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Forwarded-Host", "globex"),
        ("Host", "globex"),
    ] {
        let answer = server.request("GET", EVENTS, &[("Authorization", &bearer), (name, value)], None);
        assert_eq!((answer.status, &answer.body["data"]), (200, &json!([])), "{name}");
    }
    for name in ["organization", "organization_id", "org", "tenant"] {
        server.get(&format!("{EVENTS}?{name}=globex"), &acme).assert_problem(400, "invalid_parameter");
    }
    let mut sent = event("a.b");
    sent["organization"] = json!("globex");
    server.post(EVENTS, &acme, &sent).assert_problem(422, "invalid");
    assert_eq!((server.size("acme"), server.size("globex")), (0, 1));
}
