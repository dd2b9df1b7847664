//! At the start: erasures that were broken off, or that a backup from before them does not know, are done again.
//!
//! Deliberately absent: what is purged beside the server (`purge`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use everlog_core::ids::Seq;
use serde_json::{Value, json};

use crate::app::Parts;
use crate::app::erasures::ErasureError;
use crate::directory::Entry;
use crate::ledger::Line;
use crate::log::{self, Erasure, ErasureMade, Source};
use crate::read::ReadError;

impl Parts {
    /// At the start: what was erased and not purged is masked in the index before anybody asks it; the ledger learns of
    /// records that it does not hold, and what only it knows of is erased again.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub(in crate::app) fn catch_up_erasures(&self) -> Result<(), ErasureError> {
        for (org, record) in self.store.unpurged()? {
            let events = self.listed_events(org, record)?;
            self.index.rewrite(org, &events).map_err(ReadError::from)?;
        }
        let lines = self.ledger.read().map_err(ErasureError::Ledger)?;
        for row in self.store.organizations()? {
            let Some(org) = self.directory.find(&row.id).ok().flatten() else { continue };
            self.note_missing(&org, &lines)?;
            self.repeat_missing(&org, &lines)?;
        }
        Ok(())
    }

    /// Adds the records of a log that the ledger does not hold: it was away, or we were killed before they were added.
    fn note_missing(&self, org: &Entry, lines: &[Line]) -> Result<(), ErasureError> {
        let log = org.row.log_id.to_string();
        let noted: BTreeSet<Seq> =
            lines.iter().filter(|line| line.log_id == log).map(|line| line.record).collect();
        for (record, _) in self.store.erasures(org.row.code)? {
            if noted.contains(&record) {
                continue;
            }
            let Some(row) = self.store.rows(org.row.code, &[record])?.pop() else { continue };
            let said = row.event()?.document.event.metadata;
            let mut erased = BTreeMap::new();
            for event in self.listed_events(org.row.code, record)? {
                let by_it = event.erased.into_iter().filter(|it| it.by == record).collect();
                erased.insert(event.seq, by_it);
            }
            let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
            let why = (text("basis"), text("requested_by"));
            let line = Line::new(&org.row.log_id, record, why, &erased);
            self.ledger.add(&[line]).map_err(ErasureError::Ledger)?;
        }
        Ok(())
    }

    /// Erases again what the ledger knows of and the log does not: the store is from a backup that was made before.
    fn repeat_missing(&self, org: &Arc<Entry>, lines: &[Line]) -> Result<(), ErasureError> {
        let log = org.row.log_id.to_string();
        let known: BTreeSet<Seq> =
            self.store.erasures(org.row.code)?.into_iter().map(|(seq, _)| seq).collect();
        for line in lines.iter().filter(|line| line.log_id == log && !known.contains(&line.record)) {
            if self.log.closed(org.row.code).is_some() {
                // Its record is behind the end of what is there, and is there again when the newer backup is.
                log::mask(self.store.as_ref(), &self.index, org.row.code, &pointers_of(line), line.record)?;
                continue;
            }
            let erasure = Erasure {
                events: pointers_of(line),
                actor: json!({"type": "system"}),
                basis: line.basis.clone(),
                requested_by: line.requested_by.clone(),
                sessions_of: Vec::new(),
                views: Vec::new(),
            };
            let why = (&*line.basis, &*line.requested_by);
            let made = self.log.erase_blocking(org, &Source::server(), erasure)?;
            if !made.is_empty() {
                tracing::warn!(org.id = %org.row.id, record = line.record.0, "an erasure that the store did not know was made again");
            }
            let line = |it: &ErasureMade| Line::new(&org.row.log_id, it.record.seq, why, &it.erased);
            let lines: Vec<Line> = made.iter().map(line).collect();
            self.ledger.add(&lines).map_err(ErasureError::Ledger)?;
        }
        Ok(())
    }
}

/// The pointers by which the fields of each event were named.
fn pointers_of(line: &Line) -> BTreeMap<Seq, Vec<String>> {
    let pointers = |fields: &Vec<(String, String)>| {
        let pointers: BTreeSet<String> = fields.iter().map(|(_, pointer)| pointer.clone()).collect();
        pointers.into_iter().collect()
    };
    line.erased.iter().map(|(seq, fields)| (*seq, pointers(fields))).collect()
}
