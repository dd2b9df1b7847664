//! Whether events and the records of erasures say the same: what is gone was recorded, and what was recorded is gone.
//!
//! Deliberately absent: that what is left gives the leaf, which every event is asked.

use std::collections::{BTreeMap, BTreeSet};

use everlog_core::erasure::ErasedField;
use everlog_core::event::{Event, Origin};
use everlog_core::hex::{self, Hex};
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::{Hash, LogId};

use crate::fsck::chain::Told;
use crate::ledger::Line;

/// What the events of a log say of erasures, read in order. A record stands behind everything that it erased.
#[derive(Default)]
pub(super) struct Erasures {
    /// What events say that they lost, by the record that they name and that is still to come.
    lost: BTreeMap<Seq, BTreeSet<(Seq, Hash)>>,
    /// The events that lost something.
    pub events: Vec<Seq>,
    /// The records.
    pub records: Vec<Seq>,
    /// The records that events name and that cannot be read, which is told of them.
    pub unread: Vec<Seq>,
    /// The fields that are gone, by their events; kept where the ledger is asked.
    gone: BTreeSet<(Seq, Hash)>,
    /// What the ledger knows of, no record tells of and is not gone: how many erasures the next start makes again …
    pub to_repeat: u64,
    /// … and from which events.
    pub to_lose: BTreeSet<Seq>,
    /// What the ledger knows of this log and no record was read of yet, by record; absent where it is not asked.
    noted: Option<BTreeMap<Seq, BTreeSet<(Seq, Hash)>>>,
}

impl Erasures {
    /// Compares with the ledger, too.
    pub(super) fn with(ledger: Option<&[Line]>, log: &LogId) -> Self {
        let log = log.to_string();
        let of_log = |lines: &[Line]| {
            let lines = lines.iter().filter(|line| line.log_id == log);
            lines.map(|line| (line.record, noted(line))).collect()
        };
        Self { noted: ledger.map(of_log), ..Self::default() }
    }

    /// Takes what was erased from the event at this position.
    pub(super) fn lost(&mut self, seq: Seq, erased: &[ErasedField], size: Size, told: &mut Told) {
        if erased.is_empty() {
            return;
        }
        self.events.push(seq);
        for ErasedField { commitment, by, .. } in erased {
            if *by <= seq || !size.holds(*by) {
                told.push((seq, format!("a field of it was erased by event {by}, which cannot be")));
                continue;
            }
            self.lost.entry(*by).or_default().insert((seq, *commitment));
            if self.noted.is_some() {
                self.gone.insert((seq, *commitment));
            }
        }
    }

    /// Takes an event that is missing or cannot be read: what names it as its record may be right.
    pub(super) fn unread(&mut self, seq: Seq) {
        if self.lost.remove(&seq).is_some() {
            self.unread.push(seq);
        }
    }

    /// Takes an event that may be a record.
    pub(super) fn record(&mut self, event: &Event, told: &mut Told) {
        if event.document.served.kind != Origin::Erasure {
            return;
        }
        self.records.push(event.seq);
        let lost = self.lost.remove(&event.seq).unwrap_or_default();
        let Some(listed) = listed(event) else {
            told.push((event.seq, "its list of what was erased cannot be read".to_owned()));
            return;
        };
        if let Some(all) = &mut self.noted {
            match all.remove(&event.seq) {
                None => told.push((
                    event.seq,
                    "the ledger of erasures does not know of it; the next start adds it".to_owned(),
                )),
                Some(noted) if noted != listed => {
                    told.push((event.seq, "the ledger of erasures has another list than it".to_owned()));
                }
                Some(_) => {}
            }
        }
        for (seq, commitment) in listed.difference(&lost) {
            let commitment = Hex(commitment);
            let what = format!(
                "event {} records that the field {commitment} of it was erased, which it was not",
                event.seq
            );
            told.push((*seq, what));
        }
        for (seq, commitment) in lost.difference(&listed) {
            let commitment = Hex(commitment);
            let what =
                format!("its field {commitment} was erased by event {}, which does not list it", event.seq);
            told.push((*seq, what));
        }
    }

    /// What is left over when every event was read.
    pub(super) fn end(&mut self, size: Size, told: &mut Told) {
        for (by, lost) in std::mem::take(&mut self.lost) {
            if let Some((seq, _)) = lost.first() {
                told.push((
                    *seq,
                    format!("a field of it was erased by event {by}, which records no erasure"),
                ));
            }
        }
        // The log is from a backup before them. Nothing is damaged by that: the next start erases again, and records that.
        for (record, listed) in std::mem::take(&mut self.noted).into_iter().flatten() {
            let is_left = |(seq, _): &&(Seq, Hash)| size.holds(*seq);
            let left: Vec<Seq> = listed.difference(&self.gone).filter(is_left).map(|(seq, _)| *seq).collect();
            if !left.is_empty() && !self.unread.contains(&record) {
                self.to_repeat += 1;
                self.to_lose.extend(left);
            }
        }
    }
}

/// What a line of the ledger lists; a commitment that is none is not what anything lists.
fn noted(line: &Line) -> BTreeSet<(Seq, Hash)> {
    let of_event = |(seq, fields): (&Seq, &Vec<(String, String)>)| {
        let seq = *seq;
        fields
            .iter()
            .map(move |(commitment, _)| (seq, hex::decode(commitment).unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    line.erased.iter().flat_map(of_event).collect()
}

/// What a record lists.
fn listed(record: &Event) -> Option<BTreeSet<(Seq, Hash)>> {
    let mut listed = BTreeSet::new();
    for (seq, commitments) in record.document.event.metadata.get("erased")?.as_object()? {
        let seq = Seq(seq.parse().ok()?);
        for commitment in commitments.as_array()? {
            listed.insert((seq, hex::decode(commitment.as_str()?)?));
        }
    }
    Some(listed)
}
