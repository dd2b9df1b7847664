//! What a trail costs: `cargo bench --bench trail`. CPU time of this thread for the model and each rendering, with 16 and with
//! 1,000 events, the first PDF apart, which unpacks the fonts; and for laying that PDF behind a tagged document.
//!
//! Deliberately absent: sealing, and documents of any size, which `seal` measures; and any promise.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use everlog::trail::append::append;
use everlog::trail::model::{Sources, Trail, Verification, trail};
use everlog::trail::{html, pdf};
use everlog_core::catalog::Catalogs;
use everlog_core::event::{Document, Event, NewEvent};
use everlog_core::ids::Seq;
use everlog_core::process::{Signee, State};
use jiff::tz::TimeZone;
use serde_json::json;

/// Times each is made.
const ROUNDS: u32 = 20;
/// A tagged document of one page.
const DOCUMENT: &[u8] = include_bytes!("../tests/it/trail/originals/chromium.pdf");
const DAY_MS: u64 = 1_795_165_200_000;

fn main() -> anyhow::Result<()> {
    let names = ["Zoë Müller-Straße", "محمد العربي", "अनन्या शर्मा", "王小明"];
    for count in [16, 1_000] {
        let (state, events) = story(&names, count)?;
        let catalogs = Catalogs::shipped_with(&["everlog", "signing"], None)?;
        let erased = BTreeMap::new();
        let make = || {
            trail(Sources {
                process_key: "sp4be1c0ffee0d4c21a7e39b5d2f8a6c10",
                state: &state,
                events: &events,
                erased: &erased,
                catalogs: &catalogs,
                organization: ("acme", "Acme GmbH"),
                locale: "en",
                zone: &TimeZone::UTC,
                now_ms: DAY_MS,
                sha256_after: None,
                verification: Verification {
                    url: Some("https://log.example/verify".to_owned()),
                    ..Verification::default()
                },
                seal: None,
            })
        };
        let made = make();
        report(count, "PDF, the first", 1, || draw(&made));
        report(count, "model", ROUNDS, || Ok(make().events.len()));
        report(count, "JSON", ROUNDS, || Ok(made.to_json()?.len()));
        report(count, "HTML", ROUNDS, || Ok(html::html(&made)?.len()));
        report(count, "PDF", ROUNDS, || draw(&made));
        let drawn = pdf::draw(&made, pdf::A4, &[])?;
        report(count, "laid behind", ROUNDS, || Ok(append(DOCUMENT, &drawn)?.len()));
    }
    Ok(())
}

fn draw(trail: &Trail) -> anyhow::Result<usize> {
    Ok(pdf::draw(trail, pdf::A4, &[])?.len())
}

fn report(events: usize, what: &str, rounds: u32, make: impl Fn() -> anyhow::Result<usize>) {
    let (started, clock) = (cpu(), Instant::now());
    let mut bytes = 0;
    for _ in 0..rounds {
        match black_box(make()) {
            Ok(made) => bytes = made,
            Err(error) => println!("{what}: {error}"),
        }
    }
    let took = cpu().zip(started).map_or(clock.elapsed(), |(now, then)| now - then);
    let ms = took.as_secs_f64() * 1000.0 / f64::from(rounds);
    println!("{ms:>10.2} ms, {events} events, {what} ({bytes})");
}

/// CPU time of this thread, where the system tells it.
fn cpu() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(told.split(' ').next()?.parse().ok()?))
}

fn story(names: &[&str], count: usize) -> anyhow::Result<(State, Vec<Event>)> {
    let signees = names.iter().enumerate().map(|(at, name)| Signee {
        key: format!("si{at}"),
        name: Some((*name).to_owned()),
        is_required: true,
        added_ms: DAY_MS,
        ..Signee::default()
    });
    let state =
        State { display_name: Some("Agreement".to_owned()), signees: signees.collect(), ..State::default() };
    let actions = ["document.accessed", "document.viewed", "reminder.sent", "document.signed"];
    let event = |at: usize| -> anyhow::Result<Event> {
        let event = json!({
            "action": actions[at % actions.len()],
            "actor": {"type": "signee", "id": format!("si{}", at % names.len())},
            "targets": [{"type": "document", "id": "sp4b", "name": "Agreement"}],
            "context": {"ip": format!("203.0.113.{}", at % 250), "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
        });
        let event = NewEvent::from_json(event).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let served =
            serde_json::from_value(json!({"id": format!("evt_{at}"), "kind": "event", "via": "api"}))?;
        let seq = Seq(u64::try_from(at)?);
        let received_ms = DAY_MS + seq.0 * 1_000;
        Ok(Event {
            seq,
            received_ms,
            leaf_hash: [0; 32],
            document: Document { event, served },
            erased: Vec::new(),
        })
    };
    let events = (0..count).map(event).collect::<anyhow::Result<_>>()?;
    Ok((state, events))
}
