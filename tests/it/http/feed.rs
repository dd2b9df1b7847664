//! `GET feed` and `GET checkpoint`: the log in its own order, whole, for those who see everything. Deliberately absent: who
//! that is; see `routes` and `visibility`.

use std::time::Duration;

use everlog_core::checkpoint::VerifierKey;
use serde_json::{Value, json};

use crate::http::listen::Stream;
use crate::server::{Server, event};

const FEED: &str = "/v1/organizations/acme/feed";

fn fill(server: &Server, key: &str, count: usize) {
    for start in (0..count).step_by(1_000) {
        let events = vec![event("lead.created"); 1_000.min(count - start)];
        let answer = server.post("/v1/organizations/acme/events", key, &json!(events));
        assert_eq!(answer.status, 200);
    }
}

#[test]
fn following_next_gives_every_event_once_in_order_and_always_a_cursor() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let empty = server.get(FEED, &key);
    assert_eq!((&empty.body["data"], &empty.body["next"]), (&json!([]), &json!(-1)));
    fill(&server, &key, 1_234);
    let (mut after, mut seen) = (-1, 0);
    loop {
        let page = server.get(&format!("{FEED}?after={after}&limit=100"), &key);
        let data = page.body["data"].as_array().unwrap();
        for event in data {
            assert_eq!(event["seq"], seen);
            seen += 1;
        }
        let next = page.body["next"].as_i64().unwrap();
        if data.is_empty() {
            assert_eq!(next, after, "an empty page has the cursor it was asked with");
            break;
        }
        assert_eq!(next, seen - 1);
        after = next;
    }
    assert_eq!(seen, 1_234);
    let far = server.get(&format!("{FEED}?after={}", i64::MAX - 1), &key);
    assert_eq!((far.status, &far.body["next"]), (200, &json!(i64::MAX - 1)));
}

/// F: positions that are none.
#[test]
fn a_position_or_limit_that_is_none_is_400_and_named() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for (name, bad) in [
        ("after", "-2"),
        ("after", "9223372036854775807"),
        ("after", "18446744073709551616"),
        ("after", "1.5"),
        ("after", "NaN"),
        ("after", "%27%20OR%201=1--"),
        ("after", "1&after=2"),
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "1001"),
        ("limit", "1e9"),
        ("limit", "NaN"),
        ("limit", "%00"),
        ("q", "x"),
        ("size", "1"),
    ] {
        let answer = server.get(&format!("{FEED}?{name}={bad}"), &key);
        answer.assert_problem(400, "invalid_parameter");
        assert_eq!(answer.body["errors"][0]["pointer"], name, "{bad}");
    }
}

#[test]
fn a_listener_hears_what_is_there_and_what_comes_and_goes_on_where_it_was() {
    let server = Server::start();
    let (key, globex) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    fill(&server, &key, 250);
    let mut stream = Stream::open(&server, FEED, &key, "Accept-Encoding: gzip\r\n");
    let message = |stream: &mut Stream| -> (String, Value) {
        let message = stream.message();
        (message.id, message.data)
    };
    for seq in 0..250 {
        let (id, data) = message(&mut stream);
        assert_eq!((id, &data["seq"]), (seq.to_string(), &json!(seq)));
    }
    for seq in 250..260 {
        // What another organization does is not heard.
        server.post("/v1/organizations/globex/events", &globex, &event("other.thing"));
        fill(&server, &key, 1);
        let (id, data) = message(&mut stream);
        assert_eq!((id, &data["organization"]), (seq.to_string(), &json!("acme")));
    }
    drop(stream);
    let mut again = Stream::open(&server, &format!("{FEED}?after=3"), &key, "Last-Event-ID: 254\r\n");
    assert_eq!(message(&mut again).0, "255", "what was seen last counts, not the URL");
}

#[test]
fn many_listeners_that_go_away_leave_nothing_behind() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    fill(&server, &key, 1_000);
    let readers: Vec<_> = (0..50).map(|_| Stream::open(&server, FEED, &key, "")).collect();
    fill(&server, &key, 1_000);
    drop(readers);
    assert_eq!(server.get(&format!("{FEED}?after=1998"), &key).body["data"][0]["seq"], 1_999);
    // Stopping does not wait for listeners.
    let _held = Stream::open(&server, FEED, &key, "");
    let started = std::time::Instant::now();
    drop(server);
    assert!(started.elapsed() < Duration::from_secs(15), "a listener kept the server from stopping");
}

/// E: the checkpoint is that of the log, under the key that is published.
#[test]
fn a_checkpoint_verifies_with_the_published_key_and_never_gets_smaller() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let vkey: VerifierKey = server.get("/v1/log-key", "").text.lines().next().unwrap().parse().unwrap();
    let origin = server.get("/v1/organizations/acme", &key).body["origin"].as_str().unwrap().to_owned();
    let mut size = 0;
    for _ in 0..20 {
        let note = server.get("/v1/organizations/acme/checkpoint", &key);
        assert_eq!(note.headers["content-type"], "text/plain; charset=utf-8");
        let opened = vkey.open(&note.text).unwrap();
        assert_eq!(opened.origin, origin);
        assert!(opened.size.0 >= size && opened.size.0 <= server.size("acme"));
        size = opened.size.0;
        fill(&server, &key, 3);
    }
    server.check_log();
}
