//! `POST events` as NDJSON: long, broken, slow, compressed and abandoned streams. Deliberately absent: what one event means.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Server, event};

const EVENTS: &str = "/v1/organizations/acme/events";
const NDJSON: &str = "application/x-ndjson";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Begins a request whose body has no known length.
fn begin(server: &Server, key: &str, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST {EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: {NDJSON}\r\n{more}Transfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn chunk(stream: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes())?;
    stream.write_all(bytes)?;
    stream.write_all(b"\r\n")
}

/// Reads one line of the answers; heads, chunk sizes and empty lines are passed over.
fn answer(reader: &mut impl BufRead) -> Value {
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the answers ended");
        if line.starts_with('{') {
            return serde_json::from_str(&line).unwrap();
        }
    }
}

/// Memory of this process, in bytes. Only the order of magnitude matters.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// 50,000 events while the answers are read: in order, all there, and memory does not grow with the stream.
#[test]
fn fifty_thousand_events_are_answered_in_order_while_they_are_sent() {
    const COUNT: usize = 50_000;
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let before = resident();
    let stream = begin(&server, &key, "");
    let mut sender = stream.try_clone().unwrap();
    let sending = std::thread::spawn(move || {
        for group in 0..COUNT / 500 {
            let mut text = Vec::new();
            for number in group * 500..(group + 1) * 500 {
                let mut sent = event("lead.created");
                sent["id"] = json!(format!("e-{number}"));
                text.extend(sent.to_string().bytes());
                text.push(b'\n');
            }
            // A chunk ends where it likes, also inside a line.
            let (head, tail) = text.split_at(text.len() / 3 * 2);
            chunk(&mut sender, head).unwrap();
            chunk(&mut sender, tail).unwrap();
        }
        sender.write_all(b"0\r\n\r\n").unwrap();
    });
    let mut reader = BufReader::new(stream);
    for number in 0..COUNT {
        let told = answer(&mut reader);
        assert_eq!((told["status"].as_str(), told["seq"].as_u64()), (Some("created"), Some(number as u64)));
        assert_eq!(told["id"], format!("e-{number}"));
    }
    sending.join().unwrap();
    assert_eq!(server.size("acme"), COUNT as u64);
    let grown = resident().saturating_sub(before);
    assert!(grown < 1 << 30, "memory grew by {grown} bytes");
    server.check_log();
}

#[test]
fn bad_lines_in_the_middle_are_refused_in_their_place() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut repeated = event("lead.created");
    repeated["id"] = json!("twice");
    let mut conflict = repeated.clone();
    conflict["reason"] = json!("another");
    let good = event("lead.created").to_string();
    let long = format!("{{\"reason\":\"{}\"}}", "x".repeat(everlog::http::NDJSON_LINE_BYTES_MAX));
    let body = [
        good.as_str(),
        "{\"action\":",
        "",
        "\r",
        &repeated.to_string(),
        "[]",
        "7",
        &repeated.to_string(),
        &long,
        &conflict.to_string(),
        "{\"action\":\"a.b\"}",
        &format!("{good}\r"),
        &good,
    ]
    .join("\n");
    let answer = server.send("POST", EVENTS, &key, Some(body.as_bytes()), NDJSON);
    assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (200, NDJSON));
    let told = lines(&answer.text);
    let statuses: Vec<_> = told.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(
        statuses,
        [
            "created",
            "refused",
            "created",
            "refused",
            "refused",
            "duplicate",
            "refused",
            "refused",
            "refused",
            "created",
            "created"
        ]
    );
    let problems: Vec<_> = told
        .iter()
        .filter(|it| it["status"] == "refused")
        .map(|it| it["problem"]["status"].as_u64().unwrap())
        .collect();
    assert_eq!(problems, [400, 422, 422, 413, 409, 422]);
    assert_eq!(server.size("acme"), 4);
    server.check_log();
}

#[test]
fn a_line_at_the_limit_is_read_and_a_longer_one_is_refused_by_itself() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let line = |bytes: usize| {
        let mut text = event("lead.created").to_string();
        text.insert_str(1, &" ".repeat(bytes - text.len()));
        text
    };
    let max = everlog::http::NDJSON_LINE_BYTES_MAX;
    let body = [line(max), line(max + 1), line(200)].join("\n");
    let answer = server.send("POST", EVENTS, &key, Some(body.as_bytes()), NDJSON);
    let told = lines(&answer.text);
    let statuses: Vec<_> = told.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["created", "refused", "created"]);
    assert_eq!(told[1]["problem"]["code"], "line_too_long");
    server.check_log();
}

#[test]
fn an_empty_stream_has_no_answers() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for body in ["", "\n", "\r\n\r\n  \n"] {
        let answer = server.send("POST", EVENTS, &key, Some(body.as_bytes()), NDJSON);
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{body:?}");
    }
}

/// A sender that waits for an answer before it sends more is answered, also when it asked for compression.
#[test]
fn each_line_is_answered_at_once() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for more in ["", "Accept-Encoding: gzip, br\r\n"] {
        let stream = begin(&server, &key, more);
        let mut sender = stream.try_clone().unwrap();
        let mut reader = BufReader::new(stream);
        let line = format!("{}\n", event("lead.created"));
        for number in 0..3 {
            let started = Instant::now();
            chunk(&mut sender, line.as_bytes()).unwrap();
            assert_eq!(answer(&mut reader)["status"], "created", "{more:?}, line {number}");
            assert!(started.elapsed() < Duration::from_secs(10));
        }
        sender.write_all(b"0\r\n\r\n").unwrap();
    }
    assert_eq!(server.size("acme"), 6);
    server.check_log();
}

/// What came whole before a sender went away is kept whole; of the line it was writing there is nothing.
#[test]
fn a_sender_that_goes_away_in_the_middle_leaves_whole_events() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut told_created = 0;
    for round in 0..10 {
        let mut stream = begin(&server, &key, "");
        let line = format!("{}\n", event("lead.created"));
        let text = line.repeat(round * 7 + 1);
        chunk(&mut stream, text.as_bytes()).unwrap();
        chunk(&mut stream, &line.as_bytes()[..line.len() / 2]).unwrap();
        if round % 2 == 0 {
            // Answers that nobody reads any more.
            drop(stream);
        } else {
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut told = String::new();
            // The server may reset what it cannot finish.
            stream.read_to_string(&mut told).ok();
            assert!(!told.contains("internal"), "{told}");
            told_created += told.matches("\"status\":\"created\"").count() as u64;
        }
    }
    // Whoever stayed to hear it was told of every whole line. Whoever went away may have gone before the server heard.
    let all = |rounds: [u64; 5]| rounds.into_iter().map(|round| round * 7 + 1).sum::<u64>();
    let (stayed, left) = (all([1, 3, 5, 7, 9]), all([0, 2, 4, 6, 8]));
    assert_eq!(told_created, stayed);
    // Until nothing is on its way any more.
    let mut size = 0;
    while std::mem::replace(&mut size, server.size("acme")) != server.size("acme") {
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!((stayed..=stayed + left).contains(&size), "{size}");
    assert_eq!(server.get("/healthz", "").status, 200);
    server.check_log();
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new("gzip").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let feeding = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap().stdout;
    feeding.join().unwrap();
    output
}

/// K: what is small when sent and large when unpacked is stopped at the same limit.
#[test]
fn compressed_bodies_are_read_and_bombs_are_stopped() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let bearer = format!("Bearer {key}");
    let send = |kind: &str, encoding: &str, body: &[u8]| {
        let headers =
            [("Authorization", bearer.as_str()), ("Content-Type", kind), ("Content-Encoding", encoding)];
        server.request("POST", EVENTS, &headers, Some(body))
    };
    let good = event("lead.created").to_string();
    assert_eq!(send("application/json", "gzip", &gzip(good.as_bytes())).status, 201);
    assert_eq!(send("application/json", "identity", good.as_bytes()).status, 201);
    let answer = send(NDJSON, "gzip", &gzip(format!("{good}\n").repeat(2_000).as_bytes()));
    assert_eq!(answer.text.lines().count(), 2_000);
    let size = server.size("acme");

    let bomb = gzip(&vec![b' '; 200 << 20]);
    assert!(bomb.len() < 1 << 20);
    let throw = |kind: &str| {
        let headers =
            [("Authorization", bearer.as_str()), ("Content-Type", kind), ("Content-Encoding", "gzip")];
        server.try_request("POST", EVENTS, &headers, Some(&bomb))
    };
    if let Ok(answer) = throw("application/json") {
        answer.assert_problem(413, "body_too_large");
    }
    if let Ok(answer) = throw(NDJSON) {
        let told = lines(&answer.text);
        assert!(told.len() <= 1, "one line that is too long, or none: {told:?}");
    }
    send("application/json", "gzip", &gzip(&bomb)).assert_problem(400, "not_json");
    send("application/json", "gzip", good.as_bytes()).assert_problem(400, "incomplete_body");
    let broken = gzip(good.repeat(100).as_bytes());
    send("application/json", "gzip", &broken[..broken.len() / 2]).assert_problem(400, "incomplete_body");
    for encoding in ["br", "zstd", "deflate", "compress", "gzip, gzip", "x"] {
        send("application/json", encoding, good.as_bytes()).assert_problem(415, "unsupported_media_type");
    }
    assert_eq!(server.size("acme"), size);
    server.check_log();
}
