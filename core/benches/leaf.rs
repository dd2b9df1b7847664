//! What the evidence of one event costs in processor time. Not here: storing, sealing, and a statistics library.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use everlog_core::ids::Seq;
use everlog_core::json::{canonical, parse};
use everlog_core::leaf::{LogId, Seed, commitments, leaf_hash};
use serde_json::Value;

/// Repetitions of one measurement.
const EVENTS: u32 = 20_000;

/// Measurements, of which the fastest counts: the others were disturbed.
const ROUNDS: u32 = 10;

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
}

fn measure<T>(name: &str, mut act: impl FnMut() -> T) {
    let round = |_| {
        let start = Instant::now();
        (0..EVENTS).for_each(|_| drop(black_box(act())));
        start.elapsed() / EVENTS
    };
    let fastest = (0..ROUNDS).map(round).min().unwrap_or_default();
    println!("{name:<26} {:>7.2} µs", fastest.as_nanos() as f64 / 1_000.0);
}
