//! What the evidence of one event costs in processor time. Not here: storing, sealing, and a statistics library.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use everlog_core::bundle::{Entry, Header, Shows, Trust, Verifier, write_line};
use everlog_core::checkpoint::{Checkpoint, LogKey};
use everlog_core::erasure::Salts;
use everlog_core::ids::Seq;
use everlog_core::json::{canonical, parse};
use everlog_core::leaf::{LogId, Seed, commitments, leaf_hash};
use everlog_core::merkle::Tree;
use serde_json::{Map, Value};

/// Repetitions of one measurement.
const EVENTS: u32 = 20_000;

/// Measurements, of which the fastest counts: the others were disturbed.
const ROUNDS: u32 = 10;

/// Events in the log that a bundle is from: its proofs have twenty hashes.
const LOG_EVENTS: u64 = 1_000_000;

fn main() {
    let golden: Value = serde_json::from_str(include_str!("../../vectors/leaf-v1.json")).unwrap();
    let bytes = golden["document_jcs"].as_str().unwrap().as_bytes();
    let document = parse(bytes).unwrap();
    let (log_id, seed) = (LogId([1; 16]), Seed([7; 32]));
    let hashes = commitments(&document, &seed);
    println!("an event of {} bytes and {} fields", bytes.len(), hashes.len());
    measure("parse", || parse(black_box(bytes)));
    measure("canonical bytes", || canonical(black_box(&document)));
    measure("commitments", || commitments(black_box(&document), &seed));
    measure("leaf hash", || leaf_hash(&log_id, Seq(41), 1_795_182_082_123, black_box(&hashes)));
    measure("commitments and leaf hash", || {
        let hashes = commitments(black_box(&document), &seed);
        leaf_hash(&log_id, Seq(41), 1_795_182_082_123, &hashes)
    });
    measure_bundle(&document, log_id);
}

/// A log of a million events of which as many stand in a bundle as are written and verified in one measurement.
fn measure_bundle(document: &Value, log_id: LogId) {
    let seed = Seed([7; 32]);
    let hashes = commitments(document, &seed);
    let received_ms = 1_795_182_082_123;
    let tree: Tree =
        (0..LOG_EVENTS).map(|index| leaf_hash(&log_id, Seq(index), received_ms, &hashes)).collect();
    let key = LogKey::from_seed("log.example", [7; 32]).unwrap();
    let origin = format!("log.example/log/{log_id}");
    let checkpoint = Checkpoint { origin: origin.clone(), size: tree.size(), root: tree.root() };
    let salts = Salts::Seed(seed);
    let line = |index: u64, has_proof: bool| {
        let proof = tree.inclusion_proof(Seq(index), tree.size()).unwrap();
        let entry = Entry { index: Seq(index), received_ms, document, salts: &salts };
        let mut line = Vec::new();
        let proof = has_proof.then_some(proof.as_slice());
        write_line(&entry, Shows::AllBut(&[]), tree.size(), proof, &mut line);
        line
    };
    let header = |is_complete| Header {
        origin: origin.clone(),
        log_id,
        size: tree.size(),
        checkpoint: key.sign(&checkpoint),
        key: key.verifier().to_string(),
        query: Map::new(),
        count: if is_complete { LOG_EVENTS } else { 1 },
        records: 0,
        is_complete,
        consistency: None,
    };
    measure("write a line with its proof", || line(black_box(777_777), true));
    for (name, is_complete, step) in [
        ("verify every line by proof", false, 1),
        ("verify each fiftieth by proof", false, LOG_EVENTS / u64::from(EVENTS)),
        ("verify a line of a whole log", true, 1),
    ] {
        let header = header(is_complete).to_line();
        let begin = || Verifier::new(&header, &Trust::default()).unwrap();
        // Positions ascend: each measurement is a bundle of its own, its lines written before the clock starts.
        let lines: Vec<Vec<u8>> =
            (0..u64::from(EVENTS)).map(|index| line(index * step, !is_complete)).collect();
        let fastest = (0..ROUNDS).map(|_| {
            let (mut verifier, start) = (begin(), Instant::now());
            lines.iter().for_each(|line| drop(black_box(verifier.line(line).unwrap())));
            start.elapsed() / EVENTS
        });
        let us = fastest.min().unwrap_or_default().as_nanos() as f64 / 1_000.0;
        println!("{name:<29} {us:>7.2} µs, {:.0} events/s", 1e6 / us);
    }
}

fn measure<T>(name: &str, mut act: impl FnMut() -> T) {
    let round = |_| {
        let start = Instant::now();
        (0..EVENTS).for_each(|_| drop(black_box(act())));
        start.elapsed() / EVENTS
    };
    let fastest = (0..ROUNDS).map(round).min().unwrap_or_default();
    println!("{name:<29} {:>7.2} µs", fastest.as_nanos() as f64 / 1_000.0);
}
