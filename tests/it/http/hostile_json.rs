//! `POST events` with bytes that try to be read in two ways, or not at all. Deliberately absent: what a well-formed event
//! means; that is `events`.

use serde_json::{Value, json};

use crate::server::{Server, event};

/// An event whose metadata is this text.
fn with(metadata: &str) -> Vec<u8> {
    format!(r#"{{"action":"lead.created","actor":{{"type":"user","id":"u_1"}},"metadata":{metadata}}}"#)
        .into_bytes()
}

fn nested(depth: usize) -> String {
    // The event is at depth 1, its metadata at 2, the deepest object at `depth`.
    format!("{}1{}", "{\"a\":".repeat(depth - 1), "}".repeat(depth - 1))
}

/// D of the hostile list: what is refused, with the code that says why.
fn refused() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let raw = |before: &str, bytes: &[u8], after: &str| [before.as_bytes(), bytes, after.as_bytes()].concat();
    let text = |bytes: &[u8]| raw(r#"{"action":"a.b","actor":{"type":"system"},"reason":""#, bytes, "\"}");
    vec![
        (
            "a key twice",
            br#"{"action":"a.b","action":"a.b","actor":{"type":"system"}}"#.to_vec(),
            "duplicate_key",
        ),
        ("a nested key twice", with(r#"{"x":{"a":1,"a":1}}"#), "duplicate_key"),
        ("a key twice, once escaped", with(r#"{"a":1,"\u0061":2}"#), "duplicate_key"),
        ("an integer beyond 2^53", with(r#"{"n":-9007199254740993}"#), "number_out_of_range"),
        ("the same, as 1e300", with(r#"{"n":1e300}"#), "number_out_of_range"),
        ("an infinite number", with(r#"{"n":1e400}"#), "number_out_of_range"),
        ("a number that becomes zero", with(r#"{"n":1e-400}"#), "number_out_of_range"),
        ("NUL in a value", with(r#"{"a":"x\u0000y"}"#), "nul_character"),
        ("NUL in a key", with(r#"{"a\u0000":1}"#), "nul_character"),
        ("a raw NUL", text(b"a\0b"), "nul_character"),
        ("a raw control character", text(b"a\x01b"), "control_character"),
        ("a byte order mark", raw("\u{feff}", &with("{}"), ""), "byte_order_mark"),
        ("UTF-16", "{\"action\":1}".encode_utf16().flat_map(u16::to_be_bytes).collect(), "nul_character"),
        ("an overlong NUL", text(b"\xC0\x80"), "invalid_utf8"),
        ("a byte that is never UTF-8", text(b"\xF5"), "invalid_utf8"),
        ("a truncated character", text(b"\xE2\x82"), "invalid_utf8"),
        ("an encoded surrogate", text(b"\xED\xA0\x80"), "invalid_utf8"),
        ("half a surrogate pair", with(r#"{"a":"\ud800"}"#), "lone_surrogate"),
        ("half a surrogate pair in a key", with(r#"{"\udc00":1}"#), "lone_surrogate"),
        ("one level too deep", with(&nested(33)), "too_deep"),
        ("128 levels", with(&nested(127)), "too_deep"),
        ("10,000 levels", with(&nested(10_000)), "too_deep"),
        ("a million brackets", vec![b'['; 1_000_000], "too_deep"),
        ("a million braces", b"{\"a\":".repeat(1_000_000), "too_deep"),
        ("a key of 1 MB", with(&format!("{{\"{}\":1}}", "k".repeat(1 << 20))), "key_too_long"),
        ("a key one byte too long", with(&format!("{{\"{}\":1}}", "k".repeat(1_025))), "key_too_long"),
        ("a comma too many", with(r#"{"a":1,}"#), "syntax"),
        ("a comment", with("{/* */}"), "syntax"),
        ("NaN", with(r#"{"a":NaN}"#), "syntax"),
        ("Infinity", with(r#"{"a":-Infinity}"#), "syntax"),
        ("a hexadecimal number", with(r#"{"a":0x10}"#), "syntax"),
        ("a leading zero", with(r#"{"a":012}"#), "syntax"),
        ("a leading plus", with(r#"{"a":+1}"#), "syntax"),
        ("single quotes", with("{'a':1}"), "syntax"),
        ("an unknown escape", with(r#"{"a":"\x41"}"#), "invalid_escape"),
        ("nothing", Vec::new(), "unexpected_end"),
        ("white space", b"  ".to_vec(), "unexpected_end"),
        ("half an object", br#"{"action":"a.b""#.to_vec(), "unexpected_end"),
        ("two objects", [with("{}"), with("{}")].concat(), "trailing_characters"),
    ]
}

#[test]
fn what_is_not_strict_json_is_400_with_its_reason_and_nothing_of_it_is_written() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for (name, bytes, code) in refused() {
        let answer =
            server.send("POST", "/v1/organizations/acme/events", &key, Some(&bytes), "application/json");
        answer.assert_problem(400, "not_json");
        assert_eq!(answer.body["errors"][0]["code"], code, "{name}: {answer:?}");
        assert!(answer.text.len() < 10_000, "{name}: the answer repeats what was sent");
        assert_eq!(server.size("acme"), 0, "{name}");
    }
    server.check_log();
}

/// An array is one text: what makes one event unreadable makes all of it unreadable.
#[test]
fn an_array_with_unreadable_bytes_in_it_is_refused_as_a_whole() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for (name, bytes, _) in refused() {
        if bytes.len() > 100_000 || bytes.trim_ascii().is_empty() {
            continue;
        }
        let array = [b"[".as_slice(), &with("{}"), b",", &bytes, b"]"].concat();
        let answer =
            server.send("POST", "/v1/organizations/acme/events", &key, Some(&array), "application/json");
        answer.assert_problem(400, "not_json");
        assert_eq!(server.size("acme"), 0, "{name}");
    }
    server.check_log();
}

/// In NDJSON each line is a text of its own: the good ones stay.
#[test]
fn unreadable_lines_of_ndjson_are_refused_one_by_one() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    // White space alone is no line.
    let cases: Vec<_> = refused()
        .into_iter()
        .filter(|(_, bytes, _)| !bytes.trim_ascii().is_empty() && !bytes.contains(&b'\n'))
        .collect();
    let mut body = Vec::new();
    for (_, bytes, _) in &cases {
        body.extend([bytes.as_slice(), b"\n", &with("{}"), b"\n"].concat());
    }
    let answer =
        server.send("POST", "/v1/organizations/acme/events", &key, Some(&body), "application/x-ndjson");
    assert_eq!(answer.status, 200);
    let lines: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2 * cases.len());
    for (pair, (name, bytes, code)) in lines.chunks(2).zip(&cases) {
        let problem = &pair[0]["problem"];
        if bytes.len() > everlog::http::NDJSON_LINE_BYTES_MAX {
            assert_eq!(problem["code"], "line_too_long", "{name}");
        } else {
            assert_eq!(
                (&problem["status"], &problem["errors"][0]["code"]),
                (&json!(400), &json!(code)),
                "{name}"
            );
        }
        assert_eq!(pair[1]["status"], "created", "{name}");
    }
    assert_eq!(server.size("acme"), cases.len() as u64);
    server.check_log();
}

/// D: names and values that have a meaning elsewhere are only text here, and come back as they were sent.
#[test]
fn odd_but_valid_json_is_recorded_and_comes_back_as_it_was() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let odd = [
        r#"{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":"x"}"#,
        r#"{"a/b":1,"a~b":2,"a~1b":3,"~0":4,"":{"":5},"..":6,"/":{"/":{"~":7}}}"#,
        r#"{"דּ":1,"😀":2,"z":3,"ﬁ":4}"#,
        r#"{"e\u0301":"decomposed","é":"composed","ﬀ":"ligature"}"#,
        r#"{"zero":0,"half":0.5,"tiny":5e-324,"large":9007199254740991,"small":-9007199254740991}"#,
        r#"{"null":null,"array":[null,[],{}],"mixed":[1,{"a":null},"x"],"empty":{}}"#,
        r#"{"text":"<script>alert(1)</script>\u2028\u2029\u202e\u200b\u007f\ud83d\ude00"}"#,
        r#"{"query":"' OR 1=1 --","jndi":"${jndi:ldap://x}","escape":"\u001b[2J\u009b"}"#,
    ];
    for (at, text) in odd.iter().enumerate() {
        let answer =
            server.send("POST", "/v1/organizations/acme/events", &key, Some(&with(text)), "application/json");
        assert_eq!(answer.status, 201, "{text}: {answer:?}");
        let read = server.get(&format!("/v1/organizations/acme/events/{at}"), &key);
        assert_eq!(read.body["metadata"], serde_json::from_str::<Value>(text).unwrap(), "{text}");
    }
    let deep = with(&nested(32));
    let answer = server.send("POST", "/v1/organizations/acme/events", &key, Some(&deep), "application/json");
    assert_eq!(answer.status, 201, "{answer:?}");
    let array = [b"[".as_slice(), &deep, b"]"].concat();
    let answer = server.send("POST", "/v1/organizations/acme/events", &key, Some(&array), "application/json");
    assert_eq!((answer.status, &answer.body["created"]), (200, &json!(1)), "depth is that of the event");
    server.check_log();
}

/// Keys are ordered by UTF-16 code units, so that U+1F600 (D83D…) stands before U+FB33; the recorded bytes show it.
#[test]
fn keys_are_ordered_by_utf_16_code_units() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let sent = with("{\"\u{fb33}\":1,\"\u{1f600}\":2}");
    server.send("POST", "/v1/organizations/acme/events", &key, Some(&sent), "application/json");
    let org = server.app.directory.all().unwrap().remove(0);
    let row = server.app.store.scan(org.row.code, everlog_core::ids::Seq(0), 1).unwrap().remove(0);
    let text = String::from_utf8(row.document).unwrap();
    assert!(text.contains("{\"\u{1f600}\":2,\"\u{fb33}\":1}"), "{text}");
    server.check_log();
}

/// D: numbers that are equal are equal however they are written; a sender that repeats itself is not punished for its
/// serialiser.
#[test]
fn equal_content_in_another_spelling_is_a_duplicate() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let send = |body: &str| {
        server.send("POST", "/v1/organizations/acme/events", &key, Some(body.as_bytes()), "application/json")
    };
    let first = send(
        r#"{"id":"e-1","action":"a.b","actor":{"type":"user","id":"u_1"},"metadata":{"n":1,"z":0,"t":"é\n/"}}"#,
    );
    assert_eq!((first.status, &first.body["status"]), (201, &json!("created")));
    let spellings = [
        r#" { "metadata" : {"z":-0, "n":1.0, "t":"\u00e9\u000a\/"}, "actor":{"id":"u_1","type":"user"}, "action":"\u0061.b", "id":"e-1" } "#,
        r#"{"id":"e-1","action":"a.b","actor":{"type":"user","id":"u_1","name":null},"metadata":{"n":10e-1,"z":0.0,"t":"é\n/"},"outcome":"success","targets":[],"before":null,"audience":"organization","context":{}}"#,
    ];
    for text in spellings {
        let again = send(text);
        assert_eq!((again.status, &again.body["status"]), (200, &json!("duplicate")), "{again:?}");
        for member in ["id", "seq", "leaf_hash", "received_at"] {
            assert_eq!(again.body[member], first.body[member], "{member}");
        }
    }
    let other = send(
        r#"{"id":"e-1","action":"a.b","actor":{"type":"user","id":"u_1"},"metadata":{"n":1.5,"z":0,"t":"é\n/"}}"#,
    );
    other.assert_problem(409, "id_conflict");
    assert_eq!(server.size("acme"), 1);
    server.check_log();
}

/// D, E: members of the wrong kind, and members that only the server may set, are named with their place.
#[test]
fn a_member_of_the_wrong_kind_is_422_and_named() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let set = |member: &str, value: Value| {
        let mut sent = event("lead.created");
        sent[member] = value;
        sent
    };
    let mut cases = vec![
        ("", json!(7)),
        ("", json!("text")),
        ("", json!(null)),
        ("", json!(true)),
        ("/action", json!({})),
        ("/action", set("action", json!(["a.b"]))),
        ("/action", set("action", json!("a b"))),
        ("/action", set("action", json!("x".repeat(201)))),
        ("/actor", set("actor", json!([]))),
        ("/actor", set("actor", json!("ana"))),
        ("/actor/type", set("actor", json!({"type": "god", "id": "x"}))),
        ("/actor/id", set("actor", json!({"type": "user"}))),
        ("/actor/id", set("actor", json!({"type": "user", "id": 7}))),
        ("/targets", set("targets", json!({}))),
        ("/targets/0", set("targets", json!([null]))),
        ("/targets/0/id", set("targets", json!([{"type": "x"}]))),
        ("/metadata", set("metadata", json!([]))),
        ("/context", set("context", json!("x"))),
        ("/context/ip", set("context", json!({"ip": "999.1.1.1"}))),
        ("/context/ip", set("context", json!({"ip": "127.0.0.1, 10.0.0.1"}))),
        ("/outcome", set("outcome", json!("maybe"))),
        ("/audience", set("audience", json!("administrators"))),
        ("/changes", set("changes", json!(7))),
        ("/changes/1", set("changes", json!([{"field": "a", "after": 1}, {"field": "a", "after": 2}]))),
        ("/id", set("id", json!("12"))),
        ("/id", set("id", json!("a b"))),
        ("/id", set("id", json!("a/b"))),
        ("/id", set("id", json!(""))),
        ("/id", set("id", json!("x".repeat(129)))),
        ("/id", set("id", json!("é"))),
    ];
    for member in [
        "s",
        "e",
        "seq",
        "index",
        "received_at",
        "received_ms",
        "leaf_hash",
        "hash",
        "cause",
        "organization",
        "label",
        "category",
        "kind",
        "tone",
        "automated",
        "anomalies",
        "erased",
        "key_id",
        "remote",
        "__proto__",
    ] {
        cases.push((Box::leak(format!("/{member}").into_boxed_str()), set(member, json!("0"))));
    }
    for (pointer, sent) in &cases {
        let answer = server.post("/v1/organizations/acme/events", &key, sent);
        answer.assert_problem(422, "invalid");
        let errors = answer.body["errors"].as_array().unwrap();
        assert!(errors.iter().any(|error| error["pointer"] == *pointer), "{pointer}: {answer:?}");
    }
    let sent: Vec<Value> =
        cases.iter().map(|(_, sent)| sent.clone()).chain([event("lead.created")]).collect();
    let answer = server.post("/v1/organizations/acme/events", &key, &json!(sent));
    assert_eq!((answer.status, &answer.body["refused"]), (200, &json!(cases.len())));
    assert_eq!(answer.body["results"][cases.len()]["status"], "created");
    assert_eq!(server.size("acme"), 1);
    server.check_log();
}

/// D: times that no calendar has, that a clock cannot show, or that lie where no event can.
#[test]
fn a_time_that_is_none_is_422_and_one_with_any_offset_is_read() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let send = |time: Value| {
        let mut sent = event("lead.created");
        sent["occurred_at"] = time;
        server.post("/v1/organizations/acme/events", &key, &sent)
    };
    let bad = [
        json!("0000-01-01T00:00:00Z"),
        json!("10000-01-01T00:00:00Z"),
        json!("1969-12-31T23:59:59Z"),
        json!("2101-01-01T00:00:00Z"),
        json!("2036-01-01T00:00:00Z"),
        json!("2026-02-30T00:00:00Z"),
        json!("2026-01-01T25:00:00Z"),
        json!("2026-01-01T24:00:00Z"),
        json!("2026-01-01T00:60:00Z"),
        json!("2026-01-01T00:00:61Z"),
        json!("2026-01-01"),
        json!("2026-01-01T00:00:00"),
        json!("1700000000"),
        json!(1_700_000_000),
        json!(1.5),
        json!("now"),
        json!(""),
        json!("2026-01-01T00:00:00+99:00"),
        json!("2026-01-01T00:00:00Z; drop table"),
        json!("２０２６-01-01T00:00:00Z"),
        json!({}),
        json!([]),
    ];
    for time in bad {
        let answer = send(time.clone());
        answer.assert_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["pointer"], "/occurred_at", "{time}");
    }
    assert_eq!(server.size("acme"), 0);
    let good = [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123Z"),
        ("2026-01-01T01:30:00+05:30", "2025-12-31T20:00:00.000Z"),
        ("2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00.000Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
    ];
    for (at, (time, shown)) in good.iter().enumerate() {
        assert_eq!(send(json!(time)).status, 201, "{time}");
        let read = server.get(&format!("/v1/organizations/acme/events/{at}"), &key);
        assert_eq!(read.body["occurred_at"], *shown);
    }
    server.check_log();
}
