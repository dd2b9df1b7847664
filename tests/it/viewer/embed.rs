//! The log inside other people's pages, over HTTP: who may frame what, the token in the header, what is recorded.
//! Deliberately absent: the frame at work, which is in `browser`.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::server::{Answer, OPERATOR_KEY, Server};

const HOST: &str = "https://app.example";

fn set(server: &Server, org: &str, settings: Value) -> Answer {
    let path = format!("/v1/organizations/{org}");
    server.send(
        "PATCH",
        &path,
        OPERATOR_KEY,
        Some(json!({"settings": settings}).to_string().as_bytes()),
        "application/json",
    )
}

/// The directives of the policy of an answer.
fn policy(answer: &Answer) -> Vec<String> {
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    policy.split(';').map(|directive| directive.trim().to_owned()).collect()
}

fn may_be_framed_by(answer: &Answer) -> String {
    let directive = policy(answer).into_iter().find(|it| it.starts_with("frame-ancestors")).unwrap();
    directive.trim_start_matches("frame-ancestors ").to_owned()
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[test]
fn the_script_is_small_cached_and_readable_from_everywhere() {
    let server = Server::start();
    let script = server.request("GET", "/embed.js", &[], None);
    assert_eq!(
        (script.status, script.headers["content-type"].to_str().unwrap()),
        (200, "text/javascript; charset=utf-8")
    );
    assert_eq!(script.headers["access-control-allow-origin"], "*");
    assert_eq!(script.headers["cross-origin-resource-policy"], "cross-origin");
    assert!(script.text.contains("customElements.define('activity-log'"));
    let etag = script.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(server.request("GET", "/embed.js", &[("If-None-Match", &etag)], None).status, 304);
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream
        .write_all(b"GET /embed.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut served = Vec::new();
    stream.read_to_end(&mut served).unwrap();
    let end = served.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    assert!(served.len() - end < 1_000, "{} bytes", served.len() - end);
}

/// C17; framing by a foreign origin.
#[test]
fn the_frame_stands_in_listed_pages_only_and_no_other_page_in_any() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let frame = |host: &str| server.request("GET", &format!("/embed?host={host}"), &[], None);
    assert_eq!(may_be_framed_by(&frame(HOST)), "'none'");
    assert_eq!(
        set(
            &server,
            "acme",
            json!({"embed_origins": [HOST], "avatar_origins": ["https://pictures.example"]})
        )
        .status,
        200
    );
    let listed = frame(HOST);
    assert_eq!((listed.status, may_be_framed_by(&listed).as_str()), (200, HOST));
    assert!(listed.headers.get("x-frame-options").is_none() && listed.headers.get("set-cookie").is_none());
    assert!(policy(&listed).contains(&"img-src 'self' data: https://pictures.example".to_owned()));
    assert!(!listed.text.contains("acme"), "the frame knows nobody");
    for foreign in [
        "https://evil.example",
        "https://app.example.evil.example",
        "http://app.example",
        "*",
        "null",
        "",
        "https://app.example%20https://evil.example",
        "https://app.example;script-src%20*",
        "https://app.example%0d%0ax:y",
    ] {
        let answer = frame(foreign);
        assert!(answer.status >= 400, "{foreign}");
        assert_eq!(may_be_framed_by(&answer), "'none'", "{foreign}");
        assert_eq!(answer.headers["x-frame-options"], "DENY");
    }
    let token = server.session("acme", &key, "u_1", "owner");
    for path in ["/", "/view/acme", "/view/acme/events/none"] {
        let page = server.request("GET", path, &[("Authorization", &bearer(&token))], None);
        assert_eq!(may_be_framed_by(&page), "'none'", "{path}");
        let has_pictures = policy(&page).iter().any(|it| it.contains("pictures.example"));
        assert_eq!(has_pictures, path == "/view/acme", "{path}");
    }
    let unknown = server.request("GET", "/view/acme", &[], None);
    assert!(
        !policy(&unknown).iter().any(|it| it.contains("pictures.example")),
        "only readers learn the settings"
    );
    let looked = server.request("HEAD", "/view/acme?code=x", &[], None);
    assert!(!policy(&looked).iter().any(|it| it.contains("pictures.example")));
    assert_eq!(set(&server, "acme", json!({"embed_origins": []})).status, 200);
    assert_eq!(may_be_framed_by(&frame(HOST)), "'none'");
}

/// C of the hostile list.
#[test]
fn a_token_opens_the_pages_of_its_log_and_no_cookie_counts_beside_it() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let other = server.tenant("globex", "workspace");
    let token = server.session("acme", &key, "u_1", "owner");
    let foreign = server.session("globex", &other, "u_1", "owner");
    let ask = |path: &str, headers: &[(&str, &str)]| server.request("GET", path, headers, None).status;
    assert_eq!(ask("/view/acme", &[("Authorization", &bearer(&token))]), 200);
    assert_eq!(ask("/view/globex", &[("Authorization", &bearer(&token))]), 404);
    let cookie = format!("everlog-acme={token}");
    assert_eq!(ask("/view/acme", &[("Cookie", &cookie)]), 200);
    assert_eq!(ask("/view/acme", &[("Cookie", &cookie), ("Authorization", &bearer(&foreign))]), 404);
    for bad in [
        bearer("evl_vs_nonsense"),
        bearer(""),
        bearer(&key),
        bearer(OPERATOR_KEY),
        bearer("eyJhbGciOiJub25lIn0.e30."),
    ] {
        assert_eq!(ask("/view/acme", &[("Cookie", &cookie), ("Authorization", &bad)]), 401, "{bad}");
    }
    let twice = [("Authorization", bearer(&token)), ("Authorization", bearer(&foreign))];
    assert_eq!(ask("/view/acme", &[(twice[0].0, &twice[0].1), (twice[1].0, &twice[1].1)]), 401);
    // A proxy's own credentials are not ours.
    assert_eq!(ask("/view/acme", &[("Cookie", &cookie), ("Authorization", "Basic YTpi")]), 200);
    assert_eq!(server.send("DELETE", "/v1/organizations/acme/viewer-sessions", &token, None, "").status, 204);
    assert_eq!(ask("/view/acme", &[("Authorization", &bearer(&token))]), 401, "it is over");
}

#[test]
fn a_session_in_a_frame_starts_once_with_the_readers_address_where_its_organization_lists_the_page() {
    let server = Server::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]);
    let key = server.tenant("acme", "workspace");
    server.tenant("globex", "workspace");
    set(&server, "globex", json!({"embed_origins": [HOST]}));
    let token = server.session("acme", &key, "u_1", "owner");
    let start = |token: &str| {
        let auth = bearer(token);
        let headers = [
            ("Authorization", auth.as_str()),
            ("Everlog-Embedder", HOST),
            ("Everlog-Language", "de"),
            ("X-Forwarded-For", "198.51.100.1, 203.0.113.9, 127.0.0.1"),
            ("User-Agent", "a browser"),
        ];
        server.request("POST", "/embed", &headers, None)
    };
    let refused = start(&token);
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains(HOST) && refused.text.contains("embed_origins"), "{}", refused.text);
    assert!(refused.text.contains("lang=\"de\""), "{}", refused.text);
    set(&server, "acme", json!({"embed_origins": [HOST]}));
    for _ in 0..3 {
        let started = start(&token);
        assert_eq!(
            (started.status, &started.body),
            (200, &json!({"log": "/view/acme", "user": "u_1", "role": "owner"}))
        );
        assert!(started.headers.get("set-cookie").is_none());
    }
    let events = server.get("/v1/organizations/acme/events?action=session.started&category=Access", &key);
    let events = events.body["data"].as_array().unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["context"]["ip"], "203.0.113.9");
    assert_eq!(
        (&events[0]["actor"]["id"], &events[0]["context"]["user_agent"]),
        (&json!("u_1"), &json!("a browser"))
    );
    assert_eq!(start("evl_vs_nonsense").status, 401);
    assert_eq!(start(&key).status, 401, "a key is no session");
    // A page that is taken off the list shows nothing more.
    set(&server, "acme", json!({"embed_origins": []}));
    let auth = bearer(&token);
    let page =
        server.request("GET", "/view/acme", &[("Authorization", &auth), ("Everlog-Embedder", HOST)], None);
    assert_eq!(page.status, 403);
    server.check_log();
}

/// The policy would stop it; it is not even written.
#[test]
fn no_template_holds_a_script_a_style_or_an_expression() {
    let mut seen = 0;
    for entry in std::fs::read_dir("templates/viewer").unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let lower = text.to_lowercase();
        seen += 1;
        for bad in [
            "<style",
            "style=",
            "hx-on",
            "js:",
            "javascript:",
            "onclick",
            "onload",
            "onerror",
            "onsubmit",
            "oninput",
        ] {
            assert!(!lower.contains(bad), "{} holds {bad}", path.display());
        }
        for script in lower.split("<script").skip(1) {
            let (tag, rest) = script.split_once('>').unwrap();
            assert!(
                tag.contains("src=") && rest.starts_with("</script>"),
                "{}: a script of its own",
                path.display()
            );
        }
        for trigger in lower.split("hx-trigger=\"").skip(1) {
            let value = trigger.split('"').next().unwrap();
            assert!(!value.contains('['), "{}: a filter in {value}", path.display());
        }
    }
    assert!(seen > 10);
}
