//! `GET events` as a stream: what is recorded from now on, for whoever may see it, each event once. Deliberately absent: the
//! feed, which holds the whole log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use everlog::app::live::{Follow, LISTENERS_MAX, Opening};
use everlog_core::ids::{OrgId, Seq};
use everlog_core::query::Moment;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::http::listen::Stream;
use crate::server::{Server, event, query};

const EVENTS: &str = "/v1/organizations/acme/events";

fn record(server: &Server, key: &str, events: &[Value]) -> Vec<String> {
    let answer = server.post(EVENTS, key, &json!(events));
    assert_eq!((answer.status, &answer.body["refused"]), (200, &json!(0)), "{answer:?}");
    let results = answer.body["results"].as_array().unwrap();
    results.iter().map(|result| result["id"].as_str().unwrap().to_owned()).collect()
}

/// A stream that has said that it listens.
fn listening(server: &Server, params: &[(&str, &str)], key: &str, more: &str) -> Stream {
    let mut stream = Stream::open(server, &format!("{EVENTS}{}", query(params)), key, more);
    let first = stream.any().unwrap();
    assert_eq!(first.comment.as_deref(), Some("listening"));
    assert!(!first.id.is_empty());
    stream
}

#[test]
fn a_listener_hears_what_matches_from_now_on_as_the_list_shows_it() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, &[event("lead.created")]);
    let mut all = listening(&server, &[], &key, "Accept-Encoding: gzip\r\n");
    let mut found = listening(&server, &[("category", "Leads"), ("q", "ruiz -deleted")], &key, "");
    let actions = ["lead.created", "task.created", "lead.deleted", "lead.updated"];
    let ids = record(&server, &key, &actions.map(event));
    assert_eq!(all.ids(4), ids);
    assert_eq!(found.ids(1), [ids[0].clone()]);
    let message = found.message();
    assert_eq!(message.event, "event");
    assert_eq!(message.data, server.get(&format!("{EVENTS}/{}", ids[3]), &key).body);
}

/// Events of the tail, of segments written meanwhile, and of bursts longer than one look are each heard once, in order.
#[test]
fn who_comes_back_misses_nothing_and_hears_nothing_twice_however_often_it_goes_away() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut stream = listening(&server, &[("action", "lead.*")], &key, "");
    let (mut sent, mut heard) = (Vec::new(), Vec::new());
    for round in 0..12_usize {
        for _ in 0..(round % 3) + 1 {
            // Most match nothing: a look goes past them.
            let burst: Vec<_> =
                (0..300).map(|at| event(if at % 7 == 0 { "lead.created" } else { "task.created" })).collect();
            let ids = record(&server, &key, &burst);
            sent.extend(ids.into_iter().step_by(7));
        }
        if round % 4 == 3 {
            server.app.index.flush().unwrap();
        }
        if round % 2 == 0 {
            let some = (sent.len() - heard.len()) / 2;
            heard.extend(stream.ids(some));
        }
        let last_id = stream.last_id.clone();
        drop(stream);
        let more = format!("Last-Event-ID: {last_id}\r\n");
        stream = listening(&server, &[("action", "lead.*")], &key, &more);
    }
    heard.extend(stream.ids(sent.len() - heard.len()));
    assert_eq!(heard, sent);
}

/// D27 to D30: what is hidden makes no message, and the ids say nothing.
#[test]
fn a_session_hears_its_own_events_only_and_no_id_tells_of_others() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let token = server.session("acme", &key, "u_1", "regular");
    let mut stream = listening(&server, &[], &token, "");
    let by = |actor: &str, audience: &str| json!({"action": "document.created", "audience": audience, "actor": {"type": "user", "id": actor}});
    let hidden = [by("u_2", "organization"), by("u_1", "administrators")];
    record(&server, &key, &hidden);
    assert!(stream.is_silent(Duration::from_millis(600)), "what is hidden was heard");
    let first = record(&server, &key, &[by("u_1", "organization")]);
    let one = stream.message();
    assert_eq!(one.data["id"], first[0]);
    assert_eq!((one.data.get("seq"), one.data.get("cause")), (None, None));
    for _ in 0..5 {
        record(&server, &key, &hidden);
    }
    record(&server, &key, &[by("u_1", "organization")]);
    let two = stream.message();
    assert_eq!(one.id.len(), two.id.len());
    // Sealed anew each time: no two alike, nothing shared at either end.
    assert_ne!(one.id[..8], two.id[..8]);
    assert_ne!(one.id[40..], two.id[40..]);
}

#[test]
fn an_id_that_is_foreign_or_broken_is_400() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let globex = server.tenant("globex", "workspace");
    let id = listening(&server, &[], &key, "").last_id;
    let cursor = {
        record(&server, &key, &[event("lead.created"), event("lead.created")]);
        server.get(&format!("{EVENTS}?limit=1"), &key).body["next"].as_str().unwrap().to_owned()
    };
    let ask = |org: &str, key: &str, id: &[u8]| {
        let head = format!(
            "GET /v1/organizations/{org}/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Authorization: Bearer {key}\r\nAccept: text/event-stream\r\nLast-Event-ID: "
        );
        server.raw(&[head.as_bytes(), id, b"\r\n\r\n"].concat())
    };
    let flipped = format!("{}{}", if id.starts_with('A') { 'B' } else { 'A' }, &id[1..]);
    let long = "A".repeat(10_000);
    for bad in [&id[..47], &flipped, "0", "-1", "254", "null", "%00", &cursor, &long] {
        assert!(ask("acme", &key, bad.as_bytes()).starts_with("HTTP/1.1 400 "), "{bad}");
    }
    assert!(ask("acme", &key, b"\xff\xfe").starts_with("HTTP/1.1 400 "));
    assert!(ask("globex", &globex, id.as_bytes()).starts_with("HTTP/1.1 400 "), "a foreign id was taken");
    // An empty id is what a browser without one sends.
    assert!(ask("acme", &key, b"").starts_with("HTTP/1.1 200 "));
    let listen = |params: &[(&str, &str)]| {
        let accept = [("Authorization", format!("Bearer {key}")), ("Accept", "text/event-stream".to_owned())];
        let accept: Vec<_> = accept.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.request("GET", &format!("{EVENTS}{}", query(params)), &accept, None)
    };
    for (name, bad) in
        [("cursor", "x"), ("skip", "1"), ("size", "1"), ("limit", "0"), ("range", "now"), ("no", "1")]
    {
        let answer = listen(&[(name, bad)]);
        answer.assert_problem(400, "invalid_parameter");
        assert_eq!(answer.body["errors"][0]["pointer"], name);
    }
}

#[test]
fn a_stream_ends_with_the_session_or_key_that_it_was_opened_with() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let token = server.session("acme", &key, "u_1", "owner");
    let reading =
        server.post("/v1/organizations/acme/keys", &key, &json!({"name": "r", "scopes": ["read"]})).body;
    let mut of_session = listening(&server, &[], &token, "");
    let mut of_key = listening(&server, &[], reading["key"].as_str().unwrap(), "");
    let mut of_feed = Stream::open(&server, "/v1/organizations/acme/feed?after=1000", &token, "");
    assert!(of_feed.any().unwrap().comment.is_some());
    let ids = record(&server, &key, &[event("lead.created")]);
    assert_eq!((of_session.ids(1), of_key.ids(1)), (ids.clone(), ids));
    server.send("DELETE", "/v1/organizations/acme/viewer-sessions", &token, None, "");
    let id = reading["id"].as_str().unwrap();
    server.send("DELETE", &format!("/v1/organizations/acme/keys/{id}"), &key, None, "");
    // The next event is not heard any more: before it is sent, the right is asked for again.
    record(&server, &key, &[event("lead.created")]);
    for stream in [&mut of_session, &mut of_key, &mut of_feed] {
        assert!(stream.any().is_none(), "a stream went on without a right");
    }
}

#[test]
fn there_are_only_so_many_listeners_and_places_become_free() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let all_but_one = u32::try_from(LISTENERS_MAX - 1).unwrap();
    let _held = std::sync::Arc::clone(&server.app.listeners).try_acquire_many_owned(all_but_one).unwrap();
    let last = listening(&server, &[], &key, "");
    let refused = |path: &str| {
        let bearer = format!("Bearer {key}");
        server.request("GET", path, &[("Authorization", &bearer), ("Accept", "text/event-stream")], None)
    };
    for path in [EVENTS, "/v1/organizations/acme/feed"] {
        let answer = refused(path);
        answer.assert_problem(503, "unavailable");
        assert!(answer.headers.contains_key("retry-after"));
    }
    drop(last);
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.app.listeners.available_permits() == 0 {
        assert!(Instant::now() < deadline, "a listener that has gone keeps its place");
        // A closed connection is noticed when something is written to it.
        record(&server, &key, &[event("lead.created")]);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A quiet stream says now and then that it lives, each time with an id to go on from, and asks whether it still may.
#[test]
fn a_quiet_stream_has_heartbeats_and_ends_at_one_when_its_session_has_ended() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let token = server.session("acme", &key, "u_1", "owner");
    let mut quiet = listening(&server, &[("q", "nothing like it")], &key, "");
    let mut ended = listening(&server, &[], &token, "");
    server.send("DELETE", "/v1/organizations/acme/viewer-sessions", &token, None, "");
    let started = Instant::now();
    let first = quiet.last_id.clone();
    let beat = quiet.any().unwrap();
    assert!(beat.comment.is_some() && beat.data == Value::Null, "{beat:?}");
    assert_ne!(beat.id, first);
    assert!(ended.any().is_none(), "a stream outlived its session");
    assert!(started.elapsed() < Duration::from_secs(19));
}

/// `today` is the day of each look in the reader's zone: who follows it past midnight follows the next day. The clock is
/// this test's, since a listener is told the time together with its right.
#[test]
fn who_follows_today_past_midnight_follows_the_next_day() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let midnight: jiff::Timestamp = "2026-06-02T00:00:00+02:00".parse().unwrap();
    let midnight = u64::try_from(midnight.as_millisecond()).unwrap();
    let clock = Arc::new(AtomicU64::new(midnight - 60_000));
    let open: Opening = {
        let (app, clock) = (server.app.clone(), Arc::clone(&clock));
        Box::new(move || {
            let org = app.access.open_locally(&OrgId::try_from("acme").unwrap()).unwrap();
            let time_zone = TimeZone::get("Europe/Berlin").unwrap();
            let now_ms = clock.load(Ordering::SeqCst);
            Some((org, Moment { now_ms, time_zone, week_start: Weekday::Monday }))
        })
    };
    let params = vec![("range".to_owned(), "today".to_owned())];
    let follow = Follow::Matching { params, others: &[] };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut listener = runtime.block_on(async { server.app.listen(open, follow, Seq(0)) }).unwrap();
    let mut heard = || {
        loop {
            let next = async { tokio::time::timeout(Duration::from_secs(10), listener.next()).await };
            let batch = runtime.block_on(next).expect("nothing is heard").unwrap();
            if !batch.events.is_empty() {
                return batch.events.iter().map(|event| event.id().to_owned()).collect::<Vec<_>>();
            }
        }
    };
    let at = |id: &str, ms: u64| {
        let mut event = event("lead.created");
        (event["id"], event["occurred_at"]) = (json!(id), json!(everlog::read::iso(ms)));
        event
    };
    record(&server, &key, &[at("evening", midnight - 30_000), at("tomorrow", midnight + 30_000)]);
    assert_eq!(heard(), ["evening"]);
    clock.store(midnight, Ordering::SeqCst);
    record(
        &server,
        &key,
        &[at("yesterday", midnight - 20_000), at("night", midnight), at("morning", midnight + 1)],
    );
    assert_eq!(heard(), ["night", "morning"]);
}
