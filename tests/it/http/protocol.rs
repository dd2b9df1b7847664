//! Bytes on the wire that are barely HTTP, or too much of it, or too little for too long. Deliberately absent: what stands
//! inside bodies.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{Server, event, is_gate};

const EVENTS: &str = "/v1/organizations/acme/events";

/// The status lines of all answers in what came back.
fn statuses(answer: &str) -> Vec<u16> {
    let starts = answer.split("HTTP/1.1 ").skip(1);
    starts.filter_map(|rest| rest.get(..3).and_then(|status| status.parse().ok())).collect()
}

/// A request with a body of its own framing. The credential comes last, so that framing is decided before it.
fn framed(key: &str, framing: &str, body: &str) -> Vec<u8> {
    format!("POST {EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{framing}Authorization: Bearer {key}\r\n\r\n{body}")
        .into_bytes()
}

/// K: two framings in one request are how one is smuggled past a proxy.
#[test]
fn of_a_request_with_two_framings_nothing_behind_it_is_answered() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let smuggled = format!(
        "GET /v1/organizations/acme/events/total HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let body = event("a.b").to_string();
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n{smuggled}", body.len());
    for framing in [
        "Content-Length: 3\r\nContent-Length: 30\r\n".to_owned(),
        "Content-Length: 3, 30\r\n".to_owned(),
        "Transfer-Encoding: identity\r\n".to_owned(),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
        "Transfer-Encoding:\r\n".to_owned(),
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length: +5\r\n".to_owned(),
        "Content-Length: 0x10\r\n".to_owned(),
        "Content-Length: 99999999999999999999\r\n".to_owned(),
        "Content-Length: 5 5\r\n".to_owned(),
        "Content-Length : 5\r\n".to_owned(),
        " Content-Length: 5\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n".to_owned(),
    ] {
        let answer = server.raw(&framed(&key, &framing, &chunked));
        let told = statuses(&answer);
        assert!(
            told.len() <= 1 && told.iter().all(|status| (400..500).contains(status)),
            "{framing:?}: {answer}"
        );
        assert!(!answer.contains("\"total\""), "{framing:?}: the smuggled request was answered");
        assert_eq!(server.size("acme"), 0, "{framing:?}");
    }
    // Both together: chunks are what counts (RFC 9112, 6.3), and the connection ends with this one answer.
    for (count, framing) in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", chunked.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", chunked.len()),
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n".to_owned(),
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let answer = server.raw(&framed(&key, framing, &chunked));
        assert_eq!(statuses(&answer), [201], "{framing:?}: {answer}");
        assert!(answer.contains("connection: close"), "{framing:?}: {answer}");
        assert_eq!(server.size("acme"), count as u64 + 1, "{framing:?}");
    }
    server.check_log();
}

#[test]
fn chunks_that_lie_are_400_or_closed_and_record_nothing() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let body = event("a.b").to_string();
    for chunks in [
        format!("{:x}\r\n{body}\r\n", body.len() + 7),
        format!("fffffffffffffffff\r\n{body}\r\n0\r\n\r\n"),
        format!("-1\r\n{body}\r\n0\r\n\r\n"),
        format!("zz\r\n{body}\r\n0\r\n\r\n"),
        format!("{:x}{body}0\r\n\r\n", body.len()),
        format!("{:x};{}\r\n{body}\r\n0\r\n\r\n", body.len(), "e".repeat(100_000)),
        "0".repeat(100_000),
    ] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        // The server may have closed before all is written.
        stream.write_all(&framed(&key, "Transfer-Encoding: chunked\r\n", &chunks)).ok();
        stream.shutdown(std::net::Shutdown::Write).ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok();
        let answer = String::from_utf8_lossy(&answer);
        assert!(statuses(&answer).iter().all(|status| (400..500).contains(status)), "{answer}");
        assert_eq!(server.size("acme"), 0, "{:.60}", chunks);
    }
    server.check_log();
}

#[test]
fn a_content_length_that_lies_records_nothing() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let body = event("a.b").to_string();
    // Longer than what comes, then the end: the body broke off.
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(&framed(&key, &format!("Content-Length: {}\r\n", body.len() + 10), &body)).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.read_to_string(&mut answer).ok();
    assert!(statuses(&answer).iter().all(|status| *status == 400), "{answer}");
    // Shorter: half an object, and then something that is no request.
    let answer = server.raw(&framed(&key, &format!("Content-Length: {}\r\n", body.len() - 10), &body));
    assert!(statuses(&answer).iter().all(|status| (400..500).contains(status)), "{answer}");
    assert_eq!(server.size("acme"), 0);
    server.check_log();
}

#[test]
fn heads_that_are_large_are_read_and_larger_ones_are_431_or_414() {
    let server = Server::start();
    let ask = |more: &str| {
        server.raw(format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n").as_bytes())
    };
    assert_eq!(statuses(&ask(&format!("X-Long: {}\r\n", "x".repeat(8_192)))), [200]);
    assert_eq!(statuses(&ask(&"X-Many: 1\r\n".repeat(90))), [200]);
    assert_eq!(statuses(&ask(&"X-Many: 1\r\n".repeat(1_000))), [431]);
    let huge = ask(&format!("X-Long: {}\r\n", "x".repeat(1 << 20)));
    assert!(huge.is_empty() || statuses(&huge) == [431], "{huge}");
    let uri = server.raw(
        format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "x".repeat(70_000)).as_bytes(),
    );
    assert!(uri.is_empty() || [[414], [431]].contains(&statuses(&uri).try_into().unwrap_or([0])), "{uri}");
    assert_eq!(server.get("/healthz", "").status, 200);
}

/// K: paths that a careless server folds into others name nothing here.
#[test]
fn odd_paths_name_nothing_and_other_forms_of_a_request_change_nothing() {
    let server = Server::start();
    let (acme, globex) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    server.post("/v1/organizations/globex/events", &globex, &event("globex.only"));
    let ask = |target: &str| {
        server.raw(format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {acme}\r\n\r\n").as_bytes())
    };
    for target in [
        "//v1/organizations/acme/events",
        "/v1//organizations/acme/events",
        "/v1/organizations/acme/events/",
        "/v1/organizations/acme/../globex/events",
        "/v1/organizations/acme/%2e%2e/globex/events",
        "/v1/organizations/acme/..%2fglobex/events",
        "/v1/organizations/acme%2f..%2fglobex/events",
        "/v1/organizations/acme;globex/events",
        "/v1/organizations/acme/events;globex",
        "/v1/organizations/acme%00/events",
        "/v1/organizations/acme%0d%0aX:1/events",
        "/v1/organizations/ACME/events",
        "/V1/organizations/acme/events",
        "/v1/organizations/acme%20/events",
        "/v1/organizations/%ff/events",
        "/v1/organizations/acme/events/%ff",
        "/v1/organizations/acme/events/%2e%2e",
        "/v1/organizations/acme/events/..",
        "/v1/organizations/./acme/events",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/../../etc/passwd",
        "/v1/organizations//events",
        "/v1/organizations/acme/events/18446744073709551616",
        "/v1/organizations/acme/events/9223372036854775808",
        "/v1/organizations/acme/events/-1",
        "/v1/organizations/acme/events/%00",
        "/v1/organizations/acme/events/'%20OR%201=1--",
        "/healthz/",
        "/healthz%2f",
        "/index.php",
        "/.git/config",
        "/.env",
    ] {
        let answer = ask(target);
        assert!(statuses(&answer) == [404] || statuses(&answer) == [400], "{target}: {answer}");
        assert!(!answer.contains("globex.only"), "{target}");
        if statuses(&answer) == [404] {
            assert!(answer.contains("application/problem+json"), "{target}: {answer}");
        }
    }
    // The absolute form names the same paths, whatever host it names.
    assert_eq!(statuses(&ask("http://evil.example/v1/organizations/acme/events")), [200]);
    assert_eq!(statuses(&ask("http://evil.example/v1/organizations/globex/events")), [404]);
    for whole in [
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\n\r\n\r\n\r\n",
        "\0\0\0\0\0\0\0\0\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHo st: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n: x\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        let answer = server.raw(whole.as_bytes());
        assert!(statuses(&answer).iter().all(|status| (400..500).contains(status)), "{whole:?}: {answer}");
    }
    assert_eq!(server.get("/healthz", "").status, 200);
    server.check_log();
}

/// Two requests at once on one connection are two answers, in order.
#[test]
fn requests_that_follow_each_other_on_a_connection_are_answered_in_order() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let body = event("a.b").to_string();
    let one = framed(&key, &format!("Content-Length: {}\r\n", body.len()), &body);
    let answer = server.raw(
        &[one.as_slice(), &one, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"].concat(),
    );
    assert_eq!(statuses(&answer), [201, 201, 200], "{answer}");
    assert!(answer.find("\"seq\":0") < answer.find("\"seq\":1"));
    // A refusal does not take the next request with it, when its body was small.
    let bad = framed("evl_sk_x", &format!("Content-Length: {}\r\n", body.len()), &body);
    let answer = server.raw(
        &[bad.as_slice(), &one, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"].concat(),
    );
    assert_eq!(statuses(&answer), [401, 201, 200], "{answer}");
    server.check_log();
}

/// A refusal that is ready before the body has arrived once closed the connection behind an answer that did not say so: the
/// next request of a client that keeps connections met a closed one.
#[test]
fn a_connection_outlives_a_refusal_whose_body_comes_late_or_says_that_it_ends() {
    let server = Server::start();
    let ping = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let refused = |framing: &str, late: &[u8], next: &[u8]| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let head = format!("PUT /healthz HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        drop(stream.write_all(late));
        drop(stream.write_all(next));
        let mut answer = Vec::new();
        // An end without goodbye is an end.
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    };
    for (framing, late) in [
        ("Transfer-Encoding: chunked", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
        ("Content-Length: 5", "hello"),
    ] {
        let answer = refused(framing, late.as_bytes(), ping);
        assert_eq!(statuses(&answer), [405, 200], "{framing}: {answer}");
    }
    for framing in [
        "Content-Length: 300000",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Content-Length: 5\r\nExpect: 100-continue",
    ] {
        let answer = refused(framing, b"", b"");
        assert_eq!(statuses(&answer), [405], "{framing}: {answer}");
        assert!(answer.to_lowercase().contains("\r\nconnection: close\r\n"), "{framing}: {answer}");
    }
    server.check_log();
}

/// K: some hundred connections that say nothing keep nobody out, and are closed after a while.
#[test]
fn idle_and_slow_connections_keep_nobody_out_and_are_closed() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let started = Instant::now();
    let mut idle: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let mut heads: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let mut bodies: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    for stream in &mut heads {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    }
    for stream in &mut bodies {
        stream.write_all(&framed(&key, "Content-Length: 1000\r\n", "{\"action\":")).unwrap();
    }
    for _ in 0..50 {
        let asked = Instant::now();
        assert_eq!(server.post(EVENTS, &key, &event("a.b")).status, 201);
        assert!(asked.elapsed() < Duration::from_secs(5));
        // A byte now and then does not make a head any faster.
        heads.iter_mut().for_each(|stream| drop(stream.write_all(b"x")));
    }
    let limit = everlog::http::HEAD_TIME_MAX.max(everlog::http::BODY_IDLE_MAX) + Duration::from_secs(15);
    // After an edit only the heads are waited for; the gate waits for the bodies, too.
    let bodies = if is_gate() { &mut bodies[..] } else { &mut [] };
    for stream in idle.iter_mut().chain(&mut heads).chain(bodies) {
        stream
            .set_read_timeout(Some(limit.saturating_sub(started.elapsed()).max(Duration::from_millis(10))))
            .unwrap();
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let is_over =
            ended.is_ok() || ended.is_err_and(|why| why.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(is_over || answer.contains("408"), "still open after {:?}: {answer}", started.elapsed());
        assert!(statuses(&answer).iter().all(|status| *status == 408), "{answer}");
    }
    assert_eq!(server.size("acme"), 50);
    server.check_log();
}

/// Answers are compressed for who asks for it, and are the same then.
#[test]
fn answers_are_compressed_for_who_asks_and_small_ones_are_not() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    server.post(EVENTS, &key, &json!(vec![event("lead.created"); 50]));
    let bearer = format!("Bearer {key}");
    let ask = |path: &str, accept: &str| {
        server.request("GET", path, &[("Authorization", &bearer), ("Accept-Encoding", accept)], None)
    };
    for accept in ["gzip", "gzip, br", "br;q=1, gzip;q=0.5", "deflate, gzip"] {
        let answer = ask(EVENTS, accept);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-encoding"], "gzip", "{accept}");
        let mut vary = answer.headers.get_all("vary").iter().map(|it| it.to_str().unwrap().to_lowercase());
        assert!(vary.any(|names| names.contains("accept-encoding")), "{accept}");
    }
    for accept in ["identity", "gzip;q=0", "br", "zstd", "*", "", "x", "gzip;q=abc", &"gzip,".repeat(1_000)] {
        assert_eq!(ask(EVENTS, accept).status, 200, "{accept:.40}");
    }
    assert!(!ask("/healthz", "gzip").headers.contains_key("content-encoding"));
}

/// The document describes itself, and the reference is readable without anything from elsewhere.
#[test]
fn the_reference_loads_nothing_from_elsewhere() {
    let server = Server::start();
    let document = server.get("/openapi.json", "");
    assert_eq!((document.status, &document.body["openapi"].is_string()), (200, &true));
    let page = server.get("/docs", "");
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<script") && !page.text.contains("src=\"http"));
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
}
