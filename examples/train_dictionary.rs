//! Trains the dictionary that bodies are compressed with: `cargo run --release --example train_dictionary`.
//!
//! Deliberately absent: anything a customer sent. The samples are the demo's events, told for several days, so that no
//! value that only a customer could have ever stands in a dictionary, where nobody could erase it.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use everlog::demo;
use everlog_core::event::NewEvent;
use everlog_core::json::canonical;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Where the server includes it from. A data directory keeps the one it was made with.
const ASSET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/events-v1.zdict");
/// Longest dictionary: longer ones save little more and are loaded by every connection.
const DICTIONARY_BYTES_MAX: usize = 64 << 10;
/// The days on which the demo is told: other days have other people, ids and times.
const DAYS: [&str; 3] = ["2025-03-03T09:00:00Z", "2026-07-19T17:30:00Z", "2026-11-20T13:41:22Z"];
/// One in this many events is kept back, to measure on what was not trained on.
const KEPT_BACK: usize = 10;
/// The store's level.
const LEVEL: i32 = 3;

fn main() -> anyhow::Result<()> {
    let mut samples = Vec::new();
    for day in DAYS {
        let now: Timestamp = day.parse()?;
        for organization in demo::organizations() {
            for event in demo::events(&organization, now) {
                samples.push(document(samples.len(), event)?);
            }
        }
    }
    let (kept_back, trained_on): (Vec<_>, Vec<_>) =
        samples.iter().enumerate().partition(|(number, _)| number % KEPT_BACK == 0);
    let trained_on: Vec<&[u8]> = trained_on.into_iter().map(|(_, sample)| sample.as_slice()).collect();
    let dictionary = zstd::dict::from_samples(&trained_on, DICTIONARY_BYTES_MAX).context("train")?;

    let mut compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, &dictionary)?;
    let (mut before, mut after) = (0, 0);
    for (_, sample) in &kept_back {
        before += sample.len();
        after += compressor.compress(sample)?.len();
    }
    let count = kept_back.len();
    println!("{} samples, {} bytes of dictionary", trained_on.len(), dictionary.len());
    println!("{count} others: {} bytes an event, {} compressed", before / count, after / count);
    std::fs::write(Path::new(ASSET), dictionary).context("write the dictionary")
}

/// The document that the log records for an event. What differs in every installation differs in every sample.
fn document(number: usize, event: Value) -> anyhow::Result<Vec<u8>> {
    let event = NewEvent::from_json(event).ok().context("the demo told an event that is not one")?;
    let noise = URL_SAFE_NO_PAD.encode(Sha256::digest(number.to_be_bytes()));
    let (id, key_id) = noise.split_at(noise.len() / 2);
    let added = json!({
        "id": format!("evt_{id}"),
        "key_id": format!("key_{key_id}"),
        "kind": "event",
        "remote": format!("198.51.100.{}", number % 250),
        "via": "api",
    });
    Ok(canonical(&json!({"e": event.to_json(), "s": added})))
}
