//! `streams`: events sent to somewhere else, in order, at least once, signed, and never into our own network. Deliberately
//! absent: who may change them; see `routes`.

use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everlog_core::hex::Hex;
use ring::hmac;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::server::{Answer, Server, event, is_gate};
use receiver::{Got, Receiver};

mod address;
mod checkpoints;
pub mod receiver;

const STREAMS: &str = "/v1/organizations/acme/streams";
const EVENTS: &str = "/v1/organizations/acme/events";

/// A server that may send to this machine, and comes back soon after failures.
fn start(delays_ms: &[u64]) -> (Server, String) {
    let delays: Vec<_> = delays_ms.iter().map(|ms| Duration::from_millis(*ms)).collect();
    let server = Server::start_with(|config| {
        config.allow_private_webhooks = true;
        config.stream_delays = Some(delays);
    });
    let key = server.tenant("acme", "signing");
    (server, key)
}

fn stream(server: &Server, key: &str, url: &str, events: &[&str]) -> Value {
    let made = server.post(STREAMS, key, &json!({"kind": "webhook", "url": url, "events": events}));
    assert_eq!(made.status, 201, "{made:?}");
    made.body
}

fn send(server: &Server, key: &str, actions: &[&str]) {
    for action in actions {
        let answer = server.post(EVENTS, key, &event(action));
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

fn patch(server: &Server, key: &str, id: &Value, change: &Value) -> Answer {
    let path = format!("{STREAMS}/{}", id.as_str().unwrap());
    server.send("PATCH", &path, key, Some(change.to_string().as_bytes()), "application/json")
}

fn read(server: &Server, key: &str, id: &Value) -> Value {
    server.get(&format!("{STREAMS}/{}", id.as_str().unwrap()), key).body
}

/// Waits until a stream says so.
fn until(server: &Server, key: &str, id: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..2_000 {
        let stream = read(server, key, id);
        if is_so(&stream) {
            return stream;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never came to that: {:?}", read(server, key, id));
}

fn is_signed(got: &Got, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, timestamp) = (got.header("webhook-id"), got.header("webhook-timestamp"));
    let signed = [format!("{id}.{timestamp}.").as_bytes(), &got.body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    got.header("webhook-signature").split(' ').any(|signature| {
        let tag = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&key, &signed, &tag).is_ok()
    })
}

fn kinds(got: &[Got]) -> Vec<String> {
    got.iter().map(|got| got.json()["type"].as_str().unwrap().to_owned()).collect()
}

/// Standard Webhooks 1.0, section by section.
#[test]
fn what_a_stream_wants_comes_in_order_signed_and_as_the_api_shows_it() {
    let (server, key) = start(&[]);
    let receiver = Receiver::start();
    send(&server, &key, &["document.viewed"]);
    let made = stream(&server, &key, &receiver.url(), &["document.*", "lead.created"]);
    let dotted =
        json!({"id": "a.b.1700000000.c", "action": "document.viewed", "actor": {"type": "user", "id": "u"}});
    assert_eq!(server.post(EVENTS, &key, &dotted).status, 201);
    send(&server, &key, &["lead.created", "lead.deleted", "documents.x", "document.odd"]);
    let got = receiver.wait_for(3);
    assert_eq!(kinds(&got), ["document.viewed", "lead.created", "document.odd"]);
    for got in &got {
        let (id, timestamp) = (got.header("webhook-id"), got.header("webhook-timestamp"));
        assert!(id.starts_with("msg_") && !id.contains('.'), "{id}");
        assert!(timestamp.parse::<u64>().is_ok());
        assert!(is_signed(got, made["secret"].as_str().unwrap()));
        assert_eq!(got.header("content-type"), "application/json");
        let sent = got.json();
        let shown = server.get(&format!("{EVENTS}/{}", sent["data"]["id"].as_str().unwrap()), &key).body;
        assert_eq!((&sent["data"], &sent["timestamp"]), (&shown, &shown["occurred_at"]));
    }
    let shown = until(&server, &key, &made["id"], |it| it["next_seq"] == server.size("acme"));
    assert!(shown["last_delivered_at"].is_string());
    server.check_log();
}

/// J: 3xx fails and leads nowhere; only 2xx is an end.
#[test]
fn a_message_that_fails_comes_again_under_its_id_until_2xx() {
    let (server, key) = start(&[20, 20, 20, 20]);
    let (receiver, elsewhere) = (Receiver::start(), Receiver::start());
    let redirect = format!("302 Found\r\nLocation: {}", elsewhere.url());
    receiver.will_answer(&["500 Oh", &redirect, "404 Not Found", "204 No Content"]);
    let made = stream(&server, &key, &receiver.url(), &["lead.*"]);
    send(&server, &key, &["lead.created", "lead.updated"]);
    let got = receiver.wait_for(5);
    let ids: Vec<_> = got.iter().map(|got| got.header("webhook-id")).collect();
    assert!(ids[..4].iter().all(|id| *id == ids[0]) && ids[4] != ids[0], "{ids:?}");
    assert_eq!(kinds(&got)[4], "lead.updated", "what is behind waits");
    assert!(elsewhere.got().is_empty());
    until(&server, &key, &made["id"], |it| it["last_error"].is_null());
    let metrics = server.get("/metrics", "").text;
    assert!(metrics.contains("everlog_stream_attempts_failed_total 3\n"), "{metrics}");
}

#[test]
fn a_message_without_success_is_kept_and_sent_again_when_asked_for() {
    let (server, key) = start(&[10]);
    let receiver = Receiver::start();
    receiver.will_answer(&["500 Oh", "500 Oh"]);
    let made = stream(&server, &key, &receiver.url(), &["lead.*"]);
    send(&server, &key, &["lead.created", "lead.updated"]);
    let got = receiver.wait_for(3);
    assert_eq!(kinds(&got), ["lead.created", "lead.created", "lead.updated"]);
    let id = made["id"].as_str().unwrap();
    let letters = || server.get(&format!("{STREAMS}/{id}/dead-letters"), &key).body["data"].clone();
    let letter = letters()[0].clone();
    assert_eq!((&letter["type"], &letter["attempts"]), (&json!("lead.created"), &json!(2)), "{letter}");
    assert_eq!(letter["error"], "the receiver answered 500");
    let replay =
        |what: Value| server.post(&format!("{STREAMS}/{id}/replay"), &key, &json!({"dead_letters": what}));
    receiver.will_answer(&["503 Busy"]);
    assert_eq!(replay(json!([letter["seq"], 99])).body["dead_letters"], 1);
    let got = receiver.wait_for(4);
    assert_eq!(got[3].header("webhook-id"), got[0].header("webhook-id"));
    until(&server, &key, &made["id"], |_| letters()[0]["attempts"] == 3);
    assert_eq!(replay(json!("all")).status, 202);
    receiver.wait_for(5);
    until(&server, &key, &made["id"], |_| letters() == json!([]));
    for bad in [
        json!({}),
        json!({"from": 0, "dead_letters": "all"}),
        json!({"dead_letters": "some"}),
        json!({"dead_letters": []}),
        json!({"from": 9_999}),
    ] {
        server.post(&format!("{STREAMS}/{id}/replay"), &key, &bad).assert_problem(422, "invalid");
    }
}

/// J: 410 disables; a storm of retries is bounded, and nothing of the log is lost by it.
#[test]
fn who_wants_no_more_is_sent_no_more_and_goes_on_where_it_stopped() {
    let (server, key) = start(&[1]);
    let (gone, failing) = (Receiver::start(), Receiver::start());
    gone.will_answer(&["410 Gone"]);
    failing.will_answer(&["500 Oh"; 6]);
    let first = stream(&server, &key, &gone.url(), &["lead.*"]);
    let second = stream(&server, &key, &failing.url(), &["lead.*"]);
    send(&server, &key, &["lead.a", "lead.b", "lead.c", "lead.d", "lead.e"]);
    for made in [&first, &second] {
        let stopped = until(&server, &key, &made["id"], |it| it["enabled"] == false);
        assert!(stopped["disabled_reason"].is_string());
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((gone.got().len(), failing.got().len()), (1, 6), "nobody is bothered any more");
    let told = server.get(&format!("{EVENTS}?action=stream.disabled"), &key);
    assert_eq!(told.body["data"].as_array().unwrap().len(), 2);
    for made in [&first, &second] {
        assert_eq!(patch(&server, &key, &made["id"], &json!({"enabled": true})).body["enabled"], true);
    }
    assert_eq!(kinds(&gone.wait_for(6)[1..]), ["lead.a", "lead.b", "lead.c", "lead.d", "lead.e"]);
    assert_eq!(kinds(&failing.wait_for(8)[6..]), ["lead.d", "lead.e"]);
    let letters =
        server.get(&format!("{STREAMS}/{}/dead-letters?limit=2", second["id"].as_str().unwrap()), &key);
    assert_eq!(letters.body["data"].as_array().unwrap().len(), 2);
    let next = letters.body["next"].as_str().unwrap();
    let rest = server.get(
        &format!("{STREAMS}/{}/dead-letters?limit=2&after={next}", second["id"].as_str().unwrap()),
        &key,
    );
    assert_eq!((rest.body["data"].as_array().unwrap().len(), &rest.body["next"]), (1, &Value::Null));
    server.check_log();
}

/// Whoever has mended a receiver says so, and need not wait for an attempt that is hours away.
#[test]
fn enabling_a_stream_that_waits_tries_again_at_once() {
    const HOUR_MS: u64 = 60 * 60 * 1_000;
    let (server, key) = start(&[HOUR_MS]);
    let receiver = Receiver::start();
    receiver.will_answer(&["500 Oh"]);
    let made = stream(&server, &key, &receiver.url(), &["lead.*"]);
    send(&server, &key, &["lead.a", "lead.b"]);
    let waiting = until(&server, &key, &made["id"], |it| it["next_attempt_at"].is_string());
    assert_eq!((&waiting["enabled"], &waiting["attempts"]), (&json!(true), &json!(1)));
    let size = server.size("acme");
    let enabled = patch(&server, &key, &made["id"], &json!({"enabled": true})).body;
    assert_eq!((&enabled["next_attempt_at"], &enabled["attempts"]), (&Value::Null, &json!(0)));
    assert_eq!(kinds(&receiver.wait_for(3)), ["lead.a", "lead.a", "lead.b"]);
    assert_eq!(server.size("acme"), size, "nothing about it has changed, and nothing is told");
}

#[test]
fn what_is_null_in_a_stream_counts_as_absent() {
    let (server, key) = start(&[]);
    let whole = json!({"kind": "webhook", "url": "https://x.example/", "events": ["*"],
        "format": null, "audience": null, "description": null});
    let made = server.post(STREAMS, &key, &whole);
    assert_eq!((made.status, &made.body["audience"]), (201, &json!("organization")), "{made:?}");
    let nothing = json!({"url": null, "events": null, "audience": null, "description": null,
        "enabled": null, "rotate_secret": null});
    let patched = patch(&server, &key, &made.body["id"], &nothing);
    assert_eq!((patched.status, &patched.body["secret"]), (200, &Value::Null), "{patched:?}");
}

#[test]
fn a_new_secret_and_the_one_before_both_sign_for_a_day() {
    let (server, key) = start(&[]);
    let receiver = Receiver::start();
    let made = stream(&server, &key, &receiver.url(), &["lead.*"]);
    let rotated = patch(&server, &key, &made["id"], &json!({"rotate_secret": true})).body;
    let (old, new) = (made["secret"].as_str().unwrap(), rotated["secret"].as_str().unwrap());
    assert!(old != new && rotated["former_secret_until"].is_string());
    assert_eq!(patch(&server, &key, &made["id"], &json!({"description": "x"})).body["secret"], Value::Null);
    send(&server, &key, &["lead.created"]);
    let got = receiver.wait_for(1).remove(0);
    assert_eq!(got.header("webhook-signature").split(' ').count(), 2);
    assert!(is_signed(&got, old) && is_signed(&got, new) && !is_signed(&got, "whsec_AAAA"));
    // Secrets are shown once, and told nowhere else.
    let (listed, told) =
        (server.get(STREAMS, &key).text, server.get(&format!("{EVENTS}?category=System"), &key).text);
    assert!(told.contains("stream.updated") && !told.contains("/hook"), "{told}");
    for secret in [old, new] {
        let bare = secret.strip_prefix("whsec_").unwrap();
        assert!(!listed.contains(bare) && !told.contains(bare));
    }
}

#[test]
fn a_replay_from_a_position_sends_everything_from_there_once_more() {
    let (server, key) = start(&[]);
    let receiver = Receiver::start();
    send(&server, &key, &["lead.a", "lead.b"]);
    let made = stream(&server, &key, &receiver.url(), &["lead.*"]);
    send(&server, &key, &["lead.c"]);
    let before = receiver.wait_for(1);
    let path = format!("{STREAMS}/{}/replay", made["id"].as_str().unwrap());
    assert_eq!(server.post(&path, &key, &json!({"from": 1})).status, 202);
    let got = receiver.wait_for(3);
    assert_eq!(kinds(&got), ["lead.c", "lead.b", "lead.c"]);
    assert_eq!(got[2].header("webhook-id"), before[0].header("webhook-id"));
}

#[test]
fn a_slow_receiver_holds_nobody_back() {
    let (server, key) = start(&[]);
    let (slow, quick) = (Receiver::start(), Receiver::start());
    slow.will_wait(Duration::from_secs(3));
    stream(&server, &key, &slow.url(), &["lead.*"]);
    stream(&server, &key, &quick.url(), &["lead.*"]);
    send(&server, &key, &["lead.a", "lead.b", "lead.c"]);
    quick.wait_for(3);
    assert!(slow.got().len() <= 1, "one after the other");
}

/// History starts nothing; who reads the log is told of only by name; administrators' events only where they are asked for.
/// One organization once took every place by testing a slow receiver often, and all others waited for it.
#[test]
fn the_slow_receivers_of_one_organization_take_no_place_of_another() {
    const PLACES: usize = 64;
    let (server, key) = start(&[]);
    let bolt = server.tenant("bolt", "signing");
    let (slow, quick) = (Receiver::start(), Receiver::start());
    slow.will_wait(Duration::from_secs(6));
    let made = stream(&server, &key, &slow.url(), &["lead.*"]);
    let of_bolt = json!({"kind": "webhook", "url": quick.url(), "events": ["lead.*"]});
    assert_eq!(server.post("/v1/organizations/bolt/streams", &bolt, &of_bolt).status, 201);
    let path = format!("{STREAMS}/{}/test", made["id"].as_str().unwrap());
    std::thread::scope(|scope| {
        for _ in 0..=PLACES {
            let ask = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
            let address = server.address;
            scope.spawn(move || {
                use std::io::Write as _;
                // The answer is not waited for.
                std::net::TcpStream::connect(address).unwrap().write_all(ask.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_secs(1));
            });
        }
    });
    let begun = std::time::Instant::now();
    assert_eq!(server.post("/v1/organizations/bolt/events", &bolt, &event("lead.created")).status, 201);
    quick.wait_for(1);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn what_is_not_meant_for_a_stream_is_not_sent() {
    let (server, key) = start(&[]);
    let receiver = Receiver::start();
    stream(&server, &key, &receiver.url(), &["*"]);
    let history = server.post(&format!("{EVENTS}?mode=record"), &key, &event("lead.old"));
    assert_eq!(history.status, 201, "{history:?}");
    server.session("acme", &key, "u_1", "user");
    send(&server, &key, &["lead.new"]);
    assert_eq!(kinds(&receiver.wait_for(1)), ["lead.new"]);

    let key = server.tenant("plat", "platform");
    let (path, events) = ("/v1/organizations/plat/streams", "/v1/organizations/plat/events");
    let (all, part) = (Receiver::start(), Receiver::start());
    for (receiver, audience) in [(&all, "administrators"), (&part, "organization")] {
        let new =
            json!({"kind": "webhook", "url": receiver.url(), "events": ["user.*"], "audience": audience});
        assert_eq!(server.post(path, &key, &new).status, 201);
    }
    for audience in ["administrators", "organization"] {
        let mut sent = event("user.created");
        sent["audience"] = json!(audience);
        assert_eq!(server.post(events, &key, &sent).status, 201);
    }
    let (all, part) = (all.wait_for(2), part.wait_for(1));
    assert!(all[0].json()["data"]["seq"].is_number());
    assert_eq!((part.len(), &part[0].json()["data"]["audience"]), (1, &json!("organization")));
    assert_eq!(part[0].json()["data"]["seq"], Value::Null, "positions tell how much is hidden");
}

/// T03: when all have signed and the trail is made, the process goes out.
#[test]
fn the_end_of_a_process_goes_out_behind_its_trail() {
    let (server, key) = start(&[]);
    server.make_trails();
    let receiver = Receiver::start();
    stream(&server, &key, &receiver.url(), &["process.completed"]);
    let new = json!({
        "process_key": "sp1", "display_name": "Lease", "file_name": "lease.pdf",
        "created_by": {"type": "user", "id": "u_1"}, "signees": [{"signee_key": "si1", "name": "Bo", "email": "bo@x.example"}],
    });
    let made = server.post("/v1/organizations/acme/processes", &key, &new);
    assert_eq!(made.status, 201, "{made:?}");
    for action in ["invitation.sent", "document.signed"] {
        let sent = json!({"action": action, "signee": "si1", "actor": {"type": "user", "id": "u_1"}});
        let answer = server.post("/v1/organizations/acme/processes/sp1/events", &key, &sent);
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let got = receiver.wait_for(1);
    let sent = got[0].json();
    assert_eq!((got.len(), &sent["type"]), (1, &json!("process.completed")));
    let document = &sent["data"]["document"];
    let signed = STANDARD.decode(document["base64"].as_str().unwrap()).unwrap();
    assert!(signed.starts_with(b"%PDF-"));
    let sha256 = Hex(&Sha256::digest(&signed)).to_string();
    let told = (&document["file_name"], &document["content_type"], &document["size"], &document["sha256"]);
    let expected = (&json!("lease.pdf"), &json!("application/pdf"), &json!(signed.len()), &json!(sha256));
    assert_eq!(told, expected);
    assert_eq!(sent["data"]["process"], server.get("/v1/organizations/acme/processes/sp1", &key).body);
}

/// J: what is refused before it is kept, and what only its name's addresses tell.
#[test]
fn no_stream_leads_into_a_private_network_or_to_ourselves() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let new = |url: &str| json!({"kind": "webhook", "url": url, "events": ["*"]});
    for url in [
        "http://x.example/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:10.0.0.1]/",
        "https://x.example:6379/",
        "https://localhost:8443/",
        "https://receiver.internal/",
    ] {
        let refused = server.post(STREAMS, &key, &new(url));
        refused.assert_problem(422, "invalid");
        assert_eq!(refused.body["errors"][0]["pointer"], "/url");
        let why = refused.body["errors"][0]["message"].as_str().unwrap();
        assert!(!url.contains("localhost") || why.contains("private, local"), "{why}");
        assert!(!url.contains("internal") || why.contains("never for a receiver on the internet"), "{why}");
    }

    let (server, key) = start(&[]);
    for host in ["127.0.0.1", "[::1]"] {
        let own = format!("http://{host}:{}/v1/organizations/acme/events", server.address.port());
        server.post(STREAMS, &key, &new(&own)).assert_problem(422, "invalid");
    }
    let named = format!("http://localhost:{}/", server.address.port());
    server.post(STREAMS, &key, &new(&named)).assert_problem(422, "invalid");
    let there = Receiver::start();
    let made = stream(&server, &key, &there.url(), &["*"]);
    let tested = server.post(&format!("{STREAMS}/{}/test", made["id"].as_str().unwrap()), &key, &json!({}));
    assert_eq!((&tested.body["delivered"], &tested.body["status"]), (&json!(true), &json!(200)));
    assert!(is_signed(&there.wait_for(1)[0], made["secret"].as_str().unwrap()));
}

#[test]
fn a_stream_that_makes_no_sense_is_422_and_makes_none() {
    let (server, key) = start(&[]);
    let whole = json!({"kind": "webhook", "url": "https://x.example/", "events": ["*"]});
    let set = |member: &str, value: Value| {
        let mut new = whole.clone();
        new[member] = value;
        new
    };
    for new in [
        json!({}),
        json!([]),
        set("kind", json!("pigeon")),
        set("kind", json!("s3")),
        set("format", json!("ocsf")),
        set("url", json!("")),
        set("url", json!(7)),
        set("events", json!([])),
        set("events", json!("*")),
        set("events", json!([""])),
        set("events", json!(["a*"])),
        set("events", json!([".*"])),
        set("events", json!(["a b"])),
        set("events", json!(vec!["*"; 101])),
        set("audience", json!("everybody")),
        set("audience", json!(7)),
        set("audience", json!("administrators")),
        set("description", json!("x".repeat(201))),
        set("secret", json!("whsec_mine")),
        set("enabled", json!(false)),
    ] {
        server.post(STREAMS, &key, &new).assert_problem(422, "invalid");
    }
    assert_eq!(server.get(STREAMS, &key).body["data"], json!([]));
    let made = server.post(STREAMS, &key, &whole).body;
    for bad in [
        json!({"url": "http://127.0.0.1:22/"}),
        json!({"events": []}),
        json!({"secret": "x"}),
        json!({"next_seq": 0}),
    ] {
        patch(&server, &key, &made["id"], &bad).assert_problem(422, "invalid");
    }
    for _ in 1..20 {
        assert_eq!(server.post(STREAMS, &key, &whole).status, 201);
    }
    server.post(STREAMS, &key, &whole).assert_problem(409, "too_many_streams");
    let path = format!("{STREAMS}/{}", made["id"].as_str().unwrap());
    assert_eq!(server.send("DELETE", &path, &key, None, "").status, 204);
    server.get(&path, &key).assert_problem(404, "not_found");
    server.check_log();
}

/// A crash repeats at most what was under way, and loses nothing.
#[test]
fn what_was_recorded_is_sent_in_order_over_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    receiver.will_wait(Duration::from_millis(3));
    let serve = || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_everlog"))
            .args(["serve", "--listen", "127.0.0.1:0", "--allow-private-webhooks", "--data"])
            .arg(directory.path().join("data"))
            .env("EVERLOG_OPERATOR_KEY", crate::server::OPERATOR_KEY)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        use std::io::BufRead;
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        (child, base)
    };
    let post = |url: &str, key: &str, body: &Value| -> Value {
        let request = ureq::post(url).header("Authorization", format!("Bearer {key}"));
        request.send_json(body).unwrap().body_mut().read_json().unwrap()
    };
    let (mut child, base) = serve();
    let operator = crate::server::OPERATOR_KEY;
    post(
        &format!("{base}/v1/organizations"),
        operator,
        &json!({"id": "acme", "name": "A", "profile": "workspace"}),
    );
    let key = post(
        &format!("{base}/v1/organizations/acme/keys"),
        operator,
        &json!({"name": "k", "scopes": ["write", "admin"]}),
    );
    let key = key["key"].as_str().unwrap().to_owned();
    post(
        &format!("{base}{STREAMS}"),
        &key,
        &json!({"kind": "webhook", "url": receiver.url(), "events": ["lead.*"]}),
    );
    const COUNT: usize = 120;
    let events: Vec<Value> = (0..COUNT).map(|number| event(&format!("lead.n{number}"))).collect();
    post(&format!("{base}{EVENTS}"), &key, &json!(events));
    for part in 1..4 {
        receiver.wait_for(part * COUNT / 4);
        child.kill().unwrap();
        child.wait().unwrap();
        child = serve().0;
    }
    let numbers = || -> Vec<usize> {
        kinds(&receiver.got())
            .iter()
            .map(|kind| kind.strip_prefix("lead.n").unwrap().parse().unwrap())
            .collect()
    };
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while numbers().last() != Some(&(COUNT - 1)) {
        assert!(std::time::Instant::now() < end, "{:?}", numbers());
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let numbers = numbers();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1 || pair[1] == pair[0]), "{numbers:?}");
    assert!((COUNT..=COUNT + 3).contains(&numbers.len()), "{numbers:?}");
}

/// The official library of Standard Webhooks takes what we send, and nothing else.
#[test]
fn the_official_library_verifies_what_is_sent() {
    const PYTHON: &str = "target/pdf-tools/bin/python";
    let (server, key) = start(&[]);
    let receiver = Receiver::start();
    let made = stream(&server, &key, &receiver.url(), &["lead.*"]);
    patch(&server, &key, &made["id"], &json!({"rotate_secret": true}));
    let mut sent = event("lead.created");
    sent["metadata"] = json!({"text": "ü 𝔘 \u{202e} \n", "number": 1.5});
    assert_eq!(server.post(EVENTS, &key, &sent).status, 201);
    let got = receiver.wait_for(1).remove(0);
    let script = "import sys, json\nfrom standardwebhooks.webhooks import Webhook, WebhookVerificationError\n\
        secret, headers, body = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]\n\
        assert Webhook(secret).verify(body, headers)['type'] == 'lead.created'\n\
        for bad in (body + ' ', body.replace('lead', 'leaf')):\n\
        \x20   try:\n\
        \x20       Webhook(secret).verify(bad, headers)\n\
        \x20       sys.exit(3)\n\
        \x20   except WebhookVerificationError: pass\n";
    let headers: serde_json::Map<String, Value> =
        got.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let body = String::from_utf8(got.body.clone()).unwrap();
    let arguments =
        ["-c", script, made["secret"].as_str().unwrap(), &Value::Object(headers).to_string(), &body];
    let has_library = Command::new(PYTHON).args(["-c", "import standardwebhooks"]).output();
    if !has_library.is_ok_and(|it| it.status.success()) {
        assert!(!is_gate(), "standardwebhooks is missing: ./check installs it");
        eprintln!("\n*** SKIPPED: standardwebhooks did not verify a message; ./check installs it ***\n");
        return;
    }
    let verified = Command::new(PYTHON).args(arguments).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
