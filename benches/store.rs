//! How fast the embedded store takes events in, gives them back, and what they cost on disk: `cargo bench --bench store`.
//!
//! Deliberately absent: hashing of fields, rules and the index, which are measured where they are; and any promise. The
//! figures are of the machine and of the demo's events, on which the shipped dictionary was trained.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use everlog::demo;
use everlog::store::sqlite::SqliteStore;
use everlog::store::{Head, OrgCode, OrganizationRow, Row, Store};
use everlog_core::erasure::Salts;
use everlog_core::event::NewEvent;
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::json::canonical;
use everlog_core::leaf::{LogId, Seed};
use everlog_core::merkle::Frontier;
use jiff::Timestamp;
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};

/// Events appended in batches.
const EVENTS: usize = 200_000;
/// Events appended one a transaction.
const SINGLE_EVENTS: usize = 2_000;
/// Rows of a page of the viewer.
const PAGE: usize = 25;
/// Pages read.
const PAGES: u64 = 4_000;

fn main() -> anyhow::Result<()> {
    let documents = documents()?;
    let place = tempfile::tempdir()?;
    for (batch, count) in [(1_000, EVENTS), (1, SINGLE_EVENTS)] {
        let dir = place.path().join(batch.to_string());
        let store = SqliteStore::open(&dir)?;
        let org = organization(&store)?;
        let elapsed = append(&store, org, &documents, batch, count)?;
        report(&format!("append in batches of {batch}"), count, elapsed);
        if batch > 1 {
            read(&store, org, count)?;
        }
        store.close()?;
        if batch > 1 {
            println!("{:>10} bytes an event on disk", bytes(&dir)? / count as u64);
        }
    }
    let bytes: usize = documents.iter().map(Vec::len).sum();
    println!("{:>10} bytes an event before", bytes / documents.len());
    Ok(())
}

fn report(what: &str, count: usize, elapsed: Duration) {
    println!("{:>10.0} events/s, {what}", count as f64 / elapsed.as_secs_f64());
}

/// What the demo tells, as it is recorded.
fn documents() -> anyhow::Result<Vec<Vec<u8>>> {
    let now: Timestamp = "2026-05-05T12:00:00Z".parse()?;
    demo::organizations()
        .iter()
        .flat_map(|organization| demo::events(organization, now))
        .map(|event| {
            let event = NewEvent::from_json(event).ok().context("the demo told an event that is not one")?;
            let added =
                json!({"kind": "event", "key_id": "key_3mZ0q", "remote": "198.51.100.4", "via": "api"});
            Ok(canonical(&json!({"e": event.to_json(), "s": added})))
        })
        .collect()
}

fn organization(store: &SqliteStore) -> anyhow::Result<OrgCode> {
    let row = OrganizationRow {
        code: OrgCode(0),
        id: OrgId::try_from("bench")?,
        name: "Bench".into(),
        profile: "workspace".into(),
        catalogs: vec![],
        time_zone: "UTC".into(),
        settings: Map::new(),
        created_ms: 0,
        log_id: LogId([1; 16]),
        log_host: "everlog.invalid".into(),
    };
    store.transact(&mut |transaction| transaction.create_organization(&row).map(drop))?;
    Ok(OrgCode(0))
}

/// Appends `count` events; only the store's own time is counted.
fn append(
    store: &SqliteStore,
    org: OrgCode,
    documents: &[Vec<u8>],
    batch: usize,
    count: usize,
) -> anyhow::Result<Duration> {
    let mut head = Head { size: Size(0), frontier: Frontier::new(), received_ms: 0 };
    let mut elapsed = Duration::ZERO;
    let mut documents = documents.iter().cycle();
    for _ in 0..count / batch {
        let rows: Vec<_> = documents.by_ref().take(batch).map(|document| row(&mut head, document)).collect();
        let begun = Instant::now();
        store.transact(&mut |transaction| transaction.append(org, &rows, &head).map(drop))?;
        elapsed += begun.elapsed();
    }
    Ok(elapsed)
}

/// The next row of a log. Hashes and seeds are noise, as they are to a store.
fn row(head: &mut Head, document: &[u8]) -> (Row, String) {
    let seq = head.size.next();
    let leaf_hash: [u8; 32] = Sha256::digest(seq.0.to_be_bytes()).into();
    let seed = Sha256::digest(leaf_hash).into();
    head.frontier.push(leaf_hash);
    head.size = seq.size_through();
    head.received_ms = 1_770_000_000_000 + seq.0;
    let id =
        format!("evt_{}", leaf_hash.iter().take(11).map(|byte| format!("{byte:02x}")).collect::<String>());
    let row = Row {
        seq,
        received_ms: head.received_ms,
        document: document.to_vec(),
        salts: Salts::Seed(Seed(seed)),
        leaf_hash,
    };
    (row, id)
}

/// Reads pages all over the log, and then all of it in order.
fn read(store: &SqliteStore, org: OrgCode, count: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    for page in 0..PAGES {
        // A prime far from the page's size walks everywhere.
        let first = page * 7_919 * PAGE as u64 % count as u64;
        let seqs: Vec<Seq> = (first..first + PAGE as u64).rev().map(Seq).collect();
        black_box(store.rows(org, &seqs)?);
    }
    let page_us = begun.elapsed().as_secs_f64() * 1e6 / PAGES as f64;
    println!("{page_us:>10.0} µs a page of {PAGE} rows");

    let begun = Instant::now();
    let mut from = Seq(0);
    while from.0 < count as u64 {
        let rows = store.scan(org, from, 1_000)?;
        from = Seq(from.0 + rows.len() as u64);
        black_box(rows);
    }
    report("scan", count, begun.elapsed());
    let begun = Instant::now();
    black_box(store.leaf_hashes(org, Seq(0), Size(count as u64))?);
    report("hashes of leaves", count, begun.elapsed());
    let begun = Instant::now();
    let problems = store.check()?;
    anyhow::ensure!(problems.is_empty(), "{problems:?}");
    report("check", count, begun.elapsed());
    Ok(())
}

fn bytes(dir: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}
