//! The proof that an event is in the log: its leaf, the hashes that lead from it to the signed root, and what that shows.
//!
//! Deliberately absent: opening the leaf. What stands here proves that a leaf is in the log, and not yet that the words
//! above are in the leaf.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use everlog_core::event::Event;
use everlog_core::hex::Hex;
use everlog_core::merkle::verify_inclusion;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::read::ReadError;
use crate::viewer::address::encode;
use crate::viewer::dates::When;
use crate::viewer::details::Place;
use crate::viewer::evidence::BUNDLE;
use crate::viewer::problem::Problem;
use crate::words::grouped;

/// What is shown of a proof.
pub(super) struct Proof {
    pub leaf: String,
    pub found: Found,
    /// How many fields were erased by which record, in words, and where that is.
    pub erased: Vec<(String, Option<String>)>,
    /// Where the event's bundle is.
    pub bundle: String,
}

/// What there is to check.
pub(super) enum Found {
    /// Positions are not for this reader.
    Hidden,
    /// The event is newer than the signed head.
    Unsigned,
    Path(Box<Path>),
}

pub(super) struct Path {
    /// Which event of how many, in words.
    pub place: String,
    /// How many hashes lead to the root, in words.
    pub steps: String,
    pub index: u64,
    pub size: u64,
    pub origin: String,
    pub root: String,
    pub signed: When,
    pub hashes: Vec<String>,
    pub key: String,
    /// SHA-256 of the public key: what people compare.
    pub fingerprint: String,
    pub note: String,
    /// What this server found when it checked.
    pub holds: bool,
}

impl Proof {
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn read(app: &App, event: &Event, place: &Place<'_>) -> Result<Self, Problem> {
        Ok(Self {
            leaf: Hex(&event.leaf_hash).to_string(),
            found: found(app, event, place)?,
            erased: erased(event, place),
            bundle: format!("{}/events/{}/{BUNDLE}", place.path, encode(event.id())),
        })
    }
}

fn found(app: &App, event: &Event, place: &Place<'_>) -> Result<Found, Problem> {
    let org = &place.visit.org;
    if org.scope().is_restricted() {
        return Ok(Found::Hidden);
    }
    let head = app.checkpoint(org).map_err(ReadError::from)?;
    let (size, root) = (head.checkpoint.size, head.checkpoint.root);
    let Some(path) = app.reader.inclusion(org, event.seq, size)? else {
        return Ok(Found::Unsigned);
    };
    let holds = verify_inclusion(&event.leaf_hash, event.seq, size, &path, &root).is_ok();
    let words = place.visit.words;
    let (number, all) = (grouped(event.seq.0 + 1), grouped(size.0));
    let told = [("number", number.as_str().into()), ("size", all.as_str().into())];
    let key = app.verifier_key();
    let path = Path {
        place: words.fill("proof-place", told),
        steps: words.fill("proof-path", [("count", (path.len() as f64).into())]),
        index: event.seq.0,
        size: size.0,
        origin: head.checkpoint.origin,
        root: Hex(&root).to_string(),
        signed: place.clock.exact_when(head.signed_ms),
        hashes: path.iter().map(|hash| Hex(hash).to_string()).collect(),
        fingerprint: fingerprint(&key),
        key,
        note: head.note,
        holds,
    };
    Ok(Found::Path(Box::new(path)))
}

/// What was erased, by record. Who sees a part of the log learns no position.
fn erased(event: &Event, place: &Place<'_>) -> Vec<(String, Option<String>)> {
    let mut fields: BTreeMap<u64, f64> = BTreeMap::new();
    event.erased.iter().for_each(|it| *fields.entry(it.by.0).or_default() += 1.0);
    let words = place.visit.words;
    if place.visit.org.scope().is_restricted() {
        let count: f64 = fields.values().sum();
        let told = || (words.fill("proof-erased-fields", [("count", count.into())]), None);
        return (count > 0.0).then(told).into_iter().collect();
    }
    let told = |(by, count): (u64, f64)| {
        let by = by.to_string();
        let told = [("count", count.into()), ("record", by.as_str().into())];
        (words.fill("proof-erased-by", told), Some(place.event(&by)))
    };
    fields.into_iter().map(told).collect()
}

/// SHA-256 of the public key in a verifier key, `name+hash+key`; nothing where there is none.
fn fingerprint(key: &str) -> String {
    let encoded = key.splitn(3, '+').nth(2).and_then(|key| BASE64_STANDARD.decode(key).ok());
    // The first byte says which algorithm it is for.
    encoded
        .as_deref()
        .and_then(|key| key.get(1..))
        .map_or_else(String::new, |key| Hex(&Sha256::digest(key)).to_string())
}
