//! `checkpoint.signed`: the signed head of the log as a message. Deliberately absent: what every message has in common.

use std::time::{Duration, Instant};

use everlog_core::checkpoint::VerifierKey;
use serde_json::{Value, json};

use crate::http::streams::receiver::Receiver;
use crate::http::streams::{STREAMS, read, send, start, stream};
use crate::server::Server;

/// The sizes of the heads that came, once the last message is the head of the whole log.
fn heads(server: &Server, receiver: &Receiver) -> Vec<u64> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let got: Vec<Value> = receiver.got().iter().map(|got| got.json()).collect();
        let size = server.size("acme");
        if got.last().is_some_and(|last| last["type"] == "checkpoint.signed" && last["data"]["size"] == size)
        {
            let heads = got.iter().filter(|got| got["type"] == "checkpoint.signed");
            return heads.map(|head| head["data"]["size"].as_u64().unwrap()).collect();
        }
        assert!(Instant::now() < end, "no head of {size} came: {got:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_stream_that_names_it_gets_the_signed_head_behind_the_events_that_it_covers() {
    let (receiver, everything) = (Receiver::start(), Receiver::start());
    let (server, key) = start(&[20, 20]);
    let made = stream(&server, &key, &receiver.url(), &["lead.created", "checkpoint.signed"]);
    stream(&server, &key, &everything.url(), &["*"]);
    for _ in 0..3 {
        send(&server, &key, &["lead.created", "lead.updated"]);
        heads(&server, &receiver);
    }
    let heads_then = heads(&server, &receiver);
    assert!(heads_then.is_sorted_by(|a, b| a < b), "each once, and never a smaller one: {heads_then:?}");
    let messages: Vec<Value> = receiver.got().iter().map(|got| got.json()).collect();
    assert_eq!(messages.iter().filter(|it| it["type"] == "lead.created").count(), 3);
    let data = &messages.last().unwrap()["data"];
    let vkey: VerifierKey = server.get("/v1/log-key", "").text.lines().next().unwrap().parse().unwrap();
    let opened = vkey.open(data["checkpoint"].as_str().unwrap()).unwrap();
    assert_eq!(
        (opened.origin.as_str(), opened.size.0),
        (data["origin"].as_str().unwrap(), data["size"].as_u64().unwrap())
    );
    // A head that does not arrive is not kept: the next one says all that it said.
    receiver.will_answer(&["200 OK", "500 No", "500 No", "500 No"]);
    send(&server, &key, &["lead.created"]);
    let id = &made["id"];
    let end = Instant::now() + Duration::from_secs(20);
    while !server.get("/metrics", "").text.contains("\neverlog_stream_attempts_failed_total 3\n") {
        assert!(Instant::now() < end, "{:?}", read(&server, &key, id));
        std::thread::sleep(Duration::from_millis(20));
    }
    send(&server, &key, &["lead.updated"]);
    heads(&server, &receiver);
    let letters = server.get(&format!("{STREAMS}/{}/dead-letters", id.as_str().unwrap()), &key);
    assert_eq!(letters.body["data"], json!([]));
    assert!(everything.got().iter().all(|got| got.json()["type"] != "checkpoint.signed"), "only by its name");
}

/// Who is told of a part of the log is not told how long it is.
#[test]
fn a_stream_of_a_part_of_the_log_gets_no_heads() {
    let (part, whole) = (Receiver::start(), Receiver::start());
    let server = Server::start_with(|config| config.allow_private_webhooks = true);
    let key = server.tenant("acme", "platform");
    let new = |url: String, audience: &str| {
        let new =
            json!({"kind": "webhook", "url": url, "events": ["checkpoint.signed"], "audience": audience});
        assert_eq!(server.post(STREAMS, &key, &new).status, 201);
    };
    new(part.url(), "organization");
    new(whole.url(), "administrators");
    send(&server, &key, &["lead.created"]);
    heads(&server, &whole);
    assert!(part.got().is_empty());
}
