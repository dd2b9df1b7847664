//! Looks by people and by programs (`X04`, `X05`). Deliberately absent: how they are shown.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::event::{NewEvent, Origin};
use crate::process::test_log::{BEGIN_MS, KEEP, TestLog, act, done};
use crate::process::{Incoming, IpRange, LOOKS_MAX, Stand, decide, is_certain};

const BROWSER: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36";

/// Two invited signees; the look of one after so many milliseconds: its reasons, and where they stand then.
fn look(event: NewEvent, after_ms: u64, ranges: &[IpRange]) -> (Vec<String>, Stand) {
    let log = TestLog::with(KEEP, json!({}), &[("si1", json!({})), ("si2", json!({}))]);
    let received_ms = log.signee("si1").sent_ms.unwrap() + after_ms;
    let incoming =
        Incoming { event: &event, received_ms, origin: Origin::Event, is_own: false, scanner_ranges: ranges };
    let verdict = decide(log.state.as_ref(), &incoming, &KEEP).unwrap();
    (verdict.automated, verdict.state.signee("si1").unwrap().stand)
}

fn view(context: Value, metadata: Value) -> NewEvent {
    act("document.viewed", "si1", json!({"context": context, "metadata": metadata}))
}

#[test]
fn a_look_that_is_certainly_no_person_moves_nobody_and_is_recorded() {
    let head = view(json!({"user_agent": BROWSER}), json!({"method": "head"}));
    assert_eq!(look(head, 3_600_000, &[]), (vec!["head_request".to_owned()], Stand::Invited));
    for agent in
        ["Barracuda Sentinel (EE)", "Slackbot-LinkExpanding 1.0", "WhatsApp/2.23.20", "BingPreview/1.0b"]
    {
        let found = look(view(json!({"user_agent": agent}), json!({})), 3_600_000, &[]);
        assert_eq!(found, (vec!["known_agent".to_owned()], Stand::Invited), "{agent}");
    }
    let found = look(view(json!({"user_agent": BROWSER}), json!({"method": "GET"})), 3_600_000, &[]);
    assert_eq!(found, (Vec::new(), Stand::Viewed));
    assert!(is_certain("head_request") && is_certain("known_agent") && !is_certain("many_links"));
}

#[test]
fn a_suspected_look_is_marked_and_counts() {
    let range: IpRange = "203.0.113.0/24".parse().unwrap();
    let from = |ip: &str| view(json!({"ip": ip}), json!({}));
    assert_eq!(look(from("203.0.113.7"), 3_000, &[]), (vec!["soon_after_send".to_owned()], Stand::Viewed));
    assert_eq!(look(from("203.0.113.7"), 60_000, &[range]), (vec!["listed_range".to_owned()], Stand::Viewed));
    assert_eq!(look(from("::ffff:203.0.113.7"), 60_000, &[range]).0, ["listed_range"]);
    assert_eq!(look(from("203.0.114.7"), 60_000, &[range]).0, [""; 0]);
    // A link opened is no view, whoever opened it.
    let opened = act("document.accessed", "si1", json!({}));
    assert_eq!(look(opened, 60_000, &[]), (Vec::new(), Stand::Invited));
}

#[test]
fn links_of_several_signees_from_one_address_at_once_are_suspected() {
    let mut log = TestLog::with(KEEP, json!({}), &[("si1", json!({})), ("si2", json!({}))]);
    let open = |key: &str, ip: &str, at: &str| {
        act("document.accessed", key, json!({"context": {"ip": ip}, "occurred_at": at}))
    };
    let reasons = |log: &TestLog, event: &NewEvent| {
        let incoming = Incoming {
            event,
            received_ms: BEGIN_MS,
            origin: Origin::Event,
            is_own: false,
            scanner_ranges: &[],
        };
        decide(log.state.as_ref(), &incoming, &KEEP).unwrap().automated
    };
    log.take(open("si1", "203.0.113.7", "2026-11-21T10:00:00Z"));
    assert_eq!(reasons(&log, &open("si2", "203.0.113.7", "2026-11-21T10:00:04Z")), ["many_links"]);
    assert_eq!(reasons(&log, &open("si1", "203.0.113.7", "2026-11-21T10:00:04Z")), [""; 0]);
    assert_eq!(reasons(&log, &open("si2", "203.0.113.8", "2026-11-21T10:00:04Z")), [""; 0]);
    assert_eq!(reasons(&log, &open("si2", "203.0.113.7", "2026-11-21T10:05:00Z")), [""; 0]);
    for second in 0..40 {
        log.take(open("si1", "203.0.113.7", &format!("2026-11-21T10:00:0{}.{second:03}Z", second % 5)));
    }
    assert_eq!(log.state().looks.len(), LOOKS_MAX);
    log.take(open("si1", "203.0.113.7", "2026-11-21T12:00:00Z"));
    assert_eq!(log.state().looks.len(), 1);
}

/// X05: a view after authentication counts, however quickly it came.
#[test]
fn whoever_proved_who_they_are_is_not_suspected_by_timing() {
    let mut log = TestLog::with(KEEP, json!({"requires_auth": true}), &[("si1", json!({}))]);
    log.now_ms -= 59_000;
    log.take(act("signee.authenticated", "si1", json!({"metadata": {"method": "sms"}})));
    let event = view(json!({"ip": "203.0.113.7"}), json!({}));
    let received_ms = log.signee("si1").sent_ms.unwrap() + 2_000;
    let incoming =
        Incoming { event: &event, received_ms, origin: Origin::Event, is_own: false, scanner_ranges: &[] };
    let verdict = decide(log.state.as_ref(), &incoming, &KEEP).unwrap();
    assert_eq!((verdict.automated, verdict.state.signee("si1").unwrap().stand), (Vec::new(), Stand::Viewed));
    let sent = done("invitation.sent", json!({"signee": "si1"}));
    assert!(log.try_take(sent).is_ok());
}

#[test]
fn a_range_of_addresses_is_read_strictly() {
    for (range, inside, outside) in [
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
        ("0.0.0.0/0", "8.8.8.8", "2001:db8::1"),
        ("::/0", "2001:db8::1", "8.8.8.8"),
    ] {
        let read: IpRange = range.parse().unwrap();
        assert!(read.holds(inside.parse().unwrap()), "{range}");
        assert!(!read.holds(outside.parse().unwrap()), "{range}");
    }
    for bad in [
        "",
        "/",
        "203.0.113.0/33",
        "203.0.113.0/-1",
        "203.0.113.0/+8",
        "203.0.113.0/",
        "::/129",
        "a/8",
        "1.2.3/8",
    ] {
        assert!(bad.parse::<IpRange>().is_err(), "{bad}");
    }
}
