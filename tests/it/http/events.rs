//! `POST events`: idempotency, limits, sizes, batches, and what is recorded of the way they came. Deliberately absent:
//! malformed bytes (`hostile_json`) and streams (`ndjson`).

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::server::{OPERATOR_KEY, Server, event, query};

const EVENTS: &str = "/v1/organizations/acme/events";

fn with_id(id: &str) -> Value {
    let mut sent = event("lead.created");
    sent["id"] = json!(id);
    sent
}

/// E: the same id from eight threads at once is one event, and everybody learns which.
#[test]
fn the_same_event_from_many_threads_is_created_once() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for round in 0..20 {
        let (sent, barrier) = (with_id(&format!("e-{round}")), Barrier::new(8));
        let answers: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        server.post(EVENTS, &key, &sent)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let created: Vec<_> = answers.iter().filter(|it| it.status == 201).collect();
        assert_eq!(created.len(), 1, "{answers:?}");
        for answer in answers.iter().filter(|it| it.status != 201) {
            assert_eq!((answer.status, &answer.body["status"]), (200, &json!("duplicate")));
            assert_eq!(answer.body["seq"], created[0].body["seq"]);
            assert_eq!(answer.body["leaf_hash"], created[0].body["leaf_hash"]);
        }
    }
    assert_eq!(server.size("acme"), 20);
    server.check_log();
}

/// E: of different contents under one id the first wins, and nothing of the others is written.
#[test]
fn different_events_under_one_id_from_many_threads_are_one_event_and_conflicts() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let barrier = Barrier::new(8);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let (server, key, barrier) = (&server, &key, &barrier);
        let threads: Vec<_> = (0..8)
            .map(|number| {
                scope.spawn(move || {
                    let mut sent = with_id("e-1");
                    sent["metadata"] = json!({"number": number});
                    barrier.wait();
                    let answer = server.post(EVENTS, key, &sent);
                    if answer.status != 201 {
                        answer.assert_problem(409, "id_conflict");
                        assert_eq!(answer.body["errors"][0]["pointer"], "/id");
                    }
                    answer.status
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(server.size("acme"), 1);
    server.check_log();
}

#[test]
fn ids_of_one_organization_say_nothing_about_another() {
    let server = Server::start();
    let (acme, globex) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    let mut other = with_id("e-1");
    other["metadata"] = json!({"other": true});
    assert_eq!(server.post(EVENTS, &acme, &with_id("e-1")).status, 201);
    let answer = server.post("/v1/organizations/globex/events", &globex, &other);
    assert_eq!((answer.status, &answer.body["seq"]), (201, &json!(0)));
    server.check_log();
}

#[test]
fn inside_one_array_a_repeated_id_is_a_duplicate_or_a_conflict() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut other = with_id("e-1");
    other["reason"] = json!("another");
    let answer =
        server.post(EVENTS, &key, &json!([with_id("e-1"), with_id("e-1"), other, with_id("e-2"), 7]));
    let statuses: Vec<_> =
        answer.body["results"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
    assert_eq!(statuses, ["created", "duplicate", "refused", "created", "refused"]);
    assert_eq!(answer.body["results"][1]["seq"], 0);
    assert_eq!(answer.body["results"][2]["problem"]["code"], "id_conflict");
    assert_eq!(answer.body["results"][2]["problem"]["status"], 409);
    assert_eq!(answer.body["results"][4]["problem"]["status"], 422);
    assert_eq!(
        [&answer.body["created"], &answer.body["duplicates"], &answer.body["refused"]],
        [&json!(2), &json!(1), &json!(2)]
    );
    assert_eq!(server.size("acme"), 2);
    server.check_log();
}

/// An event of exactly so many canonical bytes, made with text that JSON does not escape.
fn of_size(bytes: usize) -> Value {
    let mut sent = event("lead.created");
    sent["metadata"] = json!({"fill": ""});
    let bare = everlog_core::json::canonical(&sent).len();
    sent["metadata"]["fill"] = json!("x".repeat(bytes - bare));
    sent
}

#[test]
fn an_event_at_the_limit_is_recorded_and_one_byte_more_is_422() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    assert_eq!(server.post(EVENTS, &key, &of_size(262_144)).status, 201);
    let answer = server.post(EVENTS, &key, &of_size(262_145));
    answer.assert_problem(422, "invalid");
    assert_eq!(answer.body["errors"][0]["code"], "too_large");
    // The form that counts is the canonical one: white space is not held against the sender.
    let wide = of_size(262_144).to_string().replace("\"x", &format!("{}\"x", " ".repeat(300_000)));
    assert_eq!(server.send("POST", EVENTS, &key, Some(wide.as_bytes()), "application/json").status, 201);
    assert_eq!(server.size("acme"), 2);
    server.check_log();
}

#[test]
fn fields_at_the_limit_are_recorded_and_one_more_is_422() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let fields = |count: usize| {
        let mut sent = event("lead.created");
        // Action and the actor's type, id and name are fields as well.
        sent["metadata"] = (0..count - 4).map(|number| (format!("k{number}"), json!(number))).collect();
        sent
    };
    assert_eq!(server.post(EVENTS, &key, &fields(950)).status, 201);
    let answer = server.post(EVENTS, &key, &fields(951));
    answer.assert_problem(422, "invalid");
    assert_eq!(answer.body["errors"][0]["code"], "too_many_fields");
    let path = |bytes: usize| {
        let mut sent = event("lead.created");
        // "/metadata/" and three segments of which none is longer than a key may be.
        sent["metadata"] = json!({"a".repeat(1_024): {"b".repeat(1_024): "deep"}});
        sent["changes"] = json!({});
        sent["metadata"]["p"] = json!({"~".repeat(bytes): 1});
        sent
    };
    // Every "~" becomes "~0" in a path: 1,024 of them are 2,048 bytes, far below 4,096.
    assert_eq!(server.post(EVENTS, &key, &path(1_024)).status, 201);
    server.check_log();
}

#[test]
fn a_path_at_the_limit_is_recorded_and_a_longer_one_is_422() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let path = |second: usize| {
        let mut sent = event("lead.created");
        sent["metadata"] = json!({"~".repeat(1_024): {"~".repeat(second): 1}});
        sent
    };
    // /e/metadata/ and / are what the segments stand between.
    let room = 4_096 - "/e/metadata/".len() - 2 * 1_024 - "/".len();
    assert_eq!(server.post(EVENTS, &key, &path(room / 2)).status, 201);
    let answer = server.post(EVENTS, &key, &path(1_024));
    answer.assert_problem(422, "invalid");
    assert_eq!(answer.body["errors"][0]["code"], "path_too_long");
    server.check_log();
}

#[test]
fn a_thousand_events_are_one_array_and_one_more_is_413() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let many = |count: usize| Value::Array(vec![event("lead.created"); count]);
    let answer = server.post(EVENTS, &key, &many(1_000));
    assert_eq!((answer.status, &answer.body["created"]), (200, &json!(1_000)));
    server.post(EVENTS, &key, &many(1_001)).assert_problem(413, "too_many_events");
    let empty = server.post(EVENTS, &key, &json!([]));
    assert_eq!((empty.status, &empty.body["results"]), (200, &json!([])));
    assert_eq!(server.size("acme"), 1_000);
    server.check_log();
}

/// K: 16 MiB are read, one byte more is not; the server goes on.
#[test]
fn a_body_of_16_mib_is_read_and_one_byte_more_is_413() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut body = event("lead.created").to_string().into_bytes();
    body.resize(everlog::http::JSON_BODY_BYTES_MAX, b' ');
    assert_eq!(server.send("POST", EVENTS, &key, Some(&body), "application/json").status, 201);
    body.push(b' ');
    server.send("POST", EVENTS, &key, Some(&body), "application/json").assert_problem(413, "body_too_large");
    let text = json!({"action": "a.b", "actor": {"type": "system"}, "reason": "x".repeat(15 << 20)});
    server.post(EVENTS, &key, &text).assert_problem(422, "invalid");
    assert_eq!(server.size("acme"), 1);
    server.check_log();
}

#[test]
fn a_body_of_another_type_is_415() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let body = event("lead.created").to_string();
    for kind in [
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "json",
        "*/*",
    ] {
        let answer = server.send("POST", EVENTS, &key, Some(body.as_bytes()), kind);
        answer.assert_problem(415, "unsupported_media_type");
    }
    for kind in
        ["application/json; charset=utf-8", "Application/JSON", "application/x-ndjson", "application/jsonl"]
    {
        let answer = server.send("POST", EVENTS, &key, Some(body.as_bytes()), kind);
        assert!(answer.status < 300, "{kind}: {answer:?}");
    }
    server.check_log();
}

#[test]
fn history_needs_the_scope_admin_and_other_modes_are_400() {
    let server = Server::start();
    let admin = server.tenant("acme", "workspace");
    let writer = server.key("acme", &["write"]);
    let path = |mode: &str| format!("{EVENTS}?mode={mode}");
    server.post(&path("record"), &writer, &event("a.b")).assert_problem(403, "forbidden");
    assert_eq!(server.post(&path("record"), &admin, &event("a.b")).status, 201);
    assert_eq!(server.post(&path("command"), &writer, &event("a.b")).status, 201);
    for bad in ["replay", "RECORD", "record&mode=record", "command%00"] {
        let answer = server.post(&path(bad), &admin, &event("a.b"));
        answer.assert_problem(400, "invalid_parameter");
        assert_eq!(answer.body["errors"][0]["pointer"], "mode", "{bad}");
    }
    server
        .post(&format!("{EVENTS}?dry_run=1"), &admin, &event("a.b"))
        .assert_problem(400, "invalid_parameter");
    assert_eq!(server.size("acme"), 2);
}

/// The document of the newest event, as recorded.
fn newest(server: &Server) -> Value {
    let org = server.app.directory.all().unwrap().remove(0);
    let last = everlog_core::ids::Seq(server.size("acme") - 1);
    let row = server.app.store.rows(org.row.code, &[last]).unwrap().remove(0);
    serde_json::from_slice(&row.document).unwrap()
}

/// K: what a stranger claims about its address is not recorded.
#[test]
fn x_forwarded_for_is_recorded_only_from_a_trusted_proxy() {
    let claim = |server: &Server, key: &str, values: &[&str]| {
        let bearer = format!("Bearer {key}");
        let mut headers = vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        headers.extend(values.iter().map(|value| ("X-Forwarded-For", *value)));
        let answer = server.request("POST", EVENTS, &headers, Some(event("a.b").to_string().as_bytes()));
        assert_eq!(answer.status, 201, "{answer:?}");
        newest(server)
    };
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let recorded = claim(&server, &key, &["203.0.113.7"]);
    assert_eq!(recorded["s"]["remote"], "127.0.0.1");
    assert_eq!(recorded["s"]["forwarded"], Value::Null);
    assert_eq!(recorded["e"]["context"], Value::Null, "no address is made up for the event itself");

    let server = Server::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]);
    let key = server.tenant("acme", "workspace");
    let recorded = claim(&server, &key, &["198.51.100.1, 203.0.113.7", "2001:db8::1"]);
    assert_eq!(recorded["s"]["forwarded"], json!(["198.51.100.1", "203.0.113.7", "2001:db8::1"]));
    assert_eq!(recorded["s"]["remote"], "127.0.0.1");
    let recorded = claim(&server, &key, &["<script>, ' OR 1=1, unknown, 203.0.113.7:80, 10.0.0.1"]);
    assert_eq!(recorded["s"]["forwarded"], json!(["10.0.0.1"]), "only addresses are addresses");
    let many = vec!["10.0.0.1"; 2_000].join(",");
    let recorded = claim(&server, &key, &[&many]);
    assert_eq!(recorded["s"]["forwarded"].as_array().unwrap().len(), 20, "a chain is bounded");
    server.check_log();
}

/// I: what the settings name is removed before it is recorded, and the event tells that something was there.
#[test]
fn what_is_to_be_redacted_is_recorded_nowhere_and_the_same_id_is_a_duplicate() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let settings =
        json!({"settings": {"redact": ["/metadata/card", "/context/ip", "/targets/0/name", "/reason"]}});
    let changed = server.send(
        "PATCH",
        "/v1/organizations/acme",
        OPERATOR_KEY,
        Some(settings.to_string().as_bytes()),
        "application/json",
    );
    assert_eq!(changed.status, 200, "{changed:?}");
    let mut sent = with_id("e-1");
    sent["metadata"] = json!({"card": "4111111111111111", "kept": "yes"});
    sent["context"] = json!({"ip": "203.0.113.99"});
    sent["targets"] = json!([{"type": "lead", "id": "l_1", "name": "Xanadu"}]);
    sent["reason"] = json!("AKIAIOSFODNN7EXAMPLE");
    assert_eq!(server.post(EVENTS, &key, &sent).status, 201);
    let document = newest(&server);
    assert_eq!(
        document["s"]["redacted"],
        json!(["/e/metadata/card", "/e/context/ip", "/e/targets/0/name", "/e/reason"])
    );
    for secret in ["4111111111111111", "203.0.113.99", "Xanadu", "AKIAIOSFODNN7EXAMPLE"] {
        assert!(!document.to_string().contains(secret));
        let found = server.get(&format!("{EVENTS}/total{}", query(&[("q", secret)])), &key);
        assert_eq!(found.body["total"], 0, "{secret}");
    }
    sent["metadata"]["card"] = json!("5555");
    let again = server.post(EVENTS, &key, &sent);
    assert_eq!((again.status, &again.body["status"]), (200, &json!("duplicate")));
    server.check_log();
}

/// K: an organization over its quota is told when to come back; another one notices nothing.
#[test]
fn a_used_up_quota_is_429_with_retry_after_and_only_for_that_organization() {
    let server = Server::start();
    let (acme, globex) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    let settings = json!({"settings": {"quota_events_per_second": 5}});
    let body = settings.to_string();
    let changed =
        server.send("PATCH", "/v1/organizations/acme", &acme, Some(body.as_bytes()), "application/json");
    assert_eq!(changed.status, 200);
    let mut refused = None;
    for _ in 0..50 {
        let answer = server.post(EVENTS, &acme, &event("a.b"));
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("fifty at once are more than five a second");
    refused.assert_problem(429, "quota_exhausted");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait));
    let many = Value::Array(vec![event("a.b"); 1_000]);
    let refused = server.post(EVENTS, &acme, &many);
    refused.assert_problem(429, "quota_exhausted");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait <= 3, "a batch larger than what can be saved up gets through when nothing is owed: {wait}");
    assert_eq!(server.post("/v1/organizations/globex/events", &globex, &many).status, 200);
    server.check_log();
}

/// Values of every size come back, are found, counted and sorted, or are refused; no index has the last word.
#[test]
fn very_long_values_are_recorded_and_found() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let long = |letter: char| letter.to_string().repeat(70_000);
    let sent = json!({
        "id": "long", "action": "lead.created",
        "actor": {"type": "user", "id": long('i'), "name": long('n'), "email": "e@x.example"},
        "targets": [{"type": long('t'), "id": "l_1"}], "process": long('p'), "reason": "needle in it",
    });
    let answer = server.post(EVENTS, &key, &sent);
    assert!([201, 422].contains(&answer.status), "{}", answer.status);
    let half = |letter: char| letter.to_string().repeat(40_000);
    let sent = json!({
        "id": "half", "action": "lead.created",
        "actor": {"type": "user", "id": half('i'), "name": half('n'), "email": "e@x.example"},
        "targets": [{"type": half('t'), "id": half('d')}], "process": half('p'), "reason": "needle in it",
    });
    assert_eq!(server.post(EVENTS, &key, &sent).status, 201);
    for asked in ["", "?q=needle", "?actor=e%40x.example", "?sort=actor", "?sort=-action", "?action=lead.*"] {
        let found = server.get(&format!("{EVENTS}{asked}"), &key);
        assert_eq!(found.status, 200, "{asked}");
        let ids: Vec<_> = found.body["data"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert!(ids.contains(&&json!("half")), "{asked}: {ids:?}");
        let total = server.get(&format!("{EVENTS}/total{}", asked.replace("sort=", "q=&sort=")), &key);
        assert!(total.body["total"].as_u64().is_some_and(|total| total as usize == ids.len()), "{asked}");
    }
    let facets = server.get(&format!("{EVENTS}/facets"), &key);
    assert_eq!(facets.status, 200);
    server.app.index.flush().unwrap();
    let again = server.get(&format!("{EVENTS}?q=needle"), &key);
    assert_eq!(again.body["data"].as_array().unwrap().len() as u64, server.size("acme"));
    server.check_log();
}

/// The first promise, second half: who is told `created` finds it at once, in every way of asking, from any thread.
#[test]
fn what_was_acknowledged_is_found_by_the_very_next_query_of_every_kind() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (server, key) = (&server, &key);
            scope.spawn(move || {
                for number in 0..25 {
                    let word = format!("word{thread}x{number}");
                    let mut sent = with_id(&word);
                    sent["actor"] = json!({"type": "user", "id": word});
                    sent["context"] = json!({"ip": format!("10.{thread}.{number}.1")});
                    sent["targets"] = json!([{"type": "lead", "id": word}]);
                    sent["process"] = json!(word);
                    let answer = server.post(EVENTS, key, &sent);
                    assert_eq!(answer.status, 201);
                    let seq = answer.body["seq"].as_u64().unwrap();
                    let one = |path: &str| {
                        let found = server.get(path, key);
                        assert_eq!(found.status, 200, "{path}: {found:?}");
                        found.body
                    };
                    assert_eq!(one(&format!("{EVENTS}/{word}"))["seq"], seq);
                    assert_eq!(one(&format!("{EVENTS}/{seq}"))["id"], word);
                    let ip = format!("ip=10.{thread}.{number}.1");
                    let ask = [
                        format!("q={word}"),
                        format!("q={}", &word[2..]),
                        format!("q=id:{word}"),
                        format!("actor={word}"),
                        format!("target=lead:{word}"),
                        format!("process={word}"),
                        ip,
                        format!("actor={word}&sort=actor"),
                        format!("q={word}&sort=-ip&kind=created"),
                    ];
                    let ask = &ask[number % ask.len()];
                    assert_eq!(one(&format!("{EVENTS}?{ask}"))["data"][0]["id"], word, "{ask}");
                    assert_eq!(one(&format!("{EVENTS}/total?{ask}"))["total"], 1, "{ask}");
                    let ask = ask.replace("&sort=actor", "").replace("&sort=-ip", "");
                    let facets = one(&format!("{EVENTS}/facets?fields=outcome&{ask}"));
                    assert_eq!(
                        facets["outcome"],
                        json!([{"value": "success", "label": facets["outcome"][0]["label"], "count": 1}])
                    );
                    let histogram = one(&format!("{EVENTS}/histogram?{ask}"));
                    let sum: u64 = histogram["buckets"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|it| it["created"].as_u64().unwrap())
                        .sum();
                    assert_eq!(sum, 1, "{ask}");
                    let feed = one(&format!("/v1/organizations/acme/feed?after={}&limit=1", seq as i64 - 1));
                    assert_eq!(feed["data"][0]["id"], word);
                }
            });
        }
    });
    assert_eq!(server.size("acme"), 200);
    server.check_log();
}

/// Stopped and started again, with the index thrown away in between or not: the same log, the same answers, and the same
/// ids are still taken.
#[test]
fn a_server_that_starts_again_goes_on_where_it_stopped() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let events: Vec<Value> = (0..50).map(|number| with_id(&format!("e-{number}"))).collect();
    assert_eq!(server.post(EVENTS, &key, &json!(events)).body["created"], 50);
    let before = server.get(EVENTS, &key).text;
    let cursor = server.get(&format!("{EVENTS}?limit=10"), &key).body["next"].as_str().unwrap().to_owned();
    let mut directory = server.stop();
    for loses_index in [false, true] {
        if loses_index {
            std::fs::remove_dir_all(directory.path().join("data").join("index")).unwrap();
        }
        let server = Server::start_in(directory, |_| {});
        assert_eq!(server.get(EVENTS, &key).text, before);
        let page = server.get(&format!("{EVENTS}{}", query(&[("cursor", &cursor), ("limit", "10")])), &key);
        assert_eq!(page.body["data"].as_array().unwrap().len(), 10, "cursors outlive a start");
        let again = server.post(EVENTS, &key, &json!(events));
        assert_eq!(again.body["duplicates"], 50);
        server.check_log();
        directory = server.stop();
    }
}
