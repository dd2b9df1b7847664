//! Re-reading everything: values, leaves, the tree, the head, the index. Deliberately absent: repair; what is found is told.

use std::sync::Arc;

use everlog_core::event::Document;
use everlog_core::ids::{Seq, Size};
use everlog_core::merkle::Frontier;
use everlog_core::{json, leaf};
use serde_json::Value;

use crate::directory::Entry;
use crate::index::{Index, IndexError};
use crate::log::Projection;
use crate::store::process::ProcessFilter;
use crate::store::{Row, Store, StoreError};

/// How many rows are read together.
const GROUP_ROWS: usize = 1_000;

/// Why checking could not go on.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// What was found in one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many events were read.
    pub size: Size,
    /// What is wrong, the first bad event first; empty when all is well.
    pub faults: Vec<String>,
}

/// Most faults that are told of one log.
const FAULTS_MAX: usize = 20;

/// Re-reads one log: every value is committed to again, every leaf hashed again, the tree grown again, the head compared.
///
/// # Errors
/// When the store cannot be read.
pub fn check_log(store: &dyn Store, org: &Entry, progress: &dyn Fn(u64)) -> Result<Checked, FsckError> {
    let head = store.head(org.row.code)?;
    let mut frontier = Frontier::new();
    let mut faults = Vec::new();
    let mut received_ms = 0;
    let mut next = Seq(0);
    while head.size.holds(next) {
        let rows = store.scan(org.row.code, next, GROUP_ROWS)?;
        let read = rows.len() as u64;
        for row in rows.into_iter().take_while(|row| head.size.holds(row.seq)) {
            if row.seq != next {
                faults.push(format!("event {next} is missing"));
                next = row.seq;
            }
            faults.extend(check_row(org, &row, received_ms).map(|why| format!("event {}: {why}", row.seq)));
            received_ms = row.received_ms;
            frontier.push(row.leaf_hash);
            next = Seq(next.0 + 1);
        }
        if faults.len() >= FAULTS_MAX || read == 0 {
            break;
        }
        progress(read);
    }
    if faults.is_empty() {
        if frontier.size() != head.size {
            faults.push(format!("the head counts {} events, {} are there", head.size, frontier.size()));
        } else if frontier != head.frontier {
            faults.push("the head's tree is not the tree of the events".to_owned());
        } else if received_ms != head.received_ms {
            faults.push("the head's time is not that of the newest event".to_owned());
        }
    }
    faults.truncate(FAULTS_MAX);
    Ok(Checked { size: frontier.size(), faults })
}

/// What is wrong with one row by itself.
pub fn check_row(org: &Entry, row: &Row, received_ms_before: u64) -> Option<String> {
    let value: Value = match json::parse_with_depth(&row.document, json::DEPTH_MAX + 1) {
        Ok(value) => value,
        Err(why) => return Some(format!("the document is not JSON: {why}")),
    };
    if json::canonical(&value) != row.document {
        return Some("the document is not in canonical form".to_owned());
    }
    if let Err(why) = serde_json::from_slice::<Document>(&row.document) {
        return Some(format!("the document is not an event: {why}"));
    }
    if row.received_ms < received_ms_before {
        return Some("its time of receipt lies before that of the event in front of it".to_owned());
    }
    let commitments = row.salts.commitments(&value);
    let computed = leaf::leaf_hash(&org.row.log_id, row.seq, row.received_ms, &commitments);
    (computed != row.leaf_hash).then(|| "its values do not give the leaf that was recorded".to_owned())
}

/// Makes the states of processes anew and compares them with those that are kept.
///
/// # Errors
/// When the store cannot be read.
pub fn check_states(store: &dyn Store, org: &Entry) -> Result<Vec<String>, FsckError> {
    let code = org.row.code;
    // What cannot be read at all was told with the log.
    let Ok(projection) = Projection::of(store, code) else { return Ok(Vec::new()) };
    let mut faults = Vec::new();
    for (subject, row) in &projection.rows {
        if store.subject(code, subject)?.as_ref() != Some(row) {
            faults.push(format!("the state of {subject} is not what its events add up to"));
        }
    }
    let counted = projection.rows.values().filter(|row| row.process.is_some()).count() as u64;
    let kept = store.count_processes(code, &ProcessFilter::default())?;
    if counted != kept {
        faults.push(format!("{kept} processes are listed, the events tell of {counted}"));
    }
    faults.truncate(FAULTS_MAX);
    Ok(faults)
}

/// Everything at once: the store's own tables, every log, the index. `told` hears what is wrong as it is found.
///
/// # Errors
/// When something cannot be read at all.
pub fn check_all(
    store: &Arc<dyn Store>,
    orgs: &[Arc<Entry>],
    index: Option<&Index>,
    progress: &dyn Fn(u64),
    told: &mut dyn FnMut(String),
) -> Result<u64, FsckError> {
    let mut faults = 0;
    let mut tell = |text: String| {
        faults += 1;
        told(text);
    };
    store.check()?.into_iter().for_each(&mut tell);
    for org in orgs {
        let checked = check_log(store.as_ref(), org, progress)?;
        checked.faults.into_iter().map(|fault| format!("{}: {fault}", org.row.id)).for_each(&mut tell);
    }
    for org in orgs {
        let states = check_states(store.as_ref(), org)?;
        states.into_iter().map(|fault| format!("{}: {fault}", org.row.id)).for_each(&mut tell);
    }
    if let Some(index) = index {
        index.check()?.into_iter().map(|fault| format!("index: {fault}")).for_each(&mut tell);
    }
    Ok(faults)
}
