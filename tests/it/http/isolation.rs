//! Two organizations under a storm of mixed requests: neither ever sees a byte of the other. Deliberately absent: the single
//! routes, which `routes` asks one by one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Answer, Server, is_gate, query};

const ORGS: [&str; 2] = ["acme", "globex"];
/// A word for each organization that stands in every value it sends.
const CANARIES: [&str; 2] = ["kanarienvogel", "serinuscanaria"];

fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

fn pick<'a>(random: &mut u64, of: &[&'a str]) -> &'a str {
    of[usize::try_from(next(random) % of.len() as u64).unwrap()]
}

/// An event that says the canary in every member. Ids, actors and targets have the same numbers in both organizations.
fn event(canary: &str, number: u64) -> Value {
    json!({
        "id": format!("e-{number}"), "action": pick(&mut (number + 7), &["lead.created", "lead.deleted", "odd.thing"]),
        "actor": {"type": "user", "id": format!("u_{}", number % 5), "name": format!("{canary} {}", number % 5),
                  "email": format!("{canary}{}@x.example", number % 5), "role": canary},
        "targets": [{"type": canary, "id": format!("l_{}", number % 7), "name": canary}],
        "process": format!("p_{}", number % 3), "reason": canary, "description": format!("about {canary}"),
        "context": {"ip": format!("10.0.0.{}", number % 9), "location": canary, "session_id": canary},
        "before": {"state": canary}, "after": {"state": number}, "metadata": {"word": canary, "number": number},
    })
}

/// One request, of any kind, with the organization's own key.
fn ask(server: &Server, key: &str, canary: &str, own: &str, other: &str, random: &mut u64) -> Answer {
    let base = format!("/v1/organizations/{own}");
    let number = next(random) % 500;
    let filter = match next(random) % 12 {
        0 => query(&[("actor", &format!("u_{}", number % 5))]),
        1 => query(&[("target", &format!("{canary}:l_{}", number % 7))]),
        2 => query(&[("ip", &format!("10.0.0.{}", number % 9)), ("sort", "ip")]),
        3 => query(&[("q", &canary[..3 + number as usize % 8])]),
        4 => query(&[("q", &format!("e-{number}"))]),
        5 => query(&[("process", &format!("p_{}", number % 3)), ("sort", "-actor")]),
        6 => query(&[("q", "organization:*"), ("sort", "action")]),
        7 => query(&[("q", "\"* OR 1=1")]),
        8 => query(&[("actor", "*"), ("action", "*")]),
        9 => query(&[("kind", "created"), ("limit", "1000")]),
        10 => query(&[("q", "-zzz"), ("skip", &number.to_string())]),
        _ => String::new(),
    };
    match next(random) % 17 {
        0..=2 => server.get(&format!("{base}/events{filter}"), key),
        3 => server.get(&format!("{base}/events/total{filter}"), key),
        4 => server.get(&format!("{base}/events/facets{filter}"), key),
        5 => server.get(&format!("{base}/events/facets?prefix={}", &canary[..1]), key),
        6 => server.get(&format!("{base}/events/histogram{filter}"), key),
        7 => server.get(&format!("{base}/events/e-{number}"), key),
        8 => server.get(&format!("{base}/events/{number}"), key),
        9 => server.get(&format!("{base}/feed?after={}&limit=50", number as i64 - 1), key),
        10 => server.post(&format!("{base}/events"), key, &event(canary, number)),
        11 => {
            let events: Vec<Value> = (number..number + 20).map(|number| event(canary, number)).collect();
            server.post(&format!("{base}/events"), key, &json!(events))
        }
        12 => server.get(&format!("/v1/organizations/{other}/events{filter}"), key),
        13 => server.post(&format!("/v1/organizations/{other}/events"), key, &event(canary, number)),
        14 => server.get(&format!("{base}/checkpoint"), key),
        15 => server.get(&format!("{base}/proofs/inclusion/{number}"), key),
        _ => {
            let page = server.get(&format!("{base}/events?limit=5&skip={}", number % 50), key);
            match page.body["next"].as_str() {
                Some(cursor) => server.get(&format!("{base}/events{}", query(&[("cursor", cursor)])), key),
                None => page,
            }
        }
    }
}

/// A of the hostile list, the second promise: whatever is asked, however it is mixed, 0 foreign rows and 0 canaries.
#[test]
fn a_storm_of_requests_shows_no_organization_a_byte_of_another() {
    let server = Server::start();
    let keys = ORGS.map(|org| server.tenant(org, "workspace"));
    let (asked, listed) = (AtomicU64::new(0), AtomicU64::new(0));
    let seconds = std::env::var("EVERLOG_STORM_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(if is_gate() { 5 } else { 1 });
    let end = Instant::now() + Duration::from_secs(seconds);
    std::thread::scope(|scope| {
        for thread in 0..8_usize {
            let (server, keys, asked, listed) = (&server, &keys, &asked, &listed);
            scope.spawn(move || {
                let (own, other) = (thread % 2, 1 - thread % 2);
                let mut random = 0x9e37_79b9_7f4a_7c15 ^ (thread as u64 + 1) << 7;
                while Instant::now() < end {
                    let answer = ask(server, &keys[own], CANARIES[own], ORGS[own], ORGS[other], &mut random);
                    assert!(answer.status < 500, "{answer:?}");
                    let headers = format!("{:?}", answer.headers);
                    for text in [&answer.text, &headers] {
                        assert!(
                            !text.contains(CANARIES[other]),
                            "{} sees {}: {text}",
                            ORGS[own],
                            ORGS[other]
                        );
                    }
                    for event in answer.body["data"].as_array().into_iter().flatten() {
                        assert_eq!(event["organization"], ORGS[own]);
                        listed.fetch_add(1, Ordering::Relaxed);
                    }
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (asked, listed) = (asked.into_inner(), listed.into_inner());
    assert!(asked > 100 && listed > 1_000, "{asked} requests, {listed} events");
    println!("{asked} requests, {listed} events listed, none foreign");
    let metrics = server.get("/metrics", "").text;
    for name in ORGS.iter().chain(&CANARIES) {
        assert!(!metrics.contains(name), "metrics carry no organization: {name}");
    }
    server.check_log();
}

/// A: a cursor of one organization, shown to another, finds that one's own events or is refused; never the first one's.
#[test]
fn a_cursor_of_another_organization_is_harmless() {
    let server = Server::start();
    let keys = ORGS.map(|org| server.tenant(org, "workspace"));
    for own in 0..2 {
        let events: Vec<Value> = (0..20).map(|number| event(CANARIES[own], number)).collect();
        let path = format!("/v1/organizations/{}/events", ORGS[own]);
        assert_eq!(server.post(&path, &keys[own], &json!(events)).body["created"], 20);
    }
    for asked in ["", "&sort=actor", "&sort=-ip", "&q=kanarien", "&action=lead.*&sort=action"] {
        let first = server.get(&format!("/v1/organizations/acme/events?limit=5{asked}"), &keys[0]);
        let cursor = first.body["next"].as_str().unwrap();
        let path = format!("/v1/organizations/globex/events{}", query(&[("cursor", cursor)]));
        let answer = server.get(&path, &keys[1]);
        assert_eq!(answer.status, 200);
        assert!(!answer.text.contains(CANARIES[0]), "{asked}");
        for event in answer.body["data"].as_array().unwrap() {
            assert_eq!(event["organization"], "globex");
        }
    }
}
