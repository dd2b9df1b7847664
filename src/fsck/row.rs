//! One event by itself: its document is in canonical form, is an event, and gives the leaf that was recorded.
//!
//! Deliberately absent: what stands around it (`fsck::log`).

use everlog_core::erasure::{ErasedField, may_name};
use everlog_core::event::{Document, Event, Mode, Origin};
use everlog_core::hex;
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::process::{Subject, subject_of};
use everlog_core::{json, leaf};
use serde::Deserialize as _;
use serde_json::Value;

use crate::directory::Entry;
use crate::store::{OrgCode, Row, Store, StoreError};

/// What is in the place of an event.
#[derive(Debug)]
pub enum Place {
    /// Nothing.
    Missing,
    /// Something that the store cannot read, and why.
    Unreadable(String),
    /// A row.
    Read(Box<Reading>),
}

/// What a row says.
#[derive(Debug)]
pub struct Reading {
    /// When the event was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// The hash of its leaf, as recorded.
    pub leaf_hash: Hash,
    /// What was erased from it.
    pub erased: Vec<ErasedField>,
    /// What is wrong with it by itself.
    pub fault: Option<String>,
    /// The event, where it is well and more is made of it: a state, or the list of an erasure.
    pub event: Option<Event>,
}

/// What is wrong with one row by itself.
pub fn check_row(org: &Entry, row: &Row, received_ms_before: u64) -> Option<String> {
    check_time(row.received_ms, received_ms_before).or_else(|| document(org, row).err())
}

/// What is wrong with a time of receipt behind another.
pub fn check_time(received_ms: u64, before_ms: u64) -> Option<String> {
    let is_back = received_ms < before_ms;
    is_back.then(|| "its time of receipt lies before that of the event in front of it".to_owned())
}

/// The document of a row that is well by itself, or what is wrong.
fn document(org: &Entry, row: &Row) -> Result<Document, String> {
    let value: Value = json::parse_with_depth(&row.document, json::DEPTH_MAX + 1)
        .map_err(|why| format!("the document is not JSON: {why}"))?;
    if json::canonical(&value) != row.document {
        return Err("the document is not in canonical form".to_owned());
    }
    let document =
        Document::deserialize(&value).map_err(|why| format!("the document is not an event: {why}"))?;
    if let Some(erased) = row.salts.erased().iter().find(|erased| !may_name(&erased.pointer)) {
        return Err(format!("it says that {} was erased, which may not be", erased.pointer));
    }
    let commitments = row.salts.commitments(&value);
    let computed = leaf::leaf_hash(&org.row.log_id, row.seq, row.received_ms, &commitments);
    if computed != row.leaf_hash {
        return Err("its values, salts, time and place do not give the leaf that was recorded".to_owned());
    }
    Ok(document)
}

/// What stands at the positions `from..to`, in order.
///
/// # Errors
/// When the store does not answer; what it cannot read is no error.
pub fn read(store: &dyn Store, org: &Entry, from: Seq, to: Size) -> Result<Vec<Place>, StoreError> {
    let count = to.0.saturating_sub(from.0);
    let rows = match store.scan(org.row.code, from, usize::try_from(count).unwrap_or(usize::MAX)) {
        // One by one, so that what can be read is read, and the rest has its place.
        Err(StoreError::Corrupt(_)) => {
            return (from.0..to.0).map(|seq| read_one(store, org, Seq(seq))).collect();
        }
        read => read?,
    };
    let mut rows = rows.into_iter().peekable();
    let place = |seq| match rows.next_if(|row| row.seq == Seq(seq)) {
        None => Place::Missing,
        Some(row) => Place::Read(Box::new(reading(org, row))),
    };
    Ok((from.0..to.0).map(place).collect())
}

fn read_one(store: &dyn Store, org: &Entry, seq: Seq) -> Result<Place, StoreError> {
    match store.rows(org.row.code, &[seq]) {
        Err(StoreError::Corrupt(why)) => Ok(Place::Unreadable(why)),
        read => Ok(match read?.pop() {
            None => Place::Missing,
            Some(row) => Place::Read(Box::new(reading(org, row))),
        }),
    }
}

fn reading(org: &Entry, row: Row) -> Reading {
    let document = document(org, &row);
    let erased = row.salts.erased().to_vec();
    let Row { seq, received_ms, leaf_hash, .. } = row;
    let fault = document.as_ref().err().cloned();
    let needed = document
        .ok()
        .filter(|document| document.served.kind == Origin::Erasure || subject_of(&document.event).is_some());
    let event =
        needed.map(|document| Event { seq, received_ms, leaf_hash, document, erased: erased.clone() });
    Reading { received_ms, leaf_hash, erased, fault, event }
}

/// Bytes that an event names beside the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The process that has them.
    pub subject: Subject,
    /// Their hash.
    pub sha256: Hash,
    /// Whether they must be there: history names bytes that were never here.
    pub is_due: bool,
}

/// The bytes that an event names beside the log.
pub fn attached(event: &Event) -> Option<Attached> {
    let Document { event: sent, served } = &event.document;
    if !matches!(sent.action.as_str(), "document.attached" | "trail.made") {
        return None;
    }
    let sha256 = hex::decode(sent.metadata.get("sha256")?.as_str()?)?;
    Some(Attached { subject: subject_of(sent)?, sha256, is_due: served.mode != Some(Mode::Record) })
}

/// How many events a log holds whose head does not say so.
pub(super) fn end(store: &dyn Store, org: OrgCode) -> Result<Size, StoreError> {
    let is_there = |seq: u64| match store.scan(org, Seq(seq), 1) {
        Ok(rows) => Ok(!rows.is_empty()),
        Err(StoreError::Corrupt(_)) => Ok(true),
        Err(why) => Err(why),
    };
    let (mut low, mut high) = (0, crate::store::EVENTS_MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_there(middle)? { low = middle + 1 } else { high = middle }
    }
    Ok(Size(low))
}
