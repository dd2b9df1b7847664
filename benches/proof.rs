//! How long proofs and pieces of a large log take: `cargo bench --bench proof [-- EVENTS]`.
//!
//! A plain program that prints figures; nothing is judged. Cold is the first of its kind since the start, warm the mean of
//! many anywhere in the log. Deliberately absent: HTTP, and checking what is proven.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context as _;
use everlog::access::Organization;
use everlog::app::{App, NewOrganization};
use everlog::config::Config;
use everlog::demo;
use everlog::settings::Settings;
use everlog::store::{Head, Row, Store};
use everlog_core::erasure::Salts;
use everlog_core::event::NewEvent;
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::json::canonical;
use everlog_core::leaf::{Seed, commitments, leaf_hash};
use everlog_core::merkle::Frontier;
use everlog_core::tile::{TILE_WIDTH, Tile};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Events of the log.
const EVENTS: u64 = 1_000_000;
/// Events appended in one transaction.
const BATCH: u64 = 1_000;
/// How often the warm ones are asked for.
const TIMES: u64 = 1_000;

fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench`.
    let events = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(EVENTS);
    let directory = tempfile::tempdir()?;
    let config = Config { data: Some(directory.path().join("data")), ..Config::default() };
    let id = OrgId::try_from("bench")?;
    let (app, _writer) = App::open(&config)?;
    app.create_organization(NewOrganization {
        id: id.clone(),
        name: "Bench".to_owned(),
        profile: "workspace".to_owned(),
        catalogs: Vec::new(),
        time_zone: "UTC".to_owned(),
        settings: Settings::default(),
    })?;
    let org = app.access.open_locally(&id)?;
    fill(app.store.as_ref(), &org, events)?;
    measure(&app, &org, events)
}

/// Appends events of the demo with their leaves, past the writer and the index, which nothing here asks.
fn fill(store: &dyn Store, org: &Organization, events: u64) -> anyhow::Result<()> {
    let now: Timestamp = "2026-05-05T12:00:00Z".parse()?;
    let documents: Vec<Value> = demo::organizations()
        .iter()
        .flat_map(|organization| demo::events(organization, now))
        .map(|event| {
            let event = NewEvent::from_json(event).ok().context("the demo told an event that is not one")?;
            Ok(json!({"e": event.to_json(), "s": {"kind": "event", "key_id": "key_3mZ0q", "via": "api"}}))
        })
        .collect::<anyhow::Result<_>>()?;
    let mut head = Head { size: Size(0), frontier: Frontier::new(), received_ms: 1_770_000_000_000 };
    let mut documents = documents.iter().cycle();
    while head.size.0 < events {
        let count = BATCH.min(events - head.size.0) as usize;
        let rows: Vec<_> =
            documents.by_ref().take(count).map(|document| row(org, &mut head, document)).collect();
        store.transact(&mut |transaction| transaction.append(org.code(), &rows, &head).map(drop))?;
    }
    Ok(())
}

fn row(org: &Organization, head: &mut Head, document: &Value) -> (Row, String) {
    let seq = head.size.next();
    let seed = Seed(Sha256::digest(seq.0.to_be_bytes()).into());
    let hashes = commitments(document, &seed);
    let leaf_hash = leaf_hash(&org.entry().row.log_id, seq, head.received_ms, &hashes);
    head.frontier.push(leaf_hash);
    head.size = seq.size_through();
    let row = Row {
        seq,
        received_ms: head.received_ms,
        document: canonical(document),
        salts: Salts::Seed(seed),
        leaf_hash,
    };
    (row, format!("evt_{seq}"))
}

fn measure(app: &App, org: &Organization, events: u64) -> anyhow::Result<()> {
    println!("a log of {events} events");
    timed("the first signed head: every event is read again", 1, |_| Ok(app.checkpoint(org)?))?;
    // A prime far from powers of two walks everywhere.
    let seq = |at: u64| Seq(at * 7_919 % events);
    let inclusion = |at| Ok(app.inclusion_proof(org, seq(at), None)?);
    timed("inclusion, cold", 1, inclusion)?;
    timed("inclusion, warm", TIMES, inclusion)?;
    let older = |at| {
        let size = Size(seq(at).0 / 2 + events / 2);
        Ok(app.inclusion_proof(org, Seq(size.0 / 2), Some(size))?)
    };
    timed("inclusion at an older size, signed once more", TIMES, older)?;
    timed("consistency, warm", TIMES, |at| Ok(app.consistency_proof(org, seq(at).size_through(), None)?))?;
    let tiles = (events / TILE_WIDTH).max(1);
    let tile = |name: &str, at: u64| -> anyhow::Result<Tile> {
        Ok(Tile { index: at * 7_919 % tiles, ..Tile::parse(name).context("a name")? })
    };
    timed("tile of leaf hashes", TIMES / 10, |at| Ok(app.reader.tile(org, &tile("0/000", at)?)?))?;
    timed("bundle of entries", TIMES / 10, |at| Ok(app.reader.entries(org, &tile("entries/000", at)?)?))
}

fn timed<T>(what: &str, times: u64, work: impl Fn(u64) -> anyhow::Result<T>) -> anyhow::Result<()> {
    let begun = Instant::now();
    for at in 0..times {
        black_box(work(at)?);
    }
    println!("{:>10.3} ms, {what}", begun.elapsed().as_secs_f64() * 1e3 / times as f64);
    Ok(())
}
